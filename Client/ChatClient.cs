using Chat.Client.Networking;
using Chat.Client.Storage;
using Chat.Client.Terminals;
using Chat.Client.Views;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client;

/// <summary>
/// The client's loop: waits for keyboard and socket, applies input to the link, turns the link and shows its events.
/// Each turn writes once.
/// </summary>
/// <remarks>
/// At a terminal the view is a <see cref="TerminalView"/>. If input or output is no terminal, it is a
/// <see cref="PipeView"/>. The end of input then ends the program once all lines are acknowledged.
/// <para>A turn reads once from the keyboard and once from the socket, so neither starves the other.</para>
/// </remarks>
internal sealed class ChatClient
{
    private readonly Terminal _terminal;
    private readonly Link _link;
    private readonly ClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly Diagnostics _diagnostics;
    private readonly PipeView? _pipe;
    private readonly View _view;
    private readonly byte[] _typed = new byte[4096];
    private readonly long _startedAt;
    private bool _isLeaving,
        _isOutputGone,
        _hasInputEnded,
        _isConnectingShown,
        _isRemembered;
    private string? _rememberedEpoch;
    private long _nextFrameAt,
        _networkAt;
    private int _dropped,
        _firstDropped;
    private string[] _unsent = [];
    private int _late;

    /// <param name="terminal">The keyboard and screen, or the pipes instead.</param>
    /// <param name="link">The link to the server.</param>
    /// <param name="options">The options of the command line and the environment.</param>
    /// <param name="errors">Stderr.</param>
    /// <param name="clock">The time, for own lines and deadlines.</param>
    public ChatClient(Terminal terminal, Link link, ClientOptions options, TextWriter errors, TimeProvider clock)
    {
        (_terminal, _link, _options, _clock) = (terminal, link, options, clock);
        _diagnostics = new Diagnostics(errors);
        _startedAt = Now;
        bool isAtTerminal = terminal.IsInteractive && options is { Json: false, Quiet: false, Snippet: false };
        _pipe = isAtTerminal
            ? null
            : new PipeView(options.Json, options.Quiet, _diagnostics, options.View.Zone)
            {
                IsSnippet = options.Snippet,
            };
        _view = _pipe is null ? new TerminalView(options.View, UnixNow) { Own = options.Own } : _pipe;
        terminal.TakesKeys = isAtTerminal;
    }

    private long Now => (long)_clock.GetElapsedTime(0).TotalMilliseconds;

    private long UnixNow => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Runs until the person leaves, all input is acknowledged after its end, or the first connection fails.
    /// </summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="StartupException">The server was never reached.</exception>
    public int Run()
    {
        // Enter raw mode before the first wait, so all input is read as keys and pastes have their marks.
        if (_pipe is null)
            _terminal.EnterRaw();
        Resize();
        _view.Appear();
        if (_options.Warning is string warning)
            _view.Warn(warning);
        if (_options.Notice is string notice)
            _view.Show(new ChatEvent(EventKind.Info) { Text = notice });
        foreach (byte[] typed in _options.Typed)
            _view.Feed(typed);
        while (!_isLeaving && !_isOutputGone && _link.State != LinkState.Ended)
            RunTurn();
        if (_isLeaving)
            Leave();
        ShowAll();
        if (IsRefusalShown)
            _view.Warn(_link.Ending!);
        _view.Finish();
        Write();
        _terminal.LeaveRaw();
        return ExitCode();
    }

    private void RunTurn()
    {
        _terminal.TakesInput =
            !_hasInputEnded && (_pipe is null || (_link.TakesLines && !_link.IsFinishing && !_link.AwaitsQuit));
        _terminal.TakesNetworkChanges = Now >= _networkAt;
        Wake wake = _terminal.Wait(_link.IsFull ? -1 : _link.WaitHandle, _link.WantsToSend, Patience);
        if (wake.HasFlag(Wake.Resized))
            Resize();
        _view.Tick(Now, UnixNow);
        if (wake.HasFlag(Wake.Resumed))
        {
            // The stop came without warning, so another program may have written to the terminal.
            _view.Forget();
            _view.Return();
        }
        _isLeaving |= wake.HasFlag(Wake.Terminated);
        if (wake.HasFlag(Wake.SuspendAsked))
            Suspend();
        if (wake.HasFlag(Wake.Input))
            Read();
        else
            _view.Settle();
        ApplyInput();
        if (wake.HasFlag(Wake.NetworkChanged))
            HandleNetworkChange();
        _link.Turn();
        ApplyInput();
        if (_options.Own is OwnRoom room)
            ShowLog(room);
        Remember();
        ShowConnecting();
        ShowArrivals();
    }

    // A server that was started again without its history has another epoch.
    private void Remember()
    {
        if (_link.State != LinkState.Joined || (_isRemembered && _link.Epoch == _rememberedEpoch))
            return;
        (_isRemembered, _rememberedEpoch) = (true, _link.Epoch);
        if (_link.Place is HostPort place)
            _options.Known.Add(
                new KnownRoom(place, _link.Epoch ?? "", _link.Room is { IsNameChanged: false } room ? room.Name : "")
            );
    }

    private TimeSpan Patience
    {
        get
        {
            long now = Now;
            long patience = Math.Min((long)_link.Patience.TotalMilliseconds, (_view.Due ?? long.MaxValue) - now);
            if (_link.HasEvents)
                patience = Math.Min(patience, _nextFrameAt - now);
            if (now < _networkAt)
                patience = Math.Min(patience, _networkAt - now);
            return TimeSpan.FromMilliseconds(Math.Max(0, patience));
        }
    }

    // An interface that comes and goes again and again wakes the client once a second.
    private void HandleNetworkChange()
    {
        _networkAt = Now + ClientLimits.HurryMilliseconds;
        _link.HandleNetworkChange();
    }

    // ---- Input ----

    private void Read()
    {
        int count = _terminal.Read(_typed);
        if (count > 0)
        {
            _view.Feed(_typed.AsSpan(0, count));
            return;
        }
        _hasInputEnded = true;
        _view.EndInput();
        ApplyInput();
        if (!_options.Listen)
            _link.Finish();
    }

    // In a pipe, the lines after one that ends the session are not sent. A /quit ends it only on a server of ours.
    // Until the kind of the server is known, further lines wait in the view.
    private void ApplyInput()
    {
        while (_pipe is null || !(_link.IsFinishing || _link.AwaitsQuit))
        {
            (_view.TakesLines, _view.TakesPastes) = (_link.TakesTyped, _link.TakesLines);
            if (!_view.TryTake(out UserAction action))
                return;
            Apply(action);
        }
    }

    private void Apply(UserAction action)
    {
        switch (action.Kind)
        {
            case UserActionKind.Say or UserActionKind.Paste:
                foreach (string line in action.Lines)
                    _link.Say(line, isPasted: action.Kind == UserActionKind.Paste, action.Origin);
                // Only a person hurries the link: a script's lines wait for the planned attempt.
                if (_pipe is null)
                    _link.Hurry();
                break;
            case UserActionKind.Snippet:
                _link.SaySnippet(action.Lines[0], action.Origin);
                if (_pipe is null)
                    _link.Hurry();
                break;
            case UserActionKind.Request:
                _link.Request(action.Command);
                break;
            case UserActionKind.Find:
                _link.Find(action.Lines[0]);
                break;
            case UserActionKind.Secret:
                _link.GiveSecret(action.Lines[0]);
                break;
            case UserActionKind.TakeBack:
                _view.PutBack(_link.TakeBack());
                break;
            case UserActionKind.Leave:
                _isLeaving = true;
                break;
            case UserActionKind.Suspend:
                Suspend();
                break;
            case UserActionKind.AskNames:
                _link.AskPeople(ClientLimits.KnownNames, isAsked: false);
                break;
            case UserActionKind.Hurry:
                _link.Hurry();
                break;
        }
    }

    private void Suspend()
    {
        if (_options.Own is not null)
        {
            Inform("Ctrl-Z does nothing here: stopping this program would stop the room for everybody");
            return;
        }
        _view.Withdraw();
        Write();
        _terminal.Suspend();
        // During the stop, time passed and the window may have been resized.
        Resize();
        _view.Tick(Now, UnixNow);
        _view.Return();
    }

    // ---- Output ----
    // A terminal gets arriving lines in frames of bounded size, at most one per ClientLimits.FrameMilliseconds. While
    // many events wait, the link stops receiving. So a flood waits in the network instead of delaying the keyboard: a
    // key is drawn in its own turn, and so is the first line after a rest. A pipe gets each line at once.

    private void ShowArrivals()
    {
        if (_pipe is not null || !_link.HasEvents || Now >= _nextFrameAt)
            ShowFrame();
        Write();
    }

    private void ShowFrame()
    {
        if (_link.HasEvents)
            _nextFrameAt = Now + ClientLimits.FrameMilliseconds;
        while ((_pipe is not null || _view.FrameBytes < ClientLimits.FrameBytes) && _link.TryTake(out ChatEvent @event))
            _view.Show(@event);
        if (_view.PeopleWanted > 0)
            _link.AskPeople(_view.PeopleWanted, isAsked: false);
        _view.PeopleWanted = 0;
        if (_pipe is null)
            ShowStatus();
    }

    private void ShowStatus()
    {
        // Keep an acknowledged line among the pending ones until its event is shown.
        string[] unsent = [.. _link.Unsent];
        if (!_link.HasEvents || unsent.Length > _unsent.Length)
            (_unsent, _late) = (unsent, _link.LateCount);
        _view.Status(
            new LinkStatus(_link.State, _link.Name, _unsent)
            {
                IsHost = _link.IsHost,
                IsSecretWanted = _link.IsSecretWanted,
                Security = _link.Security,
                RetryMilliseconds = _link.RetryMilliseconds,
                IsOurs = _link.Server is null or { IsOurs: true },
                ToSend = _link.WaitingCount,
                Late = _link.State == LinkState.Joined ? _late : 0,
            }
        );
    }

    private void ShowAll()
    {
        do
        {
            _nextFrameAt = Now;
            ShowArrivals();
        } while (_link.HasEvents && !_isOutputGone);
    }

    // Most servers answer at once, so the notice waits.
    private void ShowConnecting()
    {
        // Below the question for the secret it would be late.
        _isConnectingShown |= _link.State == LinkState.Joined || _link.IsSecretWanted;
        if (_pipe is not null || _isConnectingShown || Now - _startedAt < ClientLimits.ConnectingMilliseconds)
            return;
        _isConnectingShown = true;
        string words = SafeText.Clean($"connecting to {_options.Link.To}; Ctrl-C gives up");
        Inform(words);
    }

    private void Inform(string words) => _view.Show(new ChatEvent(EventKind.Info) { Text = words });

    // The server's log takes the same way to the terminal as everything else, so it cannot tear the prompt.
    private void ShowLog(OwnRoom room)
    {
        while (room.TryTake(out string row))
        {
            _view.Warn(row);
            if (_view.FrameBytes < ClientLimits.FrameBytes)
                continue;
            // The rest comes after this frame.
            _terminal.Interrupt();
            break;
        }
        _isLeaving |= room.HasEnded;
    }

    private void Resize()
    {
        (int columns, int rows) = _terminal.Size;
        _view.Resize(columns, rows);
    }

    private void Write()
    {
        ReadOnlySpan<byte> frame = _view.Frame;
        if (frame.Length > 0 && !_terminal.Write(frame))
            _isOutputGone = true;
        _view.FrameWritten();
    }

    // ---- The end ----

    // A leaving client drops the waiting lines but sends a goodbye. Without it the server would see a broken
    // connection.
    private void Leave()
    {
        _view.Withdraw();
        Write();
        _terminal.TakesInput = _terminal.TakesNetworkChanges = false;
        _firstDropped = _link.FirstUnsent.Line;
        _dropped = _link.Leave();
        bool isSignal = _terminal.EndedBy is not null;
        long until =
            Now
            + (
                isSignal || _link.UnsentCount == 0
                    ? ClientLimits.LeaveMilliseconds
                    : ClientLimits.LeaveUnderWayMilliseconds
            );
        // Without a connection, no acknowledgement can come.
        while (_link.WasReached && _link.WaitHandle >= 0 && _link.State != LinkState.Ended && Now < until)
        {
            _link.Turn();
            ShowAll();
            if (_link.State == LinkState.Ended)
                break;
            TimeSpan patience = TimeSpan.FromMilliseconds(
                Math.Min(Math.Max(0, until - Now), _link.Patience.TotalMilliseconds)
            );
            _terminal.Wait(_link.WaitHandle, _link.WantsToSend, patience);
        }
    }

    private int ExitCode()
    {
        ReportUnsent();
        if (_terminal.SignalCode is int code)
            return code;
        if (_isOutputGone)
            return Fail("the conversation cannot be written: the output accepts no more data");
        if (IsRefusalShown)
            return 1;
        if (!_isLeaving && _link.Ending is string why)
            return _link.WasReached ? Fail(why + WithheldReason) : throw new StartupException(why);
        return _pipe is null ? 0 : ExitCode(_pipe);
    }

    // The window shows a refusal in red; a pipe has it on stderr.
    private bool IsRefusalShown => _pipe is null && !_isLeaving && _link is { IsRefused: true, Ending: not null };

    // The exit code of a pipe is 0 only if the server took each line unchanged.
    private int ExitCode(PipeView pipe)
    {
        if (_terminal.InputFailure is string failure)
            return Fail($"the input cannot be read: {failure}");
        if (_link.IsUncertain)
            return Fail("the connection broke on the way, and a plain server cannot tell which lines it has taken");
        if (_link.IsMarkMissed)
            return Fail("the server greeted too late; it took lines as a guest's, and may have refused some");
        if (pipe.ErrorCount == 0)
            return 0;
        // Without JSON, each error is already on stderr.
        return _options.Json
            ? Fail(
                pipe.ErrorCount == 1
                    ? "1 error; its object names the line"
                    : $"{pipe.ErrorCount} errors; their objects name the lines"
            )
            : 1;
    }

    private string WithheldReason => _pipe?.Withheld is string line ? $"; its last line was: {line}" : "";

    private void ReportUnsent()
    {
        int unsent = _link.UnsentCount + _dropped;
        if (unsent == 0 || !(_isLeaving || _isOutputGone))
            return;
        int first = _isLeaving ? _firstDropped : _link.FirstUnsent.Line;
        string from = first > 0 ? $", from line {first} of the input on" : "";
        Fail($"{unsent} line{(unsent == 1 ? " was" : "s were")} not sent{from}");
    }

    private int Fail(string why)
    {
        _diagnostics.Print(why);
        return 1;
    }
}
