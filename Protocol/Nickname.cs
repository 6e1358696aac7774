namespace Chat.Protocol;

internal static class Nickname
{
    public static string? Refusal(string name) => name.Length > 16 ? "a name is at most 16 characters" : null; public static string LookAlikeKey(string name) => name.ToLowerInvariant();
}
