using System.Buffers;
using System.Buffers.Binary;
using Org.BouncyCastle.Tls;

namespace Chat.Protocol.Tls;

/// <summary>
/// TLS 1.3 of one connection, without its socket: received bytes go in, payload and bytes to send come out.
/// </summary>
/// <remarks>
/// BouncyCastle makes the handshake. It gets one whole record at a time, so that no byte of ours is left in its
/// buffers when it is done. Then the traffic secrets are copied, and its objects are dropped.
/// <para>
/// A record is encrypted once. Bytes that the socket does not take are kept as ciphertext, because the same nonce with
/// other bytes would break the cipher.
/// </para>
/// </remarks>
internal sealed class TlsConnection : IDisposable
{
    /// <summary>The most bytes of payload beyond the bytes received: a kept part of a record completes.</summary>
    public const int ExtraPayloadBytes = RecordProtection.PayloadBytes;

    private const byte NewSessionTicket = 4,
        KeyUpdate = 24;

    private readonly bool _isServer;

    // Null once the handshake is complete.
    private PendingHandshake? _handshake;
    private RecordProtection _incoming,
        _outgoing;
    private byte _keyUpdates,
        _emptyRecords;
    private long _keyUpdatesSince;

    // The part of a record that was received, and the bytes to send. Both are rented while there are any.
    private byte[] _partial = [],
        _output = [];
    private int _partialLength,
        _outputStart,
        _outputEnd;

    private TlsConnection(bool isServer, PendingHandshake handshake) => (_isServer, _handshake) = (isServer, handshake);

    /// <summary>The handshake is complete, so payload can be sent.</summary>
    public bool IsEstablished => _handshake is null;

    /// <summary>A server waits for a ClientHello, the rest of one, or another one (RFC 8446, 4.1.4).</summary>
    public bool IsHelloAwaited => _handshake is { Server.HasAcceptedHello: false } && !HasEnded;

    /// <summary>The peer ended the connection in order, or broke the rules. No further input is read.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Why the connection failed; null if it did not.</summary>
    public string? Failure { get; private set; }

    /// <summary>The exporter's bytes; null before the handshake is complete, and once they are forgotten.</summary>
    public byte[]? Exported { get; private set; }

    /// <summary>Bytes to send before any other payload.</summary>
    public ReadOnlySpan<byte> Output => _output.AsSpan(_outputStart, _outputEnd - _outputStart);

    /// <summary>Whether there is <see cref="Output"/>.</summary>
    public bool HasOutput => _outputEnd > _outputStart;

    /// <summary>Begins as the server.</summary>
    public static TlsConnection Accept(RoomKey key)
    {
        TlsServerProtocol protocol = new();
        HandshakeServer server = new(key);
        protocol.Accept(server);
        return new TlsConnection(isServer: true, new PendingHandshake(protocol, server, client: null));
    }

    /// <summary>Begins as the client; the first bytes are in <see cref="Output"/>.</summary>
    /// <param name="isTrusted">Whether the room with this public key may be talked to.</param>
    public static TlsConnection Connect(Predicate<byte[]> isTrusted)
    {
        ClientProtocol protocol = new();
        HandshakeClient client = new(isTrusted);
        protocol.Connect(client);
        TlsConnection connection = new(isServer: false, new PendingHandshake(protocol, server: null, client));
        connection.TakeOutput(protocol);
        return connection;
    }

    /// <summary>Whether these are the first bytes of a ClientHello; null while they may be.</summary>
    /// <remarks>
    /// A record of a handshake (22), version 3.x, and a first message of type 1 (RFC 8446, 4 and 5.1). No text that a
    /// person or a tool types begins with them.
    /// </remarks>
    public static bool? Recognize(ReadOnlySpan<byte> first)
    {
        ReadOnlySpan<short> expected = [ContentType.handshake, 3, -1, -1, -1, HandshakeType.client_hello];
        for (int i = 0; i < expected.Length; i++)
        {
            if (i == first.Length)
                return null;
            if (expected[i] >= 0 && first[i] != expected[i])
                return false;
        }
        return true;
    }

    /// <summary>Decrypts received bytes.</summary>
    /// <param name="received">The bytes of the socket.</param>
    /// <param name="payload">
    /// Takes the payload. It has <see cref="ExtraPayloadBytes"/> more than <paramref name="received"/>, which may be
    /// its last part.
    /// </param>
    /// <param name="uptime">In milliseconds.</param>
    /// <returns>Bytes of payload; 0 if there are none yet.</returns>
    public int Decrypt(ReadOnlySpan<byte> received, Span<byte> payload, long uptime)
    {
        int length = 0;
        try
        {
            while (!HasEnded && TryTakeRecord(ref received, out ReadOnlySpan<byte> record))
            {
                if (_handshake is not null)
                    Continue(_handshake, record);
                else
                    length += OpenRecord(record, payload[length..], uptime);
            }
        }
        catch (IOException error)
        {
            Fail(error);
        }
        if (_partialLength == 0)
            Return(ref _partial);
        return length;
    }

    /// <summary>Encrypts payload as one record. There is no <see cref="Output"/> before.</summary>
    /// <param name="payload">At most <see cref="RecordProtection.PayloadBytes"/>.</param>
    /// <returns>The record, valid until the next call on this thread.</returns>
    public ReadOnlySpan<byte> Seal(ReadOnlySpan<byte> payload) => _outgoing.Seal(ContentType.application_data, payload);

    /// <summary>Keeps the rest of a record that the socket did not take.</summary>
    public void Keep(ReadOnlySpan<byte> rest)
    {
        if (_outputStart == _outputEnd)
            _outputStart = _outputEnd = 0;
        if (_outputEnd + rest.Length > _output.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Output.Length + rest.Length);
            Output.CopyTo(larger);
            (_outputStart, _outputEnd) = (0, Output.Length);
            Return(ref _output);
            _output = larger;
        }
        rest.CopyTo(_output.AsSpan(_outputEnd));
        _outputEnd += rest.Length;
    }

    /// <summary>The socket took so many bytes of <see cref="Output"/>.</summary>
    public void Sent(int bytes)
    {
        _outputStart += bytes;
        if (_outputStart == _outputEnd)
        {
            (_outputStart, _outputEnd) = (0, 0);
            Return(ref _output);
        }
    }

    /// <summary>Forgets <see cref="Exported"/>: this connection proves nothing any more.</summary>
    public void ForgetExported() => Exported = null;

    /// <summary>Says that no more payload follows (RFC 8446, 6.1).</summary>
    public void Finish()
    {
        if (IsEstablished)
            Alert(AlertLevel.warning, AlertDescription.close_notify);
    }

    public void Dispose()
    {
        Return(ref _partial);
        Return(ref _output);
        (_partialLength, _outputStart, _outputEnd) = (0, 0, 0);
        (_incoming, _outgoing, Exported) = (default, default, null);
    }

    // Takes the next whole record; false if a part is missing, which is kept.
    private bool TryTakeRecord(ref ReadOnlySpan<byte> received, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (_partialLength == 0 && received.Length >= RecordProtection.HeaderBytes)
        {
            int whole = RecordProtection.HeaderBytes + CiphertextLength(received);
            if (received.Length >= whole)
            {
                record = received[..whole];
                received = received[whole..];
                return true;
            }
        }
        // The record before was opened, so its buffer can be used again.
        if (received.IsEmpty)
            return false;
        if (!Gather(ref received, RecordProtection.HeaderBytes))
            return false;
        int length = RecordProtection.HeaderBytes + CiphertextLength(_partial);
        if (!Gather(ref received, length))
            return false;
        record = _partial.AsSpan(0, length);
        _partialLength = 0;
        return true;
    }

    // Collects received bytes until a record has this length.
    private bool Gather(ref ReadOnlySpan<byte> received, int length)
    {
        if (_partial.Length < length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(length);
            _partial.AsSpan(0, _partialLength).CopyTo(larger);
            Return(ref _partial);
            _partial = larger;
        }
        int taken = Math.Clamp(length - _partialLength, 0, received.Length);
        received[..taken].CopyTo(_partial.AsSpan(_partialLength));
        received = received[taken..];
        _partialLength += taken;
        return _partialLength >= length;
    }

    private int CiphertextLength(ReadOnlySpan<byte> header)
    {
        int length = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
        return length <= (IsEstablished ? RecordProtection.CiphertextBytes : ProtocolLimits.HandshakeRecordBytes)
            ? length
            : throw new TlsFatalAlert(AlertDescription.record_overflow);
    }

    private void Continue(PendingHandshake handshake, ReadOnlySpan<byte> record)
    {
        handshake.Bytes += record.Length;
        if (handshake.Bytes > ProtocolLimits.HandshakeBytes)
            throw new TlsFatalAlert(AlertDescription.handshake_failure, "a handshake without an end");
        byte[] whole = record.ToArray();
        handshake.Protocol.OfferInput(whole, 0, whole.Length);
        TakeOutput(handshake.Protocol);
        if (handshake.Secrets is not HandshakeSecrets secrets)
            return;
        (byte[] incoming, byte[] outgoing) = _isServer
            ? (secrets.Client, secrets.Server)
            : (secrets.Server, secrets.Client);
        _incoming.SetKeys(incoming);
        _outgoing.SetKeys(outgoing);
        (_handshake, Exported) = (null, secrets.Exported);
    }

    private int OpenRecord(ReadOnlySpan<byte> record, Span<byte> payload, long uptime)
    {
        ReadOnlySpan<byte> plain = _incoming.Open(record, out short type);
        switch (type)
        {
            case ContentType.application_data:
                _emptyRecords = (byte)(plain.IsEmpty ? _emptyRecords + 1 : 0);
                if (_emptyRecords > ProtocolLimits.EmptyRecords)
                    throw new TlsFatalAlert(AlertDescription.unexpected_message);
                plain.CopyTo(payload);
                return plain.Length;
            case ContentType.alert:
                HandleAlert(plain);
                return 0;
            case ContentType.handshake:
                HandleMessages(plain, uptime);
                return 0;
            default:
                throw new TlsFatalAlert(AlertDescription.unexpected_message);
        }
    }

    private void HandleAlert(ReadOnlySpan<byte> alert)
    {
        if (alert.Length != 2)
            throw new TlsFatalAlert(AlertDescription.decode_error);
        HasEnded = true;
        if (alert[1] is not (byte)AlertDescription.close_notify)
            Failure = $"the peer ended the encryption: {AlertDescription.GetName(alert[1])}";
    }

    // Messages behind the handshake. They may not be cut by the end of a record: none of ours is, and a key update may
    // not be (RFC 8446, 5.1).
    private void HandleMessages(ReadOnlySpan<byte> messages, long uptime)
    {
        if (messages.IsEmpty)
            throw new TlsFatalAlert(AlertDescription.unexpected_message);
        while (!messages.IsEmpty)
        {
            if (messages.Length < 4)
                throw new TlsFatalAlert(AlertDescription.unexpected_message);
            int length = BinaryPrimitives.ReadInt32BigEndian(messages) & 0xFFFFFF;
            if (length > messages.Length - 4)
                throw new TlsFatalAlert(AlertDescription.unexpected_message);
            ReadOnlySpan<byte> body = messages.Slice(4, length);
            byte type = messages[0];
            messages = messages[(4 + length)..];
            if (type == KeyUpdate && messages.IsEmpty)
                HandleKeyUpdate(body, uptime);
            else if (type != NewSessionTicket || _isServer)
                throw new TlsFatalAlert(AlertDescription.unexpected_message);
        }
    }

    private void HandleKeyUpdate(ReadOnlySpan<byte> body, long uptime)
    {
        if (body.Length != 1 || body[0] > 1)
            throw new TlsFatalAlert(AlertDescription.illegal_parameter);
        if (uptime - _keyUpdatesSince >= ProtocolLimits.KeyUpdateMilliseconds)
            (_keyUpdates, _keyUpdatesSince) = (0, uptime);
        if (++_keyUpdates > ProtocolLimits.KeyUpdates)
            throw new TlsFatalAlert(AlertDescription.unexpected_message, "too many key updates");
        _incoming.Update();
        if (body[0] == 0)
            return;
        Keep(_outgoing.Seal(ContentType.handshake, [KeyUpdate, 0, 0, 1, 0]));
        _outgoing.Update();
    }

    private void TakeOutput(TlsProtocol protocol)
    {
        int available = protocol.GetAvailableOutputBytes();
        if (available == 0)
            return;
        byte[] output = new byte[available];
        protocol.ReadOutput(output, 0, available);
        Keep(output);
    }

    private void Fail(IOException error)
    {
        HasEnded = true;
        Failure = error switch
        {
            TlsFatalAlert alert => AlertDescription.GetName(alert.AlertDescription),
            TlsFatalAlertReceived received =>
                $"the peer ended the encryption: {AlertDescription.GetName(received.AlertDescription)}",
            _ => error.Message,
        };
        if (_handshake is not null)
            TakeOutput(_handshake.Protocol);
        if (error is not TlsFatalAlert fatal)
            return;
        if (_handshake is null)
            Alert(AlertLevel.fatal, fatal.AlertDescription);
        else if (!HasOutput)
            // The library says nothing about a message that it could not read, nor about a record that it did not see.
            Keep([(byte)ContentType.alert, 3, 3, 0, 2, (byte)AlertLevel.fatal, (byte)fatal.AlertDescription]);
    }

    private void Alert(short level, short description) =>
        Keep(_outgoing.Seal(ContentType.alert, [(byte)level, (byte)description]));

    private static void Return(ref byte[] rented)
    {
        if (rented.Length > 0)
            ArrayPool<byte>.Shared.Return(rented);
        rented = [];
    }

    private sealed class PendingHandshake(TlsProtocol protocol, HandshakeServer? server, HandshakeClient? client)
    {
        public TlsProtocol Protocol { get; } = protocol;

        // Null for a client.
        public HandshakeServer? Server { get; } = server;

        // Null until the handshake is complete.
        public HandshakeSecrets? Secrets => Server?.Secrets ?? client?.Secrets;

        public int Bytes { get; set; }
    }
}
