using Chat.Server;
using Chat.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server.History;

/// <summary>
/// A folder with a history, in memory where the system allows it: the test is about the bytes and not about the
/// disk.
/// </summary>
internal sealed class HistoryFolder : IDisposable
{
    private readonly string _folder = Directory
        .CreateDirectory(
            Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"chat-{Guid.NewGuid():n}")
        )
        .FullName;

    /// <summary>The path of the history.</summary>
    public string File => this["history"];

    public string this[string name] => Path.Combine(_folder, name);

    public byte[] Bytes => System.IO.File.ReadAllBytes(File);

    /// <summary>Opens the history without a server.</summary>
    public RoomHistory Open(SteppedServer.LogLines? log = null) =>
        RoomHistory.Open(
            File,
            ServerLimits.SmallestLogBytes,
            long.MaxValue,
            default,
            log ?? new SteppedServer.LogLines()
        );

    /// <summary>A server with this history.</summary>
    public SteppedServer Start(
        long maxBytes = long.MaxValue,
        int logBytes = ServerLimits.SmallestLogBytes,
        int graceMilliseconds = ServerLimits.GraceMilliseconds,
        TestClock? clock = null,
        int searchSliceBytes = ServerLimits.SearchSliceBytes,
        Func<Action, Task>? background = null
    )
    {
        ServerOptions options = new()
        {
            LinesPerSecond = 0,
            LogBytes = logBytes,
            GraceMilliseconds = graceMilliseconds,
            SearchSliceBytes = searchSliceBytes,
        };
        return new SteppedServer(
            Readiness.Epoll,
            options,
            history: (log, now) => RoomHistory.Open(File, logBytes, maxBytes, now, log),
            clock: clock,
            background: background
        );
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
