using Chat.Protocol;

namespace Chat.Server;

/// <summary>What whoever starts a server may set; the defaults and their reasons stand in <see cref="Limits"/>.</summary>
internal sealed record ServerOptions
{
    /// <summary>Bytes of the log: a power of two.</summary>
    public int LogBytes { get; init; } = Limits.LogBytes;

    /// <summary>Bytes a pass may append to the log.</summary>
    public int PassBytes
    {
        get => field > 0 ? field : LogBytes / Limits.PassesPerLog;
        init;
    }

    /// <summary>Members at once.</summary>
    public int Clients { get; init; } = Limits.Clients;

    /// <summary>Members from one address; the loopback is exempt.</summary>
    public int ClientsPerAddress { get; init; } = Limits.ClientsPerAddress;

    /// <summary>Lines at once after a rest.</summary>
    public int BurstLines { get; init; } = Limits.BurstLines;

    /// <summary>Lines a second from one member; 0 for no bound, on bytes neither.</summary>
    public int LinesPerSecond { get; init; } = Limits.LinesPerSecond;

    /// <summary>Bytes a second from one member.</summary>
    public int BytesPerSecond { get; init; } = Limits.BytesPerSecond;

    /// <summary>Milliseconds a break of a rich member may last before the others learn of it.</summary>
    public int GraceMilliseconds { get; init; } = Limits.GraceMilliseconds;
}
