using Chat.Client;
using Chat.Client.Commands;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Storage;
using Chat.Client.Views;
using Chat.Protocol;
using Chat.Tests.Client.Display;

namespace Chat.Tests.Client.Views;

/// <summary>Whole sessions: events and keys go in, and the test reads the screen.</summary>
public sealed class TerminalViewTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-view-").FullName;
    private ViewSession _session = new(60, 12);

    [Fact]
    public void The_conversation_is_above_the_draft()
    {
        _session.Type("hel");
        _session.Say("bob", "hi alice");
        _session.Type("lo");
        Assert.Equal(["12:00 bob: hi alice", "alice> hello"], _session.Rows);
        Assert.Equal((1, 12), _session.Grid.Cursor);
        Assert.Equal(1, _session.Grid.Bells);

        Assert.Equal(["hello"], _session.Type("\r").Lines);
        _session.Status(LinkState.Joined, pending: ["hello"]);
        Assert.Equal(["12:00 bob: hi alice", "  hello", "alice>"], _session.Rows);
        _session.Say("alice", "hello", mine: true);
        _session.Status(LinkState.Joined, pending: []);
        Assert.Equal(["12:00 bob: hi alice", "12:00 alice: hello", "alice>"], _session.Rows);
    }

    [Fact]
    public void A_line_that_the_server_does_not_take_is_marked_until_it_does()
    {
        _session.Status(LinkState.Joined, pending: ["hello"]);
        _session.Status(LinkState.Joined, pending: ["hello"], late: 1);
        Assert.Equal(["  hello (not taken yet)", "alice>"], _session.Rows);

        _session.Status(LinkState.Waiting, retry: 1000, pending: ["hello"]);
        Assert.Equal("  hello", _session.Rows[0]);
    }

    [Fact]
    public void Without_events_nothing_is_written()
    {
        _session.Type("x");
        for (int i = 0; i < 10; i++)
        {
            _session.View.Tick(10_000 * i, 0);
            _session.View.Status(new LinkStatus(LinkState.Joined, "alice", []));
            Assert.True(_session.View.Frame.IsEmpty);
            Assert.Null(_session.View.Due);
        }
    }

    [Fact]
    public void Leaving_suspending_and_an_empty_line_differ()
    {
        Assert.Equal(UserActionKind.None, _session.Type("\r").Kind);
        Assert.Equal(UserActionKind.None, _session.Type("  \r").Kind);
        Assert.Equal(UserActionKind.Suspend, _session.Type("\x1a").Kind);
        Assert.Equal(UserActionKind.Leave, _session.Type("\x03").Kind);
        Assert.Equal(UserActionKind.Leave, _session.Type("\x04").Kind);
        Assert.Equal(UserActionKind.Leave, _session.Type("/quit\r").Kind);
        Assert.Equal(["/who"], _session.Type("/who\r").Lines);
        Assert.Equal(["//clear"], _session.Type("//clear\r").Lines);
    }

    [Fact]
    public void Ctrl_C_ends_a_question_before_it_ends_the_client()
    {
        _session.Type("draft\e[200~one\ntwo\e[201~");
        Assert.Equal("send 2 lines as one message to everybody? [y/n/e]", _session.Rows[^1]);
        Assert.Equal(UserActionKind.None, _session.Type("\x03").Kind);
        Assert.Equal("alice> draft", _session.Rows[^1]);
        Assert.Equal(UserActionKind.None, _session.Type("\x12on\x03").Kind);
        Assert.Equal("alice> draft", _session.Rows[^1]);
        Assert.Equal(UserActionKind.None, _session.Type("\x03").Kind);
        Assert.Equal("alice>", _session.Rows[^1]);
        Assert.Equal(UserActionKind.None, _session.Type("\x1f").Kind);
        Assert.Equal("alice> draft", _session.Rows[^1]);
        Assert.Equal(["one\n/two"], _session.Type("\e[200~one\n/two\e[201~y").Lines);
        Assert.Equal("alice> draft", _session.Rows[^1]);
    }

    [Theory]
    [InlineData("n")]
    [InlineData("\u0003")]
    [InlineData("\e[200~three\e[201~")]
    public void One_line_announces_kept_pasted_lines_and_the_key_that_restores_them(string answer)
    {
        _session.Type("\e[200~one\ntwo\e[201~" + answer);
        Assert.Equal("-- 2 lines were not sent; Ctrl-Y brings them back", _session.Rows[0]);
        Assert.StartsWith("alice>", _session.Rows[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "/ignroe bob",
        "-- there is no command /ignroe; did you mean /ignore? To say a line that begins with a slash, double it: //ignroe"
    )]
    [InlineData(
        "/hlep",
        "-- there is no command /hlep; did you mean /help? To say a line that begins with a slash, double it: //hlep"
    )]
    [InlineData("/join #chat", "-- one server is one room; there is nothing to join")]
    public void An_unknown_command_suggests_the_nearest_one(string typed, string answer)
    {
        _session.Resize(120, 10);
        Assert.Equal(UserActionKind.None, _session.Type(typed + "\r").Kind);
        Assert.Contains(answer, _session.Rows);
    }

    [Theory]
    [InlineData("/clear x", "-- usage: /clear")]
    [InlineData("/KEYS now", "-- usage: /keys")]
    [InlineData("/ignore nobody", "-- \"nobody\" is ignored; /unignore nobody ends it")]
    [InlineData("/unignore everybody", "-- \"everybody\" is not ignored")]
    [InlineData("/ignore bob", "-- bob is ignored; /unignore bob ends it")]
    [InlineData("/bell whisper,mention", "-- the bell rings for mention and whisper")]
    [InlineData("/bell Whisper, mention", "-- the bell rings for mention and whisper")]
    [InlineData("/bell whisper,", "-- /bell takes off, mention, whisper, mention,whisper or all")]
    [InlineData("/bell off,mention", "-- /bell takes off, mention, whisper, mention,whisper or all")]
    public void A_command_of_the_client_is_answered_in_words_that_hold(string typed, string answer)
    {
        _session.Resize(120, 10);
        _session.Type(typed + "\r");
        Assert.Equal(answer, _session.Rows[0]);
    }

    [Theory]
    [InlineData("/quit")]
    [InlineData("/exit")]
    [InlineData("/EXIT ")]
    public void Each_alias_of_quit_leaves(string typed) =>
        Assert.Equal(UserActionKind.Leave, _session.Type(typed + "\r").Kind);

    [Theory]
    [InlineData("/h")]
    [InlineData("/?")]
    public void Each_alias_of_help_lists_the_commands_of_the_client_as_well(string typed)
    {
        _session.Resize(120, 40);
        _session.Type(typed + "\r");
        Assert.Contains(_session.Rows, static row => row.Contains("/ignore", StringComparison.Ordinal));
    }

    [Fact]
    public void Tab_asks_once_for_the_roster_and_completes_when_it_arrives()
    {
        Assert.Equal(UserActionKind.AskNames, _session.Type("hi qu\t").Kind);
        Assert.Equal("alice> hi qu", _session.Rows[^1]);
        _session.Show(RosterTextTests.Here("alice", "quentin", "zoe"));
        Assert.Equal("alice> hi quentin", _session.Rows[^1]);
        Assert.Equal(UserActionKind.None, _session.Type(" zo\t").Kind);
        Assert.Equal("alice> hi quentin  zoe", _session.Rows[^1]);
        // Another key came first, so completion leaves the line alone.
        _session.Show(new ChatEvent(EventKind.Link) { State = LinkState.Joined });
        Assert.Equal(UserActionKind.AskNames, _session.Type("\u0015ann\t").Kind);
        _session.Type("!");
        _session.Show(RosterTextTests.Here("alice", "anna"));
        Assert.Equal("alice> ann!", _session.Rows[^1]);
        Assert.Equal(
            "alice> q",
            _session.Type("\u0015q\t").Kind == UserActionKind.None ? _session.Rows[^1] : "asked again"
        );
    }

    [Fact]
    public void Foreign_output_on_the_terminal_is_not_erased()
    {
        _session.Status(LinkState.Joined, pending: ["one", "two"]);
        _session.Type("draft");
        _session.Grid.Feed("\r\nwhat a shell says\r\nand more\r\n"u8);
        _session.View.Forget();
        _session.View.Return();
        _session.Flush();
        Assert.Equal(
            ["  one", "  two", "alice> draft", "what a shell says", "and more", "  one", "  two", "alice> draft"],
            _session.Rows
        );
        _session.Say("bob", "hi");
        Assert.Equal("and more", _session.Rows[4]);
    }

    [Fact]
    public void After_a_stop_without_other_output_no_line_stands_behind_the_prompt()
    {
        _session.Type("draft");
        _session.View.Forget();
        _session.View.Return();
        _session.Say("bob", "hi");

        Assert.DoesNotContain(_session.Rows.SkipLast(1), static row => row.Contains("draft", StringComparison.Ordinal));
        Assert.Equal("alice> draft", _session.Rows[^1]);
    }

    [Fact]
    public void An_ignored_person_is_hidden_in_every_event_and_under_every_name()
    {
        _session.Type("/ignore @bob\r");
        _session.Type("/ignore alice\r");
        _session.Show(new ChatEvent(EventKind.Leave) { Name = "bob" });
        _session.Show(new ChatEvent(EventKind.Join) { Name = "bob" });
        _session.Show(new ChatEvent(EventKind.Rename) { Name = "bob", Text = "robert" });
        _session.Say("robert", "it is me");
        _session.Show(new ChatEvent(EventKind.Line) { Text = "<bob> at a plain server" });
        _session.Say("carol", "hi");
        Assert.Equal(
            ["-- bob is ignored; /unignore bob ends it", "-- that is you", "12:00 carol: hi", "alice>"],
            _session.Rows
        );
    }

    [Theory]
    [InlineData("\e\r", "-- Alt-Enter        ESC ^M")]
    [InlineData("\n", "-- Ctrl-J           ^J")]
    [InlineData("\e[13;2u", "-- Shift-Enter      ESC [ 1 3 ; 2 u")]
    [InlineData("\e[27;2;13~", "-- Shift-Enter      ESC [ 2 7 ; 2 ; 1 3 ~")]
    public void The_keys_that_begin_a_row_are_shown_with_their_names(string key, string shown)
    {
        _session.Type("/keys\r");
        _session.Type(key);
        Assert.Equal([shown, "(keys; Escape twice ends)"], _session.Rows.TakeLast(2));
    }

    [Fact]
    public void Keys_without_a_meaning_are_shown_with_their_sequence()
    {
        _session.Type("/keys\r");
        _session.Type("\e[15~");
        _session.Type("a");
        Assert.Equal(
            ["-- (no key here)    ESC [ 1 5 ~", "-- a                a", "(keys; Escape twice ends)"],
            _session.Rows.TakeLast(3)
        );
    }

    [Fact]
    public void A_path_with_an_escape_sequence_in_it_is_shown_and_not_obeyed()
    {
        _session.Type("/save /nowhere/\u001b\r");
        _session.View.Show(new ChatEvent(EventKind.Info) { Text = "still here" });
        Assert.DoesNotContain(_session.Rows, row => row.Contains('\u001b', StringComparison.Ordinal));
    }

    [Fact]
    public void A_pasted_row_that_does_not_fit_is_sent_as_one_message_after_the_question()
    {
        string row = "/" + new string('x', ProtocolLimits.SnippetBytes - 1);
        _session.Type($"\e[200~{row}\e[201~");
        Assert.EndsWith("1 line of 65,536 bytes as one message to everybody? [y/n]", _session.Rows[^1]);
        UserAction action = _session.Type("y");
        Assert.Equal((UserActionKind.Snippet, row), (action.Kind, Assert.Single(action.Lines)));
    }

    [Fact]
    public void A_long_row_that_was_taken_back_goes_again_as_one_message()
    {
        string row = new('x', ProtocolLimits.LineBytes),
            whisper = $"/msg bob {row}";
        _session.View.PutBack(["//" + row, whisper]);
        UserAction[] actions = [_session.Type("y"), .. Rest()];
        Assert.Equal(
            [(UserActionKind.Snippet, "/" + row), (UserActionKind.Paste, whisper)],
            actions.Select(static action => (action.Kind, action.Lines[0]))
        );
    }

    [Fact]
    public void Escape_restores_unsent_lines_and_asks_about_them_again()
    {
        _session.Type("draft");
        Assert.Equal(UserActionKind.TakeBack, _session.View.Press(new Key(KeyKind.Escape)).Kind);
        _session.View.PutBack([]);
        Assert.Equal(["alice> draft"], _session.Rows);

        _session.View.PutBack(["one", "//two", "three"]);
        Assert.Equal(["-- 3 lines were taken back", "send 3 lines? y = yes, n = no, e = edit"], _session.Rows);
        UserAction action = _session.Type("y");
        Assert.Equal(["one", "//two", "three"], [.. action.Lines, .. Rest().SelectMany(static rest => rest.Lines)]);

        _session.View.PutBack(["one", "//two", "three"]);
        Assert.Equal(UserActionKind.None, _session.Type("n").Kind);
        Assert.Equal("alice> draft", _session.Rows[^1]);
    }

    [Fact]
    public void Restored_texts_go_again_as_they_went_before()
    {
        _session.Type("draft");
        _session.View.PutBack(["/msg bob psst", "/usr\n\tbin", "three"]);
        Assert.Equal("send 3 messages? y = yes, n = no, e = edit", _session.Rows[^1]);
        UserAction[] actions = [_session.Type("y"), .. Rest()];
        Assert.Equal(["/msg bob psst", "/usr\n\tbin", "three"], actions.Select(static action => action.Lines[0]));
        Assert.Equal(
            [UserActionKind.Paste, UserActionKind.Snippet, UserActionKind.Paste],
            actions.Select(static action => action.Kind)
        );
        Assert.Equal("alice> draft", _session.Rows[^1]);
    }

    [Fact]
    public void A_restored_text_of_several_rows_fills_an_empty_line_editor_and_is_no_command()
    {
        _session.View.PutBack(["/usr\n\tbin\n\nend"]);
        Assert.Equal(["alice> //usr", "           bin", "", "       end"], _session.Rows.TakeLast(4));
        UserAction action = _session.Type("\r");
        Assert.Equal((UserActionKind.Snippet, "/usr\n\tbin\n\nend"), (action.Kind, action.Lines[0]));
    }

    private IEnumerable<UserAction> Rest()
    {
        while (_session.View.TryTake(out UserAction action))
            yield return action;
    }

    [Theory]
    [InlineData("one\e\rtwo", "one\ntwo")]
    [InlineData("one\n\ntwo\e[13;2u", "one\n\ntwo")]
    [InlineData("\n  one\e[27;2;13~ two\n ", "  one\n two")]
    [InlineData("//etc/hosts\nis it", "/etc/hosts\nis it")]
    [InlineData("one\n/quit", "one\n/quit")]
    [InlineData("\e[200~// a\n\tb\e[201~e", "// a\n\tb")]
    [InlineData("\n\e[200~/quit\n\tb\e[201~e", "/quit\n\tb")]
    public void A_draft_of_several_rows_is_sent_as_one_message(string typed, string text)
    {
        UserAction action = _session.Type(typed + "\r");
        Assert.Equal((UserActionKind.Snippet, text), (action.Kind, Assert.Single(action.Lines)));
        Assert.Equal("alice>", _session.Rows[^1]);
        Assert.Equal(UserActionKind.Snippet, _session.Type("\e[A\r").Kind);
    }

    [Theory]
    [InlineData("\none\n\n", "one")]
    [InlineData("a\e[200~\tb\e[201~", "a b")]
    public void A_draft_of_one_row_is_sent_as_a_line(string typed, string line)
    {
        UserAction action = _session.Type(typed + "\r");
        Assert.Equal((UserActionKind.Say, line), (action.Kind, Assert.Single(action.Lines)));
        Assert.Equal("alice>", _session.Rows[^1]);
    }

    [Fact]
    public void Rows_joined_to_a_line_over_the_bound_of_a_line_are_sent_as_one_message()
    {
        string half = new('x', ProtocolLimits.TextBytes - 100);
        UserAction action = _session.Type($"{half}\n{half}\u0001\u007f\r");
        Assert.Equal((UserActionKind.Snippet, half + half), (action.Kind, Assert.Single(action.Lines)));
    }

    [Theory]
    [InlineData("/msg bob secret\nmore")]
    [InlineData("\n/msg bob secret\nmore")]
    [InlineData("/nosuch\nmore")]
    [InlineData("/clear\n/quit")]
    public void A_command_of_several_rows_is_not_sent_and_stays_in_the_draft(string typed)
    {
        _session = new ViewSession(110, 12);
        Assert.Equal(UserActionKind.None, _session.Type(typed + "\r").Kind);
        Assert.Equal(
            "-- a text that begins with / is a command, which takes one line; begin the text with // to send it",
            _session.Rows[0]
        );
        string last = typed.Split('\n')[^1];
        Assert.EndsWith(last, _session.Rows[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_blank_before_the_slash_of_the_first_row_needs_a_second_Enter()
    {
        _session = new ViewSession(100, 12);
        Assert.Equal(UserActionKind.None, _session.Type(" /msg bob secret\nmore\r").Kind);
        Assert.StartsWith("-- a command begins with /", _session.Rows[0], StringComparison.Ordinal);
        Assert.Equal([" /msg bob secret\nmore"], _session.Type("\r").Lines);
    }

    [Fact]
    public void A_draft_of_several_rows_stays_while_too_much_waits()
    {
        _session.View.TakesLines = false;
        Assert.Equal(UserActionKind.None, _session.Type("one\ntwo\r").Kind);
        Assert.Equal(["alice> one", "       two"], _session.Rows.TakeLast(2));
        _session.View.TakesLines = true;
        Assert.Equal(["one\ntwo"], _session.Type("\r").Lines);
    }

    [Fact]
    public void The_prompt_counts_the_free_bytes_of_a_message_near_its_bound()
    {
        _session.Type($"\e[200~{string.Join('\n', Enumerable.Repeat(new string('x', 6552), 10))}\e[201~e");
        string row = Assert.Single(_session.Rows, static row => row.Contains(" left)", StringComparison.Ordinal));
        Assert.StartsWith("alice (7 left)^ ", row, StringComparison.Ordinal);
    }

    [Fact]
    public void One_restored_line_fills_an_empty_line_editor()
    {
        _session.View.PutBack(["/msg bob psst"]);
        Assert.Equal(["-- 1 line was taken back", "alice> /msg bob psst"], _session.Rows);

        _session.View.PutBack(["another"]);
        Assert.StartsWith("send 1 line? ", _session.Rows[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_waiting_paste_is_counted_in_the_prompt_and_shown_in_few_rows()
    {
        _session.View.Status(
            new LinkStatus(LinkState.Joined, "alice", [.. Enumerable.Range(1, 156).Select(i => $"P{i}")])
            {
                ToSend = 152,
            }
        );
        Assert.Equal(["  P1", "  P2", "  P3", "  P4", "  ... 152 more", "alice (152 to send)>"], _session.Rows);
    }

    [Fact]
    public void An_ignored_person_is_hidden_under_every_name_and_another_with_the_old_name_is_not()
    {
        _session.Type("/ignore bob\r");
        _session.Show(new ChatEvent(EventKind.Rename) { Name = "bob", Text = "robert" });
        _session.Show(new ChatEvent(EventKind.Rename) { Name = "carol", Text = "bob" });
        _session.Say("robert", "it is me");
        _session.Say("bob", "carol here");
        _session.Show(new ChatEvent(EventKind.Rename) { Name = "bob", Text = "carol" });
        _session.Show(new ChatEvent(EventKind.Leave) { Name = "robert" });
        _session.Show(new ChatEvent(EventKind.Join) { Name = "bob", Former = "robert" });
        _session.Say("bob", "it is me again");
        _session.Type("/unignore bob\r");
        _session.Say("bob", "hello");
        Assert.Equal(
            [
                "-- bob is ignored; /unignore bob ends it",
                "12:00 -- carol is now bob",
                "12:00 bob: carol here",
                "12:00 -- bob is now carol",
                "-- bob is no longer ignored",
                "12:00 bob: hello",
                "alice>",
            ],
            _session.Rows
        );
    }

    [Fact]
    public void Enter_on_blanks_clears_the_line()
    {
        Assert.Equal(UserActionKind.None, _session.Type("   \r").Kind);
        Assert.Equal(["hello"], _session.Type("hello\r").Lines);
    }

    [Theory]
    [InlineData(" /msg bob secret")]
    [InlineData("  /nosuch")]
    [InlineData("\u3000/msg bob secret")]
    [InlineData("\uFF0Fmsg bob secret")]
    [InlineData(" //msg bob secret")]
    public void A_blank_before_a_slash_needs_a_second_Enter(string line)
    {
        _session = new ViewSession(100, 12);
        Assert.Equal(UserActionKind.None, _session.Type(line + "\r").Kind);
        Assert.Equal(
            "-- a command begins with /, so this line is text for everybody; Enter again sends it",
            _session.Rows[0]
        );
        Assert.Equal(UserActionKind.None, _session.Type("x\x7f\r").Kind);
        Assert.Equal(
            [line.Replace('\u3000', ' ')],
            _session.Type("\r").Lines.Select(said => said.Replace('\u3000', ' '))
        );
        Assert.Equal(UserActionKind.None, _session.Type(line + "\r").Kind);
    }

    [Theory]
    [InlineData(
        "\e[5~",
        "-- the terminal itself scrolls back: often Shift-PageUp, or the wheel; /find TEXT looks for a line"
    )]
    [InlineData(
        "\e[6~",
        "-- the terminal itself scrolls back: often Shift-PageUp, or the wheel; /find TEXT looks for a line"
    )]
    [InlineData("\eOP", "-- /help lists the commands")]
    [InlineData("\e[11~", "-- /help lists the commands")]
    public void Common_keys_without_a_meaning_suggest_another_once_even_when_held_down(string key, string words)
    {
        _session = new ViewSession(120, 12);
        _session.Type("draft" + key + key + key);
        Assert.Equal([words, "alice> draft"], _session.Rows);
        _session.Type("x" + key);
        Assert.Equal([words, words, "alice> draftx"], _session.Rows);
    }

    [Fact]
    public void A_line_that_cannot_be_sent_stays_in_the_editor()
    {
        _session.View.TakesLines = false;
        Assert.Equal(UserActionKind.None, _session.Type("hello\r").Kind);
        Assert.Equal(
            ["-- too much waits to be sent; this line stays here until", "   there is room", "alice> hello"],
            _session.Rows
        );
        _session.View.TakesLines = true;
        Assert.Equal(["hello"], _session.Type("\r").Lines);
    }

    [Fact]
    public void Joins_and_leaves_are_one_line_and_delay_no_other()
    {
        foreach (string name in (string[])["ann", "ben"])
            _session.Show(new ChatEvent(EventKind.Join) { Name = name });
        Assert.Equal(["alice>"], _session.Rows);
        Assert.Equal(ClientLimits.PresenceMilliseconds, _session.View.Due);
        _session.Say("bob", "hi");
        Assert.Equal(["12:00 -- 2 joined (ann, ben)", "12:00 bob: hi", "alice>"], _session.Rows);

        _session.Show(new ChatEvent(EventKind.Leave) { Name = "ann" });
        _session.Pass(ClientLimits.PresenceMilliseconds);
        Assert.Equal("12:00 -- ann left", _session.Rows[^2]);
        Assert.Null(_session.View.Due);
    }

    [Fact]
    public void The_link_is_in_the_prompt_and_the_draft_survives_it()
    {
        _session.Type("draft");
        _session.Show(new ChatEvent(EventKind.Link) { State = LinkState.Lost });
        _session.Status(LinkState.Waiting, retry: 3500, pending: ["one", "two"]);
        Assert.Equal(
            ["12:00 -- the connection was lost", "  one", "  two", "alice (reconnecting in 4 s, 2 unsent)> draft"],
            _session.Rows
        );
        Assert.Equal(_session.Now + 500, _session.View.Due);
        _session.Status(LinkState.Waiting, retry: 3000, pending: ["one", "two"]);
        Assert.Equal("alice (reconnecting in 3 s, 2 unsent)> draft", _session.Rows[^1]);
    }

    [Fact]
    public void Lines_missed_in_a_break_are_marked_and_counted()
    {
        _session.Say("bob", "before");
        _session.Show(new ChatEvent(EventKind.Link) { State = LinkState.Lost });
        _session.Show(new ChatEvent(EventKind.Link) { State = LinkState.Joined });
        _session.Say("bob", "one", isMissed: true);
        _session.Say("bob", "two, alice", isMissed: true);
        _session.Say("bob", "now");
        Assert.Equal(
            [
                "12:00 bob: before",
                "12:00 -- the connection was lost",
                "12:00 -- connected again",
                "12:00 -- unread from here",
                "12:00 bob: one",
                "12:00 bob: two, alice",
                "12:00 -- while you were away: 2 lines, 1 mentions you",
                "12:00 bob: now",
                "alice>",
            ],
            _session.Rows
        );
        Assert.Equal(1, _session.Grid.Bells);
    }

    [Fact]
    public void A_pause_leaves_the_terminal_to_the_shell_and_a_return_shows_the_missed_lines()
    {
        _session.Status(LinkState.Joined, pending: ["mine"]);
        _session.Type("draft");
        _session.View.Withdraw();
        _session.Flush();
        Assert.Empty(_session.Rows);
        _session.Grid.Feed("$ ls\r\nfile\r\n$ fg\r\n");
        _session.View.Resize(40, 12);
        _session.Grid.Resize(40, 12);
        _session.View.Return();
        _session.Say("bob", "are you there, alice?");
        Assert.Equal(
            [
                "$ ls",
                "file",
                "$ fg",
                "12:00 -- unread from here",
                "12:00 bob: are you there, alice?",
                "  mine",
                "alice> draft",
            ],
            _session.Rows
        );
        _session.Pass(ClientLimits.AwaySettleMilliseconds);
        Assert.Equal(
            ["12:00 -- while you were away: 1 line, 1", "         mentions you", "  mine", "alice> draft"],
            _session.Rows.TakeLast(4)
        );
    }

    [Fact]
    public void An_ignored_person_prints_no_line_and_rings_no_bell()
    {
        _session.Type("/ignore bob\r");
        _session.Say("BOB", "alice alice alice");
        _session.Show(
            new ChatEvent(EventKind.Whisper)
            {
                Name = "bob",
                To = "alice",
                Text = "psst",
            }
        );
        Assert.Equal(["-- bob is ignored; /unignore bob ends it", "alice>"], _session.Rows);
        Assert.Equal(0, _session.Grid.Bells);
        _session.Type("/unignore \t\r");
        _session.Say("bob", "hi");
        Assert.Equal(["-- bob is no longer ignored", "12:00 bob: hi", "alice>"], _session.Rows.TakeLast(3));
    }

    [Fact]
    public void The_scrollback_is_searched_saved_and_cleared()
    {
        for (int i = 0; i < 30; i++)
            _session.Say("bob", $"line {i} of {(i % 2 == 0 ? "Tea" : "coffee")}");
        _session.MeetForeignServer();
        _session.Type("/find LINE 2\r");
        Assert.Equal(
            [
                "-- found 11:",
                .. ((int[])[2, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]).Select(i =>
                    $"--   12:00 bob: line {i} of {(i % 2 == 0 ? "Tea" : "coffee")}"
                ),
            ],
            _session.Rows.SkipLast(1).TakeLast(12)
        );
        _session.Type("/find nothing such\r");
        Assert.Equal("-- not found in the last 30 lines: nothing such", _session.Rows[^2]);

        string file = Path.Combine(_folder, "f");
        _session = new ViewSession(200, 12);
        _session.Say("bob", "keep this");
        _session.Type($"/save {file}\r/save {file}\r/save -f {file}\r/save {_folder}/no/f\r");
        Assert.Equal("12:00 bob: keep this\n", File.ReadAllText(file));
        Assert.Equal(
            [
                $"-- 1 line is in {file}",
                $"-- {file} exists already; /save -f {file} overwrites it",
                $"-- 1 line is in {file}",
            ],
            _session.Rows.Skip(1).Take(3)
        );
        Assert.StartsWith($"-- {_folder}/no/f cannot be written: ", _session.Rows[^2], StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Single(Directory.EnumerateFiles(_folder));

        _session.Type("/clear\r");
        Assert.Equal("alice>", _session.Grid.Row(0));
    }

    [Fact]
    public void Keys_are_shown_with_their_bytes_until_two_Escapes()
    {
        _session.Type("/keys\r");
        _session.Type("\e[1;5C\e[15~x\x03");
        Assert.Equal(
            [
                "-- Ctrl-Right       ESC [ 1 ; 5 C",
                "-- x                ESC [ 1 5 ~ x",
                "-- Ctrl-C           ^C",
                "alice>",
            ],
            _session.Rows.TakeLast(4)
        );
        _session.Type("/keys\r");
        _session.Type("x");
        _session.View.HandleInput("\e"u8);
        _session.View.Press(new Key(KeyKind.Escape));
        Assert.Equal(UserActionKind.None, _session.View.Press(new Key(KeyKind.Escape)).Kind);
        Assert.Equal(
            ["-- x                x", "-- Escape           ESC", "-- Escape", "alice>"],
            _session.Rows.TakeLast(4)
        );
        _session.Type("a");
        Assert.Equal("alice> a", _session.Rows[^1]);
    }

    [Theory]
    [InlineData("/find tea", "12:00 bob: \e[7mTea\e[0m and \e[7mtea\e[0m, o\u0308")]
    [InlineData("/find o", "12:00 b\e[7mo\e[0mb: Tea and tea, \e[7mo\u0308\e[0m")]
    public void A_match_is_marked_to_the_end_of_its_last_grapheme(string command, string row)
    {
        _session.Say("bob", "Tea and tea, o\u0308");
        _session.MeetForeignServer();
        int before = _session.Sent.Length;
        _session.Type($"{command}\r");
        string sent = System.Text.Encoding.UTF8.GetString(_session.Sent.AsSpan(before));
        Assert.Contains(
            $"--   {row}\r\n",
            System.Text.RegularExpressions.Regex.Replace(sent, "\e\\[(?!7m|0m)[0-9;]*m", ""),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_further_rows_of_a_hit_are_aligned_with_its_first()
    {
        _session.Say("bob", string.Join(' ', Enumerable.Repeat("word", 30)));
        _session.MeetForeignServer();
        _session.Type("/find word\r");
        Assert.StartsWith("--   12:00 bob: word", _session.Rows[^4], StringComparison.Ordinal);
        Assert.StartsWith("     word", _session.Rows[^3], StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_have_no_time_whether_the_client_or_the_server_gives_them()
    {
        _session.Show(new ChatEvent(EventKind.Info) { Text = "2 here: alice, bob" });
        _session.Show(new ChatEvent(EventKind.Error) { Text = "not a name" });
        _session.Show(new ChatEvent(EventKind.Notice) { Text = "the server is shutting down" });
        _session.Type("/ignore\r");
        Assert.Equal(
            [
                "-- 2 here: alice, bob",
                "-- not a name",
                "12:00 -- the server is shutting down",
                "-- the ignore list is empty",
                "alice>",
            ],
            _session.Rows
        );
    }

    [Theory]
    [InlineData("/unignore", "/unignore NAME")]
    [InlineData("/ignore a b", "/ignore [NAME]")]
    [InlineData("/save", "/save [-f] [N] FILE")]
    public void A_command_with_wrong_arguments_prints_its_usage(string line, string usage)
    {
        _session.MeetForeignServer();
        _session.Type($"{line}\r");
        Assert.Equal($"-- usage: {usage}", _session.Rows[^2]);
    }

    [Fact]
    public void The_bell_mode_is_kept_for_the_next_run_and_an_option_applies_to_one_run()
    {
        TerminalViewOptions options = new() { BellPath = Path.Combine(_folder, "below", "bell") };
        Assert.Equal("-- the bell rings for mention and whisper", RowOfBell(options, "/bell"));
        Assert.Equal("-- the bell rings for nothing", RowOfBell(options, "/bell off"));
        Assert.Equal("-- the bell rings for nothing", RowOfBell(options, "/bell"));
        Assert.Equal("-- the bell rings for all", RowOfBell(options with { Bell = BellMode.All }, "/bell"));
        Assert.Equal("-- the bell rings for nothing", RowOfBell(options, "/bell"));
        File.WriteAllBytes(options.BellPath!, [0xFF, 0, 10, .. new byte[5000]]);
        Assert.Equal("-- the bell rings for mention and whisper", RowOfBell(options, "/bell"));
        Assert.Equal("-- the bell rings for whisper", RowOfBell(options, "/bell whisper"));
        Assert.Equal("whisper\n", File.ReadAllText(options.BellPath!));
        File.Delete(options.BellPath!);
        Directory.CreateDirectory(options.BellPath!);
        Assert.StartsWith(
            "-- this is not saved for the next run: ",
            RowOfBell(options, "/bell all"),
            StringComparison.Ordinal
        );

        static string RowOfBell(TerminalViewOptions options, string line)
        {
            ViewSession session = new(200, 12, options);
            session.Type($"{line}\r");
            return session.Rows[^2];
        }
    }

    [Fact]
    public void The_bell_can_be_set_during_the_conversation()
    {
        _session.Type("/bell all\r");
        _session.Say("bob", "hi");
        Assert.Equal(1, _session.Grid.Bells);
        _session.Type("/bell off\r/bell loud\r/bell\r");
        Assert.Equal(
            [
                "-- the bell rings for nothing",
                "-- /bell takes off, mention, whisper, mention,whisper or all",
                "-- the bell rings for nothing",
                "-- the bell rings for nothing",
            ],
            _session.Rows.SkipLast(1).TakeLast(4)
        );
    }

    [Fact]
    public void Help_lists_the_commands_of_room_and_client()
    {
        _session = new ViewSession(120, 40);
        _session.Type("/help\r");
        IReadOnlyList<string> rows = _session.Rows;
        Assert.All(
            SlashCommands.All.Where(command => command.Names[0] != "help"),
            command => Assert.Contains($"-- {command.Syntax.Help}", rows)
        );
        Assert.Contains("-- //TEXT               say a line that begins with a slash", rows);
        Assert.DoesNotContain(rows, static row => row.Contains("/kick", StringComparison.Ordinal));
    }

    [Fact]
    public void Help_of_a_host_begins_with_its_commands_and_its_prompt_has_the_mark()
    {
        _session = new ViewSession(120, 60);
        _session.View.Status(new LinkStatus(LinkState.Joined, "alice", []) { IsHost = true });
        _session.Type("/help\r");
        IReadOnlyList<string> rows = _session.Rows;

        Assert.Contains($"-- {RoomCommands.Find("kick")!.Help}", rows);
        Assert.Contains("-- you are a host:", rows);
        Assert.Contains(rows, static row => row.StartsWith("@alice>", StringComparison.Ordinal));
    }

    [Fact]
    public void A_sent_line_is_under_Up_in_the_next_run()
    {
        string file = Path.Combine(_folder, "history");
        _session = new ViewSession(50, 12, new TerminalViewOptions { History = new InputHistory(file) });
        _session.Type("one\r/bell\r");
        _session.View.Finish();
        _session = new ViewSession(50, 12, new TerminalViewOptions { History = new InputHistory(file) });
        _session.Type("\e[A\e[A");
        Assert.Equal("alice> one", _session.Rows[^1]);
    }

    [Fact]
    public void An_input_history_that_cannot_be_read_or_kept_is_reported()
    {
        _session = new ViewSession(300, 12, new TerminalViewOptions { History = new InputHistory(_folder) });
        Assert.StartsWith("-- your input of earlier runs cannot be read: ", _session.Rows[0], StringComparison.Ordinal);
        _session.Type("one\rtwo\r");
        Assert.StartsWith("-- your input is not saved for the next run: ", _session.Rows[1], StringComparison.Ordinal);
        Assert.Equal(3, _session.Rows.Count);
    }

    [Fact]
    public void A_flood_is_one_frame_and_the_next_one_is_small_again()
    {
        for (int i = 0; i < 10_000; i++)
            _session.View.Show(
                new ChatEvent(EventKind.Say)
                {
                    Name = "bob",
                    Text = $"line {i}",
                    UnixMilliseconds = ViewSession.Noon,
                }
            );
        _session.Type("x");
        Assert.Equal(["12:00 bob: line 9999", "alice> x"], _session.Rows.TakeLast(2));
        Assert.Equal(10_001, _session.Rows.Count);
        _session.View.Press(Key.FromCharacter('y'));
        Assert.InRange(_session.View.Frame.Length, 1, 40);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void After_random_events_a_repaint_changes_nothing_and_every_sequence_is_listed(int seed)
    {
        string[] keys =
        [
            "a",
            "漢",
            "\e[D",
            "\x7f",
            "\t",
            "\x12",
            "\a",
            "\x1f",
            "\e[200~",
            "\e[201~",
            "n",
            "\f",
            "/find a\r",
            "hello\r",
            "\e[A",
            "👩\u200d👩\u200d👧",
            "/keys\r",
            "\e\e",
        ];
        var random = new Random(seed);
        for (int run = 0; run < 15; run++)
        {
            _session = new ViewSession(
                random.Next(10, 70),
                random.Next(8, 20),
                new TerminalViewOptions { Colours = Colours.True, Reflows = false }
            );
            for (int step = 0; step < 150; step++)
            {
                string piece = keys[random.Next(keys.Length)];
                switch (random.Next(7))
                {
                    case 0:
                        _session.Say(random.Next(2) == 0 ? "bob" : "eve", ScreenBottomTests.Said(random));
                        break;
                    case 1:
                        _session.Show(
                            new ChatEvent(random.Next(2) == 0 ? EventKind.Join : EventKind.Leave)
                            {
                                Name = $"n{random.Next(9)}",
                            }
                        );
                        break;
                    case 2:
                        _session.Resize(random.Next(10, 70), random.Next(8, 20));
                        break;
                    case 3:
                        _session.Status(
                            (LinkState)random.Next(6),
                            retry: random.Next(9000),
                            pending:
                            [
                                .. Enumerable.Range(0, random.Next(7)).Select(_ => ScreenBottomTests.Said(random)),
                            ],
                            late: random.Next(8)
                        );
                        break;
                    case 4:
                        _session.Pass(random.Next(2000));
                        break;
                    default:
                        _session.Type(piece);
                        break;
                }

                _session.Pass(random.Next(2) * ClientLimits.AwayMostMilliseconds);
                (string Rows, (int Row, int Column) Cursor) seen = _session.Look();
                Assert.True(_session.Grid.AtRest);
                if (_session.View.Due is not null)
                    continue;
                _session.Repaint();
                Assert.Equal(seen, _session.Look());
            }
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
