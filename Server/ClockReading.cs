namespace Chat.Server;

/// <summary>
/// One instant on two clocks, read once a pass and passed to all code that needs the time. Deadlines and rates
/// use <see cref="Uptime"/>, which never jumps; only time stamps for people use <see cref="UnixMilliseconds"/>.
/// </summary>
/// <param name="Uptime">Milliseconds since a fixed instant; only grows.</param>
/// <param name="UnixMilliseconds">Milliseconds since 1970-01-01 UTC. Follows changes of the system clock, but
/// never goes below 0.</param>
internal readonly record struct ClockReading(long Uptime, long UnixMilliseconds)
{
    public static ClockReading Read(TimeProvider clock) =>
        new((long)clock.GetElapsedTime(0).TotalMilliseconds, Math.Max(0, clock.GetUtcNow().ToUnixTimeMilliseconds()));
}
