using System.Text;
using Chat.Server.Log;

namespace Chat.Server.Output;

/// <summary>
/// Shows the room on the server's own terminal, as one more reader of the log. A slow terminal misses lines and
/// shows how many bytes; the members are not affected.
/// </summary>
internal sealed class ConsoleMirror(Feed feed, BackgroundWriter output)
{
    /// <summary>Passes on the new lines that fit.</summary>
    public void Show()
    {
        if (
            feed.IsOvertaken
            && output.TryWriteWhole(
                Encoding.UTF8.GetBytes($"-- {feed.Lag} bytes of the conversation are not shown here\n")
            )
        )
            feed.CatchUp();
        while (!feed.IsOvertaken)
        {
            ReadOnlySpan<byte> owed = feed.Next();
            int taken = owed.IsEmpty ? 0 : output.TryWriteLines(owed);
            feed.Advance(taken);
            if (taken == 0)
                return;
        }
    }
}
