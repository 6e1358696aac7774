using Chat.Tests.Support;
using Xunit.Sdk;

namespace Chat.Tests.SupportTests;

public sealed class TestClockTests
{
    [Fact]
    public void It_stands_still_until_moved()
    {
        var clock = new TestClock();
        long start = clock.GetTimestamp();
        DateTimeOffset wall = clock.GetUtcNow();
        Assert.Equal(TimeSpan.Zero, clock.GetElapsedTime(start));
        clock.Advance(TimeSpan.FromMilliseconds(1500));
        Assert.Equal(TimeSpan.FromMilliseconds(1500), clock.GetElapsedTime(start));
        Assert.Equal(wall.AddMilliseconds(1500), clock.GetUtcNow());
    }

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

    [Fact]
    public void Time_never_goes_back_and_there_are_no_timers()
    {
        var clock = new TestClock();
        Assert.Throws<ArgumentOutOfRangeException>(() => clock.Advance(TimeSpan.FromTicks(-1)));
        Assert.Throws<NotSupportedException>(() => clock.CreateTimer(_ => { }, null, TimeSpan.Zero, TimeSpan.Zero));
    }

    [Fact]
    public void Waiting_for_what_never_happens_fails_with_what_there_was()
    {
        XunitException failure = Assert.Throws<XunitException>(() =>
            Eventually.Is(() => false, "the moon", TimeSpan.Zero, () => "only clouds")
        );
        Assert.Contains("the moon", failure.Message, StringComparison.Ordinal);
        Assert.Contains("only clouds", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Waiting_ends_as_soon_as_it_happens()
    {
        int asked = 0;
        Eventually.Is(() => ++asked == 3, "the third time of asking");
        Assert.Equal(3, asked);
    }
}
