using Chat.Protocol;

namespace Chat.Client.Commands;

/// <summary>The kind of argument of a command, for Tab.</summary>
internal enum Argument
{
    None,

    /// <summary>The name of a person.</summary>
    Name,

    /// <summary>Words to the end of the line, in which names may stand.</summary>
    Text,

    /// <summary>When the bell rings.</summary>
    BellMode,

    /// <summary>The name of an ignored person.</summary>
    Ignored,

    /// <summary>A file, to the end of the line.</summary>
    File,

    /// <summary>Something Tab knows nothing of.</summary>
    Other,
}

/// <summary>
/// One command: what it is called, what it takes and what it is for. Which of them are whose, see <see
/// cref="SlashCommands"/>.
/// </summary>
/// <param name="Names">The usual one first; without the slash.</param>
/// <param name="Usage">What it takes, in words.</param>
/// <param name="Purpose">For /help.</param>
/// <param name="Arguments">What it takes, for Tab; the last goes on to the end of the line.</param>
internal sealed record SlashCommand(string[] Names, string Usage, string Purpose, params Argument[] Arguments)
{
    /// <summary>The line of /help.</summary>
    public string Help => RoomCommand.HelpLine($"/{Names[0]} {Usage}".TrimEnd(), Purpose, Names);

    /// <summary>The answer to missing or wrong arguments.</summary>
    public string UsageAnswer => $"usage: /{Names[0]} {Usage}".TrimEnd();

    /// <summary>The kind of the argument with this number, from 0.</summary>
    public Argument ArgumentAt(int number) =>
        number < Arguments.Length ? Arguments[number]
        : Arguments is [.., Argument.Text] ? Argument.Text
        : Argument.None;
}

/// <summary>All commands one can type: the room's, which the server carries out, and the client's own.</summary>
internal static class SlashCommands
{
    public static readonly SlashCommand[] OfRoom =
    [
        .. RoomCommand.All.Select(static c => new SlashCommand(
            c.Names,
            c.Arguments,
            c.Purpose,
            ArgumentsOf(c.Names[0])
        )),
    ];

    public static readonly SlashCommand[] OfClient =
    [
        new(["clear"], "", "empty the window"),
        new(["ignore"], "[NAME]", "show nothing of somebody; alone, who is ignored", Argument.Name),
        new(["unignore"], "NAME", "show them again", Argument.Ignored),
        new(["bell"], "[MODE]", "ring for: off, mention, whisper, mention,whisper or all", Argument.BellMode),
        new(["find"], "TEXT", "lines seen with this in them", Argument.Text),
        new(["save"], "[-f] FILE", "save the window to a file; -f overwrites", Argument.File),
        new(["keys"], "", "what each key sends, until Escape twice"),
    ];

    public static readonly SlashCommand[] All = [.. OfRoom, .. OfClient];

    private static Argument[] ArgumentsOf(string command) =>
        command switch
        {
            "msg" => [Argument.Name, Argument.Text],
            "me" or "reply" => [Argument.Text],
            "nick" or "history" => [Argument.Other],
            _ => [],
        };
}
