using System.Net;
using Chat.Protocol;
using Chat.Server;
using Chat.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>The rights of hosts: the proof of the key, the mark, and what hosts can do to others.</summary>
public sealed class HostTests : IDisposable
{
    private static readonly UInt128 Start = 0x1111,
        OfFile = 0x2222;

    private static readonly ServerOptions Options = SteppedServer.Unbounded with
    {
        HostKeys = new HostKeys(Start, OfFile),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly SteppedServer _server = new(Readiness.Epoll, Options);

    public void Dispose()
    {
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_proof_of_the_start_key_makes_a_client_on_this_computer_a_host()
    {
        RichPeer alice = Rich(_server, "alice", 1),
            bob = Rich(_server, "bob", 2);

        Prove(alice, Start);
        alice.Send("say 1 hello", "me 2 waves", "tell 3 bob psst");

        Assert.Equal(
            ["rename alice 1.0 @alice", "say @alice 1.1 hello", "me @alice 1.2 waves", "tell @alice 1.3 bob psst"],
            bob.News()[^4..]
        );
    }

    [Fact]
    public void The_start_key_is_of_no_use_from_another_address()
    {
        using SteppedServer server = new(Readiness.Epoll, Options, Elsewhere);
        RichPeer alice = Rich(server, "alice", 1);

        Assert.Equal("err 0 this is not the key of the host of this room", Prove(alice, Start));
        Assert.Equal("done 0", Prove(alice, OfFile));
    }

    [Fact]
    public void A_proof_is_taken_once()
    {
        RichPeer alice = Rich(_server, "alice", 1);
        string challenge = Challenge(alice),
            proof = HostProof.Create(Start, challenge, alice.Epoch);

        alice.Send($"host 0 {proof}", $"host 0 {proof}");

        Assert.Contains("err 0 ask for a number to prove the host's key with first: host", alice.News());
    }

    [Fact]
    public void A_proof_of_one_connection_is_wrong_at_another()
    {
        RichPeer alice = Rich(_server, "alice", 1),
            mallory = Rich(_server, "mallory", 2);
        string proof = HostProof.Create(Start, Challenge(alice), alice.Epoch);
        _ = Challenge(mallory);

        mallory.Send($"host 0 {proof}");

        Assert.Equal(["err 0 this is not the key of the host of this room"], mallory.News());
    }

    [Fact]
    public void Wrong_proofs_are_limited()
    {
        RichPeer mallory = Rich(_server, "mallory", 1);
        string[] answers = [.. Enumerable.Range(0, ServerLimits.WrongProofs).Select(_ => Prove(mallory, 1))];

        Assert.All(answers, answer => Assert.Equal("err 0 this is not the key of the host of this room", answer));
        Assert.Equal("err 0 too many proofs of the host's key were wrong; connect again", Prove(mallory, Start));
    }

    [Fact]
    public void No_name_has_the_mark()
    {
        RichPeer alice = Rich(_server, "alice", 1),
            bob = Rich(_server, "@bob", 2);
        Peer carol = _server.Join();

        alice.Send("nick 1 @alice");
        Type(carol, "/nick @carol");

        Assert.False(HostMark.IsOn(bob.Name));
        Assert.StartsWith("err 1 ", alice.News()[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(_server.News(carol), line => line.Contains("is now", StringComparison.Ordinal));
    }

    [Fact]
    public void A_host_makes_a_person_a_host_by_name_and_takes_it_back()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");
        Peer carol = _server.Join("carol");
        _server.Skip(carol);

        alice.Send("do 1 op bob");
        bob.Send("say 1 hello");
        alice.Send("do 2 deop @bob");
        bob.Send("say 2 again");

        Assert.Equal(
            [
                "-- @alice made bob a host",
                "<@bob> hello",
                "-- @alice took the rights of a host from bob",
                "<bob> again",
            ],
            _server.News(carol)
        );
        Assert.Contains("done 1", alice.News());
    }

    [Fact]
    public void A_host_at_a_plain_tool_has_the_commands_until_it_leaves()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");
        Peer carol = _server.Join("carol");
        alice.Send("do 1 op carol");
        _server.Skip(carol);

        Type(carol, "/kick bob", "/kick bob", "/help");
        string[] news = _server.News(carol);

        Assert.Equal("-- @carol removed bob from the room", news[0]);
        Assert.Equal("-- bob left (removed by @carol)", news[1]);
        Assert.Equal("-- there is no bob here; /who lists the people here", news[2]);
        Assert.Contains(news, line => line.StartsWith("-- /kick NAME", StringComparison.Ordinal));
        Assert.Contains("gone 0 @carol removed you from the room", bob.News());
    }

    [Fact]
    public void A_command_of_hosts_is_refused_to_all_others_in_words()
    {
        (RichPeer _, RichPeer bob) = HostAnd("bob");
        Peer carol = _server.Join("carol");
        _server.Skip(carol);

        foreach (CommandSyntax command in RoomCommands.OfHost)
        {
            _ = bob.News();
            bob.Send($"do {Array.IndexOf(RoomCommands.OfHost, command) + 1} {command.Names[0]} alice");
            Type(carol, $"/{command.Names[0]} alice");
            Assert.Equal([$"-- {RoomCommands.ForHosts(command)}"], _server.News(carol));
            Assert.Contains(
                bob.News(),
                line =>
                    line.StartsWith("err ", StringComparison.Ordinal)
                    && line.EndsWith(RoomCommands.ForHosts(command), StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public void Every_command_of_hosts_is_open_to_the_key_and_to_op_in_both_wires_and_to_a_muted_person_in_none()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");
        RichPeer eve = Rich(_server, "eve", 3);
        Peer carol = _server.Join("carol"),
            dave = _server.Join("dave");
        alice.Send("do 1 op bob", "do 2 op carol", "do 3 mute eve", "do 4 mute dave");
        int id = 10;
        foreach (CommandSyntax command in RoomCommands.OfHost)
        {
            string refusal = RoomCommands.ForHosts(command),
                request = $"do {++id} {command.Names[0]} nix";
            _server.Skip(carol, dave);
            foreach (RichPeer peer in (RichPeer[])[alice, bob, eve])
                _ = peer.News();

            alice.Send(request);
            bob.Send(request);
            eve.Send(request);
            Type(carol, $"/{command.Names[0]} nix");
            Type(dave, $"/{command.Names[0]} nix");

            Assert.DoesNotContain($"err {id} {refusal}", alice.News());
            Assert.DoesNotContain($"err {id} {refusal}", bob.News());
            Assert.Contains($"err {id} {refusal}", eve.News());
            Assert.DoesNotContain($"-- {refusal}", _server.News(carol));
            Assert.Contains($"-- {refusal}", _server.News(dave));
        }
    }

    [Theory]
    [InlineData("bob")]
    [InlineData("@bob")]
    [InlineData("BOB")]
    [InlineData("b0b")]
    public void A_host_names_a_person_with_the_mark_or_without_and_in_letters_that_look_alike(string name)
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");

        alice.Send($"do 1 kick {name}");

        Assert.Equal("gone 0 @alice removed you from the room", bob.News()[^1]);
    }

    [Fact]
    public void A_removed_client_does_not_come_back_by_itself_and_a_new_run_may()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");

        alice.Send("do 1 kick bob go away");
        Peer again = _server.Connect();
        again.SendText(RichPeer.HelloLine("bob", 2, 1, bob.Place) + "\nsay 1 I am back\n");
        _server.Settle();
        again.Pump();
        RichPeer fresh = RichPeer.Hello(_server, _server.Connect(), "bob", person: 2, seat: 2, "- 0");

        Assert.Equal("gone 0 @alice removed you from the room: go away", bob.News()[^1]);
        Assert.Contains(again.Lines, static line => line.StartsWith("gone 0 ", StringComparison.Ordinal));
        Assert.DoesNotContain(alice.News(), static line => line.Contains("I am back", StringComparison.Ordinal));
        Assert.Equal("bob", fresh.Name);
    }

    [Fact]
    public void Lines_that_a_removed_client_sent_already_are_not_said()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");
        Peer carol = _server.Join("carol");
        _server.Skip(carol);

        alice.Peer.SendText("do 1 kick bob\n");
        _server.Settle();
        bob.Send("say 1 too late");

        Assert.DoesNotContain(_server.News(carol), static line => line.Contains("too late", StringComparison.Ordinal));
    }

    [Fact]
    public void A_host_is_no_target_of_another_host_and_not_of_itself()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");
        alice.Send("do 1 op bob");
        _ = bob.News();

        bob.Send("do 1 kick alice", "do 2 deop alice", "do 3 kick bob");

        Assert.Equal(
            [
                "err 1 alice has the key of the host",
                "err 2 alice has the key of the host, so the rights cannot be taken",
                "err 3 that is you",
            ],
            bob.News()
        );
    }

    [Fact]
    public void The_rights_of_the_key_belong_to_the_connection_and_those_of_op_to_the_person()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");
        RichPeer second = RichPeer.Hello(_server, _server.Connect(), "alice", person: 1, seat: 2, "- 0"),
            other = RichPeer.Hello(_server, _server.Connect(), "bob", person: 2, seat: 2, "- 0");
        alice.Send("do 1 op bob");

        second.Send("do 1 deop bob");
        bob.Send("nick 1 rob");
        other.Send("do 1 deop rob");

        Assert.Contains("err 1 " + RoomCommands.ForHosts(RoomCommands.Find("deop")!), second.News());
        Assert.Contains("rename @bob 2.1 @rob", alice.News());
        Assert.Contains("done 1", other.News());
    }

    [Fact]
    public void The_mark_goes_with_the_host_and_comes_back_with_a_proof()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");
        alice.Send("bye");
        _ = bob.News();
        RichPeer again = RichPeer.Hello(_server, _server.Connect(), "alice", person: 1, seat: 2, "- 0");
        again.Send("say 1 without");
        Prove(again, Start);
        again.Send("say 2 with");

        Assert.Equal("alice", again.Name);
        Assert.Equal(["without", "@alice", "with"], bob.News()[^3..].Select(static line => line.Split(' ')[^1]));
    }

    [Fact]
    public void The_rights_of_op_survive_a_restart_and_a_new_file()
    {
        string file = Path.Combine(_folder, "history");
        using (SteppedServer server = WithHistory(file))
        {
            (RichPeer alice, _) = HostAnd("bob", server);
            alice.Send("do 1 op bob");
        }
        using (SteppedServer server = WithHistory(file))
        {
            RichPeer bob = RichPeer.Hello(server, server.Connect(), "bob", person: 2, seat: 2, "- 0");
            Assert.Equal("@bob", bob.Name);
            bob.Send("do 1 kick alice");
            Assert.Contains("done 1", bob.News());
        }
    }

    [Fact]
    public void A_topic_is_told_to_all_and_to_newcomers_of_both_wires_and_can_be_removed()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");

        alice.Send("do 1 topic lunch at twelve");
        Assert.Equal("notice - 1.1 @alice set the topic: lunch at twelve", bob.News()[^1]);
        Peer carol = _server.Join("carol");
        RichPeer dave = Rich(_server, "dave", 4);
        Assert.Contains("-- the topic: lunch at twelve", carol.Lines);
        alice.Send("do 3 topic -");
        Assert.Equal("notice - 1.3 @alice removed the topic", dave.News()[^1]);
        Peer eve = _server.Join("eve");
        Assert.DoesNotContain(eve.Lines, line => line.StartsWith("-- the topic", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_member_may_ask_for_the_topic_in_both_wires_and_hosts_alone_set_it()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");
        Peer carol = _server.Join("carol");
        RichPeer eve = Rich(_server, "eve", 3);
        alice.Send("do 1 mute eve");
        _ = (bob.News(), eve.News());
        _server.Skip(carol);

        bob.Send("topic 0");
        Assert.Equal("topic 0", bob.News()[^1]);
        Type(carol, "/topic");
        Assert.Equal(["-- there is no topic"], _server.News(carol));

        alice.Send("do 2 topic lunch at twelve");
        _ = (bob.News(), eve.News());
        _server.Skip(carol);
        bob.Send("topic 7", "do 1 topic dinner");
        Assert.Equal(["topic 7 lunch at twelve", "err 1 /topic is for hosts; @ marks them in /who"], bob.News()[^2..]);
        eve.Send("topic 8");
        Assert.Equal("topic 8 lunch at twelve", eve.News()[^1]);
        Type(carol, "/Topic ");
        Assert.Equal(["-- the topic: lunch at twelve"], _server.News(carol));
        Type(carol, "/topic dinner");
        Assert.Equal(["-- /topic is for hosts; @ marks them in /who"], _server.News(carol));
    }

    [Fact]
    public void A_request_to_set_no_topic_is_refused()
    {
        (RichPeer alice, _) = HostAnd("bob");

        alice.Send("do 1 topic");

        Assert.Contains("err 1 a topic is a text; - removes it", alice.News());
    }

    [Fact]
    public void Another_client_with_the_identity_of_the_host_has_neither_mark_nor_protection()
    {
        RichPeer alice = Rich(_server, "alice", 1),
            other = RichPeer.Hello(_server, _server.Connect(), "alice", person: 1, seat: 9, "- 0"),
            bob = Rich(_server, "bob", 2);
        Prove(alice, Start);
        _ = bob.News();

        other.Send("say 1 am I marked?", "me 2 asks", "tell 3 bob psst");
        Assert.Equal(
            ["say alice", "me alice", "tell alice"],
            bob.News().Select(static line => string.Join(' ', line.Split(' ')[..2]))
        );
        alice.Send("do 2 op bob", "bye");
        _ = bob.News();
        other.Send("say 4 and now?");

        Assert.Equal("@bob", RichPeer.Hello(_server, _server.Connect(), "bob", person: 2, seat: 9, "- 0").Name);
        Assert.StartsWith("say alice ", bob.News()[^1], StringComparison.Ordinal);
        bob.Send("do 1 kick alice");
        Assert.Contains("done 1", bob.News());
    }

    [Fact]
    public void A_topic_survives_a_restart_and_a_new_file()
    {
        string file = Path.Combine(_folder, "history");
        using (SteppedServer server = WithHistory(file))
        {
            (RichPeer alice, _) = HostAnd("bob", server);
            alice.Send("do 1 topic größe - und mehr");
        }
        using (SteppedServer server = WithHistory(file))
        {
            Peer carol = server.Join("carol");
            Assert.Contains("-- the topic: größe - und mehr", carol.Lines);
        }
    }

    [Fact]
    public void A_topic_that_is_too_long_is_refused()
    {
        (RichPeer alice, _) = HostAnd("bob");

        alice.Send($"do 1 topic {new string('x', ServerLimits.TopicBytes + 1)}");

        Assert.Contains($"err 1 a topic has at most {ServerLimits.TopicBytes} bytes", alice.News());
    }

    [Fact]
    public void An_announcement_is_a_line_of_the_room()
    {
        (RichPeer alice, RichPeer bob) = HostAnd("bob");
        Peer carol = _server.Join("carol");
        _server.Skip(carol);

        alice.Send("do 1 announce the door is open");

        Assert.Equal("notice - 1.1 @alice announces: the door is open", bob.News()[^1]);
        Assert.Equal(["-- @alice announces: the door is open"], _server.News(carol));
    }

    [Fact]
    public void The_end_of_the_room_is_told_at_once_and_shortly_before_and_can_be_called_off()
    {
        (RichPeer alice, _) = HostAnd("bob");
        Peer carol = _server.Join("carol");
        _server.Skip(carol);

        alice.Send("do 1 shutdown 60");
        Assert.Equal(["-- @alice ends the room in 1 min"], _server.News(carol));
        Pass(seconds: 49);
        Assert.DoesNotContain(_server.News(carol), IsAboutTheEnd);
        Pass(seconds: 2);
        Assert.Single(_server.News(carol), IsAboutTheEnd);
        alice.Send("do 2 shutdown off");
        Assert.Contains("-- @alice called off the end of the room", _server.News(carol));
        Pass(seconds: 60);
        Assert.DoesNotContain(_server.News(carol), IsAboutTheEnd);

        alice.Send("do 3 shutdown 12");
        Pass(seconds: 10);
        Assert.DoesNotContain(_server.News(carol), IsAboutTheEnd);
        alice.Send("do 4 shutdown off");

        alice.Send("do 5 shutdown off", "do 6 shutdown soon", "do 7 shutdown 86401", "do 8 shutdown 0");
        Pass(seconds: 2);

        carol.WaitForLine(static line => line == "-- @alice ends the room", "the notice");
        carol.WaitForLine(static line => line == "-- the server is shutting down; goodbye", "the end");
        alice.Peer.Pump();
        Assert.Equal(
            ["err 5", "err 6", "err 7"],
            alice.Peer.Lines.Where(static line => line.StartsWith("err ", StringComparison.Ordinal)).Select(l => l[..5])
        );

        static bool IsAboutTheEnd(string line) => line.StartsWith("-- the room ends in ", StringComparison.Ordinal);

        void Pass(int seconds)
        {
            for (; seconds > 0 && !_server.Server.IsStopped; seconds--)
            {
                alice.Send("ping 0");
                _server.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    [Fact]
    public void A_host_sees_the_bounds_and_the_state_of_the_server()
    {
        (RichPeer alice, _) = HostAnd("bob");

        alice.Send("do 1 limits", "do 2 stats");

        string[] answers = [.. alice.News().Where(static line => line.StartsWith("info ", StringComparison.Ordinal))];
        Assert.Contains("info 1 no limit on lines and bytes of one member", answers);
        Assert.Contains(
            $"info 1 {ProtocolLimits.Clients} members, {ServerLimits.ClientsPerAddress} from one address",
            answers
        );
        Assert.StartsWith("info 2 2 people, 2 connections, for ", answers[^3], StringComparison.Ordinal);
        Assert.EndsWith("MiB of memory", answers[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Newcomers_see_the_rows_of_the_message_and_a_client_that_reconnects_does_not()
    {
        using SteppedServer server = new(Readiness.Epoll, Options with { Motd = ["be kind", "", "  no spam"] });
        Peer nc = server.Join("carol");
        Assert.Equal(["-- be kind", "-- ", "--   no spam"], nc.Lines.Skip(2).Take(3));
        RichPeer alice = Rich(server, "alice", 1);
        Assert.Equal(["info 0 be kind", "info 0", "info 0   no spam"], alice.News()[..3]);
        server.Reset(alice.Peer);
        RichPeer again = RichPeer.Hello(server, server.Connect(), "alice", person: 1, seat: 1, alice.Place);
        Assert.DoesNotContain(again.News(), static line => line.Contains("be kind", StringComparison.Ordinal));
    }

    private static IPAddress Elsewhere =>
        Dns.GetHostAddresses(Dns.GetHostName())
            .First(static a => !IPAddress.IsLoopback(a) && a is { IsIPv6LinkLocal: false });

    private static SteppedServer WithHistory(string file) =>
        new(
            Readiness.Epoll,
            Options,
            history: (log, now) => RoomHistory.Open(file, Options.LogBytes, long.MaxValue, now, log)
        );

    private static RichPeer Rich(SteppedServer server, string name, int person) =>
        RichPeer.Hello(server, server.Connect(), name, person, seat: 1, "- 0");

    private (RichPeer Host, RichPeer Other) HostAnd(string other) => HostAnd(other, _server);

    private static (RichPeer Host, RichPeer Other) HostAnd(string other, SteppedServer server)
    {
        RichPeer alice = Rich(server, "alice", 1),
            bob = Rich(server, other, 2);
        Assert.Equal("done 0", Prove(alice, Start));
        return (alice, bob);
    }

    private void Type(Peer peer, params string[] lines)
    {
        peer.SendText(string.Concat(lines.Select(static line => line + "\n")));
        _server.Settle();
    }

    private static string Challenge(RichPeer peer)
    {
        peer.Send("host 0");
        return peer.News().Last(static line => line.StartsWith("challenge 0 ", StringComparison.Ordinal))[12..];
    }

    // The answer to the proof.
    private static string Prove(RichPeer peer, UInt128 key)
    {
        string challenge = Challenge(peer);
        peer.Send($"host 0 {HostProof.Create(key, challenge, peer.Epoch)}");
        return peer.News()
            .Last(static line => !char.IsAsciiDigit(line[0]) && line.Contains(" 0", StringComparison.Ordinal));
    }
}
