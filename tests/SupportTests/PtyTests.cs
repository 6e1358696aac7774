using System.Text;
using Chat.Tests.Support;
using Xunit.Sdk;

namespace Chat.Tests.SupportTests;

[Collection(ProcessHeavy.Collection)]
public sealed class PtyTests
{
    [Fact]
    public void What_is_typed_is_echoed_and_answered()
    {
        using var pty = Pty.Open(20, 5);
        pty.Start("cat");
        pty.Send("hällo\n");
        pty.WaitFor(
            () => pty.Screen.ScrollbackAndScreen.Count(row => row is "hällo") == 2,
            "the echo and cat's answer"
        );
        pty.Send([4]);
        Assert.Equal(0, pty.WaitForExit());
        Assert.Equal("hällo\r\nhällo\r\n", Encoding.UTF8.GetString(pty.TranscriptRaw));
    }

    [Fact]
    public void The_program_has_a_terminal_of_the_size_asked_for_and_sees_it_change()
    {
        using var pty = Pty.Open(33, 7);
        pty.Start(
            "sh",
            ["-c", "tty; stty size; trap 'stty size; exit 3' WINCH; echo ready; while read line; do :; done"]
        );
        pty.WaitForText("ready");
        Assert.True(pty.Screen.Shows("/dev/pts/"));
        Assert.True(pty.Screen.Shows("7 33"));
        pty.Resize(44, 9);
        pty.WaitForText("9 44");
        Assert.Equal(44, pty.Screen.Columns);
    }

    [Fact]
    public void Control_c_reaches_the_program_as_a_signal()
    {
        using var pty = Pty.Open();
        pty.Start("sh", ["-c", "trap 'echo caught; exit 7' INT; echo ready; while :; do read line; done"]);
        pty.WaitForText("ready");
        pty.Send([3]);
        Assert.Equal(7, pty.WaitForExit());
        Assert.True(pty.Screen.Shows("caught"));
    }

    [Fact]
    public void A_signal_goes_to_the_program_itself()
    {
        using var pty = Pty.Open();
        pty.Start("sleep", ["1000"]);
        pty.Signal(Signals.Terminate);
        Assert.Equal(128 + (int)Signals.Terminate, pty.WaitForExit());
    }

    [Fact]
    public void Hanging_up_sends_the_signal_that_says_so()
    {
        string file = Path.GetTempFileName();
        using var pty = Pty.Open();
        pty.Start(
            "sh",
            [
                "-c",
                "trap 'echo hup >\"$1\"; exit 5' HUP; echo ready; while :; do read line || sleep 0.05; done",
                "sh",
                file,
            ]
        );
        pty.WaitForText("ready");
        pty.Hangup();
        Assert.Equal(5, pty.WaitForExit());
        Assert.Equal("hup\n", File.ReadAllText(file));
        File.Delete(file);
    }

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
    public void A_terminal_put_back_is_seen_to_be_as_before()
    {
        using var pty = Pty.Open();
        string before = pty.Stty();
        pty.Start("sh", ["-c", "old=$(stty -g); stty raw -echo; stty \"$old\""]);
        Assert.Equal(0, pty.WaitForExit());
        Assert.Equal(before, pty.Stty());
    }

    [Fact]
    public void An_escape_sequence_that_is_not_on_the_list_fails_the_next_wait()
    {
        using var pty = Pty.Open();
        pty.Start("printf", ["\\033]0;title\\007"]);
        XunitException offence = Assert.Throws<XunitException>(() => pty.WaitForExit());
        Assert.Contains("\\x1b]", offence.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_escape_sequence_that_no_wait_came_upon_fails_at_the_end()
    {
        var pty = Pty.Open();
        pty.Start("printf", ["\\033]0;title\\007"]);
        Eventually.Is(() => pty.TranscriptRaw.Contains((byte)7), "the whole sequence");
        Assert.Throws<XunitException>(pty.Dispose);
    }

    [Fact]
    public void Everything_written_before_the_end_is_on_the_screen()
    {
        using var pty = Pty.Open(80, 24);
        pty.Start("seq", ["1", "20000"]);
        Assert.Equal(0, pty.WaitForExit());
        string[] numbers = pty.Screen.ScrollbackAndScreen.Where(row => row.Length > 0).ToArray();
        Assert.Equal(20000, numbers.Length);
        Assert.Equal("20000", numbers[^1]);
    }

    [Fact]
    public void A_megabyte_can_be_typed_to_a_program_that_reads()
    {
        using var pty = Pty.Open();
        pty.Start("sh", ["-c", "stty raw -echo; echo ready; head -c 1048576 | wc -c"]);
        pty.WaitForText("ready");
        pty.Send(new byte[1024 * 1024]);
        pty.WaitForText("1048576");
    }

    [Fact]
    public void A_wait_in_vain_shows_the_screen()
    {
        using var pty = Pty.Open(12, 2);
        pty.Start("echo", ["something"]);
        pty.WaitForExit();
        XunitException failure = Assert.Throws<XunitException>(() =>
            pty.WaitFor(() => false, "a miracle", TimeSpan.Zero)
        );
        Assert.Contains("a miracle", failure.Message, StringComparison.Ordinal);
        Assert.Contains("|something", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_is_what_the_test_says()
    {
        using var pty = Pty.Open();
        pty.Start(
            "sh",
            ["-c", "echo \"$TERM/$GREETING/${NO_COLOR-none}\""],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["GREETING"] = "hi" }
        );
        pty.WaitForText("xterm-256color/hi/none");
    }
}
