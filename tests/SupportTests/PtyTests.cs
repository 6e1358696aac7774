using Chat.Tests.Support;
using Xunit.Sdk;

namespace Chat.Tests.SupportTests;

public sealed class PtyTests
{
    [Fact]
    public void A_terminal_left_raw_is_seen_after_the_program_has_ended()
    {
        using var pty = Pty.Open();
        string before = pty.Stty();
        pty.Start("sh", ["-c", "stty raw -echo"]);
        Assert.Equal(0, pty.WaitForExit());
        Assert.NotEqual(before, pty.Stty(), StringComparer.Ordinal);
    }

    [Fact]
    public void An_offending_sequence_that_no_wait_saw_fails_at_the_end()
    {
        var pty = Pty.Open();
        pty.Start("printf", ["\\033]0;title\\007"]);
        Eventually.Is(() => pty.TranscriptRaw.Contains((byte)7), "the whole sequence");
        Assert.Throws<XunitException>(pty.Dispose);
    }
}
