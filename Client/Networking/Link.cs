using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Client.Commands;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// The connection to a server, as a state machine: lines out, events in. It knows no terminal and never waits; its
/// owner waits for its socket and turns it.
/// </summary>
/// <remarks>
/// The client never speaks first: a foreign server relays the first bytes it gets to its whole room. So lines said
/// early wait in the outbox until the server has shown what it is, by the mark in its greeting or by half a second
/// without one (<see cref="Dialect"/>). A server of ours is then said hello to, and from its answer on speaks the rich
/// dialect.
/// <para>
/// Once a server was reached, a connection that breaks is made again for as long as somebody wants it. On a server of
/// ours nothing is lost by that (<see cref="RichSession"/>, <see cref="UnacknowledgedQueue"/>); others cannot be asked
/// what was missed, and are called again gently.
/// </para>
/// <para>
/// A failed send ends nothing: what the server said before it went is still to be read, and after it comes the end.
/// </para>
/// </remarks>
internal sealed class Link : IDisposable
{
    private readonly LinkOptions _options;
    private readonly TimeProvider _clock;
    private readonly ReconnectBackoff _retry;
    private readonly Outbox _outbox;
    private readonly UnacknowledgedQueue _pending;
    private readonly RosterQuery _roster = new();
    private readonly RichSession _membership;
    private readonly Queue<ChatEvent> _events = [];
    private readonly List<string> _prelude = [];
    private readonly byte[] _received = new byte[ClientLimits.ClientReceiveBytes];
    private LineFramer _framer = NewFramer();
    private Connector _dial;
    private Socket? _socket;
    private byte[] _greeting = [],
        _leftOver = [];
    private bool _isNear,
        _leavesNow;
    private long _dialledAt;
    private long _since,
        _joinedAt,
        _lastReceived,
        _lastSent,
        _nextSend,
        _retryAt,
        _progressAt;
    private bool _isRich,
        _greeted,
        _blocked,
        _deaf,
        _finishing,
        _farewellSaid,
        _saidGently,
        _greetingDue,
        _spoken,
        _hasQuit,
        _carriesMark;

    /// <param name="options">Where to, and as whom.</param>
    /// <param name="clock">Moves deadlines.</param>
    /// <param name="random">Draws the lots of <see cref="ReconnectBackoff"/>, from 0 up to and without 1.</param>
    public Link(LinkOptions options, TimeProvider clock, Func<double>? random = null)
    {
        _outbox = new Outbox(options.Literal);
        _pending = new UnacknowledgedQueue(options.PasteWindowLines);
        (_options, _clock, _retry) = (options, clock, new ReconnectBackoff(random ?? Random.Shared.NextDouble));
        _membership = new RichSession(_pending, _roster);
        _dial = new Connector(options.To, clock);
        (_isNear, _dialledAt) = (NetworkScope.Has(options.To), Now);
        Report(LinkState.Connecting);
    }

    public LinkState State { get; private set; }

    /// <summary>The kind of this server; null until it is known.</summary>
    public ServerKind? Dialect { get; private set; }

    /// <summary>Why it is over, in words; null when it ended as wished.</summary>
    public string? Ending { get; private set; }

    /// <summary>Whether the server was ever reached.</summary>
    public bool WasReached { get; private set; }

    /// <summary>In the rich dialect: own lines come back, and are acknowledged by that.</summary>
    public bool IsRich => _isRich;

    /// <summary>The own name; empty while unknown.</summary>
    public string Name => _membership.Name;

    /// <summary>Lines that the server is not known to have taken, oldest first.</summary>
    public IEnumerable<string> Unsent => _pending.Texts.Concat(_outbox.Texts);

    /// <summary>How many of them can still be taken back.</summary>
    public int WaitingCount => _pending.WaitingCount + _outbox.Count;

    /// <summary>How many that are, and what waits to be sent to a plain server.</summary>
    public int UnsentCount => _pending.Count + _outbox.Count;

    /// <summary>Where the oldest of them stands in the input.</summary>
    public InputOrigin FirstUnsent => _pending.First is { Line: > 0 } first ? first : _outbox.First;

    /// <summary>Nothing more is said: the input has ended, or it has asked to leave.</summary>
    public bool IsFinishing => _finishing;

    /// <summary>
    /// A /quit waits until the server has shown what it is: a server of ours obeys it, to another it is text. Until
    /// then it is not known whether the lines behind it are said.
    /// </summary>
    public bool AwaitsQuit { get; private set; }

    /// <summary>
    /// A plain connection broke after lines were sent on it: whether the server took them cannot be known.
    /// </summary>
    public bool IsUncertain { get; private set; }

    /// <summary>
    /// A server of ours greeted after lines were sent plainly. It took them from a guest, and its refusals were shown
    /// as text.
    /// </summary>
    public bool IsMarkMissed { get; private set; }

    /// <summary>Milliseconds until the next attempt; 0 when none is planned.</summary>
    public int RetryMilliseconds => State == LinkState.Waiting ? (int)Math.Max(0, _retryAt - Now) : 0;

    /// <summary>The socket to wait for; -1 when there is none.</summary>
    public nint WaitHandle => _socket?.Handle ?? -1;

    /// <summary>Whether to wait for the socket to take bytes as well.</summary>
    public bool WantsToSend => _socket is not null && _blocked && !_deaf;

    /// <summary>Whether lines may be said now. False only while too many wait.</summary>
    public bool TakesLines => _outbox.Bytes + _pending.Bytes < ClientLimits.OutboxBytes;

    /// <summary>
    /// Whether a typed line may be said now. A paste that waits does not count: the line goes before it.
    /// </summary>
    public bool TakesTyped => _outbox.TypedBytes + _pending.TypedBytes < ClientLimits.OutboxBytes;

    /// <summary>
    /// Says a line, of any length. It is sent when the server is ready for it, in several lines when it takes none so
    /// long.
    /// </summary>
    /// <param name="text">The line.</param>
    /// <param name="isPasted">One of several lines that were pasted: what is typed later goes before it.</param>
    /// <param name="origin">Where it stands in the input.</param>
    public void Say(string text, bool isPasted = false, InputOrigin origin = default)
    {
        if (_hasQuit)
            return;
        if (UnsentCount == 0)
            _progressAt = Now;
        if (_membership.WasWelcome)
            Speak(SafeText.Clean(text), isPasted, origin);
        else
            _outbox.Add(text, isPasted, origin);
        AwaitsQuit |=
            State != LinkState.Joined
            && !_membership.WasWelcome
            && !_options.Literal
            && CommandParser.Parse(text, CommandSets.Room).Kind == CommandKind.Quit;
    }

    /// <summary>Does what a program asked for, in its turn. A server that is not ours takes text alone.</summary>
    public void Request(Command request)
    {
        if (_hasQuit)
            return;
        if (UnsentCount == 0)
            _progressAt = Now;
        if (_membership.WasWelcome || request.Kind == CommandKind.Quit)
            Perform(request, isPasted: false);
        else if (State == LinkState.Joined && !MayBeOurs)
            RefuseAsPlain(request);
        else
            _outbox.Add(request);
    }

    /// <summary>Takes back what was said and has not gone out yet.</summary>
    /// <returns>The lines, as they are typed to be said, in order.</returns>
    public IReadOnlyList<string> TakeBack() => [.. _pending.TakeBack(), .. _outbox.TakeBack()];

    /// <summary>
    /// While the link waits for its next attempt, makes it now. Attempts asked for in this way are a second apart.
    /// </summary>
    public void Hurry()
    {
        if (State == LinkState.Waiting)
            _retryAt = Math.Min(_retryAt, Math.Max(Now, _dialledAt + ClientLimits.HurryMilliseconds));
    }

    /// <summary>
    /// Leaves without sending the lines that wait. Lines under way are still awaited, so that none is in doubt.
    /// </summary>
    /// <returns>How many lines do not go out any more.</returns>
    public int Leave()
    {
        Turn();
        _leavesNow = true;
        int dropped = TakeBack().Count;
        Finish();
        return dropped;
    }

    /// <summary>
    /// Asks who is here, at the latest once a server of ours has let the client in; one event of the kind <see
    /// cref="EventKind.Present"/> tells.
    /// </summary>
    /// <param name="most">How many people are wanted. The event says how many there are.</param>
    /// <param name="isAsked">The person typed the question: the link does not end before its answer.</param>
    public void AskPeople(int most, bool isAsked) => _roster.Ask(most, isAsked);

    /// <summary>Nothing more will be said: the link ends when the server has taken everything.</summary>
    public void Finish()
    {
        _finishing = true;
        _progressAt = Now;
    }

    /// <summary>Whether something happened that was not taken.</summary>
    public bool HasEvents => _events.Count > 0;

    /// <summary>
    /// So much of it that nothing more is received: what comes faster than it is shown waits in the network.
    /// </summary>
    public bool IsFull => _events.Count >= ClientLimits.EventsWaiting;

    /// <summary>Takes the next thing that happened, safe to be shown.</summary>
    public bool TryTake(out ChatEvent happened) => _events.TryDequeue(out happened!);

    /// <summary>Does whatever can be done now.</summary>
    public void Turn()
    {
        if (_finishing && _membership.WasWelcome && UnsentCount == 0 && _socket is null)
            End(null);
        if (State == LinkState.Waiting && Now >= _retryAt)
            DialAgain();
        if (State == LinkState.Connecting)
            Connect();
        // A client that did not read cannot call the server silent.
        if (IsFull)
            _lastReceived = Now;
        else if (State is LinkState.Greeting or LinkState.Joined)
            Receive();
        if (State == LinkState.Greeting)
            WaitForGreeting();
        if (State == LinkState.Joined)
        {
            ShowUnfinished();
            RefuseRequests();
            Send();
            Heartbeat();
            SayFarewell();
        }
        GiveUpInTime();
    }

    public void Dispose()
    {
        _dial.Dispose();
        _socket?.Dispose();
    }

    private long Now => (long)_clock.GetElapsedTime(0).TotalMilliseconds;

    private static LineFramer NewFramer() => new(ProtocolLimits.RelayedLineBytes - 1);

    // ---- Connecting ----

    private void Connect()
    {
        _socket = _dial.Look();
        if (_dial.Failure is string failure && !WasReached)
            End(failure);
        else if (_dial.Failure is not null)
            Wait(up: 0);
        if (_socket is null)
            return;
        State = LinkState.Greeting;
        WasReached = true;
        // A name in a domain may belong to a machine next door.
        _isNear |= _dial.Address is IPAddress address && NetworkScope.Has(address);
        _framer = NewFramer();
        (_greeting, _leftOver) = ([], []);
        (_isRich, _greeted, _blocked, _deaf, _farewellSaid, _spoken) = (false, false, false, false, false, false);
        _prelude.Clear();
        _since = _lastReceived = _lastSent = Now;
        _outbox.Restart();
    }

    // A client that was in a room of ours waits for that room, and for no other service in its place.
    private bool ExpectsOurs => _greeted || _membership.WasWelcome;

    // A script says its lines once. A server of ours that is only slow would take them as a guest's, and its refusals
    // would be lost. So a script waits as long as the mark may still come; only the banner of the original is ended by
    // silence.
    private bool AwaitsMark =>
        _options is { IsScript: true, Plain: false }
        && PlainWire.Greeting.StartsWith(_greeting)
        && ServerKind.RecognizeUnfinished(_greeting) == ServerKind.Plain;

    // When the server counts as a plain one.
    private long MarkDue
    {
        get
        {
            if (ExpectsOurs || AwaitsMark)
                return long.MaxValue;
            if (!_options.IsScript)
                return _since + ClientLimits.MarkMilliseconds;
            return _lastReceived
                + (_greeting.Length == 0 ? ClientLimits.SilentMarkMilliseconds : ClientLimits.MarkMilliseconds);
        }
    }

    private void WaitForGreeting()
    {
        if (Now >= MarkDue)
            Join(ServerKind.RecognizeUnfinished(_greeting));
        else if (ExpectsOurs && Now - _lastReceived >= ProtocolLimits.DeadMilliseconds)
            HandleLoss("the server does not answer");
    }

    private void Join(ServerKind dialect)
    {
        if (_options is { IsScript: true, Plain: false } && ForeignService.NameOf(_greeting) is string service)
        {
            End($"{_options.To} is {service}, no chat room; nothing was said to it (--plain says it all the same)");
            return;
        }
        Dialect = _options.Plain ? ServerKind.Plain : dialect;
        _carriesMark = ServerKind.Recognize(_greeting) is { IsOurs: true };
        if (Dialect.IsOurs && !_greeted)
        {
            _greeted = _greetingDue = true;
            _leftOver = _membership.Hello(_options);
            SendLeftOver();
        }
        else
        {
            Enter();
        }
        Frame(_greeting);
    }

    private void Enter()
    {
        State = LinkState.Joined;
        AwaitsQuit = false;
        _joinedAt = Now;
        if (UnsentCount > 0)
            _progressAt = Now;
        Report(LinkState.Joined);
    }

    // Nothing was sent plainly yet, so a mark that comes late still makes it a server of ours, which takes requests.
    private bool MayBeOurs =>
        CanTakeLateMark
        && ServerKind.Recognize(_greeting) is null
        && Now - _joinedAt < ClientLimits.LateMarkMilliseconds;

    private void RefuseRequests()
    {
        if (_isRich || !_outbox.HasRequests || (MayBeOurs && !_outbox.HasTexts))
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

    // Lines typed before the kind of server was known are sent in its way now.
    private void EnterRich()
    {
        _isRich = true;
        Enter();
        bool hadQuit = _hasQuit;
        while (_outbox.TryTake(out string text, out bool isPasted, out InputOrigin origin, out Command? request))
        {
            // Lines behind a typed /quit are not said.
            if (_hasQuit && !hadQuit)
                continue;
            if (request is Command asked)
                Perform(asked, isPasted);
            else
                Speak(text, isPasted, origin);
        }
    }

    // ---- The end of a connection ----

    private void HandleLoss(string why)
    {
        long up = State == LinkState.Joined ? Now - _joinedAt : 0;
        _socket?.Dispose();
        _socket = null;
        IsUncertain |= _spoken && !_membership.WasWelcome;
        if (_finishing && _membership.WasWelcome && UnsentCount == 0)
        {
            End(null);
            return;
        }
        // A plain server does not tell which lines it has taken: the link ends instead of sending them again.
        if (_finishing && !_isRich && !_membership.WasWelcome)
        {
            End(why);
            return;
        }
        State = LinkState.Lost;
        _events.Enqueue(new ChatEvent(EventKind.Link) { State = LinkState.Lost, Text = why });
        if (!_isRich && !_membership.WasWelcome && !_saidGently)
        {
            _saidGently = true;
            Report(EventKind.Info, "this server keeps no history; reconnecting");
        }
        Wait(up);
    }

    private void Wait(long up)
    {
        bool gently = !_membership.WasWelcome;
        int wait = _retry.Next(
            up,
            gently ? ClientLimits.ForeignRetryMilliseconds : ClientLimits.RetryLeastMilliseconds,
            _isNear ? ClientLimits.RetryNearMostMilliseconds : ClientLimits.RetryMostMilliseconds
        );
        _retryAt = Now + wait;
        State = LinkState.Waiting;
        _events.Enqueue(new ChatEvent(EventKind.Link) { State = LinkState.Waiting, RetryMilliseconds = wait });
    }

    private void DialAgain()
    {
        _dial.Dispose();
        _dial = new Connector(_options.To, _clock);
        _dialledAt = Now;
        State = LinkState.Connecting;
        Report(LinkState.Connecting);
    }

    private void End(string? why)
    {
        State = LinkState.Ended;
        Ending = why;
    }

    private void Report(LinkState state) => _events.Enqueue(new ChatEvent(EventKind.Link) { State = state });

    private void Report(EventKind kind, string text) => _events.Enqueue(new ChatEvent(kind) { Text = text });

    // ---- Sending ----
    // What goes out, and when: to a plain server the outbox, a line at a time, as it was typed; to one of ours
    // requests, as many as the socket takes, a sign of life when there is nothing to say, and a goodbye when
    // everything was acknowledged.

    /// <summary>How long it may be left alone when its socket is silent.</summary>
    public TimeSpan Patience
    {
        get
        {
            long due = State switch
            {
                LinkState.Connecting => Now + ClientLimits.DialLookMilliseconds,
                LinkState.Greeting => DueWhenGreeting(),
                LinkState.Joined => _isRich ? DueWhenRich() : DueWhenPlain(),
                LinkState.Waiting => _retryAt,
                _ => Now,
            };
            if (IsImpatient)
                due = Math.Min(due, _progressAt + _options.TimeoutMilliseconds);
            return TimeSpan.FromMilliseconds(due == long.MaxValue ? int.MaxValue : Math.Max(0, due - Now));
        }
    }

    // Gives the server of ours what a line means.
    private void Speak(string line, bool isPasted, InputOrigin origin) =>
        Perform(
            CommandParser.Parse(line, _options.Literal ? CommandSets.None : CommandSets.Room) with
            {
                Origin = origin,
            },
            isPasted
        );

    // The receiver is looked up now and not when the whisper came: the person may have ignored its sender since.
    private Command AddressReply(Command reply) =>
        _membership.LastWhisperer switch
        {
            null => reply with
            {
                Kind = CommandKind.Refused,
                Text = "there is no whisper to answer yet; /msg NAME TEXT sends one",
            },
            string sender when _options.Ignores(sender) => reply with
            {
                Kind = CommandKind.Refused,
                Text = "the last whisper came from an ignored person; /msg NAME TEXT sends one",
            },
            string sender => reply with { Verb = "tell", To = sender },
        };

    private void Perform(Command command, bool isPasted)
    {
        if (command.Verb == Command.Reply)
            command = AddressReply(command);
        switch (command.Kind)
        {
            case CommandKind.Say:
                _pending.Say(command.Verb, command.To, command.Text, isPasted, command.Origin);
                break;
            case CommandKind.Ask when command.Verb == "who":
                AskPeople(ClientLimits.PeopleListed, isAsked: true);
                break;
            case CommandKind.Ask:
                _pending.Ask(command.Verb, command.Text);
                break;
            case CommandKind.Refused:
                _events.Enqueue(new ChatEvent(EventKind.Error) { Text = command.Text, Origin = command.Origin });
                break;
            case CommandKind.Help:
                foreach (string help in SlashCommands.Help(CommandSets.Room))
                    Report(EventKind.Info, help);
                break;
            case CommandKind.Quit:
                // Lines behind the one that leaves are not said.
                _hasQuit = true;
                Finish();
                break;
        }
    }

    private void Send()
    {
        _blocked = false;
        if (!_isRich)
        {
            SendPlain();
            return;
        }
        while (SendLeftOver() && (_pending.HasNext || _roster.HasRequest))
        {
            _leftOver = _pending.HasNext ? _pending.TakeNext() : _roster.TakeRequest()!;
            if (_leftOver.AsSpan().StartsWith("history "u8))
                _membership.ExpectReplay();
        }
    }

    // False when the socket takes no more for now, or for ever.
    private bool SendLeftOver()
    {
        while (_leftOver.Length > 0 && !_deaf)
        {
            int sent = TrySend(_leftOver);
            if (sent < 0)
                return false;
            _leftOver = _leftOver[sent..];
        }
        return !_deaf;
    }

    private void SendPlain()
    {
        while (_outbox.HasTexts && !_deaf && Now >= _nextSend)
        {
            ReadOnlySpan<byte> line = _outbox.Next(
                Dialect!.LineBytes,
                _carriesMark ? ServerKind.Ours.Escape : Dialect.Escape
            );
            int length = line.Length,
                sent = TrySend(line);
            if (sent < 0)
                return;
            _progressAt = Now;
            _spoken = true;
            // Nothing comes back from a plain server, so this is when it was said.
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
                _nextSend = Now + Dialect.GapMilliseconds;
        }
    }

    // Bytes sent; -1 when none can be.
    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent;
        SocketError error;
        do
        {
            sent = _socket!.Send(bytes, SocketFlags.None, out error);
        } while (error is SocketError.Interrupted);
        _blocked = error is SocketError.WouldBlock or SocketError.IOPending or SocketError.NoBufferSpaceAvailable;
        _deaf = !_blocked && error is not SocketError.Success;
        if (_blocked || _deaf)
            return -1;
        _lastSent = Now;
        return sent;
    }

    private void Heartbeat()
    {
        if (!_isRich)
            return;
        if (Now - _lastReceived >= ProtocolLimits.DeadMilliseconds)
        {
            HandleLoss("the server has fallen silent");
            return;
        }
        if (Now - _lastSent < ProtocolLimits.HeartbeatMilliseconds || _leftOver.Length > 0)
            return;
        _leftOver = "ping 0\n"u8.ToArray();
        SendLeftOver();
    }

    private void SayFarewell()
    {
        if (!_finishing || State != LinkState.Joined)
            return;
        if (_isRich)
            SayGoodbye();
        else
            CloseOurSide();
    }

    private void SayGoodbye()
    {
        if (_farewellSaid || UnsentCount > 0 || _leftOver.Length > 0 || (_roster.IsAwaited && !_leavesNow))
            return;
        _farewellSaid = true;
        _leftOver = "bye\n"u8.ToArray();
        SendLeftOver();
    }

    private void CloseOurSide()
    {
        if (!_outbox.IsEmpty)
            return;
        if (!_farewellSaid && Now >= _nextSend)
        {
            _farewellSaid = true;
            _since = _lastReceived = _progressAt = Now;
            try
            {
                _socket!.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // It is gone already; receiving says so.
            }
        }
        // A server that tells lines apart answers our end with everything it owes us and then its own end. Others say
        // nothing; silence must do.
        if (_farewellSaid && !_carriesMark && Now - _lastReceived >= ClientLimits.ForeignFarewellMilliseconds)
            End(null);
    }

    private void GiveUpInTime()
    {
        if (!IsImpatient || State == LinkState.Ended || Now - _progressAt < _options.TimeoutMilliseconds)
            return;
        // An acknowledged line was said, however the connection ends.
        if (_isRich && UnsentCount == 0)
            End(null);
        else if (State == LinkState.Greeting && _greeting.Length == 0 && !ExpectsOurs)
            End(
                $"{_options.To} has said nothing for {_options.TimeoutMilliseconds / 1000} s; is it a chat room? Nothing was said to it (--plain speaks first)"
            );
        else
            End($"the server has taken nothing for {_options.TimeoutMilliseconds / 1000} s; {UnsentInWords}");
    }

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

    // A person waits for as long as they like, a script only so long for what it has said.
    private bool IsImpatient => _finishing || (_options.GivesUp && UnsentCount > 0);

    private long DueWhenGreeting() => ExpectsOurs ? _lastReceived + ProtocolLimits.DeadMilliseconds : MarkDue;

    private long DueWhenRich()
    {
        long due = Math.Min(
            _lastReceived + ProtocolLimits.DeadMilliseconds,
            _deaf || _blocked ? long.MaxValue : _lastSent + ProtocolLimits.HeartbeatMilliseconds
        );
        bool canSend = !_blocked && !_deaf && (_leftOver.Length > 0 || _pending.HasNext || _roster.HasRequest);
        return canSend || (_finishing && !_farewellSaid && UnsentCount == 0 && (!_roster.IsAwaited || _leavesNow))
            ? Now
            : due;
    }

    private long DueWhenPlain()
    {
        long due = long.MaxValue;
        if (_outbox.HasTexts && !_blocked && !_deaf)
            due = _nextSend;
        else if (_outbox.HasRequests)
            due = _joinedAt + ClientLimits.LateMarkMilliseconds;
        if (!Dialect!.IsOurs && _framer.Unterminated > 0)
            due = Math.Min(due, _lastReceived + ClientLimits.UnfinishedMilliseconds);
        if (_farewellSaid && !_carriesMark)
            due = Math.Min(due, _lastReceived + ClientLimits.ForeignFarewellMilliseconds);
        else if (_finishing && !_farewellSaid && _outbox.IsEmpty)
            due = Math.Min(due, _nextSend);
        return due;
    }

    // ---- Receiving ----
    // What comes in: first words by which the server is known, then lines. Those of a plain server are shown as they
    // are; in the rich dialect they are RichSession's. Only whole lines count there, and none is kept that is longer
    // than any of ours.

    private void Receive()
    {
        int count = _socket!.Receive(_received, SocketFlags.None, out SocketError error);
        if (error is SocketError.WouldBlock or SocketError.IOPending or SocketError.Interrupted)
            return;
        if (error is not SocketError.Success || count == 0)
        {
            TakeEnd(error);
            return;
        }
        _lastReceived = Now;
        ReadOnlySpan<byte> bytes = _received.AsSpan(0, count);
        if (State == LinkState.Joined || _greeted)
        {
            if (!IsLateMark(bytes))
                Frame(bytes);
            return;
        }
        _greeting = [.. _greeting, .. bytes];
        ServerKind? dialect = _options.Plain ? null : ServerKind.Recognize(_greeting);
        if (dialect is { IsOurs: true } || (dialect is not null && !ExpectsOurs))
            Join(dialect);
        else if (_greeting.Length > ProtocolLimits.RelayedLineBytes)
            Join(ServerKind.Plain);
    }

    // On a slow way the mark may come after its time; as long as nothing was said here, it is not too late.
    private bool CanTakeLateMark => !_spoken && MayShowMark;

    private bool MayShowMark => !_greeted && !_options.Plain && _greeting.Length <= ProtocolLimits.RelayedLineBytes;

    private bool IsLateMark(ReadOnlySpan<byte> bytes)
    {
        if (!MayShowMark)
            return false;
        _greeting = [.. _greeting, .. bytes];
        if (ServerKind.Recognize(_greeting) is not { IsOurs: true } ours)
            return false;
        IsMarkMissed |= _spoken;
        if (_spoken)
            return false;
        State = LinkState.Greeting;
        _framer = NewFramer();
        Join(ours);
        return true;
    }

    private void TakeEnd(SocketError error)
    {
        if (State == LinkState.Greeting && !ExpectsOurs && !PlainWire.Greeting.StartsWith(_greeting))
            Join(ServerKind.RecognizeUnfinished(_greeting));
        if (State == LinkState.Ended)
            return;
        // Half a line of a server of ours is nothing; it comes again, whole.
        if (!ExpectsOurs && _framer.Finish(out ReadOnlySpan<byte> line))
            Arrive(line);
        if (!_membership.WasWelcome)
            ShowPrelude();
        bool wished = _farewellSaid && error is SocketError.Success;
        if (wished && UnsentCount == 0)
            End(null);
        else
            HandleLoss(
                WordsFor(error)
                    + (
                        State == LinkState.Greeting && _greeting.Length == 0 && !ExpectsOurs
                            ? " before it said a word"
                            : ""
                    )
            );
    }

    // They stand behind the words that the connection was lost.
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

    private void Frame(ReadOnlySpan<byte> bytes)
    {
        while (_framer.Next(ref bytes, out ReadOnlySpan<byte> line))
            Arrive(line);
    }

    private void Arrive(ReadOnlySpan<byte> line)
    {
        if (_isRich && _framer.Dropped > 0)
        {
            Report(EventKind.Line, SafeLine(line));
            return;
        }
        if (_isRich)
        {
            int waiting = _pending.Count;
            _membership.HandleLine(line, _events);
            if (_pending.Count < waiting)
                _progressAt = Now;
            return;
        }
        if (State == LinkState.Greeting && _greetingDue)
        {
            _greetingDue = false;
            // The mark is for us, and one greeting is enough.
            if (!_membership.WasWelcome)
                Report(EventKind.Line, SafeLine(line).Replace(Encoding.UTF8.GetString(PlainWire.Mark), "").TrimEnd());
            return;
        }
        if (State == LinkState.Greeting && _membership.TryWelcome(line, _events))
        {
            EnterRich();
            return;
        }
        // On a slow way the server may have taken us for a plain tool before it read the hello; the welcome is yet to
        // come, and brings all this again.
        if (State == LinkState.Greeting)
        {
            if (_prelude.Count < ProtocolLimits.BacklogLines)
                _prelude.Add(SafeLine(line));
            return;
        }
        ReadOnlySpan<byte> first = Dialect!.Read(line, out ReadOnlySpan<byte> more);
        Report(EventKind.Line, SafeLine(first));
        if (!more.IsEmpty)
            Arrive(more);
    }

    // There was no welcome. The text in its place may tell why.
    private void ShowPrelude()
    {
        foreach (string line in _prelude)
            Report(EventKind.Line, line);
        _prelude.Clear();
    }

    // A foreign server may leave a line open: a banner without an end, or half a line of a member.
    private void ShowUnfinished()
    {
        if (
            !Dialect!.IsOurs
            && _framer.Unterminated > 0
            && Now - _lastReceived >= ClientLimits.UnfinishedMilliseconds
            && _framer.Finish(out ReadOnlySpan<byte> line)
        )
        {
            Arrive(line);
        }
    }

    private static string SafeLine(ReadOnlySpan<byte> line)
    {
        Span<byte> clean = stackalloc byte[ProtocolLimits.RelayedLineBytes];
        return Encoding.UTF8.GetString(clean[..SafeText.Clean(line, clean)]);
    }
}
