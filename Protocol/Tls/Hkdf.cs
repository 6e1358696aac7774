using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;

namespace Chat.Protocol.Tls;

/// <summary>HKDF with SHA-256 (RFC 5869), and its form in TLS 1.3.</summary>
internal static class Hkdf
{
    /// <summary>Bytes of an extracted key.</summary>
    public const int KeyBytes = 32;

    // RFC 8446, 7.1: a label is 7 to 255 bytes with its prefix, and a context at most 255.
    private const int MostInfoBytes = 2 + 1 + 255 + 1 + 255;

    /// <summary>Extracts a key from a secret.</summary>
    public static byte[] Extract(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> secret) => Mac(salt, secret);

    /// <summary>Expands a key to as many bytes as <paramref name="output"/> has.</summary>
    public static void Expand(ReadOnlySpan<byte> key, ReadOnlySpan<byte> info, Span<byte> output)
    {
        Debug.Assert(output.Length <= 255 * KeyBytes, "RFC 5869, 2.3");
        HMac mac = Keyed(key);
        Span<byte> block = stackalloc byte[KeyBytes];
        for (byte counter = 1; output.Length > 0; counter++)
        {
            if (counter > 1)
                mac.BlockUpdate(block);
            mac.BlockUpdate(info);
            mac.Update(counter);
            mac.DoFinal(block);
            int taken = Math.Min(block.Length, output.Length);
            block[..taken].CopyTo(output);
            output = output[taken..];
        }
    }

    /// <summary>HKDF-Expand-Label with an empty context (RFC 8446, 7.1).</summary>
    /// <param name="secret">A secret of the key schedule.</param>
    /// <param name="label">The label without <c>tls13 </c>.</param>
    /// <param name="output">Takes the expanded bytes.</param>
    public static void ExpandLabel(ReadOnlySpan<byte> secret, string label, Span<byte> output)
    {
        Span<byte> info = stackalloc byte[MostInfoBytes];
        BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)output.Length);
        int length = Encoding.ASCII.GetBytes($"tls13 {label}", info[3..]);
        info[2] = (byte)length;
        info[3 + length] = 0;
        Expand(secret, info[..(4 + length)], output);
    }

    /// <summary>HMAC-SHA256 (RFC 2104).</summary>
    public static byte[] Mac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message)
    {
        HMac mac = Keyed(key);
        mac.BlockUpdate(message);
        byte[] result = new byte[KeyBytes];
        mac.DoFinal(result);
        return result;
    }

    private static HMac Keyed(ReadOnlySpan<byte> key)
    {
        HMac mac = new(new Sha256Digest());
        mac.Init(new KeyParameter(key));
        return mac;
    }
}
