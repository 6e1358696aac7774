using System.Net.Sockets;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Access;
using Chat.Server.Networking;
using Chat.Server.Rooms;
using Chat.Server.Web;

namespace Chat.Server.Sessions;

/// <summary>
/// One connection: its input that is not a whole line yet, its deadlines and the reason for its end. The
/// server's loop drives it; a session only sends and receives.
/// </summary>
/// <remarks>
/// A connection begins undetected: neither lines nor HTTP nor TLS came yet. HTTP is answered, or becomes a WebSocket,
/// which carries lines as well. TLS shakes hands, and then carries lines, too. A session of lines has four states.
/// <b>Silent</b>: greeted, with no <see cref="Member"/> yet. <b>Member</b>: in the room. <b>Leaving</b>: it said
/// goodbye or was rejected; nothing more is read, and the output owed is still sent. <b>Lingering</b>: this side is
/// closed, and input is discarded until the peer closes too.
/// <see cref="DesiredInterest"/> alone derives read and write interest from the state.
/// <para>
/// A failed send does not close the connection. Data received before the failure may still be in the receive
/// buffer; reading returns it, and then the end.
/// </para>
/// </remarks>
internal sealed class Session(Poller poller, Connection connection, PeerAddress peer, int key, long now)
{
    private byte[] _pending = [];
    private int _pendingStart;

    /// <summary>The connection, owned by this session alone; <see cref="Connection.None"/> once closed.</summary>
    public Connection Connection { get; private set; } = connection;

    /// <summary>The connection is inside TLS.</summary>
    public bool IsEncrypted => Channel is TlsChannel;

    /// <summary>The address of the peer.</summary>
    public PeerAddress Peer { get; } = peer;

    /// <summary>Identifies the session in the poller and in the session table.</summary>
    public int Key { get; } = key;

    /// <summary>The index of the session in the age list of the session table.</summary>
    public int AgeIndex { get; set; }

    /// <summary>It is known whether the peer speaks HTTP, TLS or lines.</summary>
    public bool IsDetected { get; set; }

    /// <summary>The peer speaks lines, and has the greeting.</summary>
    public bool IsGreeted { get; set; }

    /// <summary>Frames what is sent and received; null for lines as they are.</summary>
    public Channel? Channel { get; set; }

    /// <summary>The lines may be those of a plain tool.</summary>
    public bool CarriesPlainLines => Channel is null or { CarriesPlainLines: true };

    /// <summary>The peer may be a plain tool, also if its first bytes may still become HTTP.</summary>
    public bool MayBePlain => CarriesPlainLines || (!IsDetected && Channel is HttpChannel);

    /// <summary>The member in the room; null while silent.</summary>
    public Member? Member { get; set; }

    /// <summary>The export that this connection asked for; null for none. Its session has no member.</summary>
    public Export? Export { get; set; }

    public LineFramer Framer { get; } = new(ProtocolLimits.TextBytes);

    /// <summary>The proof of the room's secret that the session owes; null for none.</summary>
    public PendingProof? PendingProof { get; set; }

    /// <summary>A line was received, so a later hello is text.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>
    /// The first line, held back because it may belong to another protocol; null when there is none. The next
    /// line decides, or the end of the hello time.
    /// </summary>
    public byte[]? DoubtfulLine { get; set; }

    /// <summary>Uptime in milliseconds at which <see cref="DoubtfulLine"/> counts as text.</summary>
    public long DoubtEndsAt { get; set; }

    /// <summary>
    /// Uptime in milliseconds of the last input, of the last time the server was not reading, or of the end of
    /// the connection.
    /// </summary>
    public long LastReceivedAt { get; set; } = now;

    /// <summary>What this member has sent, against its allowed rate.</summary>
    public RateLimit RateLimit;

    /// <summary>Set while leaving: the reason, for the log. Nothing more is read.</summary>
    public string? LeaveReason { get; set; }

    /// <summary>Set when the session closes at the end of this pass: the reason, for the log.</summary>
    public string? CloseReason { get; set; }

    /// <summary>This side is closed; input is discarded.</summary>
    public bool IsLingering { get; private set; }

    /// <summary>
    /// Uptime in milliseconds from which the deadline counts: the time of connecting, then of each send or of
    /// first finding the buffer full, and last the start of lingering.
    /// </summary>
    public long LastProgressAt { get; set; } = now;

    /// <summary>Input received that waits until the rate limit allows more.</summary>
    public ReadOnlySpan<byte> PendingInput => _pending.AsSpan(_pendingStart);

    /// <summary>A send failed, so nothing more is sent. Data received before the failure can still be read.</summary>
    public bool HasSendFailed { get; private set; }

    /// <summary>The socket's send buffer is full.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>
    /// The connection is over, but some of its input is still pending. The poller no longer watches it.
    /// </summary>
    public bool HasEnded { get; set; }

    /// <summary>Already queued for a flush, although the log has not changed.</summary>
    public bool IsFlushQueued { get; set; }

    /// <summary>The interest last registered with the poller; null when the socket is not registered.</summary>
    public Interest? RegisteredInterest { get; set; }

    /// <summary>The lane has space for the longest answer. Without it, no command is handled.</summary>
    public bool CanBeAnswered => Member is null || Member.Feed.LaneFree >= ServerLimits.AnswerBytes;

    /// <summary>The interest that the current state needs.</summary>
    public Interest DesiredInterest
    {
        get
        {
            bool read =
                IsLingering
                || (
                    LeaveReason is null
                    && PendingInput.Length == 0
                    && CanBeAnswered
                    && Channel is not { IsPaused: true }
                );
            return (read ? Interest.Read : Interest.None) | (IsBlocked ? Interest.Write : Interest.None);
        }
    }

    /// <summary>
    /// Keeps input for later: new input, or the end of <see cref="PendingInput"/>, which is not copied again.
    /// </summary>
    public void KeepPending(ReadOnlySpan<byte> words)
    {
        (_pending, _pendingStart) =
            words.IsEmpty ? ([], 0)
            : PendingInput.IsEmpty ? (words.ToArray(), 0)
            : (_pending, _pending.Length - words.Length);
    }

    /// <summary>Sends what the socket accepts at once, outside the feed. Returns the bytes sent.</summary>
    public int Send(ReadOnlySpan<byte> bytes, out SocketError error) =>
        Channel is null
            ? poller.Send(Connection, bytes, out error)
            : Channel.Send(poller, Connection, bytes, out error);

    /// <summary>Receives the available bytes.</summary>
    /// <param name="buffer">
    /// Holds <see cref="ServerLimits.ReceiveBytes"/> and the largest <see cref="Channel.Headroom"/>.
    /// </param>
    /// <param name="now">The current time.</param>
    /// <param name="error"><see cref="SocketError.Interrupted"/> if bytes came, but none of a line.</param>
    /// <returns>The number of bytes; 0 without an error at the end.</returns>
    public int Receive(Span<byte> buffer, ClockReading now, out SocketError error)
    {
        Channel? channel = IsDetected && !IsLingering ? Channel : null;
        int headroom = channel?.Headroom ?? 0;
        int received = poller.Receive(Connection, buffer.Slice(headroom, ServerLimits.ReceiveBytes), out error);
        if (received == 0 || channel is null)
            return received;
        int payload = channel.Unframe(buffer[..(headroom + received)], now);
        if (payload == 0 && !channel.HasEnded)
            error = SocketError.Interrupted;
        return payload;
    }

    /// <summary>The socket holds input that no pass has read: a timer must not treat the peer as silent.</summary>
    public bool HasUnreadInput => poller.HasInput(Connection);

    /// <summary>
    /// Closes this side once everything is sent, so the peer receives all of it, then the end. If input is
    /// unread, closing at once would send a reset, so the session lingers.
    /// </summary>
    public void ShutdownSend(ClockReading now)
    {
        IsLingering = poller.ShutdownSend(Connection);
        LastProgressAt = now.Uptime;
    }

    /// <summary>Closes the connection. The poller must have removed it before.</summary>
    public void Close()
    {
        poller.Close(Connection);
        Channel?.Dispose();
        (Connection, Channel) = (Connection.None, null);
    }

    /// <summary>Sends the next output of the feed, once.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="gathering">A buffer to join its pieces.</param>
    public Flushed Flush(ClockReading now, Span<byte> gathering)
    {
        if (HasSendFailed || IsLingering)
            return Flushed.Enough;
        if (Member is { Feed.IsOvertaken: true })
            return Flushed.Overtaken;
        if (IsBlocked)
            return Flushed.Enough;
        ReadOnlySpan<byte> owed = NextOutput(gathering);
        if (owed.IsEmpty && Channel is not { HasOutput: true })
            return Flushed.Enough;

        int sent = Send(owed, out SocketError error);
        if (error is SocketError.Interrupted)
            return Flushed.Partly;
        LastProgressAt = now.Uptime;
        if (error is SocketError.Success)
        {
            Advance(sent);
            IsBlocked = sent < owed.Length || Channel is { HasOutput: true };
            return IsBlocked || NextOutput().IsEmpty ? Flushed.Enough : Flushed.Partly;
        }
        IsBlocked = error is SocketError.WouldBlock or SocketError.IOPending or SocketError.NoBufferSpaceAvailable;
        HasSendFailed = !IsBlocked;
        return Flushed.Enough;
    }

    /// <summary>
    /// Tries one more send before a blocked peer is disconnected. A socket counts as writable when a third of
    /// its buffer is free (tcp(7): up to 4 MiB). A slow peer may have accepted some data, but less than that.
    /// </summary>
    /// <returns>Whether the peer made progress.</returns>
    public bool UpdateProgress(ClockReading now)
    {
        if (Member is { Feed.IsOvertaken: true })
            return false;
        int sent = Send(NextOutput(), out SocketError error);
        if (error is not SocketError.Success)
            return false;
        Advance(sent);
        LastProgressAt = now.Uptime;
        return true;
    }

    /// <summary>All output was sent, or can never be sent.</summary>
    public bool IsDrained =>
        HasSendFailed
        || (
            Channel is not { HasOutput: true }
            && (
                Export is { IsComplete: true }
                || (Export is null && Member is not { Feed.IsOvertaken: true } && NextOutput().IsEmpty)
            )
        );

    private ReadOnlySpan<byte> NextOutput(Span<byte> gathering = default) =>
        Member is not null ? Member.Feed.Next(gathering)
        : Export is not null ? Export.Unsent
        : [];

    private void Advance(int sent)
    {
        if (Member is not null)
            Member.Feed.Advance(sent);
        else
            Export?.Advance(sent);
    }
}

/// <summary>The result of a flush.</summary>
internal enum Flushed
{
    /// <summary>Nothing more can be sent now: all output is sent, or the socket accepts no more.</summary>
    Enough,

    /// <summary>More output is left, and the socket may accept it.</summary>
    Partly,

    /// <summary>The output is lost: the log has overwritten it.</summary>
    Overtaken,
}
