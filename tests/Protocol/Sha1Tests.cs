using System.Text;
using Chat.Protocol;

namespace Chat.Tests.Protocol;

/// <summary>SHA-1 by the vectors of RFC 3174, 7.3, and at every length around a block.</summary>
public sealed class Sha1Tests
{
    [Theory]
    [InlineData("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d")]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        1,
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    )]
    [InlineData("a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f")]
    [InlineData(
        "0123456701234567012345670123456701234567012345670123456701234567",
        10,
        "dea356a2cddd90c7a7ecedc5ebb563934f460452"
    )]
    [InlineData("", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709")]
    public void The_vectors_of_the_RFC_come_out(string text, int times, string digest)
    {
        byte[] message = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(text, times)));

        Assert.Equal(digest, Convert.ToHexStringLower(Sha1.Hash(message)));
    }

    [Fact]
    public void Every_length_around_a_block_agrees_with_the_runtime()
    {
        for (int length = 0; length < 200; length++)
        {
            byte[] message = [.. Enumerable.Range(0, length).Select(static i => (byte)(i * 37))];
#pragma warning disable CA5350 // The runtime's SHA-1 is the reference here, and protects nothing.
            Assert.Equal(System.Security.Cryptography.SHA1.HashData(message), Sha1.Hash(message));
#pragma warning restore CA5350
        }
    }
}
