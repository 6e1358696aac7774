using System.Globalization;
using System.Text;
using Chat.Client.Commands;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Views;

/// <summary>The options of a terminal view.</summary>
internal sealed record TerminalViewOptions
{
    public Colours Colours { get; init; } = Colours.Sixteen;

    /// <summary>Whether the terminal wraps rows again at a resize.</summary>
    public bool Reflows { get; init; } = true;

    /// <summary>The terminal has a title, which shows the number of unread lines, and reports its focus.</summary>
    public bool TakesOsc { get; init; }

    /// <summary>The form of a desktop notice.</summary>
    public NoticeKind Notify { get; init; }

    public TimeFormat Time { get; init; } = TimeFormat.Usual;

    public LocalTimeZone Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>The bell's mode for this run; null for the saved one.</summary>
    public BellMode? Bell { get; init; }

    /// <summary>The file of the bell's mode; null for no file.</summary>
    public string? BellPath { get; init; }

    public InputHistory History { get; init; } = new(null);

    public IgnoreList Ignored { get; init; } = new(null);

    /// <summary>The requested name. Mentions match it while the server has sent no name.</summary>
    public string Name { get; init; } = "";
}

/// <summary>
/// The view at a terminal: the conversation above a prompt. <see cref="EventFormatter"/> formats lines,
/// <see cref="LineEditor"/> handles keys, <see cref="Screen"/> draws. Pure except for the person's files.
/// </summary>
internal sealed class TerminalView : View, ICommandWindow
{
    private readonly Screen _screen;
    private readonly LineEditor _editor = new(ProtocolLimits.TextBytes);
    private readonly SecretField _secret = new();
    private readonly EventFormatter _formatter;
    private readonly Bell _bell;
    private readonly JoinLeaveSummary _joinsAndLeaves = new();
    private readonly AwaySummary _away = new();
    private readonly Completion _completion;
    private readonly Scrollback _scrollback = new();
    private readonly MessageList _messages = new();
    private readonly Attention _attention = new();
    private readonly LocalCommands _commands;
    private readonly TerminalViewOptions _options;
    private LinkStatus _status = new(default, "", []);
    private string _title = "";
    private MentionMatcher _me;
    private long _now,
        _unixNow,
        _endsUntil;
    private bool _isPromptShown,
        _changed,
        _wasLost,
        _isCatchingUp,
        _isGreetingDue,
        _hasInputEnded,
        _isRepeating,
        _showsKeys;

    private const string EditCommand = "/edit ";

    private const string SecretPrompt = "secret> ";

    private UserAction _requested = UserAction.None;

    private const int FoldedWithoutNumber = -1;

    // The number of the message that is printed and may be folded; 0 for a line that is not folded.
    private int _foldable;

    /// <param name="options">The options.</param>
    /// <param name="unixNow">The time of day in Unix milliseconds.</param>
    public TerminalView(TerminalViewOptions options, long unixNow)
    {
        _options = options;
        Palette palette = new(options.Colours);
        _screen = new Screen(palette) { Reflows = options.Reflows, TakesOsc = options.TakesOsc };
        _formatter = new EventFormatter(palette, options.Zone, options.Time, Print);
        _formatter.BeginAt(unixNow);
        _bell = new Bell(options.Bell ?? Bell.Kept(options.BellPath), options.BellPath);
        _me = new MentionMatcher(options.Name);
        _commands = new LocalCommands(_scrollback, _messages, options.Ignored, _bell, this);
        _completion = new Completion([.. SlashCommands.All, .. SlashCommands.OfHost], _commands.Arguments);
        _editor.Completion = _completion;
        _completion.Me = options.Name;
        _editor.Restore(options.History.Load());
        _editor.Remembered = options.History.Add;
        _unixNow = unixNow;
    }

    /// <summary>The room of this process, which ends when its host leaves; null for none.</summary>
    public OwnRoom? Own { get; init; }

    // A host that leaves ends the room for everybody, so one slip of a finger must not.
    private UserAction AskToEnd(string again)
    {
        int others = Own is null ? 0 : Own.People() - 1;
        if (others <= 0 || _now < _endsUntil)
            return UserAction.Leave;
        _endsUntil = _now + ClientLimits.EndQuestionMilliseconds;
        Answer($"end the room for {others} {(others == 1 ? "person" : "people")}? {again} again ends it", Style.Error);
        return UserAction.None;
    }

    public override long? Due
    {
        get
        {
            long? countdown =
                _status.State == LinkState.Waiting && _isPromptShown
                    ? _now + 1 + ((_status.RetryMilliseconds + 999) % 1000)
                    : null;
            return Earlier(
                Earlier(
                    Earlier(_joinsAndLeaves.Deadline, _away.Deadline),
                    Earlier(_options.Ignored.Deadline, countdown)
                ),
                _keyReader.Deadline
            );
        }
    }

    public override int FrameBytes => _screen.Frame.Length;

    public override ReadOnlySpan<byte> Frame
    {
        get
        {
            if (_isPromptShown)
                ShowTitle();
            if (_isPromptShown && (_changed || !_screen.Frame.IsEmpty))
            {
                _screen.ShowPending(_status.Pending, _status.Late);
                _changed = false;
                if (_status.IsSecretWanted)
                    _screen.ShowPrompt(SecretPrompt, _secret);
                else if (_editor.PasteQuestion(_screen.Columns - 2) is string question)
                    _screen.ShowQuestion(question);
                else
                    _screen.ShowPrompt(_showsKeys ? KeysPrompt : _editor.SearchQuestion ?? UsualPrompt, _editor);
            }

            return _screen.Frame;
        }
    }

    private void ShowTitle()
    {
        string title = _attention.Title(_status.Name);
        if (!_options.TakesOsc || title == _title)
            return;
        _title = title;
        _screen.SetTitle(title);
    }

    public override void FrameWritten() => _screen.Clear();

    public override void Appear()
    {
        (_isPromptShown, _changed) = (true, true);
        // Another program may have set it.
        _title = "";
        ReportHistoryFailure();
    }

    public override void Return()
    {
        _away.Returned(_now);
        Appear();
    }

    public override void Forget() => _screen.Forget();

    public override void Withdraw()
    {
        PrintJoinsAndLeaves();
        _screen.HidePrompt();
        _isPromptShown = false;
    }

    public override void Finish()
    {
        _options.History.Finish();
        _options.Ignored.Finish();
        ReportHistoryFailure();
        Withdraw();
    }

    public override void Resize(int columns, int rows)
    {
        _changed |= columns != _screen.Columns || rows != _screen.Rows;
        (_screen.Columns, _screen.Rows) = (columns, rows);
    }

    public override void Tick(long now, long unixNow)
    {
        (_now, _unixNow) = (now, unixNow);
        if (_joinsAndLeaves.Deadline <= now)
            PrintJoinsAndLeaves();
        if (_away.Deadline <= now)
            PrintAwaySummary();
        _options.Ignored.Tick(now);
    }

    public override void Status(LinkStatus status)
    {
        _changed |=
            status.State != _status.State
            || status.Name != _status.Name
            || status.IsHost != _status.IsHost
            || status.IsSecretWanted != _status.IsSecretWanted
            || status.Security != _status.Security
            || status.ToSend != _status.ToSend
            || status.Late != _status.Late
            || Seconds(status) != Seconds(_status)
            || !status.Pending.SequenceEqual(_status.Pending, StringComparer.Ordinal);
        if (!status.IsSecretWanted)
            _secret.Take();
        bool isRenamed = status.Name != _status.Name;
        _status = status;
        if (!isRenamed)
            return;
        _me = new MentionMatcher(status.Name.Length > 0 ? status.Name : _options.Name);
        _completion.Me = _me.Name;
    }

    // The prompt counts down in whole seconds.
    private static int Seconds(LinkStatus status) => (status.RetryMilliseconds + 999) / 1000;

    private string UsualPrompt =>
        PromptText.Format(
            HostMark.Show(_status.Name, _status.IsHost),
            _status.State,
            _status.RetryMilliseconds,
            _status.Pending.Count,
            _editor.BytesLeft,
            _screen.PromptCells,
            _status.ToSend,
            _status.Security is { IsExposed: true }
        );

    private static long? Earlier(long? one, long? other) =>
        one is null ? other
        : other is null ? one
        : Math.Min(one.Value, other.Value);

    private void Print(params ReadOnlySpan<StyledText> lines)
    {
        foreach (StyledText line in lines)
        {
            if (!_isRepeating)
                _scrollback.Add(line.Text);
        }
        if (_foldable == 0 || !TryPrintFolded(lines))
        {
            foreach (StyledText line in lines)
                _screen.Print(line);
        }
    }

    // Prints the beginning of a long message. The row of a snippet's author does not count.
    private bool TryPrintFolded(ReadOnlySpan<StyledText> lines)
    {
        // A row has at least an eighth as many characters as cells: an indent, a long word behind it, wide letters.
        if (lines.Length == 1 && lines[0].Text.Length <= ClientLimits.WholeRows * _screen.Columns / 8)
            return false;
        int author = lines.Length > 1 ? 1 : 0,
            rows = 0;
        foreach (StyledText line in lines[author..])
            rows += _screen.RowsOf(line);
        if (rows <= ClientLimits.WholeRows)
            return false;
        if (author > 0)
            _screen.Print(lines[0]);
        int left = ClientLimits.FirstRows;
        foreach (StyledText line in lines[author..])
        {
            int here = Math.Min(left, _screen.RowsOf(line));
            if (here == 0)
                break;
            _screen.Print(line, here);
            left -= here;
        }
        string show = _foldable > 0 ? $"; /show {_foldable}" : "";
        _answer.Clear().Add($"  ... {rows - ClientLimits.FirstRows} more{show}", Style.Quiet);
        _screen.Print(_answer);
        return true;
    }

    // ---- Keys ----

    private const string KeysPrompt = "(keys; Escape twice ends) ";

    // More bytes than any key sends. Of a paste, /keys shows the beginning.
    private const int RawBytes = 32;

    // Cells of a copied message in the answer.
    private const int CopiedCells = 40;

    private const string HelpHint = "/help lists the commands";
    private const string ScrollHint =
        "the terminal itself scrolls back: often Shift-PageUp, or the wheel; /find TEXT looks for a line";

    private readonly KeyReader _keyReader = new();
    private readonly Queue<ReadKey> _read = [];
    private readonly Queue<UserAction> _returned = [];
    private readonly StyledText _answer = new();
    private readonly List<byte> _raw = [];
    private bool _escaped,
        _hasRequestedNames,
        _isTabWaiting,
        _isDoubtShown;
    private KeyKind _hinted;

    /// <summary>
    /// Collects the bytes that /keys shows, with the next key or without one (<see cref="HandleSilence"/>).
    /// </summary>
    public void HandleInput(ReadOnlySpan<byte> bytes)
    {
        if (_showsKeys)
            _raw.AddRange(bytes[..Math.Min(bytes.Length, RawBytes - _raw.Count)]);
    }

    /// <summary>Shows the collected bytes, which are no known key.</summary>
    public void HandleSilence()
    {
        if (!_showsKeys || _raw.Count == 0)
            return;
        _changed = true;
        ShowBytes("(no key here)");
    }

    public override void Feed(ReadOnlySpan<byte> bytes) => Add(_keyReader.Decode(bytes, _now));

    public override void Settle()
    {
        if (_now >= _keyReader.Deadline)
            Add(_keyReader.Flush());
    }

    public override void EndInput() => _hasInputEnded = true;

    public override bool TryTake(out UserAction action)
    {
        if (_returned.TryDequeue(out action))
            return true;
        while (_read.TryDequeue(out ReadKey read))
        {
            action = Press(read);
            if (action.Kind != UserActionKind.None)
                return true;
        }
        action = _hasInputEnded ? UserAction.Leave : UserAction.None;
        _hasInputEnded = false;
        return action.Kind != UserActionKind.None;
    }

    private void Add(IReadOnlyList<ReadKey> keys)
    {
        foreach (ReadKey key in keys)
            _read.Enqueue(key);
    }

    private UserAction Press(ReadKey read)
    {
        HandleInput(read.Bytes);
        if (read.Key.Kind == KeyKind.None)
        {
            if (_keyReader.IsBetweenKeys)
                HandleSilence();
            return UserAction.None;
        }
        UserAction action = Press(read.Key);
        bool isEnter = read.Key is { Kind: KeyKind.Enter, Alt: false, Shift: false };
        return action.Kind == UserActionKind.None && isEnter ? UserAction.Hurry : action;
    }

    public UserAction Press(Key key)
    {
        if (key.Kind is KeyKind.FocusIn or KeyKind.FocusOut)
        {
            _attention.SetFocus(key.Kind == KeyKind.FocusIn);
            _raw.Clear();
            return UserAction.None;
        }
        _changed = true;
        if (_status.IsSecretWanted && !key.IsCtrl('z'))
            return PressInSecret(key);
        if (_showsKeys)
        {
            ShowKey(key);
            return UserAction.None;
        }

        if (key is not { Kind: KeyKind.Enter, Alt: false, Shift: false })
            _isDoubtShown = false;
        if (key.Kind != _hinted)
            _hinted = KeyKind.None;
        if (key.IsCtrl('z'))
            return UserAction.Suspend;
        Edit edit = _editor.Press(key);
        if (!_editor.Text.StartsWith(EditCommand, StringComparison.Ordinal))
            EditedNumber = 0;
        ReportLeftLines();
        _isTabWaiting = false;
        if (key.Kind == KeyKind.Tab && !_hasRequestedNames && _status.State == LinkState.Joined)
        {
            (_hasRequestedNames, _isTabWaiting) = (true, edit == Edit.Refused);
            return UserAction.AskNames;
        }

        switch (edit)
        {
            case Edit.Submitted:
                return Submit();
            case Edit.PasteSubmitted or Edit.ReturnedSubmitted:
                return SubmitPaste(edit);
            case Edit.Ignored when key.Kind == KeyKind.Escape || key.IsCtrl('g'):
                return UserAction.TakeBack;
            case Edit.Leave:
                return AskToEnd(key.IsCtrl('d') ? "Ctrl-D" : "Ctrl-C");
            case Edit.Ignored when key.IsAlt('n'):
                return Run(new Command(CommandKind.Local, "numbers"));
            case Edit.Ignored when key.IsAlt('e'):
                return Run(new Command(CommandKind.Local, "edit"));
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

    private UserAction PressInSecret(Key key) =>
        _secret.Press(key) switch
        {
            Edit.Submitted => new UserAction(UserActionKind.Secret, [_secret.Take()]),
            Edit.Leave => UserAction.Leave,
            _ => UserAction.None,
        };

    public override void PutBack(IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
        {
            if (_status.ToSend > 0)
                Answer("corrections and withdrawals stay: they are sent when the server takes them", Style.Plain);
            return;
        }
        Answer(lines.Count == 1 ? "1 line was taken back" : $"{lines.Count} lines were taken back", Style.Plain);
        _editor.PutBack(lines);
        _changed = true;
    }

    private void ReportLeftLines()
    {
        int left = _editor.TakeLeftLines();
        if (left > 0)
            Answer(
                $"{left} {(left == 1 ? "line was" : "lines were")} not sent; Ctrl-Y brings "
                    + $"{(left == 1 ? "it" : "them")} back",
                Style.Plain
            );
    }

    private UserAction Submit()
    {
        long asked = _endsUntil;
        UserAction action = SubmitLine();
        // Another line in between withdraws the question.
        if (asked == _endsUntil && action.Kind != UserActionKind.Leave)
            _endsUntil = 0;
        ReportHistoryFailure();
        return action;
    }

    private void ReportHistoryFailure()
    {
        if (_options.History.TakeFailure() is string failure)
            Answer(failure, Style.Error);
    }

    // Each text goes as it went before: a line as a line, which may be a command, and several rows as one message.
    private UserAction SendReturned()
    {
        foreach (string text in _editor.TakeReturned())
        {
            UserAction action = ActionOf(text);
            if (action.Kind != UserActionKind.None)
                _returned.Enqueue(action);
        }
        return _returned.TryDequeue(out UserAction first) ? first : UserAction.None;
    }

    // A text of one row stands there as it is typed: an answer is a command, and a slash at its beginning is doubled.
    private UserAction ActionOf(string returned)
    {
        if (SnippetText.IsSnippet(returned))
            return new UserAction(UserActionKind.Snippet, [returned]);
        Command command = CommandParser.Parse(returned, KnownCommands);
        if (command is { Kind: CommandKind.Local, Verb: "re" })
            return Run(command);
        return command is { Kind: CommandKind.Say, Verb: "say" } && !IsOneLine(returned)
            ? new UserAction(UserActionKind.Snippet, [command.Text])
            : new UserAction(UserActionKind.Paste, [returned]);
    }

    private UserAction SubmitPaste(Edit edit)
    {
        if (edit == Edit.PasteSubmitted && IsCommand(_editor.Text))
        {
            Answer(
                "the prompt holds a command, which takes one line: answer n, and send or clear it first",
                Style.Error
            );
            return UserAction.None;
        }
        if (TakesPastes)
            return edit == Edit.PasteSubmitted
                ? new UserAction(UserActionKind.Snippet, [_editor.TakePaste()])
                : SendReturned();
        AnswerFull();
        return UserAction.None;
    }

    // A paste behind /msg is for one person.
    private bool IsCommand(string draft) =>
        CommandParser.LooksLikeCommand(draft)
        || CommandParser.Parse(draft, KnownCommands)
            is not { Kind: CommandKind.Say or CommandKind.Empty, Verb: "say" or "" };

    // Rows that were joined may be too long for a line.
    private static bool IsOneLine(string message) =>
        !message.Contains('\n', StringComparison.Ordinal)
        && Encoding.UTF8.GetByteCount(message) <= ProtocolLimits.TextBytes;

    private UserAction SubmitSnippet(string text)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal) is var found and >= 0 ? found : text.Length;
        Command command = CommandParser.Parse(text[..end], KnownCommands);
        if (command is { Kind: CommandKind.Local, Verb: "edit" } && TakesLines)
        {
            _editor.TakeLine();
            return Run(command with { Text = SnippetText.Clean(text[EditCommand.Length..]) });
        }
        if (command is not { Kind: CommandKind.Say, Verb: "say" })
        {
            Answer(
                "a text that begins with / is a command, which takes one line; begin the text with // to send it",
                Style.Error
            );
            return UserAction.None;
        }
        if (!TakesLines)
        {
            AnswerFull();
            return UserAction.None;
        }
        _editor.TakeLine();
        return new UserAction(UserActionKind.Snippet, [command.Text + text[end..]]);
    }

    private UserAction SubmitLine()
    {
        string line = _editor.Message;
        if (CommandParser.LooksLikeCommand(line) && !_isDoubtShown)
        {
            _isDoubtShown = true;
            Answer("a command begins with /, so this line is text for everybody; Enter again sends it", Style.Error);
            return UserAction.None;
        }

        if (!IsOneLine(line))
            return SubmitSnippet(line);
        Command command = CommandParser.Parse(line, KnownCommands);
        if (command.Kind == CommandKind.Say || command.Kind == CommandKind.Ask)
        {
            if (TakesLines)
                return new UserAction(UserActionKind.Say, [_editor.TakeLine()]);
            AnswerFull();
            return UserAction.None;
        }

        if (command is { Kind: CommandKind.Local, Verb: "re" or "edit" or "delete" } && !TakesLines)
        {
            AnswerFull();
            return UserAction.None;
        }
        _editor.TakeLine();
        return command.Kind == CommandKind.Quit ? AskToEnd("/quit") : Run(command);
    }

    private CommandSets KnownCommands => CommandSets.Client | (_status.IsOurs ? CommandSets.Room : CommandSets.None);

    private UserAction Run(Command command)
    {
        if (command.Kind == CommandKind.Refused)
        {
            Answer(command.Text, Style.Error);
        }
        else if (command.Kind == CommandKind.Help)
        {
            foreach (string line in SlashCommands.Help(KnownCommands, _status.IsHost))
                Answer(line, Style.Plain);
        }
        else if (command.Verb == "find" && _status is { IsOurs: true, State: LinkState.Joined })
        {
            return new UserAction(UserActionKind.Find, [command.Text]);
        }
        else if (command.Kind == CommandKind.Local)
        {
            _commands.Run(command);
        }
        UserAction action = _requested;
        _requested = UserAction.None;
        return action;
    }

    public int EditedNumber { get; private set; }

    bool ICommandWindow.HasPending => _status.Pending.Count > 0;

    void ICommandWindow.Request(Command request) =>
        _requested = new UserAction(UserActionKind.Request, []) { Command = request };

    void ICommandWindow.BeginEdit(int number)
    {
        string text = _messages.Find(number)!.Text;
        if (_editor.Text.Length == 0 || _editor.Text == text)
        {
            _editor.Begin(EditCommand + text);
            EditedNumber = number;
        }
        else
            Answer("the prompt is not empty; send or clear its text first", Style.Error);
    }

    // A held key prints the hint once.
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
            _showsKeys = isEscape = false;
        _escaped = isEscape;
    }

    private void ShowBytes(string name)
    {
        Answer($"{name, -16} {KeyNames.DescribeBytes([.. _raw])}", Style.Plain);
        _raw.Clear();
    }

    string ICommandWindow.OwnName => _me.Name;

    LinkSecurity? ICommandWindow.Security => _status.State == LinkState.Joined ? _status.Security : null;

    string? ICommandWindow.OwnKey => Own?.Key;

    void ICommandWindow.Clear() => _screen.Wipe();

    void ICommandWindow.ShowKeys() => _showsKeys = true;

    void ICommandWindow.ShowMessage(int number) => Repeat(_messages.Find(number)!, isMention: false);

    void ICommandWindow.ListNumbers()
    {
        if (_messages.Last == 0)
        {
            Answer(_messages.WordsForMissing(1)!, Style.Error);
            return;
        }
        int number = Math.Max(_messages.First, _messages.Last - ClientLimits.NumbersListed + 1);
        foreach (ChatEvent message in _messages.TakeLast(ClientLimits.NumbersListed))
        {
            string to = message.Kind == EventKind.Whisper ? $" -> {message.ShownTo}" : "",
                quoted = message.Quoted.Length > 0 ? $" ({message.Quoted})" : "",
                name = message.Name.Length > 0 ? $"{message.ShownName}{to}{quoted}: " : "";
            Answer(Shortened($"{number++, 4}  {name}{message.Text}"), Style.Plain);
        }
    }

    // One row of the window, behind the two dashes.
    private string Shortened(string text)
    {
        text = SnippetText.OneRow(text);
        int fitting = LineWrapper.Fitting(text, Math.Max(1, _screen.Columns - 5));
        return fitting < text.Length ? text[..fitting] + "…" : text;
    }

    void ICommandWindow.CopyMessage(int number)
    {
        if (!_options.TakesOsc)
        {
            Answer("this terminal is not known to take a clipboard; /raw prints the message bare", Style.Error);
            return;
        }
        string message = _messages.Find(number)!.Text;
        _screen.Copy(message);
        string line = SnippetText.OneRow(message);
        int shown = LineWrapper.Fitting(line, CopiedCells);
        Answer($"copied: {line[..shown]}{(shown < line.Length ? "…" : "")}", Style.Plain);
    }

    void ICommandWindow.PrintMessages(int count)
    {
        ChatEvent[] messages = [.. _messages.TakeLast(count)];
        if (messages.Length == 0)
        {
            Answer(_messages.WordsForMissing(1)!, Style.Error);
            return;
        }
        Answer(
            messages.Length == 1 ? "the last message, bare:" : $"the last {messages.Length} messages, bare:",
            Style.Plain
        );
        foreach (ChatEvent message in messages)
            _screen.PrintBare(message.Text);
        Answer("end of the bare messages", Style.Plain);
    }

    // The lines stand in the scrollback already, where /find looks.
    void ICommandWindow.ListMentions()
    {
        int count = _attention.Missed.Count;
        Answer(
            count switch
            {
                0 => "no mention or whisper was missed",
                1 => "1 mention or whisper was missed:",
                _ => $"{count} mentions and whispers were missed:",
            },
            Style.Plain
        );
        foreach ((ChatEvent missed, bool isMention) in _attention.Missed)
            Repeat(missed, isMention);
    }

    private void Repeat(ChatEvent shown, bool isMention)
    {
        PrintJoinsAndLeaves();
        _isRepeating = true;
        _formatter.Write(shown, isMention, _unixNow);
        _isRepeating = false;
    }

    private void AnswerFull() =>
        Answer("too much waits to be sent; this line stays here until there is room", Style.Error);

    public void Answer(string words, Style style)
    {
        PrintJoinsAndLeaves();
        // Clean the answer: it may contain paths and system errors.
        _answer.Clear().Add("-- ", style).Add(SafeText.Clean(words), style).Indent = 3;
        _screen.Print(_answer);
    }

    public void AnswerFound(string line, string text)
    {
        const string Before = "--   ";
        PrintJoinsAndLeaves();
        _answer.Clear().Add(Before).Indent = Before.Length;
        int told = 0;
        for (int at; (at = line.IndexOf(text, told, StringComparison.OrdinalIgnoreCase)) >= 0; )
        {
            // Extend the match to the end of its last cluster, or a mark would be separated from its letter.
            int end = at;
            while (end < at + text.Length)
                end += StringInfo.GetNextTextElementLength(line.AsSpan(end));
            _answer.Add(line.AsSpan(told, at - told)).Add(line.AsSpan(at, end - at), Style.Found);
            told = end;
        }
        _screen.Print(_answer.Add(line.AsSpan(told)));
    }

    // ---- Events ----

    public override void Warn(string words) => Show(new ChatEvent(EventKind.Error) { Text = SafeText.Clean(words) });

    public override void Show(ChatEvent @event)
    {
        if (@event.Kind == EventKind.Present)
        {
            HandleRoster(@event);
            return;
        }

        if (@event.Kind == EventKind.Found)
        {
            ShowFound(@event);
            return;
        }

        // A line of a server of ours outside the dialect, such as its greeting, is no message.
        bool isSpoken =
            @event.Kind is EventKind.Say or EventKind.Me or EventKind.Whisper
            || (@event.Kind == EventKind.Line && !_status.IsOurs);
        if (IsIgnored(@event))
            return;
        Track(@event);
        if (@event.Kind is EventKind.Join or EventKind.Leave)
        {
            _joinsAndLeaves.Add(@event, _now);
            if (_joinsAndLeaves.IsFull)
                PrintJoinsAndLeaves();
            return;
        }

        PrintJoinsAndLeaves();
        if (@event is { Kind: EventKind.Gap, IsNewLog: true })
            _messages.ForgetOffsets();
        if (@event.Kind is EventKind.Edit or EventKind.Delete)
        {
            ShowChange(@event);
            return;
        }
        bool isMention = isSpoken && !@event.Mine && (_me.IsIn(@event.Text) || _me.IsIn(AnsweredIn(@event.Quoted)));
        bool isNews = isSpoken && !@event.Mine && !@event.IsHistory;
        if (isNews)
            CountMissed(@event, isMention);
        _foldable = isSpoken ? _messages.Add(@event) : 0;
        _formatter.Write(@event, isMention, _unixNow);
        _foldable = 0;
        Notify(@event, isMention, isNews);
    }

    private void Notify(ChatEvent said, bool isMention, bool isNews)
    {
        if (_bell.Rings(said, isMention, _now))
            _screen.Ring();
        if (isNews && _attention.Count(said, isMention, _now) is string notice && _options.Notify != NoticeKind.Off)
            _screen.Notify(_options.Notify, notice);
    }

    private void ShowChange(ChatEvent change)
    {
        int number = _messages.Apply(change, out ChatEvent? former);
        if (change.Kind == EventKind.Edit)
        {
            ChatEvent corrected = change with { Kind = former?.Kind ?? EventKind.Say, IsEdited = true };
            bool isMention = !change.Mine && _me.IsIn(change.Text);
            // A correction of a message that was a mention before is no news.
            bool isNews = isMention && !change.IsHistory && (former is null || !_me.IsIn(former.Text));
            if (isNews)
                CountMissed(corrected, isMention);
            _foldable = number > 0 ? number : FoldedWithoutNumber;
            _formatter.Write(corrected, isMention, _unixNow);
            _foldable = 0;
            if (isNews)
                Notify(corrected, isMention, isNews);
            return;
        }
        string what = number > 0 ? $"message {number}" : "an earlier message";
        _formatter.Note(
            $"{(change.Mine ? "you" : change.ShownName)} withdrew {what}",
            Style.Quiet,
            change.UnixMilliseconds ?? _unixNow
        );
    }

    // The name in the quotation of an answer; the quoted words are no mention.
    private static string AnsweredIn(string quoted) =>
        quoted.IndexOf(':', StringComparison.Ordinal) is > 0 and var end ? quoted[..end] : "";

    private void ShowFound(ChatEvent found)
    {
        if (found.IsUnsupported)
        {
            Answer("this server cannot search its history; in this window:", Style.Plain);
            _commands.Run(new Command(CommandKind.Local, "find", Text: found.Text));
            return;
        }
        ChatEvent[] shown =
        [
            .. found.Found.Where(line => line.Mine || !_options.Ignored.Holds(line.Name, line.Offset)),
        ];
        Answer(FoundText.Head(found, shown.Length), Style.Plain);
        foreach (ChatEvent line in shown)
            AnswerFound(FoundText.Line(line, found.Text, _options.Zone, _options.Time, _unixNow), found.Text);
    }

    // Check the name at the event's offset, before tracking a rename, so the rename itself is hidden too.
    private bool IsIgnored(ChatEvent @event)
    {
        if (@event.Kind == EventKind.Line)
            return !@event.Mine
                && SpeakerOf(@event.Text) is { Length: > 0 } speaker
                && _options.Ignored.HoldsEver(speaker);
        IgnoreList ignored = _options.Ignored;
        bool isHidden =
            !@event.Mine
            && @event.Name.Length > 0
            && (
                ignored.Holds(@event.Name, @event.Offset)
                || (@event.Former.Length > 0 && ignored.Holds(@event.Former, @event.Offset))
            );
        ignored.Track(@event);
        return isHidden;
    }

    // Most plain servers write names in these forms.
    private static string SpeakerOf(string line)
    {
        if (line.StartsWith("* ", StringComparison.Ordinal))
            return line.IndexOf(' ', 2) is > 0 and var space ? line[2..space] : line[2..];
        int end = line.StartsWith('<') ? line.IndexOf("> ", StringComparison.Ordinal) : -1;
        if (end < 0)
            return "";
        // A whisper also has its receiver: <ann -> me>.
        string name = line[1..end];
        return name.IndexOf(" -> ", StringComparison.Ordinal) is > 0 and var arrow ? name[..arrow] : name;
    }

    private void HandleRoster(ChatEvent present)
    {
        bool isWhole = present.People.Count == present.Total;
        _completion.Present(present.People, isWhole);
        _hasRequestedNames |= isWhole;
        PrintRoster(present);
        if (!_isTabWaiting || _editor.Press(new Key(KeyKind.Tab)) == Edit.Refused)
            return;
        (_isTabWaiting, _changed) = (false, true);
    }

    private void PrintRoster(ChatEvent present)
    {
        bool isGreeting = !present.IsAsked && _isGreetingDue;
        if (!present.IsAsked && !isGreeting)
            return;
        _isGreetingDue = false;
        PrintJoinsAndLeaves();
        if (isGreeting)
            _formatter.Note(RosterText.Greeting(present), Style.Quiet, _unixNow);
        else
            _formatter.WritePeople(present, _unixNow);
    }

    /// <summary>Updates the names for Tab, and the state after a reconnect.</summary>
    private void Track(ChatEvent @event)
    {
        switch (@event.Kind)
        {
            case EventKind.Say or EventKind.Me or EventKind.Whisper when !@event.Mine:
                _completion.Heard(@event.Name);
                break;
            case EventKind.Join when !@event.Mine:
                _completion.Joined(@event.Name);
                break;
            case EventKind.Leave:
                _completion.Left(@event.Name);
                break;
            case EventKind.Rename when !@event.Mine:
                _completion.Renamed(@event.Name, @event.Text);
                break;
            case EventKind.Notice when @event.IsCount:
                _hasRequestedNames = false;
                break;
            case EventKind.Link when @event.State == LinkState.Lost:
                _wasLost = true;
                break;
            case EventKind.Link when @event.State == LinkState.Joined:
                _hasRequestedNames = false;
                if (!_wasLost)
                {
                    _isGreetingDue = _status.IsOurs;
                    PeopleWanted = _status.IsOurs ? ProtocolLimits.PeopleTold : 0;
                    break;
                }

                (_wasLost, _isCatchingUp) = (false, true);
                _away.Returned(_now);
                break;
            default:
                break;
        }
    }

    private void CountMissed(ChatEvent @event, bool isMention)
    {
        // After a break the server marks the missed lines, so the first unmarked one ends them.
        if (_isCatchingUp && !@event.IsMissed)
            PrintAwaySummary();
        if (_away.Count(isMention, _now))
            _formatter.Note("unread from here", Style.Own, @event.UnixMilliseconds ?? _unixNow);
    }

    private void PrintJoinsAndLeaves()
    {
        if (_joinsAndLeaves.IsEmpty)
            return;
        long at = _joinsAndLeaves.UnixMilliseconds ?? _unixNow;
        _formatter.Note(_joinsAndLeaves.Flush(), Style.Quiet, at);
    }

    private void PrintAwaySummary()
    {
        _isCatchingUp = false;
        if (_away.Flush() is string missed)
            _formatter.Note(missed, Style.Own, _unixNow);
    }
}
