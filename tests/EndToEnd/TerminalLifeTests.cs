using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>The published client at a terminal that does not sit still: pastes, windows that change, crowds, floods. What one types is one's own throughout.</summary>
[Collection(ProcessHeavy.Collection)]
public sealed class TerminalLifeTests
{
    private static readonly string[] Unbounded = ["--rate", "0"];

    [LinuxFact]
    public void A_megabyte_that_is_pasted_asks_and_is_not_said()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using var pty = Joined(server);
        var pasted = string.Concat(Enumerable.Range(0, 16 * 1024).Select(i => string.Create(CultureInfo.InvariantCulture, $"/pasted {i:d6} {new string('x', 48)}\n")));
        Assert.InRange(pasted.Length, 1024 * 1024, 2 * 1024 * 1024);

        pty.Send("\e[200~" + pasted + "\e[201~");
        pty.WaitFor(() => CaretRow(pty).Contains("[y/N/e]", StringComparison.Ordinal), "the question");
        pty.Send("n");
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        pty.Send("nothing of it\r");

        server.Program.Out.WaitForLine("<kim> nothing of it");
        Assert.DoesNotContain(server.Program.Out.Lines, line => line.Contains("pasted", StringComparison.Ordinal));
    }

    [LinuxFact]
    public void What_is_pasted_and_wished_for_is_said_line_by_line_and_is_no_command()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using var pty = Joined(server);

        pty.Send("\e[200~one\n/quit\nthree\e[201~");
        pty.WaitFor(() => CaretRow(pty).StartsWith("send 3 lines?", StringComparison.Ordinal), "the question");
        pty.Send("y");

        server.Program.Out.WaitForLine("<kim> three");
        Assert.Equal(["<kim> one", "<kim> /quit", "<kim> three"], server.Program.Out.Lines.Where(line => line.StartsWith("<kim>", StringComparison.Ordinal)));
    }

    [LinuxFact]
    public void What_is_pasted_with_an_end_mark_in_it_neither_sends_nor_commands()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using var pty = Joined(server);

        pty.Send("\e[200~harmless\e[201~\r/nick owned\r\e[201~");
        pty.WaitFor(() => CaretRow(pty).StartsWith("send 2 lines?", StringComparison.Ordinal), "the question");
        pty.Send("n");
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        pty.Send("\e[200~no end");
        pty.Send("\x03");
        pty.WaitFor(() => CaretRow(pty) == "kim> no end", "the end of a paste that has none");
        pty.Send("\r");

        server.Program.Out.WaitForLine("<kim> no end");
        Assert.Single(server.Program.Out.Lines, line => line.Contains("kim", StringComparison.Ordinal) && line.StartsWith('<'));
    }

    [LinuxFact]
    public void What_was_said_while_the_link_was_down_is_marked_and_counted()
    {
        var history = Path.Combine(Home.New()["HOME"]!, "log");
        using var server = ChatServerProcess.Start([.. Unbounded, "--history", history]);
        using var pty = Joined(server);
        pty.Send("before\r");
        server.Program.Out.WaitForLine("<kim> before");

        server.Program.Kill();
        // Long enough for others to say something before the next attempt.
        pty.WaitFor(() => Regex.IsMatch(CaretRow(pty), "reconnecting in ([3-9]|[1-9][0-9]) s"), "a wait of some length", TimeSpan.FromMinutes(1));
        using var next = ChatServerProcess.StartOn(server.EndPoint.Port, [.. Unbounded, "--history", history]);
        using var speaker = next.Join();
        speaker.SendText("one\ntwo, kim\n");
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt of somebody in the room", TimeSpan.FromMinutes(1));
        speaker.SendText("three\n");

        pty.WaitForText(": three");
        var rows = pty.Screen.ScrollbackAndScreen.Select(row => Regex.Replace(row, "^[0-9:]+ ", "")).ToList();
        Assert.Equal(["-- unread from here", "127.0.0.1: one", "127.0.0.1: two, kim", "-- while you were away: 2 lines, 1 mentions you", "127.0.0.1: three"],
            rows.SkipWhile(row => row != "-- unread from here").Take(5));
    }

    [LinuxFact]
    public void Stopped_from_outside_it_comes_back_below_what_others_wrote_and_erases_nothing()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using var pty = Joined(server);
        pty.Send("half a thou");
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thou", "the draft");

        pty.Signal(Signals.Stop);
        pty.Print("\r\nwhat a shell says\r\n");
        pty.Signal(Signals.Continue);
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thou" && pty.Screen.Row(pty.Screen.Cursor.Row - 1) == "what a shell says", "the draft below what was written");
        using var speaker = server.Join();
        speaker.SendText("hi\n");
        pty.WaitForText(": hi");
        Assert.True(pty.Screen.Shows("what a shell says"), pty.Screen.Draw());
    }

    [LinuxFact]
    public void A_window_that_changes_a_hundred_times_while_twenty_people_talk_leaves_my_words_alone()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using var pty = Joined(server);
        var people = Enumerable.Range(0, 20).Select(_ => server.Join()).ToArray();
        StringBuilder typed = new();

        for (var i = 0; i < 100; i++)
        {
            people[i % people.Length].SendText(string.Create(CultureInfo.InvariantCulture, $"line {i}, and 漢字 to fill it up\n"));
            pty.Resize(40 + (i * 7 % 60), 10 + (i % 14));
            var letter = (char)('a' + (i % 26));
            pty.Send(letter.ToString());
            typed.Append(letter);
        }

        pty.Resize(130, 30);
        pty.WaitForText("line 99, and");
        pty.WaitFor(() => CaretRow(pty) == $"kim> {typed}", "the draft");
        server.Program.Out.WaitForLine("line 99, and");
        Assert.Equal(Numbers(server.Program.Out.Lines), Numbers(pty.Screen.ScrollbackAndScreen));
        // From here on nothing may be left of all the windows there were: rows one below the other, and the draft under them.
        for (var i = 100; i < 110; i++)
            people[0].SendText(string.Create(CultureInfo.InvariantCulture, $"line {i}, and 漢字 to fill it up\n"));
        pty.WaitFor(() => Numbers(pty.Screen.ScrollbackAndScreen).Last() == 109 && CaretRow(pty) == $"kim> {typed}", "the last line");
        var last = Enumerable.Range(pty.Screen.Cursor.Row - 10, 10).Select(row => pty.Screen.Row(row)["00:00 ".Length..]);
        Assert.Equal(Enumerable.Range(100, 10).Select(i => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1: line {i}, and 漢字 to fill it up")), last);
        pty.Send("\r");
        server.Program.Out.WaitForLine($"<kim> {typed}");
        Array.ForEach(people, person => person.Dispose());
    }

    [LinuxFact]
    public void Ten_thousand_lines_at_once_leave_the_prompt_and_the_draft_where_they_are()
    {
        using var server = ChatServerProcess.Start([.. Unbounded, "--ring", "16777216"]);
        using var pty = Joined(server);
        using var crowd = server.Join();
        pty.Send("half a thou");
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thou", "the draft");

        crowd.SendText(string.Concat(Enumerable.Range(0, 10_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"line {i} of many\n"))));
        pty.Send("g");
        pty.WaitForText("line 9999 of many");
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thoug", "the draft");
        pty.Send("ht\r");

        server.Program.Out.WaitForLine("<kim> half a thought");
        // However much came at once, the prompt was drawn again and again in between, and each time a key would have been.
        var longest = Encoding.UTF8.GetString(pty.TranscriptRaw).Split("kim> ").Max(Encoding.UTF8.GetByteCount);
        Assert.InRange(longest, 1, Limits.FrameBytes + Limits.RelayedLineBytes);
    }

    [LinuxFact]
    public void A_window_of_two_rows_of_ten_cells_is_enough_to_talk()
    {
        using var server = ChatServerProcess.Start();
        using var pty = Pty.Open(columns: 10, rows: 2);
        pty.Start(ChatProcess.BinaryPath, ["client", server.Address, server.Port]);
        server.Program.Out.WaitForLine("kim joined");
        pty.WaitFor(() => CaretRow(pty).Contains('>', StringComparison.Ordinal), "the prompt");

        pty.Send("a long thought");
        pty.WaitFor(() => CaretRow(pty).EndsWith("ought", StringComparison.Ordinal), "the end of what was typed");
        pty.Send("\r");

        server.Program.Out.WaitForLine("<kim> a long thought");
    }

    [LinuxTheory]
    [InlineData("--color", "never", null)]
    [InlineData("--color", "auto", "1")]
    [InlineData("--color", "always", "1")]
    public void Colours_are_those_that_were_asked_for(string option, string when, string? noColor)
    {
        using var server = ChatServerProcess.Start();
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", server.Address, server.Port, option, when], new Dictionary<string, string?>(StringComparer.Ordinal) { ["NO_COLOR"] = noColor });
        pty.WaitForText("kim>");
        using var speaker = server.Join();
        speaker.SendText("hello kim\n");
        pty.WaitForText(": hello kim");

        Assert.Equal(when == "always", Regex.IsMatch(Encoding.UTF8.GetString(pty.TranscriptRaw), @"\e\[[0-9;]*[34]8?[;m]|\e\[[0-9;]*3[0-9]m"));
    }

    /// <summary>The numbers of the lines in these rows, in their order.</summary>
    private static IEnumerable<int> Numbers(IEnumerable<string> rows) =>
        rows.Select(row => Regex.Match(row, "[:>] line ([0-9]+), and")).Where(match => match.Success)
            .Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    /// <summary>As in xterm, which cuts the rows of a window that becomes narrower, as the grid does; most others wrap them.</summary>
    private static Pty Joined(ChatServerProcess server)
    {
        var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", server.Address, server.Port], new Dictionary<string, string?>(StringComparer.Ordinal) { ["XTERM_VERSION"] = "XTerm" });
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        return pty;
    }

    private static string CaretRow(Pty pty) => pty.Screen.Row(pty.Screen.Cursor.Row);
}
