using System.Net;
using System.Net.Sockets;
using Chat.Protocol;
using Chat.Protocol.Tls;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// One connection to a server: its socket and all state that belongs to it. The link makes a new object for each
/// connection, so no flag outlives its connection.
/// </summary>
/// <remarks>
/// A failed send does not close the socket: data received before the failure can still be read.
/// <para>
/// Payload counts as sent once it is encrypted. The rest of a record that the socket does not take waits as ciphertext.
/// </para>
/// </remarks>
/// <param name="socket">Connected and non-blocking; disposed with this object.</param>
/// <param name="clock">The time, for the properties that end in At.</param>
/// <param name="tls">The encryption, whose first bytes are to be sent; null for a connection in the clear.</param>
internal sealed class LinkConnection(Socket socket, TimeProvider clock, TlsConnection? tls = null) : IDisposable
{
    // The first byte of the records that may begin an answer: change_cipher_spec, alert, handshake (RFC 8446, 5.1).
    private const byte FirstRecord = 20,
        LastRecord = 22;

    private readonly byte[] _payload = tls is null
        ? []
        : new byte[ClientLimits.ClientReceiveBytes + TlsConnection.ExtraPayloadBytes];
    private bool _isAnswered;

    private readonly byte[] _received = new byte[ClientLimits.ClientReceiveBytes];
    private byte[] _unsent = [];
    private long _laterBytes;

    /// <summary>The socket's handle, for the wait.</summary>
    public nint Handle => socket.Handle;

    /// <summary>The time the connection opened. All times are milliseconds of the client's clock.</summary>
    public long OpenedAt { get; } = Milliseconds(clock);

    /// <summary>The time the link entered the room or began to send plain text.</summary>
    public long JoinedAt { get; set; }

    /// <summary>The time bytes last came in. The link also sets it while it does not read.</summary>
    public long LastReceivedAt { get; set; } = Milliseconds(clock);

    /// <summary>The time bytes last went out.</summary>
    public long LastSentAt { get; private set; } = Milliseconds(clock);

    /// <summary>
    /// The time since which the peer owes a sign of life: the first send after bytes last came in. Null if it owes
    /// none.
    /// </summary>
    public long? AwaitedSince { get; private set; }

    /// <summary>The time of the last probe.</summary>
    public long ProbedAt { get; private set; } = long.MinValue / 2;

    /// <summary>The time at which the newest line with a probe of its own was sent.</summary>
    public long LateProbedAt { get; set; } = long.MinValue;

    /// <summary>The earliest time for the next line to a plain server.</summary>
    public long NextTextAt { get; set; }

    /// <summary>
    /// The bytes received before the kind of the server was known, and those in which a late mark may still come.
    /// </summary>
    public byte[] Greeting { get; private set; } = [];

    /// <summary>The greeting holds the mark of a server of ours.</summary>
    public bool HasMark => ServerKind.Recognize(Greeting) is { IsOurs: true };

    /// <summary>Splits received bytes into lines.</summary>
    public LineFramer Framer { get; private set; } = NewFramer();

    /// <summary>Lines that came between the hello and its answer. They are shown if no answer comes.</summary>
    public List<string> LinesBeforeWelcome { get; } = [];

    /// <summary>The hello was sent, or waits for the proofs of the secret, so the server is one of ours.</summary>
    public bool IsHelloSent { get; set; }

    /// <summary>The greeting line was handled. It precedes the answer to the hello.</summary>
    public bool IsGreetingHandled { get; set; }

    /// <summary>The server answered the hello: both sides speak the rich dialect.</summary>
    public bool IsRich { get; private set; }

    /// <summary>The server answered the hello. Its lines may be longer from now on.</summary>
    public void BeginRich() => (IsRich, Framer.Limit) = (true, ProtocolLimits.SnippetLineBytes - 1);

    /// <summary>A line was sent to the server as plain text.</summary>
    public bool HasSentText { get; set; }

    /// <summary>The farewell was sent; nothing is sent after it.</summary>
    public bool IsFarewellSent { get; set; }

    /// <summary>The socket is full: it accepts no bytes for now.</summary>
    public bool IsWriteBlocked { get; private set; }

    /// <summary>A send failed, so nothing more is sent.</summary>
    public bool HasSendFailed { get; private set; }

    /// <summary>Part of the last line, or of a record, is not sent yet.</summary>
    public bool HasUnsent => _unsent.Length > 0 || tls is { HasOutput: true };

    /// <summary>Both ends are on this computer.</summary>
    public bool IsLocal { get; } = JoinsThisComputer(socket);

    /// <summary>The connection speaks TLS, or nothing: it never goes on in the clear.</summary>
    public bool IsEncrypted => tls is not null;

    /// <summary>The server answered the first bytes of TLS in the clear. No answer to it is sent.</summary>
    public bool IsAnsweredInTheClear { get; private set; }

    /// <summary>The server ended the encryption, or the encryption failed.</summary>
    public bool HasEncryptionEnded => tls is { HasEnded: true };

    /// <summary>Why the encryption failed, in words; null if it did not.</summary>
    public string? EncryptionFailure =>
        tls?.Failure is not string failure ? null
        : tls.IsEstablished ? $"the encryption failed: {failure}"
        : $"the TLS handshake failed: {failure}; is it a chat room?";

    /// <summary>The bytes that both ends export from TLS, for proofs; null without TLS.</summary>
    public byte[]? Exported => tls?.Exported;

    /// <summary>The room asks for its secret, and the person has not given it.</summary>
    public bool IsSecretAwaited { get; set; }

    /// <summary>The proof of the secret was sent, and that of the server is awaited.</summary>
    public bool IsProofAwaited { get; set; }

    /// <summary>Whether a send may succeed now.</summary>
    public bool CanSend => !IsWriteBlocked && !HasSendFailed;

    /// <summary>Adds bytes to the greeting.</summary>
    public void AddToGreeting(ReadOnlySpan<byte> bytes) => Greeting = [.. Greeting, .. bytes];

    /// <summary>Discards a partial line. The caller splits the whole greeting into lines again.</summary>
    public void RestartFraming() => Framer = NewFramer();

    /// <summary>Clears <see cref="IsWriteBlocked"/>, so the next send asks the socket again.</summary>
    public void RetrySending() => IsWriteBlocked = false;

    /// <summary>Sends a line. If the socket accepts only a part, <see cref="Flush"/> sends the rest.</summary>
    /// <param name="line">The line with its end. Requires that <see cref="HasUnsent"/> is false.</param>
    /// <returns>Whether it was sent whole.</returns>
    public bool Send(byte[] line)
    {
        _unsent = line;
        return Flush();
    }

    /// <summary>Sends the rest of the last line.</summary>
    /// <returns>False if the socket is full for now, or failed.</returns>
    public bool Flush()
    {
        while (_unsent.Length > 0 && !HasSendFailed)
        {
            int sent = TrySend(_unsent);
            if (sent < 0)
                return false;
            _unsent = _unsent[sent..];
        }
        return !HasSendFailed && FlushRecords();
    }

    private bool FlushRecords()
    {
        while (tls is { HasOutput: true })
        {
            int sent = SendToSocket(tls.Output);
            if (sent < 0)
                return false;
            tls.Sent(sent);
        }
        return true;
    }

    /// <summary>Sends as many bytes as the socket accepts at once.</summary>
    /// <returns>The number of bytes sent; -1 if the socket is full for now, or failed.</returns>
    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        if (tls is null)
            return SendToSocket(bytes);
        if (!FlushRecords())
            return -1;
        int length = Math.Min(bytes.Length, RecordProtection.PayloadBytes);
        ReadOnlySpan<byte> record = tls.Seal(bytes[..length]);
        int sent = SendToSocket(record);
        if (HasSendFailed)
            return -1;
        if (sent < record.Length)
            tls.Keep(record[Math.Max(0, sent)..]);
        return length;
    }

    private int SendToSocket(ReadOnlySpan<byte> bytes)
    {
        int sent;
        SocketError error;
        do
        {
            sent = socket.Send(bytes, SocketFlags.None, out error);
        } while (error is SocketError.Interrupted);
        IsWriteBlocked = error is SocketError.WouldBlock or SocketError.IOPending or SocketError.NoBufferSpaceAvailable;
        HasSendFailed = !IsWriteBlocked && error is not SocketError.Success;
        if (!CanSend)
            return -1;
        LastSentAt = Milliseconds(clock);
        if (AwaitedSince is null)
            Await();
        else
            _laterBytes += sent;
        return sent;
    }

    /// <summary>
    /// Asks the peer's system for a sign of life: sends a ping, unless sent bytes await their acknowledgement already.
    /// </summary>
    /// <param name="isMissing">See <see cref="LinkOptions.IsAcknowledgementMissing"/>.</param>
    public void Probe(Func<Socket, long, long, bool> isMissing)
    {
        ProbedAt = Milliseconds(clock);
        if (AwaitedSince is long since && isMissing(socket, ProbedAt - since, _laterBytes))
            return;
        if (CanSend && !HasUnsent)
        {
            AwaitedSince = null;
            Send("ping 0\n"u8.ToArray());
        }
        // A full socket has bytes enough to acknowledge.
        if (AwaitedSince is null)
            Await();
    }

    /// <summary>Ends the wait for a sign of life.</summary>
    /// <param name="isMissing">See <see cref="LinkOptions.IsAcknowledgementMissing"/>.</param>
    /// <returns>Whether the peer's system gave none.</returns>
    public bool EndAwait(Func<Socket, long, long, bool> isMissing)
    {
        bool isSilent = AwaitedSince is long since && isMissing(socket, Milliseconds(clock) - since, _laterBytes);
        AwaitedSince = null;
        return isSilent;
    }

    private void Await() => (AwaitedSince, _laterBytes) = (Milliseconds(clock), 0);

    /// <summary>Receives the bytes that have arrived, decrypted.</summary>
    /// <param name="bytes">Valid until the next call; empty at the end of the stream, on an error, and if nothing has
    /// arrived.</param>
    /// <param name="error">Success with no bytes is the end of the stream.</param>
    /// <returns>False if nothing has arrived.</returns>
    public bool TryReceive(out ReadOnlySpan<byte> bytes, out SocketError error)
    {
        int count = socket.Receive(_received, SocketFlags.None, out error);
        bytes = error is SocketError.Success ? _received.AsSpan(0, count) : [];
        if (!bytes.IsEmpty)
            (LastReceivedAt, AwaitedSince) = (Milliseconds(clock), null);
        if (tls is not null && error is SocketError.Success)
            return TryDecrypt(tls, ref bytes, out error);
        return error is not (SocketError.WouldBlock or SocketError.IOPending or SocketError.Interrupted);
    }

    private bool TryDecrypt(TlsConnection encryption, ref ReadOnlySpan<byte> bytes, out SocketError error)
    {
        error = SocketError.Success;
        if (bytes.IsEmpty)
        {
            // Any machine on the way can end a TCP connection, so an end without a notice is a broken connection.
            if (encryption is { IsEstablished: true, HasEnded: false })
                error = SocketError.ConnectionReset;
            return true;
        }
        if (!_isAnswered)
            (_isAnswered, IsAnsweredInTheClear) = (true, bytes[0] is < FirstRecord or > LastRecord);
        if (IsAnsweredInTheClear)
            return true;
        bytes = _payload.AsSpan(0, encryption.Decrypt(bytes, _payload, Milliseconds(clock)));
        FlushRecords();
        return !bytes.IsEmpty || encryption.HasEnded;
    }

    /// <summary>Closes the sending side. The server can still send.</summary>
    public void ShutdownSend()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The connection is already closed; the next receive reports it.
        }
    }

    public void Dispose()
    {
        if (tls is not null && !socket.SafeHandle.IsClosed)
        {
            if (CanSend && !tls.HasEnded)
                tls.Finish();
            if (CanSend)
                FlushRecords();
            tls.Dispose();
        }
        socket.Dispose();
    }

    // From its own address alone a computer calls itself.
    private static bool JoinsThisComputer(Socket socket)
    {
        try
        {
            return socket is { LocalEndPoint: IPEndPoint own, RemoteEndPoint: IPEndPoint other }
                && (IPAddress.IsLoopback(other.Address) || own.Address.Equals(other.Address));
        }
        catch (SocketException)
        {
            // After an immediate reset the socket has no addresses.
            return false;
        }
    }

    private static LineFramer NewFramer() => new(ProtocolLimits.RelayedLineBytes - 1);

    private static long Milliseconds(TimeProvider clock) => (long)clock.GetElapsedTime(0).TotalMilliseconds;
}
