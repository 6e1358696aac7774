using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>What a server costs that has been running for a while: no garbage for a line, no wake-up for an idle room.</summary>
public sealed class SteadyStateTests
{
    [Fact]
    public void A_thousand_lines_through_a_hundred_members_allocate_nothing()
    {
        const int Members = 100, Lines = 1000;
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        Peer[] peers = [.. Enumerable.Range(0, Members).Select(i => server.Join($"p{i}"))];
        byte[] line = [.. "a line of ordinary length, as people write them, ünd mit Ümlauten\n"u8];

        // What is made once, a member's list of hops and the like, is made before. A collection that falls into a turn counts what it finds unused of
        // this thread's share of the heap as allocated, once; what is allocated for a line is allocated in every round.
        Talk(Lines);
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = server.AllocatedInPasses;
            Talk(Lines);
            least = Math.Min(least, server.AllocatedInPasses - before);
        }
        Assert.Equal(0, least);

        server.Settle();
        peers[1].Pump();
        Assert.Equal(6 * Lines / Members * (Members - 1), peers[1].Lines.Count(static l => l.Contains("> a line", StringComparison.Ordinal)));

        void Talk(int lines)
        {
            for (int i = 0; i < lines; i++)
            {
                peers[i % Members].SendBytes(line);
                // Now and then several lines are taken in one pass, so that hops lie ahead of cursors.
                if (i % 10 > 3)
                    server.Pass();
                if (i % 100 == 99)
                    Array.ForEach(peers, static peer => peer.Pump());
            }
            server.Settle();
        }
    }

    [Fact]
    public void Whispers_and_lines_begun_in_one_segment_and_ended_in_another_allocate_no_more_than_they_must()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        Peer alice = server.Join("alice"), bob = server.Join("bob");
        byte[] whisper = [.. "/msg bob psst\n"u8];
        byte[] half = [.. new byte[50].Select(static _ => (byte)'x')], end = [.. "end\n"u8];
        Talk(50);

        // A line in two segments is kept in between, and let go with its end; a command's name and its addressee's are looked up as strings.
        const int Rounds = 200, BytesKeptOrLookedUp = 500;
        long before = server.AllocatedInPasses;
        Talk(Rounds);
        Assert.InRange(server.AllocatedInPasses - before, 1, Rounds * BytesKeptOrLookedUp);

        void Talk(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                alice.SendBytes(whisper);
                server.Pass();
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
            Assert.Equal(TimeSpan.FromMilliseconds(Limits.TickMilliseconds), server.LastWait);
            server.Clock.Advance(TimeSpan.FromMilliseconds(Limits.TickMilliseconds));
            server.Pass();
            server.Pass();
        }
    }
}
