namespace Chat.Server.Sessions;

/// <summary>
/// How much a member may say: a burst after a rest, then a steady rate, of lines and of bytes. Two numbers a member: the instants at which
/// what it has said so far would be paid off at the steady rate. (The generic cell rate algorithm, ITU-T I.371: a leaky bucket that needs no
/// timer to leak.)
/// </summary>
/// <remarks>Whoever is beyond it is not read from until it has been paid off; nothing is dropped.</remarks>
internal struct RateLimit
{
    private double _linesPaid,
        _bytesPaid;

    /// <summary>The uptime in milliseconds from which on the next line may be taken.</summary>
    public readonly long NextAt(ServerOptions options)
    {
        if (options.LinesPerSecond == 0)
            return 0;
        double lines = _linesPaid - (options.BurstLines - 1) * 1000.0 / options.LinesPerSecond;
        double bytes = _bytesPaid - ServerLimits.BurstMilliseconds;
        return (long)Math.Ceiling(Math.Max(lines, bytes));
    }

    /// <summary>Takes one line of <paramref name="bytes"/> bytes into account.</summary>
    public void Spend(int bytes, ServerOptions options, ClockReading now)
    {
        if (options.LinesPerSecond == 0)
            return;
        _linesPaid = Math.Max(_linesPaid, now.Uptime) + 1000.0 / options.LinesPerSecond;
        _bytesPaid = Math.Max(_bytesPaid, now.Uptime) + 1000.0 * bytes / options.BytesPerSecond;
    }
}
