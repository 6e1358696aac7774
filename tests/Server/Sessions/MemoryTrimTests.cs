using Chat.Server;
using Chat.Server.Sessions;

namespace Chat.Tests.Server.Sessions;

/// <summary>The server returns memory to the system once after a storm, and at no other time.</summary>
public sealed class MemoryTrimTests
{
    private readonly MemoryTrim _trim = new(allocated: 0);
    private long _turnover;

    [Fact]
    public void When_many_have_come_and_gone_and_it_is_quiet_again_memory_is_given_back()
    {
        using SteppedServer server = new(Readiness.Epoll);
        // Parallel tests allocate too, so any later tick may trim.
        int before = GC.CollectionCount(GC.MaxGeneration);
        for (int i = 0; i < ServerLimits.SweptTurnover / 2; i++)
        {
            using (server.Connect())
                server.Settle();
        }
        server.Settle();
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
        Assert.Single(
            server.Log.Lines,
            static line => line.StartsWith("memory was returned", StringComparison.Ordinal)
        );
        Assert.NotEqual(before, GC.CollectionCount(GC.MaxGeneration));
    }

    [Fact]
    public void While_people_keep_coming_nothing_is_swept_and_then_everything_once()
    {
        for (int second = 0; second < 60; second++)
            Assert.False(SecondWith(comings: 1000));
        Assert.True(SecondWith(comings: 0));
        Assert.False(SecondWith(comings: 0));
    }

    [Fact]
    public void In_a_large_room_a_few_always_come_and_go_and_the_storm_is_over_all_the_same()
    {
        Assert.False(SecondWith(comings: 5000));
        Assert.True(SecondWith(comings: 20));
    }

    [Fact]
    public void Where_few_come_nothing_is_swept()
    {
        for (int comings = 0; comings < ServerLimits.SweptTurnover - 10; comings += 10)
        {
            Assert.False(SecondWith(comings: 10));
            Assert.False(SecondWith(comings: 0));
        }
    }

    [Fact]
    public void Joins_and_leaves_trim_memory_once_a_minute_at_most()
    {
        int swept = 0;
        for (int second = 0; second < 10 * ServerLimits.SweepEveryTicks; second++)
            swept += SecondWith(comings: second % 2 == 0 ? 5000 : 0) ? 1 : 0;
        Assert.InRange(swept, 5, 10);
    }

    [Fact]
    public void After_much_was_allocated_memory_is_given_back_when_no_more_is()
    {
        Assert.False(_trim.Tick(0, ServerLimits.SweptBytes - 1));
        Assert.False(_trim.Tick(0, 2 * ServerLimits.SweptBytes));
        Assert.True(_trim.Tick(0, 2 * ServerLimits.SweptBytes + 1000));
        Assert.False(_trim.Tick(0, 2 * ServerLimits.SweptBytes + 2000));
    }

    private bool SecondWith(int comings) => _trim.Tick(_turnover += comings, 0);
}
