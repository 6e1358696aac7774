using Chat.Client.Commands;

namespace Chat.Client.Editing;

/// <summary>
/// The candidates of Tab for a word: a command at the start of the line, an argument after a command, elsewhere the
/// name of a person in the room. The last speaker comes first, as the most likely name.
/// </summary>
/// <param name="commands">The commands.</param>
/// <param name="argumentsOf">Returns the candidates for a kind of argument other than names and files.</param>
internal sealed class Completion(IReadOnlyList<SlashCommand> commands, Func<Argument, IEnumerable<string>> argumentsOf)
{
    // The last speaker first.
    private readonly List<string> _names = [];

    /// <summary>The person's own name, which Tab never offers.</summary>
    public string Me { get; set; } = "";

    /// <summary>The people known to be here, the last speaker first.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Records that a person spoke.</summary>
    public void Heard(string name)
    {
        Left(name);
        if (_names.Count == ClientLimits.KnownNames)
            _names.RemoveAt(_names.Count - 1);
        _names.Insert(0, name);
    }

    /// <summary>Records that a person is in the room, without having spoken.</summary>
    public void Joined(string name)
    {
        if (!_names.Contains(name, StringComparer.Ordinal) && _names.Count < ClientLimits.KnownNames)
            _names.Add(name);
    }

    /// <summary>Records a roster. If it is complete, removes all other names.</summary>
    public void Present(IReadOnlyList<PresentPerson> people, bool isWhole)
    {
        HashSet<string> names = [.. people.Where(static p => !p.Mine).Select(static p => p.Name)];
        if (isWhole)
            _names.RemoveAll(name => !names.Contains(name));
        foreach (string name in names)
            Joined(name);
    }

    public void Left(string name) => _names.Remove(name);

    public void Renamed(string name, string to)
    {
        int index = _names.IndexOf(name);
        if (index < 0)
            Joined(to);
        else
            _names[index] = to;
    }

    /// <summary>The start index of the last word in the text. A file name may contain blanks.</summary>
    public int WordStart(string head)
    {
        if (ArgumentOf(head, 0) != Argument.File)
            return head.LastIndexOf(' ') + 1;
        int start = head.IndexOf(' ', StringComparison.Ordinal) + 1;
        start += SaveArguments.Parse(head.AsSpan(start)).PathStart;
        return head.Length - head.AsSpan(start).TrimStart(' ').Length;
    }

    /// <summary>The candidates for the last word of the text, each with the separator after it.</summary>
    public IEnumerable<string> For(string head)
    {
        int start = WordStart(head);
        string word = head[start..];
        if (start == 0 && word.StartsWith('/'))
            return CommandsFor(word);
        if (!head.StartsWith('/') || head.StartsWith("//", StringComparison.Ordinal))
            return NamesFor(word, start == 0 ? ": " : " ");
        if (ArgumentOf(head, 0) == Argument.File)
            return PathCompletion.BeginningWith(word);
        return ArgumentOf(head, head.AsSpan(0, start).Count(' ') - 1) switch
        {
            Argument.None => [],
            Argument.Name or Argument.Text => NamesFor(word, " "),
            Argument kind => argumentsOf(kind).Where(value => Begins(value, word)).Select(value => value + " "),
        };
    }

    /// <summary>
    /// The kind of the command's argument with this number; none if the text has no command followed by a blank.
    /// </summary>
    private Argument ArgumentOf(string head, int number)
    {
        int end = head.IndexOf(' ', StringComparison.Ordinal);
        if (end < 1 || head[0] != '/')
            return Argument.None;
        return commands
                .FirstOrDefault(command => command.Names.Contains(head[1..end], StringComparer.Ordinal))
                ?.ArgumentAt(number)
            ?? Argument.None;
    }

    // The main names come before the aliases, so /h completes to /help instead of an alias.
    private IEnumerable<string> CommandsFor(string word)
    {
        List<string> main = [],
            aliases = [];
        foreach (SlashCommand command in commands)
        {
            for (int i = 0; i < command.Names.Length; i++)
            {
                string name = $"/{command.Names[i]}";
                if (Begins(name, word))
                    (i == 0 ? main : aliases).Add(name + " ");
            }
        }
        main.Sort(StringComparer.Ordinal);
        aliases.Sort(StringComparer.Ordinal);
        return [.. main, .. aliases];
    }

    private IEnumerable<string> NamesFor(string word, string end)
    {
        // Some people write @ before a name; keep it.
        string at = word.StartsWith('@') ? "@" : "";
        return _names.Where(name => name != Me && Begins(name, word.AsSpan(at.Length))).Select(name => at + name + end);
    }

    private static bool Begins(string whole, ReadOnlySpan<char> word) =>
        whole.AsSpan().StartsWith(word, StringComparison.OrdinalIgnoreCase);
}
