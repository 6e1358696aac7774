using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Chat.Bench;

/// <summary>A running server on a free port. Its output is discarded; it ends by SIGKILL.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-bench-");

    public ServerProcess(ServerKind kind)
    {
        Port = FreePort();
        // The shell becomes the server. Standard input stays open: ncat ends at its end.
        ProcessStartInfo start = new(
            "/bin/sh",
            ["-c", "exec \"$@\" >/dev/null 2>&1", "sh", .. kind.Prepare(Port, _folder.FullName)]
        )
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
            // A server keeps its key in the home.
            Environment = { ["HOME"] = _folder.FullName, ["XDG_CONFIG_HOME"] = _folder.FullName },
        };
        _process = Cores.Start(start);
        for (Stopwatch watch = Stopwatch.StartNew(); !IsListening(); Thread.Sleep(1))
        {
            if (!_process.HasExited && watch.Elapsed.TotalSeconds < 10)
                continue;
            Dispose();
            throw new MeasurementException($"the server does not listen on port {Port}");
        }
    }

    public int Port { get; }

    /// <summary>CPU time of all threads (proc(5)): schedstat counts nanoseconds, stat hundredths of a second.</summary>
    /// <exception cref="IOException">The server has ended.</exception>
    public double CpuSeconds =>
        Directory
            .EnumerateDirectories($"/proc/{_process.Id}/task")
            .Sum(static task => double.Parse(File.ReadAllText(task + "/schedstat").Split(' ')[0]) / 1e9);

    /// <summary>Resident memory without pages of files (proc(5)): only the first joins load code.</summary>
    /// <exception cref="IOException">The server has ended.</exception>
    public long OwnBytes
    {
        get
        {
            (long resident, long ofFiles) = Memory;
            return resident - ofFiles;
        }
    }

    /// <summary>Resident memory (proc(5)).</summary>
    /// <exception cref="IOException">The server has ended.</exception>
    public long ResidentBytes => Memory.Resident;

    private (long Resident, long OfFiles) Memory
    {
        get
        {
            string[] pages = File.ReadAllText($"/proc/{_process.Id}/statm").Split(' ');
            return (
                long.Parse(pages[1]) * Environment.SystemPageSize,
                long.Parse(pages[2]) * Environment.SystemPageSize
            );
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    // A trial connection would be a login, and some servers end after it. State 0A is LISTEN.
    private bool IsListening() =>
        File.ReadLines("/proc/net/tcp")
            .Any(line => line.Contains($":{Port:X4} 00000000:0000 0A", StringComparison.Ordinal));
}

/// <summary>A figure does not count: a delivery is wrong, a server has ended, or a step took too long.</summary>
internal sealed class MeasurementException(string message) : Exception(message);
