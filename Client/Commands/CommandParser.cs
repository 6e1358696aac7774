using System.Globalization;
using Chat.Protocol;

namespace Chat.Client.Commands;

/// <summary>The effect of a line.</summary>
internal enum CommandKind
{
    /// <summary>None: the line is blank.</summary>
    Empty,

    /// <summary>A numbered request. The server acknowledges it, and after a break the client sends it again.</summary>
    Say,

    /// <summary>A question to the server.</summary>
    Ask,

    /// <summary>An error; the text says what is wrong.</summary>
    Refused,

    /// <summary>The list of commands.</summary>
    Help,

    /// <summary>The client leaves.</summary>
    Quit,

    /// <summary>The client itself executes the command.</summary>
    Local,
}

/// <summary>The commands that a line may hold. A line that is none of them is text.</summary>
[Flags]
internal enum CommandSets
{
    /// <summary>No commands: every line is text.</summary>
    None = 0,

    /// <summary>The commands of <see cref="SlashCommands.OfClient"/>, /help and a bare /quit.</summary>
    Client = 1,

    /// <summary>
    /// The commands of <see cref="RoomCommands"/>. A slash with an unknown word is an error; two slashes begin a text
    /// with one slash.
    /// </summary>
    Room = 2,
}

/// <summary>The meaning of a line.</summary>
/// <param name="Kind">The effect.</param>
/// <param name="Verb">
/// Of Say and Ask the verb of the request, or <see cref="Reply"/>; of Local the name of the command.
/// </param>
/// <param name="To">Of a whisper the name of the receiver.</param>
/// <param name="Text">The text or argument; of Refused the error.</param>
internal readonly record struct Command(CommandKind Kind, string Verb = "", string To = "", string Text = "")
{
    /// <summary>A whisper to the sender of the last one. The link replaces it, because it knows that sender.</summary>
    public const string Reply = "reply";

    /// <summary>The place in the input.</summary>
    public InputOrigin Origin { get; init; }

    /// <summary>The line as typed, where the other fields do not show it; otherwise null.</summary>
    public string? Typed { get; init; }
}

/// <summary>Parses typed lines. It is the only place that decides the meaning of a line, and it is pure.</summary>
internal static class CommandParser
{
    /// <summary>Parses a line.</summary>
    /// <param name="line">The line, cleaned.</param>
    /// <param name="known">The commands that the line may hold.</param>
    public static Command Parse(string line, CommandSets known)
    {
        if (known == CommandSets.None || !line.StartsWith('/'))
            return Text(line);
        bool hasRoom = known.HasFlag(CommandSets.Room);
        if (line.StartsWith("//", StringComparison.Ordinal))
            return Text(hasRoom ? line[1..] : line);
        string name = FirstWord(line[1..], out string argument);
        if (known.HasFlag(CommandSets.Client) && SlashCommands.FindOfClient(name) is SlashCommand own)
            return ParseLocal(own, argument);
        CommandSyntax? command = RoomCommands.Find(name);
        if (hasRoom)
            return command is null
                ? new Command(CommandKind.Refused, Text: RoomCommands.NoSuch(name, SlashCommands.NamesOf(known)))
                : ParseRoom(command, argument);
        return command?.Names[0] switch
        {
            "help" => new Command(CommandKind.Help),
            "quit" when argument.Length == 0 => new Command(CommandKind.Quit),
            _ => Text(line),
        };
    }

    /// <summary>
    /// Whether a text looks like a mistyped command: it has a blank before its slash, or the fullwidth slash of an
    /// input method.
    /// </summary>
    public static bool LooksLikeCommand(string line) =>
        line is not ['/', ..] && line.TrimStart() is ['/' or '\uFF0F', ..];

    private static Command Text(string text) =>
        string.IsNullOrWhiteSpace(text)
            ? new Command(CommandKind.Empty)
            : new Command(CommandKind.Say, "say", Text: text);

    private static Command ParseLocal(SlashCommand command, string argument) =>
        command.Takes(argument)
            ? new Command(CommandKind.Local, command.Names[0], Text: argument)
            : new Command(CommandKind.Refused, Text: command.Syntax.UsageAnswer);

    private static Command ParseRoom(CommandSyntax command, string argument)
    {
        if (command.IsForHosts(hasArguments: argument.Length > 0))
            return new Command(CommandKind.Say, "do", Text: $"{command.Names[0]} {argument}".TrimEnd(' '));
        switch (command.Names[0])
        {
            case "help":
                return new Command(CommandKind.Help);
            case "quit":
                return new Command(CommandKind.Quit);
            case "who" when argument.Length == 0:
                return new Command(CommandKind.Ask, "who");
            case "topic":
                return new Command(CommandKind.Ask, "topic");
            case "history" when TryCount(argument, out int lines):
                return new Command(CommandKind.Ask, "history", Text: $"{lines}");
            case "nick" when argument.Length > 0:
                return new Command(CommandKind.Say, "nick", Text: FirstWord(argument, out _));
            case "me" when argument.Length > 0:
                return new Command(CommandKind.Say, "me", Text: argument);
            case "msg" when FirstWord(argument, out string words) is { Length: > 0 } to && words.Length > 0:
                return new Command(CommandKind.Say, "tell", to, words);
            case "reply" when argument.Length > 0:
                return new Command(CommandKind.Say, Command.Reply, Text: argument);
            default:
                return new Command(CommandKind.Refused, Text: command.UsageAnswer);
        }
    }

    private static bool TryCount(string argument, out int lines)
    {
        lines = ProtocolLimits.BacklogLines;
        return argument.Length == 0
            || (int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out lines) && lines > 0);
    }

    private static string FirstWord(string text, out string rest)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        rest = space < 0 ? "" : text[space..].Trim(' ');
        string word = space < 0 ? text : text[..space];
        // No valid name or command is longer. A longer word could make a request longer than the server accepts.
        return word[..Math.Min(word.Length, ProtocolLimits.HeadBytes / 4)];
    }
}
