using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>The lines that each member receives, whole and in order.</summary>
public sealed class ConversationTests
{
    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Two_peers_writing_byte_by_byte_never_interleave(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded);
        Peer alice = server.Join("alice"),
            bob = server.Join("bob"),
            carol = server.Join("carol");
        server.Skip(alice, bob, carol);
        const string One = "the first line of mine\nand another\n",
            Two = "something else entirely\nsecond\n";
        for (int i = 0; i < Math.Max(One.Length, Two.Length); i++)
        {
            if (i < One.Length)
                alice.SendText(One[i..(i + 1)]);
            server.Pass();
            if (i < Two.Length)
                bob.SendText(Two[i..(i + 1)]);
            server.Pass();
        }
        Assert.Equal(
            ["<alice> the first line of mine", "<bob> something else entirely", "<bob> second", "<alice> and another"],
            server.News(carol)
        );
        Assert.Equal(["<bob> something else entirely", "<bob> second"], server.News(alice));
        Assert.Equal(["<alice> the first line of mine", "<alice> and another"], server.News(bob));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Two_lines_in_one_segment_are_two_lines(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            bob = server.Join("bob");
        server.Skip(bob);
        alice.SendText("one\r\ntwo\nthree\r\0and ha");
        server.Settle();
        alice.SendText("lf of four\n");
        Assert.Equal(["<alice> one", "<alice> two", "<alice> three", "<alice> and half of four"], server.News(bob));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void All_members_see_the_same_lines_in_the_same_order_except_their_own(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded);
        Peer[] peers = [.. Enumerable.Range(0, 5).Select(i => server.Join($"p{i}"))];
        server.Skip(peers);
        for (int round = 0; round < 40; round++)
        {
            for (int i = 0; i < peers.Length; i++)
                peers[(i + round) % peers.Length].SendText($"round {round}\n");
            if (round % 3 == 0)
                server.Pass();
        }
        string[][] news = [.. peers.Select(server.News)];
        for (int i = 0; i < peers.Length; i++)
        {
            Assert.Equal(4 * 40, news[i].Length);
            Assert.DoesNotContain(news[i], line => line.StartsWith($"<p{i}>", StringComparison.Ordinal));
            for (int j = 0; j < i; j++)
                Assert.Equal(Without(news[i], j), Without(news[j], i));
        }

        static string[] Without(string[] lines, int person) =>
            [.. lines.Where(line => !line.StartsWith($"<p{person}>", StringComparison.Ordinal))];
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_whisper_is_in_the_history_of_its_two_people_and_of_no_other(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            bob = server.Join("bob"),
            carol = server.Join("carol");
        server.Skip(alice, bob, carol);
        alice.SendText("before\n/msg bob psst\nafter\n");
        Assert.Equal(["<alice> before", "<alice -> bob> psst", "<alice> after"], server.News(bob));
        Assert.Equal(["<alice> before", "<alice> after"], server.News(carol));
        Assert.Empty(server.News(alice));

        foreach (Peer peer in new[] { alice, bob, carol })
            peer.SendText("/history 100\n");
        Assert.Contains("<alice -> bob> psst", server.News(alice));
        Assert.Contains("<alice -> bob> psst", server.News(bob));
        string[] hers = server.News(carol);
        Assert.Contains("<alice> before", hers);
        Assert.DoesNotContain(hers, static line => line.Contains("psst", StringComparison.Ordinal));
        Peer late = server.Join("dora");
        Assert.DoesNotContain(server.News(late), static line => line.Contains("psst", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_newcomer_is_greeted_named_and_shown_the_last_twenty_lines(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded);
        Peer alice = server.Join("alice");
        alice.SendText(string.Concat(Enumerable.Range(1, 30).Select(static i => $"line {i}\n")));
        server.Settle();
        Peer bob = server.Join();
        bob.WaitForLine(static line => line == "<alice> line 30");
        server.Settle();
        bob.Pump();
        Assert.Equal(
            [
                "Welcome to this chatroom! [chat/1]",
                "-- you are guest; /nick NAME takes a name, /help says what else there is",
                .. Enumerable.Range(11, 20).Select(static i => $"<alice> line {i}"),
                "-- guest joined",
            ],
            bob.Lines
        );
        Assert.Equal(20, ProtocolLimits.BacklogLines);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_first_line_joins_the_room_without_waiting(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        Peer bob = server.Connect();
        bob.SendText("hello\n");
        Assert.Equal(["-- guest joined", "<guest> hello"], server.News(alice));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_silent_newcomer_joins_a_busy_room(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            quick = server.Connect(),
            silent = server.Connect();
        quick.SendText("I am quick\n");
        for (int i = 0; i < 10; i++)
        {
            alice.SendText($"line {i}\n");
            server.Advance(TimeSpan.FromMilliseconds(200));
        }
        silent.Pump();
        Assert.Contains(silent.Lines, static line => line.StartsWith("-- you are", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void An_answer_never_splits_a_line_even_if_the_socket_accepts_few_bytes(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SteppedServer.RoomyLog });
        Peer alice = server.Join("alice"),
            bob = server.JoinSlow("bob");
        server.Skip(bob);
        bob.StopReading();
        string[] said = SteppedServer.MoreThanSocketsHold;
        for (int i = 0; i < said.Length; i++)
        {
            alice.SendText(said[i] + "\n");
            if (i % 100 == 99)
                bob.SendText("/reply x\n");
        }
        server.Settle();
        bob.ReadAgain();
        bob.WaitForLine(line => line.EndsWith(said[^1], StringComparison.Ordinal));
        string[] news = server.News(bob);
        Assert.Equal(said.Select(static line => $"<alice> {line}"), news.Where(static line => line.StartsWith('<')));
        int[] answers =
        [
            .. Enumerable
                .Range(0, news.Length)
                .Where(i => news[i].StartsWith("-- there is no whisper to answer", StringComparison.Ordinal)),
        ];
        Assert.Equal(said.Length / 100, answers.Length);
        Assert.Equal(said.Length + answers.Length, news.Length);
        // The socket was full in the middle of a line. A fault sent the last answer long before the lines that
        // preceded it.
        Assert.InRange(answers[^1], 1, said.Length - 100);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_clock_set_to_another_year_changes_nothing(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            bob = server.Join("bob");
        server.Skip(alice, bob);
        foreach (int years in new[] { 10, -30, 20 })
        {
            server.Clock.SetWallClock(server.Clock.GetUtcNow().AddYears(years));
            server.Settle();
            alice.SendText($"{years}\n");
            Assert.Equal([$"<alice> {years}"], server.News(bob));
        }
        Assert.Empty(server.News(alice));
        Assert.Equal(3, server.Server.Connections);
    }
}
