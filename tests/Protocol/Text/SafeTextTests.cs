using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Tests.Protocol.Text;

/// <summary>SafeText by table: the result for each attack, and the text that must pass unchanged.</summary>
public sealed class SafeTextTests
{
    public static TheoryData<string, string> Attacks =>
        new()
        {
            { "a\tb", "a b" },
            { "\e[2J\e]0;root@host\a", "^[[2J^[]0;root@host^G" },
            { "\eP1$r\e\\", "^[P1$r^[\\" },
            { "\0\x08\r\n\x7f", "^@^H^M^J^?" },
            { "\x1f\x1e\x01", "^_^^^A" },
            { "\u009b31m\u009d0;x\u0090\u0085", @"\x9b31m\x9d0;x\x90\x85" },
            { "a\u2028b\u2029c", "a b c" },
            // Bidi controls
            { "user\u202Eexe.txt\u202C", "userexe.txt" },
            { "\u2066a\u2067b\u2068c\u2069\u200E\u200F\u061C\u202A\u202B\u202D", "abc" },
            // Characters that draw nothing
            { "pass\u00ADwo\u200Brd\u2060\uFEFF", "password" },
            { "a\u034Fb\u115Fc\u1160d\u17B4e\u17B5f\u180Bg\u180Eh\u180Fi", "abcdefghi" },
            { "a\u2061b\u2064c\u206Ad\u206Fe\u3164f\uFFA0g\uFFF9h\uFFFBi", "abcdefghi" },
            { "a\U0001D173b\U0001D17Ac\U0001BCA0d\U000E0001e\U000E0041f\U000E0FFFg", "abcdefg" },
            // Joiners
            { "ad\u200Dmin\u200C", "admin" },
            { "\u200Dא\u200D", "א" },
            { "א\u200D ב", "א ב" },
            { "א\u200C\u00A0ב", "א\u00A0ב" },
            { "א\u200D\u200C\u200Dב", "א\u200Dב" },
            { "א\u200D\u200B\u202E\u200Dב", "א\u200Dב" },
            { "א\u200D\u200Ba", "אa" },
            { "א\u200D\u0085ב", @"א\x85ב" },
            { "א\u200D\tב", "א ב" },
            // Variation selectors
            { "a\uFE0Fb\uFE00c\U000E0100", "abc" },
            { "😀\uFE0F\uFE0F\uFE0E\uFE03", "😀\uFE0F" },
            { "😀\u200D\uFE0Fא", "😀\u200Dא" },
            { "😀\u200B\uFE0F", "😀\uFE0F" },
            { "語\uFE00\U000E0101", "語" },
            // Unassigned and private characters
            { "\uFDD0\uFFFE\uFFFF\U0001FFFE\U0010FFFF", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD" },
            { "\uE000\uF8FF\U000F0000\U00100000", "\uFFFD\uFFFD\uFFFD\uFFFD" },
            { "\u0378\u2065\uFFF0\U0003FFF0", "\uFFFD\uFFFD\uFFFD\uFFFD" },
            // Towers of marks
            { "a" + new string('\u0300', 40) + "b", "a\u0300\u0300\u0300\u0300b" },
            { "ก" + new string('\u0E48', 9), "ก\u0E48\u0E48\u0E48\u0E48" },
            { "a\u0300\u0300\u200D\u0300\u0300\u200D\u0300\u0300b", "a\u0300\u0300\u200D\u0300\u0300b" },
            { "a\u0300\u0300\u200B\u0300\u0300\u202E\u0300b", "a\u0300\u0300\u0300\u0300b" },
            { "😀\uFE0F\u0300\u20E3\u0300\u0300\u0300", "😀\uFE0F\u0300\u20E3\u0300" },
        };

    public static TheoryData<string> Intact =>
        [
            "",
            " ",
            "plain words, {braces} ~ and a tilde",
            "שָׁלוֹם עֲלֵיכֶם, abc (מה?)",
            "בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים",
            "السَّلامُ عَلَيْكُم ١٢٣",
            "می\u200Cخواهم نامه\u200Cای",
            "क्षत्रिय हिन्दी क्\u200Dष र्\u200Dय की दुनिया",
            "ന്\u200Dറെ മലയാളം",
            "ที่น้ำ ภาษาไทย กำลัง",
            "日本語テスト、한국어 시험 中文",
            "Việt Nam tiếng Việt",
            "e\u0301 o\u0308\u0304",
            "👨\u200D👩\u200D👧\u200D👦 👩🏽\u200D🚀 🏳\uFE0F\u200D🌈 👁\uFE0F\u200D🗨\uFE0F",
            "❤\uFE0F\u200D🔥 ☺\uFE0E 👍🏿 🧑🏻\u200D🤝\u200D🧑🏿",
            "1\uFE0F\u20E3 #\uFE0F\u20E3 *\uFE0F\u20E3",
            "🇩🇪🇫🇷🇯🇵",
            "\u00A0\u3000wide",
            "\uFFFD",
            "^[ \\x9b",
        ];

    public static TheoryData<byte[], string> IllFormed =>
        new()
        {
            { [0x80], "\uFFFD" },
            { [0xFF, 0xFE], "\uFFFD\uFFFD" },
            { [0xC0, 0xAF], "\uFFFD\uFFFD" },
            // Truncated: one replacement each, at any length.
            { [0x61, 0xE2, 0x82], "a\uFFFD" },
            { [0xF0, 0x9F, 0x98, 0x41], "\uFFFDA" },
            { [0xF0, 0x9F, 0x98, 0xF0, 0x9F, 0x98, 0x80], "\uFFFD😀" },
            // A surrogate, and a code point past the last, in the pattern of UTF-8.
            { [0xED, 0xA0, 0x80], "\uFFFD\uFFFD\uFFFD" },
            { [0xF4, 0x90, 0x80, 0x80], "\uFFFD\uFFFD\uFFFD\uFFFD" },
            // An overlong ESC is no ESC.
            { [0xC0, 0x9B, 0x5B], "\uFFFD\uFFFD[" },
            // A lone C1 byte is ill-formed; its UTF-8 form is a control.
            { [0x9B, 0x5B, 0xC2, 0x9B], "\uFFFD[\\x9b" },
        };

    public static TheoryData<string, int, string> Cuts =>
        new()
        {
            { "abc", 2, "ab" },
            { "abc", 0, "" },
            { "\e[2J", 1, "^" },
            { "a\u009b", 4, @"a\x9" },
            { "aé", 2, "a" },
            { "ae\u0301", 3, "a" },
            { "ae\u0301", 4, "ae\u0301" },
            // Every removed character draws nothing, so no text is cut.
            { "abc\u200B\uFEFF", 3, "abc" },
            { "a👨\u200D👩\u200D👧", 18, "a" },
            { "a👨\u200D👩\u200D👧", 19, "a👨\u200D👩\u200D👧" },
            // Flags are counted from the start of their run, at any limit.
            { "🇩🇪🇫🇷", 12, "🇩🇪" },
            { "x🇩🇪🇫🇷🇯🇵", 21, "x🇩🇪🇫🇷" },
            // There is a border between joiner and letter, but no line ends in a joiner.
            { "سم\u200Cب", 7, "س" },
            { "1\uFE0F\u20E3", 4, "" },
            { "한국어", 8, "한국" },
            { "\xFF\uFFFD", 4, "ÿ" },
        };

    [Theory, MemberData(nameof(Attacks))]
    public void An_attack_becomes_harmless_and_visible(string attack, string expected) =>
        Assert.Equal(expected, Clean(Encoding.UTF8.GetBytes(attack)));

    [Theory, MemberData(nameof(Intact))]
    public void Ordinary_text_passes_unchanged(string text) => Assert.Equal(text, Clean(Encoding.UTF8.GetBytes(text)));

    [Theory, MemberData(nameof(IllFormed))]
    public void Each_ill_formed_part_becomes_one_replacement(byte[] bytes, string expected) =>
        Assert.Equal(expected, Clean(bytes));

    [Theory, MemberData(nameof(Cuts))]
    public void Overlong_text_is_cut_between_graphemes(string text, int room, string expected) =>
        Assert.Equal(expected, Clean(Encoding.UTF8.GetBytes(text), room));

    [Theory, MemberData(nameof(Attacks))]
    public void A_string_is_cleaned_like_its_bytes(string attack, string expected) =>
        Assert.Equal(expected, SafeText.Clean(attack));

    [Fact]
    public void Half_a_surrogate_pair_in_a_string_becomes_a_replacement() =>
        Assert.Equal("a\uFFFDb\uFFFD", SafeText.Clean("a\uD83Db\uDE00"));

    [Fact]
    public void A_line_that_is_one_endless_grapheme_is_cut_to_nothing_rather_than_inside()
    {
        string chain = string.Concat(Enumerable.Repeat("👩\u200D", 3000)) + "👩";
        Assert.Equal("a", Clean(Encoding.UTF8.GetBytes("a" + chain), ProtocolLimits.TextBytes));
    }

    [Theory]
    [InlineData("plain ASCII, the common case")]
    [InlineData("Привет, שלום, नमस्ते 👨‍👩‍👧 ok")]
    [InlineData("\e[2J\u009b\u202E\u0300\u0300\u0300\u0300\u0300\u0300")]
    public void Cleaning_and_cutting_allocate_nothing(string text)
    {
        byte[] line = Encoding.UTF8.GetBytes(text);
        byte[] all = new byte[line.Length * 3];
        CleanEveryCut(line, all);
        long before = GC.GetAllocatedBytesForCurrentThread();
        CleanEveryCut(line, all);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void CleanEveryCut(byte[] line, byte[] all)
    {
        for (int room = 0; room <= all.Length; room++)
            SafeText.Clean(line, all.AsSpan(0, room));
    }

    private static string Clean(byte[] bytes, int? room = null)
    {
        byte[] cleaned = new byte[room ?? bytes.Length * 3];
        return Encoding.UTF8.GetString(cleaned, 0, SafeText.Clean(bytes, cleaned));
    }
}
