using Chat.Protocol;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>
/// Rich clients at a stepped server: identity, seats and announcements when connections break, double or time
/// out.
/// </summary>
public sealed class RichMembersTests : IDisposable
{
    private static readonly TimeSpan Dead = TimeSpan.FromMilliseconds(ProtocolLimits.DeadMilliseconds),
        Grace = TimeSpan.FromMilliseconds(ServerLimits.GraceMilliseconds),
        Second = TimeSpan.FromSeconds(1);

    private readonly SteppedServer _server = new(Readiness.Epoll, SteppedServer.Unbounded);

    public void Dispose() => _server.Dispose();

    [Fact]
    public void A_late_hello_is_valid_before_any_text()
    {
        Peer witness = _server.Join("walter"),
            late = _server.Join();

        RichPeer alice = RichPeer.Hello(_server, late, "alice", person: 1, seat: 1, "- 0");
        alice.Send("say 1 here I am");

        Assert.Equal("alice", alice.Name);
        Assert.Equal(
            ["-- guest joined", "-- guest left", "-- alice joined", "<alice> here I am"],
            _server.News(witness)[^4..]
        );
    }

    [Fact]
    public void A_hello_after_the_first_line_is_text()
    {
        Peer witness = _server.Join("walter"),
            late = _server.Join();
        string hello = RichPeer.HelloLine("alice", 1, 1, "- 0");
        _server.Skip(witness);

        _server.Say(late, "good morning", hello);

        Assert.Equal(["<guest> good morning", $"<guest> {hello}"], _server.News(witness));
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("hello everybody")]
    [InlineData("hello bob")]
    [InlineData("hello world how are you")]
    [InlineData("hello alice - - - 20")]
    [InlineData("hello 0123456789abcdef is the epoch")]
    [InlineData("hellos 00000000000000000000000000000001")]
    public void A_hello_without_a_secret_is_text(string line)
    {
        Peer witness = _server.Join("walter");
        _server.Skip(witness);
        Peer peer = _server.Connect();

        _server.Say(peer, line, "the next");

        Assert.Equal(["-- guest joined", $"<guest> {line}", "<guest> the next"], _server.News(witness));
    }

    [Theory]
    [InlineData("hello alice a11ce0a11ce0a11ce0a11ce0a11ce0a1 5ea15ea15ea15ea15ea15ea15ea15ea1 - 0 1")]
    [InlineData("hello alice - 00000000000000000000000000000001 -")]
    [InlineData("hello alice - 00000000000000000000000000000001 - 20 ")]
    [InlineData("hello alice - 00000000000000000000000000000001 - -1")]
    [InlineData("hello alice - 00000000000000000000000000000001 - 99999999999999999999")]
    [InlineData("hello alice - 00000000000000000000000000000000 - 20")]
    [InlineData("hello alice 123 00000000000000000000000000000001 - 20")]
    [InlineData("hello alice a11ce0a11ce0a11ce0a11ce0a11ce0a 5ea1 - 20")]
    [InlineData("hello alice - 00000000000000000000000000000001 123 20")]
    [InlineData("hello  alice\ta11ce0a11ce0a11ce0a11ce0a11ce0a1")]
    [InlineData("Hello alice - 00000000000000000000000000000001 - 20")]
    [InlineData(" hello alice - 00000000000000000000000000000001 - 20")]
    public void A_malformed_hello_is_answered_and_its_secret_is_not_relayed(string line)
    {
        Peer witness = _server.Join("walter"),
            late = _server.Join();
        _server.Skip(witness);
        Peer early = _server.Connect();
        early.SendText(line + "\nsay 1 hi\n");
        late.SendText(line + "\n");

        early.WaitForEnd();
        late.WaitForEnd();

        const string Answer =
            "-- this hello cannot be read, and was not said: send hello NAME TOKEN SEAT EPOCH OFFSET with single spaces";
        Assert.Equal([Answer, Answer], [early.Lines[^1], late.Lines[^1]]);
        Assert.Equal(["-- guest left (sent away)"], _server.News(witness));
    }

    [Fact]
    public void A_hello_after_an_empty_line_is_a_hello()
    {
        Peer witness = _server.Join("walter");
        _server.Skip(witness);

        _server.Connect().SendText($"\n{RichPeer.HelloLine("alice", 1, 1, "- 0")}\n");

        Assert.Equal(["-- alice joined"], _server.News(witness));
    }

    [Theory]
    [InlineData("hello alice 0123456789")]
    [InlineData("hello alice 0123456789abcdef0123456789abcdef 00000000000000000000000000000001 0123456789abcdef 12")]
    [InlineData("hello alice - 0000000000")]
    [InlineData("hello alice - 00000000000000000000000000000001 0123456789abcdef 12")]
    public void Half_a_hello_is_neither_a_hello_nor_text_and_reveals_no_secret(string begun)
    {
        Peer witness = _server.Join("walter");
        _server.Skip(witness);
        Peer peer = _server.Connect();

        peer.SendText(begun);
        peer.HalfClose();
        _server.Settle();

        peer.WaitForEnd();
        Assert.Single(peer.Lines);
        Assert.Empty(_server.News(witness));
    }

    [Fact]
    public void A_silent_client_is_disconnected_and_leaves_after_the_grace()
    {
        Peer witness = _server.Join("walter");
        RichPeer silent = _server.JoinRich("alice", person: 1),
            talks = _server.JoinRich("bob", person: 2);
        _server.Skip(witness);

        Pass(Dead - Second, talks);
        silent.Peer.Pump();
        Assert.False(silent.Peer.Ended);
        Pass(2 * Second, talks);
        silent.Peer.Pump();
        Assert.True(silent.Peer.Ended);
        Assert.Empty(_server.News(witness));

        Pass(Grace - 2 * Second, talks);
        Assert.Empty(_server.News(witness));
        Pass(3 * Second, talks);
        Assert.Equal(["-- alice left (connection lost)"], _server.News(witness));
        talks.Peer.Pump();
        Assert.False(talks.Peer.Ended);
    }

    [Fact]
    public void A_silent_plain_tool_stays_connected()
    {
        Peer silent = _server.Join("alice");
        Pass(4 * Dead);
        silent.Pump();
        Assert.False(silent.Ended);
    }

    [Fact]
    public void A_second_connection_replaces_the_broken_one_without_an_announcement()
    {
        Peer witness = _server.Join("walter");
        RichPeer ghost = _server.JoinRich("alice", person: 1);
        ghost.Send("say 1 before");
        ghost.News();
        _server.Skip(witness);
        int connections = _server.Server.Connections;

        RichPeer back = _server.JoinRich("alice", person: 1, place: ghost.Place);

        ghost.Peer.WaitForEnd();
        Assert.Equal(connections, _server.Server.Connections);
        Assert.Equal(("alice", ghost.Seat, 1), (back.Name, back.Seat, back.Taken));
        Assert.DoesNotContain(back.News(), static line => line.Contains("alice", StringComparison.Ordinal));
        Pass(Grace + Second, back);
        Assert.Empty(_server.News(witness));
    }

    [Fact]
    public void Two_returns_in_one_pass_leave_one_connection_of_the_client()
    {
        Peer witness = _server.Join("walter");
        RichPeer first = _server.JoinRich("alice", person: 1);
        _server.Skip(witness);
        int connections = _server.Server.Connections;
        Peer second = _server.Connect(),
            third = _server.Connect();

        second.SendText(RichPeer.HelloLine("alice", person: 1, seat: 1, first.Place) + "\n");
        third.SendText(RichPeer.HelloLine("alice", person: 1, seat: 1, first.Place) + "\n");
        _server.Settle();

        Assert.Equal(connections, _server.Server.Connections);
        first.Peer.WaitForEnd();
        Peer[] both = [second, third];
        Array.ForEach(both, static peer => peer.Pump());
        Peer left = Assert.Single(both, static peer => !peer.Ended);
        left.WaitForLine(static line => line.StartsWith("welcome alice ", StringComparison.Ordinal), "the welcome");
        left.SendText("say 1 back again\n");
        Assert.Equal(["<alice> back again"], _server.News(witness));
    }

    [Fact]
    public void A_second_client_of_a_person_is_a_second_seat_and_the_last_to_leave_leaves()
    {
        Peer witness = _server.Join("walter");
        RichPeer one = _server.JoinRich("alice", person: 1);
        _server.Skip(witness);

        RichPeer two = _server.JoinRich("alicia", person: 1, seat: 2);
        two.News();
        one.Send("say 1 from the desk");
        two.Send("say 1 from the sofa");

        Assert.Equal("alice", two.Name);
        Assert.Equal([$"say alice {one.Seat}.1 from the desk", $"say alice {two.Seat}.1 from the sofa"], two.News());
        one.Send("bye");
        Assert.Equal(["<alice> from the desk", "<alice> from the sofa"], _server.News(witness));
        two.Send("bye");
        Assert.Equal(["-- alice left"], _server.News(witness));
    }

    [Fact]
    public void Every_seat_of_sender_and_recipient_receives_a_whisper()
    {
        RichPeer alice = _server.JoinRich("alice", person: 1),
            bob = _server.JoinRich("bob", person: 2);
        RichPeer sofa = _server.JoinRich("alice", person: 1, seat: 2),
            carol = _server.JoinRich("carol", person: 3);
        foreach (RichPeer one in (RichPeer[])[alice, bob, sofa, carol])
            one.News();

        bob.Send("tell 1 alice psst");

        string whisper = $"tell bob {bob.Seat}.1 alice psst";
        Assert.Equal(whisper, Assert.Single(alice.News()));
        Assert.Equal(whisper, Assert.Single(sofa.News()));
        Assert.Equal(whisper, Assert.Single(bob.News()));
        Assert.Empty(carol.News());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_short_break_shows_the_others_nothing_and_brings_just_what_was_missed(bool reset)
    {
        Peer witness = _server.Join("walter");
        RichPeer alice = _server.JoinRich("alice", person: 1);
        alice.News();
        _server.Skip(witness);

        if (reset)
            _server.Reset(alice.Peer);
        else
            alice.Peer.HalfClose();
        Pass(Grace - 2 * Second);
        _server.Say(witness, "meanwhile");
        RichPeer back = _server.JoinRich("alice", person: 1, place: alice.Place);
        Pass(4 * Second, back);

        Assert.Equal(alice.Offset, back.From);
        Assert.Single(back.News(), "say walter 0 meanwhile");
        Assert.Empty(_server.News(witness));
    }

    [Fact]
    public void A_long_break_is_a_leave_with_its_reason_and_the_return_a_join_under_the_same_name()
    {
        Peer witness = _server.Join("walter");
        RichPeer alice = _server.JoinRich("alice", person: 1);
        alice.Send("say 1 hello");
        _server.Skip(witness);

        _server.Reset(alice.Peer);
        Pass(Grace + 2 * Second);
        Assert.Equal(["-- alice left (connection reset)"], _server.News(witness));
        Assert.Equal("alice2", _server.JoinRich("alice", person: 2).Name);
        Assert.Equal("alice", _server.JoinRich("alice", person: 1).Name);
        Assert.Equal(["-- alice2 joined", "-- alice joined"], _server.News(witness));
    }

    [Fact]
    public void A_goodbye_leaves_at_once()
    {
        Peer witness = _server.Join("walter");
        RichPeer alice = _server.JoinRich("alice", person: 1);
        _server.Skip(witness);

        alice.Send("say 1 that is all", "bye");

        alice.Peer.WaitForEnd();
        Assert.Contains(alice.News(), static line => line.EndsWith(" that is all", StringComparison.Ordinal));
        Assert.Equal(["<alice> that is all", "-- alice left"], _server.News(witness));
    }

    [Fact]
    public void A_client_without_identity_leaves_when_its_connection_breaks_and_frees_its_name()
    {
        Peer witness = _server.Join("walter");
        RichPeer nobody = _server.JoinRich("alice", person: 0);
        _server.Skip(witness);

        _server.Reset(nobody.Peer);

        Assert.Equal(["-- alice left (connection reset)"], _server.News(witness));
        Assert.Equal("alice", _server.JoinRich("alice", person: 2).Name);
    }

    [Theory]
    [InlineData("ab", "ab")]
    [InlineData("-", "guest")]
    [InlineData("server", "guest")]
    [InlineData("1st", "guest")]
    [InlineData("\e[31m", "guest")]
    public void The_requested_name_is_assigned_when_it_is_free(string wanted, string given) =>
        Assert.Equal(given, _server.JoinRich(wanted, person: 1).Name);

    [Fact]
    public void A_goodbye_of_another_client_of_the_person_keeps_the_seat_of_a_broken_one()
    {
        RichPeer alice = _server.JoinRich("alice", person: 1);
        alice.Send("say 1 once");
        _server.Close(alice.Peer);
        for (int seat = 2; seat < 2 * ServerLimits.SeatsRemembered; seat++)
            _server.JoinRich("alice", person: 1, seat).Send("say 1 on the way", "bye");
        Assert.Equal(
            (alice.Seat, 1),
            (_server.JoinRich("alice", person: 1).Seat, _server.JoinRich("alice", person: 1).Taken)
        );
    }

    [Fact]
    public void A_line_sent_with_the_clock_before_the_beginning_has_a_negative_time()
    {
        RichPeer alice = _server.JoinRich("alice", person: 1);
        _server.Clock.SetWallClock(DateTimeOffset.FromUnixTimeMilliseconds(alice.Begun - 3_600_000));
        alice.Send("say 1 an hour earlier");
        _server.Clock.SetWallClock(DateTimeOffset.FromUnixTimeMilliseconds(alice.Begun + 1));
        alice.Send("say 2 just now");

        Assert.Equal(["-3600000", "1"], alice.TimesOf("an hour earlier", "just now"));
    }

    [Fact]
    public void An_offset_of_another_log_begins_with_the_earliest_line()
    {
        RichPeer alice = _server.JoinRich("alice", person: 1);
        alice.Send("say 1 hello");
        alice.News();
        foreach (
            string place in (string[])
                [
                    $"0123456789abcdef {alice.Offset}",
                    $"{alice.Epoch} {alice.Offset + 1}",
                    $"{alice.Epoch} {alice.Offset - 1}",
                    $"{alice.Epoch} {long.MaxValue}",
                ]
        )
        {
            RichPeer back = _server.JoinRich("alice", person: 1, place: place);
            Assert.Equal((0, alice.Epoch), (back.From, back.Epoch));
            Assert.Equal($"say alice {alice.Seat}.1 hello", back.News()[^1]);
        }
    }

    [Fact]
    public void Joining_at_the_oldest_line_of_a_full_ring_survives_the_join_announcement()
    {
        Peer alice = _server.Join("alice");
        _server.KeepReading(alice);
        // The lines have every length and fill the ring several times, so the oldest whole line starts
        // anywhere.
        _server.Say(
            alice,
            [
                .. Enumerable
                    .Range(0, 3 * ServerLimits.LogBytes / 1000)
                    .Select(static i => $"{i} {new string('x', 900 + (i % 97))}"),
            ]
        );
        for (int person = 1; person <= 20; person++)
        {
            RichPeer late = _server.JoinRich($"late{person}", person, place: "0123456789abcdef 5");
            Assert.StartsWith("say alice", late.News()[0], StringComparison.Ordinal);
            Assert.InRange(late.Tail - late.From, ServerLimits.LogBytes / 2, ServerLimits.LogBytes);
            alice.SendText($"{person} is here\n");
        }
    }

    [Fact]
    public void Resuming_at_the_oldest_line_of_a_full_ring_survives_the_join_announcement()
    {
        Peer alice = _server.Join("alice");
        _server.KeepReading(alice);
        RichPeer early = _server.JoinRich("early", person: 1);
        early.News();
        string line = new('x', 1000);
        _server.Say(
            alice,
            [.. Enumerable.Range(0, (ServerLimits.LogBytes - 50_000) / 1100).Select(i => $"{i} {line}")]
        );
        long left = early.Offset + ServerLimits.LogBytes - _server.JoinRich("probe", person: 2, place: "- 0").Tail;
        _server.Say(alice, [.. Enumerable.Range(0, (int)((left - 7000) / 1100)).Select(i => $"more {i} {line}")]);

        // A join takes about 200 bytes, so the place is overwritten after about 100 joins. At most 20 a second
        // are announced.
        RichPeer? late = null;
        for (int person = 3; person < 300 && (late is null || late.From == early.Offset); person++)
        {
            late = _server.JoinRich($"late{person}", person, place: early.Place);
            if (person % 10 == 0)
                _server.Advance(Second);
        }
        Assert.True(late!.From > early.Offset);
        Assert.DoesNotContain(
            _server.Log.Lines,
            static entry => entry.Contains("fell too far behind", StringComparison.Ordinal)
        );
    }

    // The clock moves one second at a time. The clients that stay send a ping every few seconds.
    private void Pass(TimeSpan time, params RichPeer[] alive)
    {
        for (; time > TimeSpan.Zero; time -= Second)
        {
            _server.Advance(Second);
            foreach (RichPeer one in alive)
                one.Peer.SendText("ping 0\n");
        }
        _server.Settle();
    }
}
