using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// What must be true of a server after everything that was done to it: it runs, it is at rest, it has let go of what it held, a line passes,
/// somebody new can join, and it has not shown a stack.
/// </summary>
internal sealed class Health
{
    private const long GrowthBytes = 16 * 1024 * 1024;

    /// <summary>The listener and what is held in reserve for when descriptors run out.</summary>
    private const int OwnSockets = 2;

    /// <summary>CPU over this time, an idle server's: two hundredths, and one step of the clock that counts it.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan CpuInWindow = TimeSpan.FromMilliseconds(20 + 10);

    private readonly ChatServerProcess _server;
    private readonly int _descriptors;
    private readonly long _rss;

    /// <summary>Remembers a server's size; nobody may be in it.</summary>
    public Health(ChatServerProcess server)
    {
        _server = server;
        // A first visitor, so that what the server allocates for one is in the base. It says nothing that newcomers would be shown.
        using (var visitor = Peer.Connect(server.EndPoint))
        {
            visitor.SendText("/quit\n");
            visitor.WaitForEnd();
        }

        Eventually.Is(() => Sockets(server) == OwnSockets, "the probe to be gone");
        (_descriptors, _rss) = (server.Program.OpenDescriptors, server.Program.Rss);
    }

    /// <summary>Everything, held against what was remembered.</summary>
    /// <param name="members">Connections that are open now.</param>
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

    /// <summary>What needs no memory of an earlier state.</summary>
    public static void Check(ChatServerProcess server, int members)
    {
        RunningProgram program = server.Program;
        Assert.False(program.HasExited, program.Describe());
        // Nobody who has gone may take the place of somebody new.
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

    /// <summary>Costs next to nothing while nobody speaks. Busy with what was just done it may be, but not for ever.</summary>
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

    // A new nc joins, says a line, and another hears it.
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
