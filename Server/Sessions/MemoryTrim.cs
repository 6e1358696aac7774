namespace Chat.Server.Sessions;

/// <summary>
/// Returns memory after a storm of connections. The steady state allocates nothing, so without this the garbage
/// of a storm would hardly ever be collected. Each of ten thousand joins leaves 1.5 KB, twice the size of a
/// member; members that send requests and never read leave large lanes. After a storm, one full collection
/// returns the memory to the system: with ten thousand members 27.8 MB become 13.2.
/// </summary>
/// <remarks>
/// A collection blocks the loop for 20 to 50 ms with ten thousand members, so it waits for the end of the
/// storm: a second in which at most a hundredth of the storm arrives. A second without any join would never
/// come in a large room. An endless storm is collected as well. Collections are at least
/// <see cref="ServerLimits.TrimIntervalTicks"/> apart; otherwise a member could block the room by joining and
/// leaving.
/// </remarks>
/// <param name="allocated">Bytes allocated before the first tick; the allocations of the start do not count.</param>
internal sealed class MemoryTrim(long allocated)
{
    private Storm _connections,
        _allocation = new(allocated);
    private int _wait;

    /// <summary>Call once a second.</summary>
    /// <param name="turnover">Connections opened plus connections closed, so far.</param>
    /// <param name="allocated">Bytes allocated so far.</param>
    /// <returns>Whether it collected.</returns>
    public bool Tick(long turnover, long allocated)
    {
        _wait = Math.Max(0, _wait - 1);
        bool isOver =
            _connections.IsOver(turnover, ServerLimits.TrimTurnover)
            | _allocation.IsOver(allocated, ServerLimits.TrimBytes);
        if (_wait > 0 || !isOver)
            return false;
        _wait = ServerLimits.TrimIntervalTicks;
        _connections.End();
        _allocation.End();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return true;
    }

    /// <summary>A count that only rises, and its rise since the last collection.</summary>
    private struct Storm(long start)
    {
        private const int StormPerLull = 100;

        private long _last = start,
            _atTrim = start;

        public bool IsOver(long count, long least)
        {
            long lately = count - _last,
                since = count - _atTrim;
            _last = count;
            return since >= least && lately <= since / StormPerLull;
        }

        public void End() => _atTrim = _last;
    }
}
