using System.Buffers.Binary;
using System.Numerics;

namespace Chat.Protocol;

/// <summary>
/// SHA-1 (RFC 3174). The handshake of WebSocket needs it as a checksum, and <see cref="HostProof"/> in an HMAC, whose
/// strength does not rest on collisions (RFC 6194, 3.3). The runtime's own comes from libssl, which the static binary
/// does not have.
/// </summary>
internal static class Sha1
{
    /// <summary>Bytes of a digest.</summary>
    public const int DigestBytes = 20;

    private const int BlockBytes = 64,
        LengthBytes = 8,
        Rounds = 80;

    /// <summary>Computes the digest of a message.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> message)
    {
        Span<uint> state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0];
        int whole = message.Length / BlockBytes * BlockBytes;
        for (int at = 0; at < whole; at += BlockBytes)
            AddBlock(state, message.Slice(at, BlockBytes));

        // RFC 3174, 4: a bit 1, zeros, and the length in bits.
        Span<byte> padded = stackalloc byte[2 * BlockBytes];
        padded.Clear();
        ReadOnlySpan<byte> rest = message[whole..];
        rest.CopyTo(padded);
        padded[rest.Length] = 0x80;
        padded = padded[..(rest.Length + 1 + LengthBytes <= BlockBytes ? BlockBytes : 2 * BlockBytes)];
        BinaryPrimitives.WriteUInt64BigEndian(padded[^LengthBytes..], (ulong)message.Length * 8);
        for (int at = 0; at < padded.Length; at += BlockBytes)
            AddBlock(state, padded.Slice(at, BlockBytes));

        byte[] digest = new byte[DigestBytes];
        for (int i = 0; i < state.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(digest.AsSpan(4 * i), state[i]);
        return digest;
    }

    // RFC 3174, 6.1.
    private static void AddBlock(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[Rounds];
        for (int t = 0; t < Rounds; t++)
        {
            words[t] =
                t < 16
                    ? BinaryPrimitives.ReadUInt32BigEndian(block[(4 * t)..])
                    : BitOperations.RotateLeft(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1);
        }
        (uint a, uint b, uint c, uint d, uint e) = (state[0], state[1], state[2], state[3], state[4]);
        for (int t = 0; t < Rounds; t++)
        {
            (uint mixed, uint constant) = (t / 20) switch
            {
                0 => ((b & c) | (~b & d), 0x5A827999u),
                1 => (b ^ c ^ d, 0x6ED9EBA1u),
                2 => ((b & c) | (b & d) | (c & d), 0x8F1BBCDCu),
                _ => (b ^ c ^ d, 0xCA62C1D6u),
            };
            uint next = BitOperations.RotateLeft(a, 5) + mixed + e + words[t] + constant;
            (a, b, c, d, e) = (next, a, BitOperations.RotateLeft(b, 30), c, d);
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }
}
