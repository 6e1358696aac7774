using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Display;

/// <summary>Local time, by a zone of the system or by a POSIX rule in TZ, which the runtime does not parse.</summary>
internal sealed class LocalTimeZone
{
    // A server may send any number; in these years each zone has a valid date.
    private static readonly long EarliestUnix = new DateTimeOffset(
        2,
        1,
        1,
        0,
        0,
        0,
        TimeSpan.Zero
    ).ToUnixTimeMilliseconds();
    private static readonly long LatestUnix = new DateTimeOffset(
        9998,
        1,
        1,
        0,
        0,
        0,
        TimeSpan.Zero
    ).ToUnixTimeMilliseconds();

    private readonly Func<DateTime, TimeSpan> _offsetAt;

    private LocalTimeZone(Func<DateTime, TimeSpan> offsetAt) => _offsetAt = offsetAt;

    public static implicit operator LocalTimeZone(TimeZoneInfo zone) => new(zone.GetUtcOffset);

    /// <summary>The zone of this process.</summary>
    /// <param name="variable">Returns the value of an environment variable; null if it is not set.</param>
    /// <param name="error">The reason for UTC, in words; null if the zone is known.</param>
    public static LocalTimeZone Load(Func<string, string?> variable, out string? error)
    {
        error = null;
        string text = variable("TZ") ?? "";
        string name = text.StartsWith(':') ? text[1..] : text;
        // A zone name takes precedence over a rule, as in glibc: zoneinfo has the files EST5EDT and MST7MDT.
        if (OperatingSystem.IsWindows() || name.Length == 0 || IsUniversal(name) || IsNamed(name))
            return TimeZoneInfo.Local;
        if (PosixTimeZone.Parse(name) is PosixTimeZone rule)
            return new LocalTimeZone(rule.OffsetAt);
        error =
            $"TZ={SafeText.Clean(text)} is no time zone known here, so times are in UTC; name one, or a rule "
            + "such as CET-1CEST,M3.5.0,M10.5.0/3";
        return TimeZoneInfo.Utc;
    }

    /// <summary>The local time at an instant. An instant outside the valid years is clamped.</summary>
    public DateTime At(long unixMilliseconds)
    {
        DateTime utc = DateTimeOffset
            .FromUnixTimeMilliseconds(Math.Clamp(unixMilliseconds, EarliestUnix, LatestUnix))
            .UtcDateTime;
        return DateTime.SpecifyKind(utc + _offsetAt(utc), DateTimeKind.Unspecified);
    }

    // These names are valid without a zone file.
    private static bool IsUniversal(string name) =>
        name is "UTC" or "GMT" or "UCT" or "Etc/UTC" or "Etc/GMT" or "Universal" or "Zulu";

    // The runtime falls back to UTC silently, so check that the file is a zone file.
    private static bool IsNamed(string name) =>
        Path.IsPathRooted(name) ? IsZoneFile(name) : TimeZoneInfo.TryFindSystemTimeZoneById(name, out _);

    // RFC 9636, 3.1: a file begins with these four bytes.
    private static bool IsZoneFile(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read);
            Span<byte> start = stackalloc byte[4];
            return file.CanSeek
                && file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
                && start.SequenceEqual("TZif"u8);
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            return false;
        }
    }
}
