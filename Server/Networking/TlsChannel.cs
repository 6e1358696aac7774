using System.Buffers.Binary;
using System.Net.Sockets;
using Chat.Protocol;
using Chat.Protocol.Tls;

namespace Chat.Server.Networking;

/// <summary>
/// The server's side of TLS: plain lines in encrypted records. A ClientHello costs 0.25 ms of CPU. Its bytes wait for
/// <see cref="Step"/>, which the queue of handshakes calls.
/// </summary>
/// <remarks>
/// Payload counts as sent once it is encrypted. The part of a record that the socket does not take is kept, and goes
/// first in the next call.
/// </remarks>
/// <param name="key">The key of the room.</param>
internal sealed class TlsChannel(RoomKey key) : Channel
{
    /// <summary>The <see cref="Headroom"/> of this channel.</summary>
    public const int HeadroomBytes = TlsConnection.ExtraPayloadBytes;

    // The buffer of a whole record is 16 KiB, and the pool has that size.
    private static readonly int PayloadBytes = 16 * 1024 - RecordProtection.RecordBytes(0);

    private TlsConnection? _tls;
    private bool _isFinished;

    /// <summary>The handshake; null once it is complete.</summary>
    public HandshakeState? Handshake { get; private set; } = new(key);

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Head => Handshake is null ? [] : Handshake.Received;

    /// <summary>
    /// The handshake can begin, because the ClientHello is whole or too long to become whole, or it can go on: more of
    /// the ClientHello has come, or another one.
    /// </summary>
    public bool IsReady => IsHelloAwaited && Head.Length >= (_tls is null ? HelloBytes(Head) : 1);

    /// <summary>The handshake has begun.</summary>
    public bool HasBegun => _tls is not null;

    /// <summary>The handshake waits for its turn. No input is read.</summary>
    public override bool IsPaused => IsReady;

    /// <summary>The handshake is complete.</summary>
    public bool IsEstablished => Handshake is null;

    /// <summary>Why TLS failed; null if it did not.</summary>
    public string? Failure => _tls?.Failure;

    /// <summary>The peer said that its last byte came: nothing is missing at the end (RFC 8446, 6.1).</summary>
    public bool HasEndedInOrder => HasEnded && Failure is null;

    /// <inheritdoc/>
    public override bool CarriesPlainLines => IsEstablished;

    /// <inheritdoc/>
    public override int Headroom => HeadroomBytes;

    /// <inheritdoc/>
    public override bool HasOutput => _tls is { HasOutput: true };

    /// <summary>Adds to <see cref="Head"/>.</summary>
    public void AddToHead(ReadOnlySpan<byte> received) => Handshake!.Add(received, _tls is null ? HelloBytes(Head) : 0);

    /// <summary>Begins the handshake, or goes on with it.</summary>
    public void Step(ClockReading now)
    {
        _tls ??= TlsConnection.Accept(Handshake!.Key);
        // A client has no keys for payload before the answer.
        _tls.Decrypt(Head, [], now.Uptime);
        Handshake!.Clear();
        HasEnded = _tls.HasEnded;
    }

    /// <summary>Hands out the bytes that both ends export, for proofs, and forgets them.</summary>
    /// <returns>Null before the handshake is complete, and later.</returns>
    public byte[]? TakeExported()
    {
        byte[]? exported = _tls?.Exported;
        _tls?.ForgetExported();
        return exported;
    }

    /// <inheritdoc/>
    public override int Unframe(Span<byte> buffer, ClockReading now)
    {
        ReadOnlySpan<byte> received = buffer[HeadroomBytes..];
        if (IsHelloAwaited)
        {
            // Nothing can follow a whole ClientHello before the answer.
            if (!IsReady)
                AddToHead(received);
            return 0;
        }
        int payload = _tls!.Decrypt(received, buffer, now.Uptime);
        HasEnded = _tls.HasEnded;
        if (_tls.IsEstablished)
            Handshake = null;
        return payload;
    }

    /// <inheritdoc/>
    public override int Send(Poller poller, Connection connection, ReadOnlySpan<byte> payload, out SocketError error)
    {
        error = SocketError.Success;
        if (_tls is null)
            return 0;
        if (_tls.HasOutput)
        {
            _tls.Sent(poller.Send(connection, _tls.Output, out error));
            if (_tls.HasOutput)
                return 0;
        }
        int taken = 0;
        while (taken < payload.Length && IsEstablished && !_tls.HasOutput)
        {
            ReadOnlySpan<byte> next = payload[taken..];
            next = next[..Math.Min(next.Length, PayloadBytes)];
            ReadOnlySpan<byte> record = _tls.Seal(next);
            int sent = poller.Send(connection, record, out error);
            taken += next.Length;
            if (sent < record.Length)
                _tls.Keep(record[sent..]);
        }
        // The record that waits was taken.
        bool waits =
            error
            is SocketError.WouldBlock
                or SocketError.IOPending
                or SocketError.NoBufferSpaceAvailable
                or SocketError.Interrupted;
        if (waits && taken > 0)
            error = SocketError.Success;
        return taken;
    }

    /// <inheritdoc/>
    public override void Ping()
    {
        // A rich client asks by itself, and keepalive of TCP finds a dead plain tool.
    }

    /// <inheritdoc/>
    public override void Finish()
    {
        if (_isFinished || Failure is not null)
            return;
        _isFinished = true;
        _tls?.Finish();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _tls?.Dispose();
        base.Dispose();
    }

    private bool IsHelloAwaited => _tls is null or { IsHelloAwaited: true };

    // The bytes that a ClientHello needs before the handshake can judge it.
    private static int HelloBytes(ReadOnlySpan<byte> hello)
    {
        if (hello.Length < RecordProtection.HeaderBytes)
            return RecordProtection.HeaderBytes;
        int length = BinaryPrimitives.ReadUInt16BigEndian(hello[3..]);
        // The byte behind the header says whether this is TLS at all.
        return RecordProtection.HeaderBytes + (length > ProtocolLimits.HandshakeRecordBytes ? 1 : Math.Max(length, 1));
    }
}

/// <summary>The state of a <see cref="TlsChannel"/> until its handshake is complete.</summary>
/// <param name="key">The key of the room.</param>
internal sealed class HandshakeState(RoomKey key)
{
    private byte[] _received = [];
    private int _length;

    /// <summary>The key of the room.</summary>
    public RoomKey Key { get; } = key;

    /// <summary>The bytes received that wait for the next step.</summary>
    public ReadOnlySpan<byte> Received => _received.AsSpan(0, _length);

    /// <summary>The next step waits in the queue. While the first step waits, no deadline counts.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Uptime at which the handshake has taken too long.</summary>
    public long Due { get; set; }

    /// <summary>Adds to <see cref="Received"/>.</summary>
    /// <param name="received">The next bytes.</param>
    /// <param name="expected">How many bytes there will be at least.</param>
    public void Add(ReadOnlySpan<byte> received, int expected)
    {
        int length = _length + received.Length;
        if (length > _received.Length)
            Array.Resize(ref _received, Math.Max(length, expected));
        received.CopyTo(_received.AsSpan(_length));
        _length = length;
    }

    /// <summary>Empties <see cref="Received"/>.</summary>
    public void Clear() => (_received, _length) = ([], 0);
}
