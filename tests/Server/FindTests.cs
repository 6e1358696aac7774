using System.Globalization;
using System.Text.RegularExpressions;
using Chat.Protocol;
using Chat.Server;
using Chat.Tests.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>The search of the room's history: results, pages, whispers, and files that change meanwhile.</summary>
public sealed partial class FindTests : IDisposable
{
    private const int SmallSlice = 512;

    private readonly HistoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lines_of_the_ring_are_found_newest_first_by_text_and_by_name()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1),
            bob = server.JoinRich("bob", person: 2);
        alice.Send("say 1 the red door", "me 2 opens the door", "say 3 nothing");
        bob.Send("say 1 which DOOR?");
        alice.News();

        Assert.Equal(
            ["say bob 2.1 which DOOR?", "me alice 1.2 opens the door", "say alice 1.1 the red door"],
            Found(server, alice, "door", out string end)
        );
        Assert.Equal("find 7 -", end);
        Assert.Equal(["say bob 2.1 which DOOR?"], Found(server, alice, "BOB", out _));
        Assert.Empty(Found(server, alice, "joined", out _));
    }

    [Theory]
    [InlineData("ärger", "ÄRGER im Büro")]
    [InlineData("büro", "ÄRGER im Büro")]
    [InlineData("ΣΟΦΟΣ", "ο σοφοσ")]
    [InlineData("日本", "今日本を読む")]
    [InlineData("🚲", "by 🚲 then")]
    [InlineData("Ü 2", "über ü 2")]
    [InlineData(@"C:\new", @"c:\NEW\table")]
    [InlineData(@"\", @"a\b")]
    [InlineData("0", "10 of them")]
    public void Case_does_not_matter_in_any_script(string sought, string said)
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send($"say 1 {said}", "say 2 another line", $@"snippet 3 row\n\t{Escaped(said)}\nrow");
        alice.News();

        Assert.Equal(
            [$@"snippet alice 1.3 row\n\t{Escaped(said)}\nrow", $"say alice 1.1 {said}"],
            Found(server, alice, sought, out _)
        );
    }

    [Theory]
    [InlineData("nrow")]
    [InlineData("n row")]
    [InlineData(@"\n")]
    [InlineData("1.1")]
    [InlineData("snippet")]
    public void The_form_of_a_line_is_no_part_of_its_text(string sought)
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send(@"snippet 1 if\nrow\n\nrow");
        alice.News();
        Assert.Empty(Found(server, alice, sought, out _));
    }

    [Fact]
    public void A_whisper_is_found_only_by_its_two_people()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1),
            bob = server.JoinRich("bob", person: 2),
            carol = server.JoinRich("carol", person: 3);
        Peer dave = server.Join("dave");
        alice.Send("tell 1 bob the secret");
        dave.SendText("/msg carol another secret\n");
        server.Settle();

        Assert.Equal(["tell alice 1.1 bob the secret"], Found(server, alice, "secret", out _));
        Assert.Equal(["tell alice 1.1 bob the secret"], Found(server, bob, "secret", out _));
        Assert.Equal(["tell dave 0 carol another secret"], Found(server, carol, "secret", out _));
        Assert.Equal(["tell alice 1.1 bob the secret"], Found(server, alice, "bob", out _));
    }

    [Fact]
    public void Numbers_of_people_in_whispers_hold_after_a_restart()
    {
        using (SteppedServer before = _folder.Start())
        {
            RichPeer alice = before.JoinRich("alice", person: 1);
            before.JoinRich("bob", person: 2);
            before.JoinRich("carol", person: 3).Send("say 1 hello");
            alice.Send("tell 1 bob the secret");
        }
        using SteppedServer server = _folder.Start();
        Assert.Single(Found(server, server.JoinRich("bob", person: 2), "secret", out _));
        Assert.Empty(Found(server, server.JoinRich("carol", person: 3), "secret", out _));
        Assert.Empty(Found(server, server.JoinRich("dave", person: 4), "secret", out _));
    }

    [Fact]
    public void Pages_continue_where_the_last_one_ended()
    {
        using SteppedServer server = _folder.Start(searchSliceBytes: SmallSlice);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send([.. Enumerable.Range(1, 45).Select(static i => $"say {i} line {i}")]);
        alice.News();

        string[] first = Found(server, alice, "line", out string end),
            second = Found(server, alice, "line", out string next, Next(end)),
            third = Found(server, alice, "line", out string last, Next(next));
        Assert.Equal((20, 20, 5), (first.Length, second.Length, third.Length));
        Assert.Equal(
            Enumerable.Range(1, 45).Reverse().Select(static i => $"say alice 1.{i} line {i}"),
            [.. first, .. second, .. third]
        );
        Assert.Equal("find 7 -", last);
    }

    [Fact]
    public void A_page_of_the_longest_lines_is_not_longer_than_an_answer()
    {
        using SteppedServer server = new(
            Readiness.Epoll,
            SteppedServer.Unbounded with
            {
                LogBytes = SteppedServer.RoomyLog,
            }
        );
        RichPeer alice = server.JoinRich("alice", person: 1);
        string filler = new('x', 4000);
        alice.Send([.. Enumerable.Range(1, 9).Select(i => $"say {i} {filler}")]);
        alice.News();

        List<string> all = [];
        string end = "find 7 0";
        for (int pages = 1; end != "find 7 -"; pages++)
        {
            string[] page = Found(server, alice, "xx", out end, Next(end));
            Assert.InRange(page.Sum(static line => line.Length + 40), 0, ServerLimits.AnswerBytes);
            Assert.InRange(pages, 1, 4);
            all.AddRange(page);
        }
        Assert.Equal(Enumerable.Range(1, 9).Reverse().Select(i => $"say alice 1.{i} {filler}"), all);
    }

    /// <summary>Lines, whispers and snippets meet the ends of slices at every place.</summary>
    [Fact]
    public void The_size_of_a_slice_changes_no_result()
    {
        string[]? expected = null;
        for (int slice = 300; slice < 420; slice += 7)
        {
            using HistoryFolder folder = new();
            using SteppedServer server = folder.Start(searchSliceBytes: slice);
            RichPeer alice = server.JoinRich("alice", person: 1),
                bob = server.JoinRich("bob", person: 2);
            server.JoinRich("carol", person: 3).Send("say 1 key", "tell 2 bob no key for alice");
            for (int i = 1; i <= 12; i++)
            {
                string tail = new('x', i * 11);
                bob.Send($"say {2 * i} no {tail}", $"tell {2 * i + 1} alice key {tail}");
                alice.Send($@"snippet {i} a\nkey {tail}");
            }
            alice.News();

            List<string> all = [];
            string end = "find 7 0";
            while (end != "find 7 -")
                all.AddRange(Found(server, alice, "KEY", out end, Next(end)));
            Assert.Equal(25, all.Count);
            Assert.Equal(expected ??= [.. all], all);
        }
    }

    [Fact]
    public void The_file_is_searched_behind_the_ring_in_slices()
    {
        using SteppedServer server = _folder.Start(searchSliceBytes: SmallSlice);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("say 1 the needle");
        Fill(server, alice, from: 2, lines: 400, new string('x', 400));
        Assert.True(alice.Offset > 2 * ServerLimits.SmallestLogBytes);

        Assert.Equal(["say alice 1.1 the needle"], Found(server, alice, "needle", out string end));
        Assert.Equal("find 7 -", end);
    }

    [Fact]
    public void Lines_that_are_not_in_the_file_yet_are_found()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Peer.SendText("say 1 the needle\nfind 7 0 needle\n");
        server.Settle();
        Assert.Contains(alice.News(), static line => line.StartsWith("found 7 ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_whisper_at_the_beginning_of_the_ring_is_found_by_its_people()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        server.JoinRich("bob", person: 2);
        alice.Send("say 1 hello", "tell 2 bob the needle");
        alice.News();
        string[] words = alice.Peer.Lines[^1].Split(' ');
        // The ring then begins inside the line that names the two people of the whisper.
        long tail = long.Parse(words[0], CultureInfo.InvariantCulture) + ServerLimits.SmallestLogBytes - 5;
        int id = 2;
        for (; tail - alice.Offset > 1000; alice.News())
            alice.Send($"say {++id} {new string('x', 400)}");
        words = alice.Peer.Lines[^1].Split(' ');
        string head = $"{alice.Offset} {words[1]} say alice 1.{++id} ";
        string last = new('x', (int)(tail - alice.Offset) - head.Length - 1);
        alice.Peer.SendText($"say {id} {last}\nfind 7 0 needle\n");
        server.Advance(TimeSpan.FromMilliseconds(10));

        Assert.InRange(server.JoinRich("cy", person: 3, place: "- 0").From, tail - 10, tail + 2);
        server.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Contains(alice.News(), static line => line.StartsWith("found 7 ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_row_of_a_long_snippet_that_holds_the_text_is_sent()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        string rows = string.Concat(Enumerable.Range(1, 400).Select(static i => $@"row {i}\twith some words\n"));
        string row = new string('ü', 3000) + "needle" + string.Concat(Enumerable.Repeat("🚲", 3000));
        alice.Send($"snippet 1 {rows}end", $"snippet 2 {row}");
        alice.News();

        Assert.Equal([@"snippet alice 1.1 row 377\twith some words"], Found(server, alice, "ROW 377", out _));
        Assert.Equal(
            [$"snippet alice 1.2 {new string('ü', 128)}needle{string.Concat(Enumerable.Repeat("🚲", 189))}"],
            Found(server, alice, "needle", out _)
        );
        Assert.Equal(
            [$"snippet alice 1.2 {new string('ü', 512)}", @"snippet alice 1.1 row 1\twith some words"],
            Found(server, alice, "alice", out _)
        );
    }

    [Fact]
    public void Answers_and_corrections_are_found_by_their_words_and_not_by_their_offsets()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.News();
        long place = alice.Offset;
        alice.Send("say 1 a reed door", $@"edit 2 {place} a red\ndoor", $"re 3 {place} why red?");
        alice.News();
        Assert.Equal(
            [$"re alice 1.3 {place} (to alice: \"a red...\") why red?", $@"edit alice 1.2 {place} a red\ndoor"],
            Found(server, alice, "red", out _)
        );
        Assert.Empty(Found(server, alice, $"{place}", out _));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("5000000000000000000")]
    public void An_offset_outside_the_log_is_no_error(string before)
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("say 1 hello");
        alice.News();
        Assert.Equal(before == "1" ? 0 : 1, Found(server, alice, "hello", out string end, before).Length);
        Assert.Equal("find 7 -", end);
    }

    [Fact]
    public void An_offset_inside_a_line_excludes_that_line()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("say 1 one", "say 2 two");
        alice.News();
        string before = $"{alice.Offset - 3}";
        Assert.Equal(["say alice 1.1 one"], Found(server, alice, "alice", out _, before));
    }

    [Theory]
    [InlineData("find 7", "find takes the offset to search before, 0 for the end, and a text")]
    [InlineData("find 7 0", "find takes the offset to search before, 0 for the end, and a text")]
    [InlineData("find 7 0  ", "find takes the offset to search before, 0 for the end, and a text")]
    [InlineData("find 7 x y", "find takes the offset to search before, 0 for the end, and a text")]
    [InlineData("find 7 -1 y", "find takes the offset to search before, 0 for the end, and a text")]
    public void A_search_without_offset_or_text_is_refused(string request, string words)
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.News();
        alice.Send(request, $"find 8 0 {new string('x', 257)}", "say 1 hello");
        Assert.Equal(
            [
                $"err 7 {words}",
                "err 8 a text to find has at most 256 bytes, and this one has 257",
                "say alice 1.1 hello",
            ],
            alice.News()
        );
    }

    [Fact]
    public void A_second_search_replaces_the_first_and_each_has_its_turn()
    {
        Queue<Action> slices = [];
        using SteppedServer server = _folder.Start(
            searchSliceBytes: SmallSlice,
            background: SteppedServer.Collect(slices)
        );
        RichPeer alice = server.JoinRich("alice", person: 1),
            bob = server.JoinRich("bob", person: 2);
        Fill(server, alice, from: 1, lines: 100);
        bob.Send("say 1 the needle");
        bob.News();
        alice.News();

        alice.Send("find 7 0 no such text");
        bob.Send("find 8 0 needle", "find 9 0 no such text", "find 10 0 line 99");
        server.RunOne(slices);
        server.RunOne(slices);
        Assert.Equal(["finding 8", "finding 9", "finding 10"], bob.News());
        alice.Send("find 11 0 needle");
        while (slices.Count > 0)
            server.RunOne(slices);

        Assert.Equal(
            ["found 10 say alice 1.99 line 99", "find 10 -"],
            bob.News().Select(static line => Stamps().Replace(line, "$1 "))
        );
        Assert.Equal(
            ["finding 7", "finding 11", "found 11 say bob 2.1 the needle", "find 11 -"],
            alice.News().Select(static line => Stamps().Replace(line, "$1 "))
        );
    }

    [Fact]
    public void A_member_that_leaves_ends_its_search()
    {
        Queue<Action> slices = [];
        using SteppedServer server = _folder.Start(
            searchSliceBytes: SmallSlice,
            background: SteppedServer.Collect(slices)
        );
        RichPeer alice = server.JoinRich("alice", person: 1),
            bob = server.JoinRich("bob", person: 2),
            carol = server.JoinRich("carol", person: 3);
        Fill(server, alice, from: 1, lines: 100);
        alice.Send("find 7 0 line");
        bob.Send("find 7 0 no such text");
        carol.Send("find 7 0 no such text");
        server.Reset(alice.Peer);
        carol.Send("bye");
        server.Settle();
        server.RunOne(slices);
        // Only the search of bob goes on: its slices, and the one that was under way.
        int ran = 1;
        for (; slices.Count > 0; ran++)
            server.RunOne(slices);
        Assert.InRange(ran, 5, (alice.Offset / (SmallSlice / 2)) + 2);
        Assert.Equal("find 7 -", bob.News()[^1]);
        RichPeer again = server.JoinRich("alice", person: 1);
        again.News();
        again.Send("find 8 0 line 99");
        while (slices.Count > 0)
            server.RunOne(slices);
        Assert.Equal("find 8 -", again.News()[^1]);
    }

    [Fact]
    public void A_file_replaced_during_a_slice_is_searched_on()
    {
        Queue<Action> slices = [];
        using SteppedServer server = _folder.Start(
            maxBytes: ServerLimits.RingsPerHistory * ServerLimits.SmallestLogBytes,
            searchSliceBytes: SmallSlice,
            background: SteppedServer.Collect(slices)
        );
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("say 1 an old needle");
        Fill(server, alice, from: 2, lines: 300, new string('x', 400));
        alice.Send("say 302 a new needle");
        alice.News();

        alice.Send("find 7 0 needle");
        server.RunOne(slices);
        Fill(server, alice, from: 303, lines: 600, new string('x', 400));
        server.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains(server.Log.Lines, static line => line.Contains("is new, with", StringComparison.Ordinal));
        alice.News();
        server.RunOne(slices);
        // The rest is as long as that slice.
        server.Advance(TimeSpan.FromSeconds(2));
        while (slices.Count > 0)
            server.RunOne(slices);
        // The old lines are in the old file, where the search does not look.
        Assert.Equal(
            ["found 7 say alice 1.302 a new needle", "find 7 -"],
            alice.News().Select(static line => Stamps().Replace(line, "$1 "))
        );

        // The next search begins in the new file.
        alice.Send("say 1000 a third needle", "find 8 0 needle");
        while (slices.Count > 0)
            server.RunOne(slices);
        Assert.Equal(
            ["say alice 1.1000 a third needle", "finding 8", "found 8 say alice 1.1000 a third needle", "find 8 -"],
            alice.News().Select(static line => Stamps().Replace(line, "$1 "))
        );
    }

    [LinuxTheory]
    [InlineData("say ", 4, "printf '\\000\\000'")]
    [InlineData("say ", 0, "printf 'SAY'")]
    [InlineData("\n", 1, "printf '9'")]
    public void A_damaged_part_of_the_file_hides_only_its_own_lines(string before, int after, string damage)
    {
        using SteppedServer server = _folder.Start(searchSliceBytes: SmallSlice);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("say 1 needle one", "say 2 needle two", "say 3 needle three");
        alice.News();
        Fill(server, alice, from: 4, lines: 20);
        // This process cannot open the file twice.
        Obey($"cp {_folder.File} {_folder["copy"]}");
        string text = File.ReadAllText(_folder["copy"]);
        int place = text.IndexOf("say alice 1.2 needle", StringComparison.Ordinal);
        place = text.LastIndexOf(before, place + 4, StringComparison.Ordinal) + after;
        Obey($"{damage} | dd of={_folder.File} bs=1 seek={place} conv=notrunc status=none");

        Assert.Equal(["say alice 1.3 needle three", "say alice 1.1 needle one"], Found(server, alice, "needle", out _));
    }

    [Fact]
    public void A_run_of_bytes_without_a_line_end_is_passed_over()
    {
        using SteppedServer server = _folder.Start(searchSliceBytes: SmallSlice);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("say 1 needle one", $"say 2 {new string('x', 3000)}", "say 3 needle three");
        alice.News();
        Assert.Equal(["say alice 1.3 needle three", "say alice 1.1 needle one"], Found(server, alice, "needle", out _));
    }

    [LinuxFact]
    public void A_line_longer_than_its_kind_is_passed_over()
    {
        using SteppedServer server = _folder.Start(logBytes: SteppedServer.RoomyLog);
        RichPeer alice = server.JoinRich("alice", person: 1);
        string row = new('x', ProtocolLimits.SnippetBytes - 10);
        alice.Send("say 1 needle one");
        for (int i = 2; i <= 4; i++)
            alice.Send($"snippet {i} needle {row}");
        alice.Send("say 5 needle two");
        alice.News();
        Obey($"cp {_folder.File} {_folder["copy"]}");
        byte[] bytes = File.ReadAllBytes(_folder["copy"]);
        int first = bytes.AsSpan().IndexOf("xxxx\n"u8) + 4,
            second = first + 1 + bytes.AsSpan(first + 1).IndexOf("xxxx\n"u8) + 4;
        foreach (int place in (ReadOnlySpan<int>)[first, second])
            Obey($"printf x | dd of={_folder.File} bs=1 seek={place} conv=notrunc status=none");

        Assert.Equal(["say alice 1.5 needle two", "say alice 1.1 needle one"], Found(server, alice, "needle", out _));
    }

    [Fact]
    public void A_line_of_the_greatest_length_is_found_under_the_greatest_number()
    {
        string head = "0 1 say bob 0 ",
            line = head + new string('x', ProtocolLimits.RelayedLineBytes - 1 - head.Length);
        File.WriteAllText(_folder.File, $"chat-history 1 0123456789abcdef 1767323045000 0\n\n{line}\n");
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.News();
        alice.Send("find 9223372036854775806 0 x");
        server.Settle();
        Assert.Equal(
            ["finding 9223372036854775806", $"found 9223372036854775806 {line}", "find 9223372036854775806 -"],
            alice.News()
        );
    }

    [Fact]
    public void A_search_rests_as_long_as_its_last_slice_took()
    {
        Queue<Action> slices = [];
        using SteppedServer server = _folder.Start(
            searchSliceBytes: SmallSlice,
            background: SteppedServer.Collect(slices)
        );
        RichPeer alice = server.JoinRich("alice", person: 1);
        Fill(server, alice, from: 1, lines: 100);
        alice.Send("find 7 0 no such text");
        server.Advance(TimeSpan.FromMilliseconds(50));
        slices.Dequeue()();
        server.Settle();
        server.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Empty(slices);
        server.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Single(slices);
    }

    private static void Obey(string command)
    {
        using RunningProgram shell = ToolProcess.Start("sh", "-c", command);
        Assert.Equal(0, shell.WaitForExit());
    }

    private static void Fill(SteppedServer server, RichPeer peer, int from, int lines, string filler = "")
    {
        for (int i = from; i < from + lines; i += 50)
        {
            peer.Send([
                .. Enumerable.Range(i, Math.Min(50, from + lines - i)).Select(n => $"say {n} {filler}line {n}"),
            ]);
            peer.News();
        }
        server.Settle();
    }

    private static string Next(string end) => end.Split(' ')[2];

    private static string Escaped(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal);

    // The lines of one page, without offsets and times, and its last line.
    private static string[] Found(SteppedServer server, RichPeer peer, string text, out string end, string before = "0")
    {
        peer.News();
        peer.Send($"find 7 {before} {text}");
        List<string> lines = [];
        for (int slices = 0; !lines.Exists(static line => line.StartsWith("find ", StringComparison.Ordinal)); slices++)
        {
            Assert.True(slices < 1000, string.Create(CultureInfo.InvariantCulture, $"no end after {slices} slices"));
            lines.AddRange(peer.News());
            server.Advance(TimeSpan.FromMilliseconds(10));
        }
        Assert.Equal("finding 7", lines[0]);
        end = lines[^1];
        return [.. lines[1..^1].Select(static line => Stamps().Replace(line, ""))];
    }

    [GeneratedRegex(@"^(found \d+) \d+ \d+ ")]
    private static partial Regex Stamps();
}
