using System.Globalization;
using Chat.Client.Display;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Display;

/// <summary>TZ in the POSIX form, compared with date(1).</summary>
public sealed class PosixTimeZoneTests
{
    private const int Instants = 500;

    [LinuxTheory]
    [InlineData("JST-9")]
    [InlineData("<+09>-9")]
    [InlineData("<+0530>-5:30")]
    [InlineData("<-03>+3")]
    [InlineData("UTC-3")]
    [InlineData("LMT-0:19:32")]
    [InlineData("XXX24")]
    [InlineData("CET-1CEST,M3.5.0,M10.5.0/3")]
    [InlineData("EST5EDT,M3.2.0,M11.1.0")]
    [InlineData("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0")]
    [InlineData("AEST-10AEDT,M10.1.0,M4.1.0/3")]
    [InlineData("NZST-12NZDT,M9.5.0,M4.1.0/3")]
    [InlineData("IST-1GMT0,M10.5.0,M3.5.0/1")]
    [InlineData("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1")]
    [InlineData("IST-2IDT,M3.4.4/26,M10.5.0")]
    [InlineData("XXX-2YYY,J60/0,J300/23:59:59")]
    [InlineData("XXX-2YYY,59,299")]
    [InlineData("XXX-2YYY-3:30,J365/25,J59")]
    [InlineData("XXX3YYY4:15:30,365/-30,0/100")]
    public void Local_time_equals_the_output_of_date(string rule)
    {
        PosixTimeZone zone = PosixTimeZone.Parse(rule)!;
        Random random = new(rule.Length);
        long[] instants = [.. Enumerable.Range(0, Instants).Select(_ => random.NextInt64(0, 4_102_444_800))];
        using RunningProgram date = ToolProcess.StartWith(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["TZ"] = rule },
            "date",
            "-f",
            "-",
            "+%Y-%m-%d %H:%M:%S"
        );
        date.Send(
            string.Concat(
                instants.Select(static instant => string.Create(CultureInfo.InvariantCulture, $"@{instant}\n"))
            )
        );
        date.CloseInput();
        Assert.Equal(0, date.WaitForExit());

        string[] ours = [.. instants.Select(Written)];

        Assert.Equal(date.Out.Lines, ours);

        string Written(long instant)
        {
            DateTime utc = DateTimeOffset.FromUnixTimeSeconds(instant).UtcDateTime;
            return (utc + zone.OffsetAt(utc)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>On Linux date(1) reads the dates from a file.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 2)]
    [InlineData(11, 1)]
    public void Summer_time_without_dates_is_in_force_in_summer(int month, int hours) =>
        Assert.Equal(
            TimeSpan.FromHours(hours),
            PosixTimeZone.Parse("CET-1CEST")!.OffsetAt(new DateTime(2026, month, 28))
        );

    [Theory]
    [InlineData("")]
    [InlineData("JST")]
    [InlineData("JS-9")]
    [InlineData("<+09-9")]
    [InlineData("JST-9x")]
    [InlineData("JST-25")]
    [InlineData("JST-9:60")]
    [InlineData("CET-1CEST,")]
    [InlineData("CET-1CEST,M3.5.0")]
    [InlineData("CET-1CEST,M13.5.0,M10.5.0")]
    [InlineData("CET-1CEST,M3.6.0,M10.5.0")]
    [InlineData("CET-1CEST,M3.5.7,M10.5.0")]
    [InlineData("CET-1CEST,J0,J300")]
    [InlineData("CET-1CEST,J1,366")]
    [InlineData("CET-1CEST,M3.5.0/168,M10.5.0")]
    [InlineData("CET-1CEST,M3.5.0,M10.5.0/3 ")]
    [InlineData("Europe/Berlin")]
    public void An_invalid_time_zone_rule_is_refused(string text) => Assert.Null(PosixTimeZone.Parse(text));

    [LinuxTheory]
    [InlineData("JST-9", 9)]
    [InlineData(":JST-9", 9)]
    [InlineData("CET-1CEST,M3.5.0,M10.5.0/3", 1)]
    [InlineData("CET", 1)]
    [InlineData(":CET", 1)]
    [InlineData("UTC", 0)]
    public void The_zone_in_TZ_is_used_without_a_notice(string text, int hours)
    {
        // 28 November 2026. The runtime reads a named zone once a process, so no zone file is compared here.
        const long November = 1_795_824_000_000;
        LocalTimeZone zone = LocalTimeZone.Load(name => name == "TZ" ? text : null, out string? error);

        Assert.Null(error);
        if (PosixTimeZone.Parse(text.TrimStart(':')) is not null)
            Assert.Equal(
                DateTimeOffset.FromUnixTimeMilliseconds(November).UtcDateTime.AddHours(hours),
                zone.At(November)
            );
    }

    [LinuxTheory]
    [InlineData("Nowhere/Atall")]
    [InlineData(":nosuch")]
    [InlineData("JST-25")]
    [InlineData("/etc/passwd")]
    [InlineData("/nowhere")]
    public void An_unreadable_time_zone_is_named(string text)
    {
        _ = LocalTimeZone.Load(name => name == "TZ" ? text : null, out string? error);

        Assert.StartsWith($"TZ={text} is no time zone known here", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Every_number_has_a_local_time(long instant)
    {
        LocalTimeZone zone = LocalTimeZone.Load(
            static name => name == "TZ" ? "XXX24YYY-24,J1/-167,J365/167" : null,
            out _
        );

        Assert.InRange(zone.At(instant).Year, 1, 9999);
    }
}
