using System.Globalization;
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

    /// <summary>The terminal wraps its rows again at a resize.</summary>
    public bool Reflows { get; init; } = true;

    public TimeFormat Time { get; init; } = TimeFormat.Usual;

    public LocalTimeZone Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>The bell's mode for this run; null for the one that was chosen last.</summary>
    public BellMode? Bell { get; init; }

    /// <summary>The file that keeps the bell's mode; null to keep none.</summary>
    public string? BellPath { get; init; }

    public InputHistory History { get; init; } = new(null);

    public IgnoreList Ignored { get; init; } = new(null);

    /// <summary>The actioned name. It counts as a mention where the server does not tell the real one.</summary>
    public string Name { get; init; } = "";
}

/// <summary>
/// The client at a terminal: a transcript above a prompt. <see cref="EventFormatter"/> formats lines, <see
/// cref="LineEditor"/> handles keys, <see cref="Screen"/> draws. Pure except for the files that the person names.
/// </summary>
internal sealed class TerminalView : View
{
    private readonly Screen _screen;
    private readonly LineEditor _editor = new(ProtocolLimits.TextBytes);
    private readonly EventFormatter _transcript;
    private readonly Bell _bell;
    private readonly JoinLeaveSummary _presence = new();
    private readonly AwaySummary _absence = new();
    private readonly Completion _completion;
    private readonly Scrollback _seen = new();
    private readonly LocalCommands _commands;
    private readonly TerminalViewOptions _options;
    private string _name = "";
    private MentionMatcher _me;
    private LinkState _state;
    private string[] _pending = [];
    private long _now,
        _unixNow;
    private int _retryMilliseconds,
        _toSend;
    private bool _appears,
        _changed,
        _wasLost,
        _catchesUp,
        _greetingDue,
        _hasInputEnded,
        _isOurs = true;

    /// <param name="options">What the person chose.</param>
    /// <param name="unixNow">What time it is.</param>
    public TerminalView(TerminalViewOptions options, long unixNow)
    {
        _options = options;
        Palette palette = new(options.Colours);
        _screen = new Screen(palette) { Reflows = options.Reflows };
        _transcript = new EventFormatter(palette, options.Zone, options.Time, Print);
        _transcript.BeginAt(unixNow);
        _bell = new Bell(options.Bell ?? Bell.Kept(options.BellPath), options.BellPath);
        _me = new MentionMatcher(options.Name);
        _commands = new LocalCommands(_seen, options.Ignored, _bell, () => _me.Name, Answer, AnswerFound);
        _completion = new Completion(SlashCommands.All, _commands.Arguments);
        _editor.Completion = _completion;
        _completion.Me = options.Name;
        _editor.Restore(options.History.Load());
        _editor.Remembered = options.History.Add;
        _unixNow = unixNow;
    }

    public override long? Due
    {
        get
        {
            long? countdown =
                _state == LinkState.Waiting && _appears ? _now + 1 + ((_retryMilliseconds + 999) % 1000) : null;
            return Earlier(
                Earlier(Earlier(_presence.Deadline, _absence.Deadline), Earlier(_options.Ignored.Deadline, countdown)),
                _keyReader.Deadline
            );
        }
    }

    public override int FrameBytes => _screen.Frame.Length;

    public override ReadOnlySpan<byte> Frame
    {
        get
        {
            if (_appears && (_changed || !_screen.Frame.IsEmpty))
            {
                _screen.ShowPending(_pending);
                _changed = false;
                if (_editor.PasteQuestion(_screen.Columns - 2) is string question)
                    _screen.ShowQuestion(question);
                else
                    _screen.ShowPrompt(ShowsKeys ? KeysPrompt : _editor.SearchQuestion ?? UsualPrompt, _editor);
            }

            return _screen.Frame;
        }
    }

    public override void FrameWritten() => _screen.Clear();

    public override void Appear()
    {
        (_appears, _changed) = (true, true);
        ReportHistoryFailure();
    }

    public override void Return()
    {
        _absence.Returned(_now);
        Appear();
    }

    public override void Forget() => _screen.Forget();

    public override void Withdraw()
    {
        PrintPresence();
        _screen.HidePrompt();
        _appears = false;
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
        if (_presence.Deadline <= now)
            PrintPresence();
        if (_absence.Deadline <= now)
            PrintAbsence();
        _options.Ignored.Tick(now);
    }

    public override void Status(
        LinkState state,
        string name,
        int retryMilliseconds,
        IReadOnlyList<string> pending,
        bool isOurs = true,
        int toSend = 0
    )
    {
        _changed |= toSend != _toSend;
        _toSend = toSend;
        _isOurs = isOurs;
        _changed |=
            state != _state || name != _name || (retryMilliseconds + 999) / 1000 != (_retryMilliseconds + 999) / 1000;
        if (!pending.SequenceEqual(_pending, StringComparer.Ordinal))
            (_pending, _changed) = ([.. pending], true);
        (_state, _retryMilliseconds) = (state, retryMilliseconds);
        if (name == _name)
            return;
        _name = name;
        _me = new MentionMatcher(name.Length > 0 ? name : _options.Name);
        _completion.Me = _me.Name;
    }

    private string UsualPrompt =>
        PromptText.Format(
            _name,
            _state,
            _retryMilliseconds,
            _pending.Length,
            _editor.BytesLeft,
            _screen.PromptCells,
            _toSend
        );

    private static long? Earlier(long? one, long? other) =>
        one is null ? other
        : other is null ? one
        : Math.Min(one.Value, other.Value);

    private void Print(StyledText line)
    {
        _screen.Print(line);
        _seen.Add(line.Text);
    }

    // ---- Keys ----

    private const string KeysPrompt = "(keys; Escape twice ends) ";

    // More than any key sends; of a paste, its beginning.
    private const int RawBytes = 32;

    private const string HelpHint = "/help lists the commands";
    private const string ScrollHint =
        "the terminal itself scrolls back: often Shift-PageUp, or the wheel; /find TEXT looks for a line";

    private readonly KeyReader _keyReader = new();
    private readonly Queue<ReadKey> _read = [];
    private readonly StyledText _answer = new();
    private readonly List<byte> _raw = [];
    private bool _escaped,
        _namesAsked,
        _tabWaits,
        _isDoubtTold;
    private KeyKind _hinted;

    private bool ShowsKeys => _commands.WantsKeys;

    /// <summary>
    /// What the terminal sent, for /keys to show: of the key that is pressed next, or of none (<see
    /// cref="HandleSilence"/>).
    /// </summary>
    public void HandleInput(ReadOnlySpan<byte> bytes)
    {
        if (ShowsKeys)
            _raw.AddRange(bytes[..Math.Min(bytes.Length, RawBytes - _raw.Count)]);
    }

    /// <summary>The bytes are no known key.</summary>
    public void HandleSilence()
    {
        if (!ShowsKeys || _raw.Count == 0)
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
        return action.Kind == UserActionKind.None && read.Key.Kind == KeyKind.Enter ? UserAction.Hurry : action;
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
            _isDoubtTold = false;
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
            return UserAction.AskNames;
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

    public override void PutBack(IReadOnlyList<string> lines)
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
        UserAction action = SubmitLine();
        ReportHistoryFailure();
        return action;
    }

    private void ReportHistoryFailure()
    {
        if (_options.History.TakeFailure() is string failure)
            Answer(failure, Style.Error);
    }

    private UserAction SubmitLine()
    {
        string line = _editor.Text;
        if (CommandParser.LooksLikeCommand(line) && !_isDoubtTold)
        {
            _isDoubtTold = true;
            Answer("a command begins with /, so this line is text for everybody; Enter again sends it", Style.Error);
            return UserAction.None;
        }

        Command command = CommandParser.Parse(line, KnownCommands);
        if (command.Kind == CommandKind.Say || command.Kind == CommandKind.Ask)
        {
            if (TakesLines)
                return new UserAction(UserActionKind.Say, [_editor.TakeLine()]);
            AnswerFull();
            return UserAction.None;
        }

        _editor.TakeLine();
        return command.Kind == CommandKind.Quit ? UserAction.Leave : Run(command);
    }

    private CommandSets KnownCommands => CommandSets.Client | (_isOurs ? CommandSets.Room : CommandSets.None);

    private UserAction Run(Command command)
    {
        if (command.Kind == CommandKind.Refused)
        {
            Answer(command.Text, Style.Error);
        }
        else if (command.Kind == CommandKind.Help)
        {
            foreach (string line in SlashCommands.Help(KnownCommands))
                Answer(line, Style.Plain);
        }
        else if (command.Kind == CommandKind.Local)
        {
            _commands.Run(command);
            if (_commands.WantsClear)
                _screen.Wipe();
            _commands.WantsClear = false;
        }
        return UserAction.None;
    }

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

    // ---- Events ----

    public override void Warn(string words) => Answer(words, Style.Error);

    public override void Show(ChatEvent @event)
    {
        if (@event.Kind == EventKind.Present)
        {
            TakePeople(@event);
            return;
        }

        bool isSpoken = @event.Kind is EventKind.Say or EventKind.Me or EventKind.Whisper or EventKind.Line;
        if (IsIgnored(@event))
            return;
        Notice(@event);
        if (@event.Kind is EventKind.Join or EventKind.Leave)
        {
            _presence.Add(@event, _now);
            if (_presence.IsFull)
                PrintPresence();
            return;
        }

        PrintPresence();
        bool isMention = isSpoken && !@event.Mine && _me.IsIn(@event.Text);
        if (isSpoken && !@event.Mine && !@event.IsHistory)
            CountMissed(@event, isMention);
        _transcript.Write(@event, isMention, _unixNow);
        if (_bell.Rings(@event, isMention, _now))
            _screen.Ring();
    }

    // By the name the person has at that place in the log, and before a rename is followed, so that the rename itself
    // is hidden.
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

    // Most servers that tell no names apart write them so.
    private static string SpeakerOf(string line)
    {
        if (line.StartsWith("* ", StringComparison.Ordinal))
            return line.IndexOf(' ', 2) is > 0 and var space ? line[2..space] : line[2..];
        int end = line.StartsWith('<') ? line.IndexOf("> ", StringComparison.Ordinal) : -1;
        if (end < 0)
            return "";
        // To a whisper the addressee is added: <ann -> me>.
        string name = line[1..end];
        return name.IndexOf(" -> ", StringComparison.Ordinal) is > 0 and var arrow ? name[..arrow] : name;
    }

    private void TakePeople(ChatEvent present)
    {
        bool isWhole = present.People.Count == present.Total;
        _completion.Present(present.People, isWhole);
        _namesAsked |= isWhole;
        PrintRoster(present);
        if (!_tabWaits || _editor.Press(new Key(KeyKind.Tab)) == Edit.Refused)
            return;
        (_tabWaits, _changed) = (false, true);
    }

    private void PrintRoster(ChatEvent present)
    {
        bool isGreeting = !present.IsAsked && _greetingDue;
        if (!present.IsAsked && !isGreeting)
            return;
        _greetingDue = false;
        PrintPresence();
        if (isGreeting)
            _transcript.Note(RosterText.Greeting(present), Style.Quiet, _unixNow);
        else
            _transcript.WritePeople(present, _unixNow);
    }

    /// <summary>Keeps up with who is here and how the link is.</summary>
    private void Notice(ChatEvent @event)
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
                _namesAsked = false;
                break;
            case EventKind.Link when @event.State == LinkState.Lost:
                _wasLost = true;
                break;
            case EventKind.Link when @event.State == LinkState.Joined:
                _namesAsked = false;
                if (!_wasLost)
                {
                    _greetingDue = _isOurs;
                    PeopleWanted = _isOurs ? ProtocolLimits.PeopleTold : 0;
                    break;
                }

                (_wasLost, _catchesUp) = (false, true);
                _absence.Returned(_now);
                break;
            default:
                break;
        }
    }

    private void CountMissed(ChatEvent @event, bool isMention)
    {
        // After a break the server says which lines were said meanwhile; the first other one ends what was missed.
        if (_catchesUp && !@event.IsMissed)
            PrintAbsence();
        if (_absence.Count(isMention, _now))
            _transcript.Note("unread from here", Style.Own, @event.UnixMilliseconds ?? _unixNow);
    }

    private void PrintPresence()
    {
        if (_presence.IsEmpty)
            return;
        long at = _presence.UnixMilliseconds ?? _unixNow;
        _transcript.Note(_presence.Flush(), Style.Quiet, at);
    }

    private void PrintAbsence()
    {
        _catchesUp = false;
        if (_absence.Flush() is string missed)
            _transcript.Note(missed, Style.Own, _unixNow);
    }
}
