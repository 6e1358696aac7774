using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Org.BouncyCastle.Tls;

namespace Chat.Protocol.Tls;

/// <summary>
/// Protects the records of one direction of a connection with ChaCha20-Poly1305 (RFC 8446, 5.2), behind the handshake.
/// </summary>
/// <remarks>
/// Each thread has one buffer and one cipher, which all connections share: a connection keeps its keys alone. The
/// library's own record layer keeps 7 KB a connection and makes 0.5 to 10 KB of garbage a record.
/// <para>It is a part of its connection. A copy of it would use the same nonces again.</para>
/// </remarks>
internal struct RecordProtection
{
    /// <summary>Bytes of a record's header: type, version and length.</summary>
    public const int HeaderBytes = 5;

    /// <summary>Bytes of the authentication tag.</summary>
    public const int TagBytes = RecordCipher.TagBytes;

    /// <summary>The most bytes that one record carries (RFC 8446, 5.1).</summary>
    public const int PayloadBytes = 1 << 14;

    /// <summary>The most bytes behind the header (RFC 8446, 5.2).</summary>
    public const int CiphertextBytes = PayloadBytes + 256;

    private const int KeyAt = Hkdf.KeyBytes,
        IvAt = KeyAt + TlsProvider.KeyBytes;

    [ThreadStatic]
    private static Workspace? _workspace;

    private Keys _keys;
    private bool _hasKeys;
    private ulong _sequence;

    /// <summary>The bytes of a record with this payload.</summary>
    /// <param name="payload">Bytes of payload.</param>
    public static int RecordBytes(int payload) => HeaderBytes + payload + 1 + TagBytes;

    /// <summary>Encrypts a record.</summary>
    /// <param name="type">The type of the payload.</param>
    /// <param name="payload">At most <see cref="PayloadBytes"/>.</param>
    /// <returns>The record, valid until the next call on this thread.</returns>
    public ReadOnlySpan<byte> Seal(short type, ReadOnlySpan<byte> payload)
    {
        Workspace work = _workspace ??= new Workspace();
        int inner = payload.Length + 1;
        Span<byte> record = work.Record.AsSpan(0, HeaderBytes + inner + TagBytes);
        WriteHeader(record, inner + TagBytes);
        payload.CopyTo(record[HeaderBytes..]);
        record[HeaderBytes + payload.Length] = (byte)type;
        Begin(work, record[..HeaderBytes]);
        work.Cipher.Encrypt(record[HeaderBytes..]);
        return record;
    }

    /// <summary>Decrypts a record.</summary>
    /// <param name="record">The whole record.</param>
    /// <param name="type">The type of the payload.</param>
    /// <returns>The payload, valid until the next call on this thread.</returns>
    /// <exception cref="TlsFatalAlert">The record is none of this connection, or is malformed.</exception>
    public ReadOnlySpan<byte> Open(ReadOnlySpan<byte> record, out short type)
    {
        Workspace work = _workspace ??= new Workspace();
        int length = record.Length - HeaderBytes;
        if (record[0] != ContentType.application_data)
            throw new TlsFatalAlert(AlertDescription.unexpected_message);
        if (length is < TagBytes + 1 or > CiphertextBytes)
            throw new TlsFatalAlert(
                length > TagBytes ? AlertDescription.record_overflow : AlertDescription.decode_error
            );
        record[HeaderBytes..].CopyTo(work.Record);
        Begin(work, record[..HeaderBytes]);
        if (!work.Cipher.TryDecrypt(work.Record.AsSpan(0, length)))
            throw new TlsFatalAlert(AlertDescription.bad_record_mac);
        int inner = length - TagBytes;
        // RFC 8446, 5.4: zeros of padding may stand behind the type.
        int typeAt = work.Record.AsSpan(0, inner).LastIndexOfAnyExcept((byte)0);
        if (typeAt < 0)
            throw new TlsFatalAlert(AlertDescription.unexpected_message);
        if (typeAt > PayloadBytes)
            throw new TlsFatalAlert(AlertDescription.record_overflow);
        type = work.Record[typeAt];
        return work.Record.AsSpan(0, typeAt);
    }

    /// <summary>Goes on with the next keys (RFC 8446, 7.2).</summary>
    public void Update()
    {
        Span<byte> next = stackalloc byte[Hkdf.KeyBytes];
        Hkdf.ExpandLabel(_keys[..Hkdf.KeyBytes], "traffic upd", next);
        SetKeys(next);
    }

    /// <summary>Takes the keys that follow from a traffic secret of this direction, and clears it.</summary>
    public void SetKeys(Span<byte> secret)
    {
        secret.CopyTo(_keys);
        Hkdf.ExpandLabel(secret, "key", _keys[KeyAt..IvAt]);
        Hkdf.ExpandLabel(secret, "iv", _keys[IvAt..]);
        (_hasKeys, _sequence) = (true, 0);
        CryptographicOperations.ZeroMemory(secret);
    }

    private static void WriteHeader(Span<byte> header, int length)
    {
        header[0] = (byte)ContentType.application_data;
        // RFC 8446, 5.1: records say 1.2.
        BinaryPrimitives.WriteUInt16BigEndian(header[1..], 0x0303);
        BinaryPrimitives.WriteUInt16BigEndian(header[3..], (ushort)length);
    }

    // RFC 8446, 5.3: the nonce is the IV, its last 8 bytes XOR the number of the record.
    private void Begin(Workspace work, ReadOnlySpan<byte> header)
    {
        // Without keys, the key would be all zeros.
        if (!_hasKeys)
            throw new InvalidOperationException("A record needs the keys of a complete handshake.");
        _keys[KeyAt..IvAt].CopyTo(work.Key);
        _keys[IvAt..].CopyTo(work.Nonce);
        Span<byte> last = work.Nonce.AsSpan(RecordCipher.NonceBytes - sizeof(ulong));
        BinaryPrimitives.WriteUInt64BigEndian(last, BinaryPrimitives.ReadUInt64BigEndian(last) ^ _sequence);
        _sequence = checked(_sequence + 1);
        work.Cipher.Begin(work.Key, work.Nonce, header);
    }

    // The traffic secret, the key and the IV, in place: each array would add 24 bytes to a connection.
    [InlineArray(IvAt + RecordCipher.NonceBytes)]
    private struct Keys
    {
        private byte _first;
    }

    private sealed class Workspace
    {
        public byte[] Record { get; } = new byte[HeaderBytes + CiphertextBytes];

        public byte[] Key { get; } = new byte[TlsProvider.KeyBytes];

        public byte[] Nonce { get; } = new byte[RecordCipher.NonceBytes];

        public RecordCipher Cipher { get; } = new();
    }
}
