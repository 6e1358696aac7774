using System.Text;
using Chat.Client.Networking;
using Chat.Protocol;

namespace Chat.Tests.Client.Networking;

/// <summary>Requests from input to acknowledgement, over any number of connections.</summary>
public sealed class UnacknowledgedQueueTests
{
    private readonly UnacknowledgedQueue _queue = new();

    [Fact]
    public void Requests_of_all_kinds_are_numbered_in_order()
    {
        _queue.Say("say", "", "hello");
        _queue.Say("me", "", "waves");
        _queue.Say("tell", "bob", "psst, you");
        _queue.Say("nick", "", "alicia");

        Assert.Equal(["say 1 hello\n", "me 2 waves\n", "tell 3 bob psst, you\n", "nick 4 alicia\n"], Sent());
    }

    [Fact]
    public void A_question_is_sent_in_its_turn_takes_no_number_and_is_forgotten()
    {
        _queue.Say("say", "", "one");
        _queue.Ask("who", "");
        _queue.Ask("history", "5");
        _queue.Say("say", "", "two");

        Assert.Equal(["say 1 one\n", "who 0\n", $"history {RequestIds.History} 5\n", "say 2 two\n"], Sent());
        Assert.Equal(["one", "two"], _queue.Texts);
        Assert.Equal(2, _queue.Count);
    }

    [Fact]
    public void After_a_break_unacknowledged_requests_are_sent_once_and_in_order()
    {
        foreach (string text in (string[])["one", "two", "three", "four"])
            _queue.Say("say", "", text);
        Assert.Equal(4, Sent().Count);
        _queue.Acknowledge(1);

        _queue.Restart(taken: 2);

        Assert.Equal(["say 3 three\n", "say 4 four\n"], Sent());
        Assert.Empty(Sent());
        Assert.Equal(["two", "three", "four"], _queue.Texts);
    }

    [Fact]
    public void Numbers_keep_increasing_after_a_break()
    {
        _queue.Say("say", "", "one");
        Sent();
        _queue.Acknowledge(1);
        _queue.Restart(taken: 1);
        _queue.Say("say", "", "two");

        Assert.Equal(["say 2 two\n"], Sent());
    }

    [Fact]
    public void A_taken_and_unanswered_request_is_returned_once()
    {
        foreach (string text in (string[])["one", "two", "three"])
            _queue.Say("say", "", text);
        Sent();
        _queue.Restart(taken: 2);

        Assert.Equal(["one", "two"], _queue.TakeUnanswered(2).Select(static said => said.Text));
        Assert.Empty(_queue.TakeUnanswered(2));
        Assert.Equal(["say 3 three\n"], Sent());
    }

    [Fact]
    public void A_second_or_unknown_acknowledgement_is_refused()
    {
        _queue.Say("say", "", "one");
        Sent();

        Assert.False(_queue.Acknowledge(0));
        Assert.False(_queue.Acknowledge(2));
        Assert.False(_queue.Acknowledge(long.MaxValue));
        Assert.True(_queue.Acknowledge(1));
        Assert.False(_queue.Acknowledge(1));
        Assert.Equal(0, _queue.Bytes);
    }

    [Fact]
    public void A_text_too_long_for_a_line_becomes_several_requests_without_loss()
    {
        string text = string.Concat(Enumerable.Range(0, 3000).Select(i => $"/ö{i}漢"));
        _queue.Say("me", "", text);

        List<string> sent = Sent();

        Assert.All(
            sent.Index(),
            piece => Assert.StartsWith($"me {piece.Index + 1} ", piece.Item, StringComparison.Ordinal)
        );
        Assert.All(sent, line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 1, ProtocolLimits.RelayedLineBytes));
        var texts = sent.Select(line => line.Split(' ', 3)[2].TrimEnd('\n')).ToList();
        Assert.All(texts, piece => Assert.InRange(Encoding.UTF8.GetByteCount(piece), 1, ProtocolLimits.TextBytes));
        Assert.Equal(text, string.Concat(texts));
    }

    [Fact]
    public void A_typed_line_precedes_waiting_pasted_lines_and_numbers_follow_the_order_of_sending()
    {
        UnacknowledgedQueue queue = new(pasteWindow: 2);
        foreach (string text in (string[])["p1", "p2", "p3", "p4"])
            queue.Say("say", "", text, isPasted: true);
        Assert.Equal(["say 1 p1\n", "say 2 p2\n"], Sent(queue));

        queue.Say("say", "", "typed");
        queue.Say("me", "", "types on");
        Assert.Equal(["say 3 typed\n", "me 4 types on\n"], Sent(queue));
        Assert.Equal(2, queue.WaitingCount);

        for (int id = 1; id <= 3; id++)
            queue.Acknowledge(id);
        Assert.Equal(["say 5 p3\n"], Sent(queue));
        Assert.Equal(["* types on", "p3", "p4"], queue.Texts);
    }

    [Fact]
    public void A_snippet_is_one_request_and_is_taken_back_as_it_was()
    {
        string text = string.Join('\n', Enumerable.Repeat($"\t\\{new string('x', 100)}", 500));
        _queue.Say("snippet", "", text);
        _queue.Say("snippet", "", "/a\nb");
        _queue.Say("snippet", "", "/one-row");

        Assert.Equal(["/a (and 1 more)", "/one-row"], _queue.Texts.Skip(1));
        // One row may be a command, so its slash is doubled, as it is typed.
        Assert.Equal([text, "/a\nb", "//one-row"], _queue.TakeBack());
        _queue.Say("snippet", "", "/a\n\tb\\");
        Assert.Equal([@"snippet 1 /a\n\tb\\" + "\n"], Sent());
        _queue.Restart(taken: 1);
        Assert.Equal(["/a (and 1 more)"], _queue.TakeUnanswered(1).Select(static taken => taken.Text));
    }

    [Fact]
    public void Changes_name_their_message_and_a_correction_is_escaped()
    {
        (string, string, string)[] changes =
        [
            ("edit", "120", @"C:\dir"),
            ("edit", "120", "a\n\tb"),
            ("delete", "120", ""),
            ("re", "90", "yes"),
        ];
        foreach ((string verb, string to, string text) in changes)
            _queue.Say(verb, to, text);

        Assert.Empty(_queue.TakeBack());
        _queue.Say("re", "90", "no", typed: "/re 3 no");
        Assert.Equal(["/re 3 no"], _queue.TakeBack());
        _queue.Say("say", "", "stays");
        Assert.Equal(
            ["(edit) C:\\dir", "(edit) a (and 1 more)", "(withdraw a message)", "yes"],
            _queue.TakeAboutEarlier().Select(static taken => taken.Text)
        );
        Assert.Equal(["say 1 stays\n"], Sent());
        _queue.Acknowledge(1);
        foreach ((string verb, string to, string text) in changes)
            _queue.Say(verb, to, text);
        Assert.Equal(["(edit) C:\\dir", "(edit) a (and 1 more)", "(withdraw a message)", "yes"], _queue.Texts);
        Assert.Equal(
            [@"edit 2 120 C:\\dir" + "\n", @"edit 3 120 a\n\tb" + "\n", "delete 4 120\n", "re 5 90 yes\n"],
            Sent()
        );
    }

    [Fact]
    public void Unsent_lines_are_taken_back_as_typed_and_sent_ones_stay()
    {
        UnacknowledgedQueue queue = new(pasteWindow: 1);
        queue.Say("say", "", "under way", isPasted: true);
        Sent(queue);
        queue.Say("say", "", "/etc/passwd", isPasted: true);
        queue.Say("tell", "bob", "psst");
        queue.Ask("history", "5");
        queue.Restart(taken: 0);

        Assert.Equal(["/msg bob psst", "//etc/passwd"], queue.TakeBack());
        Assert.Equal((1, 0), (queue.Count, queue.WaitingCount));
        Assert.Equal(["say 1 under way\n"], Sent(queue));
        queue.Acknowledge(1);
        Assert.Equal((0, 0, 0), (queue.Count, queue.Bytes, queue.TypedBytes));
    }

    [Fact]
    public void A_typed_line_separates_no_pieces_of_a_long_line_and_precedes_no_repeat()
    {
        UnacknowledgedQueue queue = new(pasteWindow: 2);
        queue.Say("say", "", "first", isPasted: true);
        queue.Say("say", "", new string('x', 2 * ProtocolLimits.TextBytes), isPasted: true);
        queue.Say("say", "", "last", isPasted: true);
        Assert.Equal(2, Sent(queue).Count);
        queue.Restart(taken: 0);

        queue.Say("say", "", "typed");
        Assert.Equal(["say 1 first\n", $"say 2 {new string('x', ProtocolLimits.TextBytes)}\n"], Sent(queue));
        queue.Acknowledge(1);
        Assert.Equal([$"say 3 {new string('x', ProtocolLimits.TextBytes)}\n", "say 4 typed\n"], Sent(queue));
        queue.Acknowledge(2);
        queue.Acknowledge(3);
        Assert.Equal(["say 5 last\n"], Sent(queue));
    }

    private List<string> Sent() => Sent(_queue);

    private static List<string> Sent(UnacknowledgedQueue queue)
    {
        List<string> sent = [];
        while (queue.HasNext)
            sent.Add(Encoding.UTF8.GetString(queue.TakeNext()));
        return sent;
    }
}
