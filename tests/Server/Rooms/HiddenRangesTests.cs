using Chat.Server.Log;

namespace Chat.Tests.Server.Rooms;

public sealed class WhispersTests
{
    [Fact]
    public void Only_the_sender_and_the_recipient_read_a_range_and_others_continue_after_it()
    {
        HiddenRanges whispers = new();
        whispers.Add(10, 20, from: 1, to: 2, head: 0);
        whispers.Add(20, 30, from: 2, to: 3, head: 0);
        whispers.Add(50, 60, from: 1, to: 3, head: 0);

        Assert.Equal((20, 30), Next(whispers, 0, person: 1));
        Assert.Equal((50, 60), Next(whispers, 0, person: 2));
        Assert.Equal((10, 20), Next(whispers, 0, person: 3));
        Assert.Equal((10, 20), Next(whispers, 0, person: 4));
        Assert.Equal((20, 30), Next(whispers, 20, person: 4));
        Assert.Equal((50, 60), Next(whispers, 30, person: 4));
        Assert.Null(Next(whispers, 60, person: 4));
        Assert.Null(Next(whispers, 30, person: 1));
    }

    [Fact]
    public void Ranges_before_the_ring_are_dropped_in_bulk_and_lookups_stay_right()
    {
        const int Length = 10,
            Ring = 1000;
        HiddenRanges whispers = new();
        int most = 0;
        for (long start = 0; start < 100_000; start += Length)
        {
            long head = Math.Max(0, start + Length - Ring);
            whispers.Add(start, start + Length, from: 1, to: 2, head);
            most = Math.Max(most, whispers.Count);
            Assert.Equal((head, head + Length), Next(whispers, head, person: 3));
        }
        Assert.InRange(most, Ring / Length, 2 * (Ring / Length) + 65);
    }

    private static (long, long)? Next(HiddenRanges whispers, long cursor, long person) =>
        whispers.NextHidden(cursor, person, out long start, out long end) ? (start, end) : null;
}
