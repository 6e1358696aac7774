using Chat.Client.Display;

namespace Chat.Tests.Client.Display;

public sealed class TerminalCapabilitiesTests
{
    [Theory]
    [InlineData("TERM=xterm", "Auto", "Sixteen")]
    [InlineData("TERM=xterm-256color", "Auto", "TwoHundredFiftySix")]
    [InlineData("TERM=xterm-256color COLORTERM=truecolor", "Auto", "True")]
    [InlineData("TERM=xterm COLORTERM=24bit", "Auto", "True")]
    [InlineData("TERM=xterm-direct", "Auto", "True")]
    [InlineData("TERM=vt100", "Auto", "None")]
    [InlineData("TERM=vt100", "Always", "Sixteen")]
    [InlineData("TERM=xterm-256color NO_COLOR=1", "Auto", "None")]
    [InlineData("TERM=xterm-256color NO_COLOR=", "Auto", "TwoHundredFiftySix")]
    [InlineData("TERM=xterm-256color NO_COLOR=1", "Always", "TwoHundredFiftySix")]
    [InlineData("TERM=xterm-256color COLORTERM=truecolor", "Never", "None")]
    [InlineData("", "Auto", "Sixteen")]
    [InlineData("WT_SESSION=x", "Auto", "True")]
    public void Colours_follow_the_terminal_and_the_option(string environment, string choice, string colours) =>
        Assert.Equal(Enum.Parse<Colours>(colours), Of(environment).ColoursFor(Enum.Parse<ColorChoice>(choice)));

    [Theory]
    [InlineData("TERM=xterm-256color", true)]
    [InlineData("TERM=xterm XTERM_VERSION=XTerm(379)", false)]
    [InlineData("TERM=screen STY=1.pts", false)]
    [InlineData("TERM=screen STY=1.pts TMUX=/tmp/x", true)]
    [InlineData("TERM=linux", false)]
    [InlineData("TERM=st-256color", false)]
    public void Terminals_that_wrap_rows_at_a_resize_are_recognized(string environment, bool reflows) =>
        Assert.Equal(reflows, Of(environment).Reflows);

    [Theory]
    [InlineData("TERM=xterm-256color", "Auto", true, "Off")]
    [InlineData("TERM=xterm-256color", "Never", false, "Off")]
    [InlineData("TERM=xterm-256color NO_COLOR=1", "Auto", false, "Off")]
    [InlineData("TERM=linux", "Auto", false, "Off")]
    [InlineData("TERM=vt220", "Always", false, "Off")]
    [InlineData("TERM=dumb", "Always", false, "Off")]
    [InlineData("TERM=stv52", "Auto", false, "Off")]
    [InlineData("", "Auto", false, "Off")]
    [InlineData("WT_SESSION=x", "Auto", true, "Off")]
    [InlineData("TERM=xterm-kitty", "Auto", true, "Osc99")]
    [InlineData("TERM=xterm-256color KITTY_WINDOW_ID=1", "Auto", true, "Osc99")]
    [InlineData("TERM=xterm-256color TERM_PROGRAM=iTerm.app", "Auto", true, "Osc9")]
    [InlineData("TERM=xterm-ghostty", "Auto", true, "Osc9")]
    [InlineData("TERM=foot", "Auto", true, "Osc777")]
    [InlineData("TERM=rxvt-unicode-256color", "Auto", true, "Osc777")]
    [InlineData("TERM=xterm-256color VTE_VERSION=7600", "Auto", true, "Osc777")]
    [InlineData("TERM=xterm-256color VTE_VERSION=7600", "Never", false, "Off")]
    [InlineData("TERM=tmux-256color TMUX=/tmp/x KITTY_WINDOW_ID=1", "Auto", true, "Off")]
    [InlineData("TERM=screen STY=1.pts KITTY_WINDOW_ID=1", "Auto", true, "Off")]
    public void Title_and_notices_follow_the_terminal_and_the_option(
        string environment,
        string choice,
        bool takesOsc,
        string notice
    )
    {
        TerminalCapabilities terminal = Of(environment);

        Assert.Equal(takesOsc, terminal.TakesOsc(Enum.Parse<ColorChoice>(choice)));
        Assert.Equal(Enum.Parse<NoticeKind>(notice), terminal.NoticeFor(Enum.Parse<ColorChoice>(choice)));
    }

    [Theory]
    [InlineData("TERM=xterm-256color", "Auto", "Osc9")]
    [InlineData("TERM=tmux-256color TMUX=/tmp/x", "Auto", "Osc9")]
    [InlineData("TERM=xterm-256color NO_COLOR=1", "Auto", "Off")]
    [InlineData("TERM=xterm-256color", "Never", "Off")]
    [InlineData("TERM=dumb", "Auto", "Off")]
    public void A_chosen_form_of_notice_needs_a_terminal_that_takes_it(
        string environment,
        string choice,
        string notice
    ) =>
        Assert.Equal(
            Enum.Parse<NoticeKind>(notice),
            Of(environment).NoticeFor(Enum.Parse<ColorChoice>(choice), NoticeKind.Osc9)
        );

    private static TerminalCapabilities Of(string environment)
    {
        var variables = environment
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return new TerminalCapabilities(variables.GetValueOrDefault);
    }
}
