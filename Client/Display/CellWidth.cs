using System.Buffers;
using System.Globalization;
using System.Text;
using Chat.Protocol.Text;

namespace Chat.Client.Display;

/// <summary>
/// Measures text in terminal cells. A terminal cannot be asked, and terminals differ, so this follows most of them.
/// East Asian wide characters take two cells, marks none, and a cluster drawn as one emoji two, whatever its length.
/// </summary>
/// <remarks>
/// A cluster has the sum of its characters' cells, at most two. So a flag (two letters of one cell), a family emoji and
/// a decomposed Hangul syllable have two cells. A Thai or Hindi syllable includes its spacing vowel signs. A character
/// that a variation selector makes an emoji counts as an emoji.
/// <para>
/// The width of the first character alone was refused: it is wrong for each spacing vowel sign. Characters of ambiguous
/// width take one cell; two is right only in old East Asian settings.
/// </para>
/// </remarks>
internal static class CellWidth
{
    private const int UsualMost = 2;
    private const char EmojiSelector = '\uFE0F';

    /// <summary>The printable ASCII characters.</summary>
    private static readonly SearchValues<char> Printable = SearchValues.Create([
        .. Enumerable.Range(' ', '~' - ' ' + 1).Select(value => (char)value),
    ]);

    /// <summary>
    /// The cells of one grapheme cluster: 0, 1 or 2. Half a surrogate pair counts as a replacement character.
    /// </summary>
    public static int MeasureCluster(ReadOnlySpan<char> cluster)
    {
        if (cluster.Length == 1 && cluster[0] is >= ' ' and <= '~')
            return 1;

        int cells = 0;
        for (ReadOnlySpan<char> rest = cluster; !rest.IsEmpty && cells < UsualMost; )
        {
            _ = Rune.DecodeFromUtf16(rest, out Rune rune, out int length);
            if (
                rest.Length > length
                && rest[length] == EmojiSelector
                && CodePointTable.Contains(EmojiTable.Borders, rune.Value)
            )
                return UsualMost;
            cells += CellWidthTable.Widths[CodePointTable.Range(CellWidthTable.Starts, rune.Value)];
            rest = rest[length..];
        }

        return Math.Min(cells, UsualMost);
    }

    /// <summary>
    /// The cells of a cluster in a terminal that draws its characters separately; at least
    /// <see cref="MeasureCluster"/>.
    /// </summary>
    public static int MostOfCluster(ReadOnlySpan<char> cluster)
    {
        if (cluster.Length == 1)
            return MeasureCluster(cluster);
        int cells = 0;
        foreach (Rune rune in cluster.EnumerateRunes())
            cells += CellWidthTable.Widths[CodePointTable.Range(CellWidthTable.Starts, rune.Value)];
        return Math.Max(cells, MeasureCluster(cluster));
    }

    /// <summary>
    /// The fewest cells of a cluster in any terminal; at most <see cref="MeasureCluster"/>. Terminals differ in emoji,
    /// flags, selectors, joiners and vowel signs, and some draw no cell for a newer character. Ideographs, kana and
    /// Hangul syllables are always wide.
    /// </summary>
    public static int LeastOfCluster(ReadOnlySpan<char> cluster)
    {
        int cells = 0;
        foreach (Rune rune in cluster.EnumerateRunes())
            cells = Math.Max(cells, LeastOf(rune));
        return Math.Min(cells, MeasureCluster(cluster));
    }

    private static int LeastOf(Rune rune) =>
        rune.Value switch
        {
            >= 0x3001
            and <= 0x3029
            or >= 0x3041
            and <= 0x3096
            or >= 0x309B
            and <= 0x30FF
            or >= 0x3400
            and <= 0x4DB5
            or >= 0x4E00
            and <= 0x9FA5
            or >= 0xAC00
            and <= 0xD7A3
            or >= 0xFF01
            and <= 0xFF60 => 2,
            _ when rune.IsAscii => 1,
            // Above the BMP, all terminals know only the oldest emoji and the regional indicators of flags.
            > 0xFFFF and not (>= 0x1F1E6 and <= 0x1F1FF or >= 0x1F300 and <= 0x1F64F or >= 0x1F680 and <= 0x1F6C5) => 0,
            _ => Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.NonSpacingMark
                    or UnicodeCategory.SpacingCombiningMark
                    or UnicodeCategory.EnclosingMark
                    or UnicodeCategory.Format
                    or UnicodeCategory.Control
                ? 0
                : 1,
        };

    /// <summary>The cells of a text, cluster by cluster, without allocation.</summary>
    public static int Measure(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExcept(Printable))
            return text.Length;

        int cells = 0;
        while (!text.IsEmpty)
        {
            int length = StringInfo.GetNextTextElementLength(text);
            cells += MeasureCluster(text[..length]);
            text = text[length..];
        }

        return cells;
    }
}
