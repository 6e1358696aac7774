using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Utilities;

namespace Chat.Protocol.Tls;

/// <summary>
/// The library's ChaCha20 and Poly1305, joined as RFC 8439, 2.8 says, without garbage. The library joins them, too, but
/// copies keys and nonces for each record: 480 bytes.
/// </summary>
internal sealed class RecordCipher
{
    /// <summary>Bytes of the authentication tag.</summary>
    public const int TagBytes = 16;

    /// <summary>Bytes of a nonce.</summary>
    public const int NonceBytes = 12;

    private const int MacKeyBytes = 32,
        MacBlockBytes = 16;

    private static readonly byte[] Zeros = new byte[MacBlockBytes];

    private readonly KeyStream _stream = new();
    private readonly Poly1305 _mac = new();
    private readonly KeyParameter _macKey = new(new byte[MacKeyBytes]);
    private readonly byte[] _tag = new byte[TagBytes];
    private int _additionalBytes;

    /// <summary>Begins a record.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">Never the same twice with a key.</param>
    /// <param name="additional">Authenticated, and not encrypted.</param>
    public void Begin(byte[] key, byte[] nonce, ReadOnlySpan<byte> additional)
    {
        _stream.Begin(key, nonce);
        _stream.NextBlock().AsSpan(0, MacKeyBytes).CopyTo(BytesOf(_macKey));
        _mac.Init(_macKey);
        _additionalBytes = additional.Length;
        Authenticate(additional);
    }

    /// <summary>Encrypts a text in place, and writes the tag behind it.</summary>
    /// <param name="record">The text, and <see cref="TagBytes"/> more.</param>
    public void Encrypt(Span<byte> record)
    {
        Span<byte> text = record[..^TagBytes];
        _stream.Apply(text);
        Tag(text).CopyTo(record[^TagBytes..]);
    }

    /// <summary>Decrypts a text in place, if its tag fits.</summary>
    /// <param name="record">The text, and its tag behind it.</param>
    /// <returns>False if the tag does not fit; the bytes are as before.</returns>
    public bool TryDecrypt(Span<byte> record)
    {
        Span<byte> text = record[..^TagBytes];
        if (!Arrays.FixedTimeEquals(Tag(text), record[^TagBytes..]))
            return false;
        _stream.Apply(text);
        return true;
    }

    // The library has no other way to use the object for the next record.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "m_key")]
    private static extern ref byte[] BytesOf(KeyParameter key);

    private ReadOnlySpan<byte> Tag(ReadOnlySpan<byte> ciphertext)
    {
        Authenticate(ciphertext);
        BinaryPrimitives.WriteInt64LittleEndian(_tag, _additionalBytes);
        BinaryPrimitives.WriteInt64LittleEndian(_tag.AsSpan(sizeof(long)), ciphertext.Length);
        _mac.BlockUpdate(_tag);
        _mac.DoFinal(_tag);
        return _tag;
    }

    // Each part is padded to whole blocks.
    private void Authenticate(ReadOnlySpan<byte> part)
    {
        _mac.BlockUpdate(part);
        _mac.BlockUpdate(Zeros.AsSpan(0, -part.Length & (MacBlockBytes - 1)));
    }

    /// <summary>The library's key stream. The library's own way to begin one copies key and nonce.</summary>
    private sealed class KeyStream : ChaCha7539Engine
    {
        private const int BlockBytes = 64;

        private readonly byte[] _block = new byte[BlockBytes];

        public void Begin(byte[] key, byte[] nonce)
        {
            SetKey(key, nonce);
            Reset();
        }

        /// <summary>The next 64 bytes, valid until the next call.</summary>
        public byte[] NextBlock()
        {
            GenerateKeyStream(_block);
            AdvanceCounter();
            return _block;
        }

        /// <summary>Encrypts or decrypts, which is the same.</summary>
        public void Apply(Span<byte> text)
        {
            for (; text.Length >= BlockBytes; text = text[BlockBytes..])
            {
                Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(text[..BlockBytes]);
                ReadOnlySpan<ulong> keys = MemoryMarshal.Cast<byte, ulong>(NextBlock());
                for (int i = 0; i < words.Length; i++)
                    words[i] ^= keys[i];
            }
            if (text.IsEmpty)
                return;
            byte[] last = NextBlock();
            for (int i = 0; i < text.Length; i++)
                text[i] ^= last[i];
        }
    }
}
