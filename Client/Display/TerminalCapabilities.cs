namespace Chat.Client.Display;

/// <summary>When to use colours (<c>--color</c>).</summary>
internal enum ColorChoice
{
    /// <summary>The environment decides.</summary>
    Auto,
    Always,
    Never,
}

/// <summary>The sequence of a desktop notice (<c>--notify</c>).</summary>
internal enum NoticeKind
{
    Off,
    Osc9,
    Osc777,
    Osc99,
}

/// <summary>
/// The terminal's capabilities by the environment: its colours, and its behaviour at a resize. A query to the terminal
/// itself could wait forever for an answer.
/// </summary>
/// <param name="variable">Returns the value of an environment variable; null if it is not set.</param>
internal sealed class TerminalCapabilities(Func<string, string?> variable)
{
    private static readonly string[] WithoutColours = ["vt", "dumb", "ansi-m", "xterm-mono", "linux-m"];

    // By the manuals of these terminals. The Linux console and hardware terminals have no title.
    private static readonly string[] WithTitle =
    [
        "xterm",
        "tmux",
        "screen",
        "rxvt",
        "alacritty",
        "foot",
        "wezterm",
        "konsole",
        "gnome",
        "vte",
        "st",
        "putty",
        "mintty",
        "contour",
    ];

    /// <summary>The values of <c>--notify</c>; null is the form that the terminal takes.</summary>
    public static IReadOnlyDictionary<string, NoticeKind?> Notices { get; } =
        new Dictionary<string, NoticeKind?>(StringComparer.Ordinal)
        {
            ["auto"] = null,
            ["off"] = NoticeKind.Off,
            ["osc9"] = NoticeKind.Osc9,
            ["osc777"] = NoticeKind.Osc777,
            ["osc99"] = NoticeKind.Osc99,
        };

    private string Term => variable("TERM") ?? "";

    /// <summary>
    /// The colours to use: none with <c>--color never</c>, or with <c>auto</c> and NO_COLOR (no-color.org); otherwise
    /// by TERM and COLORTERM.
    /// </summary>
    public Colours ColoursFor(ColorChoice choice)
    {
        if (choice == ColorChoice.Never || (choice == ColorChoice.Auto && variable("NO_COLOR") is { Length: > 0 }))
            return Colours.None;
        if (variable("COLORTERM") is "truecolor" or "24bit" || Term.EndsWith("-direct", StringComparison.Ordinal))
            return Colours.True;
        if (variable("WT_SESSION") is { Length: > 0 })
            return Colours.True;
        if (
            Term.Contains("256color", StringComparison.Ordinal)
            || Term is "alacritty" or "xterm-kitty" or "xterm-ghostty" or "foot" or "wezterm"
        )
            return Colours.TwoHundredFiftySix;
        return choice == ColorChoice.Auto && WithoutColours.Any(kind => Term.StartsWith(kind, StringComparison.Ordinal))
            ? Colours.None
            : Colours.Sixteen;
    }

    /// <summary>
    /// Whether the terminal accepts operating system commands (title, links, clipboard) and reports its focus. Another
    /// terminal may print them as text. A person who wants no colours gets none either.
    /// </summary>
    public bool TakesOsc(ColorChoice choice) =>
        ColoursFor(choice) != Colours.None
        && (
            Has("WT_SESSION")
            || WithTitle.Any(kind =>
                Term.StartsWith(kind, StringComparison.Ordinal)
                && (Term.Length == kind.Length || Term[kind.Length] == '-')
            )
        );

    /// <summary>
    /// The form of a desktop notice that the terminal takes. Inside tmux or screen there is none: they pass none on.
    /// </summary>
    /// <param name="choice">The value of --color.</param>
    /// <param name="chosen">The form that the person chose; null for none.</param>
    public NoticeKind NoticeFor(ColorChoice choice, NoticeKind? chosen = null)
    {
        if (!TakesOsc(choice))
            return NoticeKind.Off;
        if (chosen is NoticeKind kind)
            return kind;
        if (Has("TMUX") || Has("STY"))
            return NoticeKind.Off;
        if (Has("KITTY_WINDOW_ID") || Term == "xterm-kitty")
            return NoticeKind.Osc99;
        if (variable("TERM_PROGRAM") is "iTerm.app" or "WezTerm" or "ghostty" || Term is "xterm-ghostty" or "wezterm")
            return NoticeKind.Osc9;
        return
            Has("VTE_VERSION")
            || Has("KONSOLE_VERSION")
            || Term.StartsWith("foot", StringComparison.Ordinal)
            || Term.StartsWith("rxvt-unicode", StringComparison.Ordinal)
            ? NoticeKind.Osc777
            : NoticeKind.Off;
    }

    private bool Has(string name) => variable(name) is { Length: > 0 };

    /// <summary>
    /// Whether a narrower window wraps rows that are too wide, as most terminals do. xterm, GNU screen, st and the
    /// Linux console cut them. tmux wraps in any terminal.
    /// </summary>
    public bool Reflows =>
        variable("TMUX") is { Length: > 0 }
        || (
            variable("XTERM_VERSION") is null
            && variable("STY") is null
            && Term is not "linux"
            && !Term.StartsWith("st-", StringComparison.Ordinal)
        );
}
