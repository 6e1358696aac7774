using Chat.Server;
using Chat.Server.History;
using Chat.Server.Log;
using Chat.Tests.Support;

namespace Chat.Tests.Server.History;

/// <summary>The history's file: it loads after a kill at any point, and a rewrite keeps all identities.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly HistoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_cut_at_any_byte_loads_every_whole_line_and_reports_the_rest()
    {
        Talk();
        byte[] whole = _folder.Bytes;
        int head = HeadBytes(whole);
        Assert.InRange(whole.Length - head, 400, 5000);

        for (int length = head; length <= whole.Length; length++)
        {
            File.WriteAllBytes(_folder.File, whole[..length]);
            int kept = whole.AsSpan(0, length).LastIndexOf((byte)'\n') + 1;
            SteppedServer.LogLines log = new();
            using (RoomHistory history = _folder.Open(log))
            {
                RoomLog lines = history.State.Log;
                Assert.Equal(kept - head, lines.Tail);
                Assert.Equal(whole[head..kept], lines.Copy(0, lines.Tail, new byte[whole.Length]).ToArray());
            }
            string[] said =
                kept == length
                    ? []
                    : [$"{_folder.File} ended in the middle of a line; the last {length - kept} bytes were cut off"];
            Assert.Equal(said, log.Lines);
            Assert.Equal(whole[..kept], _folder.Bytes);
        }
    }

    [Fact]
    public void A_header_cut_by_a_full_disk_is_written_again()
    {
        _folder.Open().Dispose();
        byte[] head = _folder.Bytes;

        for (int length = 0; length < head.Length; length++)
        {
            File.WriteAllBytes(_folder.File, head[..length]);
            using RoomHistory history = _folder.Open();
            Assert.Equal(0, history.State.Log.Tail);
            Assert.Equal(head.Length, new FileInfo(_folder.File).Length);
        }
    }

    [Fact]
    public void Garbage_in_the_middle_is_not_shown_and_loses_no_line()
    {
        Talk();
        // The lines are longer than any valid one, longer than one read, malformed, or out of place.
        byte[] garbage =
        [
            .. new byte[3 * ServerLimits.SmallestLogBytes],
            (byte)'\n',
            .. "\n\n 1 2 3\n99 99 say\n7 7 say eve 0 hoho\n"u8,
            .. Enumerable.Repeat((byte)0xFF, 5000),
            (byte)'\n',
        ];
        File.WriteAllBytes(_folder.File, [.. _folder.Bytes, .. garbage]);
        using (SteppedServer server = _folder.Start())
            server.JoinRich("robert", person: 2).Send("say 3 behind it");
        byte[] whole = _folder.Bytes;

        using (RoomHistory history = _folder.Open())
            Assert.Equal(whole.Length - HeadBytes(whole), history.State.Log.Tail);
        using SteppedServer again = _folder.Start();

        RichPeer bob = again.JoinRich("robert", person: 2),
            alice = again.JoinRich("alice", person: 1);
        Assert.Equal(("robert", 3, 3), (bob.Name, bob.Taken, alice.Taken));
        string[] news = bob.News();
        Assert.Contains("say eve 0 hoho", news);
        Assert.Contains("say robert 2.3 behind it", news);
        Assert.Contains("say alice 1.1 hello, wörld", news);
        Peer plain = again.Join();
        again.Settle();
        plain.Pump();
        Assert.Contains("<eve> hoho", plain.Lines);
        Assert.Contains("<robert> behind it", plain.Lines);
        Assert.DoesNotContain(news.Concat(plain.Lines), static line => line.AsSpan().IndexOfAny('\0', '\uFFFD') >= 0);
    }

    [Fact]
    public void A_file_too_large_is_rewritten_and_names_offsets_and_taken_numbers_survive()
    {
        string place,
            epoch;
        long begun;
        using (SteppedServer server = _folder.Start(maxBytes: 4 * ServerLimits.SmallestLogBytes))
        {
            RichPeer alice = server.JoinRich("alice", person: 1);
            alice.Send("say 1 first", "say 2 second", "nick 7 alicia");
            alice.News();
            (place, epoch, begun) = (alice.Place, alice.Epoch, alice.Begun);
            RichPeer bob = server.JoinRich("bob", person: 2);
            for (int i = 1; i <= 80; i++)
            {
                bob.Send($"say {i} {new string('x', 4000)}");
                bob.News();
            }
            TickUntil(
                server,
                () => server.Log.Lines.Exists(static line => line.Contains("is new, with", StringComparison.Ordinal))
            );
            bob.Send("say 81 behind the beginning");
        }

        Assert.InRange(
            new FileInfo(_folder.File).Length,
            ServerLimits.SmallestLogBytes / 2,
            2 * ServerLimits.SmallestLogBytes
        );
        Assert.Contains(" say alice 1.1 first\n", File.ReadAllText(_folder.File + ".1"), StringComparison.Ordinal);
        Assert.DoesNotContain(" say alice 1.1 first\n", File.ReadAllText(_folder.File), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File + ".new"));

        using SteppedServer again = _folder.Start();
        RichPeer back = again.JoinRich("alice", person: 1, place: place);
        Assert.Equal(("alicia", epoch, begun, 7), (back.Name, back.Epoch, back.Begun, back.Taken));
        Assert.InRange(back.From - long.Parse(place.Split(' ')[1]), 4000, 80 * 4100);
        Assert.Contains("say bob 2.81 behind the beginning", back.News());
        Assert.Equal("alicia2", again.JoinRich("alicia", person: 3).Name);
    }

    [Fact]
    public void A_kill_between_the_two_renames_of_a_rewrite_continues_with_the_new_file()
    {
        Talk();
        byte[] whole = _folder.Bytes;
        File.Move(_folder.File, _folder.File + ".new");

        using (RoomHistory history = _folder.Open())
            Assert.Equal(whole.Length - HeadBytes(whole), history.State.Log.Tail);

        Assert.Equal(whole, _folder.Bytes);
        Assert.False(File.Exists(_folder.File + ".new"));
    }

    [Fact]
    public void A_kill_during_the_write_of_a_new_file_continues_with_the_old_one()
    {
        Talk();
        byte[] whole = _folder.Bytes;
        File.WriteAllBytes(_folder.File + ".new", whole[..^40]);

        using (SteppedServer server = _folder.Start(maxBytes: 1))
        {
            Assert.Equal(3, server.JoinRich("alice", person: 1).Taken);
            TickUntil(server, () => !File.Exists(_folder.File + ".new"));
        }

        using SteppedServer again = _folder.Start();
        Assert.Contains("say alice 1.3 漢字 too", again.JoinRich("alice", person: 1).News());
    }

    [Fact]
    public void Half_a_new_file_without_an_old_one_and_a_foreign_file_stay_unchanged()
    {
        Talk();
        byte[] whole = _folder.Bytes;
        File.Delete(_folder.File);
        foreach (byte[] left in (byte[][])[whole[..20], [.. "my notes\n"u8]])
        {
            File.WriteAllBytes(_folder.File + ".new", left);
            using (RoomHistory history = _folder.Open())
                Assert.Equal(0, history.State.Log.Tail);
            Assert.Equal(left, File.ReadAllBytes(_folder.File + ".new"));
            File.Delete(_folder.File);
        }
    }

    [Fact]
    public void A_deleted_file_is_rewritten_by_the_running_server_with_all_it_has()
    {
        using (SteppedServer server = _folder.Start())
        {
            RichPeer alice = server.JoinRich("alice", person: 1);
            alice.Send("say 1 before");
            File.Delete(_folder.File);
            alice.Send("say 2 after");
            TickUntil(
                server,
                () => server.Log.Lines.Exists(static line => line.Contains("is new, with", StringComparison.Ordinal))
            );
        }

        Assert.False(File.Exists(_folder.File + ".1"));
        using SteppedServer again = _folder.Start();
        RichPeer back = again.JoinRich("alice", person: 1);
        Assert.Equal(2, back.Taken);
        Assert.Equal(
            ["say alice 1.1 before", "say alice 1.2 after"],
            back.News().Where(static line => line.StartsWith("say", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void A_directory_at_the_path_of_the_new_file_does_not_end_the_server()
    {
        using (SteppedServer server = _folder.Start())
        {
            RichPeer alice = server.JoinRich("alice", person: 1);
            Directory.CreateDirectory(_folder["history.new"]);
            File.Delete(_folder.File);
            // The check of the file waits for the disk, so it needs real time.
            TickUntil(
                server,
                () =>
                    server.Log.Lines.Exists(static line =>
                        line.Contains("a new one cannot be made", StringComparison.Ordinal)
                    )
            );
            alice.Send("say 1 still here");
            Assert.Contains("say alice 1.1 still here", alice.News());

            Directory.Delete(_folder["history.new"]);
            TickUntil(server, () => File.Exists(_folder.File));
        }

        Assert.Contains(" say alice 1.1 still here\n", File.ReadAllText(_folder.File), StringComparison.Ordinal);
    }

    // A conversation with every kind of line.
    private void Talk()
    {
        using SteppedServer server = _folder.Start();
        RichPeer alice = server.JoinRich("alice", person: 1),
            bob = server.JoinRich("bob", person: 2);
        alice.Send("say 1 hello, wörld", "me 2 waves");
        bob.Send("tell 1 alice psst", "nick 2 robert");
        bob.Send("bye");
        alice.Send("say 3 漢字 too");
        server.Join("carol").HalfClose();
        server.Settle();
    }

    private static int HeadBytes(byte[] file) => file.AsSpan().IndexOf("\n\n"u8) + 2;

    private static void TickUntil(SteppedServer server, Func<bool> condition) =>
        Eventually.Is(
            () =>
            {
                server.Advance(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
                return condition();
            },
            "the file to be looked at"
        );
}
