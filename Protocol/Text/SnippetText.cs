namespace Chat.Protocol.Text;

/// <summary>The text of a snippet: rows between line feeds, each cleaned as a line, with its tabs kept.</summary>
internal static class SnippetText
{
    /// <summary>
    /// Cleans a text of several rows. CR LF and CR become LF, and wholly blank rows at both ends are dropped. Blank
    /// rows in between, indentation and tabs stay. Every other character follows <see cref="SafeText"/>. Idempotent.
    /// </summary>
    public static string Clean(string text)
    {
        string[] rows = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r');
        for (int i = 0; i < rows.Length; i++)
            rows[i] = CleanRow(rows[i]);
        int first = Array.FindIndex(rows, static row => !string.IsNullOrWhiteSpace(row));
        int last = Array.FindLastIndex(rows, static row => !string.IsNullOrWhiteSpace(row));
        return first < 0 ? "" : string.Join('\n', rows, first, last - first + 1);
    }

    /// <summary>Cleans one row, as <see cref="SafeText"/> does, but keeps its tabs.</summary>
    public static string CleanRow(string row) => string.Join('\t', row.Split('\t').Select(SafeText.Clean));

    /// <summary>The number of rows of a text.</summary>
    public static int CountRows(ReadOnlySpan<char> text) => text.Count('\n') + 1;
}
