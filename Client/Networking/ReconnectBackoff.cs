namespace Chat.Client.Networking;

/// <summary>
/// When to try again. Each failure doubles how long the wait may be, and within that it is drawn by lot, so that a
/// roomful of clients whose server was restarted does not come back in one instant, again and again (full jitter). A
/// connection that has lasted for a while resets the wait.
/// </summary>
/// <param name="random">From 0 up to and without 1.</param>
internal sealed class ReconnectBackoff(Func<double> random)
{
    private int _failures;

    /// <summary>How long to wait now.</summary>
    /// <param name="upMilliseconds">How long the connection that was lost had lasted; 0 when it never was one.</param>
    /// <param name="leastMilliseconds">Never less than this.</param>
    /// <param name="mostMilliseconds">Never more than this, unless the least is more.</param>
    public int Next(
        long upMilliseconds,
        int leastMilliseconds,
        int mostMilliseconds = ClientLimits.RetryMostMilliseconds
    )
    {
        if (upMilliseconds >= ClientLimits.RetryResetMilliseconds)
            _failures = 0;
        long most = Math.Min(mostMilliseconds, (long)ClientLimits.RetryLeastMilliseconds << Math.Min(++_failures, 16));
        return leastMilliseconds + (int)(random() * Math.Max(0, most - leastMilliseconds));
    }
}
