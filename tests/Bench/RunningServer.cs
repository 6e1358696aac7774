using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Chat.Bench;

/// <summary>
/// A server on a port of its own, whose output goes nowhere. Ended by being killed: it has nothing that is worth
/// keeping.
/// </summary>
internal sealed class RunningServer : IDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-bench-");

    public RunningServer(Contender contender)
    {
        Port = FreePort();
        Stopwatch watch = Stopwatch.StartNew();
        // The shell becomes the server, so the process is the server's. Its input stays open and silent: ncat takes the
        // end of it for its own.
        ProcessStartInfo start = new(
            "/bin/sh",
            ["-c", "exec \"$@\" >/dev/null 2>&1", "sh", .. contender.Command(Port, _folder.FullName)]
        )
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        using Cores others = Cores.OfServers();
        _process = Process.Start(start) ?? throw new Win32Exception($"{contender.Name} does not start");
        while (!Listens())
        {
            if (_process.HasExited || watch.Elapsed.TotalSeconds > 10)
            {
                Dispose();
                throw new TimeoutException($"{contender.Name} does not listen on port {Port}");
            }
            Thread.Sleep(1);
        }
        StartUp = watch.Elapsed;
    }

    public int Port { get; }

    /// <summary>From the start of the process until it listened.</summary>
    public TimeSpan StartUp { get; }

    public bool HasExited => _process.HasExited;

    /// <exception cref="TimeoutException">It has ended: nobody may be taken for frugal because of that.</exception>
    public ProcessCost Cost =>
        _process.HasExited
            ? throw new TimeoutException("it is to be measured and is not there")
            : ProcessCost.Of(_process.Id);

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

    // Asked of the system rather than by a connection, of which some servers die when nothing more comes of it. State
    // 0A is LISTEN.
    private bool Listens() =>
        File.ReadLines("/proc/net/tcp")
            .Any(line => line.Contains($":{Port:X4} 00000000:0000 0A", StringComparison.Ordinal));
}
