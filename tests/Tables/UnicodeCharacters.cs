namespace Chat.Tests.Tables;

/// <summary>One line of UnicodeData.txt: name, general category and decomposition, as they are written there.</summary>
internal sealed record UnicodeCharacter(string Name, string Category, string Decomposition);

/// <summary>Every assigned code point, ranges such as the ideographs spelled out.</summary>
internal sealed class UnicodeCharacters
{
    private readonly SortedDictionary<int, UnicodeCharacter> _all = [];

    public UnicodeCharacters()
    {
        int rangeFrom = -1;
        foreach ((int codePoint, int _, string[]? fields) in UnicodeFiles.Read("UnicodeData.txt"))
        {
            var character = new UnicodeCharacter(fields[0], fields[1], fields[4]);
            if (character.Name.EndsWith("First>", StringComparison.Ordinal))
            {
                rangeFrom = codePoint;
                continue;
            }

            int first = character.Name.EndsWith("Last>", StringComparison.Ordinal) ? rangeFrom : codePoint;
            for (int each = first; each <= codePoint; each++)
                _all.Add(each, character);
        }
    }

    public IReadOnlyDictionary<int, UnicodeCharacter> All => _all;
}
