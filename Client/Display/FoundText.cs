using System.Globalization;
using Chat.Protocol.Text;

namespace Chat.Client.Display;

/// <summary>Formats the lines of an answer to /find, one row each.</summary>
internal static class FoundText
{
    /// <summary>The line above the lines found.</summary>
    /// <param name="found">The answer.</param>
    /// <param name="count">The number of lines that are shown.</param>
    public static string Head(ChatEvent found, int count)
    {
        const string More = "; /find shows older ones";
        string lines =
            count > 0 ? $"found {count}{(found.IsContinued ? " older" : "")} in the room's history"
            : found.IsContinued ? $"no older line has: {found.Text}"
            : $"not found in the room's history: {found.Text}";
        return lines + (found.HasMore ? More : "") + (count > 0 ? ":" : "");
    }

    /// <summary>A line: the date unless it is today, the time, the name and the text. Of a snippet, the row with the
    /// match.</summary>
    /// <param name="line">The line.</param>
    /// <param name="sought">The text to find.</param>
    /// <param name="zone">The reader's time zone.</param>
    /// <param name="format">The format of times.</param>
    /// <param name="unixNow">The current time.</param>
    public static string Line(ChatEvent line, string sought, LocalTimeZone zone, TimeFormat format, long unixNow)
    {
        StyledText text = new();
        if (line.UnixMilliseconds is long at)
        {
            DateTime time = zone.At(at);
            if (time.Date != zone.At(unixNow).Date)
                text.Add(time.ToString("yyyy-MM-dd ", CultureInfo.InvariantCulture));
            int length = text.Text.Length;
            format.Write(time, text);
            if (text.Text.Length > length)
                text.Add(" ");
        }
        text.Add(
            line.Kind switch
            {
                EventKind.Me => $"* {line.Name} ",
                EventKind.Whisper => $"{line.Name} -> {line.To}: ",
                EventKind.Edit => $"{line.Name} (edited): ",
                _ when line.Quoted.Length > 0 => $"{line.Name} ({line.Quoted}): ",
                _ => $"{line.Name}: ",
            }
        );
        return text.Add(SnippetText.IsSnippet(line.Text) ? Row(line.Text, sought) : line.Text).ToString();
    }

    private static string Row(string snippet, string sought)
    {
        string[] rows = [.. SnippetText.RowsWithSpaces(snippet)];
        return Array.Find(rows, row => row.Contains(sought, StringComparison.OrdinalIgnoreCase)) ?? rows[0];
    }
}
