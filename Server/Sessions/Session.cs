using System.Net;
using System.Net.Sockets;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Log;
using Chat.Server.Networking;
using Chat.Server.Rooms;

namespace Chat.Server.Sessions;

/// <summary>
/// One connection: what it goes by, the bytes it has sent that are not lines yet, its deadlines, and why it is closing. The server's loop drives
/// it; by itself it does nothing but send and receive.
/// </summary>
/// <remarks>
/// A connection goes through four states, each named by what is known of it: <b>silent</b> (greeted, nobody yet: no <see cref="Member"/>),
/// <b>member</b>, <b>leaving</b> (said goodbye or was sent away: not read from any more, takes what it is still owed), <b>lingering</b> (our
/// side is closed; what still comes is thrown away until the peer closes too). Interest in reading and writing is derived from the state in
/// one place, <see cref="DesiredInterest"/>.
/// <para>
/// A failed send closes nothing. The peer may have said its last words before it went, and they lie in the receive buffer; reading finds them,
/// and after them the end.
/// </para>
/// </remarks>
internal sealed class Session(Poller poller, Connection connection, IPEndPoint peer, int key, long now)
{
    private byte[] _held = [];
    private int _heldStart;

    /// <summary>What it goes by; <see cref="Connection.None"/> when closed. Its owner is this session alone.</summary>
    public Connection Connection { get; private set; } = connection;

    /// <summary>Where the peer is, IPv4 as IPv4.</summary>
    public IPEndPoint Peer { get; } = peer;

    /// <summary>Its name in the poller and in the server's table.</summary>
    public int Key { get; } = key;

    /// <summary>Somebody in the room; null while silent.</summary>
    public Member? Member { get; set; }

    public LineFramer Framer { get; } = new(ProtocolLimits.TextBytes);

    /// <summary>A line came already: from now on there is no hello.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>
    /// The first line, held back because it may be another protocol's; null when there is none. The next line decides, or the
    /// end of the hello time.
    /// </summary>
    public byte[]? DoubtfulLine { get; set; }

    /// <summary>Uptime in milliseconds at which <see cref="DoubtfulLine"/> is text.</summary>
    public long DoubtEndsAt { get; set; }

    /// <summary>Uptime in milliseconds at which something came last, at which we were last not listening, or at which the connection was over.</summary>
    public long LastReceivedAt { get; set; } = now;

    /// <summary>What this member has said so far, against what it may.</summary>
    public RateLimit RateLimit;

    /// <summary>Leaving: why, for the log; nothing more is read.</summary>
    public string? LeaveReason { get; set; }

    /// <summary>To be closed at the end of this pass: why, for the log.</summary>
    public string? CloseReason { get; set; }

    /// <summary>Our side is closed; what still comes is thrown away.</summary>
    public bool Lingering { get; private set; }

    /// <summary>
    /// Uptime in milliseconds of the last thing its deadline counts from: its coming, then whenever it was sent something or first found full, and at
    /// last its beginning to linger.
    /// </summary>
    public long LastProgressAt { get; set; } = now;

    /// <summary>Words that came and wait until the member may say more.</summary>
    public ReadOnlySpan<byte> PendingInput => _held.AsSpan(_heldStart);

    /// <summary>The peer takes nothing more: its socket failed on a send. What it said before may still be read.</summary>
    public bool HasSendFailed { get; private set; }

    /// <summary>The socket's send buffer is full.</summary>
    public bool Blocked { get; set; }

    /// <summary>The connection is over, though words of it are still held; it is not waited for any more.</summary>
    public bool Ended { get; set; }

    /// <summary>Already among those to be flushed though the log has not moved.</summary>
    public bool IsFlushQueued { get; set; }

    /// <summary>What the poller was told last; null when it does not know this socket.</summary>
    public Interest? RegisteredInterest { get; set; }

    /// <summary>Room in the lane for the longest answer: without it no command may be taken.</summary>
    public bool CanBeAnswered => Member is null || Member.Feed.LaneFree >= ServerLimits.AnswerBytes;

    /// <summary>What to wait for, by the state.</summary>
    public Interest DesiredInterest
    {
        get
        {
            bool read = Lingering || (LeaveReason is null && PendingInput.Length == 0 && CanBeAnswered);
            return (read ? Interest.Read : Interest.None) | (Blocked ? Interest.Write : Interest.None);
        }
    }

    /// <summary>Keeps words for later: new ones, or the last of those that are <see cref="PendingInput"/>, which are not copied again.</summary>
    public void KeepPending(ReadOnlySpan<byte> words)
    {
        (_held, _heldStart) =
            words.IsEmpty ? ([], 0)
            : PendingInput.IsEmpty ? (words.ToArray(), 0)
            : (_held, _held.Length - words.Length);
    }

    /// <summary>Sends what the connection takes at once, beside all that is owed. Bytes taken.</summary>
    public int Send(ReadOnlySpan<byte> bytes, out SocketError error) => poller.Send(Connection, bytes, out error);

    /// <summary>Receives what is there. Bytes received; 0 without an error at the end.</summary>
    public int Receive(Span<byte> into, out SocketError error) => poller.Receive(Connection, into, out error);

    /// <summary>
    /// Closes our side, everything being sent: the peer is to see all of it, then the end. With words of its own still unread, closing at once would be
    /// a reset; then it lingers.
    /// </summary>
    public void ShutdownSend(ClockReading now)
    {
        Lingering = poller.ShutdownSend(Connection);
        LastProgressAt = now.Uptime;
    }

    /// <summary>Closes for good. The poller waits for it no more by then.</summary>
    public void Close()
    {
        poller.Close(Connection);
        Connection = Connection.None;
    }

    /// <summary>One send of what is owed next.</summary>
    /// <param name="now">When.</param>
    /// <param name="gathering">Where the pieces of it may be put together.</param>
    public Flushed Flush(ClockReading now, Span<byte> gathering)
    {
        if (Member is null || HasSendFailed || Lingering)
            return Flushed.Enough;
        Feed feed = Member.Feed;
        if (feed.Overtaken)
            return Flushed.Overtaken;
        if (Blocked)
            return Flushed.Enough;
        ReadOnlySpan<byte> owed = feed.Next(gathering);
        if (owed.IsEmpty)
            return Flushed.Enough;

        int sent = Send(owed, out SocketError error);
        if (error is SocketError.Interrupted)
            return Flushed.Partly;
        LastProgressAt = now.Uptime;
        if (error is SocketError.Success)
        {
            feed.Advance(sent);
            Blocked = sent < owed.Length;
            return Blocked || feed.Next().IsEmpty ? Flushed.Enough : Flushed.Partly;
        }
        Blocked = error is SocketError.WouldBlock or SocketError.IOPending or SocketError.NoBufferSpaceAvailable;
        HasSendFailed = !Blocked;
        return Flushed.Enough;
    }

    /// <summary>
    /// One more try before a blocked peer is given up. A socket counts as writable when a third of its buffer is free (tcp(7) has up to 4 MiB), and
    /// a slow peer may have taken less than that meanwhile, and yet have taken something.
    /// </summary>
    /// <returns>Whether it did.</returns>
    public bool UpdateProgress(ClockReading now)
    {
        if (Member is not Member { Feed: { Overtaken: false } feed })
            return false;
        int sent = Send(feed.Next(), out SocketError error);
        if (error is not SocketError.Success)
            return false;
        feed.Advance(sent);
        LastProgressAt = now.Uptime;
        return true;
    }

    /// <summary>Everything owed was sent, or can never be.</summary>
    public bool IsDrained => Member is null || HasSendFailed || (!Member.Feed.Overtaken && Member.Feed.Next().IsEmpty);
}

/// <summary>How a flush ended.</summary>
internal enum Flushed
{
    /// <summary>Nothing more can be done now: all is sent, or the socket takes no more.</summary>
    Enough,

    /// <summary>More is owed, and the socket would take it.</summary>
    Partly,

    /// <summary>What is owed is gone: the log has run over this member's place.</summary>
    Overtaken,
}
