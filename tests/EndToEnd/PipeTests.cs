using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Chat.Client;
using Chat.Protocol.Text;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The client in scripts: lines in, lines out, and an exit code that says whether all lines arrived.
/// </summary>
public sealed class PipeTests
{
    [LinuxFact]
    public void An_unreadable_time_zone_is_reported_once()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.StartWith(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["TZ"] = "Nowhere/Atall" },
            "client",
            server.Address,
            server.Port
        );

        client.SendLine("hello");
        server.Program.Out.WaitForLine("hello");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.Single(
            client.Err.Lines,
            static line => line.Contains("TZ=Nowhere/Atall is no time zone known here", StringComparison.Ordinal)
        );
    }

    /// <summary>Such a name could clear a screen or reverse the text.</summary>
    [LinuxTheory]
    [InlineData("XDG_CONFIG_HOME", "client", "127.0.0.1", "1")]
    [InlineData("HOME", "client", "127.0.0.1", "1")]
    [InlineData(null, "client", "some\u202Ebox\e[2J", "1")]
    [InlineData(null, "client", "fe80::1%\u2066\e[2J", "1")]
    [InlineData(null, "client", "127.0.0.1", "1", "--name", "\e[2J\u202E")]
    [InlineData(null, "server", "127.0.0.1", "--log", "/dev/null/\u202E\e[2J")]
    [InlineData(null, "server", "127.0.0.1", "--history", "/dev/null/\u202E\e[2J")]
    public void A_hostile_name_of_a_folder_host_or_file_reaches_stderr_clean(string? variable, params string[] args)
    {
        using Wrapped folder = new("");
        string home = folder["\u202E\e[2Jhome"];
        string config = Path.Combine(home, variable == "HOME" ? ".config/chat" : "chat");
        // The paths of the files hold directories.
        Directory.CreateDirectory(Path.Combine(config, "person.key"));
        Assert.Equal(0, ToolProcess.Start("mkfifo", Path.Combine(config, "ignored")).WaitForExit());
        Dictionary<string, string?> environment = new(Home.New(), StringComparer.Ordinal);
        if (variable == "HOME")
            environment["XDG_CONFIG_HOME"] = null;
        if (variable is not null)
            environment[variable] = home;

        using RunningProgram program = ChatProcess.StartWith(environment, args);
        program.CloseInput();

        Assert.NotEqual(0, program.WaitForExit());
        Assert.NotEmpty(program.Err.Lines);
        Assert.All(program.Err.Lines, static line => Assert.Equal(SafeText.Clean(line), line));
        Assert.DoesNotContain('\e', program.Err.Text);
    }

    [Fact]
    public void An_unfinished_last_line_is_a_line_too()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port);

        client.Send("a\nb");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.Empty(client.Err.Text);
        server.Program.Out.WaitForLine("<kim> a".Equals);
        server.Program.Out.WaitForLine("<kim> b".Equals);
        server.Program.Out.WaitForLine("-- kim left".Equals);
    }

    [Theory]
    [InlineData("def f():\n\treturn 1\n\n    # end\n", "def f():", "\treturn 1", "", "    # end")]
    [InlineData("/quit\r\n//x", "/quit", "//x")]
    [InlineData("one line", "one line")]
    [InlineData("\n\n  x\n\n", "", "", "  x", "")]
    public void The_whole_input_is_one_message_with_snippet(string input, params string[] rows)
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--snippet");

        client.Send(input);
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.Equal(rows.Select(static row => $"<kim> {row}"), Said(server));
    }

    [Fact]
    public void A_row_longer_than_a_line_is_one_message_too()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram bot = ChatProcess.Start("client", server.Address, server.Port, "--json", "--name", "bot");
        bot.Out.WaitForLine(static line => line.Contains("present", StringComparison.Ordinal));
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--snippet");
        string row = new('x', 65_536);

        client.Send(row + "\n");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        bot.Out.WaitForLine(static line => line.Contains("\"leave\"", StringComparison.Ordinal));
        string said = Assert.Single(
            bot.Out.Lines,
            static line => line.Contains("\"type\":\"say\"", StringComparison.Ordinal)
        );
        Assert.Contains($"\"{row}\"", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(501, 1, "a message has at most 500 lines, and this one has 501; nothing was said")]
    [InlineData(2, 40_000, "a message has at most 65536 bytes, and this one has 80001; nothing was said")]
    [InlineData(400, 1000, "a message has at most 65536 bytes, and the input has 400400; nothing was said")]
    [InlineData(3, 0, "the message is empty; nothing was said")]
    public void Of_a_snippet_above_a_bound_nothing_is_said(int lines, int length, string error)
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--snippet");

        client.Send(string.Concat(Enumerable.Repeat(new string('x', length) + "\n", lines)));
        client.CloseInput();

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal([$"chat: {error}"], client.Err.Lines);
        Assert.Empty(Said(server));
    }

    [LinuxFact]
    public void Empty_input_joins_and_leaves()
    {
        using var server = ChatServerProcess.Start();
        using Wrapped wrapped = new("""exec $CHAT "$@" </dev/null""");
        using RunningProgram client = wrapped.Start("client", server.Address, server.Port);

        Assert.Equal(0, client.WaitForExit());
        Assert.Equal("Welcome to this chatroom!", client.Out.Lines[0]);
        Assert.Empty(client.Err.Text);
    }

    [Theory]
    [InlineData(100_000, "--rate", "0")]
    [InlineData(200, "--rate", "1000", "--burst", "1")]
    [InlineData(30)]
    public void All_lines_of_a_fast_pipe_arrive_in_order(int lines, params string[] options)
    {
        using var server = ChatServerProcess.Start(options);
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port);

        client.Send(string.Concat(Enumerable.Range(0, lines).Select(i => $"line {i}\n")));
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.Equal(Enumerable.Range(0, lines).Select(i => $"<kim> line {i}"), Said(server));
    }

    /// <summary>More than the connection, the server's buffers and the client's outbox hold together.</summary>
    [Fact]
    public void A_megabyte_in_a_pipe_arrives_whole()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port);
        string filler = new string('x', 2000);

        for (int i = 0; i < 500; i++)
            client.SendLine($"{i} {filler}");
        client.CloseInput();

        Assert.True(client.WaitForExit() == 0, client.Err.Describe());
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"<kim> {i} {filler}"), Said(server));
    }

    [Fact]
    public void A_line_that_is_too_long_for_the_room_is_not_cut_in_silence()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port);
        string line = string.Concat(Enumerable.Range(0, 3000).Select(i => $"{i} "));

        client.SendLine(line + "end");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        const string Prefix = "<kim> ";
        Assert.Equal(line + "end", string.Concat(Said(server).Select(said => said[Prefix.Length..])));
    }

    [Fact]
    public void A_cut_line_is_sent_in_part_and_is_a_failure()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port);

        client.SendLine("the beginning");
        client.SendLine(new string('x', 100_000));
        client.SendLine("the end");
        client.CloseInput();

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal(
            "chat: line 2: 100000 bytes are too long; only the first 65536 are said",
            Assert.Single(client.Err.Lines)
        );
        Assert.Equal(65536, Said(server).Sum(line => line.Count(c => c == 'x')));
        Assert.Contains("<kim> the end", server.Program.Out.Lines);
    }

    [Fact]
    public void A_killed_server_is_reported_on_stderr_and_found_again()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port);
        client.SendLine("hello");
        server.Program.Out.WaitForLine("<kim> hello".Equals);

        server.Program.Kill();
        client.Err.WaitForLine(line => line.StartsWith("chat: the ", StringComparison.Ordinal));
        client.SendLine("is anybody there?");
        using var next = ChatServerProcess.StartOn(server.EndPoint.Port);

        next.Program.Out.WaitForLine("<kim> is anybody there?".Equals);
        client.CloseInput();
        Assert.Equal(0, client.WaitForExit());
    }

    [Fact]
    public void A_server_killed_before_its_acknowledgement_is_a_failure()
    {
        using var server = ChatServerProcess.Start("--rate", "1", "--burst", "1");
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--timeout", "1");
        client.Send(string.Concat(Enumerable.Repeat("line\n", 100)));
        client.CloseInput();
        server.Program.Out.WaitForLine("<kim> line".Equals);

        server.Program.Kill();

        Assert.Equal(1, client.WaitForExit());
        Match match = Regex.Match(
            client.Err.Lines[^1],
            "^chat: the server accepted no data for 1 s; ([0-9]+) lines may not have been said, "
                + "from line ([0-9]+) of the input on$"
        );
        Assert.True(match.Success, client.Err.Describe());
        Assert.Equal(
            101,
            match.Groups.Values.Skip(1).Sum(group => int.Parse(group.Value, CultureInfo.InvariantCulture))
        );
    }

    [Fact]
    public void A_pipe_with_commands_leaves_at_quit_and_sends_nothing_after_it()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--commands");

        client.Send("bye all\n/quit\nno more\n");

        Assert.Equal(0, client.WaitForExit());
        Assert.Equal(["<kim> bye all"], Said(server));
    }

    [Theory]
    [InlineData("<kim> ")]
    [InlineData("<kim> ", "--quiet")]
    [InlineData("<kim> ", "--json")]
    [InlineData("<guest> ", "--plain")]
    public void In_a_pipe_no_line_is_a_command(string prefix, params string[] options)
    {
        string[] lines = ["/usr is 97 % full", "//x", "/", "/quit", "/nick bob", "/msg kim psst", "/me waves", "/hlep"];
        using var server = ChatServerProcess.Start();
        using RunningProgram client = server.RunPipe(string.Join('\n', lines), options);

        Assert.Equal(0, client.WaitForExit());
        Assert.Empty(client.Err.Text);
        Assert.Equal(lines.Select(line => prefix + line), Said(server, prefix[1..^2]));
    }

    [Theory]
    [InlineData("/hlep", "there is no command /hlep; *")]
    [InlineData("/usr is full", "there is no command /usr; *")]
    [InlineData("/msg nobody hi", "there is no nobody here; *")]
    [InlineData("/msg bob", "usage: /msg NAME TEXT")]
    [InlineData("/nick admin", "That name is reserved, *")]
    [InlineData("/nick two.words", "A name is made of letters, *")]
    [InlineData("/history 0", "usage: /history [N]")]
    [InlineData("/r hello", "there is no whisper to answer yet; *")]
    public void A_refused_command_is_reported_with_its_line_number_and_is_a_failure(string command, string words)
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--commands", "--quiet");

        client.Send($"one\n{command}\n/me goes on\n");
        client.CloseInput();

        Assert.Equal(1, client.WaitForExit());
        Assert.Empty(client.Out.Text);
        Assert.Matches(
            $"^chat: line 2: {Regex.Escape(words).Replace("\\*", ".*", StringComparison.Ordinal)}$",
            Assert.Single(client.Err.Lines)
        );
        server.Program.Out.WaitForLine("* kim goes on".Equals);
        Assert.Equal(["<kim> one"], Said(server));
    }

    /// <summary>Cron mails every printed byte.</summary>
    [Fact]
    public void A_quiet_pipe_prints_nothing_on_success()
    {
        using var server = ChatServerProcess.Start();
        using Peer other = server.JoinWith("something for the backlog", "> something for the backlog");
        // Another member has the name, and the identity cannot be stored.
        using RunningProgram taken = ChatProcess.Start("client", server.Address, server.Port, "--listen");
        server.Program.Out.WaitForLine("-- kim joined".Equals);
        using RunningProgram client = ChatProcess.StartWith(
            new Dictionary<string, string?> { ["XDG_CONFIG_HOME"] = "/dev/null/no" },
            "client",
            server.Address,
            server.Port,
            "--quiet"
        );

        client.Send("done\n");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.Empty(client.Out.Text);
        Assert.Empty(client.Err.Text);
        server.Program.Out.WaitForLine("<kim2> done".Equals);
    }

    [Fact]
    public void A_quiet_pipe_prints_the_reason_of_a_refused_connection()
    {
        using var server = ChatServerProcess.Start("--max-clients", "1");
        using Peer other = server.Join();
        server.Program.Out.WaitForLine("joined");
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--quiet");

        client.Send("done\n");
        client.CloseInput();

        Assert.Equal(1, client.WaitForExit());
        Assert.Empty(client.Out.Text);
        Assert.Equal("chat: the room is full: 1 are here; try again later", Assert.Single(client.Err.Lines));
    }

    [Theory]
    [InlineData("tab\there", "tab here")]
    [InlineData("\e[31mred", "^[[31mred")]
    [InlineData("a\0b\a", "a^@b^G")]
    [InlineData("progress\r10 %\r\n", "progress^M10 %")]
    [InlineData("\uFEFFmark\r\n", "mark")]
    [InlineData("zero\u200Bwidth", "zerowidth")]
    [InlineData("  blanks  ", "  blanks  ")]
    [InlineData("\uFFFD as such", "\uFFFD as such")]
    public void A_line_whose_every_character_is_shown_somehow_is_taken(string line, string said)
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = server.RunPipe(line, "--quiet");

        Assert.Equal(0, client.WaitForExit());
        Assert.Empty(client.Err.Text);
        Assert.Equal(["<kim> " + said], Said(server));
    }

    [Theory]
    [InlineData("FC 62 65 72", "\uFFFDber", "1 character cannot be shown and is said as U+FFFD or left out")]
    [InlineData(
        "61 FF FB 1F 62",
        "a\uFFFD\uFFFD^_b",
        "2 characters cannot be shown and are said as U+FFFD or left out"
    )]
    [InlineData("EE 82 A0", "\uFFFD", "1 character cannot be shown and is said as U+FFFD or left out")]
    [InlineData(
        "61 CC 80 CC 80 CC 80 CC 80 CC 80",
        "a\u0300\u0300\u0300\u0300",
        "1 character cannot be shown and is said as U+FFFD or left out"
    )]
    public void A_line_that_loses_a_character_is_reported_and_is_a_failure(string bytes, string said, string words)
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--quiet");

        client.Send(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));
        client.CloseInput();

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal($"chat: line 1: {words}", Assert.Single(client.Err.Lines));
        Assert.Equal(["<kim> " + said], Said(server));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\r\n   \n\t\n")]
    public void Input_without_text_sends_nothing(string input)
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = server.RunPipe(input, "--quiet");

        Assert.Equal(0, client.WaitForExit());
        Assert.Empty(client.Err.Text);
        Assert.Empty(Said(server));
    }

    [LinuxFact]
    public void Unreadable_input_is_a_failure()
    {
        using var server = ChatServerProcess.Start();
        using Wrapped wrapped = new("""exec $CHAT "$@" </tmp""");
        using RunningProgram client = wrapped.Start("client", server.Address, server.Port, "--quiet");

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal("chat: the input cannot be read: Is a directory\n", client.Err.Text);
    }

    [LinuxFact]
    public void An_error_that_cannot_be_printed_does_not_stop_the_next_line()
    {
        using var server = ChatServerProcess.Start();
        using Wrapped wrapped = new("""printf '/hlep\nthe next\n' | $CHAT "$@" 2>/dev/full""");
        using RunningProgram client = wrapped.Start("client", server.Address, server.Port, "--commands");

        Assert.Equal(1, client.WaitForExit());
        server.Program.Out.WaitForLine("<kim> the next".Equals);
    }

    [Fact]
    public void A_plain_server_that_breaks_off_is_a_failure()
    {
        using var listener = new Listener();
        using RunningProgram client = ChatProcess.Start(
            "client",
            listener.EndPoint.Address.ToString(),
            $"{listener.EndPoint.Port}"
        );
        client.SendLine("is anybody there?");
        using (Socket server = listener.Accept())
        {
            server.Send("hello\n"u8);
            Eventually.Is(() => server.Available > 0, "the line", seen: client.Describe);
        }

        client.Err.WaitForLine("the connection was lost");
        using Socket next = listener.Accept();
        next.Send("hello again\n"u8);
        client.Out.WaitForLine("hello again".Equals);
        client.CloseInput();

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal(
            "chat: the connection broke on the way, and a plain server cannot tell which lines it has taken",
            client.Err.Lines[^1]
        );
    }

    [Theory]
    [InlineData("hello\n")]
    [InlineData("")]
    public void A_silent_server_receives_nothing_and_is_a_failure(string input)
    {
        using var listener = new Listener();
        using RunningProgram client = ChatProcess.Start(
            "client",
            "127.0.0.1",
            listener.Port,
            "--quiet",
            "--timeout",
            "1"
        );
        client.Send(input);
        client.CloseInput();
        using Socket server = listener.Accept();

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal(
            $"chat: 127.0.0.1 {listener.Port} sent no data for 1 s; is it a chat room? "
                + "No line was sent to it (--plain sends anyway)",
            Assert.Single(client.Err.Lines)
        );
        Assert.Equal(0, server.Available);
    }

    [Fact]
    public void A_server_that_closes_silently_is_a_failure()
    {
        using var listener = new Listener();
        using RunningProgram client = ChatProcess.Start("client", "127.0.0.1", listener.Port, "--quiet");
        client.Send("hello\n");
        client.CloseInput();
        while (!client.HasExited)
            listener.CloseNext();

        Assert.Equal(1, client.WaitForExit());
        Assert.Matches(
            "^chat: the server (closed|reset) the connection before it sent any data$",
            Assert.Single(client.Err.Lines)
        );
    }

    [Fact]
    public void A_server_that_answers_a_plain_script_and_closes_is_not_called_silent()
    {
        using ScriptedServer server = new(options => options with { IsScript = true, Plain = true });
        server.Accept();
        server.Pass(ClientLimits.SilentMarkMilliseconds);
        server.Link.Say("hello");
        Assert.Equal("hello", server.Hear());
        server.Send("no chat here\n");
        server.EndSpeech();

        server.Until(() => server.Link.State == LinkState.Waiting);
        Assert.Equal(
            "the server closed the connection",
            Assert.Single(server.Events, static e => e.State == LinkState.Lost).Text
        );
    }

    [Fact]
    public void An_SSH_server_on_the_port_is_named_and_receives_nothing()
    {
        using var listener = new Listener();
        using RunningProgram client = ChatProcess.Start("client", "127.0.0.1", listener.Port, "--quiet");
        client.Send("hello\n");
        client.CloseInput();
        using Socket server = listener.Accept();
        server.Send("SSH-2.0-OpenSSH_9.2p1\r\n"u8);

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal(
            $"chat: 127.0.0.1 {listener.Port} is an SSH server, not a chat room; "
                + "no line was sent to it (--plain sends anyway)",
            Assert.Single(client.Err.Lines)
        );
        Assert.Equal(0, server.Available);
    }

    /// <summary>When `head` closes the pipe, the writer must end; it must not spin or fill a log.</summary>
    [LinuxFact]
    public void A_closed_output_ends_the_client()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        using Wrapped wrapped = new("""exec $CHAT "$@" > >(head -n 1 >"$HERE/first")""");
        using RunningProgram client = wrapped.Start("client", server.Address, server.Port);
        server.Program.Out.WaitForLine("joined");
        using var speaker = Peer.Connect(server.EndPoint);

        Eventually.Is(Ended, "the client to end", seen: client.Describe);

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal(
            "chat: the conversation cannot be written: the output accepts no more data",
            Assert.Single(client.Err.Lines)
        );
        Assert.Equal("Welcome to this chatroom!\n", File.ReadAllText(wrapped["first"]));

        bool Ended()
        {
            speaker.SendText("more\n");
            return client.HasExited;
        }
    }

    [LinuxFact]
    public void A_full_disk_under_the_output_is_reported()
    {
        using var server = ChatServerProcess.Start();
        using Wrapped wrapped = new("""exec $CHAT "$@" >/dev/full""");
        using RunningProgram client = wrapped.Start("client", server.Address, server.Port);

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal(
            "chat: the conversation cannot be written: the output accepts no more data",
            Assert.Single(client.Err.Lines)
        );
    }

    /// <summary>These clients close their half at the end of input and keep reading.</summary>
    [LinuxTheory]
    [InlineData("nc", "-N", "127.0.0.1", "PORT")]
    [InlineData("ncat", "127.0.0.1", "PORT")]
    [InlineData("socat", "-", "TCP:127.0.0.1:PORT")]
    public void The_plain_tools_deliver_a_whole_script_too(string tool, params string[] args)
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram program = ToolProcess.Start(
            tool,
            args.Select(arg => arg.Replace("PORT", server.Port, StringComparison.Ordinal))
        );

        program.Send(string.Concat(Enumerable.Range(0, 25).Select(i => $"line {i}\n")) + "and the unfinished last");
        program.CloseInput();

        Assert.Equal(0, program.WaitForExit());
        Assert.Equal(
            [.. Enumerable.Range(0, 25).Select(i => $"<guest> line {i}"), "<guest> and the unfinished last"],
            Said(server, "guest")
        );
    }

    /// <summary>
    /// The lines of the room, once this member has left: the server may print them after the client's end. A client
    /// that says its hello late is a guest before, so another leave may come first.
    /// </summary>
    private static IEnumerable<string> Said(ChatServerProcess server, string name = "kim")
    {
        server.Program.Out.WaitForLine($"-- {name} left".Equals);
        return server.Program.Out.Lines.Where(static line => line.StartsWith('<'));
    }

    [LinuxTheory]
    [InlineData((int)Signals.Terminate)]
    [InlineData((int)Signals.Interrupt)]
    [InlineData((int)Signals.Hangup)]
    public void A_signal_ends_the_client_with_the_exit_code_of_the_signal(int signal)
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port);
        server.Program.Out.WaitForLine("kim joined");

        client.Signal((Signals)signal);

        Assert.Equal(128 + signal, client.WaitForExit());
        Assert.Empty(client.Err.Text);
        server.Program.Out.WaitForLine("-- kim left");
    }
}
