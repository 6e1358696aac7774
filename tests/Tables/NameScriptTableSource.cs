namespace Chat.Tests.Tables;

/// <summary>Makes Protocol/Names/NicknameScriptTable.g.cs: the characters of names, and their scripts.</summary>
internal static class NameScriptTableSource
{
    public const string Path = "Protocol/Names/NicknameScriptTable.g.cs";

    public static string Make(string version)
    {
        IReadOnlyDictionary<int, string> alphabet = new NameAlphabet(new UnicodeCharacters()).Scripts;
        var sets = alphabet
            .Values.Distinct(StringComparer.Ordinal)
            .Where(set => set.Length > 0)
            .Order(StringComparer.Ordinal)
            .ToList();
        var names = sets.SelectMany(set => set.Split(' '))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();

        List<int> ends = [0, 0],
            members = [];
        foreach (string? set in sets)
        {
            members.AddRange(set.Split(' ').Select(name => names.IndexOf(name)));
            ends.Add(members.Count);
        }

        (List<int>? starts, List<int>? numbers) = Ranges(alphabet, sets);
        return TableText.Source(
            "Chat.Protocol.Names",
            "NicknameScriptTable",
            [
                $"The characters a name may contain, and the scripts of each: {names.Count} scripts, including Jpan, Kore and Hanb of UTS 39.",
                "Set 0 has the characters not allowed in a name, set 1 those of every script; the other sets list their scripts.",
                $"From UnicodeData.txt, Scripts.txt and ScriptExtensions.txt of Unicode {version}.",
            ],
            new TableArray("int", "Starts", "The first code point of each range.", starts),
            new TableArray("byte", "Sets", "The set of each range.", numbers, "{0}"),
            new TableArray(
                "ushort",
                "Ends",
                "Where each set ends among the members; it begins where the one before it ends.",
                ends,
                "{0}"
            ),
            new TableArray("byte", "Members", "The scripts of the sets, one set after the other.", members, "{0}")
        );
    }

    private static (List<int> Starts, List<int> Sets) Ranges(
        IReadOnlyDictionary<int, string> alphabet,
        List<string> sets
    )
    {
        List<int> starts = [],
            numbers = [];
        for (int codePoint = 0, last = 0; codePoint <= 0x10FFFF; codePoint++)
        {
            int number =
                !alphabet.TryGetValue(codePoint, out string? set) ? 0
                : set.Length == 0 ? 1
                : sets.IndexOf(set) + 2;
            if (number == last)
                continue;
            starts.Add(codePoint);
            numbers.Add(number);
            last = number;
        }

        return (starts, numbers);
    }
}
