namespace Chat.Tests.Support;

/// <summary>
/// A clock that stands still until the test moves it. <see cref="Advance"/> moves both clocks, as time does;
/// <see cref="SetWallClock"/> moves the wall clock alone, as a corrected date does. Timers are refused: the
/// product's loops own none, and a timer made by mistake would run on real time.
/// </summary>
internal sealed class TestClock : TimeProvider
{
    private long _ticks;
    private DateTimeOffset _wall;

    public TestClock()
        : this(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)) { }

    public TestClock(DateTimeOffset wall) => _wall = wall;

    /// <summary>
    /// The zone of <see cref="TimeProvider.GetLocalNow"/>; UTC, so that no test depends on the machine's zone.
    /// </summary>
    public TimeZoneInfo Zone { get; set; } = TimeZoneInfo.Utc;

    public override TimeZoneInfo LocalTimeZone => Zone;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => _wall;

    /// <summary>Moves both clocks.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The monotonic clock never goes back.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        Interlocked.Add(ref _ticks, by.Ticks);
        _wall += by;
    }

    /// <summary>Jumps the wall clock, in either direction; timestamps do not notice.</summary>
    public void SetWallClock(DateTimeOffset to) => _wall = to.ToUniversalTime();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException(
            "TestClock makes no timers: a loop that is turned by hand asks for the time instead."
        );
}
