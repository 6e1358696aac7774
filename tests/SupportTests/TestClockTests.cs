using Chat.Tests.Support;

namespace Chat.Tests.SupportTests;

public sealed class TestClockTests
{
    [Fact]
    public void A_jump_of_the_wall_clock_moves_nothing_else()
    {
        var clock = new TestClock();
        long start = clock.GetTimestamp();
        clock.SetWallClock(new DateTimeOffset(1999, 12, 31, 23, 59, 59, TimeSpan.FromHours(2)));
        Assert.Equal(TimeSpan.Zero, clock.GetElapsedTime(start));
        Assert.Equal(new DateTimeOffset(1999, 12, 31, 21, 59, 59, TimeSpan.Zero), clock.GetUtcNow());
        Assert.Equal(TimeSpan.Zero, clock.GetUtcNow().Offset);
    }
}
