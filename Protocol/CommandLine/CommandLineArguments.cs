using System.Globalization;
using Chat.Protocol.Text;

namespace Chat.Protocol.CommandLine;

/// <summary>An option of a verb: the parameter of the verb's method with the same name.</summary>
/// <param name="Name">The name with its dashes.</param>
/// <param name="Value">The name of its value in the help; null if it takes none.</param>
/// <param name="Description">What it does, for the help.</param>
/// <param name="Default">The value without the option, for the help; null if there is none to show.</param>
internal sealed record OptionRule(string Name, string? Value, string Description = "", string? Default = null)
{
    /// <summary>Returns the error for a value, or null if the value is valid.</summary>
    public Func<string, string?> Refusal { get; init; } = static _ => null;

    /// <summary>The option may be given several times. The library reads its values with commas between them.</summary>
    public bool IsRepeatable { get; init; }
}

/// <summary>A verb: the first word after <c>chat</c>.</summary>
/// <param name="Name">The word.</param>
/// <param name="Options">Its options, in the order of the help.</param>
internal sealed record VerbRule(string Name, IReadOnlyList<OptionRule> Options)
{
    /// <summary>What it does, for the help, without a full stop.</summary>
    public string Description { get; init; } = "";

    /// <summary>The meaning of its address argument, for the help; null if it takes none.</summary>
    public string? Address { get; init; } = "";

    /// <summary>Command lines to copy, each with its effect.</summary>
    public IReadOnlyList<(string Line, string Description)> Examples { get; init; } = [];

    /// <summary>The option of this name; null when there is none.</summary>
    public OptionRule? Find(string name) => Options.FirstOrDefault(option => option.Name == name);
}

/// <summary>
/// The rules of the command line that do not depend on the library that reads it. They find the wrong word and
/// suggest the right one.
/// </summary>
/// <remarks>
/// The library reads only words that pass here. Each of them has one meaning: a verb, its address and port, and
/// options whose values are separate words. Help and version requests never reach it.
/// </remarks>
internal static class CommandLineArguments
{
    private static readonly string[] Help = ["--help", "-h", "-?"];
    private static readonly string[] Version = ["--version", "-v", "-V"];

    // The library interprets these words at any position, even as the value of an option.
    private static readonly string[] Reserved = ["--", "--help", "-h"];

    /// <summary>Checks the words before any of them takes effect.</summary>
    /// <param name="words">The words as typed.</param>
    /// <param name="verbs">The known verbs.</param>
    /// <param name="plain"> Empty if there are no words; <c>--version</c>; <c>--help</c>, alone or after a
    /// verb; otherwise the words for the library.
    /// </param>
    /// <returns>Null when the words are valid; otherwise the error and what to type instead.</returns>
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
        return RefusalOfRest(called, words[1..], out plain);
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
        if (string.IsNullOrWhiteSpace(word))
            return "the command is empty; use chat server or chat client";
        if (word == "--")
            return "-- stands before the command; put the command first, such as chat server";
        if (IsOption(word))
        {
            string name = NameOf(word);
            if (verbs.FirstOrDefault(verb => verb.Find(name) is not null) is VerbRule owner)
                return $"options follow the command: chat {owner.Name} {name}";
            return Unknown(
                name,
                [.. verbs.SelectMany(static verb => verb.Options), new("--help", null), new("--version", null)]
            );
        }
        if (Spelling.Nearest(word, [.. verbs.Select(static verb => verb.Name), "help", "version"]) is string meant)
            return $"there is no command {word}; did you mean {meant}?";
        bool isAddress = word.AsSpan().IndexOfAny('.', ':') >= 0;
        return $"there is no command {word}; "
            + (isAddress ? $"did you mean chat client {word}?" : "use chat server or chat client");
    }

    private static string? RefusalOfRest(VerbRule verb, string[] words, out string[] plain)
    {
        List<string> read = [verb.Name];
        Dictionary<string, int> valueAt = [];
        int places = 0;
        bool onlyPlaces = false;
        plain = [];
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            if (onlyPlaces || !IsOption(word))
            {
                if (++places > 2 || verb.Address is null)
                    return TooMany(word, verb);
                if (IsOption(word))
                    return $"'{word}' is neither an address nor a port";
                read.Add(word);
                continue;
            }
            if (word == "--")
            {
                onlyPlaces = true;
                continue;
            }
            if (Help.Contains(word))
            {
                plain = [verb.Name, "--help"];
                return null;
            }
            string name = NameOf(word);
            if (name == "--version")
                return "--version stands alone: chat --version";
            if (verb.Find(name) is not OptionRule option)
                return Unknown(name, verb.Options);
            if (option.Value is null)
            {
                if (word != name)
                    return $"{name} takes no value; leave out {word[name.Length..]}";
                read.Add(name);
                continue;
            }
            if (RefusalOfValue(verb, option, words, ref i, out string value) is string wrong)
                return wrong;
            if (valueAt.TryAdd(name, read.Count + 1))
                read.AddRange([name, value]);
            else if (option.IsRepeatable)
                read[valueAt[name]] += $",{value}";
            else
                return $"{name} is given twice; give it once";
        }
        plain = [.. read];
        return null;
    }

    // Leaves i at the last word of the value.
    private static string? RefusalOfValue(VerbRule verb, OptionRule option, string[] words, ref int i, out string value)
    {
        bool isApart = words[i].Length == option.Name.Length;
        value = isApart ? "" : words[i][(option.Name.Length + 1)..];
        if (isApart ? i + 1 == words.Length : value.Length == 0)
            return Missing(option);
        if (isApart)
            value = words[++i];
        if (Reserved.Contains(value))
            return $"{option.Name} cannot take the value {value}"
                + (option.Value == "FILE" ? $"; write ./{value}" : "");
        if (isApart && verb.Find(NameOf(value)) is not null)
            return Missing(option);
        if (option.Value == "FILE" && string.IsNullOrWhiteSpace(value))
            return $"the name of the file for {option.Name} is empty; give a name: {option.Name} FILE";
        return isApart && value.StartsWith("--", StringComparison.Ordinal)
            ? $"{Missing(option)}; one that begins with dashes is written {option.Name}={value}"
            : option.Refusal(value);
    }

    private static string Missing(OptionRule option) => $"{option.Name} needs a value: {option.Name} {option.Value}";

    private static string TooMany(string word, VerbRule verb) =>
        $"{word} is one word too many: chat {verb.Name} takes "
        + (verb.Address is null ? "options alone" : "an address and a port");

    private static string Unknown(string name, IEnumerable<OptionRule> options)
    {
        if (name.FirstOrDefault(IsInvisible) is not '\0' and char unseen)
            return $"there is no option {name}: it has the invisible character U+{(int)unseen:X4} in it; type it again";
        if (name is "--no-color" or "--no-colour" && options.Any(static option => option.Name == "--color"))
            return $"there is no option {name}; use --color never";
        string? meant = Spelling.Nearest(name.TrimStart('-'), options.Select(static option => option.Name[2..]));
        return $"there is no option {name}" + (meant is null ? "" : $"; did you mean --{meant}?");
    }

    private static bool IsInvisible(char c) =>
        char.GetUnicodeCategory(c)
            is UnicodeCategory.Format
                or UnicodeCategory.Control
                or UnicodeCategory.SpaceSeparator
                or UnicodeCategory.NonSpacingMark;

    // A negative number is a wrong port or value instead of an option.
    private static bool IsOption(string word) => word.Length > 1 && word[0] == '-' && !char.IsAsciiDigit(word[1]);

    private static string NameOf(string word)
    {
        int end = word.IndexOf('=', StringComparison.Ordinal);
        return end < 0 ? word : word[..end];
    }
}
