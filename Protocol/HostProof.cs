using System.Buffers.Binary;
using System.Text;

namespace Chat.Protocol;

/// <summary>
/// The proof that a client has the key of the host: HMAC-SHA-1 (RFC 2104) of the key over a number of the server, which
/// is used once, and the epoch of its log. The key itself never crosses the network.
/// </summary>
internal static class HostProof
{
    /// <summary>Hexadecimal digits of a proof.</summary>
    public const int Digits = 2 * Sha1.DigestBytes;

    private const int KeyBytes = 16,
        BlockBytes = 64;

    /// <summary>Computes the proof.</summary>
    /// <param name="key">The key of the host.</param>
    /// <param name="challenge">The number of the server, as on the wire.</param>
    /// <param name="epoch">The epoch of the server's log.</param>
    /// <returns>Lower-case hexadecimal digits.</returns>
    public static string Create(UInt128 key, string challenge, string epoch)
    {
        byte[] message = Encoding.UTF8.GetBytes($"chat host {challenge} {epoch}");
        byte[] inner = Sha1.Hash([.. Block(key, 0x36), .. message]);
        return Convert.ToHexStringLower(Sha1.Hash([.. Block(key, 0x5C), .. inner]));
    }

    /// <summary>Whether a proof is the right one. The time does not depend on the proof.</summary>
    public static bool IsRight(ReadOnlySpan<byte> proof, UInt128 key, string challenge, string epoch)
    {
        string right = Create(key, challenge, epoch);
        int difference = proof.Length ^ Digits;
        for (int i = 0; i < Digits && i < proof.Length; i++)
            difference |= proof[i] ^ right[i];
        return difference == 0;
    }

    private static byte[] Block(UInt128 key, byte pad)
    {
        byte[] block = new byte[BlockBytes];
        BinaryPrimitives.WriteUInt128BigEndian(block.AsSpan(0, KeyBytes), key);
        for (int i = 0; i < BlockBytes; i++)
            block[i] ^= pad;
        return block;
    }
}
