using System.Globalization;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>The cost of an idle connection, and of a member that does not read.</summary>
public sealed class IdleTests
{
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(3);

    [LinuxFact]
    public void A_hundred_silent_connections_cost_one_tick_a_second()
    {
        using var server = ChatServerProcess.Start();
        Peer[] members = server.JoinAll(100);
        Health.IsAtRest(server.Program);

        // One more wake-up if the period starts just before a tick.
        AssertWakesAtMost(server.Program.Pid, times: (int)Watched.TotalSeconds + 1);
        foreach (Peer member in members)
            member.Dispose();
    }

    [LinuxFact]
    public void A_client_at_a_silent_server_sleeps()
    {
        using var server = ChatServerProcess.Start();
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", server.Address, server.Port]);
        pty.WaitForText("kim>");
        using RunningProgram piped = ChatProcess.Start(
            "client",
            server.Address,
            server.Port,
            "--name",
            "lee",
            "--no-identity"
        );
        piped.Out.WaitForLine("kim joined");
        pty.WaitForText("lee");

        AssertWakesAtMost(pty.Pid, times: 1);
        AssertWakesAtMost(piped.Pid, times: 1);
    }

    [LinuxFact]
    public void A_peer_that_never_reads_costs_the_others_nothing()
    {
        using var server = ChatServerProcess.Start("--rate", "0", "--ring", "65536");
        Health health = new(server);
        using Peer stalled = server.Join(receiveBufferBytes: 2048);
        stalled.StopReading();
        using var speaker = Peer.Connect(server.EndPoint);
        using Peer listener = server.Join();

        // More than the system buffers for a peer that does not read, plus one ring.
        for (int i = 0; i < 3000; i++)
        {
            speaker.SendText($"line {i} {new string('x', 4000)}\n");
            if (i % 50 == 49)
                listener.WaitForLine(line => line.Contains($"> line {i} ", StringComparison.Ordinal));
        }

        Assert.Equal(3000, listener.Lines.Count(line => line.Contains("> line ", StringComparison.Ordinal)));
        server.Program.Err.WaitForLine("fell too far behind");
        health.Check(members: 2);
    }

    /// <summary>
    /// Wake-ups are the voluntary context switches of the process's threads, counted by the kernel.
    /// </summary>
    private static void AssertWakesAtMost(int pid, int times)
    {
        // The last input may still be in progress. A busy program is busy in every window.
        int woken = int.MaxValue;
        for (int window = 0; window < 3 && woken > times; window++)
        {
            int before = Switches(pid);
            Thread.Sleep(Watched);
            woken = Switches(pid) - before;
        }

        Assert.InRange(woken, 0, times);
    }

    private static int Switches(int pid) =>
        Directory
            .GetDirectories($"/proc/{pid}/task")
            .Sum(thread =>
                int.Parse(
                    File.ReadLines(Path.Combine(thread, "status"))
                        .First(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal))
                        .Split(':')[1],
                    CultureInfo.InvariantCulture
                )
            );
}
