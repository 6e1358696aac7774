namespace Chat.Client.Display;

/// <summary>The wording of events that every view shows in the same words.</summary>
internal static class EventText
{
    /// <summary>A change of the link; null when there is nothing to say.</summary>
    /// <param name="link">The event.</param>
    /// <param name="wasLost">A break came before it, and no return since.</param>
    public static string? ForLink(ChatEvent link, bool wasLost) =>
        link.State switch
        {
            LinkState.Lost when link.Text.Length > 0 => $"the connection was lost: {link.Text}",
            LinkState.Lost => "the connection was lost",
            LinkState.Joined when wasLost => "connected again",
            _ => null,
        };

    /// <summary>A part of the conversation that cannot be had any more.</summary>
    /// <param name="gap">The event.</param>
    /// <param name="lastTime">The time of the last line before it; empty where no time is known or wanted.</param>
    public static string ForGap(ChatEvent gap, string lastTime)
    {
        if (gap.IsNewLog)
            return "the server was started again, with nothing of what was said before";
        string what = gap.Bytes is long bytes
            ? $"{bytes} bytes of the conversation are gone"
            : "a part of the conversation is gone";
        return lastTime.Length == 0 ? what : $"{what}, after {lastTime}";
    }
}
