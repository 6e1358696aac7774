using Chat.Protocol.Wire;

namespace Chat.Protocol;

/// <summary>The text of /who, the same at a plain tool, in a pipe and at a terminal.</summary>
internal static class PresenceText
{
    /// <summary>The line of one person: <c>alice (you), here 2 h 5 min, idle 3 min, telnet</c>.</summary>
    /// <param name="name">The name of the person.</param>
    /// <param name="isReader">The person is the reader.</param>
    /// <param name="since">When the person joined, in words; null when unknown.</param>
    /// <param name="idle">Milliseconds since the last message of the person; null when unknown.</param>
    /// <param name="client">The kind of client.</param>
    /// <param name="isInClear">A connection of the person is without encryption.</param>
    public static string Line(string name, bool isReader, string? since, long? idle, ClientKind client, bool isInClear)
    {
        string you = isReader ? " (you)" : "";
        string here = since is null ? "" : $", {since}";
        string silent = idle is long milliseconds ? $", idle {Duration(milliseconds)}" : "";
        string by = client switch
        {
            ClientKind.Chat => ", chat client",
            ClientKind.Telnet => ", telnet",
            ClientKind.Plain => ", plain connection",
            _ => "",
        };
        string clear = isInClear ? ", in the clear" : "";
        return $"{name}{you}{here}{silent}{by}{clear}";
    }

    /// <summary>
    /// A duration in its two largest units: <c>12 s</c>, <c>5 min</c>, <c>2 h 5 min</c>, <c>3 d 4 h</c>.
    /// </summary>
    public static string Duration(long milliseconds)
    {
        long seconds = Math.Max(0, milliseconds) / 1000;
        (long minutes, long hours, long days) = (seconds / 60, seconds / 3600, seconds / 86400);
        return (days, hours, minutes) switch
        {
            (0, 0, 0) => $"{seconds} s",
            (0, 0, _) => $"{minutes} min",
            (0, _, _) => Two(hours, "h", minutes % 60, "min"),
            _ => Two(days, "d", hours % 24, "h"),
        };
    }

    private static string Two(long larger, string unit, long smaller, string smallerUnit) =>
        smaller == 0 ? $"{larger} {unit}" : $"{larger} {unit} {smaller} {smallerUnit}";
}
