using Chat.Client.Commands;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Storage;
using Chat.Protocol;

namespace Chat.Client.Views;

/// <summary>What somebody at the keyboard asked for.</summary>
internal enum UserActionKind
{
    None,

    /// <summary>To say something: <see cref="UserAction.Lines"/>, in their order; each may be a command for the server.</summary>
    Say,

    /// <summary>To say several lines that were pasted: what is typed later goes before those that were not sent yet.</summary>
    Paste,

    /// <summary>To take back what was not sent yet; <see cref="TerminalView.PutBack"/> gets it.</summary>
    TakeBack,
    Leave,
    Suspend,

    /// <summary>To know who is here: somebody wants Tab to help with a name.</summary>
    Names,
}

/// <param name="Kind">What.</param>
/// <param name="Lines">Of <see cref="UserActionKind.Say"/>.</param>
internal readonly record struct UserAction(UserActionKind Kind, IReadOnlyList<string> Lines)
{
    public static readonly UserAction None = new(UserActionKind.None, []),
        Leave = new(UserActionKind.Leave, []),
        Suspend = new(UserActionKind.Suspend, []),
        Names = new(UserActionKind.Names, []),
        TakeBack = new(UserActionKind.TakeBack, []);
}

/// <summary>What the person chose for their terminal, and where they are.</summary>
internal sealed record TerminalViewOptions
{
    public Colours Colours { get; init; } = Colours.Sixteen;

    /// <summary>Whether the terminal wraps rows anew at a resize.</summary>
    public bool Reflows { get; init; } = true;

    public TimeFormat Time { get; init; } = TimeFormat.Usual;

    public LocalTimeZone Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>The bell's mode for this run; null for the one that was chosen last.</summary>
    public BellMode? Bell { get; init; }

    /// <summary>The file that keeps the bell's mode; null to keep none.</summary>
    public string? BellPath { get; init; }

    public InputHistory History { get; init; } = new(null);

    public IgnoreList Ignored { get; init; } = new(null);

    /// <summary>What one would like to be called: by this one is addressed where the server does not say what one is.</summary>
    public string Name { get; init; } = "";
}

/// <summary>
/// The client as a person at a terminal meets it: what happens goes in, keys go in, and a frame comes out, one a turn. It puts together what knows one
/// thing each: <see cref="EventFormatter"/> what a line looks like, <see cref="LineEditor"/> what keys do to the line, <see cref="Screen"/> where it all
/// goes. Pure but for the files the person asks for: it reads no clock, no key and no socket, and writes to no terminal.
///
/// A turn is: <see cref="Tick"/>, then any of <see cref="Press"/>, <see cref="Show"/> and <see cref="Status"/>, then <see cref="Frame"/> is written
/// whole and <see cref="FrameWritten"/>. Nothing changed, no frame: an idle client writes nothing.
/// </summary>
internal sealed partial class TerminalView
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
        _greetingDue;

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

    /// <summary>Whether more may be said. While it may not, Enter keeps the line and says why.</summary>
    public bool TakesLines { get; set; } = true;

    /// <summary>Whether another paste may be said: not while much of the last one waits.</summary>
    public bool TakesPastes { get; set; } = true;

    /// <summary>Somebody has just come in, and is to be told who is here; to be set back once that is asked.</summary>
    public bool WantsPeople { get; set; }

    /// <summary>When it wants to be ticked even if nothing happens, on the clock of <see cref="Tick"/>; null: never.</summary>
    public long? Due
    {
        get
        {
            long? countdown =
                _state == LinkState.Waiting && _appears ? _now + 1 + ((_retryMilliseconds + 999) % 1000) : null;
            return Earlier(
                Earlier(_presence.Deadline, _absence.Deadline),
                Earlier(_options.Ignored.Deadline, countdown)
            );
        }
    }

    /// <summary>Bytes of the frame so far, its prompt not among them.</summary>
    public int FrameBytes => _screen.Frame.Length;

    /// <summary>What is to be written to the terminal now; empty when nothing has changed.</summary>
    public ReadOnlySpan<byte> Frame
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

    /// <summary>The frame was written: the next one begins.</summary>
    public void FrameWritten() => _screen.Clear();

    /// <summary>Shows the prompt from the next frame on.</summary>
    public void Appear()
    {
        (_appears, _changed) = (true, true);
        ReportHistoryFailure();
    }

    /// <summary>The same after a pause: what was said meanwhile and arrives now is marked and counted.</summary>
    public void Return()
    {
        _absence.Returned(_now);
        Appear();
    }

    /// <summary>Somebody else wrote on the terminal meanwhile: what was drawn at its bottom is not there any more.</summary>
    public void Forget() => _screen.Forget();

    /// <summary>Takes the prompt off the terminal, which somebody else is going to use: the shell, or nobody.</summary>
    public void Withdraw()
    {
        PrintPresence();
        _screen.HidePrompt();
        _appears = false;
    }

    /// <summary>The client ends: what is still to be kept is.</summary>
    public void Finish()
    {
        _options.History.Finish();
        _options.Ignored.Finish();
        ReportHistoryFailure();
        Withdraw();
    }

    public void Resize(int columns, int rows)
    {
        _changed |= columns != _screen.Columns || rows != _screen.Rows;
        (_screen.Columns, _screen.Rows) = (columns, rows);
    }

    /// <summary>Lets time pass.</summary>
    /// <param name="now">Milliseconds of a clock that only goes forward.</param>
    /// <param name="unixNow">What time it is.</param>
    public void Tick(long now, long unixNow)
    {
        (_now, _unixNow) = (now, unixNow);
        if (_presence.Deadline <= now)
            PrintPresence();
        if (_absence.Deadline <= now)
            PrintAbsence();
        _options.Ignored.Tick(now);
    }

    /// <summary>How things stand.</summary>
    /// <param name="state">Of the link.</param>
    /// <param name="name">What one is called; empty while that is not known.</param>
    /// <param name="retryMilliseconds">While it waits: until the next attempt.</param>
    /// <param name="pending">What was said and not taken, oldest first.</param>
    /// <param name="toSend">Lines of it that were not sent yet.</param>
    /// <param name="isOurs">Whether the server is one of ours, as far as is known, and carries out the room's commands.</param>
    public void Status(
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
        _commands.HasRoom = isOurs;
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
}
