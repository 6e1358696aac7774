using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Views;

namespace Chat.Tests.Client.Views;

/// <summary>The title of the window, desktop notices and /mentions.</summary>
public sealed class NoticeTests
{
    private const string FocusIn = "\e[I",
        FocusOut = "\e[O";

    private readonly ViewSession _session = new(
        60,
        12,
        new TerminalViewOptions { TakesOsc = true, Notify = NoticeKind.Osc9 }
    );

    [Fact]
    public void The_title_counts_the_lines_of_others_since_the_window_left_the_front()
    {
        Assert.Equal("chat - alice", _session.Grid.Title);
        _session.Say("bob", "seen");
        Assert.Equal("chat - alice", _session.Grid.Title);

        _session.Type(FocusOut);
        _session.Say("bob", "one");
        _session.Say("alice", "mine", mine: true);
        _session.Say("bob", "old", isHistory: true);
        _session.Show(new ChatEvent(EventKind.Join) { Name = "carol" });
        _session.Show(new ChatEvent(EventKind.Me) { Name = "bob", Text = "waves" });
        Assert.Equal("(2) chat - alice", _session.Grid.Title);

        _session.Type(FocusIn);
        Assert.Equal("chat - alice", _session.Grid.Title);
    }

    [Fact]
    public void A_mention_or_a_whisper_behind_another_window_is_a_notice_and_no_other_line_is()
    {
        _session.Say("bob", "alice, in front");
        _session.Type(FocusOut);
        _session.Say("bob", "to all");
        _session.Say("bob", "old alice", isHistory: true);
        Assert.Empty(_session.Grid.Notices);

        _session.Say("bob", "alice: the build is red");
        _session.Pass(ClientLimits.NoticeMilliseconds);
        _session.Show(
            new ChatEvent(EventKind.Whisper)
            {
                Name = "bob",
                To = "alice",
                Text = "psst",
            }
        );
        _session.Pass(ClientLimits.NoticeMilliseconds);
        _session.Show(new ChatEvent(EventKind.Me) { Name = "bob", Text = "looks for Alice" });

        Assert.Equal(
            ["9;chat: bob: alice: the build is red", "9;chat: bob whispers: psst", "9;chat: * bob looks for Alice"],
            _session.Grid.Notices
        );
    }

    [Fact]
    public void Notices_are_a_second_apart()
    {
        _session.Type(FocusOut);
        for (int i = 0; i < 5; i++)
            _session.Say("bob", $"alice {i}");
        _session.Pass(ClientLimits.NoticeMilliseconds - 1);
        _session.Say("bob", "alice 5");
        _session.Pass(1);
        _session.Say("bob", "alice 6");

        Assert.Equal(["9;chat: bob: alice 0", "9;chat: bob: alice 6"], _session.Grid.Notices);
    }

    [Theory]
    [InlineData(nameof(NoticeKind.Osc9), "9;chat: bob: hi alice")]
    [InlineData(nameof(NoticeKind.Osc777), "777;notify;chat;bob: hi alice")]
    [InlineData(nameof(NoticeKind.Osc99), "99;;bob: hi alice")]
    public void A_notice_has_the_form_of_the_terminal(string kind, string notice)
    {
        ViewSession session = new(60, 12, new TerminalViewOptions { Notify = Enum.Parse<NoticeKind>(kind) });
        session.Type(FocusOut);
        session.Say("bob", "hi alice");

        Assert.Equal([notice], session.Grid.Notices);
        Assert.Equal("shell", session.Grid.Title);
    }

    [Fact]
    public void A_name_that_a_server_invents_is_no_command_of_the_terminal()
    {
        _session.Type(FocusOut);
        _session.Say("4;50", "alice");

        Assert.Equal(["9;chat: 4;50: alice"], _session.Grid.Notices);
    }

    [Fact]
    public void A_notice_of_a_snippet_is_one_line()
    {
        _session.Type(FocusOut);
        _session.Say("bob", "alice:\n\tgo()");

        Assert.Equal(["9;chat: bob: alice:  go()"], _session.Grid.Notices);
    }

    [Fact]
    public void A_long_notice_is_cut_between_clusters()
    {
        _session.Type(FocusOut);
        _session.Say("bob", "alice " + string.Concat(Enumerable.Repeat("👩‍👩‍👧", 500)));

        string notice = Assert.Single(_session.Grid.Notices);
        Assert.EndsWith("👩‍👩‍👧…", notice, StringComparison.Ordinal);
        Assert.Equal(
            ClientLimits.NoticeClusters,
            new System.Globalization.StringInfo(notice["9;chat: ".Length..]).LengthInTextElements
        );
    }

    [Fact]
    public void Without_a_form_nothing_but_the_screen_is_written()
    {
        ViewSession session = new(60, 12);
        session.Type(FocusOut);
        session.Say("bob", "hi alice");

        Assert.Empty(session.Grid.Notices);
        Assert.DoesNotContain((byte)']', session.Sent);
    }

    [Fact]
    public void A_focus_report_changes_neither_the_line_nor_a_question_nor_a_paste()
    {
        _session.Type("a draft" + FocusOut + "!" + FocusIn);
        Assert.Equal("alice> a draft!", _session.Rows[^1]);

        _session.Type("\e[200~one\rtwo" + FocusOut + "\e[201~");
        Assert.Contains("2 lines", _session.Rows[^1], StringComparison.Ordinal);
        _session.Type(FocusOut + FocusIn);
        Assert.Contains("2 lines", _session.Rows[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Mentions_lists_what_was_missed_and_keeps_the_last()
    {
        _session.Type("/mentions\r");
        Assert.Contains("-- no mention or whisper was missed", _session.Rows);
        _session.Say("bob", "alice, in front");
        _session.Type(FocusOut);
        for (int i = 0; i < ClientLimits.MissedMentions; i++)
            _session.Say("bob", $"alice {i}");
        _session.Say("bob", "to all");
        _session.Show(
            new ChatEvent(EventKind.Whisper)
            {
                Name = "bob",
                To = "alice",
                Text = "psst",
            }
        );
        _session.Type(FocusIn + "/clear\r/mentions\r");

        IReadOnlyList<string> rows = _session.Rows;
        int heading = rows.ToList().LastIndexOf($"-- {ClientLimits.MissedMentions} mentions and whispers were missed:");
        Assert.Equal("12:00 bob: alice 1", rows[heading + 1]);
        Assert.Equal("12:00 bob -> alice: psst", rows[heading + ClientLimits.MissedMentions]);
        _session.MeetForeignServer();
        _session.Type("/find psst\r");
        Assert.Contains("-- found 1:", _session.Rows);
    }

    [Fact]
    public void A_mention_said_while_the_link_was_down_is_listed()
    {
        _session.Say("bob", "hi alice", isMissed: true);
        _session.Type("/mentions\r");

        Assert.Contains("-- 1 mention or whisper was missed:", _session.Rows);
    }

    [Fact]
    public void The_title_is_set_again_after_a_pause()
    {
        _session.View.Withdraw();
        _session.Flush();
        _session.Grid.Feed("\e]2;make\a");
        _session.View.Return();
        _session.Flush();

        Assert.Equal("chat - alice", _session.Grid.Title);
    }
}
