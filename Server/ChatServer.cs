using System.Net;
using System.Net.Sockets;
using Chat.Protocol;
using Chat.Server.History;
using Chat.Server.Log;
using Chat.Server.Networking;
using Chat.Server.Output;
using Chat.Server.Rooms;
using Chat.Server.Sessions;
using Microsoft.Extensions.Logging;

namespace Chat.Server;

/// <summary>
/// The loop. One thread; each turn of it, a pass, does the same things in the same order: wait, receive, let time do its work, flush, close.
/// </summary>
/// <remarks>
/// The room is a log of lines and every member a place in it (see <see cref="RoomLog"/>, <see cref="Feed"/>). What came in during a pass is
/// appended first; then every member is sent what stands behind its cursor, in one send (in more for one who is far behind). So however many spoke in a
/// pass, it costs about one send a member, and nobody is ever sent to while something is being parsed.
/// <para>
/// Steppable: tests turn <see cref="Pass"/> by hand, on their own thread, with a clock they move. After the start no trouble of the world's
/// and none of a peer's leaves this class as an exception.
/// </para>
/// </remarks>
internal sealed class ChatServer : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Poller _poller;
    private readonly Room _room;
    private readonly Acceptor _entrance;
    private readonly SessionTable _sessions;
    private readonly SessionLifecycle _admission;
    private readonly InputProcessor _reception;
    private readonly ConsoleMirror? _screening;
    private readonly RoomHistory? _history;
    private readonly Action<Session> _closed;
    private readonly MemoryTrim _sweep = new(GC.GetTotalAllocatedBytes());
    private readonly WriteCoalescing _pacing = new();
    private readonly byte[] _gathering = GC.AllocateUninitializedArray<byte>(ServerLimits.GatherBytes, pinned: true);

    private ClockReading _now;
    private long _flushedTail,
        _flushedAppends,
        _tickTurnover;
    private long _nextTick;
    private long? _drainUntil;
    private volatile bool _stopping;

    /// <param name="options">What whoever starts the server may set.</param>
    /// <param name="clock">Moves deadlines and rates, and stamps lines.</param>
    /// <param name="log">Joins, leaves, trouble; never what people say.</param>
    /// <param name="poller">Its caller's to dispose of.</param>
    /// <param name="screen">Shows the room to whoever started the server; null for nobody.</param>
    /// <param name="history">Its caller's to dispose of; null for a conversation that ends with the server.</param>
    public ChatServer(
        ServerOptions options,
        TimeProvider clock,
        ILogger log,
        Poller poller,
        BackgroundWriter? screen = null,
        RoomHistory? history = null
    )
    {
        (_clock, _log, _poller, _history) = (clock, log, poller, history);
        _now = ClockReading.Read(clock);
        _room = new Room(
            options.LogBytes,
            options.GraceMilliseconds,
            history?.Past ?? RoomState.None(options.LogBytes, _now),
            _now
        );
        _entrance = new Acceptor(options, poller, log);
        _sessions = new SessionTable(poller);
        _admission = new SessionLifecycle(_sessions, _room, log);
        _reception = new InputProcessor(options, _entrance, _admission, _sessions, _room);
        _screening = screen is null ? null : new ConsoleMirror(_room.Audience(), screen);
        _closed = session =>
        {
            _admission.Closed(session, _now);
            _entrance.Return(session.Peer.Address);
        };
    }

    /// <summary>Where this server can be reached.</summary>
    public IEnumerable<IPEndPoint> EndPoints => _entrance.EndPoints;

    /// <summary>Connections open, of whatever state.</summary>
    public int Connections => _sessions.Count;

    /// <summary>Stopped, and everybody is gone or has had their time.</summary>
    public bool IsStopped => _drainUntil is long until && (_sessions.Count == 0 || _now.Uptime >= until);

    /// <summary>Opens an address to connections.</summary>
    /// <exception cref="SocketException">The address or port cannot be had.</exception>
    public void Listen(IPEndPoint endPoint) => _entrance.Listen(endPoint);

    /// <summary>Begins the end: nobody is let in any more, everybody is told and given what they are owed. From any thread.</summary>
    public void Stop()
    {
        _stopping = true;
        _poller.Wake();
    }

    /// <summary>Turns until <see cref="IsStopped"/>.</summary>
    public void Run()
    {
        while (!IsStopped)
            Pass(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
        _log.Stopped();
    }

    /// <summary>One turn of the loop.</summary>
    /// <param name="patience">How long it may wait for something to do; less when a deadline comes first.</param>
    public void Pass(TimeSpan patience)
    {
        _now = ClockReading.Read(_clock);
        long wait = Math.Clamp(NextDue() - _now.Uptime, 0, (long)patience.TotalMilliseconds);
        ReadOnlySpan<Ready> ready = _poller.Wait(TimeSpan.FromMilliseconds(wait));
        // Whether something came or was due: words that were held leave no sooner than others.
        if (_pacing.Delay(Microseconds) is > 0 and long rest)
        {
            _poller.Sleep(rest);
            ready = _poller.Wait(TimeSpan.Zero);
        }
        _now = ClockReading.Read(_clock);

        _reception.Receive(ready, _now);
        RunTimers();
        // Before anybody is sent any of it.
        _history?.Save(_now);
        Flush();
        _sessions.Reap(_closed);
        _screening?.Show();
    }

    public void Dispose()
    {
        foreach (Session session in _sessions)
            session.Close();
        _entrance.Dispose();
    }

    // ---- Time ----

    private long Microseconds => (long)_clock.GetElapsedTime(0).TotalMicroseconds;

    private void RunTimers()
    {
        if (_stopping && _drainUntil is null)
            BeginShutdown();
        _reception.Tick(_now);
        _entrance.Tick(_now);
        if (_now.Uptime < _nextTick)
            return;
        // Stopped or asleep for a while: then it was we who did not listen.
        bool late = _now.Uptime - _nextTick > 2 * ServerLimits.TickMilliseconds;
        _nextTick = _now.Uptime + ServerLimits.TickMilliseconds;
        _tickTurnover = _sessions.Turnover;
        _room.Tick(_now);
        if (_sweep.Tick(_sessions.Turnover, GC.GetTotalAllocatedBytes()))
            _log.Swept(_sessions.Turnover);
        _history?.Tick(_now);
        foreach (Session session in _sessions)
        {
            // Only what stands in the session itself is looked at: ten thousand times a member's lane, out of the cache, were a twentieth of an idle server.
            if (
                !session.Ended
                && (late || ((session.RegisteredInterest ?? Interest.None) & Interest.Read) == Interest.None)
            )
                session.LastReceivedAt = _now.Uptime;
            long waited = _now.Uptime - session.LastProgressAt;
            if (session.Lingering && waited >= ServerLimits.LingerMilliseconds)
                _sessions.CloseSoon(session, session.LeaveReason!);
            else if (session.Blocked && waited >= ServerLimits.StalledMilliseconds && !session.UpdateProgress(_now))
                _sessions.CloseSoon(session, $"took nothing for {ServerLimits.StalledMilliseconds / 1000} s");
            else if (
                _now.Uptime - session.LastReceivedAt >= ProtocolLimits.DeadMilliseconds
                && session is { Member.Seat: not null, LeaveReason: null }
            )
                _sessions.CloseSoon(session, "connection lost");
        }
    }

    // Uptime at which something is to be done though nothing happens on any socket.
    private long NextDue()
    {
        if (_sessions.AnyDue || _room.Rich.Tail != _flushedTail || (_stopping && _drainUntil is null))
            return _now.Uptime;
        long due = Math.Min(_nextTick, _reception.NextDue());
        due = Math.Min(due, _entrance.PausedUntil ?? long.MaxValue);
        return Math.Min(due, _drainUntil ?? long.MaxValue);
    }

    private void BeginShutdown()
    {
        _drainUntil = _now.Uptime + ServerLimits.DrainMilliseconds;
        _log.Stopping(_room.Count, ServerLimits.DrainMilliseconds);
        _entrance.Close();
        _reception.ProcessAllPendingInput(_now);
        _room.Notice("the server is shutting down; goodbye", _now);
        foreach (Session session in _sessions)
            _admission.DisconnectAtShutdown(session);
    }

    // ---- Flush ----

    private void Flush()
    {
        List<Session> due = _sessions.TakeDue();
        if (_flushedTail == _room.Rich.Tail)
        {
            foreach (Session session in due)
                Flush(session);
            // Not in a storm, whose people would come in as slowly as the rest is long: ten thousand were back after 0.9 s then, and are after 0.5 so.
            if (due.Count > 0 && _sessions.Turnover - _tickTurnover < ServerLimits.AcceptsPerPass)
                _pacing.Answered(Microseconds, _sessions.Count);
            return;
        }
        _flushedTail = _room.Rich.Tail;
        long began = Microseconds;
        foreach (Session session in _sessions)
            Flush(session);
        _pacing.Sent(began, Microseconds, _room.Plain.Appends - _flushedAppends);
        _flushedAppends = _room.Plain.Appends;
    }

    private void Flush(Session session)
    {
        if (session.CloseReason is not null)
            return;
        // Nobody who can be sent to begins the next pass behind, so no pass can run over such a reader's place.
        Flushed flushed;
        do flushed = session.Flush(_now, _gathering);
        while (flushed == Flushed.Partly);
        if (flushed == Flushed.Overtaken)
            _sessions.CloseSoon(session, "fell too far behind");
        if (session is { LeaveReason: not null, Lingering: false } && session.IsDrained)
        {
            session.ShutdownSend(_now);
            if (!session.Lingering)
                _sessions.CloseSoon(session, session.LeaveReason);
        }
        _sessions.Watch(session);
    }
}
