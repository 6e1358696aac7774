using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The state of a server after each test: it runs, is idle, has released its resources, passes a line, accepts
/// a client, and has printed no stack.
/// </summary>
internal sealed class Health
{
    private const long GrowthBytes = 16 * 1024 * 1024;

    /// <summary>The listener, and the descriptors in reserve.</summary>
    private const int OwnSockets = 2;

    /// <summary>The CPU time of an idle server in this period: two hundredths, and one clock step.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan CpuInWindow = TimeSpan.FromMilliseconds(20 + 10);

    private readonly ChatServerProcess _server;
    private readonly int _descriptors;
    private readonly long _rss;

    /// <summary>Stores the size of an empty server.</summary>
    public Health(ChatServerProcess server)
    {
        _server = server;
        // The first client makes the server allocate its tables. It says no line that would be in a later
        // backlog.
        using (var visitor = Peer.Connect(server.EndPoint))
        {
            visitor.SendText("/quit\n");
            visitor.WaitForEnd();
        }

        Eventually.Is(() => Sockets(server) == OwnSockets, "the end of the probe");
        (_descriptors, _rss) = (server.Program.OpenDescriptors, server.Program.Rss);
    }

    /// <summary>Compares the server with the stored state.</summary>
    /// <param name="members">The number of open connections.</param>
    public void Check(int members)
    {
        RunningProgram program = _server.Program;
        Check(_server, members);
        Eventually.Is(
            () => program.OpenDescriptors == _descriptors + members,
            $"{_descriptors} + {members} descriptors",
            seen: () => $"{program.OpenDescriptors}"
        );
        Eventually.Is(
            () => program.Rss <= _rss + GrowthBytes,
            $"at most {_rss} + {GrowthBytes} bytes",
            seen: () => $"{program.Rss}"
        );
    }

    /// <summary>The checks that need no stored state.</summary>
    public static void Check(ChatServerProcess server, int members)
    {
        RunningProgram program = server.Program;
        Assert.False(program.HasExited, program.Describe());
        // A closed connection must free its slot.
        Eventually.Is(
            () => Sockets(server) == OwnSockets + members,
            $"{members} connections beside its own {OwnSockets} sockets",
            seen: () => $"{Sockets(server)}"
        );
        Probe(server);
        Eventually.Is(
            () => Sockets(server) == OwnSockets + members,
            $"{members} connections beside its own {OwnSockets} sockets",
            seen: () => $"{Sockets(server)}"
        );
        IsAtRest(program);
        Assert.DoesNotContain("   at ", program.Err.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("nhandled", program.Err.Text, StringComparison.Ordinal);
    }

    /// <summary>An idle server uses almost no CPU. It may finish earlier work first, for a limited time.</summary>
    public static void IsAtRest(RunningProgram program) =>
        Eventually.Is(
            () =>
            {
                TimeSpan before = program.CpuTime;
                Thread.Sleep(Window);
                return program.CpuTime - before <= CpuInWindow;
            },
            $"{CpuInWindow.TotalMilliseconds} ms of CPU in {Window.TotalSeconds} s"
        );

    // A new nc joins and says a line, and another receives it.
    private static void Probe(ChatServerProcess server)
    {
        string word = $"probe {Guid.NewGuid():N}";
        using var hears = Peer.Connect(server.EndPoint);
        hears.WaitForLine(line => line.Contains("you are", StringComparison.Ordinal));
        using RunningProgram nc = ToolProcess.Start("nc", server.Address, server.Port);
        nc.Out.WaitForLine("you are");
        nc.SendLine(word);
        hears.WaitForLine(line => line.EndsWith("> " + word, StringComparison.Ordinal));
        hears.SendText(word + "\n");
        nc.Out.WaitForLine("> " + word);
    }

    private static int Sockets(ChatServerProcess server) =>
        Directory.GetFileSystemEntries($"/proc/{server.Program.Pid}/fd").Count(IsSocket);

    private static bool IsSocket(string descriptor) =>
        new FileInfo(descriptor).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) ?? false;
}
