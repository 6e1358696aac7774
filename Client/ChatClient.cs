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
internal sealed class ChatClient(Terminal terminal, Link link, TextWriter errors)
{
    private const string Prompt = "> ";

    // Cells that the further rows of a long line are set in by, so that none can look like a line of its own.
    private const int Indent = 4;

    private readonly Screen _screen = new(isPlain: !terminal.IsInteractive);
    private readonly KeyDecoder _keys = new();
    private readonly LineEditor _editor = new(Limits.TextBytes);
    private readonly LineFramer _input = new(Limits.UnterminatedBytes);
    private readonly byte[] _typed = new byte[4096];
    private bool _leaving, _outputGone, _inputEnded;

    /// <summary>Turns until the person leaves, the input has ended and was taken, or the server is gone.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="Trouble">The server was never reached.</exception>
    public int Run()
    {
        while (!_leaving && !_outputGone && link.State != LinkState.Ended)
            Pass();
        ShowArrivals();
        terminal.LeaveRaw();
        if (terminal.EndedBy is PosixSignal signal)
            return 128 + (signal switch { PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, PosixSignal.SIGQUIT => 3, _ => 15 });
        if (_outputGone)
            return Tell("what is said here cannot be written any more");
        if (link.State != LinkState.Ended || link.Ending is not string why)
            return 0;
        if (!link.WasReached)
            throw new Trouble(why);
        return Tell(why);
    }

    private int Tell(string why)
    {
        errors.WriteLine($"chat: {why}");
        return 1;
    }

    private void Pass()
    {
        terminal.TakesInput = link.TakesLines && !_inputEnded;
        Wake wake = terminal.Wait(link.WaitHandle, link.WantsToSend, Patience);
        if (wake.HasFlag(Wake.Terminated))
            _leaving = true;
        if (wake.HasFlag(Wake.SuspendAsked))
            Suspend();
        if (wake.HasFlag(Wake.Input))
            TakeInput();
        else if (_keys.IsUndecided && _keys.Flush(out Key key))
            Press(key);
        link.Turn();
        if (link.State == LinkState.Joined)
            terminal.EnterRaw();
        ShowArrivals();
    }

    // A lone escape may be the beginning of a sequence; a moment later it is a key.
    private TimeSpan Patience => TimeSpan.FromMilliseconds(Math.Min(
        link.Patience.TotalMilliseconds,
        _keys.IsUndecided ? Limits.LoneEscapeMilliseconds : int.MaxValue));

    private void TakeInput()
    {
        int count = terminal.Read(_typed);
        ReadOnlySpan<byte> bytes = _typed.AsSpan(0, count);
        if (count == 0)
            EndInput();
        else if (terminal.IsInteractive)
            TakeKeys(bytes);
        else
            TakeLines(bytes);
    }

    private void EndInput()
    {
        _inputEnded = true;
        if (!terminal.IsInteractive && _input.Finish(out ReadOnlySpan<byte> line))
            SayWhole(line);
        link.Finish();
        _leaving = terminal.IsInteractive;
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
        link.Say(Encoding.UTF8.GetString(line));
        if (_input.Dropped > 0)
            errors.WriteLine($"chat: a line of {line.Length + _input.Dropped} bytes is too long to be said; only the first {line.Length} were");
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
        if (!link.TakesLines || string.IsNullOrWhiteSpace(_editor.Text))
            return;
        string text = _editor.Take();
        _screen.Print(Prompt + SafeText.Clean(text), Prompt.Length);
        link.Say(text);
    }

    private void Suspend()
    {
        _screen.HidePrompt();
        Show();
        terminal.Suspend();
    }

    private void ShowArrivals()
    {
        _screen.Columns = terminal.Size.Columns;
        while (link.TryTake(out string line))
            _screen.Print(line, Indent);
        if (terminal.IsInteractive && link.State == LinkState.Joined && !_leaving)
            _screen.ShowPrompt(Prompt, _editor);
        else
            _screen.HidePrompt();
        Show();
    }

    private void Show()
    {
        if (_screen.Frame.Length > 0 && !terminal.Write(_screen.Frame))
            _outputGone = true;
        _screen.Clear();
    }
}
