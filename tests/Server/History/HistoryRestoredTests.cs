using Chat.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server.History;

/// <summary>
/// A server killed and started again from its file: people keep their identity, and a short restart is not
/// announced.
/// </summary>
public sealed class HistoryRestoredTests : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly HistoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_restart_keeps_name_number_and_offset_and_reports_the_last_taken_request()
    {
        string place;
        using (SteppedServer server = _folder.Start())
        {
            RichPeer alice = server.JoinRich("alice", person: 1),
                bob = server.JoinRich("bob", person: 2);
            alice.Send("say 4 hello", "nick 5 alicia");
            alice.News();
            place = alice.Place;
            bob.Send("say 1 meanwhile");
        }

        using SteppedServer again = _folder.Start();
        RichPeer back = again.JoinRich("alice", person: 1, place: place);

        Assert.Equal(("alicia", 1, 5), (back.Name, back.Seat, back.Taken));
        Assert.Equal(place, $"{back.Epoch} {back.From}");
        Assert.Equal(["say bob 2.1 meanwhile", "notice - 0 the server was started again"], back.News());
        back.Send("say 5 a second time", "say 6 a new one");
        Assert.Equal(["say alicia 1.6 a new one"], back.News());
    }

    [Fact]
    public void After_a_restart_times_still_count_from_the_beginning_of_the_log()
    {
        long begun;
        using (SteppedServer server = _folder.Start())
        {
            server.Clock.Advance(Grace);
            RichPeer alice = server.JoinRich("alice", person: 1);
            begun = alice.Begun;
            alice.Send("say 1 early");
        }

        using SteppedServer again = _folder.Start(clock: new TestClock(new TestClock().GetUtcNow().AddDays(1)));
        RichPeer back = again.JoinRich("alice", person: 1);
        back.Send("say 2 late");

        Assert.Equal((new TestClock().GetUtcNow().ToUnixTimeMilliseconds(), begun), (begun, back.Begun));
        Assert.Equal(["30000", "86400000"], back.TimesOf("early", "late"));
    }

    [Theory]
    [InlineData(0, 3_456_000_000)]
    [InlineData(9000, 9000)]
    public void A_person_in_a_file_without_a_time_of_joining_is_here_since_its_second_line(long told, long since)
    {
        string line = "5000 3456000000 say alice 1.1 hello\n";
        string key = $"1 {1:x32} {2:x32}";
        File.WriteAllText(
            _folder.File,
            $"chat-history 1 0123456789abcdef 1767323045000 5000\n5000 0 key alice 1.0 {key}\n5000 {told} join alice 1.0\n\n{line}{5000 + line.Length} 3456000000 say bob 0 hi\n"
        );
        using RoomHistory history = _folder.Open();
        Assert.Equal(since, history.State.People.Remembered.Single().JoinedAt);
    }

    [Fact]
    public void A_clock_before_1970_begins_a_usable_log()
    {
        DateTimeOffset before = new(1960, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using (SteppedServer server = _folder.Start(clock: new TestClock(before)))
        {
            RichPeer alice = server.JoinRich("alice", person: 1);
            alice.Send("say 1 early");
            Assert.Equal((0, "0"), (alice.Begun, alice.TimesOf("early").Single()));
        }

        using SteppedServer again = _folder.Start(clock: new TestClock(DateTimeOffset.UnixEpoch.AddSeconds(1)));
        RichPeer back = again.JoinRich("alice", person: 1);
        back.Send("say 2 late");
        Assert.Equal((0, "1000"), (back.Begun, back.TimesOf("late").Single()));
    }

    [Fact]
    public void A_name_taken_at_a_second_join_is_the_name_after_a_restart()
    {
        using (SteppedServer server = _folder.Start())
        {
            server.JoinRich("alice", person: 1).Send("bye");
            Assert.Equal("alicia", server.JoinRich("alicia", person: 1, seat: 2).Name);
        }

        using SteppedServer again = _folder.Start();
        Assert.Equal("alicia", again.JoinRich("-", person: 1, seat: 2).Name);
        Assert.Equal("alice", again.JoinRich("alice", person: 2).Name);
    }

    [Fact]
    public void Names_are_kept_for_their_owners_after_a_leave()
    {
        using (SteppedServer server = _folder.Start())
        {
            server.JoinRich("alice", person: 1);
            server.JoinRich("bob", person: 2).Send("say 1 hello", "bye");
        }

        using SteppedServer again = _folder.Start();
        RichPeer eve = again.JoinRich("bob", person: 3),
            mallory = again.JoinRich("alice", person: 0);

        Assert.Equal(("bob2", "alice2"), (eve.Name, mallory.Name));
        Assert.Equal("info 0 bob is kept for a person who is away; you are bob2.", eve.News()[0]);
        Assert.Equal("bob", again.JoinRich("bob", person: 2, seat: 9).Name);
    }

    [Fact]
    public void Only_sender_and_recipient_receive_a_restored_whisper()
    {
        using (SteppedServer server = _folder.Start())
        {
            RichPeer alice = server.JoinRich("alice", person: 1);
            server.JoinRich("bob", person: 2);
            server.JoinRich("carol", person: 3);
            alice.Send("tell 1 bob psst", "say 2 aloud");
        }

        using SteppedServer again = _folder.Start();
        Peer plain = again.Join();
        Dictionary<int, string[]> seen = new()
        {
            [1] = again.JoinRich("alice", person: 1).News(),
            [2] = again.JoinRich("bob", person: 2).News(),
            [3] = again.JoinRich("carol", person: 3).News(),
            [4] = again.JoinRich("dave", person: 4).News(),
        };

        Assert.All(seen, static one => Assert.Equal(one.Key < 3, one.Value.Contains("tell alice 1.1 bob psst")));
        Assert.All(seen, static one => Assert.Contains("say alice 1.2 aloud", one.Value));
        Assert.Contains("<alice> aloud", again.News(plain));
        Assert.DoesNotContain(plain.Lines, static line => line.Contains("psst", StringComparison.Ordinal));
        Assert.All(
            seen,
            static one =>
                Assert.DoesNotContain(
                    one.Value,
                    static line =>
                        line.StartsWith("key", StringComparison.Ordinal)
                        || line.StartsWith("pair", StringComparison.Ordinal)
                )
        );
    }

    [Fact]
    public void A_return_within_the_grace_after_a_restart_is_not_announced()
    {
        using (SteppedServer server = _folder.Start())
            server.JoinRich("alice", person: 1);

        using SteppedServer again = _folder.Start();
        RichPeer bob = again.JoinRich("bob", person: 2);
        bob.Send("who 7");
        Assert.Contains("info 7 2 here: alice, bob", bob.News());
        again.Advance(Grace - TimeSpan.FromSeconds(16));
        bob.Send("ping 0");
        RichPeer alice = again.JoinRich("alice", person: 1);
        for (int i = 0; i < 10; i++)
        {
            again.Advance(TimeSpan.FromSeconds(5));
            alice.Send("ping 0");
            bob.Send("ping 0");
        }
        Assert.DoesNotContain(bob.News(), static line => line.Contains("alice", StringComparison.Ordinal));
    }

    [Fact]
    public void After_a_restart_an_absent_person_leaves_at_the_end_of_the_grace_and_a_guest_at_once()
    {
        using (SteppedServer server = _folder.Start())
        {
            server.JoinRich("alice", person: 1);
            server.Join("carol");
        }

        using SteppedServer again = _folder.Start();
        Peer witness = again.Join("walter");
        again.News(witness);
        witness.SendText("/who\n");
        Assert.Contains(
            again.News(witness),
            static line =>
                line.Contains("alice", StringComparison.Ordinal) && !line.Contains("carol", StringComparison.Ordinal)
        );
        again.Advance(Grace - TimeSpan.FromSeconds(1));
        Assert.Empty(again.News(witness));
        again.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(["-- alice left"], again.News(witness));
    }

    [Fact]
    public void A_guest_receives_the_last_lines_unchanged()
    {
        using (SteppedServer server = _folder.Start())
        {
            RichPeer alice = server.JoinRich("alice", person: 1);
            alice.Send("say 1 hello", "me 2 waves", "nick 3 alicia");
        }

        using SteppedServer again = _folder.Start();
        Assert.Equal(
            [
                "-- alice joined",
                "<alice> hello",
                "* alice waves",
                "-- alice is now alicia",
                "-- the server was started again",
            ],
            again.News(again.Join()).Skip(2).Take(5)
        );
    }
}
