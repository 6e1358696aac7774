using System.Net.Sockets;
using Chat.Client.Discovery;
using Chat.Client.Storage;
using Chat.Protocol;

namespace Chat.Client.Networking;

/// <summary>The options of a <see cref="Link"/>.</summary>
internal sealed record LinkOptions(HostPort To)
{
    /// <summary>Whether the typed host may be the name of a room.</summary>
    public RoomLookup Rooms { get; init; }

    /// <summary>The reason why a room that was found by its name must not be joined; null if it may.</summary>
    public Func<FoundRoom, string?> Refusal { get; init; } = static _ => null;

    /// <summary>The remembered rooms, for a search by a name.</summary>
    public IReadOnlyList<KnownRoom> Known { get; init; } = [];

    /// <summary>The room, if it was found before; null to look up <see cref="To"/>.</summary>
    public FoundRoom? Room { get; init; }

    /// <summary>The connection to begin with; null to make one.</summary>
    public Connector? First { get; init; }

    /// <summary>Treat the server as plain, even if it sends the mark.</summary>
    public bool Plain { get; init; }

    /// <summary>The demands on the encryption.</summary>
    public TrustRules Trust { get; init; } = new();

    /// <summary>The known keys of rooms.</summary>
    public RoomKeys Keys { get; init; } = new(null);

    /// <summary>The room runs in this process, so no word leaves this computer.</summary>
    public bool IsOwnRoom { get; init; }

    /// <summary>The requested name; null lets the server choose.</summary>
    public string? Name { get; init; }

    /// <summary>The name comes from an option, so the client reports if the server gives another.</summary>
    public bool IsNameChosen { get; init; }

    /// <summary>
    /// The number of unacknowledged lines at which no further pasted line is sent. Lines under way cannot be taken
    /// back, and a typed line comes after them.
    /// </summary>
    public int PasteWindowLines { get; init; } = int.MaxValue;

    /// <summary>
    /// The secret of the person, which is never sent: a <see cref="RoomToken"/> stands for it. Null for an anonymous
    /// person, whose name is free after the run.
    /// </summary>
    public UInt128? Identity { get; init; }

    /// <summary>
    /// The token of this person in histories of version 0.1.0; null for none. It is sent within TLS only.
    /// </summary>
    public UInt128? FormerToken { get; init; }

    /// <summary>The secret that identifies this client after a reconnect.</summary>
    public UInt128 Seat { get; } = IdentityFile.NewSecret();

    /// <summary>The key of the host, which the client proves after each welcome; null for none.</summary>
    public UInt128? HostKey { get; init; }

    /// <summary>A person can be asked for the secret.</summary>
    public bool AsksSecret { get; init; }

    /// <summary>The number of earlier lines to request at the first join.</summary>
    public int BacklogLines { get; init; } = ProtocolLimits.BacklogLines;

    /// <summary>Whether a name belongs to an ignored person: /reply does not answer their whispers.</summary>
    public Func<string, bool> Ignores { get; init; } = static _ => false;

    /// <summary>
    /// Whether the peer's system has left bytes unacknowledged for so many milliseconds, of the bytes before the last
    /// so many.
    /// </summary>
    public Func<Socket, long, long, bool> IsAcknowledgementMissing { get; init; } = PeerAcknowledgement.IsMissing;

    /// <summary>Every line is text; a leading slash does not make it a command.</summary>
    public bool Literal { get; init; }

    /// <summary>
    /// The lines come from a script: send nothing to a silent server or to a service that relays no lines.
    /// </summary>
    public bool IsScript { get; init; }

    /// <summary>
    /// End the link if the server accepts nothing for <see cref="TimeoutMilliseconds"/>: no person waits.
    /// </summary>
    public bool GivesUp { get; init; }

    /// <summary>
    /// The milliseconds without progress after which the link ends, once it is finishing or with <see cref="GivesUp"/>.
    /// </summary>
    public int TimeoutMilliseconds { get; init; } = ClientLimits.FarewellMilliseconds;
}
