using System.Globalization;
using System.Text;

namespace Chat.Client.Display;

/// <summary>
/// Wraps a line that is wider than a row: after the last white space that fits, or between two wide characters. A word
/// breaks between clusters only if it begins the row or follows the head of the line.
/// <para>
/// Two kinds of words in printable ASCII stay whole, past the end of the row: an address (http://...), and a word that
/// is longer than a row, such as a key. The terminal wraps them itself, so it recognises the address and copies the
/// word without a gap. Such a word begins a row or follows the head, and no text follows it in its last row. It has no
/// space, so its rows cannot imitate the head of a line.
/// </para>
/// </summary>
/// <remarks>
/// Terminals count a cluster as one character or as the sum of its characters. The wider count applies here, so the
/// terminal wraps no row before its end. Other text that a terminal wraps could imitate the head of a line.
/// </remarks>
internal static class LineWrapper
{
    // A mark that ends a sentence or closes a bracket never begins a row.
    private const string NeverFirst = "、。，．！？：；」』）】〉》〕］｝ー…";

    /// <summary>The first row of the line, without the white space at its end.</summary>
    /// <param name="line">The rest of a line.</param>
    /// <param name="columns">The cells of the row.</param>
    /// <param name="rest">The index at which the next row begins.</param>
    /// <param name="head">The length of the head of the line. No row breaks after it: time and name alone in a row
    /// would be useless.</param>
    /// <param name="columnsOfNext">The cells of the next row.</param>
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
        if (IsKeptWhole(line[lastBreak..wordEnd], columnsOfNext) && (isFirst || wordEnd - lastBreak > columns))
        {
            // A row of its own helps such a word only if it fits there.
            bool isWhole = wordEnd - lastBreak <= columnsOfNext && !line[..lastBreak].IsWhiteSpace();
            int end = isFirst && !isWhole ? wordEnd : lastBreak;
            rest = SkipSpaces(line, end);
            return line[..end].TrimEnd(' ');
        }

        // A row has at least one cluster, or the loop would never end.
        if (isFirst)
            lastBreak = Math.Max(index, StringInfo.GetNextTextElementLength(line));
        rest = SkipSpaces(line, lastBreak);
        return line[..lastBreak].TrimEnd(' ');
    }

    /// <summary>The cells of a text; -1 if terminals differ in the width of one of its clusters.</summary>
    public static int CertainCells(ReadOnlySpan<char> text)
    {
        // A clean text has no control characters.
        if (Ascii.IsValid(text))
            return text.Length;
        (int cells, int index) = (0, 0);
        while (index < text.Length)
        {
            int length = StringInfo.GetNextTextElementLength(text[index..]);
            ReadOnlySpan<char> cluster = text.Slice(index, length);
            int width = CellWidth.MostOfCluster(cluster);
            if (width != CellWidth.LeastOfCluster(cluster))
                return -1;
            cells += width;
            index += length;
        }
        return cells;
    }

    /// <summary>The length in characters of the longest prefix of whole clusters that fits the cells.</summary>
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
    /// The fewest rows a text can take if the terminal wraps it, between clusters at each full row. Terminals differ in
    /// the width of some clusters, so each counts with its smallest width.
    /// </summary>
    /// <param name="text">The text, in one row before the resize.</param>
    /// <param name="columns">The cells of a row after the resize.</param>
    /// <param name="caret">The cell of the last cluster to count.</param>
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
        // If the terminal draws clusters wider, an earlier cluster is at the cursor's cell, and fewer rows end with an
        // empty cell.
        return isSure ? rows : Math.Min(rows, (caret / columns) + 1);
    }

    /// <summary>Finds the next address that a terminal may open: http, https or ftp, in printable ASCII.</summary>
    /// <param name="text">A row.</param>
    /// <param name="from">Where to begin.</param>
    /// <returns>Its range, without a mark that ends a sentence or a bracket that it did not open; null for
    /// none.</returns>
    public static (int Start, int End)? NextAddress(ReadOnlySpan<char> text, int from)
    {
        while (text[from..].IndexOf("://", StringComparison.Ordinal) is >= 0 and int found)
        {
            int colon = from + found,
                start = colon,
                end = colon + 3;
            while (start > from && char.IsAsciiLetter(text[start - 1]))
                start--;
            while (end < text.Length && text[end] is >= '!' and <= '~')
                end++;
            end -= TrailingMarks(text[(colon + 3)..end]);
            if (
                text[start..colon] is "http" or "https" or "ftp"
                && end > colon + 3
                && end - start <= ClientLimits.LinkCharacters
            )
                return (start, end);
            from = colon + 3;
        }
        return null;
    }

    private static int TrailingMarks(ReadOnlySpan<char> address)
    {
        int length = address.Length;
        while (
            length > 0
            && (
                ".,;:!?'\">]}".Contains(address[length - 1], StringComparison.Ordinal)
                || (address[length - 1] == ')' && address[..length].Count('(') < address[..length].Count(')'))
            )
        )
            length--;
        return address.Length - length;
    }

    // A colon at the end of the word, alone in the last row, would look like the name of a speaker.
    private static bool IsKeptWhole(ReadOnlySpan<char> word, int columns) =>
        (word.Length > columns || word.Contains("://", StringComparison.Ordinal))
        && !word.ContainsAnyExceptInRange('!', '~')
        && word[^1] != ':';

    private static int WordLength(ReadOnlySpan<char> text) =>
        text.IndexOf(' ') is var space and >= 0 ? space : text.Length;

    private static int SkipSpaces(ReadOnlySpan<char> line, int index)
    {
        while (index < line.Length && line[index] == ' ')
            index++;
        return index;
    }
}
