using Chat.Server;
using Chat.Server.Sessions;

namespace Chat.Tests.Server.Sessions;

/// <summary>The server returns memory to the system once after a storm, and at no other time.</summary>
public sealed class MemoryTrimTests
{
    private readonly MemoryTrim _trim = new(allocated: 0);
    private long _turnover;

    [Fact]
    public void After_a_storm_of_connections_memory_is_returned_when_it_is_quiet()
    {
        using SteppedServer server = new(Readiness.Epoll);
        // Parallel tests allocate too, so any later tick may trim.
        int before = GC.CollectionCount(GC.MaxGeneration);
        for (int i = 0; i < ServerLimits.TrimTurnover / 2; i++)
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
    public void During_a_storm_no_memory_is_collected_and_after_it_memory_is_collected_once()
    {
        for (int second = 0; second < 60; second++)
            Assert.False(SecondWith(comings: 1000));
        Assert.True(SecondWith(comings: 0));
        Assert.False(SecondWith(comings: 0));
    }

    [Fact]
    public void Few_joins_and_leaves_in_a_large_room_do_not_prolong_a_storm()
    {
        Assert.False(SecondWith(comings: 5000));
        Assert.True(SecondWith(comings: 20));
    }

    [Fact]
    public void With_few_connections_no_memory_is_collected()
    {
        for (int comings = 0; comings < ServerLimits.TrimTurnover - 10; comings += 10)
        {
            Assert.False(SecondWith(comings: 10));
            Assert.False(SecondWith(comings: 0));
        }
    }

    [Fact]
    public void Joins_and_leaves_trim_memory_once_a_minute_at_most()
    {
        int swept = 0;
        for (int second = 0; second < 10 * ServerLimits.TrimIntervalTicks; second++)
            swept += SecondWith(comings: second % 2 == 0 ? 5000 : 0) ? 1 : 0;
        Assert.InRange(swept, 5, 10);
    }

    [Fact]
    public void After_large_allocations_memory_is_returned_when_they_end()
    {
        Assert.False(_trim.Tick(0, ServerLimits.TrimBytes - 1));
        Assert.False(_trim.Tick(0, 2 * ServerLimits.TrimBytes));
        Assert.True(_trim.Tick(0, 2 * ServerLimits.TrimBytes + 1000));
        Assert.False(_trim.Tick(0, 2 * ServerLimits.TrimBytes + 2000));
    }

    private bool SecondWith(int comings) => _trim.Tick(_turnover += comings, 0);
}
