using System.Globalization;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Display;

/// <summary>Prints lines.</summary>
/// <param name="lines">One line; or of a snippet the row of its author and then the rows of its text.</param>
internal delegate void PrintLines(params ReadOnlySpan<StyledText> lines);

/// <summary>
/// Formats events for a terminal: <c>14:03 bob: hi</c>, in the reader's time zone, with names in colour.
/// </summary>
/// <remarks>
/// A person cannot imitate the head of another line. A said line begins with a name and a colon, an action with a star,
/// a notice with two dashes; no name has a space. Further rows of a line are indented.
/// <para>
/// Pure: the caller passes the zone and the time. Each line reuses one buffer and goes to <paramref name="print"/>, so
/// a flood leaves no garbage.
/// </para>
/// </remarks>
/// <param name="palette">The colours of names.</param>
/// <param name="zone">The reader's time zone.</param>
/// <param name="format">The format of times.</param>
/// <param name="print">Prints the lines of one event, which are valid until the next one.</param>
internal sealed class EventFormatter(Palette palette, LocalTimeZone zone, TimeFormat format, PrintLines print)
{
    private const string RowMark = "│ ";

    private readonly StyledText _line = new();
    private StyledText[] _rows = [];
    private DateOnly? _date;
    private long? _lastSaid;
    private bool _wasLost;

    /// <summary>Prints an event other than a join or a leave, which a summary prints together.</summary>
    /// <param name="event">The event; not a join or a leave.</param>
    /// <param name="isMention">Whether the text mentions the reader.</param>
    /// <param name="unixNow">The time for an event without one.</param>
    public void Write(ChatEvent @event, bool isMention, long unixNow)
    {
        long at = @event.UnixMilliseconds ?? unixNow;
        switch (@event.Kind)
        {
            case EventKind.Say or EventKind.Me or EventKind.Whisper:
                WriteSaid(@event, isMention, at);
                _lastSaid = at;
                break;
            case EventKind.Line:
                Begin(at);
                _line.Indent = Math.Max(2, CellWidth.Measure(_line.Text) + 2);
                _line.Head = @event.Text.StartsWith('<')
                    ? _line.Text.Length + @event.Text.IndexOf("> ", StringComparison.Ordinal) + 2
                    : 0;
                print([
                    _line.Add(
                        @event.Text,
                        @event.Text.StartsWith("-- ", StringComparison.Ordinal) ? Style.Quiet
                            : isMention ? Style.Mention
                            : Style.Plain
                    ),
                ]);
                break;
            case EventKind.Rename when @event.IsMarkOnly:
                break;
            case EventKind.Rename:
                string now = HostMark.Show(@event.Text, @event.IsHost);
                Note(@event.Mine ? $"you are now {now}" : $"{@event.ShownName} is now {now}", Style.Quiet, at);
                break;
            case EventKind.Gap:
                WriteGap(@event, at);
                break;
            case EventKind.Link:
                WriteLink(@event, at);
                break;
            case EventKind.Error or EventKind.Info:
                Answer(@event.Text, @event.Kind == EventKind.Error ? Style.Error : Style.Plain);
                break;
            default:
                Note(@event.Text, Style.Quiet, at);
                break;
        }
    }

    /// <summary>Prints a roster.</summary>
    public void WritePeople(ChatEvent present, long unixNow)
    {
        foreach (string line in RosterText.Lines(present, since => Since(since, unixNow)))
            Answer(line, Style.Plain);
    }

    // Null if the reader has turned times off.
    private string? Since(long unixMilliseconds, long unixNow)
    {
        DateTime joined = zone.At(unixMilliseconds);
        StyledText time = new();
        format.Write(joined, time);
        if (time.IsEmpty)
            return null;
        bool isToday = DateOnly.FromDateTime(joined) == DateOnly.FromDateTime(zone.At(unixNow));
        return isToday ? $"since {time}" : $"since {joined.ToString("d MMMM", CultureInfo.InvariantCulture)}, {time}";
    }

    /// <summary>Prints a notice.</summary>
    public void Note(ReadOnlySpan<char> words, Style style, long unixMilliseconds)
    {
        Begin(unixMilliseconds);
        _line.Indent = CellWidth.Measure(_line.Text) + 3;
        print([_line.Add("-- ", style).Add(words, style)]);
    }

    // An answer to this person alone, of the server or the client, has no time: it comes directly after its question.
    private void Answer(ReadOnlySpan<char> words, Style style)
    {
        _line.Clear().Add("-- ", style).Add(words, style).Indent = 3;
        print([_line]);
    }

    private void WriteSaid(ChatEvent said, bool isMention, long at)
    {
        Begin(at);
        Style words =
            isMention ? Style.Mention
            : said.Kind == EventKind.Whisper ? Style.Whisper
            : Style.Plain;
        if (said.Kind == EventKind.Me)
            _line.Add("* ", words);
        _line.Add(said.ShownName, said.Mine ? Style.Own : palette.OfName(said.Name));
        if (said.Kind == EventKind.Whisper)
            _line.Add(" -> ", Style.Whisper).Add(said.ShownTo, said.Mine ? palette.OfName(said.To) : Style.Own);
        if (said.Quoted.Length > 0)
            _line.Add($" ({said.Quoted})", Style.Quiet);
        if (said.IsEdited)
            _line.Add(" (edited)", Style.Quiet);
        if (SnippetText.IsSnippet(said.Text))
        {
            _line.Add(":", words);
            WriteRows(said.Text, words);
            return;
        }
        _line.Add(said.Kind == EventKind.Me ? " " : ": ", words);
        (_line.Indent, _line.Head) = (
            Math.Min(CellWidth.Measure(_line.Text), ClientLimits.HangingIndent),
            _line.Text.Length
        );
        print([_line.Add(said.Text, words)]);
    }

    // The author has a row of its own. No row of the text begins in the first cell, so none can pose as another line.
    private void WriteRows(string text, Style words)
    {
        int count = SnippetText.CountRows(text) + 1;
        if (_rows.Length < count)
            Array.Resize(ref _rows, count);
        _rows[0] = _line;
        int i = 1;
        foreach (string row in SnippetText.RowsWithSpaces(text))
        {
            (_rows[i] ??= new StyledText()).Clear().Add(RowMark, Style.Quiet).Add(row, words);
            (_rows[i].Indent, _rows[i].Head) = (RowMark.Length, RowMark.Length);
            i++;
        }
        print(_rows.AsSpan(0, count));
    }

    private void WriteGap(ChatEvent gap, long at)
    {
        StyledText time = new();
        if (_lastSaid is long last)
            format.Write(zone.At(last), time);
        Note(EventText.ForGap(gap, $"{time}"), gap.IsNewLog ? Style.Quiet : Style.Error, at);
    }

    private void WriteLink(ChatEvent link, long at)
    {
        if (EventText.ForLink(link, _wasLost) is string words)
        {
            _wasLost = link.State != LinkState.Joined;
            Note(words, _wasLost ? Style.Error : Style.Quiet, at);
        }
        if (link.State == LinkState.Joined && link.Text.Length > 0)
            Note(link.Text, Style.Plain, at);
    }

    /// <summary>Begins a line with its time. If the day has changed, prints the date first.</summary>
    private void Begin(long unixMilliseconds)
    {
        DateTime time = zone.At(unixMilliseconds);
        var date = DateOnly.FromDateTime(time);
        if (_date is DateOnly last && last != date)
            print([_line.Clear().Add($"-- {date.ToString("dddd, d MMMM yyyy")}", Style.Quiet)]);
        _date = date;
        format.Write(time, _line.Clear());
        if (!_line.IsEmpty)
            _line.Add(" ", Style.Time);
    }

    /// <summary>Sets the current day, so that no line with today's date is printed.</summary>
    public void BeginAt(long unixNow) => _date = DateOnly.FromDateTime(zone.At(unixNow));
}
