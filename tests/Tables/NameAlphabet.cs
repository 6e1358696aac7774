namespace Chat.Tests.Tables;

/// <summary>
/// The code points that a name may contain, and the scripts of each, by UTS 39's sets. Han goes with kana, with
/// Hangul and with Bopomofo, written here as the pseudo scripts Jpan, Kore and Hanb. Only letters, marks and decimal
/// digits are allowed. These are excluded: code points that SafeText removes, the Arabic stroke that only stretches a
/// word, compatibility forms and singletons (except Thai and Lao vowels, which people type), conjoining jamo, marks
/// that enclose or belong to symbols, and code points without a script.
/// </summary>
internal sealed class NameAlphabet
{
    /// <summary>The scripts that go with every script: ASCII digits, and common accents.</summary>
    public const string Any = "";

    private static readonly (int First, int Last)[] LeftOut =
    [
        (0x034F, 0x034F),
        (0x0640, 0x0640),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x3164, 0x3164),
        (0xFFA0, 0xFFA0),
        (0xFE00, 0xFE0F),
        (0xE0000, 0xE0FFF),
        (0x1100, 0x11FF),
        (0xA960, 0xA97F),
        (0xD7B0, 0xD7FF),
        (0x20D0, 0x20FF),
    ];

    private static readonly int[] TypedCompatibilityVowels = [0x0E33, 0x0EB3];

    private readonly Dictionary<int, string> _scripts = [];

    public NameAlphabet(UnicodeCharacters characters)
    {
        var shortNames = File.ReadLines(Path.Combine(UnicodeFiles.Folder, "PropertyValueAliases.txt"))
            .Where(line => line.StartsWith("sc ;", StringComparison.Ordinal))
            .Select(line => line.Split(';', StringSplitOptions.TrimEntries))
            .ToDictionary(fields => fields[2], fields => fields[1], StringComparer.Ordinal);
        Dictionary<int, string> script = Spread("Scripts.txt", value => shortNames[value]);
        Dictionary<int, string> extensions = Spread("ScriptExtensions.txt", value => value);

        foreach ((int codePoint, UnicodeCharacter? character) in characters.All)
        {
            if (!MayStandInNames(codePoint, character))
                continue;
            string own = extensions.GetValueOrDefault(codePoint) ?? script.GetValueOrDefault(codePoint, "Zyyy");
            if (own is "Zinh" || codePoint is >= '0' and <= '9')
                _scripts.Add(codePoint, Any);
            else if (own is not "Zyyy")
                _scripts.Add(codePoint, Augmented(own));
        }
    }

    /// <summary>
    /// Each code point with its scripts, sorted and with spaces between; <see cref="Any"/> goes with all.
    /// </summary>
    public IReadOnlyDictionary<int, string> Scripts => _scripts;

    private static bool MayStandInNames(int codePoint, UnicodeCharacter character)
    {
        if (character.Category is not ("Lu" or "Ll" or "Lt" or "Lm" or "Lo" or "Mn" or "Mc" or "Nd"))
            return false;
        if (LeftOut.Any(range => codePoint >= range.First && codePoint <= range.Last))
            return false;
        return character.Decomposition.Length == 0
            || TypedCompatibilityVowels.Contains(codePoint)
            || (character.Decomposition[0] != '<' && character.Decomposition.Contains(' ', StringComparison.Ordinal));
    }

    private static string Augmented(string scripts)
    {
        var set = new SortedSet<string>(scripts.Split(' '), StringComparer.Ordinal);
        if (set.Contains("Hani"))
            set.UnionWith(["Hanb", "Jpan", "Kore"]);
        if (set.Contains("Hira") || set.Contains("Kana"))
            set.Add("Jpan");
        if (set.Contains("Hang"))
            set.Add("Kore");
        if (set.Contains("Bopo"))
            set.Add("Hanb");
        return string.Join(' ', set);
    }

    private static Dictionary<int, string> Spread(string file, Func<string, string> value)
    {
        var spread = new Dictionary<int, string>();
        foreach ((int first, int last, string[]? fields) in UnicodeFiles.Read(file))
        {
            for (int codePoint = first; codePoint <= last; codePoint++)
                spread.Add(codePoint, value(fields[0]));
        }

        return spread;
    }
}
