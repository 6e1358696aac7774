using Chat.Protocol;
using Chat.Server;
using Chat.Server.Sessions;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Sessions;

/// <summary>The delay before the next flush to all members.</summary>
public sealed class WriteCoalescingTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(100, 0)]
    [InlineData(500, 125)]
    [InlineData(1000, 500)]
    [InlineData(2000, 2000)]
    [InlineData(8000, 8000)]
    [InlineData(90_000, ServerLimits.RestMicroseconds)]
    public void The_rest_grows_with_the_time_of_sending_and_never_exceeds_it(long took, long rest)
    {
        WriteCoalescing coalescing = new();
        coalescing.Sent(1_000_000, 1_000_000 + took, lines: 2);
        Assert.Equal(rest, coalescing.Delay(1_000_000 + took));
        Assert.Equal(0, coalescing.Delay(1_000_000 + took + rest));
    }

    [Fact]
    public void A_line_in_a_quiet_room_is_sent_without_delay()
    {
        WriteCoalescing coalescing = new();
        Assert.Equal(0, coalescing.Delay(0));
        coalescing.Sent(0, 4000, lines: 2);
        Assert.Equal(3000, coalescing.Delay(5000));
        Assert.Equal(0, coalescing.Delay(1_000_000));
    }

    [Fact]
    public void A_single_speaker_is_never_delayed()
    {
        WriteCoalescing coalescing = new();
        coalescing.Sent(0, 4000, lines: 1);
        Assert.Equal(0, coalescing.Delay(4000));
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(1000, 300)]
    [InlineData(10_000, ServerLimits.AnswerRestMicroseconds)]
    [InlineData(1_000_000, ServerLimits.AnswerRestMicroseconds)]
    public void A_large_room_rests_after_answers_so_that_requests_share_a_pass(int members, long rest)
    {
        WriteCoalescing coalescing = new();
        coalescing.Answered(5000, members);
        Assert.Equal(rest, coalescing.Delay(5000));
        Assert.Equal(0, coalescing.Delay(5000 + rest));
    }

    [Theory]
    [InlineData(1, 1000, 0)]
    [InlineData(1, 49_999, 0)]
    [InlineData(1, 50_000, ServerLimits.AnswerRestMicroseconds)]
    [InlineData(2, ServerLimits.RestMicroseconds, ServerLimits.AnswerRestMicroseconds)]
    public void Answers_delay_no_line_for_as_long_as_a_single_line_took(long lines, long later, long rest)
    {
        WriteCoalescing coalescing = new();
        coalescing.Sent(0, 50_000, lines);
        coalescing.Answered(50_000 + later, 10_000);
        Assert.Equal(rest, coalescing.Delay(50_000 + later));
    }

    [Fact]
    public void After_an_answer_a_large_room_rests_but_not_while_many_come()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        Peer[] peers = [.. Enumerable.Range(0, 500).Select(_ => server.Join())];
        server.Advance(TimeSpan.FromSeconds(2));
        Ask();
        Assert.Equal(
            [500L * 500 * ServerLimits.AnswerRestMicroseconds / ProtocolLimits.Clients / ProtocolLimits.Clients],
            server.Rests
        );

        server.Advance(TimeSpan.FromSeconds(2));
        server.Rests.Clear();
        Peer[] newcomers = [.. Enumerable.Range(0, ServerLimits.AcceptsPerPass).Select(_ => server.Connect())];
        server.Settle();
        Ask();
        Assert.Empty(server.Rests);

        // The second line makes the loop decide whether to sleep after the first.
        void Ask()
        {
            foreach (Peer peer in peers[..2])
            {
                peer.SendText("/help\n");
                server.Pass();
            }
        }
    }

    [Fact]
    public void A_join_that_is_due_waits_for_the_common_flush()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        Peer[] peers = [.. Enumerable.Range(0, 500).Select(_ => server.Join())];
        server.Advance(TimeSpan.FromSeconds(2));
        server.Connect();
        server.Settle();
        // The hello time of the new connection ends a few microseconds after an answer.
        TimeSpan between = TimeSpan.FromMicroseconds(20);
        server.Clock.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds) - between);
        peers[0].SendText("/help\n");
        server.Pass();
        server.Rests.Clear();
        server.Clock.Advance(between);
        server.Pass();

        Assert.Equal(
            [(500L * 500 * ServerLimits.AnswerRestMicroseconds / ProtocolLimits.Clients / ProtocolLimits.Clients) - 20],
            server.Rests
        );
    }

    [Fact]
    public void A_speaker_receives_the_lines_after_its_own_in_the_same_pass_as_the_others()
    {
        using SteppedServer server = new(Readiness.Epoll, SteppedServer.Unbounded);
        using Peer one = server.Join(),
            two = server.Join(),
            three = server.Join();
        server.Skip(one, two, three);
        Peer[] peers = [one, two, three];
        Array.ForEach(peers, static peer => peer.Pump());
        int[] before = Array.ConvertAll(peers, static peer => peer.Lines.Count);
        // In every read order, one speaker is between the two others.
        Array.ForEach(peers, static peer => peer.SendText("hi\n"));
        server.Pass();

        Array.ForEach(peers, static peer => peer.Pump());
        Assert.Equal(
            Array.ConvertAll(before, static lines => lines + 2),
            Array.ConvertAll(peers, static peer => peer.Lines.Count)
        );
    }
}
