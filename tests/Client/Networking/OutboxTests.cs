using System.Text;
using Chat.Client.Networking;
using Chat.Protocol;

namespace Chat.Tests.Client.Networking;

public sealed class OutboxTests
{
    [Fact]
    public void Lines_leave_in_order_however_many_bytes_each_send_accepts()
    {
        Outbox outbox = new();
        foreach (string line in (string[])["one", "zwölf", "漢字"])
            outbox.Add(line);

        Assert.Equal("one\nzwölf\n漢字\n", Drain(outbox, ProtocolLimits.LineBytes, sentAtOnce: 1));
        Assert.True(outbox.IsEmpty);
        Assert.Equal(0, outbox.Bytes);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(200)]
    [InlineData(2048)]
    [InlineData(4096)]
    public void A_long_text_is_sent_in_lines_of_the_servers_size_without_loss(int lineBytes)
    {
        Outbox outbox = new();
        string text = string.Concat(Enumerable.Range(0, 900).Select(i => $"ö{i}漢"));
        outbox.Add(text);
        outbox.Add("the next");

        string[] lines = Lines(outbox, lineBytes);

        Assert.All(lines, line => Assert.InRange(Encoding.UTF8.GetByteCount(line) + 1, 2, lineBytes));
        Assert.Equal(text + "the next", string.Concat(lines));
        Assert.DoesNotContain(lines, line => line.Contains('\uFFFD'));
    }

    [Fact]
    public void The_line_limit_at_the_time_of_sending_applies()
    {
        Outbox outbox = new();
        outbox.Add(new string('x', 300));

        Assert.Equal([199, 101], Lines(outbox, 200).Select(line => line.Length));
    }

    [Fact]
    public void A_plain_server_gets_a_snippet_row_by_row_and_none_is_a_command()
    {
        Outbox outbox = new();
        outbox.AddSnippet("one\n\n\t/quit\n/quit\na\tb", default);
        outbox.Add("/who");

        Assert.Equal(["one", "    /quit", " /quit", "a   b", "/who"], Lines(outbox, 100));
    }

    [Fact]
    public void The_rest_of_a_split_line_is_not_a_command()
    {
        Outbox outbox = new();
        outbox.Add("1234567/quit");
        outbox.Add("/who");

        Assert.Equal(["1234567", " /quit", "/who"], Lines(outbox, 8));
    }

    [Fact]
    public void One_grapheme_longer_than_a_line_is_still_sent()
    {
        Outbox outbox = new();
        string family = string.Join('\u200D', Enumerable.Repeat("👩", 20));
        outbox.Add(family);

        Assert.Equal(family, string.Concat(Lines(outbox, 16)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u200B\uFEFF")]
    public void Text_that_cleans_to_nothing_is_not_sent(string text)
    {
        Outbox outbox = new();
        outbox.Add(text);

        Assert.True(outbox.IsEmpty);
        Assert.True(outbox.Next(ProtocolLimits.LineBytes).IsEmpty);
    }

    [Fact]
    public void A_partly_sent_line_is_sent_again_as_a_whole()
    {
        Outbox outbox = new();
        outbox.Add("one");
        outbox.Add("two");
        outbox.Next(ProtocolLimits.LineBytes);
        outbox.Advance(2);

        outbox.Restart();

        Assert.Equal("one\ntwo\n", Drain(outbox, ProtocolLimits.LineBytes, sentAtOnce: int.MaxValue));
    }

    [Fact]
    public void A_line_that_is_not_partly_sent_can_be_taken_back()
    {
        Outbox outbox = new();
        outbox.Add("one");
        outbox.Add("two");

        Assert.True(outbox.TryTake(out string? first, out _));
        Assert.Equal("one", first);
        Assert.Equal(["two"], Lines(outbox, ProtocolLimits.LineBytes));
        Assert.False(outbox.TryTake(out _, out _));
    }

    private static string[] Lines(Outbox outbox, int lineBytes)
    {
        string text = Drain(outbox, lineBytes, sentAtOnce: int.MaxValue);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return text[..^1].Split('\n');
    }

    private static string Drain(Outbox outbox, int lineBytes, int sentAtOnce)
    {
        List<byte> sent = [];
        while (!outbox.IsEmpty)
        {
            ReadOnlySpan<byte> next = outbox.Next(lineBytes);
            Assert.False(next.IsEmpty);
            next = next[..Math.Min(sentAtOnce, next.Length)];
            sent.AddRange(next);
            outbox.Advance(next.Length);
        }

        return Encoding.UTF8.GetString([.. sent]);
    }
}
