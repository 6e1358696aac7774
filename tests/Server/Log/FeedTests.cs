using System.Text;
using Chat.Server;
using Chat.Server.Log;

namespace Chat.Tests.Server.Log;

/// <summary>
/// The log and its readers, by random runs against a model. The model is a list of whole lines with their
/// readers, and gives each reader's next bytes. Rare cases and former faults have tests of their own.
/// </summary>
public sealed class FeedTests
{
    [Fact]
    public void Every_reader_gets_exactly_the_lines_meant_for_it_whole_and_in_order()
    {
        for (int seed = 0; seed < 150; seed++)
            new FeedRun(seed).Play(600);
    }

    [Fact]
    public void The_model_notices_a_wrong_delivery()
    {
        FeedRun run = new(seed: 1);
        run.Play(50);
        Assert.ThrowsAny<Exception>(run.GiveAWrongByte);
    }

    [Fact]
    public void A_history_request_in_the_middle_of_a_line_repeats_no_part_of_it()
    {
        RoomLog log = new(1024);
        Feed feed = new(log, new HiddenRanges(), person: 1, cursor: 0);
        for (int i = 0; i < 10; i++)
            log.Append(Encoding.UTF8.GetBytes($"line {i}\n"));
        feed.Next();
        feed.Advance(3);
        feed.GoTo(Math.Min(feed.Back(2), feed.Cursor));
        Assert.Equal("e 0\nline 1\n", Drain(feed)[..11]);
    }

    [Fact]
    public void An_answer_of_telnet_has_no_line_end_and_is_whole_when_it_is_sent()
    {
        RoomLog log = new(1024);
        Feed feed = new(log, new HiddenRanges(), person: 1, cursor: 0);
        feed.Answer([0xFF, 0xFC, 0x06]);
        feed.Next();
        feed.Advance(2);
        Assert.True(feed.IsInsideLine);
        feed.Next();
        feed.Advance(1);
        Assert.False(feed.IsInsideLine);
    }

    [Fact]
    public void An_own_line_after_a_history_request_is_not_echoed()
    {
        RoomLog log = new(1024);
        Feed feed = new(log, new HiddenRanges(), person: 1, cursor: 0);
        log.Append("one\ntwo\n"u8);
        feed.Next();
        feed.Advance(6);
        feed.GoTo(feed.Back(2));
        long start = log.Tail;
        log.Append("mine\n"u8);
        feed.HopOver(start, log.Tail);
        Assert.Equal("o\none\ntwo\n", Drain(feed));
    }

    [Fact]
    public void Pieces_between_hops_are_put_together_and_as_much_as_was_sent_is_behind()
    {
        RoomLog log = new(1024);
        Feed feed = new(log, new HiddenRanges(), person: 1, cursor: 0);
        for (int i = 0; i < 5; i++)
        {
            log.Append(Encoding.UTF8.GetBytes($"line {i}\n"));
            long start = log.Tail;
            log.Append("mine\n"u8);
            feed.HopOver(start, log.Tail);
        }
        byte[] gathering = new byte[100];
        Assert.Equal("line 0\n", Encoding.UTF8.GetString(feed.Next()));
        Assert.Equal("line 0\nline 1\nline 2\nline 3\nline 4\n", Encoding.UTF8.GetString(feed.Next(gathering)));
        feed.Advance(17);
        Assert.Equal("e 2\nline 3\nline 4\n", Encoding.UTF8.GetString(feed.Next(gathering)));
        Assert.Equal("e 2\nline 3\n", Encoding.UTF8.GetString(feed.Next(gathering.AsSpan(0, 11))));
    }

    [Fact]
    public void A_full_lane_drops_an_answer_whole_and_accepts_one_again_after_it_is_read()
    {
        Feed feed = new(new RoomLog(1024), new HiddenRanges(), person: 1, cursor: 0);
        byte[] half = [.. Enumerable.Repeat((byte)'x', ServerLimits.LaneBytes / 2 - 1), (byte)'\n'];
        feed.Answer(half);
        feed.Answer(half);
        Assert.Equal(0, feed.LaneFree);
        feed.Answer("too much\n"u8);
        Assert.Equal(ServerLimits.LaneBytes, Drain(feed).Length);
        Assert.Equal(ServerLimits.LaneBytes, feed.LaneFree);
        feed.Answer("again\n"u8);
        Assert.Equal("again\n", Drain(feed));
    }

    [Fact]
    public void Answers_and_lines_keep_their_order()
    {
        RoomLog log = new(1024);
        Feed feed = new(log, new HiddenRanges(), person: 1, cursor: 0);
        feed.Answer("a1\n"u8);
        log.Append("one\n"u8);
        feed.Answer("a2\n"u8);
        feed.Answer("a3\n"u8);
        log.Append("two\n"u8);
        long start = log.Tail;
        log.Append("mine\n"u8);
        feed.HopOver(start, log.Tail);
        feed.Answer("a4\n"u8);
        feed.EndHere();
        log.Append("after the end\n"u8);
        byte[] gathering = new byte[100];
        Assert.Equal("a1\n", Encoding.UTF8.GetString(feed.Next(gathering)));
        Assert.Equal("a1\none\na2\na3\ntwo\na4\n", Drain(feed));
    }

    [Fact]
    public void Waiting_answers_precede_history_and_later_ones_follow_it()
    {
        RoomLog log = new(1024);
        Feed feed = new(log, new HiddenRanges(), person: 1, cursor: 0);
        log.Append("one\ntwo\n"u8);
        feed.Next();
        feed.Advance(6);
        feed.Answer("a1\n"u8);
        feed.GoTo(feed.Back(2));
        feed.Answer("a2\n"u8);
        Assert.Equal("o\na1\none\ntwo\na2\n", Drain(feed));
    }

    [Fact]
    public void A_log_whose_size_is_no_power_of_two_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(static () => new RoomLog(1000));

    [Fact]
    public void Back_counts_whole_lines_and_stops_where_the_next_pass_would_run_over_its_reader()
    {
        RoomLog log = new(64);
        Feed feed = new(log, new HiddenRanges(), person: 1, cursor: 0);
        Assert.Equal(0, feed.Back(5));
        log.Append("a\nb\nc\n"u8);
        Assert.Equal([6, 4, 2, 0, 0], Enumerable.Range(0, 5).Select(feed.Back));
        log.Append(Encoding.UTF8.GetBytes(new string('d', 19) + "\n"));
        log.Append(Encoding.UTF8.GetBytes(new string('e', 19) + "\n"));
        log.Append(Encoding.UTF8.GetBytes(new string('f', 19) + "\n"));
        Assert.Equal(2, log.Head);
        Assert.Equal(4, log.FirstLine);
        // Three eighths of 64 bytes are reserved for new lines.
        Assert.Equal([46, 26, 26], Enumerable.Range(1, 3).Select(feed.Back));
    }

    private static string Drain(Feed feed)
    {
        StringBuilder all = new();
        while (feed.Next() is { IsEmpty: false } stretch)
        {
            all.Append(Encoding.UTF8.GetString(stretch));
            feed.Advance(stretch.Length);
        }
        return all.ToString();
    }
}
