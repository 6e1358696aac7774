using System.Buffers;
using System.Globalization;
using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// The cells of a grapheme cluster on <see cref="VtScreen"/>, unless the test says otherwise: 0 for lone marks
/// and formats, 2 for East Asian wide and emoji, else 1. It is coarse, by blocks, and independent of the
/// product's table, so that the two can be compared. A test about widths at the edges passes its own function.
/// </summary>
internal static class VtWidth
{
    private const int EmojiPresentation = 0xFE0F;

    /// <summary>First and last code point of each block that is two cells wide.</summary>
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F),
        (0x231A, 0x231B),
        (0x23E9, 0x23EC),
        (0x2614, 0x2615),
        (0x2648, 0x2653),
        (0x26AA, 0x26AB),
        (0x26BD, 0x26BE),
        (0x2705, 0x2705),
        (0x270A, 0x270B),
        (0x2728, 0x2728),
        (0x274C, 0x274C),
        (0x2753, 0x2755),
        (0x2795, 0x2797),
        (0x2B1B, 0x2B1C),
        (0x2B50, 0x2B50),
        (0x2E80, 0x303E),
        (0x3041, 0xA4CF),
        (0xA960, 0xA97C),
        (0xAC00, 0xD7A3),
        (0xF900, 0xFAFF),
        (0xFE30, 0xFE6F),
        (0xFF01, 0xFF60),
        (0xFFE0, 0xFFE6),
        (0x1F1E6, 0x1F1FF),
        (0x1F300, 0x1F320),
        (0x1F32D, 0x1F335),
        (0x1F337, 0x1F37C),
        (0x1F380, 0x1F393),
        (0x1F3A0, 0x1F3CA),
        (0x1F3E0, 0x1F3F0),
        (0x1F3F4, 0x1F3F4),
        (0x1F3F8, 0x1F43E),
        (0x1F440, 0x1F440),
        (0x1F442, 0x1F4FC),
        (0x1F500, 0x1F53D),
        (0x1F54B, 0x1F54E),
        (0x1F550, 0x1F567),
        (0x1F5FB, 0x1F64F),
        (0x1F680, 0x1F6C5),
        (0x1F90C, 0x1F9FF),
        (0x1FA70, 0x1FAFF),
        (0x20000, 0x3FFFD),
    ];

    public static int Of(string cluster)
    {
        if (Rune.DecodeFromUtf16(cluster, out Rune first, out _) != OperationStatus.Done)
            return 0;
        if (Array.Exists(Wide, block => first.Value >= block.First && first.Value <= block.Last))
            return 2;
        UnicodeCategory category = Rune.GetUnicodeCategory(first);
        if (category is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
            return 0;
        return !first.IsAscii && cluster.Contains((char)EmojiPresentation) ? 2 : 1;
    }
}
