using System.Runtime.InteropServices;
using Chat.Client.Editing;
using Chat.Client.Networking;
using Chat.Client.Terminals;
using Chat.Client.Views;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client;

/// <summary>
/// The loop of a client: wait for keyboard and socket, handle the input, turn the link, print the events. One write a
/// turn.
/// </summary>
/// <remarks>
/// At a terminal the client has a <see cref="TerminalView"/>. Where input or output is no terminal, it has a <see
/// cref="PipeView"/>: the end of input ends the program when the server has taken everything.
/// <para>A turn takes one read from the keyboard and one from the socket, so neither starves the other.</para>
/// </remarks>
internal sealed class ChatClient
{
    private readonly Terminal _terminal;
    private readonly Link _link;
    private readonly ClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly TerminalView? _face;
    private readonly PipeView _pipe;
    private readonly KeyReader _keys = new();
    private readonly byte[] _typed = new byte[4096];
    private readonly long _began;
    private bool _leaving,
        _outputGone,
        _inputEnded,
        _connectingTold;
    private long _nextFrame,
        _listAskedAt = -ClientLimits.ListMilliseconds,
        _listDue = long.MaxValue;
    private int _dropped,
        _firstDropped;
    private string[] _unsent = [];

    /// <param name="terminal">Keyboard and screen, or what stands in their places.</param>
    /// <param name="link">To the server.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="errors">Gets what is no part of the conversation, when there is no terminal.</param>
    /// <param name="clock">Stamps what the client itself says, and moves what waits for a moment.</param>
    public ChatClient(Terminal terminal, Link link, ClientOptions options, TextWriter errors, TimeProvider clock)
    {
        (_terminal, _link, _options, _clock) = (terminal, link, options, clock);
        _face =
            terminal.IsInteractive && options is { Json: false, Quiet: false }
                ? new TerminalView(options.Face, UnixNow)
                : null;
        _began = Now;
        terminal.TakesKeys = _face is not null;
        _pipe = new PipeView(options.Json, options.Quiet, errors, options.Face.Zone);
    }

    private long Now => (long)_clock.GetElapsedTime(0).TotalMilliseconds;

    private long UnixNow => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Turns until the person leaves, the input has ended and was taken, or the server was never reached.
    /// </summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="StartupException">The server was never reached.</exception>
    public int Run()
    {
        // Before anything is awaited: from here on what is typed is read as keys, and a paste is known for one.
        if (_face is not null)
            _terminal.EnterRaw();
        Resize();
        _face?.Appear();
        if (_options.Warning is string warning)
            PrintBeside(warning);
        while (!_leaving && !_outputGone && _link.State != LinkState.Ended)
            Pass();
        if (_leaving)
            TakeLeave();
        ShowAll();
        _face?.Finish();
        Write();
        _terminal.LeaveRaw();
        return Outcome();
    }

    private int Outcome()
    {
        ReportUnsent();
        if (_terminal.EndedBy is PosixSignal signal)
            return 128
                + (
                    signal switch
                    {
                        PosixSignal.SIGHUP => 1,
                        PosixSignal.SIGINT => 2,
                        PosixSignal.SIGQUIT => 3,
                        _ => 15,
                    }
                );
        if (_outputGone)
            return Fail("what is said here cannot be written any more");
        if (!_leaving && _link.Ending is string why)
            return _link.WasReached ? Fail(why + WithheldReason) : throw new StartupException(why);
        return _face is null ? PipeOutcome() : 0;
    }

    // The exit code of a pipe is 0 only when the server has taken every line as it stands.
    private int PipeOutcome()
    {
        if (_terminal.InputFailure is string failure)
            return Fail($"the input cannot be read: {failure}");
        if (_link.IsUncertain)
            return Fail("the connection broke on the way, and a plain server cannot tell which lines it has taken");
        if (_link.IsMarkMissed)
            return Fail("the server greeted too late; it took lines as a guest's, and may have refused some");
        if (_pipe.ErrorCount == 0)
            return 0;
        // Without JSON each error stands here already.
        return _options.Json
            ? Fail(
                _pipe.ErrorCount == 1
                    ? "1 error; its object names the line"
                    : $"{_pipe.ErrorCount} errors; their objects name the lines"
            )
            : 1;
    }

    private string WithheldReason => _pipe.Withheld is string line ? $"; its last line was: {line}" : "";

    private void ReportUnsent()
    {
        int unsent = _link.UnsentCount + _dropped;
        if (unsent == 0 || !(_leaving || _outputGone))
            return;
        int first = _leaving ? _firstDropped : _link.FirstUnsent.Line;
        string from = first > 0 ? $", from line {first} of the input on" : "";
        Fail($"{unsent} line{(unsent == 1 ? " was" : "s were")} not sent{from}");
    }

    private int Fail(string why)
    {
        _pipe.Print(why);
        return 1;
    }

    private void Pass()
    {
        _terminal.TakesInput =
            !_inputEnded && (_face is not null || (_link.TakesLines && !_link.IsFinishing && !_link.AwaitsQuit));
        Wake wake = _terminal.Wait(_link.IsFull ? -1 : _link.WaitHandle, _link.WantsToSend, Patience);
        if (wake.HasFlag(Wake.Resized))
            Resize();
        _face?.Tick(Now, UnixNow);
        // SIGSTOP gave no warning: other programs may have written to the terminal.
        if (wake.HasFlag(Wake.Resumed))
            _face?.Forget();
        if (wake.HasFlag(Wake.Resumed))
            _face?.Return();
        if (wake.HasFlag(Wake.Terminated))
            _leaving = true;
        if (wake.HasFlag(Wake.SuspendAsked))
            Suspend();
        if (wake.HasFlag(Wake.Input))
            TakeInput();
        else if (Now >= _keys.Deadline)
            Press(_keys.Flush());
        _link.Turn();
        _pipe.HandlePendingInput(_link);
        PrintConnecting();
        ShowArrivals();
    }

    private TimeSpan Patience
    {
        get
        {
            long now = Now;
            long patience = Math.Min((long)_link.Patience.TotalMilliseconds, (_face?.Due ?? long.MaxValue) - now);
            // A lone escape may be the beginning of a sequence; a moment later it is a key.
            patience = Math.Min(patience, (_keys.Deadline ?? long.MaxValue) - now);
            if (_link.HasEvents)
                patience = Math.Min(patience, _nextFrame - now);
            if (_link.IsRich)
                patience = Math.Min(patience, _listDue - now);
            return TimeSpan.FromMilliseconds(Math.Max(0, patience));
        }
    }

    // ---- In ----

    private void TakeInput()
    {
        int count = _terminal.Read(_typed);
        ReadOnlySpan<byte> bytes = _typed.AsSpan(0, count);
        if (count == 0)
            EndInput();
        else if (_face is not null)
            Press(_keys.Decode(bytes, Now));
        else
            _pipe.HandleInput(bytes, _link);
    }

    private void EndInput()
    {
        _inputEnded = true;
        if (_face is null)
            _pipe.End(_link);
        _leaving = _face is not null;
        if (!_options.Listen)
            _link.Finish();
    }

    private void Press(IReadOnlyList<ReadKey> keys)
    {
        foreach ((Key key, byte[] bytes) in keys)
        {
            _face?.HandleInput(bytes);
            if (key.Kind != KeyKind.None)
                Press(key);
            else if (_keys.IsBetweenKeys)
                _face?.HandleSilence();
        }
    }

    private void Press(Key key)
    {
        if (_face is null)
            return;
        (_face.TakesLines, _face.TakesPastes) = (_link.TakesTyped, _link.TakesLines);
        UserAction wish = _face.Press(key);
        if (wish.Kind == UserActionKind.Leave)
            _leaving = true;
        else if (wish.Kind == UserActionKind.Suspend)
            Suspend();
        else if (wish.Kind == UserActionKind.Names)
            _link.AskPeople(ClientLimits.KnownNames, isAsked: false);
        else if (wish.Kind == UserActionKind.TakeBack)
            _face.PutBack(_link.TakeBack());
        foreach (string line in wish.Lines)
            _link.Say(line, isPasted: wish.Kind == UserActionKind.Paste);
        if (key.Kind == KeyKind.Enter || wish.Kind is UserActionKind.Say or UserActionKind.Paste)
            _link.Hurry();
    }

    // A leaving client does not wait, but tells the server, which would otherwise see a break.
    private void TakeLeave()
    {
        _face?.Withdraw();
        Write();
        _terminal.TakesInput = false;
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
        // Without a connection there is nothing to wait for.
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

    // ---- Showing ----
    // Output. A terminal gets arriving lines in frames of bounded size, one each
    // ClientLimits.FrameMilliseconds at most, and nothing more is taken from the socket while much of it is still to
    // be shown. So a flood is held up in the network and not before the keyboard: a key is drawn in the turn it
    // comes in, and so is the first line after a rest.

    // Most servers are there at once, and then there is nothing to say.
    private void PrintConnecting()
    {
        _connectingTold |= _link.State == LinkState.Joined;
        if (_face is null || _connectingTold || Now - _began < ClientLimits.ConnectingMilliseconds)
            return;
        _connectingTold = true;
        _face.Show(
            new ChatEvent(EventKind.Info)
            {
                Text = SafeText.Clean($"connecting to {_options.Link.To}; Ctrl-C gives up"),
            }
        );
    }

    private void Resize()
    {
        (int columns, int rows) = _terminal.Size;
        _face?.Resize(columns, rows);
    }

    private void Suspend()
    {
        _face?.Withdraw();
        Write();
        _terminal.Suspend();
        // Any time may have passed, and the window may be another.
        Resize();
        _face?.Tick(Now, UnixNow);
        _face?.Return();
    }

    private void ShowArrivals()
    {
        if (_face is null)
        {
            while (_link.TryTake(out ChatEvent happened))
            {
                _pipe.Show(happened);
                if (_options.Json && MakesListStale(happened))
                    _listDue = Math.Max(Now, _listAskedAt + ClientLimits.ListMilliseconds);
            }
            AskForList();
        }
        else if (!_link.HasEvents || Now >= _nextFrame)
        {
            ShowFrame(_face);
        }
        Write();
    }

    // Joins, leaves and renames keep a program's list of people up to date, except these.
    private static bool MakesListStale(ChatEvent happened) =>
        happened is { Kind: EventKind.Link, State: LinkState.Joined }
        || happened is { IsCount: true, IsHistory: false };

    private void AskForList()
    {
        if (Now < _listDue || !_link.IsRich)
            return;
        (_listAskedAt, _listDue) = (Now, long.MaxValue);
        _link.AskPeople(ClientLimits.PeopleListed, isAsked: false);
    }

    private void ShowFrame(TerminalView face)
    {
        if (_link.HasEvents)
            _nextFrame = Now + ClientLimits.FrameMilliseconds;
        while (face.FrameBytes < ClientLimits.FrameBytes && _link.TryTake(out ChatEvent happened))
            face.Show(happened);
        if (face.WantsPeople)
            _link.AskPeople(ProtocolLimits.PeopleTold, isAsked: false);
        face.WantsPeople = false;
        // What the server has taken is pending no more, but it is to be seen until it stands in the conversation.
        string[] unsent = [.. _link.Unsent];
        if (!_link.HasEvents || unsent.Length > _unsent.Length)
            _unsent = unsent;
        face.Status(
            _link.State,
            _link.Name,
            _link.RetryMilliseconds,
            _unsent,
            _link.Server is null or { IsOurs: true },
            _link.WaitingCount
        );
    }

    private void ShowAll()
    {
        do
        {
            _nextFrame = Now;
            ShowArrivals();
        } while (_link.HasEvents && !_outputGone);
    }

    private void PrintBeside(string words)
    {
        if (_face is not null)
            _face.Show(new ChatEvent(EventKind.Error) { Text = SafeText.Clean(words) });
        else
            _pipe.Warn(words);
    }

    private void Write()
    {
        ReadOnlySpan<byte> frame = _face is not null ? _face.Frame : _pipe.Frame;
        if (frame.Length > 0 && !_terminal.Write(frame))
            _outputGone = true;
        _face?.FrameWritten();
        _pipe.FrameWritten();
    }
}
