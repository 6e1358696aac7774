namespace Chat.Server.Sessions;

/// <summary>
/// Memory after a storm. A pass makes no garbage, so after a storm hardly anything would ever be collected. Ten thousand arrivals leave 1.5 KB
/// each, twice what a member needs; members that ask and never read leave the lanes that held their answers. When a storm is over,
/// everything is collected once and the memory goes back to the system: with ten thousand members 27.8 MB become 13.2.
/// </summary>
/// <remarks>
/// A sweep holds up the loop, for 20 to 50 ms with ten thousand members. So it waits until the storm is over: until a second brings no more
/// than a hundredth of all. A second without any arrival would never come in a large room. A storm without end is swept as well. No sweep
/// comes within a minute of another (<see cref="ServerLimits.SweepEveryTicks"/>), or a member could hold up the room by coming and going.
/// </remarks>
/// <param name="allocated">Bytes allocated before the first tick: what the start took is no storm.</param>
internal sealed class MemoryTrim(long allocated)
{
    private Storm _connections,
        _allocation = new(allocated);
    private int _wait;

    /// <summary>To be called once a second.</summary>
    /// <param name="turnover">Connections that came and connections that went, so far.</param>
    /// <param name="allocated">Bytes allocated so far.</param>
    /// <returns>Whether it swept.</returns>
    public bool Tick(long turnover, long allocated)
    {
        _wait = Math.Max(0, _wait - 1);
        bool isOver =
            _connections.IsOver(turnover, ServerLimits.SweptTurnover)
            | _allocation.IsOver(allocated, ServerLimits.SweptBytes);
        if (_wait > 0 || !isOver)
            return false;
        _wait = ServerLimits.SweepEveryTicks;
        _connections.End();
        _allocation.End();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return true;
    }

    /// <summary>A count that only rises, and how far it rose since the last sweep.</summary>
    private struct Storm(long start)
    {
        private const int StormPerLull = 100;

        private long _last = start,
            _swept = start;

        public bool IsOver(long count, long least)
        {
            long lately = count - _last,
                since = count - _swept;
            _last = count;
            return since >= least && lately <= since / StormPerLull;
        }

        public void End() => _swept = _last;
    }
}
