using Chat.Client;
using Chat.Client.Commands;
using Chat.Client.Views;

namespace Chat.Tests.Client.Views;

/// <summary>/edit, /delete and /re at a terminal, and the changes of other members on the screen.</summary>
public sealed class ChangeViewTests
{
    private readonly ViewSession _session = new(60, 30, new TerminalViewOptions { TakesOsc = true });

    [Theory]
    [InlineData("/edit new text\r", "new text")]
    [InlineData("/edit\r!\r", "old text!")]
    [InlineData("\ee!\r", "old text!")]
    [InlineData("\e[A\ee!\r", "old text!")]
    public void The_last_own_message_is_changed(string keys, string text)
    {
        Say("alice", "old text", offset: 100, mine: true);
        Say("bob", "between", offset: 130);
        if (keys.StartsWith("\e[A", StringComparison.Ordinal))
            _session.Type("old text\r");

        UserAction action = _session.Type(keys);

        Assert.Equal(UserActionKind.Request, action.Kind);
        Assert.Equal(new Command(CommandKind.Say, "edit", "100", text), action.Command);
    }

    [Fact]
    public void A_message_of_several_rows_is_changed_with_its_rows()
    {
        Say("alice", "if ok:\n\tgo()", offset: 100, mine: true);

        UserAction action = _session.Type("\ee # now\r");

        Assert.Equal(new Command(CommandKind.Say, "edit", "100", "if ok:\n\tgo() # now"), action.Command);
        Assert.Equal("alice> ", _session.Rows[^1] + " ");
    }

    [Fact]
    public void The_last_own_message_is_withdrawn_and_the_one_before_it_is_the_last_then()
    {
        Say("alice", "one", offset: 100, mine: true);
        Say("alice", "two", offset: 120, mine: true);
        Assert.Equal(new Command(CommandKind.Say, "delete", "120"), _session.Type("/delete\r").Command);

        Change(EventKind.Delete, "alice", 120, "", mine: true);
        Assert.Contains("12:00 -- you withdrew message 2", _session.Rows);
        Assert.Equal(new Command(CommandKind.Say, "delete", "100"), _session.Type("/delete\r").Command);
        _session.Type("/copy 2\r");
        Assert.Contains("-- message 2 was withdrawn", _session.Rows);
    }

    [Fact]
    public void A_corrected_message_shows_its_new_text_and_is_copied_so()
    {
        Say("bob", "teh", offset: 100);
        Change(EventKind.Edit, "bob", 100, "the");
        Change(EventKind.Edit, "bob", 5, "unknown");
        _session.Type("/copy 1\r");

        Assert.Equal(
            ["12:00 bob: teh", "12:00 bob (edited): the", "12:00 bob (edited): unknown"],
            _session.Rows.Take(3)
        );
        Assert.Equal("the", _session.Grid.Clipboard);
    }

    [Fact]
    public void An_answer_shows_what_it_answers_and_one_to_the_reader_is_a_mention()
    {
        _session.Type("\e[O");
        _session.Show(
            new ChatEvent(EventKind.Say)
            {
                Name = "bob",
                Text = "yes",
                Quoted = "to alice: \"shall we?\"",
                Offset = 100,
            }
        );

        Assert.Equal("12:00 bob (to alice: \"shall we?\"): yes", _session.Rows[0]);
        Assert.Equal(1, _session.Grid.Bells);
    }

    [Fact]
    public void A_message_is_answered_by_its_number()
    {
        Say("bob", "shall we?", offset: 100);
        Say("carol", "later", offset: 130);

        Command answer = new(CommandKind.Say, "re", "100", "yes, now") { Typed = "/re 1 yes, now" };
        Assert.Equal(answer, _session.Type("/re 1 yes, now\r").Command);

        _session.View.PutBack(["plain", answer.Typed]);
        Assert.Equal(UserActionKind.Paste, _session.Type("y").Kind);
        Assert.True(_session.View.TryTake(out UserAction again));
        Assert.Equal(answer, again.Command);
    }

    [Theory]
    [InlineData("/edit\r", "-- you have said nothing here that can be changed")]
    [InlineData("/delete\r", "-- you have said nothing here that can be changed")]
    [InlineData("\ee", "-- you have said nothing here that can be changed")]
    [InlineData("/re\r", "-- usage: /re N TEXT")]
    [InlineData("/re 1\r", "-- usage: /re N TEXT")]
    [InlineData("/re x y\r", "-- usage: /re N TEXT")]
    [InlineData("/re 5 y\r", "-- there is no message 5; the last is 1")]
    public void A_change_without_its_message_is_refused(string keys, string answer)
    {
        Say("bob", "hello", offset: 100);

        Assert.Equal(UserActionKind.None, _session.Type(keys).Kind);
        Assert.Contains(answer, _session.Rows);
    }

    [Fact]
    public void A_whisper_is_not_answered_to_everybody()
    {
        _session.Show(
            new ChatEvent(EventKind.Whisper)
            {
                Name = "bob",
                To = "alice",
                Text = "psst",
                Offset = 100,
            }
        );

        Assert.Equal(UserActionKind.None, _session.Type("/re 1 what?\r").Kind);
    }

    [Theory]
    [InlineData("/edit x\r")]
    [InlineData("/edit\r")]
    [InlineData("\ee")]
    [InlineData("/delete\r")]
    public void After_a_whisper_the_public_message_before_it_is_not_changed(string keys)
    {
        Say("alice", "hello all", offset: 100, mine: true);
        Whisper("alice", "bob", "psst", offset: 130, mine: true);

        Assert.Equal(UserActionKind.None, _session.Type(keys).Kind);
        Assert.Equal("-- your last message is a whisper, which cannot be changed", _session.Rows[2]);
    }

    [Fact]
    public void A_message_in_the_prompt_whose_log_was_lost_is_not_changed()
    {
        Say("alice", "old", offset: 100, mine: true);
        _session.Type("\ee");
        _session.Show(new ChatEvent(EventKind.Gap) { IsNewLog = true });

        Assert.Equal(UserActionKind.None, _session.Type("!\r").Kind);
        Assert.Contains("-- you have said nothing here that can be changed", _session.Rows);
    }

    [Fact]
    public void A_message_in_the_prompt_that_was_withdrawn_meanwhile_is_not_changed()
    {
        Say("alice", "old", offset: 100, mine: true);
        _session.Type("\ee");
        Change(EventKind.Delete, "alice", 100, "", mine: true);

        Assert.Equal(UserActionKind.None, _session.Type("!\r").Kind);
        Assert.Contains("-- message 1 was withdrawn", _session.Rows);
    }

    [Fact]
    public void A_corrected_action_stays_an_action()
    {
        _session.Show(
            new ChatEvent(EventKind.Me)
            {
                Name = "bob",
                Text = "wafes",
                Offset = 100,
            }
        );
        Change(EventKind.Edit, "bob", 100, "waves");

        Assert.Equal(["12:00 * bob wafes", "12:00 * bob (edited) waves"], _session.Rows.Take(2));
    }

    [Fact]
    public void A_correction_that_names_the_reader_is_a_mention_once()
    {
        _session.Type("\e[O");
        Say("bob", "alicf: lunch?", offset: 100);
        Assert.Equal(0, _session.Grid.Bells);
        Change(EventKind.Edit, "bob", 100, "alice: lunch?");
        Assert.Equal(1, _session.Grid.Bells);
        _session.Pass(10_000);
        Change(EventKind.Edit, "bob", 100, "alice: lunch now?");
        Assert.Equal(1, _session.Grid.Bells);

        _session.Type("/mentions\r");
        Assert.Contains("-- 1 mention or whisper was missed:", _session.Rows);
    }

    [Fact]
    public void Escape_says_that_waiting_changes_stay()
    {
        _session.View.Status(new LinkStatus(LinkState.Joined, "alice", []) { ToSend = 1 });
        _session.View.PutBack([]);

        Assert.StartsWith(
            "-- corrections and withdrawals stay: they are sent when",
            _session.Rows[0],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_change_stays_in_the_prompt_while_too_much_waits()
    {
        Say("alice", "old", offset: 100, mine: true);
        _session.View.TakesLines = false;

        Assert.Equal(UserActionKind.None, _session.Type("/edit new\r").Kind);
        Assert.EndsWith("/edit new", _session.Rows[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_said_meanwhile_is_not_changed_in_place_of_the_shown_one()
    {
        Say("alice", "old", offset: 100, mine: true);
        _session.Type("\ee");
        Say("alice", "from another window", offset: 130, mine: true);

        Assert.Equal(new Command(CommandKind.Say, "edit", "100", "old!"), _session.Type("!\r").Command);
        Assert.Equal(new Command(CommandKind.Say, "edit", "130", "x"), _session.Type("/edit x\r").Command);
    }

    [Theory]
    [InlineData("/edit x\r")]
    [InlineData("/delete\r")]
    public void While_an_own_line_is_not_taken_the_one_before_it_is_not_changed(string keys)
    {
        Say("alice", "old", offset: 100, mine: true);
        _session.Status(LinkState.Joined, pending: ["new"]);

        Assert.Equal(UserActionKind.None, _session.Type(keys).Kind);
        Assert.Contains("-- your last line is not taken yet; try again when it is", _session.Rows);
    }

    [Fact]
    public void A_message_of_another_log_is_not_changed_or_answered()
    {
        Say("alice", "old", offset: 100, mine: true);
        _session.Show(new ChatEvent(EventKind.Gap) { IsNewLog = true });

        Assert.Equal(UserActionKind.None, _session.Type("/edit x\r").Kind);
        Assert.Equal(UserActionKind.None, _session.Type("/delete\r").Kind);
        Assert.Equal(UserActionKind.None, _session.Type("/re 1 x\r").Kind);
        Assert.Contains("-- message 1 is a whisper, or not in the log of this server", _session.Rows);
    }

    [Fact]
    public void A_change_after_a_rename_reaches_its_message_and_a_long_one_is_folded()
    {
        Say("bob", "teh", offset: 100);
        Change(EventKind.Edit, "bobby", 100, "the");
        _session.Type("/copy 1\r");
        Assert.Equal("the", _session.Grid.Clipboard);

        Change(EventKind.Edit, "bobby", 5, string.Join('\n', Enumerable.Range(1, 100)));
        Assert.Equal("  ... 88 more", _session.Rows[^2]);
    }

    [Theory]
    [InlineData("/msg bob ")]
    [InlineData("/me")]
    [InlineData(" /msg bob ")]
    [InlineData("/nosuch x")]
    public void A_paste_behind_a_command_is_not_said_to_everybody(string draft)
    {
        _session.Type($"{draft}\e[200~secret\rrows\e[201~");

        Assert.Equal(UserActionKind.None, _session.Type("y").Kind);
        Assert.Contains("-- the prompt holds a command, which takes one line: answer", _session.Rows);
        Assert.Equal(UserActionKind.None, _session.Type("n").Kind);
        Assert.EndsWith(draft.TrimEnd(), _session.Rows[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Alt_N_lists_the_numbers()
    {
        Say("bob", "hello", offset: 100);
        _session.Type("draft\en");

        Assert.Equal(["12:00 bob: hello", "--    1  bob: hello", "alice> draft"], _session.Rows);
    }

    [Fact]
    public void The_numbered_list_tells_whispers_and_answers_from_other_messages()
    {
        Whisper("bob", "alice", "psst", offset: 100);
        _session.Show(
            new ChatEvent(EventKind.Say)
            {
                Name = "bob",
                Text = "yes",
                Quoted = "to cy: \"tea?\"",
                Offset = 130,
            }
        );
        _session.Type("\en");

        Assert.Equal(
            ["--    1  bob -> alice: psst", "--    2  bob (to cy: \"tea?\"): yes"],
            _session.Rows.Skip(2).Take(2)
        );
    }

    private void Whisper(string name, string to, string text, long offset, bool mine = false) =>
        _session.Show(
            new ChatEvent(EventKind.Whisper)
            {
                Name = name,
                To = to,
                Text = text,
                Offset = offset,
                Mine = mine,
            }
        );

    private void Say(string name, string text, long offset, bool mine = false) =>
        _session.Show(
            new ChatEvent(EventKind.Say)
            {
                Name = name,
                Text = text,
                Offset = offset,
                Mine = mine,
            }
        );

    private void Change(EventKind kind, string name, long target, string text, bool mine = false) =>
        _session.Show(
            new ChatEvent(kind)
            {
                Name = name,
                Text = text,
                Target = target,
                Offset = target + 1000,
                Mine = mine,
            }
        );
}
