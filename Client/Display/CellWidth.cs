using System.Buffers;
using System.Globalization;
using System.Text;
using Chat.Protocol.Text;

namespace Chat.Client.Display;

/// <summary>
/// How many cells of the terminal a text takes. There is no way to ask a terminal, and terminals differ; this follows
/// what most of them do with what people write: East Asian wide characters take two cells, marks none, and a cluster
/// that is drawn as one emoji takes two however many characters it is made of.
///
/// The cells of a cluster are those of its characters together, but never more than two. So a flag (two letters of one
/// cell each), a family and a Hangul syllable in parts all come to two, and a Thai or Hindi syllable counts the vowel
/// signs that take a place of their own. A character that the terminal shows as an emoji only because of a variation
/// selector counts as the emoji it is.
///
/// Refused: taking the width of a cluster's first character alone, which is wrong for every vowel sign that stands
/// beside its letter. Characters of ambiguous width take one cell: two is right only in old East Asian settings.
/// </summary>
internal static class CellWidth
{
    private const int UsualMost = 2;
    private const char EmojiSelector = '\uFE0F';

    /// <summary>ASCII without its controls.</summary>
    private static readonly SearchValues<char> Printable = SearchValues.Create([
        .. Enumerable.Range(' ', '~' - ' ' + 1).Select(value => (char)value),
    ]);

    /// <summary>
    /// The cells of one grapheme cluster: 0, 1 or 2. Half a surrogate pair counts as the replacement character it will
    /// be shown as.
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
    /// The cells of a cluster at a terminal that draws each of its characters; never less than <see
    /// cref="MeasureCluster"/>.
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
    /// The least cells that any terminal gives a cluster; never more than <see cref="MeasureCluster"/>. Terminals
    /// disagree about emoji, flags, selectors, joiners and vowel signs, and some show nothing for a character newer
    /// than they are. Ideographs, kana and Hangul syllables are wide everywhere.
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
            // Above the first plane, only the oldest emoji and the letters of flags are known everywhere.
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

    /// <summary>The cells of a text, cluster by cluster; allocates nothing.</summary>
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
