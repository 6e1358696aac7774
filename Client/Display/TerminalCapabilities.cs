namespace Chat.Client.Display;

/// <summary>Whether colours are wanted (<c>--color</c>).</summary>
internal enum ColorChoice
{
    /// <summary>As the environment says.</summary>
    Auto,
    Always,
    Never,
}

/// <summary>
/// What the environment tells about the terminal: its colours, and what it does at a resize. There is no asking the
/// terminal itself without waiting for an answer that may never come.
/// </summary>
/// <param name="variable">The value of an environment variable, null when it is not set.</param>
internal sealed class TerminalCapabilities(Func<string, string?> variable)
{
    private static readonly string[] WithoutColours = ["vt", "dumb", "ansi-m", "xterm-mono", "linux-m"];

    private string Term => variable("TERM") ?? "";

    /// <summary>
    /// How many colours to use: none by <c>--color never</c> or, unless asked for, NO_COLOR (no-color.org); else by
    /// TERM and COLORTERM.
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
    /// Whether a window that becomes narrower wraps the rows that are too wide, as nearly all do, or cuts them: xterm,
    /// GNU screen, st and the Linux console. tmux wraps whatever it runs in.
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
