using System.Text;

namespace Chat.Protocol.CommandLine;

/// <summary>
/// Formats the help of the command line from the rules that <see cref="CommandLineArguments"/> checks.
/// </summary>
internal static class HelpText
{
    private const int Columns = 80;

    // A space that does not break.
    private const char Space = '\u00A0';

    private static readonly OptionRule Help = new("-h, --help", null, "Show this help");

    /// <summary>The help of the whole program.</summary>
    public static string Format(string description, IReadOnlyList<VerbRule> verbs)
    {
        StringBuilder text = Begin(description, "chat COMMAND [options]");
        Table(text, "Commands", [.. verbs.Select(static verb => (verb.Name, verb.Description))]);
        OptionRule[] options = [new("--version", null, "Show the version and the commit it was built from"), Help];
        Table(text, "Options", [.. options.Select(Row)]);
        Table(text, "Examples", [.. verbs.SelectMany(static verb => verb.Examples)]);
        text.Append('\n');
        string[] more = [.. verbs.Select(static verb => $"chat {verb.Name} --help")];
        Paragraph(text, $"{string.Join(", ", more[..^1])} and {more[^1]} list more options.");
        return text.ToString();
    }

    /// <summary>The help of one verb.</summary>
    public static string Format(VerbRule verb)
    {
        string arguments = verb.Address is null ? "" : " [ADDRESS [PORT]]";
        StringBuilder text = Begin($"{verb.Description}.", $"chat {verb.Name}{arguments} [options]");
        string port = $"A number from 1 to 65535 [default:{Space}{ProtocolLimits.Port}]";
        if (verb.Address is not null)
            Table(text, "Arguments", [("ADDRESS", verb.Address), ("PORT", port)]);
        Table(text, "Options", [.. verb.Options.Append(Help).Select(Row)]);
        Table(text, "Examples", verb.Examples);
        return text.ToString();
    }

    private static StringBuilder Begin(string description, string usage)
    {
        StringBuilder text = new();
        Paragraph(text, description);
        return text.Append("\nUsage:\n  ").Append(usage).Append('\n');
    }

    private static (string Name, string Description) Row(OptionRule option) =>
        (
            option.Value is null ? option.Name : $"{option.Name} <{option.Value}>",
            option.Default is null ? option.Description : $"{option.Description} [default:{Space}{option.Default}]"
        );

    private static void Table(StringBuilder text, string title, IReadOnlyList<(string Name, string Description)> rows)
    {
        text.Append('\n').Append(title).Append(":\n");
        int indent = 4 + rows.Max(static row => row.Name.Length);
        foreach ((string name, string description) in rows)
        {
            text.Append($"  {name}".PadRight(indent));
            Wrap(text, description, indent);
        }
    }

    private static void Paragraph(StringBuilder text, string words) => Wrap(text, words, 0);

    // Continues the current line, which is `indent` columns long already, and indents all further lines by as much.
    private static void Wrap(StringBuilder text, string words, int indent)
    {
        int column = indent;
        foreach (string word in words.Split(' '))
        {
            if (column > indent && column + 1 + word.Length > Columns)
            {
                text.Append('\n').Append(' ', indent);
                column = indent;
            }
            else if (column > indent)
            {
                text.Append(' ');
                column++;
            }
            text.Append(word.Replace(Space, ' '));
            column += word.Length;
        }
        text.Append('\n');
    }
}
