using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Client.Commands;
using Chat.Client.Discovery;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Networking;

/// <summary>
/// The link to a server, over all its connections, as a state machine: lines go in, events come out. It knows no
/// terminal and never blocks; its owner waits for the socket and calls <see cref="Turn"/>.
/// </summary>
/// <remarks>
/// The client never speaks first: a foreign server relays the first bytes it receives to its whole room. Early lines
/// wait in the outbox until the kind of the server is known (<see cref="ServerKind"/>). The mark in its greeting shows
/// it, or half a second without the mark. The link then sends a hello to a server of ours, and the answer begins the
/// rich dialect.
/// <para>
/// After a break the link reconnects until <see cref="Finish"/>. On a server of ours no line is lost or doubled
/// (<see cref="RichSession"/>, <see cref="UnacknowledgedQueue"/>). A foreign server cannot repeat missed lines, and the
/// link waits longer between attempts there.
/// </para>
/// </remarks>
internal sealed class Link : IDisposable
{
    private readonly LinkOptions _options;
    private readonly TimeProvider _clock;
    private readonly ReconnectBackoff _retry;
    private readonly Outbox _outbox;
    private readonly UnacknowledgedQueue _unacknowledged;
    private readonly RosterQuery _roster = new();
    private readonly FindQuery _find = new();
    private readonly HostProofQuery _host;
    private readonly RichSession _session;
    private readonly RoomTrust _trust;
    private readonly RoomEntry _entry;
    private readonly Queue<ChatEvent> _events = [];
    private Connector _connector;
    private LinkConnection? _connection;
    private FoundRoom? _room;
    private UInt128? _token;
    private bool _isNear,
        _isFinishing,
        _isLeaving,
        _hasQuit,
        _isRedialed,
        _isForeignLossShown,
        _isExposureShown,
        _isRefused,
        _isTurnedAway;
    private long _dialedAt,
        _retryAt,
        _lastProgressAt;

    /// <param name="options">The address, the name and the person.</param>
    /// <param name="clock">The time, for deadlines.</param>
    /// <param name="random">Returns random numbers from 0 inclusive to 1 exclusive, for
    /// <see cref="ReconnectBackoff"/>.</param>
    public Link(LinkOptions options, TimeProvider clock, Func<double>? random = null)
    {
        _outbox = new Outbox(options.Literal);
        _unacknowledged = new UnacknowledgedQueue(options.PasteWindowLines);
        (_options, _clock, _retry) = (options, clock, new ReconnectBackoff(random ?? Random.Shared.NextDouble));
        _host = new HostProofQuery(options.HostKey);
        _session = new RichSession(_unacknowledged, _roster, _find, _host);
        _trust = new RoomTrust(options.Trust, options.Keys, clock);
        _entry = new RoomEntry(_trust, Hello, options.IsOwnRoom);
        _room = options.Room;
        _connector = options.First ?? Dial();
        (_isNear, _dialedAt) = (NetworkScope.Has(options.To), Now);
        Report(LinkState.Connecting);
    }

    public LinkState State { get; private set; }

    /// <summary>The kind of this server; null until it is known.</summary>
    public ServerKind? Server { get; private set; }

    /// <summary>The error that ended the link, in words; null while it runs and after an orderly end.</summary>
    public string? Ending { get; private set; }

    /// <summary>
    /// The link ended because the server is not the room that it was, or because it offers no encryption.
    /// </summary>
    public bool IsRefused => _isRefused && State == LinkState.Ended;

    /// <summary>
    /// The person is asked for the secret of the room. A break does not take the question back: the rest of the secret
    /// would be a message.
    /// </summary>
    public bool IsSecretWanted { get; private set; }

    /// <summary>Whether others can read the link; null before the first join.</summary>
    public LinkSecurity? Security { get; private set; }

    /// <summary>Whether any connection to the server has opened.</summary>
    public bool WasReached { get; private set; }

    /// <summary>The connection speaks the rich dialect: own lines come back, which acknowledges them.</summary>
    public bool IsRich => _connection is { IsRich: true };

    /// <summary>The own name; empty while unknown.</summary>
    public string Name => _session.Name;

    /// <summary>The person at this client has the mark of a host.</summary>
    public bool IsHost => _session.IsHost;

    /// <summary>Lines that the server has not acknowledged, oldest first.</summary>
    public IEnumerable<string> Unsent => _unacknowledged.Texts.Concat(_outbox.Texts);

    /// <summary>The number of lines that were never sent. Changes among them cannot be taken back.</summary>
    public int WaitingCount => _unacknowledged.WaitingCount + _outbox.Count;

    /// <summary>The number of unacknowledged lines.</summary>
    public int UnsentCount => _unacknowledged.Count + _outbox.Count;

    /// <summary>The place of the oldest unacknowledged line in the input.</summary>
    public InputOrigin FirstUnsent => _unacknowledged.First is { Line: > 0 } first ? first : _outbox.First;

    /// <summary>No further line is accepted: the input has ended, or it held /quit.</summary>
    public bool IsFinishing => _isFinishing;

    /// <summary>
    /// A /quit waits until the kind of the server is known. A server of ours ends the session at it; to another server
    /// it is text, and the lines after it are sent too.
    /// </summary>
    public bool AwaitsQuit { get; private set; }

    /// <summary>
    /// A plain connection broke after lines were sent on it. A plain server does not acknowledge, so these lines may be
    /// lost.
    /// </summary>
    public bool IsUncertain { get; private set; }

    /// <summary>
    /// The mark of a server of ours came after lines were sent as plain text. The server treated them as a guest's, and
    /// its refusals were shown as text.
    /// </summary>
    public bool IsMarkMissed { get; private set; }

    /// <summary>The epoch of the server's log; null before its welcome.</summary>
    public string? Epoch => _session.Epoch;

    /// <summary>The room, if the search found it.</summary>
    public FoundRoom? Room => _room;

    /// <summary>The address of the connection, as people type it; null before it, and on this computer.</summary>
    public HostPort? Place
    {
        get
        {
            if (_connector.Address is not IPAddress address || IPAddress.IsLoopback(address))
                return null;
            if (_room is not FoundRoom room)
                return _options.To;
            return new HostPort(room.Addresses.First(known => known.Address.Equals(address)).Text, room.Port);
        }
    }

    /// <summary>Milliseconds until the next attempt; 0 if none is planned.</summary>
    public int RetryMilliseconds => State == LinkState.Waiting ? (int)Math.Max(0, _retryAt - Now) : 0;

    /// <summary>The handle of the socket to wait for; -1 without a connection.</summary>
    public nint WaitHandle => _connection?.Handle ?? -1;

    /// <summary>Whether to wait until the socket is writable as well.</summary>
    public bool WantsToSend => _connection is { IsWriteBlocked: true, HasSendFailed: false };

    /// <summary>Whether lines are accepted now. False only while too many bytes wait.</summary>
    public bool TakesLines => _outbox.Bytes + _unacknowledged.Bytes < ClientLimits.OutboxBytes;

    /// <summary>
    /// Whether a typed line is accepted now. A waiting paste does not count: the line goes before it.
    /// </summary>
    public bool TakesTyped => _outbox.TypedBytes + _unacknowledged.TypedBytes < ClientLimits.OutboxBytes;

    /// <summary>
    /// Queues a line of any length. The link sends it when the server is ready, split if it is too long for one line.
    /// </summary>
    /// <param name="text">The line.</param>
    /// <param name="isPasted">One of several pasted lines: a line typed later goes before it.</param>
    /// <param name="origin">The place in the input.</param>
    public void Say(string text, bool isPasted = false, InputOrigin origin = default)
    {
        if (_hasQuit)
            return;
        if (UnsentCount == 0)
            _lastProgressAt = Now;
        if (_session.WasWelcome)
            ExecuteLine(SafeText.Clean(text), isPasted, origin);
        else
            _outbox.Add(text, isPasted, origin);
        AwaitsQuit |=
            State != LinkState.Joined
            && !_session.WasWelcome
            && CommandParser.Parse(text, KnownCommands).Kind == CommandKind.Quit;
    }

    /// <summary>
    /// Queues a text of several rows. A server of ours says it as one message, another one as a line for each row.
    /// </summary>
    /// <param name="text">A clean text (<see cref="SnippetText"/>).</param>
    /// <param name="origin">The place in the input.</param>
    public void SaySnippet(string text, InputOrigin origin = default)
    {
        if (_hasQuit)
            return;
        if (UnsentCount == 0)
            _lastProgressAt = Now;
        if (_session.WasWelcome)
            Execute(Snippet(text, origin), isPasted: false);
        else
            _outbox.AddSnippet(text, origin);
    }

    private static Command Snippet(string text, InputOrigin origin) =>
        new(CommandKind.Say, SnippetText.ExceedsLine(text) ? "snippet" : "say", Text: text) { Origin = origin };

    /// <summary>
    /// Queues a program's request. A foreign server accepts only text, so there the request is refused.
    /// </summary>
    public void Request(Command request)
    {
        if (_hasQuit)
            return;
        if (UnsentCount == 0)
            _lastProgressAt = Now;
        if (_session.WasWelcome || request.Kind == CommandKind.Quit)
            Execute(request, isPasted: false);
        else if (_connection is LinkConnection connection && State == LinkState.Joined && !MayBeOurs(connection))
            RefuseAsPlain(request);
        else
            _outbox.Add(request);
    }

    /// <summary>
    /// The number of the oldest unacknowledged lines that the server has not taken within
    /// <see cref="ClientLimits.LateMilliseconds"/>; 0 while the link is not joined.
    /// </summary>
    public int LateCount =>
        State == LinkState.Joined ? _unacknowledged.CountSentBy(Now - ClientLimits.LateMilliseconds) : 0;

    /// <summary>Removes the lines that were never sent. Changes stay.</summary>
    /// <returns>The lines as the person would type them, in order.</returns>
    public IReadOnlyList<string> TakeBack() => [.. _unacknowledged.TakeBack(), .. _outbox.TakeBack()];

    /// <summary>Takes the secret that the person has typed.</summary>
    public void GiveSecret(string text)
    {
        IsSecretWanted = false;
        _entry.GiveSecret(text, _connection);
        Hurry();
    }

    /// <summary>
    /// While the link waits for its next attempt, moves the attempt to now, but to at least a second after the last
    /// one.
    /// </summary>
    public void Hurry()
    {
        if (State == LinkState.Waiting)
            _retryAt = Math.Min(_retryAt, Math.Max(Now, _dialedAt + ClientLimits.HurryMilliseconds));
    }

    /// <summary>
    /// An address, a route or an interface of this machine came or went: probes the connection, or makes the next
    /// attempt now. An attempt under way may have lost its packets, so it starts again, but once only: changes may come
    /// faster than an attempt can end.
    /// </summary>
    public void HandleNetworkChange()
    {
        Hurry();
        bool isSlow = State == LinkState.Connecting && Now - _dialedAt >= ClientLimits.HurryMilliseconds;
        if (isSlow && WasReached && !_isRedialed)
        {
            DialAgain();
            _isRedialed = true;
        }
        else if (IsRich)
            Probe(_connection!);
    }

    /// <summary>
    /// Finishes without sending the lines that wait. The link still waits for acknowledgements of lines under way.
    /// </summary>
    /// <returns>The number of lines dropped.</returns>
    public int Leave()
    {
        Turn();
        _isLeaving = true;
        int dropped = TakeBack().Count;
        Finish();
        return dropped;
    }

    /// <summary>
    /// Requests the roster; before the welcome of a server of ours the request waits. One
    /// <see cref="EventKind.Present"/> event holds the answer.
    /// </summary>
    /// <param name="most">The highest number of people to list. The event has the total.</param>
    /// <param name="isAsked">The person typed the request: the link does not end before its answer.</param>
    public void AskPeople(int most, bool isAsked)
    {
        if (Server is null or { IsOurs: true })
            _roster.Ask(most, isAsked);
    }

    /// <summary>
    /// Searches the history of a server of ours. One <see cref="EventKind.Found"/> event holds the answer.
    /// </summary>
    /// <param name="text">The text; empty for older lines with the last one.</param>
    /// <param name="origin">The place in the input. The link does not end before the answer.</param>
    public void Find(string text, InputOrigin origin = default) => _find.Ask(text, origin, _events);

    /// <summary>Accepts no further line; the link ends when the server has acknowledged everything.</summary>
    public void Finish()
    {
        _isFinishing = true;
        _lastProgressAt = Now;
    }

    /// <summary>Whether an event waits.</summary>
    public bool HasEvents => _events.Count > 0;

    /// <summary>Whether too many events wait: the link then stops receiving, and TCP slows the server down.</summary>
    public bool IsFull => _events.Count >= ClientLimits.EventsWaiting;

    /// <summary>Takes the next event. Its texts are clean.</summary>
    public bool TryTake(out ChatEvent @event) => _events.TryDequeue(out @event!);

    /// <summary>Does all work that needs no waiting: connect, receive, send, heartbeat, deadlines.</summary>
    public void Turn()
    {
        if (_isFinishing && _session.WasWelcome && UnsentCount == 0 && _connection is null)
            EndWithoutAnswers(AnswerLost);
        if (State == LinkState.Waiting && Now >= _retryAt)
            DialAgain();
        if (State == LinkState.Connecting)
            Connect();
        if (_connection is LinkConnection connection)
            TurnConnected(connection);
        CheckTimeout();
    }

    private void TurnConnected(LinkConnection connection)
    {
        // While the client does not read, or the person looks for the secret, silence says nothing about the server.
        if (IsFull || connection.IsSecretAwaited)
            connection.LastReceivedAt = Now;
        if (!IsFull && State is LinkState.Greeting or LinkState.Joined)
            Receive(connection);
        if (State == LinkState.Greeting)
            WaitForGreeting(_connection!);
        CheckPeer(connection);
        if (State != LinkState.Joined)
            return;
        ShowUnfinished(connection);
        RefuseRequests(connection);
        Send(connection);
        Heartbeat(connection);
        SayFarewell(connection);
    }

    public void Dispose()
    {
        _connector.Dispose();
        _connection?.Dispose();
    }

    private long Now => (long)_clock.GetElapsedTime(0).TotalMilliseconds;

    // A reconnect may reach the same room at another of its addresses, so the token stays that of the first hello.
    private UInt128 ClearToken =>
        _token ??= _options.Identity is UInt128 identity
            ? RoomToken.InTheClear(identity, _connector.EndPoint!)
            : _options.Seat;

    // A room with a history of version 0.1.0 keeps the name for the former token.
    private byte[] Hello(LinkConnection connection)
    {
        if (!connection.IsEncrypted || _options.Identity is not UInt128 identity)
            return _session.Hello(_options, ClearToken);
        byte[] hello = _session.Hello(_options, RoomToken.InRoom(identity, _trust.PublicKey));
        // At the first contact, the room may be a machine in between.
        return _trust.IsKnown && _options.FormerToken is UInt128 former
            ? [.. hello, .. RichSession.Was(former)]
            : hello;
    }

    private CommandSets KnownCommands => _options.Literal ? CommandSets.None : CommandSets.Room;

    // ---- Connecting ----

    private void Connect()
    {
        Socket? socket = _connector.Look();
        if (_connector.Failure is string failure && !WasReached)
            End(failure);
        else if (_connector.Failure is not null)
            Wait(up: 0);
        if (socket is null)
            return;
        _room = _connector.Located?.Room;
        _connection = _entry.Open(socket, _clock, Place ?? _options.To, _connector.EndPoint!, _room?.Key);
        // A server of ours waits for the first bytes before it greets, and an empty line means nothing else.
        if (!_connection.IsEncrypted && _session.WasWelcome)
            _connection.Send("\n"u8.ToArray());
        State = LinkState.Greeting;
        WasReached = true;
        // The name of a nearby machine may have a domain, so only its address shows that it is near.
        _isNear |= _connector.Address is IPAddress address && NetworkScope.Has(address);
        _outbox.Restart();
    }

    // After a welcome, the client waits for a server of ours and accepts no other service at that address.
    private bool ExpectsOurs(LinkConnection connection) =>
        connection.IsHelloSent || connection.IsEncrypted || _session.WasWelcome;

    // A server that must be encrypted has no deadline after which it counts as plain.
    private bool WaitsForMark(LinkConnection connection) => ExpectsOurs(connection) || _trust.IsRequired;

    // Begins another connection to the same address, which the trust has decided to encrypt.
    private void CallAgain(LinkConnection connection)
    {
        connection.Dispose();
        _connection = null;
        Connector again = _connector.Again();
        _connector.Dispose();
        _connector = again;
        _dialedAt = Now;
        State = LinkState.Connecting;
        Connect();
    }

    // Before the first welcome nothing is lost, so the client ends. Later the room may come back at its address.
    private void Refuse(LinkConnection connection)
    {
        bool isShown = _isRefused;
        _isRefused = true;
        if (!_session.WasWelcome)
        {
            connection.Dispose();
            _connection = null;
            End(_entry.Refusal);
        }
        else
            WaitAfter(connection, _entry.Refusal!, isShown);
    }

    // A room that was joined may be full now. In the clear any machine on the way can say so, and ends nothing.
    private void TurnAway(LinkConnection connection, string words, bool isFinal)
    {
        bool isShown = _isTurnedAway;
        _isTurnedAway = true;
        if (isFinal || !_session.WasWelcome)
            End(words);
        else
            WaitAfter(connection, words, isShown);
    }

    private void WaitAfter(LinkConnection connection, string why, bool isShown)
    {
        if (!isShown)
        {
            HandleLoss(connection, why);
            return;
        }
        connection.Dispose();
        _connection = null;
        Wait(up: 0);
    }

    private void Follow(EntryStep step, LinkConnection connection)
    {
        if (step == EntryStep.CallAgain)
            CallAgain(connection);
        else if (step == EntryStep.Refuse)
            Refuse(connection);
        else if (step == EntryStep.TurnedAway)
            TurnAway(connection, _entry.Refusal!, isFinal: false);
    }

    // A script sends its lines once. A slow server of ours would treat them as a guest's, and its refusals would be
    // lost. So a script waits while the mark can still come. Only the original's banner, which has no end, is ended by
    // silence.
    private bool AwaitsMark(LinkConnection connection) =>
        _options is { IsScript: true, Plain: false }
        && ServerKind.MayBecomeOurs(connection.Greeting)
        && ServerKind.RecognizeUnfinished(connection.Greeting) == ServerKind.Plain;

    // The time at which a server without a mark counts as plain.
    private long MarkDue(LinkConnection connection)
    {
        if (WaitsForMark(connection) || AwaitsMark(connection))
            return long.MaxValue;
        if (!_options.IsScript)
            return connection.OpenedAt + ClientLimits.MarkMilliseconds;
        return connection.LastReceivedAt
            + (connection.Greeting.Length == 0 ? ClientLimits.SilentMarkMilliseconds : ClientLimits.MarkMilliseconds);
    }

    private void WaitForGreeting(LinkConnection connection)
    {
        if (Now >= MarkDue(connection))
            Join(connection, ServerKind.RecognizeUnfinished(connection.Greeting));
        else if (WaitsForMark(connection) && Now - connection.LastReceivedAt >= ProtocolLimits.DeadMilliseconds)
            HandleLoss(connection, "the server does not answer");
        else if (connection.IsWriteBlocked)
        {
            connection.RetrySending();
            connection.Flush();
        }
    }

    private void Join(LinkConnection connection, ServerKind server)
    {
        if (
            _options is { IsScript: true, Plain: false }
            && ForeignService.NameOf(connection.Greeting) is string service
        )
        {
            End($"{_options.To} is {service}, not a chat room; no line was sent to it (--plain sends anyway)");
            return;
        }
        if (_options.Plain)
            server = ServerKind.Plain;
        EntryStep step = _entry.HandleGreeting(connection, server.IsOurs);
        Follow(step, connection);
        if (_connection != connection)
            return;
        Server = server;
        if (!server.IsOurs)
            Enter(connection);
        Frame(connection, connection.Greeting);
        if (connection.IsSecretAwaited && _connection == connection)
            AskSecret(SecretProof.Question, SecretProof.Missing);
    }

    private void AskSecret(string question, string failure)
    {
        if (!_options.AsksSecret)
        {
            End(failure);
            return;
        }
        if (!IsSecretWanted)
            Report(EventKind.Info, question);
        IsSecretWanted = true;
    }

    private void HandleProof(LinkConnection connection, ReadOnlySpan<byte> line)
    {
        EntryStep step = _entry.HandleProof(connection, line);
        if (step == EntryStep.Wait)
            AddBeforeWelcome(connection, line);
        else if (step == EntryStep.AskSecret)
            AskSecret(SecretProof.Wrong, SecretProof.Wrong);
        else
            Follow(step, connection);
    }

    private void Enter(LinkConnection connection)
    {
        State = LinkState.Joined;
        AwaitsQuit = IsSecretWanted = false;
        connection.JoinedAt = Now;
        if (UnsentCount > 0)
            _lastProgressAt = Now;
        ReportJoined(connection);
    }

    private void ReportJoined(LinkConnection connection)
    {
        string notice = "";
        LinkSecurity? encrypted = connection.IsRich ? _trust.Welcome(out notice) : null;
        _isRefused = _isTurnedAway = false;
        bool staysHere = _options.IsOwnRoom || connection.IsLocal;
        Security = encrypted ?? (staysHere ? LinkSecurity.Local : LinkSecurity.Exposed);
        if (Security.IsExposed && !_isExposureShown)
        {
            _isExposureShown = true;
            notice = LinkSecurity.ExposedWords;
        }
        _events.Enqueue(
            new ChatEvent(EventKind.Link)
            {
                State = LinkState.Joined,
                Text = notice,
                Security = Security,
            }
        );
    }

    // Until a line is sent as plain text, a late mark still makes the server one of ours, which accepts requests.
    private bool MayBeOurs(LinkConnection connection) =>
        !connection.HasSentText
        && MayShowMark(connection)
        && ServerKind.Recognize(connection.Greeting) is null
        && Now - connection.JoinedAt < ClientLimits.LateMarkMilliseconds;

    private void RefuseRequests(LinkConnection connection)
    {
        if (connection.IsRich || !_outbox.HasRequests || (MayBeOurs(connection) && !_outbox.HasTexts))
            return;
        foreach (Command request in _outbox.TakeRequests())
            RefuseAsPlain(request);
    }

    private void RefuseAsPlain(Command request) =>
        _events.Enqueue(
            new ChatEvent(EventKind.Error)
            {
                Text = "a plain server takes text alone, no requests",
                Origin = request.Origin,
            }
        );

    // Lines queued before the kind of the server was known become requests now.
    private void EnterRich(LinkConnection connection)
    {
        connection.BeginRich();
        Enter(connection);
        bool hadQuit = _hasQuit;
        while (
            _outbox.TryTake(
                out string text,
                out bool isPasted,
                out InputOrigin origin,
                out Command? request,
                out bool isSnippet
            )
        )
        {
            // Lines after a typed /quit are dropped.
            if (_hasQuit && !hadQuit)
                continue;
            if (isSnippet)
                Execute(Snippet(text, origin), isPasted);
            else if (request is Command asked)
                Execute(asked, isPasted);
            else
                ExecuteLine(text, isPasted, origin);
        }
    }

    // ---- The end of a connection ----

    private void HandleLoss(LinkConnection connection, string why)
    {
        long up = State == LinkState.Joined ? Now - connection.JoinedAt : 0;
        IsUncertain |= connection.HasSentText && !_session.WasWelcome;
        connection.Dispose();
        _connection = null;
        if (_isFinishing && _session.WasWelcome && UnsentCount == 0)
        {
            EndWithoutAnswers(AnswerLost);
            return;
        }
        // A plain server does not acknowledge lines: the link ends instead of sending them twice.
        if (_isFinishing && !_session.WasWelcome)
        {
            End(why);
            return;
        }
        State = LinkState.Lost;
        _events.Enqueue(new ChatEvent(EventKind.Link) { State = LinkState.Lost, Text = why });
        if (!_session.WasWelcome && !_isForeignLossShown && !connection.IsEncrypted && !_trust.IsRequired)
        {
            _isForeignLossShown = true;
            Report(EventKind.Info, "this server keeps no history; reconnecting");
        }
        Wait(up);
    }

    private void Wait(long up)
    {
        int wait = _retry.Next(
            up,
            _session.WasWelcome ? ClientLimits.RetryLeastMilliseconds : ClientLimits.ForeignRetryMilliseconds,
            _isNear ? ClientLimits.RetryNearMostMilliseconds : ClientLimits.RetryMostMilliseconds
        );
        _retryAt = Now + wait;
        State = LinkState.Waiting;
        _events.Enqueue(new ChatEvent(EventKind.Link) { State = LinkState.Waiting, RetryMilliseconds = wait });
    }

    // After the first connection a room is not searched again: another machine may answer to its name meanwhile.
    private Connector Dial() =>
        new(
            _options.To,
            _clock,
            _room is FoundRoom room
                ? Task.FromResult(Located.At(room))
                : HostLookup.Start(
                    _options.To,
                    _clock,
                    WasReached ? RoomLookup.None : _options.Rooms,
                    _options.Known,
                    _options.Refusal
                )
        );

    private void DialAgain()
    {
        _connector.Dispose();
        _connector = Dial();
        _dialedAt = Now;
        _isRedialed = false;
        if (State != LinkState.Connecting)
            Report(LinkState.Connecting);
        State = LinkState.Connecting;
    }

    private void End(string? why)
    {
        State = LinkState.Ended;
        Ending = why;
    }

    private const string AnswerLost = "the connection broke before the answer";

    // A person that leaves awaits no answer.
    private void EndWithoutAnswers(string why)
    {
        if (!_isLeaving)
        {
            if (_roster.IsAwaited)
                Report(EventKind.Error, why);
            _find.GiveUp(why, _events);
        }
        End(null);
    }

    private void Report(LinkState state) => _events.Enqueue(new ChatEvent(EventKind.Link) { State = state });

    private void Report(EventKind kind, string text) => _events.Enqueue(new ChatEvent(kind) { Text = text });

    // ---- Sending ----
    // A plain server gets the outbox, one line at a time, as typed. A server of ours gets as many requests as the
    // socket accepts, a ping after a silence, and a goodbye when everything is acknowledged.

    /// <summary>The longest wait until <see cref="Turn"/> must run again, if the socket stays silent.</summary>
    public TimeSpan Patience
    {
        get
        {
            long due = State switch
            {
                LinkState.Connecting => Now + ClientLimits.DialLookMilliseconds,
                LinkState.Greeting => DueWhenGreeting(_connection!),
                LinkState.Joined => IsRich ? DueWhenRich(_connection!) : DueWhenPlain(_connection!),
                LinkState.Waiting => _retryAt,
                _ => Now,
            };
            if (HasTimeout)
                due = Math.Min(due, _lastProgressAt + _options.TimeoutMilliseconds);
            return TimeSpan.FromMilliseconds(due == long.MaxValue ? int.MaxValue : Math.Max(0, due - Now));
        }
    }

    private void ExecuteLine(string line, bool isPasted, InputOrigin origin) =>
        Execute(CommandParser.Parse(line, KnownCommands) with { Origin = origin }, isPasted);

    // Look the receiver up now instead of when the whisper came: the person may have ignored its sender since.
    private Command AddressReply(Command reply) =>
        _session.LastWhisperer switch
        {
            null => reply with { Kind = CommandKind.Refused, Text = RoomCommands.NoWhisper },
            string sender when _options.Ignores(sender) => reply with
            {
                Kind = CommandKind.Refused,
                Text = "the last whisper came from an ignored person; /msg NAME TEXT sends one",
            },
            string sender => reply with { Verb = "tell", To = sender },
        };

    // Executes a parsed line on a server of ours.
    private void Execute(Command command, bool isPasted)
    {
        if (command.Verb == Command.Reply)
            command = AddressReply(command);
        switch (command.Kind)
        {
            case CommandKind.Say:
                _unacknowledged.Say(command.Verb, command.To, command.Text, isPasted, command.Origin, command.Typed);
                break;
            case CommandKind.Ask when command.Verb == "who":
                AskPeople(ClientLimits.PeopleListed, isAsked: true);
                break;
            case CommandKind.Ask when command.Verb == "find":
                Find(command.Text, command.Origin);
                break;
            case CommandKind.Ask:
                _unacknowledged.Ask(command.Verb, command.Text);
                break;
            case CommandKind.Refused:
                _events.Enqueue(new ChatEvent(EventKind.Error) { Text = command.Text, Origin = command.Origin });
                break;
            case CommandKind.Help:
                foreach (string help in SlashCommands.Help(CommandSets.Room, IsHost))
                    Report(EventKind.Info, help);
                break;
            case CommandKind.Quit:
                // Lines after /quit are dropped.
                _hasQuit = true;
                Finish();
                break;
        }
    }

    private void Send(LinkConnection connection)
    {
        connection.RetrySending();
        if (!connection.IsRich)
        {
            SendPlain(connection);
            return;
        }
        bool isSent = connection.Flush();
        while (isSent && (HasLine || HasQuery))
        {
            byte[] line = HasLine
                ? _unacknowledged.TakeNext(Now)
                : _host.TakeRequest() ?? _roster.TakeRequest() ?? _find.TakeRequest()!;
            if (line.AsSpan().StartsWith("history "u8))
                _session.ExpectReplay();
            isSent = connection.Send(line);
        }
    }

    private void SendPlain(LinkConnection connection)
    {
        while (_outbox.HasTexts && !connection.HasSendFailed && Now >= connection.NextTextAt)
        {
            ReadOnlySpan<byte> line = _outbox.Next(
                Server!.LineBytes,
                connection.HasMark ? ServerKind.Ours.Escape : Server.Escape
            );
            int length = line.Length,
                sent = connection.TrySend(line);
            if (sent < 0)
                return;
            _lastProgressAt = Now;
            connection.HasSentText = true;
            // A plain server does not echo, so the line counts as said once it is sent.
            if (_outbox.Advance(sent) is string said)
                _events.Enqueue(
                    new ChatEvent(EventKind.Say)
                    {
                        Name = "you",
                        Text = said,
                        Mine = true,
                        IsEcho = true,
                    }
                );
            if (sent == length)
                connection.NextTextAt = Now + Server.GapMilliseconds;
        }
    }

    private void Heartbeat(LinkConnection connection)
    {
        if (!connection.IsRich)
            return;
        if (Now - connection.LastReceivedAt >= ProtocolLimits.DeadMilliseconds)
            HandleLoss(connection, "the server has fallen silent");
        else if (Now - connection.LastSentAt >= ProtocolLimits.HeartbeatMilliseconds && !connection.HasUnsent)
            connection.Send("ping 0\n"u8.ToArray());
    }

    // A server of ours may be alive and answer nothing: it stops reading from a member above its pace. Even then its
    // system acknowledges bytes, so a missing acknowledgement shows a broken path. The next connection repeats the lost
    // lines. A plain server cannot, so there the link waits for TCP.
    private void CheckPeer(LinkConnection connection)
    {
        if (!connection.IsHelloSent || State is not (LinkState.Greeting or LinkState.Joined))
            return;
        if (
            connection.AwaitedSince + ClientLimits.SilentPeerMilliseconds <= Now
            && connection.EndAwait(_options.IsAcknowledgementMissing)
        )
        {
            HandleLoss(connection, "the server cannot be reached any more");
            Hurry();
        }
        else if (
            LateCount is > 0 and int late
            && _unacknowledged.SentAt(late - 1) is long sentAt
            && sentAt > connection.LateProbedAt
        )
        {
            connection.LateProbedAt = sentAt;
            Probe(connection);
        }
    }

    private void Probe(LinkConnection connection)
    {
        if (!connection.IsFarewellSent && Now - connection.ProbedAt >= ClientLimits.HurryMilliseconds)
            connection.Probe(_options.IsAcknowledgementMissing);
    }

    private void SayFarewell(LinkConnection connection)
    {
        if (!_isFinishing || State != LinkState.Joined)
            return;
        if (connection.IsRich)
            SayGoodbye(connection);
        else
            CloseOurSide(connection);
    }

    private void SayGoodbye(LinkConnection connection)
    {
        if (connection.IsFarewellSent || !IsGoodbyeDue || connection.HasUnsent)
            return;
        connection.IsFarewellSent = true;
        connection.Send("bye\n"u8.ToArray());
    }

    private bool HasLine => _unacknowledged.HasNext && !_host.IsAwaited;

    private bool HasQuery => _host.HasRequest || _roster.HasRequest || _find.HasRequest;

    private bool IsGoodbyeDue =>
        _isFinishing && UnsentCount == 0 && ((!_roster.IsAwaited && !_find.IsAwaited) || _isLeaving);

    private void CloseOurSide(LinkConnection connection)
    {
        if (!_outbox.IsEmpty)
            return;
        if (!connection.IsFarewellSent && Now >= connection.NextTextAt)
        {
            connection.IsFarewellSent = true;
            connection.LastReceivedAt = _lastProgressAt = Now;
            connection.ShutdownSend();
        }
        // A server with the mark answers our shutdown with its remaining data and then its own. Others do not answer; a
        // silence counts as their end.
        if (
            connection is { IsFarewellSent: true, HasMark: false }
            && Now - connection.LastReceivedAt >= ClientLimits.ForeignFarewellMilliseconds
        )
            End(null);
    }

    private void CheckTimeout()
    {
        if (!HasTimeout || State == LinkState.Ended || Now - _lastProgressAt < _options.TimeoutMilliseconds)
            return;
        // If everything is acknowledged, a failed goodbye is no error.
        if (_session.WasWelcome && UnsentCount == 0)
            EndWithoutAnswers($"the server did not answer within {_options.TimeoutMilliseconds / 1000} s");
        else if (State == LinkState.Greeting && IsSilent(_connection!))
            End(
                $"{_options.To} sent no data for {_options.TimeoutMilliseconds / 1000} s; is it a chat room? No "
                    + "line was sent to it (--plain sends anyway)"
            );
        else
            End($"the server accepted no data for {_options.TimeoutMilliseconds / 1000} s; {UnsentInWords}");
    }

    private bool IsSilent(LinkConnection connection) => connection.Greeting.Length == 0 && !ExpectsOurs(connection);

    private string UnsentInWords
    {
        get
        {
            string lines = UnsentCount switch
            {
                0 => "it has not confirmed the end",
                1 => "1 line may not have been said",
                int count => $"{count} lines may not have been said",
            };
            return FirstUnsent.Line > 0 ? $"{lines}, from line {FirstUnsent.Line} of the input on" : lines;
        }
    }

    // A person can wait without limit; a script gives up on unacknowledged lines after the timeout.
    private bool HasTimeout => _isFinishing || (_options.GivesUp && UnsentCount > 0);

    private long DueWhenGreeting(LinkConnection connection) =>
        WaitsForMark(connection)
            ? Math.Min(connection.LastReceivedAt + ProtocolLimits.DeadMilliseconds, DueWhenAwaiting(connection))
            : MarkDue(connection);

    private static long DueWhenAwaiting(LinkConnection connection) =>
        connection.IsHelloSent
            ? connection.AwaitedSince + ClientLimits.SilentPeerMilliseconds ?? long.MaxValue
            : long.MaxValue;

    private long DueWhenRich(LinkConnection connection)
    {
        if (connection.CanSend && (connection.HasUnsent || HasLine || HasQuery))
            return Now;
        if (IsGoodbyeDue && !connection.IsFarewellSent)
            return Now;
        long dead = connection.LastReceivedAt + ProtocolLimits.DeadMilliseconds,
            heartbeat = connection.CanSend
                ? connection.LastSentAt + ProtocolLimits.HeartbeatMilliseconds
                : long.MaxValue,
            late = _unacknowledged.SentAt(LateCount) + ClientLimits.LateMilliseconds ?? long.MaxValue;
        return Math.Min(Math.Min(dead, heartbeat), Math.Min(late, DueWhenAwaiting(connection)));
    }

    private long DueWhenPlain(LinkConnection connection)
    {
        long due = long.MaxValue;
        if (_outbox.HasTexts && connection.CanSend)
            due = connection.NextTextAt;
        else if (_outbox.HasRequests)
            due = connection.JoinedAt + ClientLimits.LateMarkMilliseconds;
        if (!Server!.IsOurs && connection.Framer.Unterminated > 0)
            due = Math.Min(due, connection.LastReceivedAt + ClientLimits.UnfinishedMilliseconds);
        if (connection is { IsFarewellSent: true, HasMark: false })
            due = Math.Min(due, connection.LastReceivedAt + ClientLimits.ForeignFarewellMilliseconds);
        else if (_isFinishing && !connection.IsFarewellSent && _outbox.IsEmpty)
            due = Math.Min(due, connection.NextTextAt);
        return due;
    }

    // ---- Receiving ----
    // The first bytes show the kind of the server; lines follow. Lines of a plain server are shown unchanged; lines of
    // the rich dialect go to RichSession. There half a line is ignored, and a line longer than any of ours is shown but
    // not parsed.

    private void Receive(LinkConnection connection)
    {
        if (!connection.TryReceive(out ReadOnlySpan<byte> bytes, out SocketError error))
            return;
        if (connection.IsAnsweredInTheClear)
        {
            Follow(_entry.HandleClearAnswer(connection, bytes), connection);
            return;
        }
        if (bytes.IsEmpty)
        {
            HandleEnd(connection, error);
            return;
        }
        HandleBytes(connection, bytes);
        // The peer may keep its socket open, so no further event may come.
        if (_connection == connection && connection.HasEncryptionEnded && State != LinkState.Ended)
            HandleEnd(connection, SocketError.Success);
    }

    private void HandleBytes(LinkConnection connection, ReadOnlySpan<byte> bytes)
    {
        if (State == LinkState.Joined || connection.IsHelloSent)
        {
            if (!IsLateMark(connection, bytes))
                Frame(connection, bytes);
            return;
        }
        connection.AddToGreeting(bytes);
        if (
            !_options.Plain
            && ServerKind.TryReadRefusal(connection.Greeting, out ReadOnlySpan<byte> refusal, out bool isFinal)
        )
        {
            TurnAway(connection, SafeLine(refusal), isFinal);
            return;
        }
        ServerKind? server = _options.Plain ? null : ServerKind.Recognize(connection.Greeting);
        // A known room is waited for; of a stranger the first line decides.
        if (server is { IsOurs: true } || (server is not null && !ExpectsOurs(connection)))
            Join(connection, server);
        else if (connection.Greeting.Length > ProtocolLimits.RelayedLineBytes)
            Join(connection, ServerKind.Plain);
    }

    // On a slow network the mark may come after its deadline. Before the first sent line it still counts.
    private bool MayShowMark(LinkConnection connection) =>
        !connection.IsHelloSent && !_options.Plain && connection.Greeting.Length <= ProtocolLimits.RelayedLineBytes;

    private bool IsLateMark(LinkConnection connection, ReadOnlySpan<byte> bytes)
    {
        if (!MayShowMark(connection))
            return false;
        connection.AddToGreeting(bytes);
        if (ServerKind.Recognize(connection.Greeting) is not { IsOurs: true } ours)
            return false;
        IsMarkMissed |= connection.HasSentText;
        if (connection.HasSentText)
            return false;
        State = LinkState.Greeting;
        connection.RestartFraming();
        Join(connection, ours);
        return true;
    }

    private void HandleEnd(LinkConnection connection, SocketError error)
    {
        if (State == LinkState.Greeting && !ExpectsOurs(connection) && !ServerKind.MayBecomeOurs(connection.Greeting))
            Join(connection, ServerKind.RecognizeUnfinished(connection.Greeting));
        if (State == LinkState.Ended || _connection != connection)
            return;
        if (_entry.Refusal is not null)
        {
            Refuse(connection);
            return;
        }
        if (connection.EncryptionFailure is string failure)
        {
            HandleLoss(connection, failure);
            return;
        }
        // Drop half a line of a server of ours: the next connection brings it again, whole.
        if (!ExpectsOurs(connection) && connection.Framer.Finish(out ReadOnlySpan<byte> line))
            HandleLine(connection, line);
        if (!_session.WasWelcome)
            ShowLinesBeforeWelcome(connection);
        if (connection.IsFarewellSent && error is SocketError.Success && UnsentCount == 0)
            End(null);
        else if (State == LinkState.Greeting && IsSilent(connection))
            HandleLoss(connection, $"{WordsFor(error)} before it sent any data");
        else if (connection.IsSecretAwaited && error is SocketError.Success)
            HandleLoss(connection, "the server no longer waits for the secret; type it once more");
        else
            HandleLoss(connection, WordsFor(error));
    }

    // The words follow "the connection was lost: ".
    private static string WordsFor(SocketError error) =>
        error switch
        {
            SocketError.Success => "the server closed the connection",
            SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown =>
                "the server reset the connection",
            SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable =>
                "the server cannot be reached any more",
            _ => $"the system reports {error}",
        };

    private void Frame(LinkConnection connection, ReadOnlySpan<byte> bytes)
    {
        while (
            _connection == connection
            && State != LinkState.Ended
            && connection.Framer.Next(ref bytes, out ReadOnlySpan<byte> line)
        )
            HandleLine(connection, line);
    }

    private void HandleLine(LinkConnection connection, ReadOnlySpan<byte> line)
    {
        if (connection.IsRich)
            HandleRichLine(connection, line);
        else if (State == LinkState.Greeting)
            HandleGreetingLine(connection, line);
        else
            HandlePlainLine(connection, line);
    }

    private void HandleRichLine(LinkConnection connection, ReadOnlySpan<byte> line)
    {
        if (connection.Framer.Dropped > 0)
        {
            Report(EventKind.Line, SafeLine(line));
            return;
        }
        int waiting = _unacknowledged.Count + _find.Count;
        _session.HandleLine(line, _events);
        if (_unacknowledged.Count + _find.Count < waiting)
            _lastProgressAt = Now;
        if (_session.Removal is string words)
            End(words);
    }

    private void HandleGreetingLine(LinkConnection connection, ReadOnlySpan<byte> line)
    {
        if (!connection.IsGreetingHandled)
        {
            connection.IsGreetingHandled = true;
            // The mark is not for the reader, and after a reconnect the greeting is not repeated.
            if (!_session.WasWelcome)
                Report(EventKind.Line, ServerKind.WithoutMarks(SafeLine(line)));
        }
        else if (SecretProof.IsQuestion(line))
        {
            // The greeting has asked already.
        }
        else if (connection.IsProofAwaited)
        {
            HandleProof(connection, line);
        }
        // Before the hello, no server of ours says welcome: a false one would get the rest of a half-typed secret.
        else if (!connection.IsSecretAwaited && _session.TryWelcome(line, _events))
        {
            EnterRich(connection);
        }
        else if (_session.TryTakeRemoval(line))
        {
            End(_session.Removal);
        }
        else
        {
            AddBeforeWelcome(connection, line);
        }
    }

    // On a slow network the server may treat the client as a plain tool before it reads the hello. The welcome then
    // follows and brings all these lines again.
    private static void AddBeforeWelcome(LinkConnection connection, ReadOnlySpan<byte> line)
    {
        if (connection.LinesBeforeWelcome.Count < ProtocolLimits.BacklogLines)
            connection.LinesBeforeWelcome.Add(SafeLine(line));
    }

    private void HandlePlainLine(LinkConnection connection, ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> first = Server!.Read(line, out ReadOnlySpan<byte> more);
        Report(EventKind.Line, SafeLine(first));
        if (!more.IsEmpty)
            HandlePlainLine(connection, more);
    }

    // Without a welcome, these lines may contain the reason.
    private void ShowLinesBeforeWelcome(LinkConnection connection)
    {
        foreach (string line in connection.LinesBeforeWelcome)
            Report(EventKind.Line, line);
        connection.LinesBeforeWelcome.Clear();
    }

    // A foreign server may send a line without its end: a banner, or half a line of a member.
    private void ShowUnfinished(LinkConnection connection)
    {
        if (
            !Server!.IsOurs
            && connection.Framer.Unterminated > 0
            && Now - connection.LastReceivedAt >= ClientLimits.UnfinishedMilliseconds
            && connection.Framer.Finish(out ReadOnlySpan<byte> line)
        )
        {
            HandleLine(connection, line);
        }
    }

    private static string SafeLine(ReadOnlySpan<byte> line)
    {
        Span<byte> clean = stackalloc byte[ProtocolLimits.RelayedLineBytes];
        return Encoding.UTF8.GetString(clean[..SafeText.Clean(line, clean)]);
    }
}
