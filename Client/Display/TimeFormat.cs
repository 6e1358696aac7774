using Chat.Protocol.Text;

namespace Chat.Client.Display;

/// <summary>
/// The format of times (<c>--time</c>), in the letters of strftime that are useful before a line: <c>%H:%M</c>. It
/// writes into a buffer without allocation.
/// </summary>
internal sealed class TimeFormat
{
    private const string Letters = "HIMSpdmyYbaj%";

    private static readonly string[] Months =
    [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ];

    private readonly string _format;

    private TimeFormat(string format) => _format = format;

    /// <summary>Hours and minutes.</summary>
    public static TimeFormat Usual { get; } = new("%H:%M");

    /// <summary>Parses a format; an empty one writes no times.</summary>
    /// <param name="format">The format as typed.</param>
    /// <param name="read">The parsed format; valid if the result is null.</param>
    /// <returns>The error in words; null if the format is valid.</returns>
    public static string? Read(string format, out TimeFormat read)
    {
        read = new TimeFormat(SafeText.Clean(format));
        for (int at = format.IndexOf('%'); at >= 0; at = format.IndexOf('%', at + 2))
        {
            if (at + 1 == format.Length || !Letters.Contains(format[at + 1]))
                return $"a time is written with {string.Join(' ', Letters.Select(letter => $"%{letter}"))}, "
                    + "such as %H:%M";
            if (at + 2 >= format.Length)
                break;
        }

        return null;
    }

    /// <summary>Appends a time to a line.</summary>
    public void Write(DateTime time, StyledText line)
    {
        for (int i = 0; i < _format.Length; i++)
        {
            if (_format[i] == '%' && i + 1 < _format.Length)
                Put(_format[++i], time, line);
            else
                line.Add(_format.AsSpan(i, 1), Style.Time);
        }
    }

    private static void Put(char letter, DateTime time, StyledText line)
    {
        int number = letter switch
        {
            'H' => time.Hour,
            'I' => ((time.Hour + 11) % 12) + 1,
            'M' => time.Minute,
            'S' => time.Second,
            'd' => time.Day,
            'm' => time.Month,
            'y' => time.Year % 100,
            'Y' => time.Year,
            'j' => time.DayOfYear,
            _ => -1,
        };
        if (number < 0)
        {
            line.Add(
                letter switch
                {
                    'p' => time.Hour < 12 ? "AM" : "PM",
                    'b' => Months[time.Month - 1],
                    'a' => time.DayOfWeek.ToString().AsSpan(0, 3),
                    _ => "%",
                },
                Style.Time
            );
            return;
        }

        Span<char> digits = stackalloc char[4];
        _ = number.TryFormat(
            digits,
            out int length,
            letter switch
            {
                'Y' => "0000",
                'j' => "000",
                _ => "00",
            }
        );
        line.Add(digits[..length], Style.Time);
    }
}
