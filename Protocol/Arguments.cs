namespace Chat.Protocol;

/// <summary>An option of a verb.</summary>
/// <param name="Name">With its dashes.</param>
/// <param name="Value">What its value is called in the help; null when it takes none.</param>
internal sealed record OptionRule(string Name, string? Value);

/// <summary>A verb: the first word behind <c>chat</c>.</summary>
/// <param name="Name">As it is typed.</param>
/// <param name="Options">The options there are.</param>
internal sealed record VerbRule(string Name, IReadOnlyList<OptionRule> Options)
{
    /// <summary>The option of this name; null when there is none.</summary>
    public OptionRule? Find(string name) => Options.FirstOrDefault(option => option.Name == name);
}

/// <summary>
/// The rules of the command line that hold whatever library reads it: which word is wrong, and which one is meant.
/// </summary>
internal static class Arguments
{
    private static readonly string[] Help = ["--help", "-h", "-?"];
    private static readonly string[] Version = ["--version", "-v", "-V"];

    /// <summary>Looks at the words before anything is done with them.</summary>
    /// <param name="words">As they were typed.</param>
    /// <param name="verbs">The verbs there are.</param>
    /// <param name="plain">The same words as the library understands them.</param>
    /// <returns>Null when they can be read; otherwise what is wrong and what to type instead.</returns>
    public static string? Refusal(string[] words, IReadOnlyList<VerbRule> verbs, out string[] plain)
    {
        plain = words;
        if (words.Length == 0)
            return null;
        string first = words[0];
        if (first == "help" || Help.Contains(first))
            return RefusalOfHelp(words[1..], verbs, out plain);
        if (first == "version" || Version.Contains(first))
        {
            plain = ["--version"];
            return words.Length == 1 ? null : $"{first} stands alone; leave out {words[1]}";
        }
        if (verbs.FirstOrDefault(verb => verb.Name == first) is not VerbRule called)
            return RefusalOfFirst(first, verbs);
        if (words.Length == 2 && words[1] == "--version")
        {
            plain = ["--version"];
            return null;
        }
        return RefusalOfRest(called, words[1..]);
    }

    private static string? RefusalOfHelp(string[] rest, IReadOnlyList<VerbRule> verbs, out string[] plain)
    {
        plain = ["--help"];
        if (rest.Length == 0)
            return null;
        plain = [rest[0], "--help"];
        if (verbs.All(verb => verb.Name != rest[0]))
            return RefusalOfFirst(rest[0], verbs);
        return rest.Length == 1 ? null : $"help is for one command; leave out {rest[1]}";
    }

    private static string RefusalOfFirst(string word, IReadOnlyList<VerbRule> verbs)
    {
        if (IsOption(word))
        {
            string name = NameOf(word);
            if (verbs.FirstOrDefault(verb => verb.Find(name) is not null) is VerbRule owner)
                return $"options follow the command: chat {owner.Name} {name}";
            return Unknown(name, [.. verbs.SelectMany(static verb => verb.Options), new("--help", null), new("--version", null)]);
        }
        if (Spelling.Nearest(word, [.. verbs.Select(static verb => verb.Name), "help", "version"]) is string meant)
            return $"there is no command {word}; did you mean {meant}?";
        bool isAddress = word.AsSpan().IndexOfAny('.', ':') >= 0;
        return $"there is no command {word}; " + (isAddress ? $"did you mean chat client {word}?" : "use chat server or chat client");
    }

    private static string? RefusalOfRest(VerbRule verb, string[] words)
    {
        HashSet<string> given = [];
        int places = 0;
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            if (word == "--")
                return places + words.Length - i - 1 > 2 ? TooMany(words[^1], verb) : null;
            if (Help.Contains(word) && IsOption(word))
                return null;
            if (!IsOption(word))
            {
                if (++places > 2)
                    return TooMany(word, verb);
                continue;
            }
            string name = NameOf(word);
            if (name == "--version")
                return "--version stands alone: chat --version";
            if (verb.Find(name) is not OptionRule option)
                return Unknown(name, verb.Options);
            string? wrong = option.Value is null ? RefusalOfFlag(option, word) : RefusalOfValue(verb, option, word, words, ref i);
            if (wrong is not null)
                return wrong;
            if (!given.Add(name) && option.Value is not null)
                return $"{name} is given twice; give it once";
        }
        return null;
    }

    private static string? RefusalOfFlag(OptionRule option, string word) =>
        word == option.Name ? null : $"{option.Name} takes no value; leave out {word[option.Name.Length..]}";

    private static string? RefusalOfValue(VerbRule verb, OptionRule option, string word, string[] words, ref int i)
    {
        if (word.Length > option.Name.Length)
            return word.Length > option.Name.Length + 1 ? null : Missing(option);
        if (i + 1 == words.Length)
            return Missing(option);
        string value = words[++i];
        if (verb.Find(NameOf(value)) is not null)
            return Missing(option);
        return value.StartsWith("--", StringComparison.Ordinal)
            ? $"{Missing(option)}; one that begins with dashes is written {option.Name}={value}"
            : null;
    }

    private static string Missing(OptionRule option) => $"{option.Name} needs a value: {option.Name} {option.Value}";

    private static string TooMany(string word, VerbRule verb) =>
        $"{word} is one word too many: chat {verb.Name} takes an address and a port";

    private static string Unknown(string name, IEnumerable<OptionRule> options)
    {
        string? meant = Spelling.Nearest(name.TrimStart('-'), options.Select(static option => option.Name[2..]));
        return $"there is no option {name}" + (meant is null ? "" : $"; did you mean --{meant}?");
    }

    // A number below zero is a port or a value that is wrong.
    private static bool IsOption(string word) => word.Length > 1 && word[0] == '-' && !char.IsAsciiDigit(word[1]);

    private static string NameOf(string word)
    {
        int end = word.IndexOf('=', StringComparison.Ordinal);
        return end < 0 ? word : word[..end];
    }
}
