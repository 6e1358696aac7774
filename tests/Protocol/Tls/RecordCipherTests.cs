using System.Security.Cryptography;
using Chat.Protocol.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Chat.Tests.Protocol.Tls;

/// <summary>The cipher of records, against RFC 8439 and the cipher of the library.</summary>
public sealed class RecordCipherTests
{
    private readonly RecordCipher _cipher = new();

    // RFC 8439, 2.8.2.
    [Fact]
    public void The_vector_of_the_RFC_is_met()
    {
        byte[] key = [.. Enumerable.Range(0x80, 32).Select(static i => (byte)i)],
            nonce = Convert.FromHexString("070000004041424344454647"),
            associated = Convert.FromHexString("50515253c0c1c2c3c4c5c6c7"),
            text =

            [
                .. "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "u8,
                .. "sunscreen would be it."u8,
                .. new byte[RecordCipher.TagBytes],
            ];
        _cipher.Begin(key, nonce, associated);
        _cipher.Encrypt(text);
        Assert.Equal(
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a"
                + "9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b"
                + "7a9de576d26586cec64b6116"
                + "1ae10b594f09e26a7e902ecbd0600691",
            Convert.ToHexStringLower(text)
        );
    }

    // Keys and texts of ones bring the limbs of Poly1305 to their bounds.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Every_length_is_encrypted_as_the_library_does_it(int filling)
    {
        Random random = new(filling);
        for (int length = 0; length < 1100; length++)
        {
            byte[] key = Filled(32),
                nonce = Filled(12),
                associated = Filled(length % 40),
                text = Filled(length),
                expected = new byte[length + 16];
            BcChaCha20Poly1305 other = new(isEncrypting: true);
            other.SetKey(key, 0, key.Length);
            other.Init(nonce, 16, associated);
            other.DoFinal(text, 0, length, expected, 0);

            byte[] record = [.. text, .. new byte[RecordCipher.TagBytes]];
            _cipher.Begin(key, nonce, associated);
            _cipher.Encrypt(record);
            Assert.Equal(expected, record);
            _cipher.Begin(key, nonce, associated);
            Assert.True(_cipher.TryDecrypt(record));
            Assert.Equal(text, record[..length]);
        }

        byte[] Filled(int length)
        {
            byte[] bytes = new byte[length];
            if (filling == 0)
                random.NextBytes(bytes);
            else
                Array.Fill(bytes, (byte)(filling == 1 ? 0xFF : 0));
            return bytes;
        }
    }

    [Fact]
    public void Any_changed_bit_is_noticed_and_the_text_stays_as_it_was()
    {
        byte[] key = RandomNumberGenerator.GetBytes(32),
            nonce = RandomNumberGenerator.GetBytes(12),
            associated = RandomNumberGenerator.GetBytes(5),
            record = RandomNumberGenerator.GetBytes(70);
        _cipher.Begin(key, nonce, associated);
        _cipher.Encrypt(record);
        foreach (byte[] part in (byte[][])[associated, record, nonce, key])
        {
            for (int bit = 0; bit < 8 * part.Length; bit++)
            {
                part[bit / 8] ^= (byte)(1 << (bit % 8));
                byte[] before = [.. record];
                _cipher.Begin(key, nonce, associated);
                Assert.False(_cipher.TryDecrypt(record));
                Assert.Equal(before, record);
                part[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
        _cipher.Begin(key, nonce, associated);
        Assert.True(_cipher.TryDecrypt(record));
    }
}
