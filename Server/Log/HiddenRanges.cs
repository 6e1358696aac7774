namespace Chat.Server.Log;

/// <summary>
/// The ranges of a log that only two people, or no reader at all, may see, in log order. A whisper is an
/// ordinary line of the log, and all other readers hop over it. So it keeps its place in the conversation and
/// in the history of the two.
/// </summary>
internal sealed class HiddenRanges
{
    private readonly List<Aside> _asides = [];

    private readonly record struct Aside(long Start, long End, long From, long To);

    /// <summary>The number of ranges remembered; some may have left the ring already.</summary>
    public int Count => _asides.Count;

    /// <summary>Marks the range just appended as one for two people.</summary>
    public void Add(long start, long end, long from, long to, long head)
    {
        // Ranges that left the ring are dropped in bulk, which makes the cost per whisper negligible.
        int gone = FirstEndingAfter(head);
        if (gone > 64 && gone > _asides.Count / 2)
            _asides.RemoveRange(0, gone);
        _asides.Add(new Aside(start, end, from, to));
    }

    /// <summary>The next range after <paramref name="cursor"/> that this person must not read.</summary>
    public bool NextHidden(long cursor, long person, out long start, out long end)
    {
        (start, end) = (0, 0);
        if (_asides.Count == 0 || _asides[^1].End <= cursor)
            return false;
        for (int i = FirstEndingAfter(cursor); i < _asides.Count; i++)
        {
            Aside aside = _asides[i];
            if (person == aside.From || person == aside.To)
                continue;
            (start, end) = (aside.Start, aside.End);
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
            high = _asides.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_asides[middle].End > offset)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
