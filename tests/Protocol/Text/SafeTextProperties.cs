using System.Globalization;
using System.Text;
using Chat.Protocol.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Chat.Tests.Protocol.Text;

/// <summary>
/// Properties of SafeText for any input: random bytes, and lines made of difficult pieces, so that removed
/// characters, joiners, marks and cuts meet in every order. The allowed output is defined here again, from the
/// document and not from the code.
/// </summary>
public sealed class SafeTextProperties
{
    private static readonly byte[][] NastyPieces =
    [
        .. new[]
        {
            "a",
            "1",
            "#",
            " ",
            "\t",
            "\n",
            "\r",
            "\e[",
            "\u007f",
            "\u0085",
            "\u009b",
            "\u00A0",
            "\u2028",
            "\u3000",
            "é",
            "e\u0301",
            "\u0301",
            "\u0300\u0301\u0302",
            "\u20E3",
            "\u200B",
            "\u200C",
            "\u200D",
            "\u202E",
            "\u2066",
            "\uFEFF",
            "\u034F",
            "\uFE00",
            "\uFE0E",
            "\uFE0F",
            "\U000E0101",
            "\U000E0041",
            "א",
            "ش",
            "क",
            "\u094D",
            "ष",
            "ก",
            "\u0E48",
            "\u0600",
            "가",
            "\u1100",
            "\u1161",
            "\u11A8",
            "😀",
            "👩",
            "🏽",
            "❤",
            "🏳",
            "🇩",
            "🇪",
            "\uFFFD",
            "\uE000",
            "\uFDD0",
            "\U0001D173",
            "語",
        }.Select(Encoding.UTF8.GetBytes),
        [0x80],
        [0xC2],
        [0xE2, 0x80],
        [0xF0, 0x9F, 0x98],
        [0xFF],
        [0xED, 0xA0, 0x80],
    ];

    private static readonly Gen<byte[]> Lines = Gen.OneOf(
        Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value)),
        Gen.ArrayOf(Gen.Elements(NastyPieces)).Select(pieces => pieces.SelectMany(piece => piece).ToArray()),
        Gen.ArrayOf(Gen.Choose(0, 0x10FFFF))
            .Select(values =>
                Encoding.UTF8.GetBytes(string.Concat(values.Where(Rune.IsValid).Select(value => new Rune(value))))
            )
    );

    [Fact]
    public void Cleaning_twice_changes_nothing() =>
        Holds(line =>
        {
            byte[] once = Clean(line);
            Assert.Equal(once, Clean(once));
        });

    [Fact]
    public void Only_allowed_characters_come_out() => Holds(line => AssertAllowed(Clean(line)));

    [Fact]
    public void A_cut_is_a_clean_start_of_the_whole_that_ends_between_graphemes() =>
        Holds(line =>
        {
            byte[] whole = Clean(line);
            string text = Encoding.UTF8.GetString(whole);
            var borders = StringInfo
                .ParseCombiningCharacters(text)
                .Append(text.Length)
                .Select(at => Encoding.UTF8.GetByteCount(text.AsSpan(0, at)))
                .ToHashSet();
            for (int room = 0; room <= whole.Length; room++)
            {
                byte[] cut = Clean(line, room);
                Assert.True(cut.Length <= room);
                Assert.Equal(whole[..cut.Length], cut);
                Assert.Contains(cut.Length, borders);
                Assert.Equal(cut, Clean(cut));
                // The cut is as late as possible: up to the limit there is no later border, except behind a
                // joiner.
                Assert.DoesNotContain(
                    borders,
                    at => at > cut.Length && at <= room && !EndsInJoiner(whole.AsSpan(0, at))
                );
            }
        });

    [Fact]
    public void Cleaning_and_then_cutting_is_cutting_while_cleaning() =>
        Holds(line =>
        {
            byte[] whole = Clean(line);
            for (int room = 0; room <= whole.Length; room++)
                Assert.Equal(Clean(line, room), Clean(whole, room));
        });

    private static void AssertAllowed(byte[] cleaned)
    {
        string text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(
            cleaned
        );
        int marks = 0;
        Rune[] runes = text.EnumerateRunes().ToArray();
        for (int i = 0; i < runes.Length; i++)
        {
            Rune rune = runes[i];
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            Assert.False(MustGo(rune.Value, category), $"U+{rune.Value:X4} came out");
            if (rune.Value is 0x200C or 0x200D)
                Assert.True(
                    i > 0 && i + 1 < runes.Length && MayNeighbour(runes[i - 1]) && MayNeighbour(runes[i + 1]),
                    "a joiner beside a space, ASCII, a joiner or nothing"
                );
            else
                marks = category
                    is UnicodeCategory.NonSpacingMark
                        or UnicodeCategory.SpacingCombiningMark
                        or UnicodeCategory.EnclosingMark
                    ? marks + 1
                    : 0;
            Assert.True(marks <= 4, "more than four marks in a row");
            if (rune.Value is >= 0xFE00 and <= 0xFE0F)
                Assert.True(
                    i > 0
                        && (
                            runes[i - 1].Value >= 0x203C
                            || "0123456789#*©®".Contains(runes[i - 1].ToString(), StringComparison.Ordinal)
                        ),
                    "a selector without an emoji"
                );
        }
    }

    private static bool MustGo(int value, UnicodeCategory category) =>
        value
            is < 0x20
                or (>= 0x7F and < 0xA0)
                or 0xAD
                or 0x34F
                or 0x61C
                or 0x115F
                or 0x1160
                or 0x17B4
                or 0x17B5
                or (>= 0x180B and <= 0x180F)
                or 0x200B
                or 0x200E
                or 0x200F
                or (>= 0x2028 and <= 0x202E)
                or (>= 0x2060 and <= 0x2064)
                or (>= 0x2066 and <= 0x206F)
                or 0x3164
                or 0xFEFF
                or 0xFFA0
                or (>= 0xFFF9 and <= 0xFFFB)
                or (>= 0x1D173 and <= 0x1D17A)
                or (>= 0xE0000 and <= 0xE0FFF)
        || category
            is UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.Control
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;

    private static bool MayNeighbour(Rune rune) =>
        !rune.IsAscii && !Rune.IsWhiteSpace(rune) && rune.Value is not (0x200C or 0x200D);

    private static bool EndsInJoiner(ReadOnlySpan<byte> text) => text.EndsWith("\u200C"u8) || text.EndsWith("\u200D"u8);

    private static byte[] Clean(byte[] line, int? room = null)
    {
        byte[] cleaned = new byte[room ?? line.Length * 3];
        return cleaned[..SafeText.Clean(line, cleaned)];
    }

    private static void Holds(Action<byte[]> property) =>
        Prop.ForAll(Lines.ToArbitrary(), property).Check(Config.QuickThrowOnFailure.WithMaxTest(600).WithEndSize(60));
}
