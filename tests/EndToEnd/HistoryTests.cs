using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Chat.Client.Networking;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The export of a conversation by the program: text, JSON, exit codes, and servers that break or refuse.
/// </summary>
public sealed class HistoryTests
{
    private const string Greeting = "Welcome to this chatroom! [chat/1]\n",
        Welcome = "welcome - 0123456789abcdef 1767323045000 0 0 999 0\n";

    [Fact]
    public void The_whole_conversation_is_exported_as_text_and_as_JSON()
    {
        using Wrapped folder = new("");
        using var server = ChatServerProcess.Start("--history", folder["history"], "--rate", "0");
        using (Peer bob = server.JoinWith("the first line", "> the first line"))
        {
            // More than the ring holds, so only the file has the first line.
            bob.SendText(string.Concat(Enumerable.Range(1, 400).Select(static i => $"{new string('x', 4000)} {i}\n")));
            server.Program.Out.WaitForLine("x 400");
            bob.SendText("the last line\n");
            server.Program.Out.WaitForLine("> the last line");
        }
        server.Program.Out.WaitForLine(" left");

        using RunningProgram text = Export(server.Port),
            json = Export(server.Port, "--json");
        Assert.Equal((0, 0), (text.WaitForExit(), json.WaitForExit()));
        Assert.Equal(1 + 402 + 1, text.Out.Lines.Count);
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d -- guest joined$", text.Out.Lines[0]);
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d <guest> the first line$", text.Out.Lines[1]);
        Assert.EndsWith("<guest> the last line", text.Out.Lines[^2], StringComparison.Ordinal);
        Assert.Equal(text.Out.Lines.Count, json.Out.Lines.Count);
        Assert.Matches(
            """^\{"type":"say","offset":\d+,"time":"[^"]+","name":"guest","text":"the first line","mine":false,"history":true\}$""",
            json.Out.Lines[1]
        );
        Assert.Empty(text.Err.Lines);
        Assert.Single(server.Program.Out.Lines, static line => line.EndsWith(" joined", StringComparison.Ordinal));
    }

    [Fact]
    public void The_whispers_of_a_person_are_in_the_export_of_the_same_identity_alone()
    {
        using var server = ChatServerProcess.Start();
        using Peer bob = server.Join();
        IReadOnlyDictionary<string, string?> home = Home.New();
        using RunningProgram alice = ChatProcess.StartWith(home, "client", server.Address, server.Port, "--commands");
        alice.Send("/msg guest the secret\n");
        alice.CloseInput();
        Assert.Equal(0, alice.WaitForExit());

        foreach ((bool isOwn, string[] options) in new[] { (true, Array.Empty<string>()), (false, ["--no-identity"]) })
        {
            using RunningProgram export = ChatProcess.StartWith(
                home,
                ["history", server.Address, server.Port, .. options]
            );
            Assert.Equal(0, export.WaitForExit());
            Assert.Equal(
                isOwn,
                export.Out.Lines.Any(static line =>
                    line.EndsWith("<kim -> guest> the secret", StringComparison.Ordinal)
                )
            );
        }
    }

    [Fact]
    public void A_server_that_dies_in_between_is_exit_code_1_and_a_message()
    {
        using RunningProgram export = Meet(out Socket server, out Listener listener);
        using Socket socket = server;
        Send(socket, Welcome + "0 5000 say bob 0 hello\n23 5000 say b");
        export.Out.WaitForLine("<bob> hello");
        listener.Dispose();
        socket.Dispose();
        Assert.Equal(1, export.WaitForExit());
        Assert.Equal("chat: the export is not complete: the server closed the connection", export.Err.Lines.Single());
        Assert.Single(export.Out.Lines);
    }

    [Fact]
    public void After_a_break_the_export_goes_on_at_its_offset()
    {
        using RunningProgram export = Meet(out Socket server, out Listener listener);
        using Listener again = listener;
        using (server)
            Send(server, Welcome + "0 5000 say bob 0 hello\n23 5000 say b");
        using Socket next = listener.Accept();
        Send(next, Greeting);
        Assert.EndsWith(" 0123456789abcdef 23", Receive(next), StringComparison.Ordinal);
        Send(
            next,
            "welcome - 0123456789abcdef 1767323045000 0 23 999 0\n23 5000 say bob 0 again\n\n"
                + "46 5000 dance bob 0 x\nlost 30\nend\n"
        );
        Assert.Equal(1, export.WaitForExit());
        Assert.Equal(
            ["<bob> hello", "<bob> again", "-- 30 bytes of the conversation are gone"],
            export.Out.Lines.Select(static line => line[0] == '2' ? line[20..] : line)
        );
        Assert.Equal("chat: the server could not read 30 bytes of the conversation", export.Err.Lines.Single());
    }

    [LinuxFact]
    public void The_token_of_the_person_is_sent_only_to_a_server_that_understood_a_random_one()
    {
        IReadOnlyDictionary<string, string?> home = Home.New();
        using Listener listener = new();
        using RunningProgram export = ChatProcess.StartWith(home, "history", "127.0.0.1", listener.Port);
        List<string> tokens = [];
        foreach (string answer in (string[])["", "end\n"])
        {
            using Socket server = listener.Accept();
            Send(server, Greeting);
            tokens.Add(Receive(server).Split(' ')[2]);
            Send(server, Welcome + answer);
        }

        string folder = home["XDG_CONFIG_HOME"]!;
        string own = File.ReadAllText(Path.Combine(folder, "chat", "person.key")).Trim();
        var identity = UInt128.Parse(own, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        string token = $"{RoomToken.InTheClear(identity, listener.EndPoint):x32}";
        Assert.Equal(token, tokens[1]);
        Assert.NotEqual(token, tokens[0]);
        Assert.Equal(0, export.WaitForExit());
    }

    [Theory]
    [InlineData("", "the export is not complete: the server closed the connection")]
    [InlineData(
        "-- this hello cannot be read, and was not said: send hello NAME TOKEN SEAT EPOCH OFFSET with single spaces\n",
        "this server is older than chat history and exports nothing; start a newer one there"
    )]
    [InlineData(
        "-- you are guest; /nick NAME takes a name\n-- other exports are under way; try again later\n",
        "the server refused: other exports are under way; try again later"
    )]
    public void A_server_that_sends_no_line_of_its_conversation_is_named(string answer, string expected)
    {
        using RunningProgram export = Meet(out Socket server, out Listener listener, isFirst: answer.Length > 0);
        using Listener again = listener;
        using (server)
            Send(server, answer.Length == 0 ? Welcome : answer);
        Assert.Equal(1, export.WaitForExit());
        Assert.Equal($"chat: {expected}", export.Err.Lines.Single());
        Assert.Empty(export.Out.Lines);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n", "127.0.0.1 * is an SSH server, which keeps no conversation to export")]
    [InlineData("Welcome to Simple Chat!\n", "127.0.0.1 * is smallchat, which keeps no conversation to export")]
    [InlineData(
        "-- the room is full: 1 are here; try again later\n",
        "the server refused: the room is full: 1 are here; try again later"
    )]
    [InlineData("-- you may not join [chat/1]\n", "the server refused: you may not join")]
    [InlineData("", "127.0.0.1 * closed the connection at once; is it a chat room?")]
    public void Another_server_is_named_and_hears_nothing(string greeting, string expected)
    {
        using Listener listener = new();
        using RunningProgram export = Export(listener.Port);
        using Socket socket = listener.Accept();
        Send(socket, greeting);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, socket.Receive(new byte[1]));
        Assert.Equal(1, export.WaitForExit());
        Assert.Equal(
            $"chat: {expected.Replace("*", listener.Port, StringComparison.Ordinal)}",
            export.Err.Lines.Single()
        );
    }

    [LinuxTheory]
    [InlineData("""exec $CHAT "$@" >/dev/full""")]
    [InlineData("""exec $CHAT "$@" > >(exit)""")]
    public void An_output_that_takes_no_more_is_exit_code_1_and_a_message(string line)
    {
        using Wrapped wrapped = new(line);
        using Listener listener = new();
        using RunningProgram export = wrapped.Start("history", "127.0.0.1", listener.Port);
        using Socket socket = AskedTwice(listener);
        Send(socket, Welcome);
        // The reader of the pipe may end after the first line.
        for (int i = 0; !export.HasExited; i += 23)
        {
            try
            {
                Send(socket, $"{i:00000000} 5000 say bob 0 hello\n");
            }
            catch (SocketException)
            {
                break;
            }
        }
        Assert.Equal(1, export.WaitForExit());
        Assert.Equal(
            "chat: the conversation cannot be written: the output accepts no more data",
            export.Err.Lines.Single()
        );
    }

    [LinuxFact]
    public void An_interrupt_ends_the_export_with_its_code()
    {
        using RunningProgram export = Meet(out Socket server, out Listener listener);
        using Socket socket = server;
        using Listener open = listener;
        Send(socket, Welcome + "0 5000 say bob 0 hello\n");
        export.Out.WaitForLine("<bob> hello");
        export.Signal(Signals.Interrupt);
        Assert.Equal(130, export.WaitForExit());
        Assert.Empty(export.Err.Lines);
    }

    private static RunningProgram Export(string port, params IEnumerable<string> options) =>
        ChatProcess.Start(["history", "127.0.0.1", port, .. options]);

    // An export whose request has arrived: the first one, or the one with the person's token.
    private static RunningProgram Meet(out Socket server, out Listener listener, bool isFirst = false)
    {
        listener = new Listener();
        RunningProgram export = Export(listener.Port);
        server = isFirst ? Asked(listener) : AskedTwice(listener);
        return export;
    }

    private static Socket Asked(Listener listener)
    {
        Socket server = listener.Accept();
        Send(server, Greeting);
        Assert.Matches("^hello export [0-9a-f]{32} - 0$", Receive(server));
        return server;
    }

    private static Socket AskedTwice(Listener listener)
    {
        using (Socket first = Asked(listener))
            Send(first, Welcome);
        return Asked(listener);
    }

    private static void Send(Socket socket, string text) => socket.Send(Encoding.UTF8.GetBytes(text));

    private static string Receive(Socket socket)
    {
        StringBuilder line = new();
        byte[] one = new byte[1];
        while (socket.Receive(one) == 1 && one[0] != '\n')
            line.Append((char)one[0]);
        return line.ToString();
    }
}
