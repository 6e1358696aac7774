using Chat.Protocol.Text;

namespace Chat.Client.Display;

/// <summary>
/// Formats an event as a line of a log: its time, then the line as a plain tool would get it. The rows of a snippet
/// follow below, indented, so none of them can pose as another line.
/// </summary>
/// <param name="format">The format of times.</param>
/// <param name="zone">The reader's time zone.</param>
internal sealed class DatedLine(TimeFormat format, LocalTimeZone zone)
{
    private const string Indent = "    ";

    private readonly StyledText _time = new();

    /// <summary>The line without its line feed; null for an event outside the conversation.</summary>
    public string? Format(ChatEvent @event)
    {
        bool isSnippet = SnippetText.IsSnippet(@event.Text);
        if (PlainLine.Format(isSnippet ? @event with { Text = "" } : @event, zone) is not string line)
            return null;
        _time.Clear();
        if (@event.UnixMilliseconds is long time)
            format.Write(zone.At(time), _time);
        if (!_time.IsEmpty)
            line = $"{_time} {line}";
        return isSnippet
            ? $"{line.TrimEnd()}\n{Indent}{@event.Text.Replace("\n", $"\n{Indent}", StringComparison.Ordinal)}"
            : line;
    }
}
