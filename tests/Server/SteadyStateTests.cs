using System.Net.Sockets;
using System.Text;
using Chat.Server;
using Chat.Tests.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>
/// The running cost of a server: no garbage for a line, no wake-up for an idle room. It runs alone: a collection for
/// the garbage of another test counts as allocated here.
/// </summary>
[CollectionDefinition(nameof(SteadyStateTests), DisableParallelization = true)]
[Collection(nameof(SteadyStateTests))]
public sealed class SteadyStateTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Ten_thousand_lines_through_a_hundred_members_allocate_nothing(bool rich, bool kept)
    {
        const int Members = 100,
            Lines = 2000,
            Rounds = 5;
        using HistoryFolder folder = new();
        using SteppedServer server = kept
            ? folder.Start(logBytes: ServerLimits.LogBytes)
            : new(Readiness.Epoll, SteppedServer.Unbounded);
        Socket[] members = [.. Enumerable.Range(0, Members).Select(_ => Connect(server))];
        const string Line = "a line of ordinary length, as people write them, ünd mit Ümlauten\n";
        byte[] received = new byte[64 * 1024];
        // Allocated before the rounds: garbage of the test would start collections inside them.
        byte[][] words =
        [
            .. Enumerable
                .Range(1, rich ? (1 + Rounds) * Lines : 1)
                .Select(i => Encoding.UTF8.GetBytes(rich ? $"say {i} {Line}" : Line)),
        ];
        server.Settle();
        for (int person = 1; rich && person <= Members; person++)
            members[person - 1]
                .Send(Encoding.UTF8.GetBytes(RichPeer.HelloLine($"p{person}", person, seat: 1, "- 0") + "\n"));
        server.Settle();
        server.Advance(TimeSpan.FromSeconds(2));
        Array.ForEach(members, member => Receive(member));

        // Objects that are made once, such as a member's list of hops, are made before. A collection inside a
        // round counts the unused rest of this thread's heap share as allocated, once. An allocation for each
        // line appears in every round.
        int heard = 0,
            said = 0;
        Talk();
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = server.AllocatedInPasses;
            Talk();
            least = Math.Min(least, server.AllocatedInPasses - before);
        }
        Assert.Equal(0, least);
        // A rich client also reads its own lines.
        Assert.Equal((1 + Rounds) * Lines * (rich ? Members : Members - 1), heard);
        Array.ForEach(members, static member => member.Dispose());

        void Talk()
        {
            for (int i = 0; i < Lines; i++)
            {
                members[i % Members].Send(words[said++ % words.Length]);
                // Some passes take several lines, so that hops lie ahead of cursors.
                if (i % 10 > 3)
                    server.Pass();
                if (i % 100 == 99)
                    Array.ForEach(members, member => heard += Receive(member));
            }
            server.Settle();
            Array.ForEach(members, member => heard += Receive(member));
        }

        int Receive(Socket member)
        {
            int lines = 0;
            while (member.Available > 0)
                lines += received.AsSpan(0, member.Receive(received)).Count((byte)'\n');
            return lines;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whispers_allocate_nothing_either(bool rich)
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer? carol = rich ? server.JoinRich("carol", person: 7) : null;
        Peer alice = server.Join("alice"),
            bob = server.Join("bob");
        byte[][] whispers =
        [
            .. Enumerable
                .Range(1, 6000)
                .Select(i => Encoding.UTF8.GetBytes(rich ? $"tell {i} bob psst\n" : "/msg bob psst\n")),
        ];
        int said = 0;
        Talk(1000);

        Assert.Equal(0, LeastAllocated(server, () => Talk(1000)));

        void Talk(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                (carol?.Peer ?? alice).SendBytes(whispers[said++]);
                server.Pass();
                alice.Pump();
                bob.Pump();
                carol?.Peer.Pump();
            }
        }
    }

    [Fact]
    public void Signs_of_life_allocate_nothing_either()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer carol = server.JoinRich("carol", person: 7);
        byte[] ping = [.. "ping 0\n"u8];
        Ping(1000);

        Assert.Equal(0, LeastAllocated(server, () => Ping(1000)));
        Assert.Equal(6000, carol.Peer.Lines.Count(static line => line == "pong 0"));

        void Ping(int times)
        {
            for (int i = 0; i < times; i++)
            {
                carol.Peer.SendBytes(ping);
                server.Pass();
                carol.Peer.Pump();
            }
        }
    }

    [Fact]
    public void A_browser_allocates_nothing_either()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded, hasPage: true);
        RichPeer bob = server.JoinRich("bob", person: 2);
        RichPeer alice = RichPeer.Hello(server, server.ConnectWeb(out _), "alice", 1, 1, "- 0");
        byte[][] lines = [.. Enumerable.Range(1, 6000).Select(static i => Encoding.UTF8.GetBytes($"say {i} hello\n"))];
        byte[][] frames = [.. lines.Select(static line => WebSocketFrames.Frame(0x80 | WebSocketFrames.Text, line))];
        byte[] pong = WebSocketFrames.Frame(0x80 | WebSocketFrames.Pong, "p");
        int said = 0;
        Talk();

        Assert.Equal(0, LeastAllocated(server, Talk));
        Assert.Equal(
            2 * 6000,
            alice.Peer.Lines.Count(static line => line.EndsWith(" hello", StringComparison.Ordinal))
        );

        void Talk()
        {
            for (int i = 0; i < 1000; i++)
            {
                alice.Peer.SendBytes(frames[said]);
                bob.Peer.SendBytes(lines[said++]);
                alice.Peer.SendBytes(pong);
                server.Pass();
                alice.Peer.Pump();
                bob.Peer.Pump();
            }
            server.Settle();
            alice.Peer.Pump();
            bob.Peer.Pump();
        }
    }

    [Fact]
    public void Words_that_wait_allocate_nothing_for_each_line_of_them_that_is_taken()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice"),
            flooder = server.Join("flooder");
        server.Advance(TimeSpan.FromSeconds(10));
        flooder.SendText(string.Concat(Enumerable.Repeat("over and over\n", 1000)));
        server.Settle();

        Assert.Equal(0, LeastAllocated(server, () => server.Advance(TimeSpan.FromSeconds(10))));
        alice.Pump();
        Assert.Equal(
            ServerLimits.BurstLines + (5 * 10 * ServerLimits.LinesPerSecond),
            alice.Lines.Count(static line => line == "<flooder> over and over")
        );
    }

    [Fact]
    public void A_line_over_two_segments_is_buffered_only_between_them()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        Peer alice = server.Join("alice"),
            bob = server.Join("bob");
        byte[] half = [.. new byte[50].Select(static _ => (byte)'x')],
            end = [.. "end\n"u8];
        Talk(50);

        const int Rounds = 40,
            BytesKept = 250;
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = server.AllocatedInPasses;
            Talk(Rounds);
            least = Math.Min(least, server.AllocatedInPasses - before);
        }
        Assert.InRange(least, 1, Rounds * BytesKept);

        void Talk(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                bob.SendBytes(half);
                server.Pass();
                bob.SendBytes(end);
                server.Pass();
                alice.Pump();
                bob.Pump();
            }
        }
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void An_idle_room_sleeps_until_the_next_tick(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        for (int i = 0; i < 100; i++)
            server.Join();
        server.Clock.Advance(TimeSpan.FromSeconds(2));
        server.Settle();
        for (int second = 0; second < 10; second++)
        {
            server.Pass();
            Assert.Equal(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds), server.LastWait);
            server.Clock.Advance(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
            server.Pass();
            server.Pass();
        }
    }

    // The least of five rounds: a collection counts unused heap as allocated.
    private static long LeastAllocated(SteppedServer server, Action round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = server.AllocatedInPasses;
            round();
            least = Math.Min(least, server.AllocatedInPasses - before);
        }
        return least;
    }

    private static Socket Connect(SteppedServer server)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(server.EndPoint);
        return socket;
    }
}
