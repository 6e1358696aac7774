namespace Chat.Server.Sessions;

/// <summary>
/// Limits the log lines about joins and leaves: <see cref="ServerLimits.LogBurst"/> at once, then one a second.
/// </summary>
internal struct LogRate
{
    // Uptime at which the burst is whole again.
    private long _paidAt;
    private int _withheld;

    /// <summary>Whether a line may be written now.</summary>
    /// <param name="now">The time.</param>
    /// <param name="withheld">The lines that were not written since the last one.</param>
    public bool Allows(ClockReading now, out int withheld)
    {
        withheld = _withheld;
        long paidAt = Math.Max(_paidAt, now.Uptime) + ServerLimits.LogEveryMilliseconds;
        if (paidAt - now.Uptime > ServerLimits.LogBurst * ServerLimits.LogEveryMilliseconds)
        {
            _withheld++;
            return false;
        }
        (_paidAt, _withheld) = (paidAt, 0);
        return true;
    }
}
