using System.Net;
using Chat.Protocol.Tls;
using Chat.Protocol.Wire;
using Chat.Server.Networking;
using Chat.Server.Web;

namespace Chat.Server.Sessions;

/// <summary>
/// Decides from the first bytes of a connection whether it speaks HTTP, TLS or lines. Lines get the greeting, at the
/// latest after <see cref="ServerLimits.GreetingMilliseconds"/> of silence. HTTP gets its answer and, if it asks for a
/// WebSocket, a channel to the room. TLS gets a handshake, and the greeting inside.
/// </summary>
/// <remarks>
/// A browser opens spare connections that say nothing, and a silent connection is otherwise a plain tool that listens.
/// So a silent connection gets the greeting later, and joins then, if its address sent a request shortly before.
/// </remarks>
internal sealed class ProtocolDetector(
    ServerOptions options,
    WebSite site,
    SessionTable sessions,
    SessionLifecycle lifecycle,
    HandshakeQueue handshakes,
    SecretGate gate
)
{
    private readonly Queue<Session> _undetected = [];
    private readonly Queue<(Session Session, Channel Channel, long Due)> _requests = [];
    private readonly Queue<(Session Session, long Due)> _spares = [];

    // The uptime of the last request of each address.
    private readonly Dictionary<IPAddress, long> _browsers = [];

    /// <summary>Uptime of the next work here without new input; <see cref="long.MaxValue"/> for none.</summary>
    public long NextDue
    {
        get
        {
            long due = _undetected.TryPeek(out Session? first) ? GreetingAt(first) : long.MaxValue;
            if (_requests.TryPeek(out (Session, Channel, long Due) request))
                due = Math.Min(due, request.Due);
            return _spares.TryPeek(out (Session, long Due) spare) ? Math.Min(due, spare.Due) : due;
        }
    }

    /// <summary>Waits for the first bytes of a new connection.</summary>
    public void Add(Session session, ClockReading now)
    {
        if (options.HasPage || options.RoomKey is not null)
            _undetected.Enqueue(session);
        else
            Greet(session, now);
    }

    /// <summary>Sends the greetings that are due, and ends requests that take too long.</summary>
    public void Tick(ClockReading now)
    {
        while (_undetected.TryPeek(out Session? session))
        {
            // After a part of a request, the hello time decides.
            bool waits = session is { IsDetected: false, Channel: null, LeaveReason: null, CloseReason: null };
            if (waits && now.Uptime < GreetingAt(session))
                break;
            _undetected.Dequeue();
            // In a storm, the input of a connection may be read some passes later. Then that input decides.
            if (waits && !session.HasUnreadInput && !MayBeSpare(session, now))
                Greet(session, now);
        }
        site.ChunksLeft = ServerLimits.DownloadChunksPerPass;
        while (_requests.TryPeek(out (Session Session, Channel Channel, long Due) request) && now.Uptime >= request.Due)
        {
            _requests.Dequeue();
            if (
                request.Session is { Member: null, PendingProof: null, LeaveReason: null } late
                && late.Channel == request.Channel
            )
                sessions.CloseSoon(late, "the request took too long");
        }
    }

    /// <summary>Examines received bytes.</summary>
    /// <returns>The bytes that are lines, with those of earlier calls that were not decided.</returns>
    public ReadOnlySpan<byte> Lines(Session session, Span<byte> received, ClockReading now)
    {
        if (session.IsDetected)
            return received;
        ReadOnlySpan<byte> first = session.Channel is Channel undecided
            ? (byte[])[.. undecided.Head, .. received]
            : received;
        bool? isHttp = options.HasPage ? HttpRequest.Recognize(first) : false,
            isTls = options.RoomKey is null ? false : TlsConnection.Recognize(first);
        if (isTls is not false)
        {
            session.IsDetected = isTls is true;
            handshakes.Begin(session, received, now);
            return [];
        }
        if (isHttp is false)
        {
            Greet(session, now);
            return first;
        }
        HttpChannel? http = session.Channel as HttpChannel;
        if (http is null)
        {
            session.Channel = http = new HttpChannel(site, isRoomClosed: NeedsTls(session));
            _requests.Enqueue((session, http, now.Uptime + ServerLimits.RequestMilliseconds));
        }
        session.IsDetected = isHttp is true;
        http.Unframe(received, now);
        HandleRequest(session, http, now);
        return [];
    }

    /// <summary>Takes the bytes for lines, because the rest of a request did not come.</summary>
    public ReadOnlySpan<byte> EndDetection(Session session, ClockReading now)
    {
        ReadOnlySpan<byte> first = session.Channel is Channel undecided ? undecided.Head : [];
        Greet(session, now);
        return first;
    }

    /// <summary>Ends the session behind its answer, or lets it go on as a WebSocket.</summary>
    public void HandleRequest(Session session, HttpChannel http, ClockReading now)
    {
        if (!http.IsAnswered || session.LeaveReason is not null)
            return;
        Remember(session.Peer.Address, now);
        if (http.Upgraded is null)
        {
            lifecycle.Finish(session);
            return;
        }
        session.Channel = http.Upgraded;
        _ = gate.RequireProof(session, now);
        _requests.Enqueue((session, http.Upgraded, now.Uptime + ServerLimits.RequestMilliseconds));
        sessions.FlushSoon(session);
    }

    /// <summary>Keeps a silent connection out of the room if it may be a browser's spare one.</summary>
    /// <returns>Whether it waits for <see cref="NextSpare"/>.</returns>
    public bool HoldSpare(Session session)
    {
        // The greeting was left out.
        bool isSpare = session is { IsDetected: false, Channel: null };
        if (isSpare)
            _spares.Enqueue((session, session.LastProgressAt + ServerLimits.SpareHelloMilliseconds));
        return isSpare;
    }

    /// <summary>The next silent connection that was held long enough; null for none.</summary>
    public Session? NextSpare(ClockReading now)
    {
        while (_spares.TryPeek(out (Session Session, long Due) spare) && now.Uptime >= spare.Due)
        {
            _spares.Dequeue();
            if (spare.Session is { IsDetected: false, Channel: null, LeaveReason: null, CloseReason: null })
                return spare.Session;
        }
        return null;
    }

    // A browser that is busy sends the next request long after it has connected. The greeting would spoil the answer.
    private bool MayBeSpare(Session session, ClockReading now) =>
        _browsers.TryGetValue(session.Peer.Address, out long requested)
        && now.Uptime - requested < ServerLimits.SpareMilliseconds;

    private static long GreetingAt(Session session) => session.LastProgressAt + ServerLimits.GreetingMilliseconds;

    /// <summary>Sends the greeting behind the handshake.</summary>
    public void GreetInTls(Session session, ClockReading now) =>
        Greet(session, options.Secret is null ? PlainWire.Greeting : PlainWire.GreetingWithSecret, now);

    private void Greet(Session session, ClockReading now)
    {
        (session.IsDetected, session.Channel) = (true, null);
        if (NeedsTls(session))
            lifecycle.Reject(session, PlainWire.EncryptedOnly, now);
        else
            Greet(session, GreetingInClear, now);
    }

    // The send buffer of a new connection is empty: the greeting fits, or the peer is gone and the next read
    // reports it.
    private void Greet(Session session, ReadOnlySpan<byte> greeting, ClockReading now)
    {
        session.IsGreeted = true;
        // The hello time begins with the greeting.
        session.LastProgressAt = now.Uptime;
        session.Send(greeting, out _);
        gate.Ask(session, now);
    }

    private ReadOnlySpan<byte> GreetingInClear =>
        options.RoomKey is null ? PlainWire.Greeting
        : options.Secret is null ? PlainWire.GreetingWithTls
        : PlainWire.GreetingWithTlsAndSecret;

    private bool NeedsTls(Session session) => options.IsEncryptedOnly && !session.Peer.IsThisMachine;

    private void Remember(IPAddress address, ClockReading now)
    {
        if (_browsers.Count >= ServerLimits.BrowsersRemembered && !_browsers.ContainsKey(address))
            _browsers.Clear();
        _browsers[address] = now.Uptime;
    }
}
