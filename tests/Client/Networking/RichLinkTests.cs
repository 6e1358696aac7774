using Chat.Client;
using Chat.Client.Commands;
using Chat.Client.Networking;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Tests.Support;
using static Chat.Tests.Support.ScriptedServer;

namespace Chat.Tests.Client.Networking;

/// <summary>The link on a rich server: join, break, return and leave.</summary>
public sealed class RichLinkTests
{
    private static readonly EventKind[] Conversation =
    [
        EventKind.Say,
        EventKind.Me,
        EventKind.Whisper,
        EventKind.Gap,
        EventKind.Line,
    ];

    [Fact]
    public void A_refusal_in_place_of_the_greeting_ends_the_link()
    {
        using ScriptedServer server = new();
        server.Accept();
        server.Send("-- you are banned from this room for 2 h [chat/1]\n");
        server.Until(() => server.Link.State == LinkState.Ended);

        Assert.Equal("you are banned from this room for 2 h", server.Link.Ending);
        Assert.Empty(server.Words(EventKind.Say));
    }

    [Fact]
    public void A_room_that_is_full_after_a_break_is_called_until_it_has_a_place()
    {
        const string Full = "the room is full: 2 are here; try again later";
        using ScriptedServer server = ScriptedServer.WithMember();
        server.Break();
        for (int call = 0; call < 3; call++)
        {
            server.Accept();
            server.Send($"-- {Full} [chat/1] [later]\n");
            server.Until(() => server.Link.State == LinkState.Waiting);
            server.Clock.Advance(TimeSpan.FromMilliseconds(server.Link.RetryMilliseconds));
        }

        Assert.Equal(
            1,
            server.Events.Count(static e => e is { Kind: EventKind.Link, State: LinkState.Lost, Text: Full })
        );
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 100 100 0\n");
        server.Until(() => server.Link.State == LinkState.Joined);
    }

    [Fact]
    public void The_hello_is_sent_after_the_mark_only()
    {
        using ScriptedServer server = new(options => options with { Identity = 0xA, BacklogLines = 20 });
        server.Link.Say("early");
        server.Accept();
        server.Send("Welcome to this chatroom! [chat/1]");
        Assert.True(server.IsSilent);

        server.Send("\n");

        string token = $"{RoomToken.InTheClear(0xA, server.EndPoint):x32}";
        Assert.Matches($"^hello alice {token} [0-9a-f]{{32}} - 20$", server.Hear());
        Assert.True(server.IsSilent);
        server.Send($"welcome alice {Epoch} 0 7 100 100 0\n");
        Assert.Equal("say 1 early", server.Hear());
        Assert.Equal("alice", server.Link.Name);
    }

    [Fact]
    public void A_welcome_after_plain_lines_is_a_welcome()
    {
        using ScriptedServer server = new();
        server.Greet();
        server.Link.Say("mine");
        server.Send("-- you are guest; /nick NAME takes a name, /help says what else there is\n");

        server.Pass(ProtocolLimits.DeadMilliseconds - 1);
        Assert.True(server.IsSilent);
        server.Send($"welcome alice {Epoch} 0 7 100 100 0\n");

        Assert.Equal("say 1 mine", server.Hear());
    }

    [Fact]
    public void Text_in_place_of_a_welcome_is_shown_when_the_server_closes()
    {
        using ScriptedServer server = new();
        server.Greet();
        server.Send("-- the room is full: 10000 are here; try again later\n");
        server.EndSpeech();

        server.Until(() => server.Link.State == LinkState.Waiting);

        Assert.Contains("-- the room is full: 10000 are here; try again later", server.Words(EventKind.Line));
    }

    [Fact]
    public void A_server_that_never_answers_the_hello_is_dead()
    {
        using ScriptedServer server = new();
        server.Greet();

        server.Pass(ProtocolLimits.DeadMilliseconds - 1);
        Assert.Equal(LinkState.Greeting, server.Link.State);
        server.Pass(1);

        Assert.Equal(LinkState.Waiting, server.Link.State);
    }

    [Fact]
    public void After_a_break_the_session_resumes_with_its_offset_and_identity()
    {
        using ScriptedServer server = WithMember();
        server.Send("100 1000 say bob 0 one\n" + "140 1000 nonsense bob 0 of a later version\n");
        server.Until(() => server.Words(EventKind.Say).Any());

        server.Break();
        string hello = server.Greet();
        Assert.EndsWith(
            $" {Epoch} {140 + "140 1000 nonsense bob 0 of a later version\n".Length}",
            hello,
            StringComparison.Ordinal
        );
        server.Send(
            $"welcome alice {Epoch} 0 7 183 300 0\n" + "183 1001 say bob 0 two\n" + "210 1002 say bob 0 three\n"
        );
        server.Until(() => server.Words(EventKind.Say).Count() == 3);

        Assert.Equal(
            ["one", "two", "three"],
            server.Events.Where(e => Conversation.Contains(e.Kind)).Select(e => e.Text).Skip(1)
        );
        Assert.All(server.Events.Where(e => e.Kind == EventKind.Say), e => Assert.False(e.IsHistory));
    }

    [Fact]
    public void Unacknowledged_lines_are_sent_again_once_and_in_order()
    {
        using ScriptedServer server = WithMember();
        foreach (string line in (string[])["one", "two", "three"])
            server.Link.Say(line);
        Assert.Equal("say 1 one", server.Hear());
        Assert.Equal("say 2 two", server.Hear());
        Assert.Equal("say 3 three", server.Hear());
        server.Send("100 1000 say alice 7.1 one\n");
        server.Until(() => server.Link.UnsentCount == 2);

        server.Break();
        server.Link.Say("four");
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 127 154 2\n" + "127 1000 say alice 7.2 two\n");

        Assert.Equal("say 3 three", server.Hear());
        Assert.Equal("say 4 four", server.Hear());
        Assert.True(server.IsSilent);
        Assert.Empty(server.Words(EventKind.Error));
        server.Send("154 1001 say alice 7.3 three\n" + "183 1001 say alice 7.4 four\n");
        server.Until(() => server.Link.UnsentCount == 0);
        Assert.Equal(["one", "two", "three", "four"], server.Words(EventKind.Say));
        Assert.All(server.Events.Where(e => e.Kind == EventKind.Say), e => Assert.True(e.Mine && e.IsEcho));
    }

    [Fact]
    public void A_taken_line_without_an_echo_is_reported_as_refused()
    {
        using ScriptedServer server = WithMember();
        server.Link.Say("/msg zoe hello");
        Assert.Equal("tell 1 zoe hello", server.Hear());

        server.Break();
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 100 124 1\n");
        server.Pass(0);
        Assert.Empty(server.Words(EventKind.Error));
        server.Send("100 1000 say bob 0 hello\n");

        server.Until(() => server.Words(EventKind.Error).Any());
        Assert.Equal(
            "the server refused this; the reason was lost with the old connection: hello",
            Assert.Single(server.Words(EventKind.Error))
        );
        Assert.Equal(0, server.Link.UnsentCount);
    }

    [Fact]
    public void A_line_that_may_lie_in_a_gap_is_not_reported_as_refused()
    {
        using ScriptedServer server = WithMember();
        server.Link.Say("hello");
        server.Hear();

        server.Break();
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 500 500 1\n");

        server.Until(() => server.Words(EventKind.Error).Any());
        Assert.StartsWith(
            "the server took this, but",
            Assert.Single(server.Words(EventKind.Error)),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(Epoch, 226, 100L)]
    [InlineData(Epoch, 12, null)]
    [InlineData(OtherEpoch, 126, null)]
    public void A_gap_is_reported_and_the_old_offset_is_dropped(string epoch, int from, long? bytes)
    {
        using ScriptedServer server = WithMember();
        server.Send("100 1000 say bob 0 before\n");
        server.Until(() => server.Words(EventKind.Say).Any());

        server.Break();
        server.Greet();
        server.Send($"welcome alice {epoch} 0 7 {from} {from} 0\n" + $"{from} 2000 say bob 0 after\n");
        server.Until(() => server.Words(EventKind.Say).Count() == 2);

        ChatEvent gap = Assert.Single(server.Events, e => e.Kind == EventKind.Gap);
        Assert.Equal((bytes, 1000L), (gap.Bytes, gap.UnixMilliseconds));
    }

    [Fact]
    public void A_first_session_reports_no_gap() =>
        Assert.DoesNotContain(Joined().Events, e => e.Kind == EventKind.Gap);

    [Fact]
    public void The_link_pings_only_when_it_has_sent_nothing_else()
    {
        using ScriptedServer server = WithMember();
        server.Pass(ProtocolLimits.HeartbeatMilliseconds - 1);
        Assert.True(server.IsSilent);
        server.Link.Say("hello");
        Assert.Equal("say 1 hello", server.Hear());
        server.Send("100 1000 say alice 7.1 hello\n");

        server.Pass(ProtocolLimits.HeartbeatMilliseconds - 1);
        Assert.True(server.IsSilent);
        server.Pass(1);

        Assert.Equal("ping 0", server.Hear());
    }

    [Fact]
    public void A_server_that_sends_nothing_is_dead()
    {
        using ScriptedServer server = WithMember();
        server.Pass(ProtocolLimits.DeadMilliseconds - 1);
        Assert.Equal(LinkState.Joined, server.Link.State);
        server.Send("pong 0\n");
        server.Pass(ProtocolLimits.DeadMilliseconds - 1);
        Assert.Equal(LinkState.Joined, server.Link.State);

        server.Pass(1);

        Assert.Equal(LinkState.Waiting, server.Link.State);
        Assert.Equal("the server has fallen silent", Assert.Single(server.Events, e => e.State == LinkState.Lost).Text);
    }

    [Fact]
    public void A_server_that_announces_its_end_is_called_again()
    {
        using ScriptedServer server = WithMember();
        server.Send("100 1000 notice - 0 the server is shutting down; goodbye\n");
        server.EndSpeech();
        server.Until(() => server.Link.State == LinkState.Waiting);

        server.Clock.Advance(TimeSpan.FromMilliseconds(server.Link.RetryMilliseconds));
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 158 158 0\n");
        server.Until(() => server.Link.State == LinkState.Joined);

        LinkState?[] states =
        [
            LinkState.Connecting,
            LinkState.Joined,
            LinkState.Lost,
            LinkState.Waiting,
            LinkState.Connecting,
            LinkState.Joined,
        ];
        Assert.Equal(states, server.Events.Where(e => e.Kind == EventKind.Link).Select(e => e.State));
    }

    [Fact]
    public void A_mark_that_is_late_after_a_break_is_waited_for()
    {
        using ScriptedServer server = WithMember();
        server.Break();
        server.Link.Say("mine");
        server.Accept();

        server.Pass(10 * ClientLimits.MarkMilliseconds);
        Assert.Equal(LinkState.Greeting, server.Link.State);
        server.Send(PlainWire.Greeting);

        Assert.StartsWith("hello alice ", server.Hear(), StringComparison.Ordinal);
        Assert.True(server.IsSilent);
    }

    [Fact]
    public void A_changed_name_is_requested_after_a_break()
    {
        using ScriptedServer server = WithMember();
        server.Link.Say("/nick carol");
        Assert.Equal("nick 1 carol", server.Hear());
        server.Send("100 1000 rename alice 7.1 carol\n");
        server.Until(() => server.Link.Name == "carol");
        Assert.Equal(0, server.Link.UnsentCount);

        server.Break();

        Assert.StartsWith("hello carol ", server.Greet(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_rename_from_the_own_name_changes_no_name()
    {
        using ScriptedServer server = new();
        server.Greet();
        server.Send(
            $"welcome alice {Epoch} 0 7 0 200 0\n" + "0 1000 rename alice 3.1 zoe\n" + "100 1000 say bob 0 hello\n"
        );
        server.Until(() => server.Words(EventKind.Say).Any());

        Assert.Equal("alice", server.Link.Name);
    }

    [Fact]
    public void The_link_leaves_only_after_everything_is_acknowledged()
    {
        using ScriptedServer server = WithMember();
        server.Link.Say("last words");
        server.Link.Say("/nick server");
        server.Link.Finish();
        Assert.Equal("say 1 last words", server.Hear());
        Assert.Equal("nick 2 server", server.Hear());
        Assert.True(server.IsSilent);
        server.Send("err 2 that name is reserved, and so is what looks like it\n");
        Assert.True(server.IsSilent);
        server.Send("100 1000 say alice 7.1 last words\n");

        Assert.Equal("bye", server.Hear());
        Assert.NotEqual(LinkState.Ended, server.Link.State);
        server.Send("info 0 goodbye\n");
        server.EndSpeech();
        server.Until(() => server.Link.State == LinkState.Ended);

        Assert.Null(server.Link.Ending);
        Assert.Equal("goodbye", Assert.Single(server.Words(EventKind.Info)));
    }

    [Fact]
    public void A_script_gives_up_a_server_that_accepts_no_data_even_between_two_connections()
    {
        using ScriptedServer server = WithMember(options =>
            options with
            {
                GivesUp = true,
                TimeoutMilliseconds = 60_000,
            }
        );
        server.Link.Say("important");
        server.Hear();
        server.Break();
        server.Accept();

        server.Pass(60_000 - 1_000 - 1);
        Assert.NotEqual(LinkState.Ended, server.Link.State);
        server.Pass(1_001);

        Assert.Equal("the server accepted no data for 60 s; 1 line may not have been said", server.Link.Ending);
    }

    [Fact]
    public void A_script_is_told_of_each_search_without_an_answer()
    {
        using ScriptedServer server = WithMember(options => options with { TimeoutMilliseconds = 60_000 });
        server.Link.Find("one", new InputOrigin(1));
        server.Link.Find("two", new InputOrigin(2));
        server.Link.Finish();
        Assert.Equal("find 0 0 one", server.Hear());
        server.Send("finding 0\n");
        for (int i = 0; i < 6; i++)
        {
            server.Pass(10_000);
            server.Send("pong 0\n");
        }

        server.Until(() => server.Link.State == LinkState.Ended);
        Assert.Null(server.Link.Ending);
        Assert.Equal(
            [(1, "the server did not answer within 60 s"), (2, "the server did not answer within 60 s")],
            server.Events.Where(e => e.Kind == EventKind.Error).Select(e => (e.Origin.Line, e.Text))
        );
    }

    [Fact]
    public void A_script_is_told_that_the_connection_broke_before_the_answer_to_its_search()
    {
        using ScriptedServer server = WithMember();
        server.Link.Find("one", new InputOrigin(1));
        server.Link.Finish();
        Assert.Equal("find 0 0 one", server.Hear());
        server.EndSpeech();

        server.Until(() => server.Link.State == LinkState.Ended);
        Assert.Equal("the connection broke before the answer", Assert.Single(server.Words(EventKind.Error)));
    }

    [Fact]
    public void A_client_at_a_terminal_waits_without_a_timeout()
    {
        using ScriptedServer server = WithMember();
        server.Link.Say("important");
        server.Hear();

        for (int minute = 0; minute < 5; minute++)
        {
            server.Break();
            server.Accept();
            server.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.NotEqual(LinkState.Ended, server.Link.State);
        Assert.Equal(1, server.Link.UnsentCount);
    }

    [Fact]
    public void Too_many_unacknowledged_bytes_stop_the_input()
    {
        using ScriptedServer server = WithMember();
        int said = 0;
        while (server.Link.TakesLines)
        {
            server.Link.Say(new string('x', 1000));
            said++;
        }

        Assert.InRange(said, ClientLimits.OutboxBytes / 2000, ClientLimits.OutboxBytes / 1000);
        server.Hear();
        Assert.False(server.Link.TakesLines);
        server.Send("100 1000 say alice 7.1 " + new string('x', 1000) + "\n");
        server.Until(() => server.Link.TakesLines);
    }

    [Fact]
    public void A_long_text_is_sent_in_numbered_pieces_and_none_becomes_a_command()
    {
        using ScriptedServer server = WithMember();
        server.Link.Say("/me " + new string('x', ProtocolLimits.TextBytes) + "/quit");

        Assert.Equal($"me 1 {new string('x', ProtocolLimits.TextBytes)}", server.Hear());
        Assert.Equal("me 2 /quit", server.Hear());
    }

    [Fact]
    public void Requested_history_is_shown_again_and_does_not_move_the_resume_offset()
    {
        using ScriptedServer server = WithMember();
        server.Send("100 1000 say bob 0 one\n");
        server.Until(() => server.Words(EventKind.Say).Any());
        server.Break();
        server.Link.Say("/history 1");
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 123 123 0\n");
        Assert.StartsWith("history ", server.Hear(), StringComparison.Ordinal);
        server.Send(
            "info 0 the last 1 lines again:\n"
                + "100 1000 say bob 0 one\n"
                + "123 1001 say bob 0 two\n"
                + "100 1000 say bob 0 one\n"
        );
        server.Until(() => server.Words(EventKind.Say).Contains("two"));
        server.Pass(0);

        Assert.Equal(["one", "one", "two"], server.Words(EventKind.Say));
        Assert.Equal([false, true, false], server.Events.Where(e => e.Kind == EventKind.Say).Select(e => e.IsHistory));
        server.Break();
        Assert.EndsWith($" {Epoch} 146", server.Greet(), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_from_a_program_is_never_a_command()
    {
        using ScriptedServer server = WithMember(options => options with { Literal = true });
        server.Link.Say("/quit");
        server.Link.Say("//x");

        Assert.Equal("say 1 /quit", server.Hear());
        Assert.Equal("say 2 //x", server.Hear());
    }

    [Fact]
    public void A_program_gives_no_command_to_a_plain_server_either()
    {
        using ScriptedServer server = new(options => options with { Literal = true });
        server.Accept();
        server.Send("Welcome to Simple Chat!\n");
        server.Link.Say("/nick x");

        Assert.Equal(" /nick x", server.Hear());
    }

    [Fact]
    public void A_key_calls_the_server_at_once_and_a_held_key_once_a_second()
    {
        using ScriptedServer server = WithMember(random: () => 0.999999);
        server.Break();
        server.Accept();
        server.Break();
        server.Accept();
        server.EndSpeech();
        server.Until(() => server.Link.State == LinkState.Waiting);
        Assert.InRange(
            server.Link.RetryMilliseconds,
            ClientLimits.HurryMilliseconds + 1,
            ClientLimits.RetryNearMostMilliseconds
        );

        // The last attempt was at this very time.
        server.Link.Hurry();
        server.Link.Hurry();
        Assert.Equal(ClientLimits.HurryMilliseconds, server.Link.RetryMilliseconds);
        server.Pass(ClientLimits.HurryMilliseconds - 1);
        Assert.Equal(LinkState.Waiting, server.Link.State);
        server.Pass(1);
        server.Accept();
        server.EndSpeech();
        server.Until(() => server.Link.State == LinkState.Waiting);

        server.Pass(ClientLimits.HurryMilliseconds);
        Assert.Equal(LinkState.Waiting, server.Link.State);
        server.Link.Hurry();
        Assert.Equal(0, server.Link.RetryMilliseconds);
        server.Until(() => server.Link.State == LinkState.Greeting);
    }

    [Fact]
    public void Leaving_drops_waiting_lines_and_says_goodbye_after_the_acknowledgement_of_sent_ones()
    {
        using ScriptedServer server = WithMember(options => options with { PasteWindowLines = 2 });
        for (int i = 1; i <= 5; i++)
            server.Link.Say($"p{i}", isPasted: true);
        Assert.Equal(["say 1 p1", "say 2 p2"], [server.Hear(), server.Hear()]);
        server.Link.Say("typed");

        Assert.Equal(3, server.Link.Leave());
        Assert.Equal(3, server.Link.UnsentCount);
        Assert.Equal("say 3 typed", server.Hear());
        Assert.True(server.IsSilent);
        server.Send("100 1000 say alice 7.1 p1\n" + "126 1000 say alice 7.2 p2\n" + "152 1000 say alice 7.3 typed\n");

        Assert.Equal("bye", server.Hear());
        Assert.Equal(0, server.Link.UnsentCount);
    }

    [Fact]
    public void A_waiting_paste_is_sent_once_over_a_break_and_leaves_room_for_typed_lines()
    {
        using ScriptedServer server = WithMember(options => options with { PasteWindowLines = 2 });
        while (server.Link.TakesLines)
            server.Link.Say(new string('x', 1000), isPasted: true);
        Assert.True(server.Link.TakesTyped);
        server.Hear();
        server.Hear();

        server.Break();
        server.Link.Say("typed");
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 100 100 1\n");

        Assert.Equal($"say 2 {new string('x', 1000)}", server.Hear());
        Assert.Equal("say 3 typed", server.Hear());
    }

    [Theory]
    [InlineData("Welcome to Simple Chat!\n", " /usr")]
    [InlineData("<announce> hello\n", "/usr")]
    [InlineData("Welcome to this chatroom!hello\n", "/usr")]
    [InlineData("hello\n", " /usr")]
    public void A_slash_is_escaped_if_the_server_might_obey_it(string greeting, string sent)
    {
        using ScriptedServer server = new(options => options with { Literal = true });
        server.Accept();
        server.Send(greeting);
        server.Link.Say("/usr");

        Assert.Equal(sent, server.Hear());
    }

    [Theory]
    [InlineData("", "tell 1 bob yes")]
    [InlineData("bob", "the last whisper came from an ignored person; /msg NAME TEXT sends one")]
    public void A_reply_goes_to_the_last_sender_of_a_whisper_unless_ignored(string ignored, string expected)
    {
        using ScriptedServer server = ScriptedServer.WithMember(options => options with { Ignores = ignored.Equals });
        server.Send("100 2 tell bob 0 alice psst\n");
        server.Until(() => server.Words(EventKind.Whisper).Any());

        server.Link.Say("/r yes");

        if (ignored.Length > 0)
            server.Until(() => server.Words(EventKind.Error).Any());
        Assert.Equal(expected, ignored.Length > 0 ? server.Words(EventKind.Error).Single() : server.Hear());
    }

    [Fact]
    public void A_plain_server_receives_no_request()
    {
        using ScriptedServer server = new(options => options with { Literal = true });
        server.Link.Request(new Command(CommandKind.Say, "tell", "bob", "a secret") { Origin = new InputOrigin(1) });
        server.Link.Say("for all", origin: new InputOrigin(2));
        server.Accept();
        server.Send("hello\n");
        Assert.Equal("for all", server.Hear());
        server.Link.Request(new Command(CommandKind.Ask, "who") { Origin = new InputOrigin(3) });
        server.Pass(1000);

        Assert.True(server.IsSilent);
        Assert.Equal([1, 3], server.Events.Where(e => e.Kind == EventKind.Error).Select(e => e.Origin.Line));
    }

    [Fact]
    public void A_request_waits_for_a_late_mark()
    {
        using ScriptedServer server = new(static options => options with { Literal = true });
        server.Link.Request(new Command(CommandKind.Say, "tell", "bob", "a secret") { Origin = new InputOrigin(1) });
        server.Accept();
        server.Pass(ClientLimits.MarkMilliseconds);
        Assert.Equal(LinkState.Joined, server.Link.State);
        server.Link.Request(new Command(CommandKind.Say, "say", Text: "for all") { Origin = new InputOrigin(2) });
        server.Pass(ClientLimits.LateMarkMilliseconds - 1);
        Assert.True(server.IsSilent);
        Assert.InRange(server.Link.Patience.TotalMilliseconds, 1, 1);

        server.Send(PlainWire.Greeting);
        Assert.StartsWith("hello ", server.Hear(), StringComparison.Ordinal);
        server.Send($"welcome alice {Epoch} 0 7 100 100 0\n");

        Assert.Equal("tell 1 bob a secret", server.Hear());
        Assert.Equal("say 2 for all", server.Hear());
        Assert.DoesNotContain(server.Events, static e => e.Kind == EventKind.Error);
    }

    [Theory]
    [InlineData("", ClientLimits.LateMarkMilliseconds)]
    [InlineData("hello\n", 0)]
    public void A_request_is_refused_when_no_mark_can_arrive(string said, int milliseconds)
    {
        using ScriptedServer server = new(static options => options with { Literal = true });
        server.Link.Request(new Command(CommandKind.Ask, "who") { Origin = new InputOrigin(1) });
        server.Accept();
        server.Pass(ClientLimits.MarkMilliseconds);
        Assert.Empty(server.Words(EventKind.Error));

        server.Send(said);
        server.Pass(milliseconds);

        server.Until(() => server.Words(EventKind.Error).Any());
        Assert.Equal(0, server.Link.UnsentCount);
    }

    [Fact]
    public void No_line_after_a_quit_is_sent()
    {
        using ScriptedServer server = new();
        foreach (string line in (string[])["one", "/quit", "two"])
            server.Link.Say(line);
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 100 100 0\n");
        Assert.Equal("say 1 one", server.Hear());
        server.Link.Say("three");
        server.Send("100 1000 say alice 7.1 one\n");

        Assert.Equal("bye", server.Hear());
    }

    [Fact]
    public void A_refusal_names_the_line_it_refuses()
    {
        using ScriptedServer server = WithMember();
        server.Link.Say("one", origin: new InputOrigin(7));
        Assert.Equal("say 1 one", server.Hear());
        server.Send("err 1 no\n");
        server.Until(() => server.Words(EventKind.Error).Any());

        Assert.Equal(new InputOrigin(7), server.Events.Last().Origin);
    }

    [Fact]
    public void Blanks_that_would_form_a_whole_line_are_not_sent()
    {
        using ScriptedServer server = WithMember();
        server.Link.Say("a" + new string(' ', 2 * ProtocolLimits.TextBytes) + "b");

        Assert.StartsWith("say 1 a ", server.Hear(), StringComparison.Ordinal);
        Assert.Matches("^say 2 +b$", server.Hear());
        Assert.True(server.IsSilent);
    }

    private static ScriptedServer Joined()
    {
        using ScriptedServer server = WithMember();
        server.Send("100 1000 say bob 0 one\n");
        server.Until(() => server.Words(EventKind.Say).Any());
        return server;
    }
}
