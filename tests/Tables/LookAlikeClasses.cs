using System.Text;
using System.Text.RegularExpressions;

namespace Chat.Tests.Tables;

/// <summary>
/// Puts the characters of names into classes of look-alikes: case folding and the confusables of UTS 39, joined
/// transitively, so that one key for each name is enough to compare with all members.
///
/// Unlimited joins would go too far: Greek nu looks like v and its capital like N, and so Vick would be Nick.
/// Therefore no join may bring two letters of one alphabet together. The exception is two ASCII letters that the data
/// names together (I, l and 1; O and 0). The alphabets are those below: they have case and a share in such chains.
/// If two joins exclude each other, the better one stays: the one that holds for both cases of a letter, then the one
/// for capitals, which often have the same shape, then the earlier.
/// </summary>
internal sealed partial class LookAlikeClasses
{
    private static readonly string[] Alphabets =
    [
        "0123456789abcdefghijklmnopqrstuvwxyz",
        "αβγδεζηθικλμνξοπρστυφχψω",
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёђѓєѕіїјљњћќўџґ",
        "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
    ];

    private readonly Dictionary<int, int> _parent = [];
    private readonly Dictionary<int, string> _prototypes = [];
    private readonly Dictionary<int, Dictionary<int, int>> _letters = [];
    private readonly Dictionary<int, string> _several = [];

    public LookAlikeClasses(UnicodeCharacters characters, IEnumerable<int> alphabet, Func<int, string> prototype)
    {
        var all = alphabet.Where(codePoint => codePoint is not (>= 0xAC00 and <= 0xD7A3)).Order().ToList();
        foreach (int codePoint in all)
            _prototypes[codePoint] = Supplement(codePoint, characters.All[codePoint].Name) ?? prototype(codePoint);

        var alphabetSet = all.ToHashSet();
        foreach ((int codePoint, int _, string[]? fields) in UnicodeFiles.Read("CaseFolding.txt"))
        {
            if (
                fields[0] is "C" or "S"
                && alphabetSet.Contains(codePoint)
                && characters.All[codePoint].Category is not "Mn"
            )
                Join(codePoint, UnicodeFiles.CodePoint(fields[1]));
        }

        for (int i = 0; i < Alphabets.Length; i++)
        {
            foreach (char letter in Alphabets[i])
                LettersOf(Find(letter))[i] = letter;
        }

        JoinLookAlikes(characters);
        JoinSeveral();
    }

    /// <summary>The key of a code point: the least of its class, or a spelling of several.</summary>
    public string Key(int codePoint)
    {
        var key = new StringBuilder();
        Spell(codePoint, key, depth: 0);
        return key.ToString();
    }

    /// <summary>
    /// Pairs missing in the data: small capitals, which draw a name in rare letters; the Turkish capital I; and
    /// w as two v.
    /// </summary>
    private static string? Supplement(int codePoint, string name) =>
        codePoint switch
        {
            0x0130 => "i",
            'w' => "vv",
            _ => SmallCapital().Match(name) is { Success: true } match ? match.Groups["letter"].Value : null,
        };

    private void JoinLookAlikes(UnicodeCharacters characters)
    {
        var joins = _prototypes
            .Where(pair =>
                IsOne(pair.Value)
                && !string.Equals(char.ConvertFromUtf32(pair.Key), pair.Value, StringComparison.Ordinal)
            )
            .Select(pair => (From: pair.Key, To: char.ConvertToUtf32(pair.Value, 0)))
            .Select(join =>
                (
                    join.From,
                    join.To,
                    Pair: (Find(join.From), Find(join.To)),
                    Capital: characters.All[join.From].Category is "Lu"
                )
            )
            .ToList();
        var weight = joins.CountBy(join => join.Pair).ToDictionary();
        foreach (
            (int from, int to, (int, int) _, bool _) in joins
                .OrderByDescending(join => join.From < 0x80 && join.To < 0x80)
                .ThenByDescending(join => weight[join.Pair])
                .ThenByDescending(join => join.Capital)
                .ThenBy(join => join.From)
        )
        {
            if ((from < 0x80 && to < 0x80) || !Conflict(from, to))
                Join(from, to);
        }
    }

    /// <summary>
    /// The spelling of a class with a member that looks like several characters: the shortest, then the least.
    /// In the class of an ASCII letter only that letter decides: m is rn, but h is not the n with a stroke that
    /// eta would make it.
    /// </summary>
    private void JoinSeveral()
    {
        foreach (
            (int codePoint, string? prototype) in _prototypes
                .OrderBy(pair => pair.Value.Length)
                .ThenBy(pair => pair.Value, StringComparer.Ordinal)
        )
        {
            int root = Find(codePoint);
            if (
                !IsOne(prototype)
                && (root > 0x7F || codePoint <= 0x7F)
                && prototype.EnumerateRunes().All(rune => Find(rune.Value) != root)
            )
                _several.TryAdd(root, prototype);
        }
    }

    private void Spell(int codePoint, StringBuilder key, int depth)
    {
        int root = Find(codePoint);
        if (depth < 8 && _several.TryGetValue(root, out string? several))
        {
            foreach (Rune rune in several.EnumerateRunes())
                Spell(rune.Value, key, depth + 1);
        }
        else
        {
            key.Append(char.ConvertFromUtf32(root));
        }
    }

    private bool Conflict(int a, int b) =>
        LettersOf(Find(a))
            .Any(letter => LettersOf(Find(b)).TryGetValue(letter.Key, out int other) && other != letter.Value);

    /// <summary>
    /// Joins two classes. The root is the most readable member: a lower-case ASCII letter, then the least code
    /// point.
    /// </summary>
    private void Join(int a, int b)
    {
        (a, b) = (Find(a), Find(b));
        if (a == b)
            return;
        (int root, int other) = (Rank(a), a).CompareTo((Rank(b), b)) < 0 ? (a, b) : (b, a);
        _parent[other] = root;
        foreach (KeyValuePair<int, int> letter in LettersOf(other))
            LettersOf(root).TryAdd(letter.Key, letter.Value);
    }

    private static int Rank(int codePoint) => codePoint is >= 'a' and <= 'z' ? 0 : 1;

    private int Find(int codePoint)
    {
        while (_parent.TryGetValue(codePoint, out int parent))
            codePoint = parent;
        return codePoint;
    }

    private Dictionary<int, int> LettersOf(int root)
    {
        if (!_letters.TryGetValue(root, out Dictionary<int, int>? letters))
            _letters[root] = letters = [];
        return letters;
    }

    [GeneratedRegex("^LATIN LETTER SMALL CAPITAL (?<letter>[A-Z])$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SmallCapital();

    private static bool IsOne(string text) => text.Length == 1 || (text.Length == 2 && char.IsSurrogatePair(text, 0));
}
