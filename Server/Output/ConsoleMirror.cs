using System.Text;
using Chat.Server.Log;

namespace Chat.Server.Output;

/// <summary>
/// The room on the server's own terminal: whoever started the server reads along, as one more place in the log. A terminal that does not keep
/// up misses lines, is told how many bytes, and nobody else notices.
/// </summary>
internal sealed class ConsoleMirror(Feed feed, BackgroundWriter output)
{
    /// <summary>Hands over what is new and fits.</summary>
    public void Show()
    {
        if (
            feed.Overtaken
            && output.TryWriteWhole(
                Encoding.UTF8.GetBytes($"-- {feed.Lag} bytes of the conversation are not shown here\n")
            )
        )
            feed.CatchUp();
        while (!feed.Overtaken)
        {
            ReadOnlySpan<byte> owed = feed.Next();
            int taken = owed.IsEmpty ? 0 : output.TryWriteLines(owed);
            feed.Advance(taken);
            if (taken == 0)
                return;
        }
    }
}
