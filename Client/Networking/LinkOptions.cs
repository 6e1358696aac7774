using Chat.Client.Storage;
using Chat.Protocol;

namespace Chat.Client.Networking;

/// <summary>How a client comes into a room.</summary>
internal sealed record LinkOptions(HostPort To)
{
    /// <summary>Take the server for a plain one whatever it says.</summary>
    public bool Plain { get; init; }

    /// <summary>The name wanted; null for none in particular.</summary>
    public string? Name { get; init; }

    /// <summary>The person asked for that name with an option, and is told when they do not get it.</summary>
    public bool IsNameChosen { get; init; }

    /// <summary>
    /// Lines of a paste that may be under way to a server of ours, not yet acknowledged. What is under way cannot be
    /// taken back, and a line typed meanwhile comes after it.
    /// </summary>
    public int PasteWindowLines { get; init; } = int.MaxValue;

    /// <summary>
    /// The secret that shows which person this is. Equal to <see cref="Seat"/>: a person of this run alone, who holds
    /// no name after it.
    /// </summary>
    public UInt128 Token { get; init; } = IdentityFile.NewSecret();

    /// <summary>The secret that shows that it is the same client after a break.</summary>
    public UInt128 Seat { get; } = IdentityFile.NewSecret();

    /// <summary>Lines of the conversation so far that are wanted at the beginning.</summary>
    public int BacklogLines { get; init; } = ProtocolLimits.BacklogLines;

    /// <summary>The ignored people: a reply to the last whisper does not go to them.</summary>
    public Func<string, bool> Ignores { get; init; } = static _ => false;

    /// <summary>Every line said is text, whatever it begins with.</summary>
    public bool Literal { get; init; }

    /// <summary>
    /// The lines come from a script. It says nothing to a server that has said nothing, or that is known to relay no
    /// lines.
    /// </summary>
    public bool IsScript { get; init; }

    /// <summary>No person waits: a server that takes nothing is given up.</summary>
    public bool GivesUp { get; init; }

    /// <summary>
    /// Milliseconds in which the server may take nothing, once everything has been said or with <see cref="GivesUp"/>.
    /// </summary>
    public int TimeoutMilliseconds { get; init; } = ClientLimits.FarewellMilliseconds;
}
