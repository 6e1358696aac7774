using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Chat.Client.Terminals;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// The loop of a client: wait for the keyboard and the socket, take keys, turn the link, show what came. One write to the terminal a turn.
/// </summary>
/// <remarks>
/// At a terminal the bottom row is the prompt; what arrives is printed above it and never touches what is being typed. Where input or output is
/// no terminal, lines go in and lines come out, nothing else; the end of input ends the program when the server has taken everything.
/// <para>Both sources are served in every turn, neither starves the other: a turn takes one read from the keyboard and one from the socket.</para>
/// </remarks>
internal sealed class ChatClient
{
    // What a line typed to a plain server is repeated behind, which does not say it back.
    private const string OwnPrefix = "> ";

    // Cells that the further rows of a long line are set in by, so that none can look like a line of its own.
    private const int Indent = 4;

    private readonly Terminal _terminal;
    private readonly Link _link;
    private readonly ClientOptions _options;
    private readonly TextWriter _errors;
    private readonly bool _interactive;
    private readonly Screen _screen;
    private readonly JsonLines _json = new();
    private readonly ArrayBufferWriter<byte> _objects = new();
    private readonly KeyDecoder _keys = new();
    private readonly LineEditor _editor = new(Limits.TextBytes);
    private readonly LineFramer _input = new(Limits.UnterminatedBytes);
    private readonly byte[] _typed = new byte[4096];
    private bool _leaving, _outputGone, _inputEnded;

    /// <param name="terminal">Keyboard and screen, or what stands in their places.</param>
    /// <param name="link">To the server.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="errors">Gets, in a pipe, what is no part of the conversation.</param>
    public ChatClient(Terminal terminal, Link link, ClientOptions options, TextWriter errors)
    {
        (_terminal, _link, _options, _errors) = (terminal, link, options, errors);
        _interactive = terminal.IsInteractive && !options.Json;
        _screen = new Screen(isPlain: !_interactive);
    }

    /// <summary>Turns until the person leaves, the input has ended and was taken, or the server was never reached.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="Trouble">The server was never reached.</exception>
    public int Run()
    {
        if (_options.Warning is string warning)
            TellBeside(warning);
        while (!_leaving && !_outputGone && _link.State != LinkState.Ended)
            Pass();
        if (_leaving)
            TakeLeave();
        ShowArrivals();
        _terminal.LeaveRaw();
        int unsent = _link.UnsentCount;
        if (_leaving && unsent > 0)
            Tell($"{unsent} line{(unsent == 1 ? "" : "s")} had not been taken by the server");
        if (_terminal.EndedBy is PosixSignal signal)
            return 128 + (signal switch { PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, PosixSignal.SIGQUIT => 3, _ => 15 });
        if (_outputGone)
            return Tell("what is said here cannot be written any more");
        if (_leaving || _link.Ending is not string why)
            return 0;
        return _link.WasReached ? Tell(why) : throw new Trouble(why);
    }

    private int Tell(string why)
    {
        _errors.WriteLine($"chat: {why}");
        return 1;
    }

    private void Pass()
    {
        _terminal.TakesInput = (_link.TakesLines || _interactive) && !_inputEnded;
        Wake wake = _terminal.Wait(_link.WaitHandle, _link.WantsToSend, Patience);
        if (wake.HasFlag(Wake.Terminated))
            _leaving = true;
        if (wake.HasFlag(Wake.SuspendAsked))
            Suspend();
        if (wake.HasFlag(Wake.Input))
            TakeInput();
        else if (_keys.IsUndecided && _keys.Flush(out Key key))
            Press(key);
        _link.Turn();
        if (_interactive && _link.State == LinkState.Joined)
            _terminal.EnterRaw();
        ShowArrivals();
    }

    // Whoever leaves is not made to wait, but the server is told: it would otherwise take it for a break.
    private void TakeLeave()
    {
        _screen.HidePrompt();
        _terminal.TakesInput = false;
        _link.Finish();
        long until = Environment.TickCount64 + Limits.LeaveMilliseconds;
        for (long left = Limits.LeaveMilliseconds; left > 0 && _link.WasReached && _link.State != LinkState.Ended; left = until - Environment.TickCount64)
        {
            _link.Turn();
            if (_link.State == LinkState.Ended)
                break;
            TimeSpan patience = TimeSpan.FromMilliseconds(Math.Min(left, _link.Patience.TotalMilliseconds));
            _terminal.Wait(_link.WaitHandle, _link.WantsToSend, patience);
        }
    }

    // A lone escape may be the beginning of a sequence; a moment later it is a key.
    private TimeSpan Patience => TimeSpan.FromMilliseconds(Math.Min(
        _link.Patience.TotalMilliseconds,
        _keys.IsUndecided ? Limits.LoneEscapeMilliseconds : int.MaxValue));

    private void TakeInput()
    {
        int count = _terminal.Read(_typed);
        ReadOnlySpan<byte> bytes = _typed.AsSpan(0, count);
        if (count == 0)
            EndInput();
        else if (_interactive)
            TakeKeys(bytes);
        else
            TakeLines(bytes);
    }

    private void EndInput()
    {
        _inputEnded = true;
        if (!_interactive && _input.Finish(out ReadOnlySpan<byte> line))
            SayWhole(line);
        if (!_options.Listen)
            _link.Finish();
        _leaving = _interactive;
    }

    private void TakeLines(ReadOnlySpan<byte> bytes)
    {
        while (_input.Next(ref bytes, out ReadOnlySpan<byte> line))
        {
            SayWhole(line);
        }
    }

    private void SayWhole(ReadOnlySpan<byte> line)
    {
        _link.Say(Encoding.UTF8.GetString(line));
        if (_input.Dropped > 0)
            _errors.WriteLine($"chat: a line of {line.Length + _input.Dropped} bytes is too long to be said; only the first {line.Length} were");
    }

    private void TakeKeys(ReadOnlySpan<byte> bytes)
    {
        while (_keys.Next(ref bytes, out Key key))
            Press(key);
    }

    private void Press(Key key)
    {
        if (key.IsCtrl('c'))
            _leaving = true;
        else if (key.IsCtrl('z'))
            Suspend();
        else if (key.IsCtrl('l'))
            _screen.Wipe();
        else
            Edited(_editor.Press(key));
    }

    private void Edited(Edit edit)
    {
        if (edit == Edit.Submitted)
            Submit();
        else if (edit == Edit.Leave)
            _leaving = true;
    }

    private void Submit()
    {
        if (string.IsNullOrWhiteSpace(_editor.Text))
            return;
        if (!_link.TakesLines)
        {
            _screen.Print("-- too much waits to be sent already; your line is still in the prompt", Indent);
            return;
        }
        string text = _editor.Take();
        if (!_link.IsRich && _link.Name.Length == 0)
            _screen.Print(OwnPrefix + SafeText.Clean(text), OwnPrefix.Length);
        _link.Say(text);
    }

    private void Suspend()
    {
        _screen.HidePrompt();
        Write();
        _terminal.Suspend();
    }

    private void ShowArrivals()
    {
        _screen.Columns = _terminal.Size.Columns;
        while (_link.TryTake(out ChatEvent happened))
            Show(happened);
        if (_interactive && _link.WasReached && _link.Dialect is not null && !_leaving && _link.State != LinkState.Ended)
            _screen.ShowPrompt(Prompt.Of(_link.Name, _link.State, _link.RetryMilliseconds, _link.UnsentCount, _editor.BytesLeft, _screen.Columns), _editor);
        else
            _screen.HidePrompt();
        Write();
    }

    private void Show(ChatEvent happened)
    {
        if (_options.Json)
            _objects.Write(_json.Of(happened));
        else if (happened.Kind == EventKind.Link && PlainLine.OfLink(happened) is string change)
            TellBeside(change);
        else if ((_interactive || !happened.IsEcho || happened.IsHistory || happened.Kind == EventKind.Rename)
            && PlainLine.Of(happened, TimeZoneInfo.Local) is string line)
            _screen.Print(line, Indent);
    }

    // What is no part of the conversation: at a terminal between its lines, in a pipe on the other output.
    private void TellBeside(string words)
    {
        if (_interactive)
            _screen.Print("-- " + words, Indent);
        else
            Tell(words);
    }

    private void Write()
    {
        if (_objects.WrittenCount > 0 && !_terminal.Write(_objects.WrittenSpan))
            _outputGone = true;
        _objects.ResetWrittenCount();
        if (_screen.Frame.Length > 0 && !_terminal.Write(_screen.Frame))
            _outputGone = true;
        _screen.Clear();
    }
}
