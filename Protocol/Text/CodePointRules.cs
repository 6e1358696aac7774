using System.Globalization;

namespace Chat.Protocol.Text;

/// <summary>How one code point of a line is treated.</summary>
internal enum CodePointRule
{
    /// <summary>Kept.</summary>
    Keep,

    /// <summary>Kept, as a space: no joiner stands beside it.</summary>
    KeepSpace,

    /// <summary>Kept, up to <see cref="CodePointRules.MarksInARow"/> in a row.</summary>
    Mark,

    /// <summary>ZWJ or ZWNJ: kept between two characters that are neither space nor ASCII.</summary>
    Joiner,

    /// <summary>VS15 or VS16: kept after a character that can be an emoji.</summary>
    Selector,

    /// <summary>Becomes a space.</summary>
    Space,

    /// <summary>Becomes two characters, <c>^[</c> for ESC.</summary>
    Caret,

    /// <summary>Becomes four characters, <c>\x9b</c> for CSI.</summary>
    Hex,

    /// <summary>Becomes U+FFFD.</summary>
    Replace,

    /// <summary>Removed without a trace.</summary>
    Remove,
}

/// <summary>
/// The rule for each code point in <see cref="SafeText"/>. Code points are listed only where Unicode has no
/// property for the reason ("draws nothing and has no use in a chat"). The general category decides the rest: a
/// character of a later Unicode version is U+FFFD until the runtime knows it, and kept afterwards.
/// </summary>
internal static class CodePointRules
{
    /// <summary>
    /// The most marks on one character. Vietnamese and Thai need two, Hebrew with cantillation three or four;
    /// piles of marks that hide other lines need more.
    /// </summary>
    public const int MarksInARow = 4;

    public const int ZeroWidthNonJoiner = 0x200C;
    public const int ZeroWidthJoiner = 0x200D;
    public const int Replacement = 0xFFFD;

    public static CodePointRule Classify(int codePoint) =>
        codePoint switch
        {
            '\t' => CodePointRule.Space,
            < 0x20 or 0x7F => CodePointRule.Caret,
            ' ' => CodePointRule.KeepSpace,
            < 0x7F => CodePointRule.Keep,
            // Terminals interpret C1 controls in UTF-8, too: U+009B begins a control sequence as ESC [ does.
            < 0xA0 => CodePointRule.Hex,

            0x2028 or 0x2029 => CodePointRule.Space,
            ZeroWidthNonJoiner or ZeroWidthJoiner => CodePointRule.Joiner,
            0xFE0E or 0xFE0F => CodePointRule.Selector,

            // Bidi controls reorder the text around them.
            0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) =>
                CodePointRule.Remove,

            // Selectors that no emoji has, such as those of Mongolian and of ideographs.
            (>= 0xFE00 and <= 0xFE0D) or (>= 0x180B and <= 0x180F) => CodePointRule.Remove,

            // Fillers, and format characters that draw nothing: soft hyphen, grapheme joiner, Hangul and Khmer fillers,
            // zero-width space, word joiner and invisible operators, deprecated format characters, byte order mark,
            // interlinear annotation, shorthand and musical format controls, tags.
            0x00AD
            or 0x034F
            or 0x115F
            or 0x1160
            or 0x17B4
            or 0x17B5
            or 0x200B
            or (>= 0x2060 and <= 0x2064)
            or (>= 0x206A and <= 0x206F)
            or 0x3164
            or 0xFEFF
            or 0xFFA0
            or (>= 0xFFF9 and <= 0xFFFB)
            or (>= 0x1BCA0 and <= 0x1BCA3)
            or (>= 0x1D173 and <= 0x1D17A)
            or (>= 0xE0000 and <= 0xE0FFF) => CodePointRule.Remove,

            _ => ClassifyCategory(CharUnicodeInfo.GetUnicodeCategory(codePoint)),
        };

    private static CodePointRule ClassifyCategory(UnicodeCategory category) =>
        category switch
        {
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark =>
                CodePointRule.Mark,
            UnicodeCategory.SpaceSeparator => CodePointRule.KeepSpace,
            // Noncharacters count as unassigned.
            UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate =>
                CodePointRule.Replace,
            _ => CodePointRule.Keep,
        };
}
