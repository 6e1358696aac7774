using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>The client in scripts: lines in, lines out, and an exit code that says whether all of it arrived.</summary>
[Collection(ProcessHeavy.Collection)]
public sealed class PipeTests
{
    [LinuxFact]
    public void A_time_zone_that_cannot_be_read_is_told_once()
    {
        using var server = ChatServerProcess.Start();
        using var client = ChatProcess.StartWith(new Dictionary<string, string?>(StringComparer.Ordinal) { ["TZ"] = "Nowhere/Atall" }, "client", server.Address, server.Port);

        client.SendLine("hello");
        server.Program.Out.WaitForLine("hello");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.Single(client.Err.Lines, static line => line.Contains("TZ=Nowhere/Atall is no time zone known here", StringComparison.Ordinal));
    }

    [Fact]
    public void An_unfinished_last_line_is_a_line_too()
    {
        using var server = ChatServerProcess.Start();
        using var client = ChatProcess.Start("client", server.Address, server.Port);

        client.Send("a\nb");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.Empty(client.Err.Text);
        server.Program.Out.WaitForLine("<kim> a".Equals);
        server.Program.Out.WaitForLine("<kim> b".Equals);
        server.Program.Out.WaitForLine("-- kim left".Equals);
    }

    [LinuxFact]
    public void No_input_at_all_is_a_visit()
    {
        using var server = ChatServerProcess.Start();
        using Wrapped wrapped = new("""exec $CHAT "$@" </dev/null""");
        using var client = wrapped.Start("client", server.Address, server.Port);

        Assert.Equal(0, client.WaitForExit());
        Assert.Equal("Welcome to this chatroom!", client.Out.Lines[0]);
        Assert.Empty(client.Err.Text);
    }

    [Theory]
    [InlineData(200, "--rate", "0")]
    [InlineData(200, "--rate", "1000", "--burst", "1")]
    [InlineData(30)]
    public void Lines_in_a_pipe_arrive_all_and_in_order_however_fast_they_come(int lines, params string[] options)
    {
        using var server = ChatServerProcess.Start(options);
        using var client = ChatProcess.Start("client", server.Address, server.Port);

        client.Send(string.Concat(Enumerable.Range(0, lines).Select(i => $"line {i}\n")));
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        server.Program.Out.WaitForLine("-- kim left".Equals);
        Assert.Equal(Enumerable.Range(0, lines).Select(i => $"<kim> line {i}"), server.Program.Out.Lines.Where(line => line.StartsWith('<')));
    }

    /// <summary>More than the connection, the server's hands and the client's outbox hold together.</summary>
    [Fact]
    public void A_megabyte_in_a_pipe_arrives_whole()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        using var client = ChatProcess.Start("client", server.Address, server.Port);
        var filler = new string('x', 2000);

        for (var i = 0; i < 500; i++)
            client.SendLine($"{i} {filler}");
        client.CloseInput();

        Assert.True(client.WaitForExit() == 0, client.Err.Describe());
        server.Program.Out.WaitForLine("-- kim left".Equals);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"<kim> {i} {filler}"), server.Program.Out.Lines.Where(line => line.StartsWith('<')));
    }

    [Fact]
    public void A_line_that_is_too_long_for_the_room_is_not_cut_in_silence()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        using var client = ChatProcess.Start("client", server.Address, server.Port);
        var line = string.Concat(Enumerable.Range(0, 3000).Select(i => $"{i} "));

        client.SendLine(line + "end");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        server.Program.Out.WaitForLine("-- kim left".Equals);
        const string Prefix = "<kim> ";
        Assert.Equal(line + "end", string.Concat(server.Program.Out.Lines.Where(said => said.StartsWith('<')).Select(said => said[Prefix.Length..])));
    }

    [Fact]
    public void A_line_beyond_all_bounds_is_said_in_part_and_told()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        using var client = ChatProcess.Start("client", server.Address, server.Port);

        client.SendLine(new string('x', 100_000));
        client.SendLine("the end");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.Equal("chat: a line of 100000 bytes is too long to be said; only the first 65536 were", Assert.Single(client.Err.Lines));
        server.Program.Out.WaitForLine("-- kim left".Equals);
        Assert.Equal(65536, server.Program.Out.Lines.Where(line => line.StartsWith('<')).Sum(line => line.Count(c => c == 'x')));
        Assert.Contains("<kim> the end", server.Program.Out.Lines);
    }

    [Fact]
    public void A_server_that_is_killed_is_told_beside_the_conversation_and_found_again()
    {
        using var server = ChatServerProcess.Start();
        using var client = ChatProcess.Start("client", server.Address, server.Port);
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
    public void A_server_that_is_killed_with_lines_in_hand_does_not_look_like_success()
    {
        using var server = ChatServerProcess.Start("--rate", "1", "--burst", "1");
        using var client = ChatProcess.Start("client", server.Address, server.Port, "--timeout", "1");
        client.Send(string.Concat(Enumerable.Repeat("line\n", 100)));
        client.CloseInput();
        server.Program.Out.WaitForLine("<kim> line".Equals);

        server.Program.Kill();

        Assert.Equal(1, client.WaitForExit());
        Assert.Matches("^chat: the server has taken nothing for 1 s; [0-9]+ lines may not have been said$", client.Err.Lines[^1]);
    }

    [Fact]
    public void A_pipe_says_goodbye_by_quit()
    {
        using var server = ChatServerProcess.Start();
        using var client = ChatProcess.Start("client", server.Address, server.Port);

        client.Send("bye all\n/quit\n");

        Assert.Equal(0, client.WaitForExit());
        server.Program.Out.WaitForLine("<kim> bye all".Equals);
        server.Program.Out.WaitForLine("-- kim left".Equals);
    }

    /// <summary>What goes wrong when `head` has what it wants: the writer must end, not spin and not fill a log.</summary>
    [LinuxFact]
    public void An_output_that_nobody_reads_any_more_ends_it()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        using Wrapped wrapped = new("""exec $CHAT "$@" > >(head -n 1 >"$HERE/first")""");
        using var client = wrapped.Start("client", server.Address, server.Port);
        server.Program.Out.WaitForLine("joined");
        using var speaker = Peer.Connect(server.EndPoint);

        Eventually.Is(Ended, "the client to end", seen: client.Describe);

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal("chat: what is said here cannot be written any more", Assert.Single(client.Err.Lines));
        Assert.Equal("Welcome to this chatroom!\n", File.ReadAllText(wrapped["first"]));

        bool Ended()
        {
            speaker.SendText("more\n");
            return client.HasExited;
        }
    }

    [LinuxFact]
    public void A_full_disk_under_its_output_is_told()
    {
        using var server = ChatServerProcess.Start();
        using Wrapped wrapped = new("""exec $CHAT "$@" >/dev/full""");
        using var client = wrapped.Start("client", server.Address, server.Port);

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal("chat: what is said here cannot be written any more", Assert.Single(client.Err.Lines));
    }

    /// <summary>These close their half at the end of input and keep reading.</summary>
    [LinuxTheory]
    [InlineData("nc", "-N", "127.0.0.1", "PORT")]
    [InlineData("ncat", "127.0.0.1", "PORT")]
    [InlineData("socat", "-", "TCP:127.0.0.1:PORT")]
    public void The_plain_tools_deliver_a_whole_script_too(string tool, params string[] args)
    {
        using var server = ChatServerProcess.Start();
        using var program = ToolProcess.Start(tool, args.Select(arg => arg.Replace("PORT", server.Port, StringComparison.Ordinal)));

        program.Send(string.Concat(Enumerable.Range(0, 25).Select(i => $"line {i}\n")) + "and the unfinished last");
        program.CloseInput();

        Assert.Equal(0, program.WaitForExit());
        server.Program.Out.WaitForLine("-- guest left".Equals);
        Assert.Equal(
            [.. Enumerable.Range(0, 25).Select(i => $"<guest> line {i}"), "<guest> and the unfinished last"],
            server.Program.Out.Lines.Where(line => line.StartsWith('<')));
    }

    [LinuxTheory]
    [InlineData((int)Signals.Terminate)]
    [InlineData((int)Signals.Interrupt)]
    [InlineData((int)Signals.Hangup)]
    public void A_signal_ends_it_as_signals_do(int signal)
    {
        using var server = ChatServerProcess.Start();
        using var client = ChatProcess.Start("client", server.Address, server.Port);
        server.Program.Out.WaitForLine("kim joined");

        client.Signal((Signals)signal);

        Assert.Equal(128 + signal, client.WaitForExit());
        Assert.Empty(client.Err.Text);
        server.Program.Out.WaitForLine("-- kim left");
    }
}
