using System.Net;
using System.Net.Sockets;
using Chat.Server;
using Chat.Server.Access;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>Joins, leaves, their announcements and the end of each connection.</summary>
public sealed class ComingAndGoingTests
{
    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_connection_that_ends_within_the_hello_time_is_never_announced(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        for (int i = 0; i < 10; i++)
        {
            using Peer passing = server.Connect();
            server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds - 100));
            switch (i % 3)
            {
                case 0:
                    server.Reset(passing);
                    break;
                case 1:
                    passing.HalfClose();
                    passing.WaitForEnd();
                    break;
                default:
                    server.Close(passing);
                    break;
            }
            server.Settle();
        }
        server.Advance(TimeSpan.FromSeconds(3));
        Assert.Empty(server.News(alice));
        Assert.Equal(2, server.Server.Connections);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_half_closed_peer_has_its_unfinished_line_read_and_receives_all_pending_output(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SteppedServer.RoomyLog });
        Peer alice = server.Join("alice"),
            bob = server.JoinSlow("bob");
        server.Skip(alice, bob);
        bob.StopReading();
        server.Say(alice, SteppedServer.MoreThanSocketsHold);
        bob.SendText("one\ntwo\nand unfin");
        bob.HalfClose();
        Assert.Equal(["<bob> one", "<bob> two", "<bob> and unfin", "-- bob left"], server.News(alice));
        alice.SendText("too late for bob\n");
        server.Settle();
        bob.ReadAgain();
        bob.WaitForEnd();
        Assert.Equal(SocketError.Success, bob.Error);
        Assert.EndsWith(SteppedServer.MoreThanSocketsHold[^1], bob.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(
            SteppedServer.MoreThanSocketsHold.Length,
            bob.Lines.Count(static line => line.StartsWith("<alice>", StringComparison.Ordinal))
        );
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void One_line_from_a_pipe_reaches_the_room_and_the_pipe_sees_the_end(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        Peer pipe = server.Connect();
        pipe.SendText("no line feed");
        pipe.HalfClose();
        pipe.WaitForEnd();
        Assert.Equal(SocketError.Success, pipe.Error);
        Assert.Equal(["-- guest joined", "<guest> no line feed", "-- guest left"], server.News(alice));
        Assert.Equal(2, server.Server.Connections);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Quit_is_answered_and_ends_the_connection(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            bob = server.Join("bob");
        server.Skip(alice, bob);
        bob.SendText("bye\n/quit\nnot said any more\n");
        bob.WaitForEnd();
        Assert.Equal("-- goodbye", bob.Lines[^1]);
        Assert.Equal(SocketError.Success, bob.Error);
        Assert.Equal(["<bob> bye", "-- bob left"], server.News(alice));
        // The peer may send for a moment more, so that no reset discards the server's last line.
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.LingerMilliseconds + ServerLimits.TickMilliseconds));
        Assert.Equal(2, server.Server.Connections);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_reset_connection_leaves_at_once_with_one_line(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            bob = server.Join("bob"),
            carol = server.Join("carol");
        server.Skip(alice);
        bob.Reset();
        // A line is on its way to the reset peer. Its send fails without effect on the others.
        carol.SendText("hello\n");
        // Under load the reset may arrive later.
        Eventually.Is(
            () =>
            {
                server.Settle();
                return server.Server.Connections == 2 + 1;
            },
            "the server to close the connection"
        );
        string[] news = server.News(alice);
        Assert.Contains("<carol> hello", news);
        Assert.Single(news, static line => line.StartsWith("-- bob left", StringComparison.Ordinal));
        Assert.Equal(2, news.Length);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Hundreds_of_joins_and_leaves_are_announced_in_one_line_a_second(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        server.Advance(TimeSpan.FromSeconds(2));
        List<Peer> crowd = [];
        for (int i = 0; i < 200; i++)
            crowd.Add(server.Connect());
        server.Clock.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds));
        server.Advance(TimeSpan.FromSeconds(2));
        string[] came = server.News(alice);
        Assert.Equal(
            ServerLimits.PresenceLinesPerSecond,
            came.Count(static line => line.EndsWith(" joined", StringComparison.Ordinal))
        );
        Assert.Equal($"-- {200 - ServerLimits.PresenceLinesPerSecond} joined; 202 here now", came[^1]);
        Assert.Equal(ServerLimits.PresenceLinesPerSecond + 1, came.Length);

        crowd.ForEach(static peer => peer.Dispose());
        server.Advance(TimeSpan.FromSeconds(2));
        string[] went = server.News(alice);
        Assert.Equal(ServerLimits.PresenceLinesPerSecond + 1, went.Length);
        Assert.Equal($"-- {200 - ServerLimits.PresenceLinesPerSecond} left; 2 here now", went[^1]);
    }

    [Fact]
    public void A_rich_client_can_tell_a_counted_line_from_other_notices_and_asks_for_the_list()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        server.Advance(TimeSpan.FromSeconds(2));
        alice.News();
        for (int i = 2; i <= 50; i++)
            server.JoinRich("-", person: i);
        server.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal($"notice * 0 {49 - ServerLimits.PresenceLinesPerSecond} joined; 50 here now", alice.News()[^1]);
        alice.Send("people 1 0");
        Assert.Equal(50, alice.News().Count(static line => line.StartsWith("person 1 ", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_counting_line_counts_people_instead_of_joins_and_leaves()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        server.Advance(TimeSpan.FromSeconds(2));
        alice.News();
        for (int i = 0; i < ServerLimits.PresenceLinesPerSecond; i++)
            server.JoinRich("-", person: 100 + i);
        RichPeer? flapping = null;
        for (int i = 0; i < 10; i++)
        {
            flapping?.Send("bye");
            flapping = server.JoinRich("bob", person: 2, seat: i);
        }
        for (int i = 0; i < 10; i++)
            server.JoinRich("-", person: 0).Send("bye");
        server.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal($"notice * 0 1 joined; {ServerLimits.PresenceLinesPerSecond + 2} here now", alice.News()[^1]);
    }

    [Fact]
    public void Joins_that_leave_within_the_second_are_not_announced()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        server.Advance(TimeSpan.FromSeconds(2));
        for (int i = 0; i < ServerLimits.PresenceLinesPerSecond; i++)
            server.JoinRich("-", person: 100 + i);
        alice.News();
        for (int i = 0; i < 10; i++)
            server.JoinRich("-", person: 0).Send("bye");
        server.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(alice.News());
    }

    [Fact]
    public void A_person_renamed_between_a_counted_join_and_leave_is_counted_twice()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        server.Advance(TimeSpan.FromSeconds(2));
        for (int i = 0; i < ServerLimits.PresenceLinesPerSecond; i++)
            server.JoinRich("-", person: 100 + i);
        alice.News();
        server.JoinRich("-", person: 0).Send("nick 1 bob", "bye");
        server.Advance(TimeSpan.FromSeconds(2));
        Assert.Contains(alice.News(), static line => line.Contains("1 joined, 1 left", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_full_room_refuses_a_connection_and_accepts_the_next_after_a_leave(Readiness readiness)
    {
        using SteppedServer server = new(readiness, new ServerOptions { Clients = 2 });
        Peer alice = server.Join("alice"),
            bob = server.Join("bob");
        using (Peer third = Peer.Connect(server.EndPoint, server.Pass))
        {
            third.WaitForEnd();
            Assert.Equal(["-- the room is full: 2 are here; try again later [chat/1] [later]"], third.Lines);
        }
        bob.HalfClose();
        bob.WaitForEnd();
        alice.WaitForLine(static line => line == "-- bob left");
        server.Join("carol");
        Assert.Equal(2, server.Server.Connections);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_storm_on_a_full_room_costs_a_pass_no_more_than_accepting_and_one_log_line(Readiness readiness)
    {
        using SteppedServer server = new(readiness, new ServerOptions { Clients = 1 });
        server.Join("alice");
        Peer[] storm =
        [
            .. Enumerable.Range(0, ServerLimits.AcceptsPerPass + 10).Select(_ => Peer.Connect(server.EndPoint)),
        ];

        server.Pass();

        Eventually.Is(() => HaveEnded() == ServerLimits.AcceptsPerPass, "the first refusals");
        server.Settle();
        Eventually.Is(() => HaveEnded() == storm.Length, "all refusals");
        Assert.Single(server.Log.Lines, static line => line.StartsWith("rejected", StringComparison.Ordinal));
        Array.ForEach(storm, static peer => peer.Dispose());

        int HaveEnded()
        {
            Array.ForEach(storm, static peer => peer.Pump());
            return storm.Count(static peer => peer.Ended);
        }
    }

    [SkippableAddress]
    public void One_remote_address_cannot_fill_the_room_and_the_loopback_can()
    {
        using SteppedServer server = new(Readiness.Epoll, new ServerOptions { ClientsPerAddress = 2 }, IPAddress.Any);
        IPEndPoint inside = new(IPAddress.Loopback, server.EndPoint.Port);
        Func<Peer> outside = () => Peer.Connect(inside, server.Pass, from: SkippableAddressAttribute.Own!);
        Peer[] two = [outside(), outside()];
        foreach (Peer peer in two)
            peer.ReceiveLine();
        using (Peer third = outside())
        {
            third.WaitForEnd();
            Assert.Equal(
                ["-- 2 are here from your address already, which is the most this server takes [chat/1] [later]"],
                third.Lines
            );
        }
        for (int i = 0; i < 3; i++)
            Peer.Connect(inside, server.Pass).ReceiveLine();
        server.Close(two[0]);
        using Peer next = outside();
        Assert.Equal("Welcome to this chatroom! [chat/1]", next.ReceiveLine());
        two[1].Dispose();
    }

    [SkippableAddress]
    public void Only_the_allowed_addresses_and_this_computer_may_connect()
    {
        Assert.True(AddressRange.TryParse("203.0.113.0/24", out AddressRange elsewhere));
        AddressRange here = AddressRange.Of(SkippableAddressAttribute.Own!);
        foreach (bool isOpen in (bool[])[false, true])
        {
            ServerOptions options = new() { Allowed = isOpen ? [elsewhere, here] : [elsewhere] };
            using SteppedServer server = new(Readiness.Epoll, options, IPAddress.IPv6Any);
            IPEndPoint loopback = new(IPAddress.Loopback, server.EndPoint.Port),
                own = new(SkippableAddressAttribute.Own!, server.EndPoint.Port);
            using Peer peer = Peer.Connect(loopback, server.Pass, from: own.Address);
            Assert.Equal(
                isOpen ? "Welcome to this chatroom! [chat/1]" : "-- this server is not open to your address [chat/1]",
                peer.ReceiveLine()
            );
            if (!isOpen)
                peer.WaitForEnd();
            foreach (IPEndPoint to in (IPEndPoint[])[loopback, own])
            {
                using Peer inside = Peer.Connect(to, server.Pass);
                Assert.Equal("Welcome to this chatroom! [chat/1]", inside.ReceiveLine());
            }
        }
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_peer_reset_before_its_accept_is_harmless(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        for (int i = 0; i < 20; i++)
            Peer.Connect(server.EndPoint).Reset();
        Peer alice = server.Join("alice");
        server.Settle();
        Assert.Equal(1, server.Server.Connections);
        Assert.DoesNotContain(
            server.Log.Lines,
            static line => line.Contains("cannot accept", StringComparison.Ordinal)
        );
        Assert.Equal("-- guest is now alice", alice.Lines[^1]);
    }
}
