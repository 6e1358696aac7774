using Chat.Client.Display;
using Chat.Client.Networking;
using Chat.Client.Views;

namespace Chat.Client;

/// <summary>The options of a client.</summary>
/// <param name="Link">Where to, and as whom.</param>
internal sealed record ClientOptions(LinkOptions Link)
{
    /// <summary>Everything that happens as JSON, an object a line; never a terminal's prompt.</summary>
    public bool Json { get; init; }

    /// <summary>Prints nothing but errors; never a terminal's prompt.</summary>
    public bool Quiet { get; init; }

    /// <summary>In a pipe, too, a line that begins with a slash is a command.</summary>
    public bool Commands { get; init; }

    /// <summary>Stays when the input has ended.</summary>
    public bool Listen { get; init; }

    /// <summary>Keeps nothing of what is said in a file.</summary>
    public bool Private { get; init; }

    /// <summary>Uses and keeps what shows a server who this is.</summary>
    public bool KeepsIdentity { get; init; }

    /// <summary>Whether colours are wanted.</summary>
    public ColorChoice Colours { get; init; }

    /// <summary>The options of the terminal view; the environment's are added at the start.</summary>
    public TerminalViewOptions View { get; init; } = new();

    /// <summary>A warning to print first; null without one.</summary>
    public string? Warning { get; init; }
}
