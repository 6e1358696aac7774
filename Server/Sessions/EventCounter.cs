namespace Chat.Server.Sessions;

/// <summary>Limits the log lines about one kind of event to one a second. Each counts the events before it.</summary>
internal struct EventCounter
{
    private long? _loggedAt;
    private int _times;

    /// <summary>Counts an event.</summary>
    /// <param name="now">The time.</param>
    /// <param name="times">The events since the last line, with this one.</param>
    /// <returns>Whether a line may be written now.</returns>
    public bool Count(ClockReading now, out int times)
    {
        times = ++_times;
        if (now.Uptime - _loggedAt < ServerLimits.LogEveryMilliseconds)
            return false;
        (_loggedAt, _times) = (now.Uptime, 0);
        return true;
    }
}
