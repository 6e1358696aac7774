using Chat.Protocol;
using Chat.Protocol.Tls;
using Chat.Server.Access;

namespace Chat.Server;

/// <summary>The settings of a server; <see cref="ServerLimits"/> has the defaults and their reasons.</summary>
internal sealed record ServerOptions
{
    /// <summary>Bytes of the log: a power of two.</summary>
    public int LogBytes { get; init; } = ServerLimits.LogBytes;

    /// <summary>Bytes a pass may append to the log before its last line.</summary>
    public int PassBytes
    {
        get => field > 0 ? field : LogBytes / ServerLimits.PassesPerLog - ProtocolLimits.RelayedLineBytes;
        init;
    }

    /// <summary>The rows that newcomers see.</summary>
    public IReadOnlyList<string> Motd { get; init; } = [];

    /// <summary>The most members at once.</summary>
    public int Clients { get; init; } = ProtocolLimits.Clients;

    /// <summary>The most members from one address; loopback is exempt.</summary>
    public int ClientsPerAddress { get; init; } = ServerLimits.ClientsPerAddress;

    /// <summary>The addresses that may connect, beside loopback; empty for all.</summary>
    public IReadOnlyCollection<AddressRange> Allowed { get; init; } = [];

    /// <summary>The keys that give the rights of a host.</summary>
    public HostKeys HostKeys { get; init; }

    /// <summary>The key of the room; null for a room without encryption.</summary>
    public RoomKey? RoomKey { get; init; }

    /// <summary>Why <see cref="RoomKey"/> is for this run only; null if it is kept.</summary>
    public string? RoomKeyLoss { get; init; }

    /// <summary>Other computers may join inside TLS only.</summary>
    public bool IsEncryptedOnly
    {
        get => field || Secret is not null;
        init;
    }

    /// <summary>The secret that newcomers prove; null for an open room.</summary>
    public RoomSecret? Secret { get; init; }

    /// <summary>The file of <see cref="Secret"/> if it was made for this start: the host reads it then.</summary>
    public string? NewSecretFile { get; init; }

    /// <summary>
    /// The addresses that the listeners are bound to, without wildcards. They cannot be banned, and the host's key at
    /// the server's terminal holds for connections from them.
    /// </summary>
    public IReadOnlyCollection<AddressRange> OwnAddresses { get; init; } = [];

    /// <summary>The host sits at the terminal of this server; the place is beside <see cref="Clients"/>.</summary>
    public bool HasHostHere { get; init; }

    /// <summary>Lines a member may send at once after a pause.</summary>
    public int BurstLines { get; init; } = ServerLimits.BurstLines;

    /// <summary>Lines a second from one member; 0 for no limit on lines and bytes.</summary>
    public int LinesPerSecond { get; init; } = ServerLimits.LinesPerSecond;

    /// <summary>Bytes a second from one member.</summary>
    public int BytesPerSecond { get; init; } = ServerLimits.BytesPerSecond;

    /// <summary>Bytes of the log that a search reads at once; the longest line must fit.</summary>
    public int SearchSliceBytes { get; init; } = ServerLimits.SearchSliceBytes;

    /// <summary>Browsers get the page. Otherwise each connection is greeted at once, and HTTP is refused.</summary>
    public bool HasPage { get; init; } = true;

    /// <summary>Names of this server that browsers may use, beside local ones.</summary>
    public IReadOnlyCollection<string> WebHosts { get; init; } = [];

    /// <summary>The room is announced in the network.</summary>
    public bool IsAnnounced { get; init; }

    /// <summary>The name of the room, as others find it.</summary>
    public string RoomName { get; init; } = "";

    /// <summary>The version of this program, for those who find the room.</summary>
    public string Version { get; init; } = "";

    /// <summary>Milliseconds the connection of a rich member may be broken before the leave is announced.</summary>
    public int GraceMilliseconds { get; init; } = ServerLimits.GraceMilliseconds;
}
