namespace Chat.Client.Display;

/// <summary>The wording of events that all views share.</summary>
internal static class EventText
{
    /// <summary>The words for a change of the link; null for none.</summary>
    /// <param name="link">The event.</param>
    /// <param name="wasLost">Whether the link broke and has not reconnected since.</param>
    public static string? ForLink(ChatEvent link, bool wasLost) =>
        link.State switch
        {
            LinkState.Lost when link.Text.Length > 0 => $"the connection was lost: {link.Text}",
            LinkState.Lost => "the connection was lost",
            LinkState.Joined when wasLost => "connected again",
            _ => null,
        };

    /// <summary>The answer to /key.</summary>
    /// <param name="security">The state of the link; null without one.</param>
    /// <param name="ownKey">The words of the room in this process; null without one.</param>
    public static string ForSecurity(LinkSecurity? security, string? ownKey) =>
        security switch
        {
            _ when ownKey is not null => $"the key of this room is {ownKey}; you are on its own computer",
            null => "there is no connection",
            { Key: Lazy<string> key } => $"encrypted; the key of this room is {key.Value}",
            { IsExposed: true } => LinkSecurity.ExposedWords,
            _ => "not encrypted, and on this computer alone",
        };

    /// <summary>The words for a lost part of the conversation.</summary>
    /// <param name="gap">The event.</param>
    /// <param name="lastTime">The time of the last line before the gap; empty if unknown or not wanted.</param>
    public static string ForGap(ChatEvent gap, string lastTime)
    {
        if (gap.IsNewLog)
            return "the server restarted without the earlier conversation";
        string what = gap.Bytes is long bytes
            ? $"{bytes} bytes of the conversation are gone"
            : "a part of the conversation is gone";
        return lastTime.Length == 0 ? what : $"{what}, after {lastTime}";
    }
}
