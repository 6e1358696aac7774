using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Views;
using Chat.Protocol.Names;

namespace Chat.Tests.Client.Views;

/// <summary>Mentions, the bell, join and leave summaries, away summaries and the prompt.</summary>
public sealed class AttentionTests
{
    [Theory]
    [InlineData("alice", true)]
    [InlineData("hi ALICE!", true)]
    [InlineData("al1ce: look", true)]
    [InlineData("@alice's turn", true)]
    [InlineData("_alice_", true)]
    [InlineData("ask аlice", true)]
    [InlineData("(alice)", true)]
    [InlineData("malice", false)]
    [InlineData("alice2", false)]
    [InlineData("alice-bob", false)]
    [InlineData("alices", false)]
    [InlineData("", false)]
    [InlineData("👍 alice 👍", true)]
    public void A_mention_is_a_whole_word_in_any_look_alike_letters(string text, bool isMention) =>
        Assert.Equal(isMention, new MentionMatcher("alice").IsIn(text));

    [Fact]
    public void Names_in_other_scripts_are_words_and_an_empty_name_is_never_mentioned()
    {
        Assert.True(new MentionMatcher("नीला").IsIn("नमस्ते नीला!"));
        Assert.True(new MentionMatcher("李").IsIn("李, 你好"));
        Assert.False(new MentionMatcher("").IsIn("anything"));
    }

    [Fact]
    public void A_word_looks_like_a_name_exactly_when_they_have_one_key()
    {
        string[] names =
        [
            "alice",
            "ALICE",
            "al1ce",
            "аlice",
            "bob",
            "6ob",
            "rn",
            "m",
            "œuf",
            "oeuf",
            "нина",
            "h",
            "",
            "a",
        ];
        foreach (string one in names)
        {
            foreach (string other in names)
                Assert.Equal(
                    Nickname.LookAlikeKey(one) == Nickname.LookAlikeKey(other),
                    Nickname.LooksLike(one, Nickname.LookAlikeKey(other))
                );
        }
    }

    [Theory]
    [InlineData("off", "")]
    [InlineData("mention", "mention whispered-mention")]
    [InlineData("whisper", "whisper whispered-mention")]
    [InlineData("mention,whisper", "mention whisper whispered-mention")]
    [InlineData("all", "say mention whisper whispered-mention")]
    public void The_bell_rings_for_the_chosen_events(string mode, string rung)
    {
        (string Name, EventKind Kind, bool IsMention)[] all =
        [
            ("say", EventKind.Say, false),
            ("mention", EventKind.Say, true),
            ("whisper", EventKind.Whisper, false),
            ("whispered-mention", EventKind.Whisper, true),
            ("join", EventKind.Join, false),
            ("notice", EventKind.Notice, true),
        ];
        IEnumerable<string> heard = all.Where(one =>
                new Bell(Bell.Modes[mode]).Rings(new ChatEvent(one.Kind), one.IsMention, 0)
            )
            .Select(one => one.Name);
        Assert.Equal(rung, string.Join(' ', heard));
        Assert.Equal(Bell.Modes["mention,whisper"], new Bell().Mode);
    }

    [Fact]
    public void The_bell_rings_at_most_once_a_second_and_never_for_history_or_own_lines()
    {
        (Bell? bell, ChatEvent? said) = (new Bell(), new ChatEvent(EventKind.Say));
        Assert.False(bell.Rings(said with { IsHistory = true }, isMention: true, now: 0));
        Assert.False(bell.Rings(said with { Mine = true }, isMention: true, now: 0));
        Assert.True(bell.Rings(said, isMention: true, now: 0));
        Assert.False(bell.Rings(said, isMention: true, now: ClientLimits.BellMilliseconds - 1));
        Assert.True(bell.Rings(said, isMention: true, now: ClientLimits.BellMilliseconds));
    }

    [Theory]
    [InlineData("+ann", "ann joined")]
    [InlineData("-ann", "ann left")]
    [InlineData("-ann:reset", "ann left (reset)")]
    [InlineData("-ann +ann", "ann left and came back")]
    [InlineData("+ann -ann", "ann joined and left")]
    [InlineData("+ann -ann +ann -ann +ann", "ann joined")]
    [InlineData("-ann:reset +ann -ann:timeout", "ann left (timeout)")]
    [InlineData("-ann -bob +ann +cy -cy", "bob left, ann left and came back, cy joined and left")]
    [InlineData("+bot -bot +bot -bot +alice -bob", "alice joined, bob left, bot joined and left")]
    [InlineData("-a +a -b +b", "2 left and came back (a, b)")]
    [InlineData("+ann +bob +cy -dee", "3 joined (ann, bob, cy), dee left")]
    [InlineData("+ann +bob", "2 joined (ann, bob)")]
    [InlineData("-ann -bob:reset", "2 left (ann, bob)")]
    [InlineData("+a +b +c +d +e +f +g", "7 joined (a, b, c, d, e and 2 more)")]
    public void Runs_of_joins_and_leaves_are_one_line(string run, string told)
    {
        var presence = new JoinLeaveSummary();
        Assert.Null(presence.Deadline);
        foreach (string one in run.Split(' '))
        {
            string[] parts = one[1..].Split(':');
            presence.Add(
                new ChatEvent(one[0] == '+' ? EventKind.Join : EventKind.Leave)
                {
                    Name = parts[0],
                    Text = parts.Length > 1 ? parts[1] : "",
                },
                now: 7
            );
        }

        Assert.Equal(7 + ClientLimits.PresenceMilliseconds, presence.Deadline);
        Assert.Equal(told, presence.Flush());
        Assert.True(presence.IsEmpty);
    }

    [Fact]
    public void A_long_run_of_joins_and_leaves_is_printed_in_parts()
    {
        var presence = new JoinLeaveSummary();
        for (int i = 0; i < ClientLimits.KnownNames - 1; i++)
            presence.Add(new ChatEvent(EventKind.Join) { Name = $"n{i}" }, 0);
        Assert.False(presence.IsFull);
        presence.Add(new ChatEvent(EventKind.Leave) { Name = "n0" }, 0);
        Assert.False(presence.IsFull);
        presence.Add(new ChatEvent(EventKind.Join) { Name = "last" }, 0);
        Assert.True(presence.IsFull);
    }

    [Fact]
    public void Lines_after_a_return_count_as_missed_until_it_is_quiet()
    {
        var absence = new AwaySummary();
        Assert.False(absence.Count(isMention: true, now: 0));
        Assert.Null(absence.Deadline);
        absence.Returned(1000);
        Assert.True(absence.Count(isMention: false, now: 1100));
        Assert.False(absence.Count(isMention: true, now: 1200));
        Assert.False(absence.Count(isMention: true, now: 1300));
        Assert.Equal(1300 + ClientLimits.AwaySettleMilliseconds, absence.Deadline);
        Assert.Equal("while you were away: 3 lines, 2 mention you", absence.Flush());
        Assert.Null(absence.Deadline);

        absence.Returned(2000);
        Assert.Null(absence.Flush());
        absence.Returned(3000);
        absence.Count(isMention: true, now: 3000 + (2 * ClientLimits.AwayMostMilliseconds));
        Assert.Equal(3000 + ClientLimits.AwayMostMilliseconds, absence.Deadline);
        Assert.Equal("while you were away: 1 line, 1 mentions you", absence.Flush());
    }

    [Fact]
    public void The_prompt_counts_the_lines_still_to_be_sent() =>
        Assert.Equal(
            "alice (152 to send)> ",
            PromptText.Format("alice", LinkState.Joined, 0, 156, 1000, cells: 50, toSend: 152)
        );

    [Fact]
    public void The_prompt_tells_that_others_can_read_along_while_there_is_a_link()
    {
        Assert.Equal(
            "alice (in the clear, 3 to send)> ",
            PromptText.Format("alice", LinkState.Joined, 0, 3, 1000, cells: 50, toSend: 3, isExposed: true)
        );
        Assert.Equal(
            "alice (connecting)> ",
            PromptText.Format("alice", LinkState.Connecting, 0, 0, 1000, cells: 50, isExposed: true)
        );
    }

    [Theory]
    [InlineData("alice", "Joined", 0, 0, 1000, "alice> ")]
    [InlineData("alice", "Joined", 0, 3, 1000, "alice> ")]
    [InlineData("alice", "Joined", 0, 0, 57, "alice (57 left)> ")]
    [InlineData("alice", "Connecting", 0, 0, 1000, "alice (connecting)> ")]
    [InlineData("", "Greeting", 0, 0, 1000, "(connecting)> ")]
    [InlineData("", "Joined", 0, 0, 1000, "> ")]
    [InlineData("alice", "Waiting", 3100, 2, 1000, "alice (reconnecting in 4 s, 2 unsent)> ")]
    [InlineData("alice", "Waiting", 0, 0, 1000, "alice (reconnecting in 1 s)> ")]
    [InlineData("alice", "Lost", 0, 1, 5, "alice (connection lost, 1 unsent, 5 left)> ")]
    [InlineData("alice-with-a-long-name", "Waiting", 3100, 20, 1000, "(reconnecting in 4 s, 20 unsent)> ")]
    [InlineData("alice", "Ended", 0, 0, 1000, "alice (not connected)> ")]
    public void The_prompt_shows_the_own_name_and_the_state_of_the_link(
        string name,
        string state,
        int retry,
        int unsent,
        int bytesLeft,
        string prompt
    ) =>
        Assert.Equal(
            prompt,
            PromptText.Format(name, Enum.Parse<LinkState>(state), retry, unsent, bytesLeft, cells: 50)
        );
}
