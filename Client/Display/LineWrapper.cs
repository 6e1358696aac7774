using System.Globalization;

namespace Chat.Client.Display;

/// <summary>
/// Breaks a line that is wider than a row: behind the last white space that fits, or between two wide characters. A
/// word is broken between clusters only if it begins the row or follows the head of the line. An address (http://...)
/// stays whole, beyond the end of the row: a terminal recognizes a link only in a row that it wrapped itself. Such an
/// address begins a row or follows the head of the line, and nothing follows it in its last row.
///
/// Terminals differ in the width of a cluster: as one character, or as the sum of its characters. A row is measured by
/// the wider of the two, so the terminal never wraps it. Text that a terminal wraps could pass for the head of a line.
/// </summary>
internal static class LineWrapper
{
    // A mark that ends a sentence or closes a bracket never begins a row.
    private const string NeverFirst = "、。，．！？：；」』）】〉》〕］｝ー…";

    /// <summary>
    /// The first row of the line, without the white space at its end; <paramref name="rest"/> is where the next one
    /// begins.
    /// </summary>
    /// <param name="line">What is left of a line.</param>
    /// <param name="columns">Cells of the row.</param>
    /// <param name="rest">Where the next row begins.</param>
    /// <param name="head">Characters at its start that no row is broken behind: a time and a name alone in a row would
    /// say nothing.</param>
    /// <param name="columnsOfNext">Cells of the next row.</param>
    public static ReadOnlySpan<char> FirstRow(
        ReadOnlySpan<char> line,
        int columns,
        out int rest,
        int head,
        int columnsOfNext
    )
    {
        (int cells, int index, int lastBreak) = (0, 0, 0);
        bool wasWide = false;
        while (index < line.Length)
        {
            int length = StringInfo.GetNextTextElementLength(line[index..]);
            bool isSpace = line[index] == ' ';
            int width = CellWidth.MostOfCluster(line.Slice(index, length));
            bool isWide = width > 1;
            if (isWide && wasWide && index > head && !NeverFirst.Contains(line[index], StringComparison.Ordinal))
                lastBreak = index;
            if (cells + width > columns && !isSpace)
                break;
            cells += width;
            index += length;
            wasWide = isWide;
            if (isSpace)
                lastBreak = index;
        }
        if (index == line.Length)
        {
            rest = index;
            return line.TrimEnd(' ');
        }

        int wordEnd = lastBreak + WordLength(line[lastBreak..]);
        bool isFirst = lastBreak <= head || line[head..lastBreak].IsWhiteSpace();
        if (IsAddress(line[lastBreak..wordEnd]) && (isFirst || wordEnd - lastBreak > columns))
        {
            // A row of its own helps an address only if it fits there.
            bool isWhole = wordEnd - lastBreak <= columnsOfNext && !line[..lastBreak].IsWhiteSpace();
            int end = isFirst && !isWhole ? wordEnd : lastBreak;
            rest = SkipSpaces(line, end);
            return line[..end].TrimEnd(' ');
        }

        // A row takes at least one cluster, or there would be no end of rows.
        if (isFirst)
            lastBreak = Math.Max(index, StringInfo.GetNextTextElementLength(line));
        rest = SkipSpaces(line, lastBreak);
        return line[..lastBreak].TrimEnd(' ');
    }

    /// <summary>Characters of the text, whole clusters, that take at most so many cells.</summary>
    public static int Fitting(ReadOnlySpan<char> text, int columns)
    {
        (int cells, int index) = (0, 0);
        while (index < text.Length)
        {
            int length = StringInfo.GetNextTextElementLength(text[index..]);
            cells += CellWidth.MostOfCluster(text.Slice(index, length));
            if (cells > columns)
                break;
            index += length;
        }
        return index;
    }

    /// <summary>
    /// The least rows a text takes when the terminal itself wraps it: between clusters, wherever a row is full.
    /// Terminals give some clusters different widths, so each counts with the least of them.
    /// </summary>
    /// <param name="text">What stands in one row now.</param>
    /// <param name="columns">Cells of a row to come.</param>
    /// <param name="caret">How much of it counts: to the cluster at this cell, and with it.</param>
    public static int LeastRowsWrapped(ReadOnlySpan<char> text, int columns, int caret = int.MaxValue)
    {
        (int rows, int used, int index, int all) = (1, 0, 0, 0);
        bool isSure = true;
        while (index < text.Length && all <= caret)
        {
            ReadOnlySpan<char> cluster = text.Slice(index, StringInfo.GetNextTextElementLength(text[index..]));
            int width = CellWidth.LeastOfCluster(cluster);
            if (used + width > columns)
                (rows, used) = (rows + 1, 0);
            used += width;
            all += CellWidth.MeasureCluster(cluster);
            isSure &= width == CellWidth.MostOfCluster(cluster);
            index += cluster.Length;
        }
        // Where a terminal makes clusters wider, an earlier one stands at the caret's cell, and fewer gaps of a cell at
        // the ends of rows count.
        return isSure ? rows : Math.Min(rows, (caret / columns) + 1);
    }

    private static bool IsAddress(ReadOnlySpan<char> word) =>
        word.Contains("://", StringComparison.Ordinal) && !word.ContainsAnyExceptInRange('!', '~');

    private static int WordLength(ReadOnlySpan<char> text) =>
        text.IndexOf(' ') is var space and >= 0 ? space : text.Length;

    private static int SkipSpaces(ReadOnlySpan<char> line, int index)
    {
        while (index < line.Length && line[index] == ' ')
            index++;
        return index;
    }
}
