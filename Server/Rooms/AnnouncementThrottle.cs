namespace Chat.Server.Rooms;

/// <summary>
/// Limits the announcements of joins and leaves. Above <see cref="ServerLimits.PresenceLinesPerSecond"/> they
/// are counted, and one line at the end of the second gives the counts. Otherwise a thousand joins at once
/// would send a thousand lines to each of a thousand people.
/// </summary>
/// <remarks>The counts are of people: a join and a leave of one person within the second cancel out.</remarks>
internal sealed class AnnouncementThrottle
{
    private long _second;
    private int _announced,
        _joins,
        _leaves;

    /// <summary>Whether this join gets a line of its own; otherwise it is counted.</summary>
    public bool AllowsJoin(User person) => Allows(person, change: 1);

    /// <summary>Whether this leave gets a line of its own; otherwise it is counted.</summary>
    public bool AllowsLeave(User person) => Allows(person, change: -1);

    /// <summary>Begins the next second when the current one is over.</summary>
    /// <returns>The counts in words; null if nothing was counted or the second is not over.</returns>
    public string? EndSecond(ClockReading now)
    {
        if (now.Uptime - _second < 1000)
            return null;
        (int joins, int leaves) = (_joins, _leaves);
        (_second, _announced, _joins, _leaves) = (now.Uptime, 0, 0, 0);
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
        if (_announced++ < ServerLimits.PresenceLinesPerSecond)
            return true;
        int before = person.CountedIn == _second ? person.Counted : 0;
        int after = before + change;
        (person.CountedIn, person.Counted) = (_second, after);
        _joins += Math.Max(after, 0) - Math.Max(before, 0);
        _leaves += Math.Max(-after, 0) - Math.Max(-before, 0);
        return false;
    }
}
