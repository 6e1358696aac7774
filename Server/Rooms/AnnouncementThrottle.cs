namespace Chat.Server.Rooms;

/// <summary>
/// Limits what the room says about joins and leaves. Past <see cref="ServerLimits.PresenceLinesPerSecond"/> they are counted and
/// told as one line when the second is over: a thousand joins at once would otherwise cost a thousand lines to a thousand people.
/// </summary>
/// <remarks>People are counted, not events: a join and a leave of one person within the second cancel out.</remarks>
internal sealed class AnnouncementThrottle
{
    private long _second;
    private int _told,
        _joins,
        _leaves;

    /// <summary>Whether this join has a line of its own; otherwise it is counted.</summary>
    public bool AllowsJoin(User person) => Allows(person, change: 1);

    /// <summary>Whether this leave has a line of its own; otherwise it is counted.</summary>
    public bool AllowsLeave(User person) => Allows(person, change: -1);

    /// <summary>When the second is over: begins the next one.</summary>
    /// <returns>What was counted, in words; null when nothing was, or it is not over.</returns>
    public string? TakeCounted(ClockReading now)
    {
        if (now.Uptime - _second < 1000)
            return null;
        (int joins, int leaves) = (_joins, _leaves);
        (_second, _told, _joins, _leaves) = (now.Uptime, 0, 0, 0);
        return (joins, leaves) switch
        {
            (0, 0) => null,
            (_, 0) => $"{joins} joined",
            (0, _) => $"{leaves} left",
            _ => $"{joins} joined, {leaves} left",
        };
    }

    private bool Allows(User person, int change)
    {
        if (_told++ < ServerLimits.PresenceLinesPerSecond)
            return true;
        int before = person.CountedIn == _second ? person.Counted : 0;
        int after = before + change;
        (person.CountedIn, person.Counted) = (_second, after);
        _joins += Math.Max(after, 0) - Math.Max(before, 0);
        _leaves += Math.Max(-after, 0) - Math.Max(-before, 0);
        return false;
    }
}
