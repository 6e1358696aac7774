using Chat.Protocol;

namespace Chat.Client.Commands;

/// <summary>The kind of an argument. It selects the candidates of Tab.</summary>
internal enum Argument
{
    None,

    /// <summary>The name of a person.</summary>
    Name,

    /// <summary>Text to the end of the line, which may contain names.</summary>
    Text,

    /// <summary>A mode of the bell.</summary>
    BellMode,

    /// <summary>The name of an ignored person.</summary>
    Ignored,

    /// <summary>A file, to the end of the line.</summary>
    File,

    /// <summary>An argument without completion.</summary>
    Other,
}

/// <summary>A command that can be typed at a terminal.</summary>
/// <param name="Syntax">The names, arguments and help text of the command.</param>
/// <param name="Arguments">The kinds of its arguments; the last one extends to the end of the line.</param>
internal sealed record SlashCommand(CommandSyntax Syntax, params Argument[] Arguments)
{
    /// <summary>The names without the slash, the main name first.</summary>
    public string[] Names => Syntax.Names;

    /// <summary>The kind of the argument at this index.</summary>
    public Argument ArgumentAt(int number) =>
        number < Arguments.Length ? Arguments[number]
        : Arguments is [.., Argument.Text] ? Argument.Text
        : Argument.None;

    /// <summary>Whether a required argument is present, and an argument is absent if the command has none.</summary>
    public bool Takes(string argument) =>
        argument.Length > 0
            ? Arguments.Length > 0
            : Syntax.Arguments.Split(' ').All(static word => word is "" or ['[', ..]);
}

/// <summary>The commands of a terminal: those of the room and those of the client.</summary>
internal static class SlashCommands
{
    /// <summary>The commands that the server executes.</summary>
    public static readonly SlashCommand[] OfRoom =
    [
        .. RoomCommands.All.Select(static command => new SlashCommand(command, ArgumentsOf(command.Names[0]))),
    ];

    /// <summary>The commands that the server executes for hosts.</summary>
    public static readonly SlashCommand[] OfHost =
    [
        .. RoomCommands.OfHost.Select(static command => new SlashCommand(
            command,
            command.Arguments.StartsWith("NAME", StringComparison.Ordinal) ? [Argument.Name, Argument.Text]
                : command.Arguments.Length > 0 ? [Argument.Text]
                : []
        )),
    ];

    /// <summary>The commands that the client executes.</summary>
    public static readonly SlashCommand[] OfClient =
    [
        new(new(["clear"], "", "empty the window")),
        new(new(["ignore"], "[NAME]", "hide the lines of a person; alone: list the ignored"), Argument.Name),
        new(new(["unignore"], "NAME", "show the lines of that person again"), Argument.Ignored),
        new(new(["bell"], "[MODE]", "ring for: off, mention, whisper, mention,whisper or all"), Argument.BellMode),
        new(new(["show"], "[N]", "print the last message, or message N, whole"), Argument.Other),
        new(new(["copy"], "[N]", "put the last message, or message N, on the clipboard"), Argument.Other),
        new(new(["raw"], "[N]", "print the last N messages bare, to be copied"), Argument.Other),
        new(new(["mentions"], "", "list the mentions and whispers that you missed")),
        new(new(["find"], "[TEXT]", "list the lines that hold this text; alone: older ones"), Argument.Text),
        new(new(["numbers"], "", "list the last messages with their numbers (or Alt-N)")),
        new(new(["re"], "N TEXT", "answer message N, with its first words"), Argument.Other, Argument.Text),
        new(new(["edit"], "[TEXT]", "change your last message; alone: in the prompt (or Alt-E)"), Argument.Text),
        new(new(["delete"], "", "withdraw your last message")),
        new(new(["save"], "[-f] [N] FILE", "save the window, or message N; -f overwrites"), Argument.File),
        new(new(["key"], "", "show the words of the room's key")),
        new(new(["keys"], "", "show what each key sends, until Escape twice")),
    ];

    public static readonly SlashCommand[] All = [.. OfRoom, .. OfClient];

    /// <summary>The client's own command with this name, in any case; null if there is none.</summary>
    public static SlashCommand? FindOfClient(string name) =>
        Array.Find(OfClient, command => command.Names[0].Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The names of the client's own commands, if the set contains them; otherwise none.</summary>
    public static IEnumerable<string> NamesOf(CommandSets known) =>
        known.HasFlag(CommandSets.Client) ? OfClient.SelectMany(static command => command.Names) : [];

    /// <summary>The lines of /help.</summary>
    /// <param name="known">The commands that a line may hold.</param>
    /// <param name="isHost">The reader is a host.</param>
    public static IEnumerable<string> Help(CommandSets known, bool isHost = false) =>
        (known.HasFlag(CommandSets.Room) ? RoomCommands.Help(isHost) : []).Concat(
            known.HasFlag(CommandSets.Client) ? OfClient.Select(static command => command.Syntax.Help) : []
        );

    private static Argument[] ArgumentsOf(string command) =>
        command switch
        {
            "msg" => [Argument.Name, Argument.Text],
            "me" or "reply" or "topic" => [Argument.Text],
            "nick" or "history" => [Argument.Other],
            _ => [],
        };
}
