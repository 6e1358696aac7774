using System.Text;
using Chat.Client.Networking;
using Chat.Protocol;

namespace Chat.Tests.Client.Networking;

/// <summary>Requests from being said to being acknowledged, over as many connections as it takes.</summary>
public sealed class PendingTests
{
    private readonly UnacknowledgedQueue _pending = new();

    [Fact]
    public void Requests_are_numbered_in_the_order_they_are_made_whatever_they_are()
    {
        _pending.Say("say", "", "hello");
        _pending.Say("me", "", "waves");
        _pending.Say("tell", "bob", "psst, you");
        _pending.Say("nick", "", "alicia");

        Assert.Equal(["say 1 hello\n", "me 2 waves\n", "tell 3 bob psst, you\n", "nick 4 alicia\n"], Sent());
    }

    [Fact]
    public void A_question_is_sent_in_its_turn_takes_no_number_and_is_forgotten()
    {
        _pending.Say("say", "", "one");
        _pending.Ask("who", "");
        _pending.Ask("history", "5");
        _pending.Say("say", "", "two");

        Assert.Equal(["say 1 one\n", "who 0\n", $"history {UnacknowledgedQueue.HistoryId} 5\n", "say 2 two\n"], Sent());
        Assert.Equal(["one", "two"], _pending.Texts);
        Assert.Equal(2, _pending.Count);
    }

    [Fact]
    public void After_a_break_what_was_not_taken_goes_again_once_and_in_order()
    {
        foreach (string text in (string[])["one", "two", "three", "four"])
            _pending.Say("say", "", text);
        Assert.Equal(4, Sent().Count);
        _pending.Acknowledge(1);

        _pending.Restart(taken: 2);

        Assert.Equal(["say 3 three\n", "say 4 four\n"], Sent());
        Assert.Empty(Sent());
        Assert.Equal(["two", "three", "four"], _pending.Texts);
    }

    [Fact]
    public void Numbers_go_on_rising_after_a_break()
    {
        _pending.Say("say", "", "one");
        Sent();
        _pending.Acknowledge(1);
        _pending.Restart(taken: 1);
        _pending.Say("say", "", "two");

        Assert.Equal(["say 2 two\n"], Sent());
    }

    [Fact]
    public void A_taken_and_unanswered_request_is_given_out_once()
    {
        foreach (string text in (string[])["one", "two", "three"])
            _pending.Say("say", "", text);
        Sent();
        _pending.Restart(taken: 2);

        Assert.Equal(["one", "two"], _pending.TakeUnanswered(2).Select(static said => said.Text));
        Assert.Empty(_pending.TakeUnanswered(2));
        Assert.Equal(["say 3 three\n"], Sent());
    }

    [Fact]
    public void A_second_or_unknown_acknowledgement_is_refused()
    {
        _pending.Say("say", "", "one");
        Sent();

        Assert.False(_pending.Acknowledge(0));
        Assert.False(_pending.Acknowledge(2));
        Assert.False(_pending.Acknowledge(long.MaxValue));
        Assert.True(_pending.Acknowledge(1));
        Assert.False(_pending.Acknowledge(1));
        Assert.Equal(0, _pending.Bytes);
    }

    [Fact]
    public void A_text_too_long_for_a_line_is_several_requests_and_nothing_of_it_is_lost()
    {
        string text = string.Concat(Enumerable.Range(0, 3000).Select(i => $"/ö{i}漢"));
        _pending.Say("me", "", text);

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
    public void A_typed_line_goes_before_what_waits_of_a_paste_and_numbers_rise_in_the_order_of_sending()
    {
        UnacknowledgedQueue pending = new(pasteWindow: 2);
        foreach (string text in (string[])["p1", "p2", "p3", "p4"])
            pending.Say("say", "", text, isPasted: true);
        Assert.Equal(["say 1 p1\n", "say 2 p2\n"], Sent(pending));

        pending.Say("say", "", "typed");
        pending.Say("me", "", "types on");
        Assert.Equal(["say 3 typed\n", "me 4 types on\n"], Sent(pending));
        Assert.Equal(2, pending.WaitingCount);

        for (int id = 1; id <= 3; id++)
            pending.Acknowledge(id);
        Assert.Equal(["say 5 p3\n"], Sent(pending));
        Assert.Equal(["* types on", "p3", "p4"], pending.Texts);
    }

    [Fact]
    public void Unsent_lines_are_taken_back_as_typed_and_sent_ones_stay()
    {
        UnacknowledgedQueue pending = new(pasteWindow: 1);
        pending.Say("say", "", "under way", isPasted: true);
        Sent(pending);
        pending.Say("say", "", "/etc/passwd", isPasted: true);
        pending.Say("tell", "bob", "psst");
        pending.Ask("history", "5");
        pending.Restart(taken: 0);

        Assert.Equal(["/msg bob psst", "//etc/passwd"], pending.TakeBack());
        Assert.Equal((1, 0), (pending.Count, pending.WaitingCount));
        Assert.Equal(["say 1 under way\n"], Sent(pending));
        pending.Acknowledge(1);
        Assert.Equal((0, 0, 0), (pending.Count, pending.Bytes, pending.TypedBytes));
    }

    [Fact]
    public void A_typed_line_is_not_put_between_the_pieces_of_a_long_one_or_before_what_goes_again()
    {
        UnacknowledgedQueue pending = new(pasteWindow: 2);
        pending.Say("say", "", "first", isPasted: true);
        pending.Say("say", "", new string('x', 2 * ProtocolLimits.TextBytes), isPasted: true);
        pending.Say("say", "", "last", isPasted: true);
        Assert.Equal(2, Sent(pending).Count);
        pending.Restart(taken: 0);

        pending.Say("say", "", "typed");
        Assert.Equal(["say 1 first\n", $"say 2 {new string('x', ProtocolLimits.TextBytes)}\n"], Sent(pending));
        pending.Acknowledge(1);
        Assert.Equal([$"say 3 {new string('x', ProtocolLimits.TextBytes)}\n", "say 4 typed\n"], Sent(pending));
        pending.Acknowledge(2);
        pending.Acknowledge(3);
        Assert.Equal(["say 5 last\n"], Sent(pending));
    }

    private List<string> Sent() => Sent(_pending);

    private static List<string> Sent(UnacknowledgedQueue pending)
    {
        List<string> sent = [];
        while (pending.HasNext)
            sent.Add(Encoding.UTF8.GetString(pending.TakeNext()));
        return sent;
    }
}
