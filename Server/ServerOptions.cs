using Chat.Protocol;

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

    /// <summary>The most members at once.</summary>
    public int Clients { get; init; } = ProtocolLimits.Clients;

    /// <summary>The most members from one address; loopback is exempt.</summary>
    public int ClientsPerAddress { get; init; } = ServerLimits.ClientsPerAddress;

    /// <summary>Lines a member may send at once after a pause.</summary>
    public int BurstLines { get; init; } = ServerLimits.BurstLines;

    /// <summary>Lines a second from one member; 0 for no limit on lines and bytes.</summary>
    public int LinesPerSecond { get; init; } = ServerLimits.LinesPerSecond;

    /// <summary>Bytes a second from one member.</summary>
    public int BytesPerSecond { get; init; } = ServerLimits.BytesPerSecond;

    /// <summary>Bytes of the log that a search reads at once; the longest line must fit.</summary>
    public int SearchSliceBytes { get; init; } = ServerLimits.SearchSliceBytes;

    /// <summary>Milliseconds the connection of a rich member may be broken before the leave is announced.</summary>
    public int GraceMilliseconds { get; init; } = ServerLimits.GraceMilliseconds;
}
