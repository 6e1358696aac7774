namespace Chat.Server.Sessions;

/// <summary>
/// Limits what a member may send: a burst after a pause, then a steady rate of lines and of bytes. The state is
/// two instants: when the lines and the bytes so far would be paid off at the steady rate. (The generic cell
/// rate algorithm, ITU-T I.371: a leaky bucket without a timer.)
/// </summary>
/// <remarks>The server does not read from a member above its limit until it is paid off; nothing is dropped.</remarks>
internal struct RateLimit
{
    private double _linesPaid,
        _bytesPaid;

    /// <summary>The uptime in milliseconds from which the next line is allowed.</summary>
    public readonly long NextAt(ServerOptions options)
    {
        if (options.LinesPerSecond == 0)
            return 0;
        double lines = _linesPaid - (options.BurstLines - 1) * 1000.0 / options.LinesPerSecond;
        double bytes = _bytesPaid - ServerLimits.BurstMilliseconds;
        return (long)Math.Ceiling(Math.Max(lines, bytes));
    }

    /// <summary>Counts one line of <paramref name="bytes"/> bytes.</summary>
    public void Spend(int bytes, ServerOptions options, ClockReading now)
    {
        if (options.LinesPerSecond == 0)
            return;
        _linesPaid = Math.Max(_linesPaid, now.Uptime) + 1000.0 / options.LinesPerSecond;
        _bytesPaid = Math.Max(_bytesPaid, now.Uptime) + 1000.0 * bytes / options.BytesPerSecond;
    }
}
