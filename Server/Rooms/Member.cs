using Chat.Server.Access;
using Chat.Server.Log;

namespace Chat.Server.Rooms;

/// <summary>A connection that is in the room.</summary>
/// <param name="person">The person behind the connection.</param>
/// <param name="seat">The client of that person; null for a plain tool.</param>
/// <param name="feed">The output that this member has not received yet.</param>
internal sealed class Member(User person, Seat? seat, Feed feed)
{
    public User Person { get; } = person;

    public Seat? Seat { get; } = seat;

    public Feed Feed { get; } = feed;

    public string Name => Person.Name;

    /// <summary>The other end of the connection; null for none.</summary>
    public PeerAddress? Peer { get; init; }

    /// <summary>The address of <see cref="Peer"/>.</summary>
    public AddressRange Address => Peer?.Range ?? default;

    /// <summary>Whether a ban of these addresses applies to this member. This computer is never banned.</summary>
    public bool IsIn(AddressRange range) => Peer is { IsThisMachine: false } && range.Contains(Address);

    /// <summary>Whether these addresses include one of this computer, which this member has called.</summary>
    public bool IsOnThisMachine(AddressRange range) => Peer is { IsThisMachine: true } && range.Contains(Address);

    /// <summary>The name that the client asked for; null for none.</summary>
    public string? AskedName { get; init; }

    /// <summary>The connection is inside TLS.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>Others in the network can read what this connection carries, although the room offers TLS.</summary>
    public bool IsInClear { get; init; }

    /// <summary>This connection has proved the key of the host.</summary>
    public bool HasProved { get; set; }

    /// <summary>This connection has the rights of a host.</summary>
    public bool IsHost => HasProved || Person.IsOp;

    /// <summary>The name in lines of this connection: with the mark only if it has the rights itself.</summary>
    public string ShownName => IsHost ? Person.ShownName : Person.Name;

    /// <summary>The number for the next proof of the host's key, used once; null without one.</summary>
    public string? Challenge { get; set; }

    /// <summary>
    /// Uptime in milliseconds at which this member was last told that it is muted. The start value lets the first
    /// notice through.
    /// </summary>
    public long MutedToldAt { get; set; } = -ServerLimits.MutedEveryMilliseconds;

    /// <summary>Wrong proofs of the host's key.</summary>
    public int WrongProofs { get; set; }

    /// <summary>The reason for which a host has removed this member; null for none.</summary>
    public string? RemovedBecause { get; set; }

    /// <summary>The number of the request that is being answered; 0 for none.</summary>
    public long Answering { get; set; }
}
