using Chat.Client.Display;
using Chat.Client.Networking;
using Chat.Client.Storage;
using Chat.Client.Views;

namespace Chat.Client;

/// <summary>The options of a client.</summary>
/// <param name="Link">The options of the link: address, name and secrets.</param>
internal sealed record ClientOptions(LinkOptions Link)
{
    /// <summary>Prints every event as JSON, one object a line. Implies no prompt.</summary>
    public bool Json { get; init; }

    /// <summary>Prints only errors. Implies no prompt.</summary>
    public bool Quiet { get; init; }

    /// <summary>Says the whole input as one message. Implies no prompt.</summary>
    public bool Snippet { get; init; }

    /// <summary>Parses a line that begins with a slash as a command in a pipe too.</summary>
    public bool Commands { get; init; }

    /// <summary>Keeps the connection after the end of input.</summary>
    public bool Listen { get; init; }

    /// <summary>Writes no typed line to the history file.</summary>
    public bool Private { get; init; }

    /// <summary>Reads and creates the identity file.</summary>
    public bool KeepsIdentity { get; init; }

    /// <summary>The form of desktop notices; null for the one that the terminal takes.</summary>
    public NoticeKind? Notify { get; init; }

    /// <summary>The value of --color.</summary>
    public ColorChoice Colours { get; init; }

    /// <summary>The options of the terminal view. <see cref="ClientRole"/> adds those from the environment.</summary>
    public TerminalViewOptions View { get; init; } = new();

    /// <summary>The rooms that the person has joined.</summary>
    public KnownRooms Known { get; init; } = new(null);

    /// <summary>The room of this process, if this is its host's client; otherwise null.</summary>
    public OwnRoom? Own { get; init; }

    /// <summary>Words about the room to print first; null without any.</summary>
    public string? Notice { get; init; }

    /// <summary>What was typed before the room was chosen, by reads.</summary>
    public IReadOnlyList<byte[]> Typed { get; init; } = [];

    /// <summary>A warning to print first; null without one.</summary>
    public string? Warning { get; init; }
}
