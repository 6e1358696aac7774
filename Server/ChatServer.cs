using System.Net;
using System.Net.Sockets;
using Chat.Protocol;
using Chat.Server.Discovery;
using Chat.Server.History;
using Chat.Server.Log;
using Chat.Server.Networking;
using Chat.Server.Output;
using Chat.Server.Rooms;
using Chat.Server.Sessions;
using Chat.Server.Web;
using Microsoft.Extensions.Logging;

namespace Chat.Server;

/// <summary>
/// The server's loop, on one thread. Each pass does the same steps in the same order: wait, receive, run
/// timers, search, export, save, flush, close.
/// </summary>
/// <remarks>
/// The room is a log of lines, and each member has a cursor in it (see <see cref="RoomLog"/>,
/// <see cref="Feed"/>). A pass first appends all input, then sends each member the lines behind its cursor, in
/// one send (more for a member far behind). So a pass costs about one send a member, however many members
/// spoke, and no output is sent while input is being parsed.
/// <para>
/// Steppable: tests call <see cref="Pass"/> on their own thread, with a clock they control. After the start no
/// I/O error and no input leaves this class as an exception.
/// </para>
/// </remarks>
internal sealed class ChatServer : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Poller _poller;
    private readonly Room _room;
    private readonly ServerOptions _options;
    private readonly Acceptor _acceptor;
    private readonly SessionTable _sessions;
    private readonly SessionLifecycle _lifecycle;
    private readonly SecretGate _gate;
    private readonly WebSite _site;
    private readonly InputProcessor _input;
    private readonly ConsoleMirror? _mirror;
    private readonly RoomHistory? _history;
    private readonly SearchWorker _searches;
    private readonly ExportWorker _exports;
    private readonly Action<Session> _closed;
    private readonly MemoryTrim _memoryTrim = new(GC.GetTotalAllocatedBytes());
    private readonly WriteCoalescing _coalescing = new();
    private readonly byte[] _gathering = GC.AllocateUninitializedArray<byte>(ServerLimits.GatherBytes, pinned: true);

    private RoomAnnouncement? _announcement;
    private ClockReading _now;
    private long _flushedTail,
        _flushedAppends,
        _tickTurnover;
    private long _nextTick;
    private long? _drainUntil;
    private int _people;
    private readonly long _startedAt,
        _firstTail,
        _firstAppends;
    private volatile bool _stopping;

    /// <param name="options">The settings of the server.</param>
    /// <param name="clock">Drives deadlines and rates, and stamps lines.</param>
    /// <param name="log">Receives joins, leaves and errors; never messages.</param>
    /// <param name="poller">Disposed of by the caller.</param>
    /// <param name="screen">Shows the room on the server's terminal; null for none.</param>
    /// <param name="history">Disposed of by the caller; null for a conversation that ends with the server.</param>
    /// <param name="background">Runs work on another thread; null for the thread pool.</param>
    public ChatServer(
        ServerOptions options,
        TimeProvider clock,
        ILogger log,
        Poller poller,
        BackgroundWriter? screen = null,
        RoomHistory? history = null,
        Func<Action, Task>? background = null
    )
    {
        (_options, _clock, _log, _poller, _history) = (options, clock, log, poller, history);
        _now = ClockReading.Read(clock);
        _room = new Room(
            options.LogBytes,
            options.GraceMilliseconds,
            history?.State ?? RoomState.Empty(options.LogBytes, _now),
            _now
        )
        {
            Keys = options.HostKeys,
            OffersTls = options.RoomKey is not null,
            OwnAddresses = options.OwnAddresses,
            Motd = options.Motd,
            Limits = ServerFacts.Limits(options),
            Statistics = Statistics,
        };
        (_startedAt, _firstTail, _firstAppends) = (_now.Uptime, _room.Rich.Tail, _room.Rich.Appends);
        _acceptor = new Acceptor(options, _room, poller, log);
        _sessions = new SessionTable(poller);
        _lifecycle = new SessionLifecycle(_sessions, _room, log);
        _gate = new SecretGate(options.Secret, _lifecycle);
        _site = new WebSite(options.WebHosts);
        HandshakeQueue handshakes = new(options, _sessions, _lifecycle);
        ProtocolDetector detector = new(options, _site, _sessions, _lifecycle, handshakes, _gate);
        _input = new InputProcessor(
            options,
            _acceptor,
            _lifecycle,
            _sessions,
            detector,
            handshakes,
            _gate,
            _room,
            _room.Rich
        );
        _mirror = screen is null ? null : new ConsoleMirror(_room.PublicFeed(), screen);
        _searches = new SearchWorker(
            _room.Searches,
            _room.Rich,
            history,
            _lifecycle,
            poller,
            options.SearchSliceBytes,
            background ?? Task.Run
        );
        _exports = new ExportWorker(
            _lifecycle.Exporting,
            _room.Rich,
            history,
            _sessions,
            poller,
            options.SearchSliceBytes,
            background ?? Task.Run
        );
        _closed = session =>
        {
            _lifecycle.Closed(session, _now);
            _acceptor.Return(session.Peer);
        };
    }

    /// <summary>The addresses this server listens on.</summary>
    public IEnumerable<IPEndPoint> EndPoints => _acceptor.EndPoints;

    /// <summary>The number of people in the room. Any thread can read it.</summary>
    public int People => Volatile.Read(ref _people);

    /// <summary>The number of open connections, in any state.</summary>
    public int Connections => _sessions.Count;

    /// <summary>The server has stopped: all connections are closed, or their time to drain is over.</summary>
    public bool IsStopped => _drainUntil is long until && (_sessions.Count == 0 || _now.Uptime >= until);

    /// <summary>Listens on an address.</summary>
    /// <exception cref="SocketException">The address or port is not available.</exception>
    public void Listen(IPEndPoint endPoint) => _acceptor.Listen(endPoint);

    /// <summary>
    /// Announces the room in the network, if the options say so. Call it after the last <see cref="Listen"/>.
    /// </summary>
    /// <returns>Whether others in the network can find the room.</returns>
    public bool Announce()
    {
        if (_options.IsAnnounced)
            _announcement = RoomAnnouncement.Begin([.. EndPoints], _options, _room.Epoch, _poller, _log, _now);
        return _announcement is { Interfaces.Length: > 0 };
    }

    /// <summary>
    /// Begins the shutdown: no connection is accepted any more. All members are sent a notice and their remaining
    /// output. Callable from any thread.
    /// </summary>
    public void Stop()
    {
        _stopping = true;
        _poller.Wake();
    }

    /// <summary>Runs passes until <see cref="IsStopped"/>.</summary>
    public void Run()
    {
        while (!IsStopped)
            Pass(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
        _log.Stopped();
    }

    /// <summary>Runs one pass of the loop.</summary>
    /// <param name="patience">The longest wait for input; shorter when a deadline comes first.</param>
    public void Pass(TimeSpan patience)
    {
        _now = ClockReading.Read(_clock);
        long wait = Math.Clamp(NextDue() - _now.Uptime, 0, (long)patience.TotalMilliseconds);
        ReadOnlySpan<Ready> ready = _poller.Wait(TimeSpan.FromMilliseconds(wait));
        // Applies to new input and to timers: pending input leaves no sooner than other input.
        if (_coalescing.Delay(Microseconds) is > 0 and long rest)
        {
            _poller.Sleep(rest);
            ready = _poller.Wait(TimeSpan.Zero);
        }
        _now = ClockReading.Read(_clock);

        _announcement?.Receive(ready, _now);
        _input.Receive(ready, _now);
        RunTimers();
        Volatile.Write(ref _people, _room.Count);
        _searches.Turn(_now);
        _exports.Turn(_now);
        // Saved before any member is sent these lines.
        _history?.Save(_now);
        Flush();
        _sessions.Reap(_closed);
        _mirror?.Show();
    }

    public void Dispose()
    {
        foreach (Session session in _sessions)
            session.Close();
        _acceptor.Dispose();
        _announcement?.Dispose();
        _searches.Dispose();
        _exports.Dispose();
        _site.Dispose();
    }

    private IEnumerable<string> Statistics() =>
        ServerFacts.Statistics(
            _room.Count,
            _sessions.Count,
            _room.Rich.Appends - _firstAppends,
            _room.Rich.Tail - _firstTail,
            _now.Uptime - _startedAt
        );

    // ---- Timers ----

    private long Microseconds => (long)_clock.GetElapsedTime(0).TotalMicroseconds;

    private void RunTimers()
    {
        if (_stopping && _drainUntil is null)
            BeginShutdown();
        _input.Tick(_now);
        _acceptor.Tick(_now);
        _announcement?.Tick(_room.Count, _room.Topic, _now);
        if (_now.Uptime < _nextTick)
            return;
        // The process was stopped or asleep, so the silence was the server's and not the peers'.
        bool late = _now.Uptime - _nextTick > 2 * ServerLimits.TickMilliseconds;
        _nextTick = _now.Uptime + ServerLimits.TickMilliseconds;
        _tickTurnover = _sessions.Turnover;
        _room.Tick(_now);
        _stopping |= _room.IsEndDue;
        if (_memoryTrim.Tick(_sessions.Turnover, GC.GetTotalAllocatedBytes()))
            _log.MemoryTrimmed(_sessions.Turnover);
        _history?.Tick(_now);
        foreach (Session session in _sessions)
        {
            // Reads only the fields of the session: reading the lanes of ten thousand members, out of the
            // cache, took a twentieth of an idle server's time.
            if (
                !session.HasEnded
                && (late || ((session.RegisteredInterest ?? Interest.None) & Interest.Read) == Interest.None)
            )
                session.LastReceivedAt = _now.Uptime;
            _gate.Tick(session, _now);
            long waited = _now.Uptime - session.LastProgressAt;
            if (session.IsLingering && waited >= ServerLimits.LingerMilliseconds)
                _sessions.CloseSoon(session, session.LeaveReason!);
            else if (session.IsBlocked && waited >= ServerLimits.StalledMilliseconds && !session.UpdateProgress(_now))
                _sessions.CloseSoon(session, $"took nothing for {ServerLimits.StalledMilliseconds / 1000} s");
            else if (
                _now.Uptime - session.LastReceivedAt >= ProtocolLimits.DeadMilliseconds
                && session is { Member.Seat: not null, LeaveReason: null }
            )
                _sessions.CloseSoon(session, "connection lost");
            else if (session.Channel is { CarriesPlainLines: false } channel)
                Ping(session, channel);
        }
    }

    // The timers of a page in the background run once a minute. The browser itself answers a ping at once.
    private void Ping(Session session, Channel channel)
    {
        if (_now.Uptime - session.LastReceivedAt < ProtocolLimits.HeartbeatMilliseconds)
            return;
        channel.Ping();
        _sessions.FlushSoon(session);
    }

    // Uptime of the next timer.
    private long NextDue()
    {
        if (_sessions.HasQueuedFlush || _room.Rich.Tail != _flushedTail || (_stopping && _drainUntil is null))
            return _now.Uptime;
        long due = Math.Min(_nextTick, _input.NextDue());
        due = Math.Min(due, Math.Min(_searches.NextDue, _exports.NextDue));
        due = Math.Min(due, _acceptor.NextDue);
        due = Math.Min(due, _announcement?.NextDue ?? long.MaxValue);
        return Math.Min(due, _drainUntil ?? long.MaxValue);
    }

    private void BeginShutdown()
    {
        _drainUntil = _now.Uptime + ServerLimits.DrainMilliseconds;
        _log.Stopping(_room.Count, ServerLimits.DrainMilliseconds);
        _acceptor.Close();
        _announcement?.End();
        _input.ProcessAllPendingInput(_now);
        _room.Shutdown(_now);
        _room.Searches.Clear();
        foreach (Session session in _sessions)
            _lifecycle.DisconnectAtShutdown(session);
    }

    // ---- Flush ----

    private void Flush()
    {
        List<Session> due = _sessions.DrainFlushQueue();
        if (_flushedTail == _room.Rich.Tail)
        {
            foreach (Session session in due)
                Flush(session);
            // Not during a storm of joins, which the rest would slow down: ten thousand clients reconnected in
            // 0.9 s with it and in 0.5 s without.
            if (due.Count > 0 && _sessions.Turnover - _tickTurnover < ServerLimits.AcceptsPerPass)
                _coalescing.Answered(Microseconds, _sessions.Count);
            return;
        }
        _flushedTail = _room.Rich.Tail;
        long began = Microseconds;
        foreach (Session session in _sessions)
            Flush(session);
        _coalescing.Sent(began, Microseconds, _room.Plain.Appends - _flushedAppends);
        _flushedAppends = _room.Plain.Appends;
    }

    private void Flush(Session session)
    {
        if (session.CloseReason is not null)
            return;
        // A member whose socket is writable is never behind when a pass begins, so no pass can overwrite its output.
        Flushed flushed;
        do flushed = session.Flush(_now, _gathering);
        while (flushed == Flushed.Partly);
        if (flushed == Flushed.Overtaken)
            _sessions.CloseSoon(session, "fell too far behind");
        if (session is { LeaveReason: not null, IsLingering: false } && session.IsDrained)
        {
            session.Channel?.Finish();
            if (session.Channel is { HasOutput: true })
                session.Flush(_now, _gathering);
            // Otherwise the last frame waits for a writable socket.
            if (session.HasSendFailed || session.Channel is not { HasOutput: true })
            {
                session.ShutdownSend(_now);
                if (!session.IsLingering)
                    _sessions.CloseSoon(session, session.LeaveReason);
            }
        }
        _sessions.Watch(session);
    }
}
