using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Protocol.Tls;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>A room with a secret: the server's file, and the ways in which a person gives the secret.</summary>
public sealed class SecretFileTests : IDisposable
{
    private const string Chosen = "rumor-parrot-airport-sanity-mend-metric",
        Wrong = "that is not the secret of this room";

    private readonly IReadOnlyDictionary<string, string?> _home = Home.New();
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-secret-").FullName;
    private readonly ChatServerProcess _server;

    public SecretFileTests() => _server = ChatServerProcess.Start("--secret-file", Private("secret", Chosen));

    public void Dispose()
    {
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string Private(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private Dictionary<string, string?> With(string? secret) =>
        new(_home, StringComparer.Ordinal) { ["CHAT_SECRET"] = secret };

    private RunningProgram Say(string words, string port, string? secret, params IEnumerable<string> options)
    {
        RunningProgram client = ChatProcess.StartWith(With(secret), ["client", "127.0.0.1", port, .. options]);
        try
        {
            client.Send($"{words}\n");
            client.CloseInput();
        }
        catch (IOException)
        {
            // A refused client may have ended already.
        }
        client.WaitForExit();
        return client;
    }

    private void Refuses(string expected, string port, string? secret, params IEnumerable<string> options)
    {
        using RunningProgram client = Say("never said", port, secret, options);
        Assert.Equal(1, client.WaitForExit());
        Assert.Contains(expected, string.Join('\n', client.Err.Lines), StringComparison.Ordinal);
        Assert.DoesNotContain(_server.Program.Out.Lines, static line => line.Contains("never said"));
    }

    private bool KeepsKey =>
        File.Exists(Path.Combine(_home["XDG_CONFIG_HOME"]!, "chat", "room-keys"))
        && File.ReadAllText(Path.Combine(_home["XDG_CONFIG_HOME"]!, "chat", "room-keys")).Contains("localhost");

    [Fact]
    public void A_file_or_a_variable_lets_a_script_in()
    {
        using RunningProgram first = Say("by file", _server.Port, null, "--secret-file", Private("copy", Chosen));
        Assert.True(first.WaitForExit() == 0, first.Describe());
        // The proof leaves no doubt at the first contact.
        Assert.Empty(first.Err.Lines);
        using RunningProgram second = Say("by variable", _server.Port, Chosen.ToUpperInvariant());
        Assert.True(second.WaitForExit() == 0, second.Describe());

        _server.Program.Out.WaitForLine("<kim> by file".Equals);
        _server.Program.Out.WaitForLine("<kim> by variable".Equals);
        Assert.DoesNotContain(Chosen, string.Join('\n', _server.Program.Err.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_proves_the_secret_again_behind_a_break()
    {
        int port = ChatServerProcess.FreePort();
        string file = Path.Combine(_folder, "secret");
        using RunningProgram client = (
            (Func<RunningProgram>)(
                () =>
                {
                    using ChatServerProcess first = ChatServerProcess.StartOn(port, "--secret-file", file);
                    RunningProgram program = ChatProcess.StartWith(
                        With(Chosen),
                        ["client", "127.0.0.1", $"{port}", "--listen"]
                    );
                    program.SendLine("before");
                    first.Program.Out.WaitForLine("<kim> before".Equals);
                    return program;
                }
            )
        )();
        using ChatServerProcess second = ChatServerProcess.StartOn(port, "--secret-file", file);

        client.SendLine("behind");

        second.Program.Out.WaitForLine("<kim> behind".Equals);
    }

    [Fact]
    public void A_missing_or_wrong_secret_ends_a_script()
    {
        Refuses("name its file with --secret-file FILE, or set CHAT_SECRET", _server.Port, null);
        Refuses(Wrong, _server.Port, "another secret of many letters");
        Assert.False(KeepsKey);
    }

    [Fact]
    public void A_file_that_is_absent_or_open_to_others_is_refused()
    {
        string shared = Private("shared", Chosen);
        Refuses("there is no secret in", _server.Port, null, "--secret-file", Path.Combine(_folder, "absent"));
        if (OperatingSystem.IsWindows())
            return;
        File.SetUnixFileMode(shared, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Refuses("others may read the secret", _server.Port, null, "--secret-file", shared);
    }

    [LinuxFact]
    public void A_shell_substitutes_the_output_of_a_command_for_the_file()
    {
        const string Command = "echo by pipe | \"$0\" client 127.0.0.1 \"$1\" --secret-file <(cat \"$2\")";
        using RunningProgram bash = ToolProcess.StartWith(
            With(null),
            "bash",
            ["-c", Command, ChatProcess.BinaryPath, _server.Port, Path.Combine(_folder, "secret")]
        );

        Assert.True(bash.WaitForExit() == 0, bash.Describe());
        _server.Program.Out.WaitForLine("<kim> by pipe".Equals);
    }

    [Fact]
    public void A_server_makes_six_words_and_names_their_file_once()
    {
        string file = Path.Combine(_folder, "new");
        using (ChatServerProcess first = ChatServerProcess.Start("--secret-file", file))
        {
            string words = File.ReadAllText(file).Trim();
            Assert.Equal(words, RoomKeyWords.Normalize(words));
            first.Program.Out.WaitForLine($"-- the secret of the room is in {file}".Equals);
            // A pipe may end in a journal.
            Assert.DoesNotContain(words, first.Program.Out.Text + first.Program.Err.Text, StringComparison.Ordinal);
            using RunningProgram client = Say("with its words", first.Port, words);
            Assert.True(client.WaitForExit() == 0, client.Describe());
        }
        using ChatServerProcess second = ChatServerProcess.Start("--secret-file", file);

        second.Program.Out.WaitForLine(static line => line.EndsWith("Ctrl-C ends the room", StringComparison.Ordinal));
        Assert.DoesNotContain(second.Program.Out.Lines, static line => line.Contains("the secret of the room"));
    }

    [LinuxFact]
    public void A_terminal_shows_the_new_words()
    {
        string file = Path.Combine(_folder, "new");
        using var pty = Pty.Open(120, 30);

        pty.Start(
            ChatProcess.BinaryPath,
            ["server", "127.0.0.1", $"{ChatServerProcess.FreePort()}", "--headless", "--secret-file", file]
        );

        pty.WaitForText("-- the secret of the room, in ");
        pty.WaitForText(File.ReadAllText(file).Trim());
    }

    [Fact]
    public void A_server_refuses_a_secret_that_can_be_guessed()
    {
        using RunningProgram server = ChatProcess.StartWith(
            _home,
            ["server", "127.0.0.1", $"{ChatServerProcess.FreePort()}", "--secret-file", Private("short", "pizza")]
        );

        Assert.Equal(1, server.WaitForExit());
        Assert.Contains("one line of at least 16 characters, or of 4 words", Assert.Single(server.Err.Lines));
    }

    [Fact]
    public void The_export_needs_the_secret()
    {
        using (RunningProgram client = Say("for the record", _server.Port, Chosen))
            Assert.Equal(0, client.WaitForExit());
        foreach (string? secret in (string?[])[null, "another secret of many letters", Chosen])
        {
            using RunningProgram export = ChatProcess.StartWith(With(secret), ["history", "127.0.0.1", _server.Port]);
            Assert.Equal(secret == Chosen ? 0 : 1, export.WaitForExit());
            Assert.Equal(secret == Chosen, export.Out.Lines.Any(static line => line.Contains("for the record")));
        }
    }

    [Fact]
    public void A_machine_in_between_has_two_connections_and_its_proofs_fit_neither()
    {
        using TlsFront between = new(_server.EndPoint, new RoomKey(new byte[RoomKey.Bytes]));

        Refuses(Wrong, between.Port, Chosen);

        Assert.DoesNotContain(Chosen, between.Payload, StringComparison.Ordinal);
        Assert.DoesNotContain("hello", between.Payload, StringComparison.Ordinal);
        Assert.False(KeepsKey);
    }

    [Theory]
    [InlineData("[chat/1] [secret]", "does not know the secret of this room")]
    [InlineData("[chat/1]", "does not ask for the secret")]
    public void A_server_that_does_not_know_the_secret_is_told_nothing(string marks, string expected)
    {
        using TcpListener rogue = new(IPAddress.Loopback, 0);
        rogue.Start();
        using TlsFront front = new((IPEndPoint)rogue.LocalEndpoint, new RoomKey(new byte[RoomKey.Bytes]));
        Thread answers = new(() => Answer(rogue, $"Welcome to this chatroom! {marks}\n")) { IsBackground = true };
        answers.Start();

        Refuses(expected, front.Port, Chosen);

        Assert.DoesNotContain("hello", front.Payload, StringComparison.Ordinal);
        Assert.False(KeepsKey);
        rogue.Stop();
        answers.Join();
    }

    [LinuxTheory]
    // After a wrong proof, and while the secret is typed.
    [InlineData(true, "-- that is not it\n")]
    [InlineData(false, "")]
    public void A_welcome_before_the_proof_gets_no_word(bool hasFile, string answer)
    {
        using Listener rogue = new();
        using TlsFront front = new(rogue.EndPoint, new RoomKey(new byte[RoomKey.Bytes]));
        using var pty = Pty.Open(120, 20);
        string[] secret = hasFile ? ["--secret-file", Private("mine", Chosen)] : [];
        pty.Start(ChatProcess.BinaryPath, ["client", "127.0.0.1", front.Port, .. secret], With(null));
        using Socket room = FrontToRoom(rogue, pty);
        room.Send("Welcome to this chatroom! [chat/1] [secret]\n-- this room asks for its secret\n"u8);
        if (hasFile)
            Eventually.Is(() => front.Payload.Contains('\n', StringComparison.Ordinal), "the proof");
        else
            pty.WaitForText("secret>");

        room.Send(Encoding.ASCII.GetBytes($"{answer}welcome vic 0123456789abcdef 1767323045000 1 0 0 0\n"));
        room.Send("0 5000 notice - 0 a false room\n"u8);
        pty.WaitForText("secret>");
        pty.Send("half-typed\r");

        Eventually.Is(
            () => front.Payload.Split('\n').Length == (hasFile ? 3 : 2),
            "the typed secret as a proof",
            seen: () => front.Payload + pty.Screen.Draw()
        );
        Assert.All(
            front.Payload.TrimEnd('\n').Split('\n'),
            static line => Assert.Matches("^secret [0-9a-f]{64}$", line)
        );
        Assert.False(KeepsKey);
    }

    // The first connection of a stranger waits for the greeting in the clear, and the second begins with TLS.
    private static Socket FrontToRoom(Listener rogue, Pty pty)
    {
        Socket? room = null;
        Eventually.Is(() => (room = rogue.TryAccept()) is not null, "the room", seen: pty.Screen.Draw);
        return room!;
    }

    private static void Answer(TcpListener rogue, string greeting)
    {
        try
        {
            while (true)
            {
                using TcpClient client = rogue.AcceptTcpClient();
                client.GetStream().Write(Encoding.UTF8.GetBytes(greeting));
                using StreamReader lines = new(client.GetStream());
                if (lines.ReadLine() is not null)
                    client.GetStream().Write(Encoding.UTF8.GetBytes($"secret {new string('0', 64)}\n"));
                while (lines.ReadLine() is not null) { }
            }
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            // The test has ended.
        }
    }

    [LinuxFact]
    public void A_terminal_asks_until_the_secret_is_right_and_keeps_no_trace_of_it()
    {
        using Pty pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", _server.Address, _server.Port], With(null));
        pty.WaitFor(() => CaretRow(pty) == "secret>", "the question");

        pty.Send("a wrong one of many letters");
        pty.Send("\r");
        pty.WaitForText(Wrong);
        pty.Send(Chosen);
        pty.Send("\r");
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        pty.Send("here\r");
        _server.Program.Out.WaitForLine("<kim> here".Equals);
        pty.Send("\x04");

        Assert.Equal(0, pty.WaitForExit());
        string shown = Encoding.UTF8.GetString(pty.TranscriptRaw);
        Assert.DoesNotContain("wrong one", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("parrot", shown, StringComparison.Ordinal);
        string[] files = Directory.GetFiles(_home["HOME"]!, "*", SearchOption.AllDirectories);
        Assert.Contains(files, static file => Path.GetFileName(file) == "history");
        Assert.All(
            files,
            static file => Assert.DoesNotContain("parrot", File.ReadAllText(file), StringComparison.Ordinal)
        );
    }

    [LinuxFact]
    public void The_question_for_the_secret_ends_the_wait_for_the_server()
    {
        using Listener silent = new();
        using Pty pty = Pty.Open(),
            later = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", _server.Address, _server.Port], With(null));
        pty.WaitFor(() => CaretRow(pty) == "secret>", "the question");

        // A client that starts now says after a second that it still connects.
        later.Start(ChatProcess.BinaryPath, ["client", "127.0.0.1", silent.Port, "--encrypted"], With(null));
        later.WaitForText("Ctrl-C gives up");
        pty.Send("a wrong one of many letters\r");
        pty.WaitForText(Wrong);

        Assert.False(pty.Screen.Shows("Ctrl-C gives up"), pty.Screen.Draw());
    }

    [LinuxFact]
    public void Three_wrong_secrets_cost_a_connection_and_a_fourth_may_be_right()
    {
        using Pty pty = Pty.Open(columns: 120);
        pty.Start(ChatProcess.BinaryPath, ["client", _server.Address, _server.Port], With(null));
        pty.WaitForText("-- this room asks for its secret; the host of the room knows it");
        for (int tries = 1; tries <= 3; tries++)
        {
            pty.WaitFor(() => CaretRow(pty) == "secret>", "the question");
            pty.Send("a wrong one of many letters\r");
            pty.WaitFor(() => Occurrences(pty, Wrong) == tries, "the answer");
        }
        pty.WaitForText("the connection was lost: the server no longer waits for the secret; type it once more");

        pty.Send($"{Chosen}\r");

        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
    }

    private static int Occurrences(Pty pty, string text) => pty.Screen.Draw().Split(text).Length - 1;

    [LinuxFact]
    public void The_host_at_the_terminal_of_the_server_is_not_asked()
    {
        int port = ChatServerProcess.FreePort();
        using Pty pty = Pty.Open();
        pty.Start(
            ChatProcess.BinaryPath,
            ["server", "127.0.0.1", $"{port}", "--secret-file", Path.Combine(_folder, "secret"), "--no-announce"],
            With(null)
        );

        pty.WaitFor(() => CaretRow(pty).EndsWith("kim>", StringComparison.Ordinal), "the prompt of the host");
        using RunningProgram client = Say("hello host", $"{port}", Chosen);
        Assert.True(client.WaitForExit() == 0, client.Describe());
        pty.WaitForText("hello host");
    }

    [LinuxTheory]
    [InlineData("--log-json")]
    [InlineData("--history-max", "1M")]
    public void No_file_of_the_server_and_no_list_of_processes_has_the_secret(params string[] options)
    {
        const string Guess = "rumor parrot airport sanity mend meter";
        string secret = Path.Combine(_folder, "secret"),
            history = Path.Combine(_folder, "history"),
            log = Path.Combine(_folder, "log");
        using ChatServerProcess server = ChatServerProcess.Start([
            "--secret-file",
            secret,
            "--history",
            history,
            "--log",
            log,
            "--log-level",
            "Trace",
            .. options,
        ]);
        using RunningProgram byVariable = ChatProcess.StartWith(With(Chosen), ["client", "127.0.0.1", server.Port]),
            byFile = ChatProcess.StartWith(With(null), ["client", "127.0.0.1", server.Port, "--secret-file", secret]),
            typed = ToolProcess.Start("ncat", ["--ssl", "127.0.0.1", server.Port]);
        typed.SendLine(Guess);
        typed.Out.WaitForLine("-- that is not it".Equals);
        typed.SendLine(Chosen);
        RunningProgram[] members = [typed, byVariable, byFile];
        foreach (RunningProgram member in members)
        {
            member.SendLine($"said by {member.Pid}");
            server.Program.Out.WaitForLine(line => line.EndsWith($"said by {member.Pid}", StringComparison.Ordinal));
        }
        string pids = string.Join(',', members.Prepend(server.Program).Select(static program => program.Pid));
        using RunningProgram list = ToolProcess.Start("ps", "-o", "args", "-p", pids);
        Assert.Equal(0, list.WaitForExit());
        server.Program.Signal(Signals.Terminate);
        Assert.Equal(0, server.Program.WaitForExit());

        string[] texts =
        [
            File.ReadAllText(history),
            File.ReadAllText(log),
            list.Out.Text,
            server.Program.Out.Text + server.Program.Err.Text,
        ];

        Assert.Contains($"said by {typed.Pid}", texts[0], StringComparison.Ordinal);
        Assert.Contains("listening", texts[1], StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"--secret-file {secret}", texts[2], StringComparison.Ordinal);
        Assert.All(texts, static text => Assert.DoesNotContain("parrot", text, StringComparison.OrdinalIgnoreCase));
    }

    [LinuxFact]
    public void A_tool_types_the_secret()
    {
        using RunningProgram tool = ToolProcess.Start("ncat", ["--ssl", _server.Address, _server.Port]);
        tool.Out.WaitForLine("-- this room asks for its secret".Equals);
        tool.SendLine("a guess");
        tool.Out.WaitForLine("-- that is not it".Equals);
        tool.SendLine(Chosen);
        tool.Out.WaitForLine(static line => line.StartsWith("-- you are ", StringComparison.Ordinal));
        using Peer near = Peer.Connect(_server.EndPoint);
        near.WaitForLine("-- this room asks for its secret".Equals);
        near.SendText($"{Chosen}\nfrom here\n");
        tool.Out.WaitForLine(static line => line.EndsWith("> from here", StringComparison.Ordinal));
    }

    private static string CaretRow(Pty pty) => pty.Screen.Row(pty.Screen.Cursor.Row);
}
