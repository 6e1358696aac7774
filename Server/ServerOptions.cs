using Chat.Protocol;

namespace Chat.Server;

/// <summary>What whoever starts a server may set; the defaults and their reasons stand in <see cref="ServerLimits"/>.</summary>
internal sealed record ServerOptions
{
    /// <summary>Bytes of the log: a power of two.</summary>
    public int LogBytes { get; init; } = ServerLimits.LogBytes;

    /// <summary>Bytes a pass may append to the log.</summary>
    public int PassBytes
    {
        get => field > 0 ? field : LogBytes / ServerLimits.PassesPerLog;
        init;
    }

    /// <summary>Members at once.</summary>
    public int Clients { get; init; } = ProtocolLimits.Clients;

    /// <summary>Members from one address; the loopback is exempt.</summary>
    public int ClientsPerAddress { get; init; } = ServerLimits.ClientsPerAddress;

    /// <summary>Lines at once after a rest.</summary>
    public int BurstLines { get; init; } = ServerLimits.BurstLines;

    /// <summary>Lines a second from one member; 0 for no bound, on bytes neither.</summary>
    public int LinesPerSecond { get; init; } = ServerLimits.LinesPerSecond;

    /// <summary>Bytes a second from one member.</summary>
    public int BytesPerSecond { get; init; } = ServerLimits.BytesPerSecond;

    /// <summary>Milliseconds a break of a rich member may last before the others learn of it.</summary>
    public int GraceMilliseconds { get; init; } = ServerLimits.GraceMilliseconds;
}
