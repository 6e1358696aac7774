using System.Text;

namespace Chat.Protocol.Text;

/// <summary>The text of a snippet: rows with line feeds between them, in which tabs stay tabs.</summary>
internal static class SnippetText
{
    /// <summary>The cells between two tab stops on the screen.</summary>
    public const int TabStop = 4;

    /// <summary>Whether a text needs to be a snippet: it has several rows or a tab, which no line can have.</summary>
    public static bool IsSnippet(ReadOnlySpan<char> text) => text.ContainsAny('\n', '\t');

    /// <summary>Whether one message with this text needs to be a snippet: a line cannot hold it.</summary>
    public static bool ExceedsLine(string text) =>
        IsSnippet(text) || Encoding.UTF8.GetByteCount(text) > ProtocolLimits.TextBytes;

    /// <summary>Why a clean text is no message; null if it is one.</summary>
    public static string? Refusal(ReadOnlySpan<byte> text)
    {
        if (text.Trim(" \t\n"u8).IsEmpty)
            return "the message is empty";
        int rows = text.Count((byte)'\n') + 1;
        if (rows > ProtocolLimits.SnippetLines)
            return $"a message has at most {ProtocolLimits.SnippetLines} lines, and this one has {rows}";
        return text.Length > ProtocolLimits.SnippetBytes
            ? $"a message has at most {ProtocolLimits.SnippetBytes} bytes, and this one has {text.Length}"
            : null;
    }

    /// <summary>The same for a string.</summary>
    public static string? Refusal(string text) => Refusal(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Cleans a text row by row. CR LF and CR are line feeds; blank rows at the beginning and the end go away.
    /// </summary>
    public static string Clean(string text) => Clean(Encoding.UTF8.GetBytes(text), out _);

    /// <summary>The same for bytes, with the number of characters lost to the reader.</summary>
    /// <param name="text">The text.</param>
    /// <param name="lost">Receives the number.</param>
    /// <param name="keepsBlankRows">Whether blank rows at the beginning and the end stay. The line end after the last
    /// row goes away.</param>
    public static string Clean(ReadOnlySpan<byte> text, out int lost, bool keepsBlankRows = false)
    {
        lost = 0;
        List<string> rows = [];
        while (true)
        {
            int end = text.IndexOfAny((byte)'\n', (byte)'\r');
            rows.Add(CleanRow(end < 0 ? text : text[..end], ref lost));
            if (end < 0)
                break;
            text = text[(end + (text[end..].StartsWith("\r\n"u8) ? 2 : 1))..];
        }
        if (keepsBlankRows)
        {
            if (rows[^1].Length == 0)
                rows.RemoveAt(rows.Count - 1);
            return string.Join('\n', rows);
        }
        int first = rows.FindIndex(static row => !string.IsNullOrWhiteSpace(row)),
            last = rows.FindLastIndex(static row => !string.IsNullOrWhiteSpace(row));
        return first < 0 ? "" : string.Join('\n', rows[first..(last + 1)]);
    }

    /// <summary>A clean text in one row: a space in place of each line feed and tab.</summary>
    public static string OneRow(string text) => text.Replace('\n', ' ').Replace('\t', ' ');

    /// <summary>The rows of a clean text, with spaces up to the next stop in place of each tab.</summary>
    public static IEnumerable<string> RowsWithSpaces(string text) => text.Split('\n').Select(Expanded);

    // Counts characters, not cells: indentation is ASCII.
    private static string Expanded(string row)
    {
        if (!row.Contains('\t', StringComparison.Ordinal))
            return row;
        StringBuilder expanded = new(2 * row.Length);
        foreach (char c in row)
        {
            if (c == '\t')
                expanded.Append(' ', TabStop - (expanded.Length % TabStop));
            else
                expanded.Append(c);
        }
        return expanded.ToString();
    }

    /// <summary>Cleans one row and keeps its tabs.</summary>
    public static string CleanRow(string row)
    {
        int lost = 0;
        return CleanRow(Encoding.UTF8.GetBytes(row), ref lost);
    }

    /// <summary>The number of rows of a text.</summary>
    public static int CountRows(ReadOnlySpan<char> text) => text.Count('\n') + 1;

    private static string CleanRow(ReadOnlySpan<byte> row, ref int lost)
    {
        List<string> parts = [];
        foreach (Range part in row.Split((byte)'\t'))
        {
            parts.Add(SafeText.Clean(row[part], out int lostHere));
            lost += lostHere;
        }
        return string.Join('\t', parts);
    }
}
