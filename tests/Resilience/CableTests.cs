using System.Text.Json;
using Chat.Tests.Support;

namespace Chat.Tests.Resilience;

/// <summary>
/// A cable is pulled and put back. The network reports nothing, so each end detects the loss by itself, and
/// afterwards both have the whole conversation. The deadlines here bound the time for which a dead link may
/// count as alive.
/// </summary>
public sealed class CableTests
{
    private const string Port = "8082";

    /// <summary>Fifteen seconds of silence, one second to notice, and one for a busy machine.</summary>
    private static readonly TimeSpan DeadWithin = TimeSpan.FromSeconds(15 + 1 + 1);

    /// <summary>Three seconds without an acknowledgement, one to notice, and one for a busy machine.</summary>
    private static readonly TimeSpan SilentWithin = TimeSpan.FromSeconds(3 + 1 + 1);

    /// <summary>Up to 30 s pass between two attempts, and an attempt may take ten.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(60);

    [TwoHostsFact]
    public void No_member_notices_a_cable_that_was_out_for_ten_seconds() =>
        Out(TimeSpan.FromSeconds(10), grace: 30, isNoticed: false);

    [TwoHostsFact]
    public void A_cable_out_for_longer_than_the_grace_is_a_leave_and_a_join_without_loss() =>
        Out(TimeSpan.FromSeconds(22), grace: 3, isNoticed: true);

    /// <summary>With the default grace; too long for every run.</summary>
    [TwoHostsFact(IsLong = true)]
    public void A_cable_out_for_ninety_seconds_is_a_leave_and_a_join_without_loss() =>
        Out(TimeSpan.FromSeconds(90), grace: 30, isNoticed: true);

    [TwoHostsFact]
    public void A_cut_that_reports_nothing_is_noticed_three_seconds_after_a_line()
    {
        using TwoHosts hosts = new();
        using RunningProgram server = Server(hosts, grace: 30);
        using RunningProgram near = Near(hosts);
        using RunningProgram far = Far(hosts);
        far.SendLine("before");
        foreach (RunningProgram? client in new[] { near, far })
            client.Out.WaitForLine("\"before\"");

        hosts.HasNearAddress(false);
        far.SendLine("from far");
        near.SendLine("from near");
        far.Out.WaitForLine("\"state\":\"lost\"", SilentWithin);
        hosts.HasNearAddress(true);

        far.Out.WaitForLine("\"from far\"");
        near.Out.WaitForLine("\"from far\"");
        Assert.Equal(["before", "from near", "from far"], Said(near));
        Assert.Equal(Said(near), Said(far));
        Assert.Equal(["join"], Presence(near, "fay"));
    }

    [TwoHostsFact]
    public void An_address_that_goes_is_noticed_without_a_line_and_one_that_comes_is_used_at_once()
    {
        using TwoHosts hosts = new();
        using RunningProgram server = Server(hosts, grace: 30);
        using RunningProgram far = Far(hosts);
        far.SendLine("before");
        far.Out.WaitForLine("\"before\"");

        // The next heartbeat is seven seconds away.
        hosts.HasFarAddress(false);
        far.Out.WaitForLine("\"state\":\"lost\"", SilentWithin);
        hosts.HasFarAddress(true);

        far.Out.WaitForLine("\"state\":\"joined\"", TimeSpan.FromSeconds(1 + 1 + 1));
    }

    [LinuxFact]
    public void A_server_suspended_longer_than_the_link_timeout_loses_no_member_and_no_line()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram alice = Client(server, "alice");
        using RunningProgram bob = Client(server, "bob");

        server.Program.Signal(Signals.Stop);
        alice.SendLine("said to one asleep");
        alice.Out.WaitForLine("\"state\":\"lost\"", DeadWithin);
        bob.Out.WaitForLine("\"state\":\"lost\"", DeadWithin);
        server.Program.Signal(Signals.Continue);

        foreach (RunningProgram? client in new[] { alice, bob })
            client.Out.WaitForLine("\"state\":\"joined\"", BackWithin);
        bob.SendLine("the end");
        alice.Out.WaitForLine("\"the end\"");
        bob.Out.WaitForLine("\"the end\"");
        Assert.Equal(["said to one asleep", "the end"], Said(alice));
        Assert.Equal(["said to one asleep", "the end"], Said(bob));
        Assert.DoesNotContain(
            alice.Out.Lines,
            line => line.StartsWith("{\"type\":\"leave\"", StringComparison.Ordinal)
        );
    }

    [LinuxFact]
    public void A_killed_server_is_reported_within_a_second()
    {
        using var server = ChatServerProcess.Start();
        using RunningProgram alice = Client(server, "alice");

        server.Program.Kill();

        alice.Out.WaitForLine("\"state\":\"lost\"", TimeSpan.FromSeconds(1));
        alice.Out.WaitForLine("\"state\":\"waiting\",\"retry_ms\":");
    }

    private static void Out(TimeSpan time, int grace, bool isNoticed)
    {
        using TwoHosts hosts = new();
        using RunningProgram server = Server(hosts, grace);
        using RunningProgram near = Near(hosts);
        using RunningProgram far = Far(hosts);
        far.SendLine("before");
        foreach (RunningProgram? client in new[] { near, far })
            client.Out.WaitForLine("\"before\"");

        long back = TimeProvider.System.GetTimestamp();
        hosts.PullOut();
        far.SendLine("from far");
        near.SendLine("from near");
        near.Out.WaitForLine("\"from near\"");
        if (isNoticed)
        {
            far.Out.WaitForLine("\"state\":\"lost\"", DeadWithin);
            server.Err.WaitForLine("fay is away", DeadWithin);
            near.Out.WaitForLine("{\"type\":\"leave\"", TimeSpan.FromSeconds(grace + 2));
        }

        // The length of the break is the test case and not a wait for a condition.
        if (time - TimeProvider.System.GetElapsedTime(back) is { Ticks: > 0 } rest)
            Thread.Sleep(rest);
        hosts.PlugIn();

        near.Out.WaitForLine("\"from far\"", BackWithin);
        far.Out.WaitForLine("\"from far\"", BackWithin);
        near.SendLine("the end");
        foreach (RunningProgram? client in new[] { near, far })
            client.Out.WaitForLine("\"the end\"");
        Assert.Equal(["before", "from near", "from far", "the end"], Said(near));
        Assert.Equal(Said(near), Said(far));
        Assert.Equal(isNoticed ? ["join", "leave", "join"] : (string[])["join"], Presence(near, "fay"));
    }

    private static RunningProgram Server(TwoHosts hosts, int grace)
    {
        RunningProgram server = hosts.StartNear(
            ChatProcess.BinaryPath,
            "server",
            "0.0.0.0",
            Port,
            "--grace",
            $"{grace}",
            "--rate",
            "0"
        );
        server.Out.WaitForLine("-- room open");
        return server;
    }

    private static RunningProgram Near(TwoHosts hosts)
    {
        RunningProgram near = hosts.StartNear(
            ChatProcess.BinaryPath,
            "client",
            "127.0.0.1",
            Port,
            "--name",
            "nell",
            "--json",
            "--listen"
        );
        near.Out.WaitForLine("\"state\":\"joined\"");
        return near;
    }

    private static RunningProgram Far(TwoHosts hosts) =>
        hosts.StartFar(
            ChatProcess.BinaryPath,
            "client",
            TwoHosts.NearAddress,
            Port,
            "--name",
            "fay",
            "--json",
            "--listen"
        );

    private static RunningProgram Client(ChatServerProcess server, string name)
    {
        RunningProgram client = ChatProcess.Start(
            "client",
            server.Address,
            server.Port,
            "--name",
            name,
            "--json",
            "--listen"
        );
        client.Out.WaitForLine("\"state\":\"joined\"");
        return client;
    }

    private static string[] Said(RunningProgram client) =>
        [.. Events(client).Where(one => Text(one, "type") == "say").Select(one => Text(one, "text")!)];

    private static string[] Presence(RunningProgram client, string name) =>
        [
            .. Events(client)
                .Where(one => Text(one, "type") is "join" or "leave" && Text(one, "name") == name)
                .Select(one => Text(one, "type")!),
        ];

    private static IEnumerable<JsonElement> Events(RunningProgram client) =>
        client.Out.Lines.Select(line => JsonDocument.Parse(line).RootElement);

    private static string? Text(JsonElement one, string property) =>
        one.TryGetProperty(property, out JsonElement value) ? value.GetString() : null;
}
