namespace Chat.Server.Log;

/// <summary>
/// The ranges of a log that only two people, or no reader at all, may see, in log order. A whisper is an
/// ordinary line of the log, and all other readers hop over it. So it keeps its place in the conversation and
/// in the history of the two.
/// </summary>
internal sealed class HiddenRanges
{
    private readonly List<HiddenRange> _ranges = [];

    private readonly record struct HiddenRange(long Start, long End, long From, long To);

    /// <summary>The number of ranges remembered; some may have left the ring already.</summary>
    public int Count => _ranges.Count;

    /// <summary>Marks the range just appended as one for two people.</summary>
    public void Add(long start, long end, long from, long to, long head)
    {
        // Ranges that left the ring are dropped in bulk, which makes the cost per whisper negligible.
        int gone = FirstEndingAfter(head);
        if (gone > 64 && gone > _ranges.Count / 2)
            _ranges.RemoveRange(0, gone);
        _ranges.Add(new HiddenRange(start, end, from, to));
    }

    /// <summary>The next range after <paramref name="cursor"/> that this person must not read.</summary>
    public bool NextHidden(long cursor, long person, out long start, out long end)
    {
        (start, end) = (0, 0);
        if (_ranges.Count == 0 || _ranges[^1].End <= cursor)
            return false;
        for (int i = FirstEndingAfter(cursor); i < _ranges.Count; i++)
        {
            HiddenRange range = _ranges[i];
            if (person == range.From || person == range.To)
                continue;
            (start, end) = (range.Start, range.End);
            return true;
        }
        return false;
    }

    /// <summary>Whether the line that begins there is hidden from this person.</summary>
    public bool Hides(long lineStart, long person) =>
        NextHidden(lineStart, person, out long start, out _) && start <= lineStart;

    private int FirstEndingAfter(long offset)
    {
        int low = 0,
            high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].End > offset)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
