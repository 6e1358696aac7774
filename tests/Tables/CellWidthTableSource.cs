namespace Chat.Tests.Tables;

/// <summary>
/// Makes Client/Display/CellWidthTable.g.cs: the cells of each code point, before clusters are looked at.
/// </summary>
internal static class CellWidthTableSource
{
    public const string Path = "Client/Display/CellWidthTable.g.cs";

    /// <summary>Ideographs of later versions are wide as well, as the header of EastAsianWidth.txt says.</summary>
    private static readonly (int First, int Last)[] WideUnassigned =
    [
        (0x3400, 0x4DBF),
        (0x4E00, 0x9FFF),
        (0xF900, 0xFAFF),
        (0x20000, 0x2FFFD),
        (0x30000, 0x3FFFD),
    ];

    /// <summary>
    /// Vowels and final consonants of conjoining Hangul stand in the two cells of the first consonant.
    /// </summary>
    private static readonly (int First, int Last)[] InsideSyllables = [(0x1160, 0x11FF), (0xD7B0, 0xD7FF)];

    public static string Make(string version)
    {
        byte[] width = new byte[0x110000];
        Array.Fill(width, (byte)1);
        foreach ((int first, int last) in WideUnassigned)
            width.AsSpan(first..(last + 1)).Fill(2);
        foreach ((int first, int last, string[]? fields) in UnicodeFiles.Read("EastAsianWidth.txt"))
            width.AsSpan(first..(last + 1)).Fill(fields[0] is "W" or "F" ? (byte)2 : (byte)1);

        SortedSet<int> visible = UnicodeFiles.CodePoints("PropList.txt", "Prepended_Concatenation_Mark");
        foreach ((int codePoint, UnicodeCharacter? character) in new UnicodeCharacters().All)
        {
            if (
                character.Category is "Mn" or "Me" or "Cc" or "Zl" or "Zp"
                || (character.Category is "Cf" && !visible.Contains(codePoint))
            )
                width[codePoint] = 0;
        }

        foreach ((int first, int last) in InsideSyllables)
            width.AsSpan(first..(last + 1)).Clear();

        var starts = Enumerable.Range(0, width.Length).Where(at => at == 0 || width[at] != width[at - 1]).ToList();
        return TableText.Source(
            "Chat.Client.Display",
            "CellWidthTable",
            [
                "How many terminal cells each code point takes alone. Wide and fullwidth characters take two, ambiguous ones one; marks, format characters and",
                "controls, and the later parts of conjoining Hangul, take none.",
                $"From EastAsianWidth.txt, UnicodeData.txt and PropList.txt of Unicode {version}.",
            ],
            new TableArray("int", "Starts", "The first code point of each range.", starts),
            new TableArray(
                "byte",
                "Widths",
                "The cells of each range.",
                [.. starts.Select(start => (int)width[start])],
                "{0}"
            )
        );
    }
}
