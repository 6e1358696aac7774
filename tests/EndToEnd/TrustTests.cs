using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Chat.Protocol.Tls;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>The client's decision about an encrypted room: known, new, changed, or suddenly in the clear.</summary>
public sealed class TrustTests : IDisposable
{
    private static readonly RoomKey Key = new(new byte[RoomKey.Bytes]),
        Rogue = new([.. Enumerable.Repeat((byte)7, RoomKey.Bytes)]);

    private static readonly string Words = RoomKeyWords.Of(Key.PublicKey),
        RogueWords = RoomKeyWords.Of(Rogue.PublicKey);

    private readonly IReadOnlyDictionary<string, string?> _home = Home.New();
    private readonly ChatServerProcess _server = ChatServerProcess.Start();
    private readonly TlsFront _room;

    public TrustTests() => _room = new TlsFront(_server.EndPoint, Key);

    public void Dispose()
    {
        _room.Dispose();
        _server.Dispose();
    }

    private string KeysFile => Path.Combine(_home["XDG_CONFIG_HOME"]!, "chat", "room-keys");

    private RunningProgram Start(params IEnumerable<string> options) =>
        ChatProcess.StartWith(_home, ["client", "127.0.0.1", _room.Port, .. options]);

    private RunningProgram Say(string words, params IEnumerable<string> options)
    {
        RunningProgram client = Start(options);
        client.Send($"{words}\n");
        client.CloseInput();
        client.WaitForExit();
        return client;
    }

    private void MeetRoom()
    {
        using RunningProgram client = Say("first");
        Assert.True(client.WaitForExit() == 0, client.Describe());
        _server.Program.Out.WaitForLine("<kim> first".Equals);
    }

    private static void AssertEndsWithWords(string words, RunningProgram program)
    {
        Assert.Equal(1, program.WaitForExit());
        Assert.EndsWith(words, Assert.Single(program.Err.Lines), StringComparison.Ordinal);
    }

    private static string ErrorOf(RunningProgram client) => string.Join('\n', client.Err.Lines);

    private void RefusesAndSaysNothing(string expected, params IEnumerable<string> options)
    {
        string before = _room.Payload;
        using RunningProgram client = Say("a secret", options);
        Assert.Equal(1, client.WaitForExit());
        Assert.Contains(expected, ErrorOf(client), StringComparison.Ordinal);
        Assert.Equal(before, _room.Payload);
    }

    [Fact]
    public void The_first_contact_shows_the_words_once_and_keeps_the_key()
    {
        using RunningProgram first = Say("hello");

        Assert.Equal(0, first.WaitForExit());
        _server.Program.Out.WaitForLine("<kim> hello".Equals);
        Assert.Equal(
            "chat: encrypted; first time here, so if it matters compare with the server's screen: " + Words,
            Assert.Single(first.Err.Lines)
        );
        Assert.Contains(Convert.ToBase64String(Key.PublicKey), File.ReadAllText(KeysFile), StringComparison.Ordinal);
        int calls = _room.Count;

        using RunningProgram second = Say("again");

        Assert.Equal(0, second.WaitForExit());
        Assert.Empty(second.Err.Lines);
        Assert.Equal(calls + 1, _room.Count);
    }

    [Fact]
    public void The_hello_within_tls_has_the_token_of_the_room_and_then_that_of_version_0_1()
    {
        const string Former = "0123456789abcdef0123456789abcdef";
        MeetRoom();
        string folder = Path.Combine(_home["XDG_CONFIG_HOME"]!, "chat"),
            identity = File.ReadAllText(Path.Combine(folder, "person.key")).Trim();
        Assert.DoesNotContain("was", _room.Payload, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "identity"), $"{Former}\n");

        using (RunningProgram client = Say("second"))
            Assert.Equal(0, client.WaitForExit());
        string[] lines = [.. _room.Payload.Split('\n').SkipWhile(static line => line != "bye").Skip(1)];

        Assert.Matches("^hello kim [0-9a-f]{32} ", lines[0]);
        Assert.Equal($"was 0 {Former}", lines[1]);
        Assert.DoesNotContain(identity, _room.Payload, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_key_is_refused_until_the_right_one_is_back()
    {
        MeetRoom();

        _room.Key = Rogue;
        RefusesAndSaysNothing($"localhost:{_room.Port} has another key than before ({Words}, now {RogueWords})");
        RefusesAndSaysNothing($"chat client localhost {_room.Port} --new-key");
        _room.Key = Key;
        using RunningProgram client = Say("back");

        Assert.Equal(0, client.WaitForExit());
        Assert.Empty(client.Err.Lines);
    }

    [Fact]
    public void A_new_key_is_taken_and_kept_on_demand()
    {
        MeetRoom();
        _room.Key = Rogue;

        using RunningProgram client = Say("moved", "--new-key");

        Assert.Equal(0, client.WaitForExit());
        Assert.Contains(RogueWords, ErrorOf(client), StringComparison.Ordinal);
        using RunningProgram later = Say("later");
        Assert.Equal(0, later.WaitForExit());
        _room.Key = Key;
        RefusesAndSaysNothing("has another key than before");
    }

    [Fact]
    public void A_known_room_in_the_clear_is_called_once_more_and_then_refused()
    {
        MeetRoom();
        int calls = _room.Count;
        _room.Key = null;

        RefusesInTheClear($"localhost:{_room.Port} answered without encryption, as it never did before");
        Assert.Equal(calls + 2, _room.Count);
    }

    // The first bytes of TLS go over the wire in the clear, and no other.
    private void RefusesInTheClear(string expected, params IEnumerable<string> options)
    {
        using RunningProgram client = Say("a secret", options);
        Assert.Equal(1, client.WaitForExit());
        Assert.Contains(expected, ErrorOf(client), StringComparison.Ordinal);
        Assert.DoesNotContain("a secret", _room.Payload, StringComparison.Ordinal);
        Assert.DoesNotContain("hello kim", _room.Payload[_room.Payload.LastIndexOf("bye", StringComparison.Ordinal)..]);
    }

    [Fact]
    public void A_greeting_that_wins_against_the_first_bytes_is_no_downgrade()
    {
        MeetRoom();
        _room.Early = 1;

        using RunningProgram client = Say("late");

        Assert.Equal(0, client.WaitForExit());
        Assert.Empty(client.Err.Lines);
        _server.Program.Out.WaitForLine("<kim> late".Equals);
    }

    [Fact]
    public void The_words_of_the_key_let_in_without_a_notice()
    {
        using RunningProgram client = Say("hello", "--room-key", Words.Replace('-', ' ').ToUpperInvariant());

        Assert.Equal(0, client.WaitForExit());
        Assert.Empty(client.Err.Lines);
        _server.Program.Out.WaitForLine("<kim> hello".Equals);
    }

    [Fact]
    public void Other_words_say_nothing_at_first_contact_and_later()
    {
        RefusesAndSaysNothing($"has the key {Words}, and not that of --room-key", "--room-key", RogueWords);
        Assert.False(File.Exists(KeysFile), "the key of a refused room is not kept");
        MeetRoom();
        RefusesAndSaysNothing($"has the key {Words}, and not that of --room-key", "--room-key", RogueWords);
    }

    // Any machine on the way can say so. The words end the program, and do nothing else.
    [Theory]
    [InlineData("client", "")]
    [InlineData("history", "")]
    [InlineData("client", " [later]")]
    [InlineData("history", " [later]")]
    public void A_known_room_that_turns_this_address_away_is_quoted(string verb, string later)
    {
        using Listener room = new();
        string key = Convert.ToBase64String(Key.PublicKey);
        Directory.CreateDirectory(Path.GetDirectoryName(KeysFile)!);
        File.WriteAllText(KeysFile, $"localhost:{room.Port} {key} 2026-11-30 2026-11-30\n");
        using RunningProgram program = ChatProcess.StartWith(_home, [verb, "127.0.0.1", room.Port]);
        using Socket call = room.Accept();

        call.Send(Encoding.UTF8.GetBytes($"-- your address may not join this room [chat/1]{later}\n"));

        AssertEndsWithWords("your address may not join this room", program);
    }

    [Theory]
    [InlineData("client")]
    [InlineData("client", "--json", "--name", "kim")]
    [InlineData("client", "--encrypted")]
    [InlineData("client", "--room-key", "WORDS")]
    [InlineData("history")]
    [InlineData("history", "--encrypted")]
    [InlineData("history", "--room-key", "WORDS")]
    public void An_unknown_room_that_turns_this_address_away_is_quoted(params string[] args)
    {
        using Listener room = new();
        using RunningProgram program = ChatProcess.StartWith(
            _home,
            [
                args[0],
                "127.0.0.1",
                room.Port,
                .. args.Skip(1).Select(static arg => arg.Replace("WORDS", Words, StringComparison.Ordinal)),
            ]
        );
        using Socket call = room.Accept();

        call.Send("-- the room is full: 2 are here; try again later [chat/1] [later]\n"u8);

        AssertEndsWithWords("the room is full: 2 are here; try again later", program);
    }

    // A known room gets TLS at once. At the first contact both ends wait, so the client gives up.
    [LinuxTheory]
    [InlineData(true, "client", "the TLS handshake failed")]
    [InlineData(true, "history", "the TLS handshake failed")]
    [InlineData(false, "client", "is it a chat room? No line was sent to it")]
    public void Another_service_inside_TLS_is_told_nothing(bool isKnown, string verb, string expected)
    {
        string port = $"{ChatServerProcess.FreePort()}",
            key = Convert.ToBase64String(Key.PublicKey);
        if (isKnown)
            File.WriteAllText(KeysFile, $"localhost:{port} {key} 2026-11-30 2026-11-30\n");
        using RunningProgram ncat = ToolProcess.Start("ncat", "-l", "-k", "-v", "--ssl", "127.0.0.1", port);
        ncat.Err.WaitForLine("Listening on");
        string[] options = isKnown ? [] : ["--encrypted", "--timeout", "1"];
        using RunningProgram program = ChatProcess.StartWith(_home, [verb, "127.0.0.1", port, .. options]);
        program.Send("a secret\n");
        program.CloseInput();

        Assert.Equal(1, program.WaitForExit());
        Assert.Contains(expected, ErrorOf(program), StringComparison.Ordinal);
        Assert.Empty(ncat.Out.Text);
    }

    [Theory]
    [InlineData("--encrypted", null, "offers no encryption, and nothing was said to it")]
    [InlineData("--room-key", "words", "so it cannot prove the key of --room-key")]
    public void A_room_in_the_clear_is_refused_on_demand(string option, string? value, string expected)
    {
        _room.Key = null;
        RefusesAndSaysNothing(expected, value is null ? [option] : [option, Words]);
    }

    [Fact]
    public void A_machine_in_between_is_the_room_at_first_contact_alone()
    {
        _room.Key = Rogue;
        RefusesAndSaysNothing("and not that of --room-key", "--room-key", Words);
        using (RunningProgram client = Say("hello"))
        {
            Assert.Equal(0, client.WaitForExit());
            Assert.Contains(RogueWords, ErrorOf(client), StringComparison.Ordinal);
        }

        _room.Key = Key;

        RefusesAndSaysNothing("has another key than before");
    }

    [Fact]
    public void A_room_at_another_address_is_recognized_by_its_key()
    {
        MeetRoom();
        using TlsFront moved = new(_server.EndPoint, Key);
        using RunningProgram client = ChatProcess.StartWith(_home, ["client", "127.0.0.1", moved.Port]);
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        Assert.Equal(
            $"chat: encrypted; this is the room you know from {_room.Place}, now at another address",
            Assert.Single(client.Err.Lines)
        );
    }

    [Fact]
    public void A_running_client_waits_while_another_key_answers_and_loses_nothing()
    {
        using RunningProgram client = Start("--listen");
        client.SendLine("one");
        _server.Program.Out.WaitForLine("<kim> one".Equals);

        _room.Key = Rogue;
        _room.Cut();
        client.Err.WaitForLine(line => line.Contains("has another key than before", StringComparison.Ordinal));
        Assert.False(client.HasExited);
        _room.Key = Key;

        client.Err.WaitForLine("chat: connected again".Equals);
        client.SendLine("two");
        _server.Program.Out.WaitForLine("<kim> two".Equals);
    }

    [Fact]
    public void A_running_client_waits_while_the_clear_answers()
    {
        using RunningProgram client = Start("--listen");
        client.SendLine("one");
        _server.Program.Out.WaitForLine("<kim> one".Equals);

        _room.Key = null;
        _room.Cut();
        client.Err.WaitForLine(line => line.Contains("answered without encryption", StringComparison.Ordinal));
        client.SendLine("two");
        _room.Key = Key;

        _server.Program.Out.WaitForLine("<kim> two".Equals);
        Assert.Equal(1, client.Err.Lines.Count(line => line.Contains("answered without", StringComparison.Ordinal)));
    }

    [Fact]
    public void Programs_get_the_encryption_with_the_join()
    {
        using RunningProgram first = Start("--json");
        string joined = first.Out.WaitForLine(line => line.Contains("\"joined\"", StringComparison.Ordinal));
        JsonElement link = JsonElement.Parse(joined);

        Assert.True(link.GetProperty("encrypted").GetBoolean());
        Assert.Equal(Words, link.GetProperty("key").GetString());
        Assert.False(link.GetProperty("known").GetBoolean());
        first.CloseInput();
        first.WaitForExit();
        using RunningProgram second = Start("--json");
        second.Out.WaitForLine(
            $$"""{"type":"link","state":"joined","encrypted":true,"key":"{{Words}}","known":true}""".Equals
        );
    }

    [Fact]
    public void A_folder_that_cannot_be_written_makes_every_time_the_first()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(KeysFile)!);
        Directory.CreateDirectory(KeysFile);

        foreach (string words in (string[])["one", "two"])
        {
            using RunningProgram client = Say(words);
            Assert.Equal(0, client.WaitForExit());
            Assert.Single(client.Err.Lines, line => line.Contains("no room is known", StringComparison.Ordinal));
            Assert.Single(client.Err.Lines, line => line.Contains("first time here", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("--private")]
    [InlineData("--no-identity")]
    public void A_private_run_keeps_no_key(string option)
    {
        using RunningProgram client = Say("hello", option);

        Assert.Equal(0, client.WaitForExit());
        Assert.False(File.Exists(KeysFile));
    }

    [Fact]
    public void The_history_is_exported_over_tls()
    {
        MeetRoom();
        using RunningProgram export = ChatProcess.StartWith(_home, ["history", "127.0.0.1", _room.Port]);
        Assert.Equal(0, export.WaitForExit());
        Assert.Contains(export.Out.Lines, line => line.EndsWith("<kim> first", StringComparison.Ordinal));
        _room.Key = Rogue;
        using RunningProgram refused = ChatProcess.StartWith(_home, ["history", "127.0.0.1", _room.Port]);

        Assert.Equal(1, refused.WaitForExit());
        Assert.Contains("has another key than before", ErrorOf(refused), StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_person_reads_the_refusal_in_the_window_and_the_key_on_demand()
    {
        using (Pty pty = AtTerminal())
        {
            pty.WaitForText(
                $"-- encrypted; first time here, so if it matters compare with the server's screen: {Words}"
            );
            pty.Send("/key\r");
            pty.WaitForText($"-- encrypted; the key of this room is {Words}");
            pty.Send("/quit\r");
            Assert.Equal(0, pty.WaitForExit());
        }
        _room.Key = Rogue;
        using Pty later = AtTerminal();

        Assert.Equal(1, later.WaitForExit());
        Assert.True(later.Screen.Shows($"-- {_room.Place} has another key than before"), later.Screen.Draw());
    }

    [TwoHostsFact]
    public void A_link_in_the_clear_is_named_where_it_leaves_this_computer()
    {
        using TwoHosts hosts = new();
        using RunningProgram server = hosts.StartNear(ChatProcess.BinaryPath, "server", TwoHosts.NearAddress, "8082");
        server.Out.WaitForLine(TwoHosts.NearAddress);
        string[] command = ["client", TwoHosts.NearAddress, "8082", "--json", "--plain"];
        using RunningProgram far = hosts.StartFar(ChatProcess.BinaryPath, command),
            near = hosts.StartNear(ChatProcess.BinaryPath, command);

        Assert.Equal(
            """{"type":"link","state":"joined","encrypted":false,"text":"not encrypted: everybody on this network """
                + """can read along"}""",
            far.Out.WaitForLine("\"joined\"")
        );
        Assert.Equal("""{"type":"link","state":"joined","encrypted":false}""", near.Out.WaitForLine("\"joined\""));
    }

    [Fact]
    public void The_history_is_never_exported_in_the_clear_on_demand()
    {
        _room.Key = null;
        using RunningProgram export = ChatProcess.StartWith(_home, ["history", "127.0.0.1", _room.Port, "--encrypted"]);

        Assert.Equal(1, export.WaitForExit());
        Assert.Contains("offers no encryption", ErrorOf(export), StringComparison.Ordinal);
        Assert.Empty(export.Out.Text);
    }

    [TwoHostsFact]
    public void An_export_in_the_clear_says_so()
    {
        using TwoHosts hosts = new();
        const string Server =
            "printf 'Welcome to this chatroom! [chat/1]\\n'; read hello; "
            + "printf 'welcome - 0123456789abcdef 0 0 0 0 0\\nend\\n'";
        using RunningProgram room = hosts.StartNear(
            ToolProcess.Find("socat"),
            "-d",
            "-d",
            $"TCP-LISTEN:8082,bind={TwoHosts.NearAddress},fork,reuseaddr",
            $"SYSTEM:\"{Server}\""
        );
        room.Err.WaitForLine("listening on");

        using RunningProgram export = hosts.StartFar(ChatProcess.BinaryPath, "history", TwoHosts.NearAddress, "8082");

        Assert.True(export.WaitForExit() == 0, export.Describe());
        Assert.Equal("chat: not encrypted: everybody on this network can read along", Assert.Single(export.Err.Lines));
    }

    private Pty AtTerminal()
    {
        var pty = Pty.Open(columns: 300);
        pty.Start(ChatProcess.BinaryPath, ["client", "127.0.0.1", _room.Port], _home);
        return pty;
    }
}
