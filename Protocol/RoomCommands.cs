using Chat.Protocol.Text;

namespace Chat.Protocol;

/// <summary>How a command is typed and what it does.</summary>
/// <param name="Names">The usual name first, then the aliases; without the slash.</param>
/// <param name="Arguments">The arguments as the help shows them.</param>
/// <param name="Purpose">What the command does.</param>
internal sealed record CommandSyntax(string[] Names, string Arguments, string Purpose)
{
    /// <summary>The command as it is typed.</summary>
    public string Usage => Arguments.Length == 0 ? $"/{Names[0]}" : $"/{Names[0]} {Arguments}";

    /// <summary>The answer when arguments are missing or wrong.</summary>
    public string UsageAnswer => $"usage: {Usage}";

    /// <summary>The line of /help; it shows all names but the first as aliases.</summary>
    public string Help =>
        HelpLine(Usage, Names.Length > 1 ? $"{Purpose} (or /{string.Join(", /", Names[1..])})" : Purpose);

    /// <summary>A line of /help.</summary>
    /// <param name="usage">What is typed.</param>
    /// <param name="purpose">What it does.</param>
    public static string HelpLine(string usage, string purpose) => $"{usage, -20} {purpose}";
}

/// <summary>The commands of the room, the same at a plain tool and in the chat client.</summary>
internal static class RoomCommands
{
    /// <summary>All commands, in the order of /help.</summary>
    public static readonly CommandSyntax[] All =
    [
        new(["nick"], "NAME", "take a name"),
        new(["me"], "TEXT", "say what you do: * alice waves"),
        new(["msg", "tell", "w", "whisper"], "NAME TEXT", "whisper to one person"),
        new(["reply", "r"], "TEXT", "answer the last whisper you received"),
        new(["who", "names", "users", "list"], "", "list the people here"),
        new(["history"], "[N]", "the last N lines again"),
        new(["help", "h", "?"], "", "this list"),
        new(["quit", "exit"], "", "leave"),
    ];

    /// <summary>The answer to /reply before any whisper came; both ends give it.</summary>
    public const string NoWhisper = "there is no whisper to answer yet; /msg NAME TEXT sends one";

    private const string OneRoom = "one server is one room; there is nothing to join";
    private const string NoOperators = "there are no operators here, so no modes and no bans";
    private const string NoAccounts = "there are no accounts and no passwords here; /nick NAME takes a name";
    private const string OneWhisper = "/msg NAME TEXT whispers to one person";

    // Commands of IRC and other chats, with the way to do the same here.
    private static readonly Dictionary<string, string> Foreign = new(StringComparer.OrdinalIgnoreCase)
    {
        ["join"] = OneRoom,
        ["j"] = OneRoom,
        ["channel"] = OneRoom,
        ["rooms"] = OneRoom,
        ["part"] = "one server is one room; /quit leaves it",
        ["leave"] = "one server is one room; /quit leaves it",
        ["invite"] = "the room is open; others join with the address of the server",
        ["topic"] = "this room has no topic",
        ["away"] = "there is no away mark; /who shows how long each person has been idle",
        ["back"] = "there is no away mark; /who shows how long each person has been idle",
        ["afk"] = "there is no away mark; /who shows how long each person has been idle",
        ["whois"] = "/who shows when each person joined, the idle time and the client",
        ["query"] = OneWhisper,
        ["notice"] = OneWhisper,
        ["pm"] = OneWhisper,
        ["dm"] = OneWhisper,
        ["action"] = "/me TEXT says what you do",
        ["say"] = "a line without a slash is sent as it is",
        ["op"] = NoOperators,
        ["deop"] = NoOperators,
        ["oper"] = NoOperators,
        ["voice"] = NoOperators,
        ["devoice"] = NoOperators,
        ["mode"] = NoOperators,
        ["kick"] = NoOperators,
        ["ban"] = NoOperators,
        ["unban"] = NoOperators,
        ["kickban"] = NoOperators,
        ["mute"] = NoOperators,
        ["kill"] = NoOperators,
        ["register"] = NoAccounts,
        ["identify"] = NoAccounts,
        ["login"] = NoAccounts,
        ["pass"] = NoAccounts,
        ["auth"] = NoAccounts,
        ["ns"] = NoAccounts,
    };

    /// <summary>The lines of /help.</summary>
    public static IEnumerable<string> Help =>
        All.Select(static command => command.Help)
            .Append(CommandSyntax.HelpLine("//TEXT", "say a line that begins with a slash"));

    /// <summary>The command with this name, in any case; null when there is none.</summary>
    public static CommandSyntax? Find(ReadOnlySpan<char> name)
    {
        foreach (CommandSyntax command in All)
        {
            foreach (string known in command.Names)
            {
                if (name.Equals(known, StringComparison.OrdinalIgnoreCase))
                    return command;
            }
        }
        return null;
    }

    /// <summary>The answer when there is no command with this name.</summary>
    /// <param name="name">The name as typed, without the slash.</param>
    /// <param name="others">Further commands that exist there; a misspelt name may mean one of them.</param>
    public static string NoSuch(string name, IEnumerable<string> others)
    {
        if (Foreign.TryGetValue(name, out string? answer))
            return answer;
        string? nearest = Spelling.Nearest(name, All.SelectMany(static c => c.Names).Concat(others));
        string help = nearest is null ? "/help lists them." : $"did you mean /{nearest}?";
        return $"there is no command /{name}; {help} To say a line that begins with a slash, double it: //{name}";
    }
}
