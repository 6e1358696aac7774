using Chat.Protocol;
using Chat.Server;
using Chat.Server.History;
using Chat.Tests.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>Messages of several rows: one line of the log, rows without a gap for plain tools, the bounds.</summary>
public sealed class SnippetTests : IDisposable
{
    // The default log; a smaller one takes smaller snippets.
    private static readonly ServerOptions Unbounded = SteppedServer.Unbounded;

    private static readonly string LargestText = string.Join(
        @"\n",
        Enumerable.Repeat(new string('x', ProtocolLimits.SnippetBytes / ProtocolLimits.SnippetLines - 1), 500)
    );

    private readonly HistoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Rows_reach_a_plain_tool_together_while_others_talk(Readiness readiness)
    {
        using SteppedServer server = new(readiness, Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        Peer bob = server.Join("bob"),
            carol = server.Join("carol");
        server.Skip(carol);
        string[] rows = [.. Enumerable.Range(1, 200).Select(static i => $"row {i}")];

        bob.SendText(string.Concat(Enumerable.Range(0, 50).Select(static i => $"talk {i}\n")));
        alice.Peer.SendText($"snippet 1 {string.Join(@"\n", rows)}\n");
        bob.SendText(string.Concat(Enumerable.Range(50, 50).Select(static i => $"talk {i}\n")));
        string[] news = server.News(carol);

        int first = Array.IndexOf(news, "<alice> row 1");
        Assert.Equal(rows.Select(static row => $"<alice> {row}"), news[first..(first + rows.Length)]);
        Assert.Equal(300, news.Length);
    }

    [Fact]
    public void The_largest_snippet_arrives_whole_and_is_acknowledged_once()
    {
        using SteppedServer server = new(Readiness.Epoll, Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1),
            bob = server.JoinRich("bob", person: 2);
        alice.News();
        bob.News();

        alice.Send($"snippet 1 {LargestText}", $"snippet 1 {LargestText}");

        Assert.Equal([$"snippet alice 1.1 {LargestText}"], bob.News());
        Assert.Equal([$"snippet alice 1.1 {LargestText}"], alice.News());
        Assert.Equal(1, server.JoinRich("alice", person: 1, place: alice.Place).Taken);
    }

    [Theory]
    [InlineData(@"\n \t\n", "err 1 the message is empty")]
    [InlineData("", "err 1 the message is empty")]
    public void A_blank_snippet_is_refused(string text, string answer)
    {
        using SteppedServer server = new(Readiness.Epoll, Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.News();

        alice.Send($"snippet 1 {text}", "say 2 on");

        Assert.Equal([answer, "say alice 1.2 on"], alice.News());
    }

    [Fact]
    public void A_snippet_above_a_bound_is_refused_with_the_bound()
    {
        using SteppedServer server = new(Readiness.Epoll, Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.News();

        alice.Send(
            $"snippet 1 {string.Join(@"\n", Enumerable.Repeat("x", ProtocolLimits.SnippetLines + 1))}",
            $"snippet 2 {new string('x', ProtocolLimits.SnippetBytes + 1)}",
            "say 3 on"
        );

        Assert.Equal(
            [
                "err 1 a message has at most 500 lines, and this one has 501",
                "err 2 a message has at most 65536 bytes, and this one has 65537",
                "say alice 1.3 on",
            ],
            alice.News()
        );
    }

    [Fact]
    public void A_small_log_refuses_a_snippet_that_would_overrun_its_readers()
    {
        using SteppedServer server = new(Readiness.Epoll, Unbounded with { LogBytes = ServerLimits.SmallestLogBytes });
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.News();

        alice.Send($"snippet 1 {new string('x', 8193)}", @"snippet 2 a\nb");

        Assert.Equal(
            [
                "err 1 the log of this server is too small for it; it takes 8192 bytes at once",
                @"snippet alice 1.2 a\nb",
            ],
            alice.News()
        );
    }

    [Fact]
    public void A_rich_line_that_never_ends_closes_its_connection()
    {
        using SteppedServer server = new(Readiness.Epoll, Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);

        alice.Peer.SendText(new string('x', ProtocolLimits.SnippetLineBytes + 1));
        alice.Peer.WaitForEnd();

        Assert.Equal("err 0 a line is at most 131328 bytes, and yours does not end; goodbye", alice.News()[^1]);
    }

    [Fact]
    public void Unfinished_long_lines_are_bounded_in_number_and_time()
    {
        using SteppedServer server = new(Readiness.Epoll, Unbounded with { ClientsPerAddress = 1000 });
        string begun = $"snippet 1 {new string('x', 5000)}";
        RichPeer[] peers =
        [
            .. Enumerable.Range(1, ServerLimits.LongLines + 1).Select(i => server.JoinRich($"p{i}", i)),
        ];
        foreach (RichPeer peer in peers)
        {
            peer.Peer.SendText(begun);
            server.Settle();
        }
        peers[^1].Peer.WaitForEnd();
        Assert.Equal("err 0 too many long messages arrive at once; send it again later", peers[^1].News()[^1]);

        peers[0].Send(@"\nend");
        Assert.Contains($@"snippet p1 1.1 {begun["snippet 1 ".Length..]}\nend", peers[0].News());
        server.Clock.Advance(TimeSpan.FromSeconds(10));
        foreach (RichPeer peer in peers[1..^1])
            peer.Peer.SendText("x");
        server.Settle();
        server.Advance(TimeSpan.FromSeconds(10));
        foreach (RichPeer peer in peers[1..^1])
            peer.Peer.SendText("x");
        server.Settle();
        server.Advance(TimeSpan.FromSeconds(11));
        foreach (RichPeer peer in peers[1..^1])
            Assert.Contains("err 0 your line does not end; goodbye", peer.News());
    }

    [Fact]
    public void A_snippet_counts_as_its_bytes_and_not_as_its_lines()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer bob = server.Join("bob");
        RichPeer alice = server.JoinRich("alice", person: 1);
        server.Skip(bob);
        string rows = string.Join(@"\n", Enumerable.Range(1, 200));

        alice.Send($"snippet 1 {rows}", "say 2 at once");
        Assert.Equal(201, server.News(bob).Length);

        // 64 KiB are 8 s at 8 KiB a second, of which 2 s are free after a pause.
        server.Advance(TimeSpan.FromSeconds(5));
        alice.Send($"snippet 3 {LargestText}", "say 4 later");
        Assert.Equal(ProtocolLimits.SnippetLines, server.News(bob).Length);
        server.Advance(TimeSpan.FromSeconds(5.5));
        Assert.Empty(server.News(bob));
        server.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["<alice> later"], server.News(bob));
    }

    [Fact]
    public void Controls_in_a_snippet_are_cleaned_and_its_escapes_stay()
    {
        using SteppedServer server = new(Readiness.Epoll, Unbounded);
        Peer bob = server.Join("bob");
        RichPeer alice = server.JoinRich("alice", person: 1);
        server.Skip(bob);
        alice.News();

        alice.Send("snippet 1 a\e[2J\\n<bob> \\tb\u202E\\\\n");

        Assert.Equal([@"snippet alice 1.1 a^[[2J\n<bob> \tb\\n"], alice.News());
        Assert.Equal(["<alice> a^[[2J", "<alice> <bob> \tb\\n"], server.News(bob));
    }

    [Fact]
    public void A_restarted_server_repeats_a_snippet_in_both_dialects()
    {
        const int LogBytes = ServerLimits.LogBytes;
        using (SteppedServer server = _folder.Start(logBytes: LogBytes))
            server.JoinRich("alice", person: 1).Send($"snippet 7 {LargestText}", @"snippet 8 a\n\n\tb");

        using SteppedServer again = _folder.Start(logBytes: LogBytes);
        Peer bob = again.Join();

        Assert.Equal(8, again.JoinRich("alice", person: 1).Taken);
        Assert.Equal(
            [$"snippet alice 1.7 {LargestText}", @"snippet alice 1.8 a\n\n\tb"],
            again
                .JoinRich("carol", person: 3, place: "- 100")
                .News()
                .Where(static line => line.StartsWith("snippet", StringComparison.Ordinal))
        );
        Assert.Equal(
            ["<alice> a", "<alice> ", "<alice> \tb"],
            bob.Lines.Where(static line => line.StartsWith('<')).TakeLast(3)
        );
        Assert.DoesNotContain(again.Log.Lines, static line => line.Contains("damaged", StringComparison.Ordinal));
    }

    [Fact]
    public void A_snippet_larger_than_the_log_of_the_next_start_leaves_the_rest_readable()
    {
        using (SteppedServer server = _folder.Start(logBytes: ServerLimits.LogBytes))
            server.JoinRich("alice", person: 1).Send($"snippet 1 {LargestText}", "say 2 after it");

        using SteppedServer again = _folder.Start(logBytes: ServerLimits.SmallestLogBytes);
        RichPeer bob = again.JoinRich("bob", person: 2);

        Assert.Contains("say alice 1.2 after it", bob.News());
    }

    [Fact]
    public void A_snippet_in_a_file_that_breaks_a_bound_is_left_out()
    {
        string rows = string.Join(@"\n", Enumerable.Repeat("x", ProtocolLimits.SnippetLines + 1));
        string first = $"0 0 snippet bob 0 {rows}\n";
        File.WriteAllText(
            _folder.File,
            $"chat-history 1 0123456789abcdef 1767323045000 0\n\n{first}{first.Length} 0 say bob 0 hi\n"
        );

        using RoomHistory history = _folder.Open();

        Assert.Equal("0 0 say bob 0 hi\n"u8, history.State.Log.Read(0, history.State.Log.Tail));
    }
}
