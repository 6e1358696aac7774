namespace Chat.Client.Networking;

/// <summary>
/// Computes the wait before the next attempt, by exponential backoff with full jitter. Each failure doubles the upper
/// bound, and the wait below it is random. So the clients of a restarted server do not reconnect all at once. A
/// connection that lasted resets the bound.
/// </summary>
/// <param name="random">Returns random numbers from 0 inclusive to 1 exclusive.</param>
internal sealed class ReconnectBackoff(Func<double> random)
{
    private int _failures;

    /// <summary>Returns the wait in milliseconds, and counts a failure.</summary>
    /// <param name="upMilliseconds">The lifetime of the lost connection; 0 if none opened.</param>
    /// <param name="leastMilliseconds">The shortest wait.</param>
    /// <param name="mostMilliseconds">The longest wait, unless the shortest is longer.</param>
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
