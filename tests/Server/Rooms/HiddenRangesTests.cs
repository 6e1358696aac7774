using Chat.Server.Log;

namespace Chat.Tests.Server.Rooms;

public sealed class HiddenRangesTests
{
    [Fact]
    public void Only_the_sender_and_the_recipient_read_a_range_and_others_continue_after_it()
    {
        HiddenRanges ranges = new();
        ranges.Add(10, 20, from: 1, to: 2, head: 0);
        ranges.Add(20, 30, from: 2, to: 3, head: 0);
        ranges.Add(50, 60, from: 1, to: 3, head: 0);

        Assert.Equal((20, 30), Next(ranges, 0, person: 1));
        Assert.Equal((50, 60), Next(ranges, 0, person: 2));
        Assert.Equal((10, 20), Next(ranges, 0, person: 3));
        Assert.Equal((10, 20), Next(ranges, 0, person: 4));
        Assert.Equal((20, 30), Next(ranges, 20, person: 4));
        Assert.Equal((50, 60), Next(ranges, 30, person: 4));
        Assert.Null(Next(ranges, 60, person: 4));
        Assert.Null(Next(ranges, 30, person: 1));
    }

    [Fact]
    public void Ranges_before_the_ring_are_dropped_in_bulk_and_lookups_stay_right()
    {
        const int Length = 10,
            Ring = 1000;
        HiddenRanges ranges = new();
        int most = 0;
        for (long start = 0; start < 100_000; start += Length)
        {
            long head = Math.Max(0, start + Length - Ring);
            ranges.Add(start, start + Length, from: 1, to: 2, head);
            most = Math.Max(most, ranges.Count);
            Assert.Equal((head, head + Length), Next(ranges, head, person: 3));
        }
        Assert.InRange(most, Ring / Length, 2 * (Ring / Length) + 65);
    }

    private static (long, long)? Next(HiddenRanges ranges, long cursor, long person) =>
        ranges.NextHidden(cursor, person, out long start, out long end) ? (start, end) : null;
}
