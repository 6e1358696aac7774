namespace Chat.Protocol;

/// <summary>A command as people type it, the same at a plain tool and in our client.</summary>
/// <param name="Names">The first is the usual one.</param>
/// <param name="Arguments">As they are shown.</param>
/// <param name="Purpose">What it is for.</param>
internal sealed record RoomCommand(string[] Names, string Arguments, string Purpose)
{
    /// <summary>All of them, in the order of /help.</summary>
    public static readonly RoomCommand[] All =
    [
        new(["nick"], "NAME", "take a name"),
        new(["me"], "TEXT", "say what you do: * alice waves"),
        new(["msg", "tell", "w"], "NAME TEXT", "whisper to one person"),
        new(["reply", "r"], "TEXT", "whisper back to who whispered last"),
        new(["who"], "", "who is here"),
        new(["history"], "[N]", "the last N lines again"),
        new(["help"], "", "this list"),
        new(["quit"], "", "leave"),
    ];

    /// <summary>What /help shows, a line each.</summary>
    public static IEnumerable<string> Help =>
        All.Select(static c => $"{c.Usage,-20} {c.Purpose}{string.Concat(c.Names.Skip(1).Select(static n => $" (or /{n})"))}")
            .Append($"{"//TEXT",-20} say a line that begins with a slash");

    /// <summary>How it is typed.</summary>
    public string Usage => Arguments.Length == 0 ? $"/{Names[0]}" : $"/{Names[0]} {Arguments}";

    /// <summary>What is answered when arguments are missing.</summary>
    public string UsageAnswer => $"say it like this: {Usage}";

    /// <summary>The command of this name, in whatever case; null when there is none.</summary>
    public static RoomCommand? Find(ReadOnlySpan<char> name)
    {
        foreach (RoomCommand command in All)
        {
            foreach (string known in command.Names)
            {
                if (name.Equals(known, StringComparison.OrdinalIgnoreCase))
                    return command;
            }
        }
        return null;
    }

    /// <summary>What is answered when there is none.</summary>
    public static string NoSuch(string name) =>
        $"there is no command /{name}; /help lists them. To say a line that begins with a slash, double it: //{name}";
}
