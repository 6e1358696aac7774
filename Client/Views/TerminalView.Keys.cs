using System.Globalization;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Views;

/// <summary>What keys mean: to the client itself, to the line, and, after /keys, nothing but their own names.</summary>
internal sealed partial class TerminalView
{
    private const string KeysPrompt = "(keys; Escape twice ends) ";

    // More than any key sends; of a paste, its beginning.
    private const int RawBytes = 32;

    private const char WideSlash = '\uFF0F';

    private const string HelpHint = "/help lists the commands";
    private const string ScrollHint =
        "the terminal itself scrolls back: often Shift-PageUp, or the wheel; /find TEXT looks for a line";

    private readonly StyledText _answer = new();
    private readonly List<byte> _raw = [];
    private bool _escaped,
        _namesAsked,
        _tabWaits,
        _blankTold;
    private KeyKind _hinted;

    private bool ShowsKeys => _commands.WantsKeys;

    /// <summary>
    /// What the terminal sent, for /keys to show: of the key that is pressed next, or of none (<see cref="HandleSilence"/>).
    /// </summary>
    public void HandleInput(ReadOnlySpan<byte> bytes)
    {
        if (ShowsKeys)
            _raw.AddRange(bytes[..Math.Min(bytes.Length, RawBytes - _raw.Count)]);
    }

    /// <summary>What was heard is no key that this program knows.</summary>
    public void HandleSilence()
    {
        if (!ShowsKeys || _raw.Count == 0)
            return;
        _changed = true;
        ShowBytes("(no key here)");
    }

    public UserAction Press(Key key)
    {
        _changed = true;
        if (ShowsKeys)
        {
            ShowKey(key);
            return UserAction.None;
        }

        if (key.Kind != KeyKind.Enter)
            _blankTold = false;
        if (key.Kind != _hinted)
            _hinted = KeyKind.None;
        if (key.IsCtrl('z'))
            return UserAction.Suspend;
        Edit edit = _editor.Press(key);
        ReportLeftLines();
        _tabWaits = false;
        if (key.Kind == KeyKind.Tab && !_namesAsked && _state == LinkState.Joined)
        {
            (_namesAsked, _tabWaits) = (true, edit == Edit.Refused);
            return UserAction.Names;
        }

        switch (edit)
        {
            case Edit.Cut:
                Answer(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"too long for one line ({ProtocolLimits.LineBytes:N0} bytes): the last {_editor.CutBytes:N0} were cut"
                    ),
                    Style.Error
                );
                return UserAction.None;
            case Edit.Submitted:
                return Submit();
            case Edit.PasteSubmitted when TakesPastes:
                return new UserAction(UserActionKind.Paste, _editor.TakePaste());
            case Edit.PasteSubmitted:
                AnswerFull();
                return UserAction.None;
            case Edit.Ignored when key.Kind == KeyKind.Escape || key.IsCtrl('g'):
                return UserAction.TakeBack;
            case Edit.Leave:
                return UserAction.Leave;
            case Edit.Ignored when key.IsCtrl('l'):
                _screen.Wipe();
                return UserAction.None;
            case Edit.Ignored when key.Kind is KeyKind.PageUp or KeyKind.PageDown or KeyKind.F1:
                Hint(key.Kind);
                return UserAction.None;
            default:
                return UserAction.None;
        }
    }

    /// <summary>Gives lines back that were taken back before they were sent.</summary>
    public void PutBack(IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
            return;
        Answer(lines.Count == 1 ? "1 line was taken back" : $"{lines.Count} lines were taken back", Style.Plain);
        _editor.PutBack(lines);
        _changed = true;
    }

    private void ReportLeftLines()
    {
        int left = _editor.TakeLeftLines();
        if (left > 0)
            Answer(
                $"{left} {(left == 1 ? "line was" : "lines were")} not sent; Ctrl-Y brings {(left == 1 ? "it" : "them")} back",
                Style.Plain
            );
    }

    private UserAction Submit()
    {
        UserAction wish = SubmitLine();
        ReportHistoryFailure();
        return wish;
    }

    private void ReportHistoryFailure()
    {
        if (_options.History.TakeFailure() is string failure)
            Answer(failure, Style.Error);
    }

    private UserAction SubmitLine()
    {
        string line = _editor.Text;
        if (string.IsNullOrWhiteSpace(line))
        {
            _editor.TakeLine();
            return UserAction.None;
        }

        if (LooksLikeCommand(line) && !_blankTold)
        {
            _blankTold = true;
            Answer(
                "this is no command and everybody would read it; Enter again says it, a command begins with /",
                Style.Error
            );
            return UserAction.None;
        }

        if (LocalCommands.IsQuit(line))
        {
            _editor.TakeLine();
            return UserAction.Leave;
        }

        if (_commands.Run(line))
        {
            _editor.TakeLine();
            if (_commands.WantsClear)
                _screen.Wipe();
            _commands.WantsClear = false;
            return UserAction.None;
        }

        if (!TakesLines)
        {
            AnswerFull();
            return UserAction.None;
        }

        return new UserAction(UserActionKind.Say, [_editor.TakeLine()]);
    }

    /// <summary>Whether a line that is text was perhaps meant as a command: it has a blank before its slash, or the wide slash of an input method.</summary>
    private static bool LooksLikeCommand(string line) => line[0] != '/' && line.TrimStart()[0] is '/' or WideSlash;

    // A key that is held down says it once.
    private void Hint(KeyKind key)
    {
        if (key != _hinted)
            Answer(key == KeyKind.F1 ? HelpHint : ScrollHint, Style.Plain);
        _hinted = key;
    }

    private void ShowKey(Key key)
    {
        if (key.Pasted)
            return;
        ShowBytes(KeyNames.Describe(key));
        bool isEscape = key.Kind == KeyKind.Escape;
        if (key.IsCtrl('c') || (isEscape && _escaped))
            _commands.WantsKeys = isEscape = false;
        _escaped = isEscape;
    }

    private void ShowBytes(string name)
    {
        Answer($"{name, -16} {KeyNames.DescribeBytes([.. _raw])}", Style.Plain);
        _raw.Clear();
    }

    private void AnswerFull() =>
        Answer("too much waits to be sent; this line stays here until there is room", Style.Error);

    private void Answer(string words, Style style)
    {
        PrintPresence();
        // Paths and what the system says of them stand in some.
        _answer.Clear().Add("-- ", style).Add(SafeText.Clean(words), style).Indent = 3;
        _screen.Print(_answer);
    }

    private void AnswerFound(string line, string text)
    {
        const string Before = "--   ";
        PrintPresence();
        _answer.Clear().Add(Before).Indent = Before.Length;
        int told = 0;
        for (int at; (at = line.IndexOf(text, told, StringComparison.OrdinalIgnoreCase)) >= 0; )
        {
            // To the end of its last cluster: no mark stands apart from its letter.
            int end = at;
            while (end < at + text.Length)
                end += StringInfo.GetNextTextElementLength(line.AsSpan(end));
            _answer.Add(line.AsSpan(told, at - told)).Add(line.AsSpan(at, end - at), Style.Found);
            told = end;
        }
        _screen.Print(_answer.Add(line.AsSpan(told)));
    }
}
