using System.Net.Sockets;
using System.Text;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Sessions;

/// <summary>Slow readers, bursts and floods: no member pays for another's pace, and no reader loses a line.</summary>
public sealed class PaceTests
{
    private const int SmallLog = 64 * 1024;

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_stalled_reader_delays_no_other_and_is_closed_with_a_reason(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SteppedServer.RoomyLog });
        Peer alice = server.Join("alice"),
            bob = server.Join("bob"),
            stalled = server.JoinSlow("stalled");
        server.Skip(alice, bob);
        stalled.StopReading();
        foreach (string line in SteppedServer.MoreThanSocketsHold)
        {
            alice.SendText(line + "\n");
            bob.WaitForLine(heard => heard.EndsWith(line, StringComparison.Ordinal));
        }
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.StalledMilliseconds - 500));
        Assert.Equal(SteppedServer.MoreThanSocketsHold.Length, server.News(bob).Length);
        // Bytes that the system accepts at the last moment count as taken.
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.StalledMilliseconds + 2 * ServerLimits.TickMilliseconds));
        Assert.Equal(["-- stalled left (took nothing for 30 s)"], server.News(bob));
        Assert.Single(
            server.Log.Lines,
            static line => line.StartsWith("stalled left from 127.0.0.1", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(server.News(alice), static line => line.StartsWith('<'));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_slow_reader_that_makes_progress_is_not_closed(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SteppedServer.RoomyLog });
        Peer alice = server.Join("alice");
        using Socket slow = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 32 * 1024,
            ReceiveTimeout = 20_000,
        };
        slow.Connect(server.EndPoint);
        server.Settle();
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds));
        server.Say(alice, SteppedServer.MoreThanSocketsHold);
        byte[] little = new byte[100_000];
        for (int i = 0; i < 4; i++)
        {
            server.Advance(
                TimeSpan.FromMilliseconds(ServerLimits.StalledMilliseconds - 2 * ServerLimits.TickMilliseconds)
            );
            // Far less than a third of the buffers; from there on the system reports the socket as writable.
            for (int read = 0; read < little.Length; )
                read += slow.Receive(little.AsSpan(read));
        }
        Assert.DoesNotContain(server.Log.Lines, static line => line.Contains("left", StringComparison.Ordinal));
        server.Advance(TimeSpan.FromMilliseconds(4 * ServerLimits.StalledMilliseconds));
        Assert.Single(
            server.Log.Lines,
            static line => line.Contains("took nothing for 30 s", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_reader_overrun_by_the_log_is_closed_without_effect_on_others(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SmallLog });
        Peer alice = server.Join("alice"),
            bob = server.Join("bob"),
            slow = server.JoinSlow("slow");
        server.Skip(alice, bob);
        slow.StopReading();
        foreach (string line in SteppedServer.MoreThanSocketsHold)
        {
            alice.SendText(line + "\n");
            bob.WaitForLine(heard => heard.EndsWith(line, StringComparison.Ordinal));
        }
        slow.ReadAgain();
        slow.WaitForEnd();
        string[] news = server.News(bob);
        Assert.Single(news, static line => line == "-- slow left (fell too far behind)");
        Assert.Equal(SteppedServer.MoreThanSocketsHold.Length + 1, news.Length);
        Assert.Equal(["-- slow left (fell too far behind)"], server.News(alice));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_lively_room_full_of_whispers_overruns_no_active_reader(Readiness readiness)
    {
        // Own lines and foreign whispers cut a member's output into many short ranges, pass after pass.
        const int Members = 24,
            Rounds = 100;
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SmallLog });
        Peer[] peers = [.. Enumerable.Range(0, Members).Select(i => server.Join($"p{i}"))];
        server.KeepReading(peers);
        string text = new('x', 600);
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < Members; i++)
                peers[i].SendText((i % 2 == 0 ? "" : $"/msg p{i - 1} ") + text + "\n");
            server.Pass();
        }
        server.Settle();
        Assert.DoesNotContain(server.Log.Lines, static line => line.Contains("left", StringComparison.Ordinal));
        for (int i = 0; i < Members; i++)
        {
            // An even member receives eleven lines and one whisper; an odd one twelve lines.
            Assert.Equal(
                Rounds * Members / 2,
                peers[i].Lines.Count(line => line.EndsWith(text, StringComparison.Ordinal))
            );
        }
    }

    public static TheoryData<Readiness, string> Bursts =>
        new()
        {
            { Readiness.Epoll, "" },
            { Readiness.Select, "" },
            { Readiness.Epoll, "/msg p0 " },
            { Readiness.Select, "/msg p0 " },
        };

    [Theory]
    [MemberData(nameof(Bursts))]
    public void A_burst_of_all_members_overruns_no_active_reader(Readiness readiness, string command)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SmallLog });
        Assert.Equal(0, Burst(server, command, rounds: 3));
    }

    [Fact]
    public void Without_the_budget_of_a_pass_the_same_burst_would_overtake_them()
    {
        using SteppedServer server = new(
            Readiness.Epoll,
            SteppedServer.Unbounded with
            {
                LogBytes = SmallLog,
                PassBytes = int.MaxValue,
            }
        );
        Assert.NotEqual(0, Burst(server, "", rounds: 1));
    }

    // Forty members send 4 KiB each before every turn. Returns the number of lines that did not arrive.
    private static int Burst(SteppedServer server, string command, int rounds)
    {
        const int Members = 40,
            LinesEach = 40,
            LineBytes = 100;
        Peer[] peers = [.. Enumerable.Range(0, Members).Select(i => server.Join($"p{i}"))];
        server.KeepReading(peers);
        for (int round = 0; round < rounds; round++)
        {
            foreach (Peer peer in peers.Where(static peer => !peer.Ended))
                peer.SendText(
                    string.Concat(
                        Enumerable
                            .Range(0, LinesEach)
                            .Select(i => $"{command}{round} {i} ".PadRight(LineBytes, 'x') + "\n")
                    )
                );
            // Every reader is behind now. The server gets one more pass between two bursts.
            server.Pass();
        }
        server.Settle();
        int expected =
            command.Length == 0 ? Members * (Members - 1) * LinesEach * rounds : (Members - 1) * LinesEach * rounds;
        return expected
            - peers.Sum(static peer =>
                peer.Lines.Count(static line => line.StartsWith('<') && line.EndsWith("xxx", StringComparison.Ordinal))
            );
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_hundred_lines_at_once_pass_as_twenty_and_then_five_a_second(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            flooder = server.Join();
        server.Skip(alice);
        server.Advance(TimeSpan.FromSeconds(10));
        flooder.SendText(Lines(100));
        server.Settle();
        Assert.Equal(20, Heard(alice));
        server.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(25, Heard(alice));
        server.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(75, Heard(alice));
        server.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(Said(100), server.News(alice));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_flooder_wakes_the_server_when_its_next_line_is_due_and_not_before(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer flooder = server.Join();
        server.Advance(TimeSpan.FromSeconds(10));
        flooder.SendText(Lines(40));
        server.Settle();
        Assert.Equal(TimeSpan.FromMilliseconds(200), server.LastWait);
        server.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(TimeSpan.FromMilliseconds(100), server.LastWait);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Words_left_over_from_a_full_pass_are_taken_in_the_next_without_waiting(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SmallLog });
        Peer alice = server.Join("alice");
        // A real machine's clock is never zero either.
        server.Advance(TimeSpan.FromSeconds(1));
        // With the line prefixes this exceeds the budget of a pass.
        alice.SendText(string.Concat(Enumerable.Repeat("x\n", ServerLimits.ReceiveBytes / 2)));
        server.Pass();
        server.Pass();
        Assert.Equal(TimeSpan.Zero, server.LastWait);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Waiting_input_has_its_turn_however_many_others_keep_sending(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SmallLog });
        Peer alice = server.Join("alice");
        Peer[] flooders = [.. Enumerable.Range(0, 3).Select(i => server.Join($"f{i}"))];
        server.KeepReading([alice, .. flooders]);
        // One receive, and input for many passes.
        string flood = string.Concat(Enumerable.Repeat("x\n", ServerLimits.ReceiveBytes / 2 - 4));
        alice.SendText(flood + "at last\n");
        server.Pass();
        foreach (Peer flooder in flooders)
            flooder.SendText(string.Concat(Enumerable.Repeat(flood, 8)));

        for (int pass = 0; pass < 100; pass++)
            server.Pass();

        Assert.Contains("<alice> at last", flooders[0].Lines);
        int[] heard = [.. flooders.Select((_, i) => alice.Lines.Count(line => line == $"<f{i}> x"))];
        Assert.InRange(heard.Max(), 1, 2 * heard.Min());
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_full_history_request_survives_lines_of_the_same_pass(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SmallLog });
        Peer alice = server.Join("alice"),
            bob = server.Join("bob"),
            carol = server.Join("carol");
        server.KeepReading(alice, bob, carol);
        server.Say(
            alice,
            [.. Enumerable.Range(0, 2 * SmallLog / 100).Select(static i => $"{i} {new string('x', 100)}")]
        );
        // The read order rotates from pass to pass. In some passes a member speaks after bob's request.
        for (int round = 0; round < 8; round++)
        {
            string flood = string.Concat(Enumerable.Repeat($"{round}\n", ServerLimits.ReceiveBytes / 2));
            alice.SendText(flood);
            bob.SendText("/history 99999\n");
            carol.SendText(flood);
            server.Pass();
            server.Settle();
        }
        Assert.DoesNotContain(server.Log.Lines, static line => line.Contains("left", StringComparison.Ordinal));
        Assert.Equal(8, bob.Lines.Count(static line => line.EndsWith(" lines again:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Bytes_cut_from_an_overlong_line_count_against_the_rate(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            flooder = server.Join();
        server.Skip(alice);
        server.Advance(TimeSpan.FromSeconds(10));
        const int Bytes = 40 * 1024;
        flooder.SendText(new string('x', Bytes) + "\nafter\n");
        server.Settle();
        Assert.Equal(1, Heard(alice));
        server.Advance(
            TimeSpan.FromMilliseconds(
                (Bytes * 1000L / ServerLimits.BytesPerSecond) - ServerLimits.BurstMilliseconds - 100
            )
        );
        Assert.Equal(1, Heard(alice));
        server.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(2, Heard(alice));
    }

    public static TheoryData<Readiness, string> Ends =>
        new()
        {
            { Readiness.Epoll, "half-closed" },
            { Readiness.Select, "half-closed" },
            { Readiness.Epoll, "closed" },
            { Readiness.Select, "closed" },
            { Readiness.Epoll, "closed with words unread" },
            { Readiness.Select, "closed with words unread" },
        };

    [Theory]
    [MemberData(nameof(Ends))]
    public void Lines_sent_before_a_flooder_left_are_all_delivered_at_the_rate(Readiness readiness, string end)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            flooder = server.Join();
        server.Skip(alice);
        server.Advance(TimeSpan.FromSeconds(10));
        // More than one receive, so that some of it stays in the socket while the first lines wait.
        string[] texts = [.. Enumerable.Range(0, 100).Select(static i => $"{i} {new string('x', 300)}")];
        flooder.SendText(string.Concat(texts.Select(static t => t + "\n")));
        switch (end)
        {
            case "half-closed":
                flooder.HalfClose();
                break;
            case "closed":
                flooder.Pump();
                flooder.Dispose();
                break;
            default:
                alice.SendText("are you there?\n");
                server.Settle();
                flooder.Dispose();
                break;
        }
        server.Settle();
        Assert.Equal(20, Heard(alice));
        server.Advance(TimeSpan.FromSeconds(17));
        Assert.Equal(
            [.. texts.Select(static t => $"<guest> {t}"), "-- guest left"],
            server.News(alice).Select(static l => l.Replace(" (connection reset)", "", StringComparison.Ordinal))
        );
        server.Advance(TimeSpan.FromSeconds(3));
        // Alice and the witness.
        Assert.Equal(2, server.Server.Connections);
    }

    private static string Lines(int count)
    {
        StringBuilder lines = new();
        for (int i = 0; i < count; i++)
            lines.Append($"line {i}\n");
        return lines.ToString();
    }

    private static IEnumerable<string> Said(int count) =>
        Enumerable.Range(0, count).Select(static i => $"<guest> line {i}");

    // The flooder's lines that this peer has. The witness is not asked, since its line would have to wait.
    private static int Heard(Peer peer)
    {
        peer.Pump();
        return peer.Lines.Count(static line => line.StartsWith("<guest>", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Pending_input_of_a_closed_connection_is_processed_for_a_bounded_time(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            gone = server.Join("gone");
        server.Skip(alice);
        int before = server.Server.Connections;
        gone.SendText(string.Concat(Enumerable.Repeat("x\n", 500)));
        server.Settle();
        gone.Reset();

        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.DrainAfterHangupMilliseconds / 2));
        Assert.Equal(before, server.Server.Connections);
        server.Advance(
            TimeSpan.FromMilliseconds((ServerLimits.DrainAfterHangupMilliseconds / 2) + ServerLimits.TickMilliseconds)
        );

        Assert.Equal(before - 1, server.Server.Connections);
        string[] news = server.News(alice);
        Assert.InRange(
            news.Length,
            ServerLimits.BurstLines
                + (ServerLimits.LinesPerSecond * (ServerLimits.DrainAfterHangupMilliseconds / 1000 - 1)),
            499
        );
        Assert.StartsWith("-- gone left (connection reset", news[^1], StringComparison.Ordinal);
    }
}
