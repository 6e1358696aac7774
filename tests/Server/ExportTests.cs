using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Chat.Server;
using Chat.Tests.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>The export of the conversation: its lines, whispers, its pace, and files that change meanwhile.</summary>
public sealed partial class ExportTests : IDisposable
{
    private const int SmallBlock = 512;

    private const string Whole = "- 0";

    private readonly HistoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_lines_come_in_order_and_the_room_reads_nothing_of_it()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        Peer bob = server.Join("bob");
        alice.Send("say 1 hello", @"snippet 2 if ok:\n\tgo()", "me 3 waves");
        bob.SendText("hi\n");
        server.Settle();
        server.Skip(bob);
        alice.News();

        Peer peer = Ask(server, person: 1);
        string[] lines = Read(server, peer);
        Assert.StartsWith($"welcome alice {alice.Epoch} {alice.Begun} 0 0 ", peer.Lines[1], StringComparison.Ordinal);
        Assert.Equal(
            [
                "join alice 1.0",
                "join guest 0",
                "rename guest 0 bob",
                "say alice 1.1 hello",
                @"snippet alice 1.2 if ok:\n\tgo()",
                "me alice 1.3 waves",
                "say bob 0 hi",
            ],
            lines[..7]
        );
        peer.WaitForEnd();
        Assert.Equal(SocketError.Success, peer.Error);
        Assert.Empty(server.News(bob));
    }

    [Fact]
    public void A_whisper_is_exported_only_for_its_two_people()
    {
        using (SteppedServer before = _folder.Start())
        {
            before.JoinRich("bob", person: 2);
            before.JoinRich("carol", person: 3);
            before.JoinRich("alice", person: 1).Send("tell 1 bob the first", "say 2 hello", "tell 3 carol the second");
        }
        using SteppedServer server = _folder.Start(searchSliceBytes: SmallBlock);
        Assert.Equal(["tell alice 3.1 bob the first", "tell alice 3.3 carol the second"], Whispers(person: 1));
        Assert.Equal(["tell alice 3.1 bob the first"], Whispers(person: 2));
        Assert.Equal(["tell alice 3.3 carol the second"], Whispers(person: 3));
        Assert.Empty(Whispers(person: 4));

        string[] Whispers(int person)
        {
            string[] lines = Exported(server, person);
            Assert.Contains("say alice 3.2 hello", lines);
            Assert.DoesNotContain(lines, static line => line.StartsWith("key ", StringComparison.Ordinal));
            Assert.DoesNotContain(lines, static line => line.StartsWith("pair ", StringComparison.Ordinal));
            return [.. lines.Where(static line => line.StartsWith("tell ", StringComparison.Ordinal))];
        }
    }

    [Fact]
    public void An_export_that_begins_behind_the_names_of_the_readers_leaves_the_whisper_out()
    {
        using SteppedServer server = _folder.Start();
        RichPeer bob = server.JoinRich("bob", person: 2);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("tell 1 bob for two");
        bob.Peer.Pump();
        string tell = bob.Peer.Lines.Single(static line => line.EndsWith("for two", StringComparison.Ordinal));
        string offset = tell.Split(' ')[0];

        foreach (int person in (int[])[4, 3])
            Assert.DoesNotContain(
                Exported(server, person, $"{alice.Epoch} {offset}"),
                static line => line.Contains("for two", StringComparison.Ordinal)
            );
    }

    /// <summary>Lines, whispers and snippets meet the ends of blocks at every place.</summary>
    [Fact]
    public void The_size_of_a_block_changes_no_line()
    {
        string[]? expected = null;
        for (int block = 300; block < 420; block += 7)
        {
            using HistoryFolder folder = new();
            using SteppedServer server = folder.Start(searchSliceBytes: block);
            RichPeer alice = server.JoinRich("alice", person: 1),
                bob = server.JoinRich("bob", person: 2);
            server.JoinRich("carol", person: 3).Send("say 1 hello", "tell 2 bob not for alice");
            for (int i = 1; i <= 12; i++)
            {
                string tail = new('x', i * 11);
                bob.Send($"say {2 * i} no {tail}", $"tell {2 * i + 1} alice key {tail}");
                alice.Send($@"snippet {i} a\nkey {tail}");
            }
            string[] lines = Exported(server, person: 1);
            Assert.Equal(3 + 1 + 36, lines.Length);
            Assert.Equal(expected ??= lines, lines);
        }
    }

    [Fact]
    public void The_file_is_exported_from_before_the_ring_to_the_line_at_the_request_while_others_talk()
    {
        using SteppedServer server = _folder.Start(searchSliceBytes: 8 * 1024);
        RichPeer alice = server.JoinRich("alice", person: 1);
        Fill(server, alice, from: 1, lines: 400);
        Assert.True(alice.Offset > 2 * ServerLimits.SmallestLogBytes);
        Peer peer = Ask(server, person: 1);
        server.Settle();
        for (int i = 401; i <= 500; i++)
        {
            alice.Send($"say {i} meanwhile");
            server.Advance(TimeSpan.FromMilliseconds(10));
            peer.Pump();
        }
        string[] lines = Read(server, peer);
        Assert.Equal(1 + 400, lines.Length);
        Assert.EndsWith(" line 1", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(" line 400", lines[^1], StringComparison.Ordinal);
        Assert.Equal(100, alice.News().Length);
    }

    [Fact]
    public void A_line_of_the_same_pass_that_is_not_in_the_file_yet_is_exported()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        Peer peer = server.Connect();
        alice.Peer.SendText("say 1 the last line\n");
        peer.SendText(Request(person: 1, Whole));
        Assert.Equal("say alice 1.1 the last line", Read(server, peer)[^1]);
    }

    [Fact]
    public void An_export_goes_on_at_an_offset_of_the_same_log()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("say 1 one", "say 2 two");
        alice.News();
        string place = alice.Place;
        alice.Send("say 3 three");
        alice.News();
        Assert.Equal(["say alice 1.3 three"], Exported(server, person: 1, place));
        Assert.Empty(Exported(server, person: 1, alice.Place));
        Assert.Equal(4, Exported(server, person: 1, $"ffffffffffffffff {alice.Offset}").Length);
        Assert.Equal(4, Exported(server, person: 1, $"{alice.Epoch} 5000000000000000").Length);
    }

    [Fact]
    public void A_slow_reader_sets_the_pace_and_gets_every_line()
    {
        Queue<Action> blocks = [];
        using SteppedServer server = _folder.Start(background: SteppedServer.Collect(blocks));
        RichPeer alice = server.JoinRich("alice", person: 1);
        // More than the system buffers for a connection.
        Fill(server, alice, from: 1, lines: 2000, new string('x', 4000));
        Peer peer = server.Connect(receiveBufferBytes: 32 * 1024);
        peer.SendText(Request(person: 1, Whole));
        server.Settle();
        int read = 0;
        for (; blocks.Count > 0; read++)
            server.RunOne(blocks);
        Assert.True(
            read * ServerLimits.SearchSliceBytes < alice.Offset,
            $"{read} blocks were read for a reader of none"
        );
        alice.Send("say 2001 others go on");
        Assert.Equal("say alice 1.2001 others go on", alice.News()[^1]);

        while (peer.Lines[^1] != "end")
        {
            peer.Pump();
            server.Settle();
            if (blocks.Count > 0)
                server.RunOne(blocks);
        }
        Assert.Equal(2000, peer.Lines.Count(static line => line.Contains(" say alice ", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_reader_that_takes_nothing_for_30_s_is_disconnected_and_frees_its_place()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        Fill(server, alice, from: 1, lines: 2000, new string('x', 4000));
        for (int i = 0; i < ServerLimits.Exports; i++)
        {
            Peer slow = server.Connect(receiveBufferBytes: 32 * 1024);
            slow.SendText(Request(person: 1, Whole));
            slow.StopReading();
            server.Advance(TimeSpan.FromMilliseconds(100));
        }
        Peer refused = Ask(server, person: 1);
        refused.WaitForLine(static line => line == "-- other exports are under way; try again later", "the refusal");
        refused.WaitForEnd();

        for (int second = 0; server.Server.Connections > 1; second++)
        {
            // Each try to send may still find some space: the system's buffers grow.
            Assert.True(second < 20 * ServerLimits.StalledMilliseconds / 1000, "the readers are still there");
            alice.Send("ping 0");
            server.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(2001, Exported(server, person: 1).Length);
    }

    [Fact]
    public void Lines_that_a_new_file_lacks_are_counted_as_lost()
    {
        Queue<Action> blocks = [];
        using SteppedServer server = _folder.Start(
            maxBytes: ServerLimits.RingsPerHistory * ServerLimits.SmallestLogBytes,
            searchSliceBytes: 8 * 1024,
            background: SteppedServer.Collect(blocks)
        );
        RichPeer alice = server.JoinRich("alice", person: 1);
        Fill(server, alice, from: 1, lines: 300);
        Peer peer = Ask(server, person: 1);
        server.Settle();
        server.RunOne(blocks);
        Fill(server, alice, from: 301, lines: 600);
        server.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains(server.Log.Lines, static line => line.Contains("is new, with", StringComparison.Ordinal));
        AssertOneGap(server, blocks, peer);
        Assert.Equal("end", peer.Lines[^1]);
    }

    [Fact]
    public void Lines_that_leave_the_ring_meanwhile_are_counted_as_lost()
    {
        Queue<Action> blocks = [];
        using SteppedServer server = new(
            Readiness.Epoll,
            SteppedServer.Unbounded with
            {
                LogBytes = ServerLimits.SmallestLogBytes,
                SearchSliceBytes = 8 * 1024,
            },
            background: SteppedServer.Collect(blocks)
        );
        RichPeer alice = server.JoinRich("alice", person: 1);
        Fill(server, alice, from: 1, lines: 150);
        Peer peer = Ask(server, person: 1);
        server.Settle();
        server.RunOne(blocks);
        Fill(server, alice, from: 151, lines: 60);
        AssertOneGap(server, blocks, peer);
    }

    private static void AssertOneGap(SteppedServer server, Queue<Action> blocks, Peer peer)
    {
        while (blocks.Count > 0)
            server.RunOne(blocks);
        peer.WaitForLine(static line => line == "end", "the end");
        AssertWhole(peer, Assert.Single(peer.Lines, static line => line.StartsWith("lost ", StringComparison.Ordinal)));
    }

    [LinuxTheory]
    [InlineData("say ", 4, "printf '\\000\\000'")]
    [InlineData("\n", 1, "printf '9'")]
    public void A_damaged_line_is_counted_as_lost_at_its_place(string before, int after, string damage)
    {
        using SteppedServer server = _folder.Start(searchSliceBytes: SmallBlock);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("say 1 one", "say 2 two", "say 3 three", "say 4 four");
        Fill(server, alice, from: 5, lines: 20, "");
        // This process cannot open the file twice.
        Obey($"cp {_folder.File} {_folder["copy"]}");
        string text = File.ReadAllText(_folder["copy"]);
        int place = text.IndexOf("say alice 1.3 three", StringComparison.Ordinal);
        place = text.LastIndexOf(before, place + 4, StringComparison.Ordinal) + after;
        Obey($"{damage} | dd of={_folder.File} bs=1 seek={place} conv=notrunc status=none");

        string[] lines = Exported(server, person: 1);
        int lost = Array.FindIndex(lines, static line => line.StartsWith("lost ", StringComparison.Ordinal));
        Assert.Equal("say alice 1.2 two", lines[lost - 1]);
        Assert.Equal("say alice 1.4 four", lines[lost + 1]);
        Assert.Single(lines, static line => line.StartsWith("lost ", StringComparison.Ordinal));
    }

    [LinuxTheory]
    [InlineData("pair - 0 2 3")]
    [InlineData("tell alice 1.2 bob")]
    public void A_whisper_behind_damage_is_exported_for_no_third_person(string damaged)
    {
        using SteppedServer server = _folder.Start(searchSliceBytes: SmallBlock);
        RichPeer alice = server.JoinRich("alice", person: 1);
        RichPeer bob = server.JoinRich("bob", person: 2);
        server.JoinRich("carol", person: 3);
        alice.Send("say 1 x", "tell 2 bob first");
        bob.Send("tell 1 carol second");
        Fill(server, alice, from: 5, lines: 20, "");
        Obey($"cp {_folder.File} {_folder["copy"]}");
        int place = File.ReadAllText(_folder["copy"]).IndexOf(damaged, StringComparison.Ordinal);
        Assert.True(place > 0, File.ReadAllText(_folder["copy"]));
        Obey($"printf T | dd of={_folder.File} bs=1 seek={place} conv=notrunc status=none");

        Assert.DoesNotContain("second", string.Concat(Exported(server, person: 1)), StringComparison.Ordinal);
        Assert.DoesNotContain("first", string.Concat(Exported(server, person: 3)), StringComparison.Ordinal);
        Assert.DoesNotContain("first", string.Concat(Exported(server, person: 4)), StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_file_that_another_program_has_cut_is_exported_with_the_ring_behind_it()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.Send("say 1 one", "say 2 two");
        alice.News();
        Obey($"truncate -s -5 {_folder.File}");
        string[] lines = Exported(server, person: 1);
        Assert.Contains(lines, static line => line.StartsWith("lost ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_request_that_comes_late_ends_the_guest_and_begins_on_a_line_of_its_own()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        Peer peer = server.Join();
        peer.SendText(Request(person: 1, Whole));
        Read(server, peer);
        Assert.Equal(["join alice 1.0", "join guest 0", "leave guest 0"], alice.News());
    }

    [Theory]
    [InlineData("hello export 00000000000000000000000000000001 -")]
    [InlineData("hello export 00000000000000000000000000000001 0123456789abcdef x")]
    [InlineData("hello export 00000000000000000000000000000001 0123456789 0")]
    [InlineData("hello export 0000000000000000000000000000 - 0")]
    public void A_malformed_request_is_refused_and_not_said(string line)
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        RichPeer alice = server.JoinRich("alice", person: 1);
        alice.News();
        Peer peer = server.Connect();
        peer.SendText($"{line}\n");
        peer.WaitForLine(
            static l => l.StartsWith("-- this hello cannot be read", StringComparison.Ordinal),
            "the refusal"
        );
        peer.WaitForEnd();
        Assert.Empty(alice.News());
    }

    [Fact]
    public void An_export_that_ends_early_leaves_nothing_behind()
    {
        Queue<Action> blocks = [];
        using SteppedServer server = _folder.Start(
            searchSliceBytes: SmallBlock,
            background: SteppedServer.Collect(blocks)
        );
        RichPeer alice = server.JoinRich("alice", person: 1);
        Fill(server, alice, from: 1, lines: 20);
        Peer peer = Ask(server, person: 1);
        server.Settle();
        Assert.Single(blocks);
        server.Reset(peer);
        server.RunOne(blocks);
        Assert.Empty(blocks);
        Assert.Equal(1, server.Server.Connections);
    }

    private static string Request(int person, string place) =>
        string.Create(CultureInfo.InvariantCulture, $"hello export {person:x32} {place}\n");

    private static Peer Ask(SteppedServer server, int person, string place = Whole)
    {
        Peer peer = server.Connect();
        peer.SendText(Request(person, place));
        return peer;
    }

    private static string[] Exported(SteppedServer server, int person, string place = Whole) =>
        Read(server, Ask(server, person, place));

    // The lines after the welcome and before the end, without offsets, times and empty lines.
    private static string[] Read(SteppedServer server, Peer peer)
    {
        for (int turns = 0; peer.Lines[^1] != "end"; turns++)
        {
            Assert.True(turns < 3000, peer.Text);
            server.Advance(TimeSpan.FromMilliseconds(1));
            peer.Pump();
        }
        int welcome = 0;
        while (!peer.Lines[welcome].StartsWith("welcome ", StringComparison.Ordinal))
            welcome++;
        return
        [
            .. peer
                .Lines.Skip(welcome + 1)
                .SkipLast(1)
                .Where(static line => line.Length > 0)
                .Select(static line => Stamps().Replace(line, "")),
        ];
    }

    // With the lost bytes, and one seat's hidden line, each line follows the one before.
    private static void AssertWhole(Peer peer, string lost)
    {
        long missing = long.Parse(lost.Split(' ')[1], CultureInfo.InvariantCulture),
            last = -1;
        foreach (string line in peer.Lines.Where(static line => line.Length > 0 && char.IsAsciiDigit(line[0])))
        {
            long offset = long.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture);
            if (last >= 0 && offset != last)
            {
                Assert.Equal(missing, offset - last);
                missing = 0;
            }
            last = offset + Encoding.UTF8.GetByteCount(line) + 1;
        }
        Assert.True(missing == 0 || peer.Lines[^2] == lost, peer.Text[^Math.Min(500, peer.Text.Length)..]);
    }

    private static void Obey(string command)
    {
        using RunningProgram shell = ToolProcess.Start("sh", "-c", command);
        Assert.Equal(0, shell.WaitForExit());
    }

    private static void Fill(SteppedServer server, RichPeer peer, int from, int lines, string? filler = null)
    {
        filler ??= new string('x', 400);
        for (int i = from; i < from + lines; i += 50)
        {
            peer.Send([
                .. Enumerable.Range(i, Math.Min(50, from + lines - i)).Select(n => $"say {n} {filler} line {n}"),
            ]);
            peer.News();
        }
        server.Settle();
    }

    [GeneratedRegex(@"^\d+ \d+ ")]
    private static partial Regex Stamps();
}
