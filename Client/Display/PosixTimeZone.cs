namespace Chat.Client.Display;

/// <summary>
/// A time zone written as a POSIX rule (tzset(3), RFC 9636, 3.3.1): <c>JST-9</c>, <c>&lt;+0530&gt;-5:30</c>,
/// <c>CET-1CEST,M3.5.0,M10.5.0/3</c>. Pure: no clock and no files.
/// </summary>
internal sealed class PosixTimeZone
{
    private const int SecondsPerHour = 3600;
    private const int LargestOffsetHours = 24;
    private const int LargestChangeHours = 167;

    // The dates of a rule that names a summer time without dates, as in glibc and musl.
    private const string UsualDates = ",M3.2.0,M11.1.0";

    private readonly int _standard;
    private readonly int _summer;
    private readonly Change? _begins;
    private readonly Change? _ends;

    // Offsets are in seconds east of Greenwich.
    private PosixTimeZone(int standard, int summer, Change? begins, Change? ends) =>
        (_standard, _summer, _begins, _ends) = (standard, summer, begins, ends);

    /// <summary>Parses a rule. Returns null if the text is not one.</summary>
    public static PosixTimeZone? Parse(string text)
    {
        Reader reader = new(text);
        if (!reader.TryName() || !reader.TrySeconds(LargestOffsetHours, isSigned: true, out int west))
            return null;
        if (reader.IsAtEnd)
            return new PosixTimeZone(-west, -west, null, null);

        int summerWest = west - SecondsPerHour;
        if (
            !reader.TryName()
            || (reader.HasOffset && !reader.TrySeconds(LargestOffsetHours, isSigned: true, out summerWest))
        )
            return null;
        if (reader.IsAtEnd)
            reader = new Reader(UsualDates);
        return reader.TryChange(out Change? begins) && reader.TryChange(out Change? ends) && reader.IsAtEnd
            ? new PosixTimeZone(-west, -summerWest, begins, ends)
            : null;
    }

    /// <summary>The offset from UTC at this instant.</summary>
    public TimeSpan OffsetAt(DateTime utc)
    {
        if (_begins is null || _ends is null)
            return TimeSpan.FromSeconds(_standard);

        // The last change before the instant decides. A change may be days outside its year, so check the adjacent
        // years too.
        DateTime lastBegin = DateTime.MinValue,
            lastEnd = DateTime.MinValue;
        for (int year = Math.Max(utc.Year - 1, 2); year <= Math.Min(utc.Year + 1, 9998); year++)
        {
            lastBegin = Later(lastBegin, _begins.In(year).AddSeconds(-_standard), utc);
            lastEnd = Later(lastEnd, _ends.In(year).AddSeconds(-_summer), utc);
        }
        return TimeSpan.FromSeconds(lastBegin >= lastEnd ? _summer : _standard);
    }

    private static DateTime Later(DateTime last, DateTime next, DateTime utc) =>
        next <= utc && next > last ? next : last;

    /// <summary>
    /// The begin or end of summer time, in the local time before it: <c>M3.5.0/2</c>, <c>J60</c>, <c>59</c>.
    /// </summary>
    /// <param name="Month">1 to 12; 0 if <paramref name="Day"/> counts from the beginning of the year.</param>
    /// <param name="Week">1 to 5; 5 is the last week.</param>
    /// <param name="Day">The day of the week, 0 for Sunday; or the day of the year, from 0.</param>
    /// <param name="SkipsLeapDay">Whether the numbering skips 29 February.</param>
    /// <param name="Seconds">The seconds after the midnight that begins the day.</param>
    private sealed record Change(int Month, int Week, int Day, bool SkipsLeapDay, int Seconds)
    {
        public DateTime In(int year) => DayIn(year).AddSeconds(Seconds);

        private DateTime DayIn(int year)
        {
            const int LeapDay = 59;
            if (Month == 0)
                return new DateTime(year, 1, 1).AddDays(
                    Day + (SkipsLeapDay && Day >= LeapDay && DateTime.IsLeapYear(year) ? 1 : 0)
                );
            DateTime first = new(year, Month, 1);
            int day = 1 + ((Day - (int)first.DayOfWeek + 7) % 7) + (7 * (Week - 1));
            return first.AddDays((day > DateTime.DaysInMonth(year, Month) ? day - 7 : day) - 1);
        }
    }

    private ref struct Reader(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public readonly bool HasOffset => !_rest.IsEmpty && _rest[0] != ',';

        // Letters, or letters, digits and signs in angle brackets.
        public bool TryName()
        {
            const int Shortest = 3;
            bool isQuoted = TryTake('<');
            int length = 0;
            while (
                length < _rest.Length
                && (
                    char.IsAsciiLetter(_rest[length])
                    || (isQuoted && (char.IsAsciiDigit(_rest[length]) || _rest[length] is '+' or '-'))
                )
            )
                length++;
            _rest = _rest[length..];
            return length >= Shortest && (!isQuoted || TryTake('>'));
        }

        // hh[:mm[:ss]]
        public bool TrySeconds(int mostHours, bool isSigned, out int seconds)
        {
            bool isNegative = isSigned && TryTake('-');
            if (isSigned && !isNegative)
                _ = TryTake('+');
            int minutes = 0,
                rest = 0;
            bool isRead =
                TryNumber(0, mostHours, out int hours)
                && (!TryTake(':') || (TryNumber(0, 59, out minutes) && (!TryTake(':') || TryNumber(0, 59, out rest))));
            seconds = (hours * SecondsPerHour) + (minutes * 60) + rest;
            if (isNegative)
                seconds = -seconds;
            return isRead && seconds <= mostHours * SecondsPerHour && seconds >= -mostHours * SecondsPerHour;
        }

        // ,Mm.w.d[/time] or ,Jn[/time] or ,n[/time]
        public bool TryChange(out Change? change)
        {
            const int UsualSeconds = 2 * SecondsPerHour;
            change = null;
            int month = 0,
                week = 0,
                day = 0;
            if (!TryTake(','))
                return false;
            bool skipsLeapDay = TryTake('J');
            bool isRead =
                skipsLeapDay ? TryNumber(1, 365, out day)
                : !TryTake('M') ? TryNumber(0, 365, out day)
                : TryNumber(1, 12, out month)
                    && TryTake('.')
                    && TryNumber(1, 5, out week)
                    && TryTake('.')
                    && TryNumber(0, 6, out day);
            if (!isRead)
                return false;
            int seconds = UsualSeconds;
            if (TryTake('/') && !TrySeconds(LargestChangeHours, isSigned: true, out seconds))
                return false;
            change = new Change(month, week, skipsLeapDay ? day - 1 : day, skipsLeapDay, seconds);
            return true;
        }

        private bool TryNumber(int least, int most, out int number)
        {
            const int MostDigits = 3;
            number = 0;
            int length = 0;
            while (length < _rest.Length && length < MostDigits && char.IsAsciiDigit(_rest[length]))
                number = (number * 10) + _rest[length++] - '0';
            _rest = _rest[length..];
            return length > 0 && number >= least && number <= most;
        }

        private bool TryTake(char expected)
        {
            if (_rest.IsEmpty || _rest[0] != expected)
                return false;
            _rest = _rest[1..];
            return true;
        }
    }
}
