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

    /// <summary>Only a person with the rights of a host may use it.</summary>
    public bool NeedsHost { get; init; }

    /// <summary>Alone it is for all, and with an argument for a host.</summary>
    public bool NeedsHostToSet { get; init; }

    /// <summary>The others see what it does, so a muted person may not use it.</summary>
    public bool IsSaid { get; init; }

    /// <summary>Whether it is for hosts as it is typed.</summary>
    public bool IsForHosts(bool hasArguments) => NeedsHost || (NeedsHostToSet && hasArguments);

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
        new(["nick"], "NAME", "take a name") { IsSaid = true },
        new(["me"], "TEXT", "say what you do: * alice waves") { IsSaid = true },
        new(["msg", "tell", "w", "whisper"], "NAME TEXT", "whisper to one person") { IsSaid = true },
        new(["reply", "r"], "TEXT", "answer the last whisper you received") { IsSaid = true },
        new(["who", "names", "users", "list"], "", "list the people here"),
        new(["history"], "[N]", "the last N lines again"),
        new(["topic"], "[TEXT]", "show the topic; a host sets it, and - removes it") { NeedsHostToSet = true },
        new(["help", "h", "?"], "", "this list"),
        new(["quit", "exit"], "", "leave"),
    ];

    /// <summary>The commands of hosts, in the order of /help.</summary>
    public static readonly CommandSyntax[] OfHost =
    [
        new(["kick"], "NAME [REASON]", "remove a person, who may come back") { NeedsHost = true },
        new(["ban"], "NAME|ADDRESS[/BITS] [10m|2h|1d]", "remove and keep out; alone: until /unban")
        {
            NeedsHost = true,
        },
        new(["unban"], "NAME|ADDRESS[/BITS]", "let in again") { NeedsHost = true },
        new(["bans"], "", "list the bans and the mutes") { NeedsHost = true },
        new(["mute"], "NAME [10m|2h|1d]", "let a person say nothing; alone: until /unmute") { NeedsHost = true },
        new(["unmute"], "NAME", "let a person speak again") { NeedsHost = true },
        new(["free"], "NAME", "free a name that is kept for a person who is away") { NeedsHost = true },
        new(["announce"], "TEXT", "tell all, in a line that is no one's message") { NeedsHost = true },
        new(["limits"], "", "list the bounds of this server") { NeedsHost = true },
        new(["stats"], "", "show people, lines, processor and memory") { NeedsHost = true },
        new(["shutdown"], "[SECONDS|off]", "end the room; alone: in 10 s; off: go on") { NeedsHost = true },
        new(["op"], "NAME", "give a person the rights of a host") { NeedsHost = true },
        new(["deop"], "NAME", "take the rights of a host away") { NeedsHost = true },
    ];

    /// <summary>The refusal of a command of hosts.</summary>
    public static string ForHosts(CommandSyntax command) =>
        $"/{command.Names[0]} is for hosts; {HostMark.Sign} marks them in /who";

    /// <summary>The topic in words; both ends tell it.</summary>
    public static string WordsForTopic(string topic) => topic.Length > 0 ? $"the topic: {topic}" : "there is no topic";

    /// <summary>The answer to /reply before any whisper came; both ends give it.</summary>
    public const string NoWhisper = "there is no whisper to answer yet; /msg NAME TEXT sends one";

    private const string OneRoom = "one server is one room; there is nothing to join";
    private const string NoModes = "there are no modes here; /op NAME makes a person a host";
    private const string OtherBan = "/ban NAME is for hosts; it removes a person and keeps it out";
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
        ["oper"] = NoModes,
        ["voice"] = NoModes,
        ["devoice"] = NoModes,
        ["mode"] = NoModes,
        ["kickban"] = OtherBan,
        ["kill"] = OtherBan,
        ["register"] = NoAccounts,
        ["identify"] = NoAccounts,
        ["login"] = NoAccounts,
        ["pass"] = NoAccounts,
        ["auth"] = NoAccounts,
        ["ns"] = NoAccounts,
    };

    /// <summary>The lines of /help.</summary>
    /// <param name="isHost">The reader is a host, so the commands of hosts come first.</param>
    public static IEnumerable<string> Help(bool isHost) =>
        (isHost ? OfHost.Select(static command => command.Help).Prepend("you are a host:").Append("for all:") : [])
            .Concat(All.Select(static command => command.Help))
            .Append(CommandSyntax.HelpLine("//TEXT", "say a line that begins with a slash"));

    /// <summary>
    /// The command with this name, in any case, also one of hosts; null when there is none.
    /// </summary>
    public static CommandSyntax? Find(ReadOnlySpan<char> name) => FindIn(All, name) ?? FindIn(OfHost, name);

    private static CommandSyntax? FindIn(CommandSyntax[] commands, ReadOnlySpan<char> name)
    {
        foreach (CommandSyntax command in commands)
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
