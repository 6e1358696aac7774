using System.Text.Json;
using System.Text.RegularExpressions;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The client as other programs use it: exit codes, JSON, and the identity of several clients at once.
/// </summary>
public sealed class BotTests
{
    [LinuxFact]
    public void A_line_without_acknowledgement_in_time_is_a_failure()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--timeout", "2");
        server.Program.Out.WaitForLine("-- kim joined");
        server.Program.Signal(Signals.Stop);

        client.SendLine("is anybody there?");
        client.CloseInput();

        Assert.Equal(1, client.WaitForExit());
        Assert.Equal(
            "chat: the server accepted no data for 2 s; 1 line may not have been said, from line 1 of the input on",
            Assert.Single(client.Err.Lines)
        );
    }

    [LinuxFact]
    public void A_line_from_a_pipe_is_in_the_room_when_the_client_exits()
    {
        using var server = ChatServerProcess.Start();
        using Wrapped wrapped = new("""echo "the build is green" | $CHAT "$@" """);
        using RunningProgram client = wrapped.Start("client", server.Address, server.Port);

        Assert.Equal(0, client.WaitForExit());

        using Peer late = server.Join();
        late.WaitForLine("<kim> the build is green".Equals);
    }

    [Fact]
    public void The_option_listen_stays_after_the_end_of_the_input()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--listen");
        client.CloseInput();
        server.Program.Out.WaitForLine("-- kim joined");
        using Peer speaker = server.Join();

        speaker.SendText("still there?\n");

        client.Out.WaitForLine("> still there?");
        Assert.False(client.HasExited);
    }

    [Fact]
    public void Without_history_no_earlier_line_is_shown()
    {
        using var server = ChatServerProcess.Start();
        using Peer speaker = server.JoinWith("long ago", "> long ago");
        using RunningProgram all = ChatProcess.Start("client", server.Address, server.Port);
        using RunningProgram none = ChatProcess.Start("client", server.Address, server.Port, "--no-history");
        server.Program.Out.WaitForLine("-- kim2 joined");

        speaker.SendText("just now\n");

        all.Out.WaitForLine("> just now");
        none.Out.WaitForLine("> just now");
        Assert.Contains("<guest> long ago", all.Out.Lines);
        Assert.DoesNotContain("<guest> long ago", none.Out.Lines);
    }

    [LinuxFact]
    public void First_runs_at_the_same_time_are_one_person()
    {
        using var server = ChatServerProcess.Start();
        IReadOnlyDictionary<string, string?> home = Home.New();
        RunningProgram[] clients =
        [
            .. Enumerable
                .Range(0, 4)
                .AsParallel()
                .WithDegreeOfParallelism(4)
                .Select(_ => ChatProcess.StartWith(home, "client", server.Address, server.Port, "--json", "--listen")),
        ];

        foreach (RunningProgram client in clients)
            client.Out.WaitForLine("\"state\":\"joined\"");
        clients[0].SendLine("one voice");
        foreach (RunningProgram client in clients)
            client.Out.WaitForLine("\"one voice\",\"mine\":true");

        server.Program.Out.WaitForLine("> one voice");
        Assert.Equal(
            ["-- kim joined"],
            server.Program.Out.Lines.Where(line => line.EndsWith(" kim joined", StringComparison.Ordinal))
        );
        string folder = Path.Combine(home["XDG_CONFIG_HOME"]!, "chat");
        string[] files = [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)];
        Assert.Equal(["person.key", "room-keys", "room.key"], files.Select(Path.GetFileName));
        foreach (string file in files)
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
        foreach (RunningProgram client in clients)
            client.Dispose();
    }

    [Fact]
    public void A_client_without_an_identity_leaves_no_file_and_no_name()
    {
        using var server = ChatServerProcess.Start();
        IReadOnlyDictionary<string, string?> home = Home.New();
        for (int run = 0; run < 3; run++)
        {
            using RunningProgram client = ChatProcess.StartWith(
                home,
                "client",
                server.Address,
                server.Port,
                "--no-identity",
                "--name",
                "ci"
            );
            client.SendLine("hello");
            client.CloseInput();
            Assert.Equal(0, client.WaitForExit());
        }

        string[] files = Directory.GetFiles(home["XDG_CONFIG_HOME"]!, "*", SearchOption.AllDirectories);
        Assert.Equal("room.key", Path.GetFileName(Assert.Single(files)));
        Eventually.Is(
            () => server.Program.Out.Lines.Count(line => line == "-- ci joined") == 3,
            "three to have joined by one name",
            seen: server.Program.Out.Describe
        );
    }

    [Fact]
    public void A_name_is_kept_for_its_owner_while_away()
    {
        using var server = ChatServerProcess.Start();
        using (RunningProgram first = ChatProcess.Start("client", server.Address, server.Port, "--name", "alice"))
        {
            // Without a message the name is not kept.
            first.SendLine("hello");
            first.CloseInput();
            Assert.Equal(0, first.WaitForExit());
        }

        using RunningProgram second = ChatProcess.Start(
            "client",
            server.Address,
            server.Port,
            "--name",
            "alice",
            "--json"
        );

        using var info = JsonDocument.Parse(second.Out.WaitForLine("\"type\":\"info\""));
        Assert.Equal(
            "alice is kept for a person who is away; you are alice2.",
            info.RootElement.GetProperty("text").GetString()
        );
        server.Program.Out.WaitForLine("-- alice2 joined");
    }

    [Fact]
    public void A_program_can_do_by_requests_what_a_person_does_by_commands()
    {
        using var server = ChatServerProcess.Start();
        using Peer other = server.JoinWith("/nick zoe", "is now zoe");
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--json");

        client.Send(
            """
            {"type":"say","text":"//hi\t☃","id":"a1"}
            {"type":"me","text":"waves","id":2}
            {"id":3,"to":"zoe","text":"psst","type":"whisper"}
            {"type":"nick","name":"robot"}
            /who
            {"type":"who"}
            {"type":"history","lines":1}
            {"type":"quit"}
            not said

            """
        );

        Assert.True(client.WaitForExit() == 0, client.Describe());
        Assert.Empty(client.Err.Text);
        other.WaitForLine("<kim> //hi\t☃".Equals);
        other.WaitForLine("* kim waves".Equals);
        other.WaitForLine("<kim -> zoe> psst".Equals);
        other.WaitForLine("-- kim is now robot".Equals);
        other.WaitForLine("<robot> /who".Equals);
        other.WaitForLine("-- robot left".Equals);
        var objects = client.Out.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        string[] Ids(string type) =>
            [
                .. objects
                    .Where(o => o.GetProperty("type").GetString() == type && o.TryGetProperty("id", out _))
                    .Select(o => o.GetProperty("id").GetRawText()),
            ];
        Assert.Equal(["\"a1\"", "2", "3"], [.. Ids("say"), .. Ids("me"), .. Ids("whisper")]);
        var people = objects
            .Last(o => o.GetProperty("type").GetString() == "present")
            .GetProperty("people")
            .EnumerateArray()
            .ToList();
        Assert.Equal(
            ["zoe plain False", "robot chat True"],
            people.Select(p => $"{p.GetProperty("name")} {p.GetProperty("client")} {p.GetProperty("me")}")
        );
        Assert.Contains("""{"type":"info","text":"the last lines again:"}""", client.Out.Lines);
        Assert.DoesNotContain("not said", client.Out.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_request_is_an_error_object_and_a_failure()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--json", "--quiet");

        client.Send(
            """
            {"type":"whisper","to":"zoe","text":"psst","id":"w"}
            {"type":"say","text":"secret","to":"zoe"}
            {"type":"nick","name":"admin"}
            {"type":"edit","target":5,"text":"not\\nsaid"}
            {"type":"delete","target":5}

            """ + $"{{\"type\":\"say\",\"text\":\"{new string('x', 70_000)}\"}}\nthe end"
        );
        client.CloseInput();

        Assert.Equal(1, client.WaitForExit());
        // The server's answer to line 1 has no fixed time.
        Assert.Equal(
            [
                """{"type":"error","text":"there is no zoe here; /who lists the people here","line":1,"id":"w"}""",
                """{"type":"error","text":"say has no field \"to\"","line":2}""",
                """{"type":"error","text":"\"admin\" cannot be a name: that name is reserved, and so is what looks like it","line":3}""",
                """{"type":"error","text":"there is no such message in the log of the room any more","line":4}""",
                """{"type":"error","text":"there is no such message in the log of the room any more","line":5}""",
                """{"type":"error","text":"a message has at most 65536 bytes, and this one has 70000","line":6}""",
            ],
            client.Out.Lines.OrderBy(static line => JsonDocument.Parse(line).RootElement.GetProperty("line").GetInt32())
        );
        Assert.Equal("chat: 6 errors; their objects name the lines", Assert.Single(client.Err.Lines));
        server.Program.Out.WaitForLine("-- kim left".Equals);
        Assert.Equal(["<kim> the end"], server.Program.Out.Lines.Where(line => line.StartsWith('<')));
    }

    /// <summary>
    /// More joins and leaves than are announced singly, most with a rename in between, and a kill of the
    /// server.
    /// </summary>
    [LinuxFact]
    public void A_bot_in_Python_keeps_the_roster_through_a_thousand_joins_and_leaves_and_a_restart()
    {
        const int Crowd = 130;
        using Wrapped folder = new("");
        string[] options = ["--rate", "0", "--history", folder["history"]];
        using var server = ChatServerProcess.Start(options);
        using RunningProgram bot = ToolProcess.Start(
            "python3",
            Path.Combine(Checkout.Root, "tests", "EndToEnd", "bot.py"),
            ChatProcess.BinaryPath,
            server.Address,
            server.Port
        );
        server.Program.Out.WaitForLine("-- bot joined".Equals);
        using Peer watcher = server.Join();
        List<Peer> present = [];
        for (int round = 0; round < 4; round++)
        {
            List<Peer> gone = [.. present];
            present.Clear();
            for (int i = 0; i < Crowd; i++)
            {
                var peer = Peer.Connect(server.EndPoint);
                present.Add(peer);
                peer.SendText($"/nick r{round}n{i}\n");
                // Some members rename themselves, and some leave before their join is announced.
                if (i % 3 == 0)
                    peer.SendText($"/nick s{round}n{i}\n");
                if (i % 5 == 0)
                    peer.SendText("/quit\n");
                if (i < gone.Count)
                    gone[i].Dispose();
            }

            Agree(watcher, 0.8 * Crowd);
        }

        server.Program.Kill();
        present.ForEach(peer => peer.Dispose());
        using var next = ChatServerProcess.StartOn(server.EndPoint.Port, options);
        using Peer late = next.Join();
        present = [.. Enumerable.Range(0, 30).Select(_ => next.Join())];
        Agree(late, 30);
        present.ForEach(peer => peer.Dispose());
        late.SendText("bot, go home\n");

        Assert.True(bot.WaitForExit() == 0, bot.Describe());
    }

    [Fact]
    public void Every_event_is_one_JSON_object_on_one_line()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram client = ChatProcess.Start("client", server.Address, server.Port, "--json", "--listen");
        client.SendLine("/this is no command");
        client.Out.WaitForLine("\"type\":\"say\"");
        using Peer other = server.Join();
        other.SendText("/me waves\n/msg kim psst\n/nick zoe\n/quit\n");
        client.Out.WaitForLine("\"type\":\"leave\"");

        string[] types = client
            .Out.Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("type").GetString()!)
            .ToArray();
        Assert.Equal(
            ["say", "join", "me", "whisper", "rename", "leave"],
            types.SkipWhile(type => type != "say").Where(type => type != "present")
        );
        using var said = JsonDocument.Parse(
            client.Out.Lines.First(line => line.Contains("\"say\"", StringComparison.Ordinal))
        );
        Assert.Equal("/this is no command", said.RootElement.GetProperty("text").GetString());
        Assert.True(said.RootElement.GetProperty("mine").GetBoolean());
        Assert.True(said.RootElement.GetProperty("offset").GetInt64() > 0);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", said.RootElement.GetProperty("time").GetString());
    }

    private static void Agree(Peer watcher, double least)
    {
        HashSet<string> present = [],
            known = [];
        Eventually.Is(
            () => (present = Who(watcher)).SetEquals(known = Known(watcher)) && present.Count > least,
            "the bot's list to be the server's",
            seen: () =>
                $"only in /who: {string.Join(' ', present.Except(known))}\n"
                + $"only in the bot's: {string.Join(' ', known.Except(present))}"
        );
    }

    private static HashSet<string> Who(Peer watcher)
    {
        watcher.SendText("/who\n");
        string lines = watcher.WaitForLine(line => Regex.IsMatch(line, "^-- [0-9]+ here:"));
        // A short roster has one line for each person.
        if (lines.EndsWith(':'))
            return [];
        while (lines.EndsWith(','))
            lines += watcher.WaitForLine(line => line.StartsWith("-- ", StringComparison.Ordinal))[2..];
        return
        [
            .. lines[(lines.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',', StringSplitOptions.TrimEntries),
        ];
    }

    private static HashSet<string> Known(Peer watcher)
    {
        watcher.SendText("people?\n");
        const string Head = "<bot> here: ";
        return
        [
            .. watcher.WaitForLine(line => line.StartsWith(Head, StringComparison.Ordinal))[Head.Length..].Split(' '),
        ];
    }
}
