using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The system has no descriptor left. Present members go on talking. A new connection gets a line or at least
/// its end. The server does not spin, and accepts again when descriptors are free.
/// </summary>
public sealed class DescriptorTests
{
    [LinuxFact]
    public void Without_free_descriptors_newcomers_are_refused_and_the_room_continues()
    {
        using var server = ChatServerProcess.Start();
        using Peer one = server.Join();
        using Peer two = server.Join();
        // The limit bounds the number of a new descriptor, so the lowest free one must be above it.
        int lowestFree = 0;
        while (new FileInfo($"/proc/{server.Program.Pid}/fd/{lowestFree}").LinkTarget is not null)
            lowestFree++;
        Limit(server, lowestFree);

        for (int i = 0; i < 20; i++)
        {
            using var refused = Peer.Connect(server.EndPoint);
            refused.WaitForEnd();
            Assert.DoesNotContain("Welcome", refused.Text, StringComparison.Ordinal);
        }

        one.SendText("we are still here\n");
        two.WaitForLine(line => line.EndsWith("> we are still here", StringComparison.Ordinal));
        Health.IsAtRest(server.Program);
        AssertSaidAtMostOnceASecond(server);
        Limit(server, 1024);
        Health.Check(server, members: 2);
    }

    [LinuxFact]
    public void A_server_with_few_descriptors_reports_the_number_of_possible_members()
    {
        using Wrapped few = new("""exec prlimit --nofile=40 $CHAT "$@" """);
        using ChatServerProcess server = few.StartServer();
        int most = int.Parse(server.Program.Err.WaitForLine("members at most").Split(' ')[2]);
        Peer[] members = server.JoinAll(most);

        using (var late = Peer.Connect(server.EndPoint))
        {
            late.WaitForEnd();
            Assert.Contains("-- the room is full", Assert.Single(late.Lines), StringComparison.Ordinal);
        }

        foreach (Peer member in members)
            member.Dispose();
        Health.Check(server, members: 0);
    }

    [LinuxFact]
    public void The_server_waits_while_the_system_fails_to_accept()
    {
        // -D makes the tracer the child, so that the process is the server itself.
        using Wrapped traced = new(
            """exec strace -D -f -o "$HERE/trace" -e trace=accept4 -e inject=accept4:error=EMFILE:when=2..9 $CHAT "$@" """
        );
        using ChatServerProcess server = traced.StartServer();
        using Peer first = server.Join();

        using var second = Peer.Connect(server.EndPoint);

        second.WaitForLine(line => line.Contains("you are", StringComparison.Ordinal));
        second.SendText("at last\n");
        first.WaitForLine(line => line.EndsWith("> at last", StringComparison.Ordinal));
        AssertSaidAtMostOnceASecond(server);
        Health.Check(server, members: 2);
    }

    [LinuxFact]
    public void A_system_out_of_watches_keeps_the_connected_members()
    {
        // The first three calls are for the wake-up descriptor, the listener and the first member.
        using Wrapped traced = new(
            """exec strace -D -f -o "$HERE/trace" -e trace=epoll_ctl -e inject=epoll_ctl:error=ENOSPC:when=4 $CHAT "$@" """
        );
        using ChatServerProcess server = traced.StartServer();
        using Peer first = server.Join();

        using (var second = Peer.Connect(server.EndPoint))
        {
            second.WaitForEnd();
            Assert.Equal(
                "-- the server has no room for another connection just now; try again later [chat/1] [later]",
                Assert.Single(second.Lines)
            );
        }
        server.Program.Err.WaitForLine("the system can wait for no more connections");
        using Peer third = server.Join();

        third.SendText("still here\n");
        first.WaitForLine(line => line.EndsWith("> still here", StringComparison.Ordinal));
        Health.Check(server, members: 2);
    }

    [LinuxFact]
    public void If_the_system_cannot_watch_an_address_the_server_says_so_and_opens_no_room()
    {
        using Wrapped traced = new(
            """exec strace -D -f -o "$HERE/trace" -e trace=epoll_ctl -e inject=epoll_ctl:error=ENOSPC:when=2 $CHAT "$@" """
        );
        using RunningProgram server = traced.Start("server", "127.0.0.1", $"{ChatServerProcess.FreePort()}");

        Assert.Equal(1, server.WaitForExit());
        Assert.StartsWith("chat: ", Assert.Single(server.Err.Lines), StringComparison.Ordinal);
    }

    private static void Limit(ChatServerProcess server, int descriptors)
    {
        using RunningProgram prlimit = ToolProcess.Start(
            "prlimit",
            "--pid",
            $"{server.Program.Pid}",
            $"--nofile={descriptors}:"
        );
        Assert.True(prlimit.WaitForExit() == 0, prlimit.Describe());
    }

    /// <summary>The time from the log's stamps, such as 2026-11-22T08:00:00.123Z.</summary>
    private static void AssertSaidAtMostOnceASecond(ChatServerProcess server)
    {
        server.Program.Err.WaitForLine("cannot accept");
        DateTimeOffset[] times = server
            .Program.Err.Lines.Where(line => line.Contains("cannot accept", StringComparison.Ordinal))
            .Select(line => DateTimeOffset.Parse(line.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture))
            .ToArray();
        foreach ((DateTimeOffset earlier, DateTimeOffset later) in times.Zip(times.Skip(1)))
            Assert.True(later - earlier >= TimeSpan.FromMilliseconds(990), server.Program.Err.Describe());
    }
}
