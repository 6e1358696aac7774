namespace Chat.Server;

/// <summary>
/// One instant on two clocks, read once a pass and handed to everything that needs a time. Deadlines and rates use
/// <see cref="Uptime"/>, which never jumps; only stamps that people read use <see cref="UnixMilliseconds"/>.
/// </summary>
/// <param name="Uptime">Milliseconds since some fixed instant; only grows.</param>
/// <param name="UnixMilliseconds">Milliseconds since 1970-01-01 UTC; follows the system's clock wherever it is set, but not to before that.</param>
internal readonly record struct ClockReading(long Uptime, long UnixMilliseconds)
{
    public static ClockReading Read(TimeProvider clock) =>
        new((long)clock.GetElapsedTime(0).TotalMilliseconds, Math.Max(0, clock.GetUtcNow().ToUnixTimeMilliseconds()));
}
