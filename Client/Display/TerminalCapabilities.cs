namespace Chat.Client.Display;

/// <summary>When to use colours (<c>--color</c>).</summary>
internal enum ColorChoice
{
    /// <summary>The environment decides.</summary>
    Auto,
    Always,
    Never,
}

/// <summary>
/// The terminal's capabilities by the environment: its colours, and its behaviour at a resize. A query to the terminal
/// itself could wait forever for an answer.
/// </summary>
/// <param name="variable">Returns the value of an environment variable; null if it is not set.</param>
internal sealed class TerminalCapabilities(Func<string, string?> variable)
{
    private static readonly string[] WithoutColours = ["vt", "dumb", "ansi-m", "xterm-mono", "linux-m"];

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
