namespace Chat.Tests.Tables;

/// <summary>
/// Makes Protocol/Names/NicknameLookAlikeTable.g.cs: the key of each character of a name that is not its own
/// key.
/// </summary>
internal static class LookAlikeTableSource
{
    public const string Path = "Protocol/Names/NicknameLookAlikeTable.g.cs";

    /// <summary>
    /// The first of the 2,048 values without a character (surrogates); the table numbers the spellings with
    /// them.
    /// </summary>
    private const int FirstSpelling = 0xD800;

    private const int LastCodePoint = 0x1FFFF;

    public static string Make(string version)
    {
        var characters = new UnicodeCharacters();
        IEnumerable<int> alphabet = new NameAlphabet(characters).Scripts.Keys;
        var classes = new LookAlikeClasses(characters, alphabet, Icu.Prototypes());
        // Rare ideographs above the 16-bit range look like no character of a name.
        var entries = alphabet
            .Where(codePoint => codePoint <= LastCodePoint)
            .Order()
            .Select(codePoint => (CodePoint: codePoint, Key: classes.Key(codePoint)))
            .Where(entry => !string.Equals(char.ConvertFromUtf32(entry.CodePoint), entry.Key, StringComparison.Ordinal))
            .ToList();
        var spellings = entries
            .Select(entry => entry.Key)
            .Where(key => key.Length > 1)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
        Assert.True(spellings.Count <= 0x800, "there are more spellings than numbers for them");

        var ends = new List<int> { 0 };
        foreach (string? spelling in spellings)
            ends.Add(ends[^1] + spelling.Length);
        var low = entries.Where(entry => entry.CodePoint < 0x10000).ToList();
        var high = entries.Where(entry => entry.CodePoint >= 0x10000).ToList();
        int Value(string key) => key.Length > 1 ? FirstSpelling + spellings.IndexOf(key) : key[0];

        return TableText.Source(
            "Chat.Protocol.Names",
            "NicknameLookAlikeTable",
            [
                $"The {entries.Count} characters that the key of a name replaces: by the one character for all its look-alikes, or by",
                "several that it looks like. tests/Tables/LookAlikeClasses.cs finds them. A value from D800 on, which no",
                "character has, is the number of such a sequence.",
                $"From CaseFolding.txt of Unicode {version} and the confusables of UTS 39 inside ICU 72, of the same version.",
            ],
            new TableArray(
                "ushort",
                "Low",
                "The code points below U+10000 that have an entry.",
                [.. low.Select(entry => entry.CodePoint)]
            ),
            new TableArray(
                "ushort",
                "LowValues",
                "The replacement of each.",
                [.. low.Select(entry => Value(entry.Key))]
            ),
            new TableArray(
                "ushort",
                "High",
                "Those from U+10000 on, less 0x10000.",
                [.. high.Select(entry => entry.CodePoint - 0x10000)]
            ),
            new TableArray(
                "ushort",
                "HighValues",
                "The replacement of each.",
                [.. high.Select(entry => Value(entry.Key))]
            ),
            new TableArray(
                "ushort",
                "Ends",
                "Where each spelling ends; it begins where the one before it ends.",
                [.. ends.Skip(1)],
                "{0}"
            ),
            new TableArray(
                "ushort",
                "Spellings",
                "The UTF-16 units of all spellings, one after the other.",
                [.. string.Concat(spellings).Select(unit => (int)unit)]
            )
        );
    }
}
