using System.Text;
using Chat.Client;
using Chat.Client.Networking;
using Chat.Protocol;

namespace Chat.Tests.Client.Networking;

/// <summary>The events that a client makes from a correct rich server's lines.</summary>
public sealed class RichSessionTests
{
    private const string Epoch = "00112233aabbccdd";
    private const string OtherEpoch = "ffeeddccbbaa9988";

    private readonly UnacknowledgedQueue _queue = new();
    private readonly RosterQuery _roster = new();
    private readonly Queue<ChatEvent> _events = [];
    private readonly LinkOptions _options = new(default(HostPort));
    private readonly RichSession _session;

    public RichSessionTests() => _session = new RichSession(_queue, _roster);

    [Fact]
    public void Messages_of_several_rows_changes_and_answers_become_events()
    {
        Welcome("alice", from: 100, tail: 100);
        Hear(
            @"100 1 snippet bob 2.1 if ok:\n\tgo\\\e[1m",
            "200 1 edit bob 2.2 100 if so",
            "300 1 delete bob 2.3 100",
            "400 1 re bob 2.4 100 (to bob: \"if so\") yes: \"no\") ",
            "500 1 re bob 2.5 100 no quotation"
        );

        Assert.Equal(
            [
                (EventKind.Say, null, "", "if ok:\n\tgo\\\\e[1m"),
                (EventKind.Edit, 100, "", "if so"),
                (EventKind.Delete, 100, "", ""),
                (EventKind.Say, 100, "to bob: \"if so\"", "yes: \"no\") "),
                (EventKind.Say, 100, "", "no quotation"),
            ],
            _events
                .Where(static happened => happened.Offset is not null)
                .Select(static e => (e.Kind, e.Target, e.Quoted, e.Text))
        );
    }

    [Fact]
    public void A_snippet_above_the_bounds_is_not_shown()
    {
        Welcome("alice", from: 100, tail: 100);
        Hear(
            $"100 1 snippet bob 2.1 {string.Concat(Enumerable.Repeat(@"x\n", 600))}",
            $"99999 1 edit bob 2.2 100 {new string('x', ProtocolLimits.SnippetBytes + 1)}"
        );

        Assert.Equal(
            [
                "(a message has at most 500 lines, and this one has 601)",
                "(a message has at most 65536 bytes, and this one has 65537)",
            ],
            _events.Where(static happened => happened.Offset is not null).Select(static happened => happened.Text)
        );
    }

    [Fact]
    public void Changes_are_dropped_with_an_error_when_the_server_has_another_log()
    {
        Welcome("alice", from: 100, tail: 100);
        _queue.Say("edit", "50", "new");
        _queue.Say("say", "", "stays");
        _events.Clear();

        Welcome("alice", from: 0, tail: 0, epoch: OtherEpoch);

        Assert.Contains(
            _events,
            static happened =>
                happened
                    is {
                        Kind: EventKind.Error,
                        Text: "the server has another log now, so this was not sent: (edit) new"
                    }
        );
        Assert.Equal(["stays"], _queue.Texts);
    }

    [Fact]
    public void An_older_server_gets_a_snippet_row_by_row()
    {
        Welcome("alice", from: 100, tail: 100);
        _queue.Say("snippet", "", "if ok:\n\n\tgo");
        _queue.TakeNext();
        _events.Clear();

        Hear("err 1 this server knows no request called snippet");

        Assert.Empty(_events);
        Assert.Equal("say 2 if ok:\n", Encoding.UTF8.GetString(_queue.TakeNext()));
        Assert.Equal("say 3     go\n", Encoding.UTF8.GetString(_queue.TakeNext()));
        Assert.False(_queue.HasNext);
    }

    [Fact]
    public void Each_kind_of_line_becomes_an_event_with_all_fields()
    {
        Welcome("alice", from: 100, tail: 100);
        Hear(
            "100 1000 say bob 0 hi all",
            "200 1001 me bob 4.1 waves",
            "300 1002 tell bob 0 alice psst, you",
            "400 1003 join carol 0",
            "500 1004 leave carol 0 connection reset",
            "600 1005 leave dave 0",
            "700 1006 rename bob 0 robert",
            "800 1007 notice - 0 the server is shutting down; goodbye"
        );

        Assert.Equal(
            [
                new ChatEvent(EventKind.Say)
                {
                    Offset = 100,
                    UnixMilliseconds = 1000,
                    Name = "bob",
                    Text = "hi all",
                },
                new ChatEvent(EventKind.Me)
                {
                    Offset = 200,
                    UnixMilliseconds = 1001,
                    Name = "bob",
                    Text = "waves",
                },
                new ChatEvent(EventKind.Whisper)
                {
                    Offset = 300,
                    UnixMilliseconds = 1002,
                    Name = "bob",
                    To = "alice",
                    Text = "psst, you",
                },
                new ChatEvent(EventKind.Join)
                {
                    Offset = 400,
                    UnixMilliseconds = 1003,
                    Name = "carol",
                },
                new ChatEvent(EventKind.Leave)
                {
                    Offset = 500,
                    UnixMilliseconds = 1004,
                    Name = "carol",
                    Text = "connection reset",
                },
                new ChatEvent(EventKind.Leave)
                {
                    Offset = 600,
                    UnixMilliseconds = 1005,
                    Name = "dave",
                },
                new ChatEvent(EventKind.Rename)
                {
                    Offset = 700,
                    UnixMilliseconds = 1006,
                    Name = "bob",
                    Text = "robert",
                },
                new ChatEvent(EventKind.Notice)
                {
                    Offset = 800,
                    UnixMilliseconds = 1007,
                    Text = "the server is shutting down; goodbye",
                },
            ],
            Told()
        );
    }

    [Theory]
    [InlineData("1767323045000", "0", 1_767_323_045_000)]
    [InlineData("1767323045000", "1500", 1_767_323_046_500)]
    [InlineData("1767323045000", "-1500", 1_767_323_043_500)]
    [InlineData("1767323045000", "-1767323045001", null)]
    [InlineData("1767323045000", "9223372036854775807", null)]
    [InlineData("9223372036854775807", "9223372036854775807", null)]
    [InlineData("9223372036854775807", "-9223372036854775807", 0L)]
    public void The_time_of_a_line_counts_from_the_beginning_of_the_log(
        string begun,
        string time,
        long? unixMilliseconds
    )
    {
        Welcome("alice", from: 0, tail: 0, begun: begun);
        Hear($"0 {time} say bob 0 hello");

        Assert.Equal(unixMilliseconds, Assert.Single(Told()).UnixMilliseconds);
    }

    [Fact]
    public void The_time_before_a_gap_is_that_of_the_log_it_was_in()
    {
        Welcome("alice", from: 0, tail: 0, begun: "1000");
        Hear("0 5 say bob 0 before");
        Welcome("alice", from: 0, tail: 0, epoch: OtherEpoch, begun: "9000");
        Hear("0 7 say bob 0 after");

        Assert.Equal(
            [(EventKind.Say, 1005L), (EventKind.Gap, 1005L), (EventKind.Say, 9007L)],
            Told().Select(happened => (happened.Kind, happened.UnixMilliseconds))
        );
    }

    [Fact]
    public void Lines_before_the_join_are_history_and_later_lines_are_not()
    {
        Welcome("alice", from: 0, tail: 50);
        Hear("0 1 say bob 0 before", "50 2 say bob 0 after");

        Assert.Equal([true, false], Told().Select(happened => happened.IsHistory));
    }

    [Fact]
    public void Lines_missed_in_a_break_are_marked_as_missed()
    {
        Welcome("alice", from: 0, tail: 0);
        Hear("0 1 say bob 0 one");
        Welcome("alice", from: PlaceAfter("0 1 say bob 0 one"), tail: 500);
        Hear("100 2 say bob 0 two", "500 3 say bob 0 three");

        Assert.Equal(
            [(false, false), (false, true), (false, false)],
            Told().Select(happened => (happened.IsHistory, happened.IsMissed))
        );
    }

    [Fact]
    public void The_resume_offset_is_after_the_last_whole_line()
    {
        Welcome("alice", from: 0, tail: 0);
        Assert.EndsWith($" {Epoch} 0\n", Hello(), StringComparison.Ordinal);
        Hear("700 1 say bob 0 zwölf 漢字");

        Assert.EndsWith(
            $" {Epoch} {700 + Encoding.UTF8.GetByteCount("700 1 say bob 0 zwölf 漢字\n")}\n",
            Hello(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Lines_of_an_unknown_kind_move_the_resume_offset_and_answers_do_not()
    {
        Welcome("alice", from: 0, tail: 0);
        Hear("info 3 2 here: alice, bob", "pong 0", "40 1 dance bob 0 a polka");

        Assert.Equal(EventKind.Info, Assert.Single(Told()).Kind);
        Assert.EndsWith($" {Epoch} {PlaceAfter("40 1 dance bob 0 a polka")}\n", Hello(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("topic 0 the\u001b[2Jbuild", "the topic: the^[[2Jbuild")]
    [InlineData("topic 0", "there is no topic")]
    public void The_answer_for_the_topic_becomes_clean_words(string line, string words)
    {
        Welcome("alice", from: 0, tail: 0);
        Hear(line);

        Assert.Equal((EventKind.Info, words), Assert.Single(Told()) is var told ? (told.Kind, told.Text) : default);
    }

    [Fact]
    public void A_hello_without_an_offset_has_a_backlog_and_one_without_a_name_a_dash() =>
        Assert.Matches(
            "^hello - [0-9a-f]{32} [0-9a-f]{32} - 7\n$",
            Encoding.UTF8.GetString(_session.Hello(new LinkOptions(default) { BacklogLines = 7 }, token: 1))
        );

    [Theory]
    [InlineData(Epoch, 164, 64L)]
    [InlineData(Epoch, 60, null)]
    [InlineData(OtherEpoch, 100, null)]
    [InlineData(OtherEpoch, 164, null)]
    public void A_gap_has_its_size_if_known_and_the_time_of_the_line_before_it(string epoch, long from, long? bytes)
    {
        const string Last = "70 4711 say bob 0 last words.";
        Welcome("alice", from: 70, tail: 70);
        Hear(Last);
        Assert.Equal(100, PlaceAfter(Last));
        _events.Clear();

        Welcome("alice", from: from, tail: from, epoch: epoch);

        Assert.Equal(
            [
                new ChatEvent(EventKind.Gap)
                {
                    Bytes = bytes,
                    IsNewLog = epoch != Epoch,
                    UnixMilliseconds = 4711,
                },
            ],
            Told()
        );
    }

    [Fact]
    public void A_resume_without_loss_has_no_gap()
    {
        Welcome("alice", from: 300, tail: 300);
        Welcome("alice", from: 300, tail: 900);

        Assert.Empty(Told());
    }

    [Fact]
    public void No_line_is_shown_twice()
    {
        Welcome("alice", from: 0, tail: 0);
        Hear("0 1 say bob 0 once", "0 1 say bob 0 once", "5 1 say bob 0 half of it once more");

        Assert.Equal("once", Assert.Single(Told()).Text);
    }

    [Fact]
    public void Requested_lines_are_shown_again_and_keep_the_resume_offset()
    {
        Welcome("alice", from: 0, tail: 0);
        Hear("0 1 say bob 0 one", "100 2 say bob 0 two");
        _events.Clear();
        _session.ExpectReplay();

        Hear(
            "info 1 the last 2 lines again:",
            "0 1 say bob 0 one",
            "100 2 say bob 0 two",
            "200 3 say bob 0 three",
            "0 1 say bob 0 one"
        );

        Assert.Equal(
            [
                ("the last 2 lines again:", false),
                ("one", true),
                ("two", true),
                ("end of the repeated lines", false),
                ("three", false),
            ],
            Told().Select(happened => (happened.Text, happened.IsHistory))
        );
        Assert.EndsWith($" {PlaceAfter("200 3 say bob 0 three")}\n", Hello(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "0 1 say bob 0 one|100 2 say bob 0 two|200 3 say bob 0 three",
        "the last 2 lines again:|one|two|end of the repeated lines|three"
    )]
    [InlineData("200 3 say bob 0 three|300 4 say bob 0 four", "three|four")]
    public void History_requested_during_a_break_has_its_heading_directly_above_its_lines(string lines, string told)
    {
        Welcome("alice", from: 0, tail: 0);
        Hear("0 1 say bob 0 one", "100 2 say bob 0 two");
        _queue.Ask("history", "2");
        Welcome("alice", from: PlaceAfter("100 2 say bob 0 two"), tail: 400);
        Assert.StartsWith(
            $"history {RequestIds.History} 2",
            Encoding.UTF8.GetString(_queue.TakeNext()),
            StringComparison.Ordinal
        );
        _session.ExpectReplay();
        _events.Clear();

        Hear([$"info {RequestIds.History} the last 2 lines again:", .. lines.Split('|')]);

        Assert.Equal(told.Split('|'), Told().Select(static happened => happened.Text));
    }

    [Fact]
    public void The_clients_own_line_acknowledges_its_request_and_another_clients_line_does_not()
    {
        Welcome("alice", from: 0, tail: 0, seat: 9);
        _queue.Say("say", "", "mine");
        _queue.TakeNext();

        Hear("0 1 say bob 8.1 not mine");
        Assert.Equal(1, _queue.Count);
        Hear("100 2 say alice 9.1 mine");

        Assert.Equal(0, _queue.Count);
        Assert.Equal([(false, false), (true, true)], Told().Select(happened => (happened.Mine, happened.IsEcho)));
    }

    [Fact]
    public void A_refusal_is_an_acknowledgement_too()
    {
        Welcome("alice", from: 0, tail: 0);
        _queue.Say("nick", "", "server");
        _queue.TakeNext();

        Hear("err 1 That name is reserved, and so is what looks like it. (You are still alice.)");

        Assert.Equal(0, _queue.Count);
        Assert.Equal(
            [
                new ChatEvent(EventKind.Error)
                {
                    Text = "That name is reserved, and so is what looks like it. (You are still alice.)",
                },
            ],
            Told()
        );
    }

    [Fact]
    public void A_taken_line_without_an_echo_by_the_end_of_the_replay_is_reported_as_refused()
    {
        Welcome("alice", from: 0, tail: 0, seat: 9);
        _queue.Say("say", "", "first");
        _queue.Say("tell", "bob", "second");
        _queue.Say("say", "", "third");
        for (int i = 0; i < 3; i++)
            _queue.TakeNext();

        Welcome("alice", from: 0, tail: 300, seat: 9, taken: 2);
        Hear("0 1 say alice 9.1 first");
        Assert.DoesNotContain(Told(), happened => happened.Kind == EventKind.Error);
        Hear("300 1 say bob 0 news");

        Assert.Contains(
            "second",
            Assert.Single(Told(), happened => happened.Kind == EventKind.Error).Text,
            StringComparison.Ordinal
        );
        Assert.Equal("say 3 third\n", Encoding.UTF8.GetString(_queue.TakeNext()));
    }

    [Fact]
    public void A_rename_is_used_in_the_next_hello()
    {
        Welcome("alice", from: 0, tail: 0);
        Hear("0 1 rename alice 1.1 alicia");

        Assert.Equal("alicia", _session.Name);
        Assert.StartsWith("hello alicia ", Hello(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_reply_goes_to_the_last_whisperer_and_never_to_its_sender()
    {
        Welcome("alice", from: 0, tail: 0, seat: 9);
        Hear("0 1 tell bob 0 alice psst", "100 2 tell alice 9.4 bob what?");

        Assert.Equal("bob", _session.LastWhisperer);
    }

    [Fact]
    public void A_reply_follows_renames_and_never_reaches_another_person_with_the_name()
    {
        Welcome("alice", from: 0, tail: 0, seat: 9);
        Hear("0 1 tell bob 4.1 alice psst", "100 2 rename bob 4.2 robert", "200 2 rename carol 5.2 bob");
        Assert.Equal("robert", _session.LastWhisperer);
        Hear("300 3 leave robert 4.0", "400 3 join rob 6.0 robert");
        Assert.Equal("rob", _session.LastWhisperer);
        Hear("500 3 leave rob 6.0", "600 4 rename bob 5.3 rob");
        Assert.Null(_session.LastWhisperer);
    }

    [Fact]
    public void A_join_has_the_former_name_of_the_person()
    {
        Welcome("alice", from: 0, tail: 0);
        Hear("0 1 join rob 6.0 robert");

        ChatEvent joined = Assert.Single(Told());
        Assert.Equal(("rob", "robert", ""), (joined.Name, joined.Former, joined.Text));
    }

    [Theory]
    [InlineData("pong 0", "you are zed here already; --name lv was not taken")]
    [InlineData("info 0 lv is here already; you are zed", "lv is here already; you are zed")]
    public void A_chosen_name_that_is_not_assigned_is_reported_once(string next, string told)
    {
        _session.Hello(_options with { Name = "lv", IsNameChosen = true }, token: 1);
        Welcome("zed", from: 0, tail: 0);
        Hear(next, "pong 0");

        Assert.Equal(told, Assert.Single(Told()).Text);
    }

    [Theory]
    [InlineData("zed", true)]
    [InlineData("lv", false)]
    public void An_assigned_or_unchosen_name_is_not_reported(string name, bool isChosen)
    {
        _session.Hello(_options with { Name = name, IsNameChosen = isChosen }, token: 1);
        Welcome("zed", from: 0, tail: 0);
        Hear("pong 0");

        Assert.Empty(Told());
    }

    private void Welcome(
        string name,
        long from,
        long tail,
        long seat = 1,
        long taken = 0,
        string epoch = Epoch,
        string begun = "0"
    ) =>
        Assert.True(
            _session.TryWelcome(
                Encoding.UTF8.GetBytes($"welcome {name} {epoch} {begun} {seat} {from} {tail} {taken}"),
                _events
            )
        );

    private void Hear(params string[] lines)
    {
        foreach (string line in lines)
            _session.HandleLine(Encoding.UTF8.GetBytes(line), _events);
    }

    private static long PlaceAfter(string line) =>
        long.Parse(line.Split(' ')[0]) + Encoding.UTF8.GetByteCount(line) + 1;

    private string Hello() => Encoding.UTF8.GetString(_session.Hello(_options, token: 1));

    private ChatEvent[] Told() => [.. _events];
}
