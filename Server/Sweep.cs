using Chat.Protocol;

namespace Chat.Server;

/// <summary>
/// Memory after a storm. A pass makes no garbage, so once everybody has come hardly anything would ever be collected, and what their coming left behind, some
/// 1.5 KB each and twice what a member needs, would be kept as long as the server lives. So when many have come or gone, and they do so no more,
/// everything is collected once and the memory given back to the system: with ten thousand members 27.8 MB become 13.2.
/// </summary>
/// <remarks>
/// It holds up the loop, for 20 to 50 ms with ten thousand members. That is why it waits for the storm to be over, and why it is not a matter of time
/// alone: a room where nobody comes or goes is never swept. Over means that a second brought no more than a hundredth of all; to ask for a second
/// without anybody would be to wait for ever in a large room. So a storm without end is swept as well, and none more often than once a minute
/// (<see cref="Limits.SweepEveryTicks"/>): it would be a way to hold up the room by coming and going.
/// </remarks>
internal sealed class Sweep
{
    private const int StormPerLull = 100;

    private long _last, _swept;
    private int _wait;

    /// <summary>To be called once a second.</summary>
    /// <param name="turnover">Connections that came and connections that went, so far.</param>
    /// <returns>Whether it swept.</returns>
    public bool Tick(long turnover)
    {
        long lately = turnover - _last, since = turnover - _swept;
        _last = turnover;
        _wait = Math.Max(0, _wait - 1);
        if (_wait > 0 || since < Limits.SweptTurnover || lately > since / StormPerLull)
            return false;
        (_swept, _wait) = (turnover, Limits.SweepEveryTicks);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return true;
    }
}
