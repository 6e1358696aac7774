namespace Chat.Server.Log;

/// <summary>
/// Which stretches of a log are for two people only, or for nobody, in the order they were said. A whisper is a line of the log like every other; whoever
/// is not one of its two readers hops over it. That keeps it in its place in the conversation, in the history of the two, and nowhere else.
/// </summary>
internal sealed class HiddenRanges
{
    private readonly List<Aside> _asides = [];

    private readonly record struct Aside(long Start, long End, long From, long To);

    /// <summary>Stretches remembered, some of them perhaps out of the ring by now.</summary>
    public int Count => _asides.Count;

    /// <summary>Marks the stretch just appended as one for two people.</summary>
    public void Add(long start, long end, long from, long to, long head)
    {
        // What the ring has forgotten needs no hop any more; dropped in bulk, so that it costs nothing per whisper.
        int gone = FirstEndingAfter(head);
        if (gone > 64 && gone > _asides.Count / 2)
            _asides.RemoveRange(0, gone);
        _asides.Add(new Aside(start, end, from, to));
    }

    /// <summary>The next stretch after <paramref name="cursor"/> that this person must not read.</summary>
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

    /// <summary>Whether this person must not read the line that begins there.</summary>
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
