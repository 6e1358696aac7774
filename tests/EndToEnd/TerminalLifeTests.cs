using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Chat.Client;
using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The published client at a busy terminal: pastes, resizes, crowds, floods. The typed text is intact
/// throughout.
/// </summary>
public sealed class TerminalLifeTests
{
    private static readonly string[] Unbounded = ["--rate", "0"];

    [LinuxFact]
    public void A_pasted_megabyte_asks_a_question_and_is_not_sent()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using Pty pty = Joined(server);
        string pasted = string.Concat(
            Enumerable
                .Range(0, 16 * 1024)
                .Select(i => string.Create(CultureInfo.InvariantCulture, $"/pasted {i:d6} {new string('x', 48)}\n"))
        );
        Assert.InRange(pasted.Length, 1024 * 1024, 2 * 1024 * 1024);

        pty.Send("\e[200~" + pasted + "\e[201~");
        pty.WaitFor(
            () =>
                CaretRow(pty).StartsWith("16384 lines are more than a message takes (500);", StringComparison.Ordinal),
            "the question"
        );
        pty.Send("n");
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        pty.Send("nothing of it\r");

        server.Program.Out.WaitForLine("<kim> nothing of it");
        Assert.DoesNotContain(server.Program.Out.Lines, line => line.Contains("pasted", StringComparison.Ordinal));
    }

    [LinuxFact]
    public void A_confirmed_paste_is_sent_as_one_message_and_runs_no_command()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using Pty pty = Joined(server);

        pty.Send("\e[200~one\n/quit\nthree\e[201~");
        pty.WaitFor(
            () => CaretRow(pty).StartsWith("send 3 lines as one message to everybody?", StringComparison.Ordinal),
            "the question"
        );
        pty.Send("y");

        server.Program.Out.WaitForLine("<kim> three");
        Assert.Equal(
            ["<kim> one", "<kim> /quit", "<kim> three"],
            server.Program.Out.Lines.Where(line => line.StartsWith("<kim>", StringComparison.Ordinal))
        );
    }

    [LinuxFact]
    public void A_paste_with_an_end_mark_in_it_neither_sends_nor_runs_a_command()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using Pty pty = Joined(server);

        pty.Send("\e[200~harmless\e[201~\r/nick owned\r\e[201~");
        pty.WaitFor(() => CaretRow(pty) == "kim> harmless /nick owned", "all of it in the line");
        pty.Send("\r");

        server.Program.Out.WaitForLine("<kim> harmless /nick owned");
        Assert.Single(
            server.Program.Out.Lines,
            line => line.Contains("kim", StringComparison.Ordinal) && line.StartsWith('<')
        );
    }

    [LinuxFact]
    public void A_key_in_the_same_read_as_the_end_mark_of_a_paste_is_a_key()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using Pty pty = Joined(server);

        pty.Send("\e[200~see you at noon\e[201~\r");

        server.Program.Out.WaitForLine("<kim> see you at noon");
        pty.Send("\e[200~and at two\e[201~\x03");
        pty.Send("\x03");
        Assert.Equal(0, pty.WaitForExit());
    }

    [LinuxFact]
    public void A_paste_without_its_end_mark_ends_after_silence()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using Pty pty = Joined(server);

        pty.Send("\e[200~http://example.org/x");

        pty.WaitFor(() => CaretRow(pty) == "kim> http://example.org/x", "the pasted line");
        pty.Send("\e[200~!");
        pty.WaitFor(
            () => CaretRow(pty).StartsWith("pasting; Ctrl-C ends it", StringComparison.Ordinal),
            "the paste that is open"
        );
        pty.Send("\x03");
        pty.WaitFor(() => CaretRow(pty) == "kim> http://example.org/x!", "the end of the paste");
        pty.Send("\r");
        server.Program.Out.WaitForLine("<kim> http://example.org/x!");
    }

    [LinuxFact]
    public void Unmarked_pasted_lines_need_an_answer()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using Pty pty = Joined(server);

        pty.Send("password: swordfish\r/nick oops\rthird line\r");
        pty.WaitFor(
            () => CaretRow(pty).StartsWith("send 3 lines as one message to everybody?", StringComparison.Ordinal),
            "the question"
        );
        pty.Send("n");
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        pty.Send("hello\r");

        server.Program.Out.WaitForLine("<kim> hello");
        Assert.DoesNotContain(
            server.Program.Out.Lines,
            line =>
                line.Contains("swordfish", StringComparison.Ordinal) || line.Contains("oops", StringComparison.Ordinal)
        );
    }

    [LinuxTheory]
    [InlineData("password: swordfish\n/nick oops\nthird line\n")]
    [InlineData("\e[200~password: swordfish\r/nick oops\rthird line\r\e[201~")]
    public void A_paste_while_the_client_connects_needs_an_answer(string pasted)
    {
        using var listener = new Listener();
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", "127.0.0.1", listener.Port]);
        using Socket socket = listener.Accept();

        pty.Send(pasted);
        pty.WaitFor(
            () => CaretRow(pty).StartsWith("send 3 lines as one message to everybody?", StringComparison.Ordinal),
            "the question"
        );
        Assert.True(pty.Screen.PasteIsBracketed);
        pty.Send("n");
        pty.WaitFor(() => CaretRow(pty).EndsWith("(connecting)>", StringComparison.Ordinal), "the prompt");
        pty.Send("early\r");
        pty.WaitForText("  early");
        socket.Send("Welcome to this chatroom! [chat/1]\nwelcome kim 0123456789abcdef 0 1 0 0 0\n"u8);

        byte[] received = new byte[4096];
        StringBuilder heard = new();
        while (!heard.ToString().Contains(" early\n", StringComparison.Ordinal))
            heard.Append(Encoding.UTF8.GetString(received, 0, socket.Receive(received)));
        Assert.DoesNotContain("swordfish", heard.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("oops", heard.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The terminal makes a line feed of an Enter before raw mode, as Ctrl-J sends it afterwards.</summary>
    [LinuxFact]
    public void A_line_typed_before_raw_mode_is_sent_and_Ctrl_J_in_raw_mode_begins_a_row()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using var pty = Pty.Open();
        string client = $"'{ChatProcess.BinaryPath}' client {server.Address} {server.Port}";
        pty.Start("sh", ["-c", $"stty -echo; echo ready; read go; exec {client}"]);
        pty.WaitForText("ready");
        // The shell reads the first line, and the client finds the second one as a terminal in line mode holds it.
        pty.Send("go\rtyped ahead\r");
        server.Program.Out.WaitForLine("<kim> typed ahead");

        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        pty.Send("one");
        pty.WaitFor(() => CaretRow(pty) == "kim> one", "the first row");
        pty.Send("\n");
        pty.WaitFor(() => CaretRow(pty).Length == 0, "the second row");
        pty.Send("two");
        pty.WaitFor(() => CaretRow(pty) == "     two", "its text");
        Assert.DoesNotContain("<kim> one", server.Program.Out.Lines);
        pty.Send("\r");
        server.Program.Out.WaitForLine("<kim> two");
        Assert.Contains("<kim> one", server.Program.Out.Lines);
    }

    [LinuxFact]
    public void In_tmux_a_draft_of_three_rows_outlives_arrivals_and_resizes_and_Enter_sends_it()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using Peer speaker = server.Join();
        using Tmux tmux = new(60, 12, Home.New(), ChatProcess.BinaryPath, "client", server.Address, server.Port);
        tmux.WaitFor(() => tmux.Caret().Row == "kim>", "the prompt");

        tmux.Press("first", "M-Enter");
        tmux.Type("  second row that a narrow window must cut");
        Shows("kim> first", "       second row that a narrow window must cut");
        // In one read with the text after it, a line feed would be a paste.
        tmux.Press("C-j");
        tmux.WaitFor(() => tmux.Caret().Row.Length == 0, "the third row");
        tmux.Type("third");
        Shows("kim> first", "       second row that a narrow window must cut", "     third");
        for (int i = 0; i < 12; i++)
            speaker.SendText($"line {i}\n");
        tmux.WaitForRow(static row => row.EndsWith(": line 11", StringComparison.Ordinal), "the arrivals");
        Shows("kim> first", "       second row that a narrow window must cut", "     third");

        tmux.Resize(30, 12);
        Shows("kim> first", "       second row that a nar>", "     third");
        speaker.SendText("narrow\n");
        tmux.WaitForRow(static row => row.EndsWith(": narrow", StringComparison.Ordinal), "an arrival");
        tmux.Press("Up");
        tmux.Resize(70, 9);
        Shows("kim> first", "       second row that a narrow window must cut", "     third");
        speaker.SendText("wide\n");
        tmux.WaitForRow(static row => row.EndsWith(": wide", StringComparison.Ordinal), "an arrival");
        string[] arrivals = [.. Enumerable.Range(0, 12).Select(static i => $": line {i}"), ": narrow", ": wide"];
        IEnumerable<string> shown = tmux.Lines()
            .Select(static row => row[Math.Max(0, row.IndexOf(": ", StringComparison.Ordinal))..]);
        Assert.Equal(arrivals, shown.Where(arrivals.Contains));
        Assert.Single(tmux.Rows(), static row => row.StartsWith("kim>", StringComparison.Ordinal));

        tmux.Press("Enter");
        server.Program.Out.WaitForLine("<kim> third");
        Assert.Contains("<kim>   second row that a narrow window must cut", server.Program.Out.Lines);
        tmux.WaitFor(() => tmux.Caret().Row == "kim>", "an empty draft");

        void Shows(params string[] rows) =>
            tmux.WaitFor(() => tmux.Rows().TakeLast(rows.Length).SequenceEqual(rows), "the whole draft below the rest");
    }

    [LinuxFact]
    public void Ctrl_C_clears_the_line_and_then_ends_a_client_that_is_still_connecting()
    {
        using var listener = new Listener();
        using var pty = Pty.Open();
        string before = pty.Stty();
        pty.Start(ChatProcess.BinaryPath, ["client", "127.0.0.1", listener.Port]);
        using Socket socket = listener.Accept();
        pty.Send("half a thou");
        pty.WaitFor(() => CaretRow(pty).EndsWith("(connecting)> half a thou", StringComparison.Ordinal), "the draft");

        pty.Send("\x03");
        pty.WaitFor(() => CaretRow(pty).EndsWith("(connecting)>", StringComparison.Ordinal), "an empty line");
        pty.Send("\x03");

        Assert.Equal(0, pty.WaitForExit());
        Assert.Equal(before, pty.Stty());
    }

    [LinuxFact]
    public void In_tmux_a_paste_followed_by_Enter_sends_the_line()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using Tmux tmux = new(80, 24, Home.New(), ChatProcess.BinaryPath, "client", server.Address, server.Port);
        tmux.WaitFor(() => tmux.Caret().Row == "kim>", "the prompt");

        for (int i = 0; i < 10; i++)
        {
            tmux.PasteAndPress(string.Create(CultureInfo.InvariantCulture, $"pasted {i}"), "Enter");
            tmux.Press("typed", "Enter");
        }

        server.Program.Out.WaitForLine("<kim> pasted 9");
        Eventually.Is(
            () => server.Program.Out.Lines.Count(line => line == "<kim> typed") == 10,
            "the whole typed text",
            seen: server.Program.Out.Describe
        );
    }

    [LinuxFact]
    public void Lines_sent_during_a_break_are_marked_and_counted()
    {
        string history = Path.Combine(Home.New()["HOME"]!, "log");
        using var server = ChatServerProcess.Start([.. Unbounded, "--history", history]);
        using Pty pty = Joined(server);
        pty.Send("before\r");
        server.Program.Out.WaitForLine("<kim> before");

        server.Program.Kill();
        // Long enough for other members to speak before the next attempt.
        pty.WaitFor(
            () => Regex.IsMatch(CaretRow(pty), "reconnecting in ([3-9]|[1-9][0-9]) s"),
            "a wait of some length",
            TimeSpan.FromMinutes(1)
        );
        using var next = ChatServerProcess.StartOn(server.EndPoint.Port, [.. Unbounded, "--history", history]);
        using Peer speaker = next.Join();
        speaker.SendText("one\ntwo, kim\n");
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt with the member's name", TimeSpan.FromMinutes(1));
        speaker.SendText("three\n");

        pty.WaitForText(": three");
        var rows = pty.Screen.ScrollbackAndScreen.Select(row => Regex.Replace(row, "^[0-9:]+ ", "")).ToList();
        Assert.Equal(
            [
                "-- unread from here",
                "guest: one",
                "guest: two, kim",
                "-- while you were away: 2 lines, 1 mentions you",
                "guest: three",
            ],
            rows.SkipWhile(row => row != "-- unread from here").Take(5)
        );
    }

    [LinuxFact]
    public void A_client_stopped_from_outside_continues_below_foreign_output_and_erases_nothing()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using Pty pty = Joined(server);
        pty.Send("half a thou");
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thou", "the draft");

        pty.Signal(Signals.Stop);
        pty.Print("\r\nwhat a shell says\r\n");
        pty.Signal(Signals.Continue);
        pty.WaitFor(
            () =>
                CaretRow(pty) == "kim> half a thou" && pty.Screen.Row(pty.Screen.Cursor.Row - 1) == "what a shell says",
            "the draft below what was written"
        );
        using Peer speaker = server.Join();
        speaker.SendText("hi\n");
        pty.WaitForText(": hi");
        Assert.True(pty.Screen.Shows("what a shell says"), pty.Screen.Draw());
    }

    [LinuxFact]
    public void A_hundred_resizes_while_twenty_people_talk_leave_the_draft_unchanged()
    {
        using var server = ChatServerProcess.Start(Unbounded);
        using Pty pty = Joined(server);
        Peer[] people = server.JoinAll(20);
        StringBuilder typed = new();

        pty.Screen.IsResizing = true;
        for (int i = 0; i < 100; i++)
        {
            people[i % people.Length]
                .SendText(string.Create(CultureInfo.InvariantCulture, $"line {i}, and 漢字 to fill it up\n"));
            pty.Resize(40 + (i * 7 % 60), 10 + (i % 14));
            char letter = (char)('a' + (i % 26));
            pty.Send(letter.ToString());
            typed.Append(letter);
        }

        pty.Resize(130, 30);
        pty.WaitForText("line 99, and");
        pty.WaitFor(() => CaretRow(pty) == $"kim> {typed}", "the draft");
        pty.Screen.IsResizing = false;
        server.Program.Out.WaitForLine("line 99, and");
        Assert.Equal(Numbers(server.Program.Out.Lines), Numbers(pty.Screen.ScrollbackAndScreen));
        // From here on no row of earlier windows may remain: the rows are in order, and the draft is under
        // them.
        for (int i = 100; i < 110; i++)
            people[0].SendText(string.Create(CultureInfo.InvariantCulture, $"line {i}, and 漢字 to fill it up\n"));
        pty.WaitFor(
            () => Numbers(pty.Screen.ScrollbackAndScreen).Last() == 109 && CaretRow(pty) == $"kim> {typed}",
            "the last line"
        );
        IEnumerable<string> last = Enumerable
            .Range(pty.Screen.Cursor.Row - 10, 10)
            .Select(row => pty.Screen.Row(row)["00:00 ".Length..]);
        Assert.Equal(
            Enumerable
                .Range(100, 10)
                .Select(i => string.Create(CultureInfo.InvariantCulture, $"guest: line {i}, and 漢字 to fill it up")),
            last
        );
        pty.Send("\r");
        server.Program.Out.WaitForLine($"<kim> {typed}");
        Array.ForEach(people, person => person.Dispose());
    }

    [LinuxFact]
    public void Ten_thousand_lines_at_once_keep_the_prompt_and_the_draft_in_place()
    {
        using var server = ChatServerProcess.Start([.. Unbounded, "--ring", "16777216"]);
        using Pty pty = Joined(server);
        using Peer crowd = server.Join();
        pty.Send("half a thou");
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thou", "the draft");

        crowd.SendText(
            string.Concat(
                Enumerable
                    .Range(0, 10_000)
                    .Select(i => string.Create(CultureInfo.InvariantCulture, $"line {i} of many\n"))
            )
        );
        pty.Send("g");
        pty.WaitForText("line 9999 of many");
        pty.WaitFor(() => CaretRow(pty) == "kim> half a thoug", "the draft");
        pty.Send("ht\r");

        server.Program.Out.WaitForLine("<kim> half a thought");
        // During the flood the prompt was drawn repeatedly, and a key would have been read each time.
        int longest = Encoding.UTF8.GetString(pty.TranscriptRaw).Split("kim> ").Max(Encoding.UTF8.GetByteCount);
        Assert.InRange(longest, 1, ClientLimits.FrameBytes + ProtocolLimits.RelayedLineBytes);
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
    public void Colours_follow_the_color_option(string option, string when, string? noColor)
    {
        using var server = ChatServerProcess.Start();
        using var pty = Pty.Open();
        pty.Start(
            ChatProcess.BinaryPath,
            ["client", server.Address, server.Port, option, when],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["NO_COLOR"] = noColor }
        );
        pty.WaitForText("kim>");
        using Peer speaker = server.Join();
        speaker.SendText("hello kim\n");
        pty.WaitForText(": hello kim");

        Assert.Equal(
            when == "always",
            Regex.IsMatch(Encoding.UTF8.GetString(pty.TranscriptRaw), @"\e\[[0-9;]*[34]8?[;m]|\e\[[0-9;]*3[0-9]m")
        );
    }

    /// <summary>The numbers of the lines in these rows, in order.</summary>
    private static IEnumerable<int> Numbers(IEnumerable<string> rows) =>
        rows.Select(row => Regex.Match(row, "[:>] line ([0-9]+), and"))
            .Where(match => match.Success)
            .Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    /// <summary>
    /// xterm cuts the rows of a window that becomes narrower, as the grid does; most other emulators reflow
    /// them.
    /// </summary>
    private static Pty Joined(ChatServerProcess server)
    {
        var pty = Pty.Open();
        pty.Start(
            ChatProcess.BinaryPath,
            ["client", server.Address, server.Port],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["XTERM_VERSION"] = "XTerm" }
        );
        pty.WaitForText("you are the only one here");
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        return pty;
    }

    private static string CaretRow(Pty pty) => pty.Screen.Row(pty.Screen.Cursor.Row);
}
