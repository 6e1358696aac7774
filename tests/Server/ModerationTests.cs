using System.Net;
using Chat.Protocol;
using Chat.Server;
using Chat.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>Bans and mutes: whom they meet, how long they last, and what the others see of them.</summary>
public sealed class ModerationTests : IDisposable
{
    private static readonly UInt128 Key = 0x1111;

    private static readonly ServerOptions Options = SteppedServer.Unbounded with { HostKeys = new HostKeys(Key, Key) };

    private static readonly IPAddress Own = SkippableAddressAttribute.Own!;

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly SteppedServer _server = new(Readiness.Epoll, Options, IPAddress.IPv6Any);

    public void Dispose()
    {
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_banned_person_is_removed_and_told_once_a_second()
    {
        (RichPeer alice, RichPeer bob) = HostAndBob(_server);
        Peer carol = _server.Join("carol");
        _server.Skip(carol);

        alice.Send("do 1 ban bob 10m");

        Assert.Equal("gone 0 @alice banned you from the room for 10 min", bob.News()[^1]);
        Assert.Equal(["gone 0 you are banned from this room for 10 min"], Refused(_server, person: 2, seat: 2));
        Assert.Equal([], Refused(_server, person: 2, seat: 2));
        _server.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["gone 0 you are banned from this room for 9 min"], Refused(_server, person: 2, seat: 2));
        Assert.Equal(
            ["-- @alice banned bob for 10 min", "-- bob left (banned by @alice)"],
            _server.News(carol).Where(static line => line.Contains("ban", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void A_ban_holds_with_another_name_and_with_the_old_seat_and_another_token()
    {
        (RichPeer alice, _) = HostAndBob(_server);

        alice.Send("do 1 ban bob");
        string[] renamed = Refused(_server, person: 2, seat: 3, name: "rob");
        _server.Advance(TimeSpan.FromSeconds(1));
        Peer other = _server.Connect();
        string[] words = RichPeer.HelloLine("bob", 2, 1, "- 0").Split(' ');
        other.SendText($"{words[0]} rob {77:x32} {words[3]} - 0\n");
        other.WaitForEnd();

        Assert.Equal(["gone 0 you are banned from this room"], renamed);
        Assert.Equal("gone 0 you are banned from this room", other.Lines[^1]);
    }

    [Fact]
    public void A_ban_with_an_end_is_over_at_its_end_and_unban_ends_one_before()
    {
        (RichPeer alice, _) = HostAndBob(_server);
        alice.Send("do 1 ban bob 1h");
        alice.Send("do 2 unban bob");
        Assert.Equal("bob", RichPeer.Hello(_server, _server.Connect(), "bob", 2, seat: 2, "- 0").Name);

        alice.Send("do 3 ban bob 1h");
        _server.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal("bob", RichPeer.Hello(_server, _server.Connect(), "bob", 2, seat: 3, "- 0").Name);
    }

    [SkippableAddress]
    public void A_ban_of_an_address_meets_all_its_connections_before_they_are_members()
    {
        (RichPeer alice, _) = HostAndBob(_server);
        Peer dave = From(Own, _server);
        Name(dave, "dave");
        Peer silent = From(Own, _server);
        _server.Settle();
        _ = alice.News();

        alice.Send($"do 1 ban {Own}/32 2h");
        dave.WaitForEnd();
        silent.SendText("hello\n");
        silent.WaitForEnd();
        Peer again = From(Own, _server);
        again.WaitForEnd();
        Peer third = From(Own, _server);
        third.WaitForEnd();

        Assert.Contains($"info 1 @alice banned {Own} for 2 h (dave); /unban {Own} lifts it", alice.News());
        Assert.Equal(["-- you are banned from this room for 2 h [chat/1]"], again.Lines);
        Assert.Empty(third.Lines);
    }

    [SkippableAddress]
    public void A_ban_of_many_members_with_long_names_is_one_line_with_a_few_of_them()
    {
        const int Members = 120;
        using SteppedServer server = new(
            Readiness.Epoll,
            Options with
            {
                ClientsPerAddress = Members,
            },
            IPAddress.IPv6Any
        );
        (RichPeer alice, _) = HostAndBob(server);
        Peer last = null!;
        for (int i = 0; i < Members; i++)
        {
            // 16 letters of four bytes, the longest name.
            last = From(Own, server);
            last.SendText(
                $"/nick {char.ConvertFromUtf32(0x10428 + i % 11)}{char.ConvertFromUtf32(0x10428 + i / 11)}"
                    + $"{string.Concat(Enumerable.Repeat(char.ConvertFromUtf32(0x10440), 14))}\n"
            );
            server.Settle();
        }
        _ = alice.News();

        alice.Send($"do 1 ban {Own}");

        last.WaitForEnd();
        Assert.Contains(alice.News(), static line => line.Contains(" more); /unban ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("nick")]
    public void A_ban_that_is_not_there_cannot_be_lifted(string name)
    {
        (RichPeer alice, _) = HostAndBob(_server);
        alice.Send("do 1 ban 203.0.113.7", "do 2 ban 198.51.100.0/24");

        alice.Send($"do 3 unban {name}");

        Assert.Contains($"err 3 there is no ban of {name}; /bans lists the bans and the mutes", alice.News());
    }

    [Fact]
    public void A_muted_person_takes_no_name_by_joining()
    {
        (RichPeer alice, RichPeer bob) = HostAndBob(_server);
        alice.Send("do 1 mute bob");
        bob.Send("bye");

        RichPeer again = RichPeer.Hello(_server, _server.Connect(), "buy-my-things", person: 2, seat: 7, "- 0");

        Assert.Equal("bob", again.Name);
        Assert.Contains(again.News(), static line => line.StartsWith("info 0 you are muted", StringComparison.Ordinal));
    }

    [SkippableAddress]
    public void A_browser_at_a_banned_address_gets_a_page_with_the_words()
    {
        using SteppedServer server = new(Readiness.Epoll, Options, IPAddress.IPv6Any, hasPage: true);
        (RichPeer alice, _) = HostAndBob(server);
        alice.Send($"do 1 ban {Own}");

        Peer browser = From(Own, server);
        browser.SendText("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        browser.WaitForEnd();

        Assert.StartsWith("HTTP/1.1 403 Forbidden", browser.Lines[0], StringComparison.Ordinal);
        Assert.Equal("you are banned from this room", browser.Lines[^1]);
    }

    [SkippableAddress]
    public void A_person_without_identity_is_banned_by_its_address_if_no_other_person_has_it()
    {
        (RichPeer alice, _) = HostAndBob(_server);
        Peer dave = From(Own, _server),
            eve = From(Own, _server);
        Name(dave, "dave");
        Name(eve, "eve");
        _ = alice.News();

        alice.Send("do 1 ban dave");
        eve.SendText("/quit\n");
        eve.WaitForEnd();
        alice.Send("do 2 ban dave");
        dave.WaitForEnd();

        string[] news = alice.News();
        Assert.Contains(
            $"err 1 dave has no identity to ban, and eve has the same address, {Own}; /kick dave removes it, "
                + $"/ban {Own} bans all there",
            news
        );
        Assert.Contains($"info 2 dave is banned by the address {Own}; /unban dave lifts it", news);
    }

    [SkippableAddress]
    public void The_host_and_this_computer_cannot_be_banned_by_accident()
    {
        using SteppedServer server = new(Readiness.Epoll, Options, IPAddress.IPv6Any);
        (RichPeer alice, RichPeer _) = HostAndBob(server);
        Peer far = From(Own, server);
        Name(far, "far");
        Peer near = server.Join("near");
        alice.Send("do 1 op far");
        _ = alice.News();

        alice.Send(
            "do 2 ban 127.0.0.1",
            "do 3 ban 0.0.0.0/0",
            "do 4 ban ::/0",
            $"do 5 ban {Own}",
            "do 6 ban alice",
            "do 7 ban far",
            "do 8 ban near",
            "do 9 ban 10.0.0.300",
            "do 10 ban bob soon"
        );

        Assert.Equal(
            [
                "err 2 127.0.0.1 has the addresses of the server's own computer, which cannot be banned",
                "err 3 0.0.0.0/0 has the addresses of the server's own computer, which cannot be banned",
                "err 4 ::/0 has the addresses of the server's own computer, which cannot be banned",
                $"err 5 {Own} has the address of @far, who is a host",
                "err 6 that is you",
                "err 7 far is a host; /deop far first",
                "err 8 near has no identity to ban, and the address is the server's own computer; "
                    + "/kick near removes it",
                "err 9 10.0.0.300 is no address; write it as 192.168.1.65 or 192.168.1.0/24",
                "err 10 a duration is a number with m, h or d, such as 10m, 2h or 1d, and at most 3650d; "
                    + "without one it lasts until you lift it",
            ],
            alice.News().Where(static line => line.StartsWith("err", StringComparison.Ordinal))
        );
        _ = near;
    }

    [SkippableAddress]
    public void An_address_that_a_member_of_this_computer_has_called_cannot_be_banned()
    {
        using SteppedServer server = new(Readiness.Epoll, Options, IPAddress.IPv6Any);
        (RichPeer alice, RichPeer _) = HostAndBob(server);
        using Peer near = Peer.Connect(new IPEndPoint(Own, server.EndPoint.Port), server.Pass);
        Name(near, "near");

        alice.Send($"do 1 ban {Own}");

        Assert.Contains(
            $"err 1 {Own} has an address of the server's own computer, which cannot be banned",
            alice.News()
        );
    }

    [Fact]
    public void A_muted_person_says_nothing_in_any_way_and_may_still_ask()
    {
        (RichPeer alice, RichPeer bob) = HostAndBob(_server);
        Peer carol = _server.Join("carol");
        bob.Send("say 1 before");
        string offset = $"{bob.Offset}";
        _ = bob.News();
        alice.Send("do 1 mute bob 10m");
        _server.Skip(carol);
        _ = bob.News();

        bob.Send(
            "say 2 a",
            "me 3 b",
            "tell 4 carol c",
            "nick 5 rob",
            "snippet 6 d",
            $"edit 7 {offset} e",
            $"delete 8 {offset}",
            $"re 9 {offset} f",
            "people 0 0"
        );
        string[] news = bob.News();

        Assert.Equal(
            Enumerable
                .Range(2, 8)
                .Select(static id => $"err {id} you are muted for 10 min; the others do not see what you say"),
            news.Where(static line => line.StartsWith("err", StringComparison.Ordinal))
        );
        Assert.Contains(news, static line => line.StartsWith("people 0", StringComparison.Ordinal));
        Assert.DoesNotContain(_server.News(carol), static line => line.Contains("bob", StringComparison.Ordinal));
        alice.Send("do 2 unmute bob");
        bob.Send("say 10 after");
        Assert.Equal("<bob> after", _server.News(carol)[^1]);
    }

    [Fact]
    public void A_muted_plain_tool_is_told_once_a_second()
    {
        (RichPeer alice, _) = HostAndBob(_server);
        Peer carol = _server.Join("carol");
        alice.Send("do 1 mute carol");
        _server.Skip(carol);

        carol.SendText("a\n//b\n/me c\n/msg bob d\n/nick e\n/who\n");
        string[] news = _server.News(carol);

        Assert.Equal("-- you are muted; the others do not see what you say", news[0]);
        Assert.EndsWith(" here:", news[1], StringComparison.Ordinal);
        Assert.DoesNotContain(alice.News(), static line => line.Contains("carol 0 ", StringComparison.Ordinal));
    }

    [SkippableAddress]
    public void A_mute_holds_over_a_reconnect_by_identity_or_else_by_address()
    {
        (RichPeer alice, RichPeer bob) = HostAndBob(_server);
        Peer dave = From(Own, _server);
        Name(dave, "dave");
        alice.Send("do 1 mute bob", "do 2 mute dave");
        dave.SendText("/quit\n");
        dave.WaitForEnd();
        bob.Send("bye");
        _ = alice.News();

        RichPeer again = RichPeer.Hello(_server, _server.Connect(), "rob", 2, seat: 2, "- 0");
        again.Send("say 1 hello");
        Peer other = From(Own, _server);
        other.SendText("hello\n/nick dora\n");
        _server.Settle();

        Assert.Contains("err 1 you are muted; the others do not see what you say", again.News());
        Assert.DoesNotContain(alice.News(), static line => line.EndsWith("hello", StringComparison.Ordinal));
    }

    [Fact]
    public void A_kept_name_can_be_freed()
    {
        string file = Path.Combine(_folder, "history");
        using (SteppedServer server = WithHistory(file))
        {
            (RichPeer alice, RichPeer bob) = HostAndBob(server);
            bob.Send("say 1 mine");
            alice.Send("do 1 free bob");
            bob.Send("bye");
            alice.Send("do 2 free bob", "do 3 free nix");
            string[] news = alice.News();
            Assert.Contains("err 1 bob is here and has its name; /kick bob removes it first", news);
            Assert.Contains("info 2 @alice freed the name bob", news);
            Assert.Contains("err 3 nix is no kept name; every person may take it", news);
        }
        using (SteppedServer server = WithHistory(file))
            Assert.Equal("bob", RichPeer.Hello(server, server.Connect(), "bob", 9, seat: 1, "- 0").Name);
    }

    [Fact]
    public void Bans_and_mutes_survive_a_restart_and_a_new_file_and_tell_no_client_a_token()
    {
        string file = Path.Combine(_folder, "history");
        using (SteppedServer server = WithHistory(file))
        {
            (RichPeer alice, RichPeer bob) = HostAndBob(server);
            RichPeer eve = RichPeer.Hello(server, server.Connect(), "eve", 3, seat: 1, "- 0");
            bob.Send("say 1 hello");
            alice.Send("do 1 ban bob 1h", "do 2 mute eve", "do 3 ban 198.51.100.0/24");
            Assert.DoesNotContain(eve.News(), static line => line.Contains("198.51", StringComparison.Ordinal));
        }
        for (int i = 0; i < 2; i++)
        {
            // The smallest size begins a new file at once.
            using SteppedServer server = WithHistory(file, maxBytes: 1);
            RichPeer eve = RichPeer.Hello(server, server.Connect(), "eve", 3, seat: 2 + i, "- 100");
            eve.Send("say 1 psst");
            string[] news = eve.News();

            Assert.Equal(["gone 0 you are banned from this room for 1 h"], Refused(server, person: 2, seat: 7));
            Assert.Contains("err 1 you are muted; the others do not see what you say", news);
            Assert.DoesNotContain(news, static line => line.Contains("rule", StringComparison.Ordinal));
            Assert.DoesNotContain(news, static line => line.Contains($"{2:x32}", StringComparison.Ordinal));
            RichPeer alice = RichPeer.Hello(server, server.Connect(), "alice", 1, seat: 2 + i, "- 0");
            Prove(alice);
            alice.Send("do 1 bans");
            Assert.Equal(
                [
                    "info 1 3 bans and mutes:",
                    "info 1 bob banned by identity for 1 h",
                    "info 1 eve muted by identity",
                    "info 1 banned by the address 198.51.100.0/24",
                ],
                alice.News().Where(static line => line.StartsWith("info 1", StringComparison.Ordinal))
            );
        }
    }

    [Fact]
    public void A_storm_of_joins_is_logged_at_one_line_a_second_after_the_first_ones()
    {
        long began = ClockReading.Read(_server.Clock).Uptime;
        for (int i = 0; i < 200; i++)
        {
            Peer peer = _server.Join();
            peer.SendText("/quit\n");
            peer.WaitForEnd();
        }
        long seconds = (ClockReading.Read(_server.Clock).Uptime - began) / 1000;

        Assert.InRange(_server.Log.Lines.Count(IsArrival), ServerLimits.LogBurst, ServerLimits.LogBurst + seconds);
        Assert.Contains(_server.Log.Lines, static line => line.Contains("were not logged", StringComparison.Ordinal));
    }

    private static bool IsArrival(string line) =>
        line.Contains("joined from", StringComparison.Ordinal) || line.Contains("guest left", StringComparison.Ordinal);

    private static SteppedServer WithHistory(string file, long maxBytes = long.MaxValue) =>
        new(
            Readiness.Epoll,
            Options,
            history: (log, now) => RoomHistory.Open(file, Options.LogBytes, maxBytes, now, log),
            clock: new TestClock()
        );

    private static (RichPeer Host, RichPeer Bob) HostAndBob(SteppedServer server)
    {
        RichPeer alice = RichPeer.Hello(server, server.Connect(), "alice", 1, seat: 1, "- 0"),
            bob = RichPeer.Hello(server, server.Connect(), "bob", 2, seat: 1, "- 0");
        Prove(alice);
        return (alice, bob);
    }

    private static void Prove(RichPeer alice)
    {
        alice.Send("host 0");
        string challenge = alice.News().Last(static l => l.StartsWith("challenge 0 ", StringComparison.Ordinal))[12..];
        alice.Send($"host 0 {HostProof.Create(Key, challenge, alice.Epoch)}");
        Assert.Contains("done 0", alice.News());
    }

    private static Peer From(IPAddress address, SteppedServer server)
    {
        // To another address of this computer: otherwise it would be that of both ends.
        return Peer.Connect(new IPEndPoint(IPAddress.Loopback, server.EndPoint.Port), server.Pass, from: address);
    }

    private static void Name(Peer peer, string name)
    {
        peer.SendText($"/nick {name}\n");
        peer.WaitForLine(line => line.EndsWith($"is now {name}", StringComparison.Ordinal), "the name");
    }

    // The lines behind the greeting that a client of this person gets.
    private static string[] Refused(SteppedServer server, int person, int seat, string name = "bob")
    {
        Peer peer = server.Connect();
        peer.SendText(RichPeer.HelloLine(name, person, seat, "- 0") + "\n");
        peer.WaitForEnd();
        return [.. peer.Lines.Where(static line => !line.StartsWith("Welcome", StringComparison.Ordinal))];
    }
}
