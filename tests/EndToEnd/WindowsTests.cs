using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The program for Windows under wine: at a console, in pipes and as a server, with our Linux build at the
/// other end. Some behaviour is out of reach. Wine's console draws half of a character of two units, withholds
/// a lone Escape, and reports no resize.
/// </summary>
public sealed class WindowsTests(Wine wine) : IClassFixture<Wine>
{
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(3);

    [WineFact]
    public void A_line_is_typed_edited_and_sent_while_others_talk()
    {
        using var server = ChatServerProcess.Start();
        using Tmux console = Joined(server);
        using Peer other = server.Join();

        console.Type("half a thougt");
        console.WaitFor(() => console.Caret().Row == "kim> half a thougt", "the typed text");
        console.Press("Left");
        console.Type("h");
        other.SendText("I interrupt, grüße\n");
        console.WaitForRow(row => row.EndsWith(": I interrupt, grüße", StringComparison.Ordinal), "the message");
        console.WaitFor(() => console.Caret().Row == "kim> half a thought", "the unchanged prompt");
        console.WaitFor(() => console.Caret().Column == "kim> half a though".Length, "the caret after the typed text");

        console.Press("C-a", "Delete", "C-e", "BSpace", "C-w", "Enter");
        server.Program.Out.WaitForLine("<kim> alf a ".Equals);
        console.WaitFor(() => console.Caret().Row == "kim>", "an empty prompt");
        console.Press("Up", "C-Left", "C-u", "C-e", "C-y", "C-Left", "C-k");
        console.Type("é漢😀");
        console.Press("Enter");

        server.Program.Out.WaitForLine("<kim> a é漢😀".Equals);
        other.WaitForLine("<kim> a é漢😀".Equals);
    }

    [WineFact]
    public void Text_typed_before_the_prompt_waits_for_it()
    {
        using var listener = new Listener();
        using Tmux console = wine.AtTerminal("client", "127.0.0.1", listener.Port, "--name", "kim", "--private");
        using Socket server = listener.Accept();
        console.Type("early");
        console.Press("Enter");

        server.Send("Welcome to this chatroom! [chat/1]\nwelcome kim 0123456789abcdef 0 1 0 0 0\n"u8);

        console.WaitForRow("  early".Equals, "the waiting line");
        console.WaitFor(() => console.Caret().Row.EndsWith('>'), "the prompt");
    }

    [WineTheory]
    [InlineData("C-c", "")]
    [InlineData("C-d", "")]
    [InlineData("Enter", "/quit")]
    public void A_key_or_a_command_ends_the_client_and_restores_the_terminal(string key, string word)
    {
        using var server = ChatServerProcess.Start();
        using Tmux console = Joined(server);

        console.Type(word);
        console.Press(key);

        console.WaitForRow("the terminal is as it was".Equals, "the end of the program");
        Assert.Contains("ended with 0", console.Rows());
        Assert.DoesNotContain(console.Rows(), row => row.StartsWith("kim>", StringComparison.Ordinal));
        server.Program.Out.WaitForLine("-- kim left".Equals);
    }

    [WineFact]
    public void Ctrl_C_ends_the_wait_for_a_server_that_never_speaks()
    {
        using var listener = new Listener();
        using Tmux console = wine.AtTerminal("client", "127.0.0.1", listener.Port);
        using Socket server = listener.Accept();

        console.Press("C-c");

        console.WaitForRow("the terminal is as it was".Equals, "the end of the program");
        Assert.Contains("ended with 0", console.Rows());
    }

    [WineFact]
    public void After_a_server_restart_the_client_reconnects_and_keeps_the_draft()
    {
        using var server = ChatServerProcess.Start();
        using Tmux console = Joined(server);
        console.Type("half a thou");
        console.WaitFor(() => console.Caret().Row == "kim> half a thou", "the typed text");

        server.Program.Kill();
        console.WaitFor(
            () => console.Caret().Row.EndsWith(")> half a thou", StringComparison.Ordinal),
            "the prompt with the state of the link"
        );
        using var next = ChatServerProcess.StartOn(server.EndPoint.Port);
        console.WaitFor(() => console.Caret().Row == "kim> half a thou", "the prompt with the member's name");
        console.Type("ght");
        console.Press("Enter");

        next.Program.Out.WaitForLine("<kim> half a thought".Equals);
    }

    [WineFact]
    public void Names_have_colours_and_a_silent_room_costs_no_time()
    {
        using var server = ChatServerProcess.Start();
        using Tmux console = Joined(server);
        using Peer other = server.Join();
        other.SendText("hello\n");
        console.WaitFor(
            () =>
                console
                    .Coloured()
                    .Any(row =>
                        row.Contains("mguest\e[", StringComparison.Ordinal)
                        && row.Contains(": hello", StringComparison.Ordinal)
                    ),
            "a name in its colour"
        );
        using RunningProgram piped = wine.Start(
            "client",
            server.Address,
            server.Port,
            "--name",
            "lee",
            "--no-identity"
        );
        server.Program.Out.WaitForLine("-- lee joined".Equals);

        AssertSleeps(piped);
    }

    [WineFact]
    public void A_pipe_sends_and_prints_lines()
    {
        using var server = ChatServerProcess.Start();
        using Peer other = server.Join();
        using RunningProgram client = wine.Start("client", server.Address, server.Port, "--name", "lee");
        client.Out.WaitForLine("Welcome to this chatroom!".Equals);
        other.SendText("grüße\n");
        client.Out.WaitForLine(line => line.EndsWith("> grüße", StringComparison.Ordinal));

        client.Send("one é 漢 😀\r\ntwo");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.DoesNotContain('\e', client.Out.Text);
        // The tests share one home there, which may know the key already.
        Assert.All(
            client.Err.Lines,
            static line => Assert.StartsWith("chat: encrypted; ", line, StringComparison.Ordinal)
        );
        other.WaitForLine("<lee> one é 漢 😀".Equals);
        other.WaitForLine("<lee> two".Equals);
    }

    [WineFact]
    public void With_json_the_output_is_JSON()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = wine.Start("client", server.Address, server.Port, "--name", "lee", "--json");

        client.Send("é\n");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.Contains(client.Out.Lines, line => line.Contains("\"text\":\"é\"", StringComparison.Ordinal));
    }

    [WineTheory]
    [InlineData(0, "--version")]
    [InlineData(1, "client", "127.0.0.1", "1")]
    [InlineData(1, "server", "192.0.2.1", "8082")]
    [InlineData(2, "client", "127.0.0.1", "abc")]
    public void The_exit_codes_are_the_same(int code, params string[] args)
    {
        using RunningProgram program = wine.Start(args);
        program.CloseInput();

        Assert.Equal(code, program.WaitForExit());
    }

    [WineFact]
    public void A_server_serves_and_ends_in_order()
    {
        string port = ChatServerProcess.FreePort().ToString(CultureInfo.InvariantCulture);
        using RunningProgram server = wine.Start("server", "127.0.0.1", port);
        server.Out.WaitForLine("-- or use nc");
        using var plain = Peer.Connect(
            new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture))
        );
        using RunningProgram rich = ChatProcess.Start("client", "127.0.0.1", port, "--listen");
        server.Out.WaitForLine("-- kim joined".Equals);

        plain.SendText("grüße 漢\n");
        rich.Out.WaitForLine(line => line.EndsWith("> grüße 漢", StringComparison.Ordinal));
        rich.SendLine("and back");
        plain.WaitForLine("<kim> and back".Equals);
        AssertSleeps(server);

        server.Signal(Signals.Interrupt);
        plain.WaitForLine("-- the server is shutting down; goodbye".Equals);
        plain.WaitForEnd();
        Assert.Equal(0, server.WaitForExit());
    }

    [WineFact]
    public void A_server_at_a_console_shows_the_conversation_and_ends_at_Ctrl_C()
    {
        int port = ChatServerProcess.FreePort();
        using Tmux console = wine.AtTerminal("server", "127.0.0.1", $"{port}", "--headless");
        console.WaitForRow(row => row.StartsWith("-- or use nc", StringComparison.Ordinal), "the invitation");
        using var member = Peer.Connect(new IPEndPoint(IPAddress.Loopback, port));

        member.SendText("grüße\n");
        console.WaitForRow("<guest> grüße".Equals, "the message");
        console.Press("C-c");

        member.WaitForLine("-- the server is shutting down; goodbye".Equals);
        console.WaitForRow("the terminal is as it was".Equals, "the end of the program");
        Assert.Contains("ended with 0", console.Rows());
    }

    private Tmux Joined(ChatServerProcess server)
    {
        Tmux console = wine.AtTerminal("client", server.Address, server.Port, "--name", "kim", "--private");
        console.WaitFor(() => console.Caret().Row == "kim>", "the prompt");
        // Wine passes a terminal's keys on at once only after the first read of a key, shortly after the
        // prompt. Until then ^D has no effect.
        console.Type("x");
        console.WaitFor(() => console.Caret().Row == "kim> x", "the key");
        console.Press("BSpace");
        console.WaitFor(() => console.Caret().Row == "kim>", "the prompt again");
        return console;
    }

    /// <summary>
    /// Less than one tick of CPU time, 10 ms, over some seconds. The first seconds may still process the last
    /// input.
    /// </summary>
    private static void AssertSleeps(RunningProgram program)
    {
        TimeSpan used = TimeSpan.MaxValue;
        for (int window = 0; window < 3 && used > TimeSpan.FromMilliseconds(10); window++)
        {
            TimeSpan before = program.CpuTime;
            Thread.Sleep(Watched);
            used = program.CpuTime - before;
        }

        Assert.InRange(used, TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
    }
}
