using System.Text.Json;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>Rooms are found without an address, on machines that are namespaces on one switch.</summary>
public sealed class FindRoomsTests
{
    private static string Chat => ChatProcess.BinaryPath;

    private static RunningProgram Server(Lan lan, int machine, params string[] options)
    {
        RunningProgram server = lan.Start(machine, Chat, ["server", .. options]);
        server.Out.WaitForLine("room open");
        return server;
    }

    private static Pty AtTerminal(Lan lan, int machine, string[] args, IReadOnlyDictionary<string, string?>? env = null)
    {
        Pty pty = Pty.Open(100, 24);
        lan.StartAt(pty, machine, Chat, args, env);
        return pty;
    }

    [TwoHostsFact]
    public void Three_machines_with_one_command_each_and_no_address_talk_within_three_seconds()
    {
        using Lan lan = new(3);
        using RunningProgram server = Server(lan, 0);
        using RunningProgram alice = lan.Start(1, Chat, "client", "--name", "alice");
        using Pty bob = AtTerminal(lan, 2, ["client", "--name", "bob"]);

        alice.SendLine("hello from far");

        // A busy machine needs up to three seconds more to start two programs.
        bob.WaitForText("alice: hello from far", TimeSpan.FromSeconds(3 + 3));
        bob.Send("hello back\r");
        alice.Out.WaitForLine("<bob> hello back", TimeSpan.FromSeconds(3 + 3));
        Assert.True(bob.Screen.Shows("the only one found"), bob.Screen.Draw());
    }

    [TwoHostsFact]
    public void The_server_of_this_computer_is_joined_before_any_other()
    {
        using Lan lan = new(2);
        using RunningProgram other = Server(lan, 0);
        using RunningProgram own = Server(lan, 1, "127.0.0.1");
        using RunningProgram client = lan.Start(1, Chat, "client");

        client.SendLine("at home");
        client.CloseInput();

        Assert.Equal(0, client.WaitForExit());
        own.Out.WaitForLine("<kim> at home");
        Assert.DoesNotContain("kim", other.Out.Text, StringComparison.Ordinal);
    }

    [TwoHostsFact]
    public void Several_rooms_are_an_error_in_a_pipe_and_each_can_be_joined_by_its_name()
    {
        using Lan lan = new(3);
        using RunningProgram lab = Server(lan, 0, "8083", "--room", "My Lab");
        using RunningProgram pub = Server(lan, 1, "--room", "pub");
        using RunningProgram find = lan.Start(2, Chat, "find", "--json", "--seconds", "3");
        using RunningProgram none = lan.Start(2, Chat, "client", "somewhere");
        Eventually.Is(() => find.Out.Lines.Count == 2, "both rooms", seen: find.Describe);
        using RunningProgram any = lan.Start(2, Chat, "client");
        using RunningProgram one = lan.Start(2, Chat, "client", "my lab");
        one.SendLine("to the lab");
        one.CloseInput();

        Assert.Equal(
            ["My Lab 10.98.0.1 8083", "pub 10.98.0.2 8082"],
            find.Out.Lines.Select(Told).Order(StringComparer.Ordinal)
        );
        Assert.Equal(0, find.WaitForExit());
        Assert.Equal(1, any.WaitForExit());
        Assert.Contains("found 2 rooms", any.Err.Text, StringComparison.Ordinal);
        Assert.Contains("10.98.0.1 8083 (My Lab)", any.Err.Text, StringComparison.Ordinal);
        Assert.Contains("10.98.0.2 (pub)", any.Err.Text, StringComparison.Ordinal);
        Assert.Equal(0, one.WaitForExit());
        lab.Out.WaitForLine("<kim> to the lab");
        Assert.Equal(1, none.WaitForExit());
        Assert.Contains(
            "no machine called somewhere is known here, and no room of that name answered within 3 s on lan0",
            none.Err.Text,
            StringComparison.Ordinal
        );
    }

    [TwoHostsFact]
    public void The_list_as_JSON_has_the_topic_of_an_earlier_run()
    {
        using Lan lan = new(2);
        string folder = Directory.CreateTempSubdirectory().FullName;
        string[] options = ["--history", Path.Combine(folder, "history"), "--host-key", Path.Combine(folder, "key")];
        using (Server(lan, 0, options))
        using (RunningProgram host = lan.Start(0, Chat, ["client", "127.0.0.1", "--commands", .. options[2..]]))
        {
            host.SendLine("/topic the build");
            host.CloseInput();
            Assert.Equal(0, host.WaitForExit());
        }
        using RunningProgram again = Server(lan, 0, options);
        using RunningProgram find = lan.Start(1, Chat, "find", "--json", "--seconds", "3");

        Assert.Equal(0, find.WaitForExit());
        Assert.Contains("\"topic\":\"the build\"", Assert.Single(find.Out.Lines), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [TwoHostsFact]
    public void A_room_with_a_secret_is_found_as_one()
    {
        using Lan lan = new(2);
        string folder = Directory.CreateTempSubdirectory().FullName;
        using RunningProgram lab = Server(lan, 0, "--room", "lab", "--secret-file", Path.Combine(folder, "secret"));
        using RunningProgram json = lan.Start(1, Chat, "find", "--json", "--seconds", "3");
        using RunningProgram text = lan.Start(1, Chat, "find", "--seconds", "3");

        Assert.Equal((0, 0), (json.WaitForExit(), text.WaitForExit()));
        Assert.Contains("\"encrypted\":true,\"secret\":true", Assert.Single(json.Out.Lines), StringComparison.Ordinal);
        Assert.StartsWith(
            "lab                   needs secret  encrypted      ",
            Assert.Single(text.Out.Lines),
            StringComparison.Ordinal
        );
        Directory.Delete(folder, recursive: true);
    }

    private static string Told(string line)
    {
        using var room = JsonDocument.Parse(line);
        Assert.True(room.RootElement.GetProperty("encrypted").GetBoolean());
        Assert.Equal(0, room.RootElement.GetProperty("members").GetInt32());
        JsonElement all = room.RootElement;
        return $"{all.GetProperty("name")} {all.GetProperty("address")} {all.GetProperty("port")}";
    }

    [TwoHostsFact]
    public void A_person_chooses_from_a_list_that_fills_itself()
    {
        using Lan lan = new(3);
        using RunningProgram lab = Server(lan, 0, "--room", "lab");
        using RunningProgram pub = Server(lan, 1, "--room", "pub");
        using (RunningProgram find = lan.Start(2, Chat, "find", "--seconds", "60"))
        {
            Eventually.Is(() => find.Out.Lines.Count == 2, "both rooms", seen: find.Describe);
        }
        IReadOnlyDictionary<string, string?> home = Home.New();
        using Pty pty = AtTerminal(lan, 2, ["client"], home);
        pty.WaitForText("lab                   0 people");
        pty.WaitForText("pub                   0 people");
        using RunningProgram late = Server(lan, 2, "9000", "--room", "late");
        pty.WaitForText("late                  0 people");
        pty.WaitForText("Escape leaves");

        pty.Send("pub");
        pty.WaitForText("join> pub");
        pty.Send("\r");

        pub.Out.WaitForLine("-- kim joined");
        pty.Send("hello\r");
        pub.Out.WaitForLine("<kim> hello");
        pty.Send("\x04");
        Assert.Equal(0, pty.WaitForExit());
        string file = File.ReadAllText(Path.Combine(home["XDG_DATA_HOME"]!, "chat", "rooms"));
        Assert.Matches("^10\\.98\\.0\\.2 8082 [0-9a-f]{16} pub\n$", file);
    }

    [TwoHostsFact]
    public void A_key_leaves_the_list_and_the_terminal_is_as_before()
    {
        using Lan lan = new(1);
        using Pty pty = Pty.Open();
        string before = pty.Stty();
        lan.StartAt(pty, 0, Chat, ["client"]);
        pty.WaitForText("no room found yet; still looking on lan0");
        pty.Send("\e");

        Assert.Equal(0, pty.WaitForExit());
        Assert.Equal(before, pty.Stty());
        Assert.False(pty.Screen.Shows("still looking"), pty.Screen.Draw());
    }

    [TwoHostsFact]
    public void The_list_takes_keys_after_a_long_paste()
    {
        using Lan lan = new(1);
        using Pty pty = Pty.Open();
        string before = pty.Stty();
        lan.StartAt(pty, 0, Chat, ["client"]);
        Eventually.Is(() => pty.Stty() != before, "the mode of the client");
        pty.Send(new string('x', 6000));
        pty.WaitForText("no room found yet; still looking on lan0");
        pty.Send("\e");

        Assert.Equal(0, pty.WaitForExit());
    }

    [TwoHostsFact]
    public void A_room_on_a_network_that_appears_later_is_joined()
    {
        using Lan lan = new(2);
        using RunningProgram server = Server(lan, 0);
        lan.Disconnect(1, network: 0);
        using Pty pty = AtTerminal(lan, 1, ["client"]);
        pty.WaitForText("-- no room found: this computer is on no network");

        lan.Connect(1, network: 0);

        server.Out.WaitForLine("-- kim joined");
    }

    [TwoHostsFact]
    public void Text_typed_during_the_search_is_said_in_the_room()
    {
        using Lan lan = new(2);
        using RunningProgram server = Server(lan, 0);
        using Pty pty = AtTerminal(lan, 1, ["client"]);
        pty.Send("typed early\r");

        server.Out.WaitForLine("<kim> typed early");
    }

    [TwoHostsFact]
    public void Without_a_room_the_client_says_what_it_tried_and_what_helps()
    {
        using Lan lan = new(1);
        IReadOnlyDictionary<string, string?> home = Home.New();
        string folder = Path.Combine(home["XDG_DATA_HOME"]!, "chat");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "rooms"), "10.98.0.7 8083 0123456789abcdef the lab\n");
        using RunningProgram client = lan.StartWith(home, 0, Chat, "client");
        using RunningProgram find = lan.StartWith(home, 0, Chat, "find", "--seconds", "1");
        using Pty pty = AtTerminal(lan, 0, ["client"], home);

        Assert.Equal(1, client.WaitForExit());
        foreach (
            string words in (string[])
                [
                    "nothing answered within 3 s on lan0",
                    "no server listens on this computer at port 8082",
                    "chat server",
                    "joined before: 10.98.0.7 8083 (the lab)",
                    "if a firewall on this computer is in the way: ",
                ]
        )
            Assert.Contains(words, client.Err.Text, StringComparison.Ordinal);
        Assert.Equal(1, find.WaitForExit());
        Assert.Contains("nothing answered within 1 s on lan0", find.Err.Text, StringComparison.Ordinal);
        pty.WaitForText(">  1  the lab");
        pty.WaitForText("-- no room found: nothing answered within 3 s");
        using RunningProgram server = Server(lan, 0);
        server.Out.WaitForLine("-- kim joined");
    }

    [TwoHostsFact]
    public void A_room_that_took_the_name_of_a_remembered_one_is_not_joined_unasked()
    {
        using Lan lan = new(2);
        IReadOnlyDictionary<string, string?> home = Home.New();
        string folder = Path.Combine(home["XDG_DATA_HOME"]!, "chat");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "rooms"), "10.98.0.7 8082 0123456789abcdef lab\n");
        using RunningProgram server = Server(lan, 0, "--room", "lab");
        using RunningProgram any = lan.StartWith(home, 1, Chat, "client");
        using RunningProgram named = lan.StartWith(home, 1, Chat, "client", "lab");
        using Pty pty = AtTerminal(lan, 1, ["client"], home);

        const string Words = "the room lab at 10.98.0.1 is not the room you joined before at 10.98.0.7";
        Assert.Equal(1, any.WaitForExit());
        Assert.Contains(Words, any.Err.Text, StringComparison.Ordinal);
        Assert.Equal(1, named.WaitForExit());
        Assert.Contains(Words, named.Err.Text, StringComparison.Ordinal);
        pty.WaitForText("not the room you joined before  10.98.0.1");
        pty.Send("10.98.0.1\r");
        server.Out.WaitForLine("-- kim joined");
    }

    [TwoHostsFact]
    public void Rooms_and_hosts_of_avahi_are_found()
    {
        using Lan lan = new(2);
        Avahi avahi = lan.StartAvahi(0);
        using RunningProgram room = avahi.Start(
            "avahi-publish",
            ["-s", "Old Room", "_chat._tcp", "8083", "chat=1", "members=4"]
        );
        using RunningProgram printer = avahi.Start("avahi-publish", "-s", "printer", "_chat._tcp", "9100", "note=none");
        foreach (RunningProgram service in (RunningProgram[])[room, printer])
            service.Err.WaitForLine("Established under name");
        using RunningProgram server = Server(lan, 0, "--no-announce");
        using RunningProgram find = lan.Start(1, Chat, "find", "--seconds", "1");
        using RunningProgram client = lan.Start(1, Chat, "client", "machine0.local");
        client.SendLine("by name");
        client.CloseInput();

        Assert.Equal(0, find.WaitForExit());
        Assert.Equal(
            "Old Room              4 people      not encrypted  10.98.0.1 8083",
            Assert.Single(find.Out.Lines)
        );
        Assert.Equal(0, client.WaitForExit());
        server.Out.WaitForLine("<kim> by name");
        using RunningProgram history = lan.Start(1, Chat, "history", "machine0.local");
        Assert.Equal(0, history.WaitForExit());
        Assert.Contains("<kim> by name", history.Out.Text, StringComparison.Ordinal);
    }
}
