using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>Faults and attacks of peers. <see cref="Health"/> checks the server after each.</summary>
public sealed class FaultTests
{
    [LinuxFact]
    public void Every_way_of_leaving_is_announced_once()
    {
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using Peer stays = server.Join();
        Peer[] leavers = [.. Enumerable.Range(0, 12).Select(_ => server.Join())];
        foreach (Peer leaver in leavers)
            stays.WaitForLine(line => line.EndsWith(" joined", StringComparison.Ordinal));

        for (int i = 0; i < leavers.Length; i++)
        {
            if (i % 2 == 0)
                leavers[i].Reset();
            else
                leavers[i].Leave();
        }

        foreach (Peer leaver in leavers)
            stays.WaitForLine(line => line.Contains(" left", StringComparison.Ordinal));
        health.Check(members: 1);
        string[] left = stays
            .Lines.Where(line => line.Contains(" left", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[1])
            .ToArray();
        Assert.Equal(
            left.Order(StringComparer.Ordinal),
            left.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
        );
    }

    [LinuxFact]
    public void Writing_to_a_closed_peer_is_harmless()
    {
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using Peer speaker = server.Join();
        for (int round = 0; round < 10; round++)
        {
            using Peer goes = server.Join();
            goes.StopReading();
            goes.Reset();
            speaker.SendText($"are you there, {round}?\n");
        }

        server.Program.Out.WaitForLine("are you there, 9?");
        health.Check(members: 1);
    }

    [LinuxFact]
    public void Resets_before_the_accept_are_harmless()
    {
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using Peer stays = server.Join();
        server.Program.Signal(Signals.Stop);
        for (int i = 0; i < 100; i++)
        {
            using var hasty = Peer.Connect(server.EndPoint);
            hasty.SendText("hello?\n");
            hasty.Reset();
        }

        server.Program.Signal(Signals.Continue);

        health.Check(members: 1);
    }

    [LinuxFact]
    public void Bytes_without_a_line_feed_are_bounded_and_not_delivered()
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        Health health = new(server);
        using Peer others = server.Join();
        using Peer endless = server.Join();
        endless.SendText(new string('y', 600));
        Health.IsAtRest(server.Program);

        try
        {
            for (int i = 0; i < 200; i++)
                endless.SendText(new string('y', 1000));
        }
        catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // The server closed the connection during its input.
        }

        endless.WaitForEnd();
        others.WaitForLine(line => line.EndsWith("left (sent away)", StringComparison.Ordinal));
        Assert.Contains("a line is at most 4096 bytes", endless.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("yy", others.Text, StringComparison.Ordinal);
        endless.Dispose();
        health.Check(members: 1);
    }

    [LinuxTheory]
    [InlineData("GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: secret\r\n\r\n", "there is no such page")]
    [InlineData("POST /x HTTP/1.0\r\nContent-Length: 9\r\n\r\nlet me in\n", "a request has no body here")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "no SSH here")]
    public void A_foreign_protocol_gets_a_hint_and_the_room_sees_nothing(string words, string hint)
    {
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using Peer ear = server.Join();
        ear.SendText("/nick ear\n");
        ear.WaitForLine(line => line.EndsWith(" is now ear", StringComparison.Ordinal));
        int heard = ear.Lines.Count;
        using var lost = Peer.Connect(server.EndPoint);

        lost.SendBytes(Encoding.Latin1.GetBytes(words));
        lost.WaitForEnd();

        Assert.Equal(SocketError.Success, lost.Error);
        Assert.Contains(hint, lost.Lines[^1], StringComparison.Ordinal);
        lost.Dispose();
        using Peer last = server.Join();
        last.SendText("the end\n");
        ear.WaitForLine(line => line.EndsWith("> the end", StringComparison.Ordinal));
        Assert.Equal(["-- guest joined", "<guest> the end"], ear.Lines.Skip(heard));
        health.Check(members: 2);
    }

    [LinuxFact]
    public void A_thousand_come_at_once_and_all_are_greeted()
    {
        const int Crowd = 1000;
        using var server = ChatServerProcess.Start();
        Health health = new(server);
        using Peer stays = server.Join();
        stays.SendText("/nick stays\n");
        stays.WaitForLine(line => line.EndsWith(" is now stays", StringComparison.Ordinal));
        string[] before = [.. stays.Lines];

        Peer[] crowd = [.. Enumerable.Range(0, Crowd).AsParallel().Select(_ => Peer.Connect(server.EndPoint))];
        foreach (Peer one in crowd)
            one.WaitForLine(line => line.Contains("you are guest", StringComparison.Ordinal));

        // Above twenty a second, joins and leaves are counted and not named; a join and a leave in one second
        // cancel. A client that closes with unread bytes resets the connection, and its leave line says so.
        int Told(string what) =>
            stays
                .Lines.Skip(before.Length)
                .Count(line =>
                    line.StartsWith("-- guest", StringComparison.Ordinal)
                    && line.Contains(what, StringComparison.Ordinal)
                ) + stays.Lines.Skip(before.Length).Select(line => Counted(line, what.Trim())).Sum();
        stays.WaitFor(() => Told(" joined") >= Crowd, "every join, named or counted");
        foreach (Peer one in crowd)
            one.Dispose();
        stays.WaitFor(() => Told(" left") >= Crowd, "every leave, named or counted");
        Assert.Equal(Crowd, Told(" joined"));
        Assert.Equal(Crowd, Told(" left"));
        Assert.InRange(stays.Lines.Count, 3, Crowd);
        health.Check(members: 1);
    }

    /// <summary>The numbers in <c>-- 12 joined, 34 left; 5 here now</c>.</summary>
    private static int Counted(string line, string what) =>
        line.EndsWith(" here now", StringComparison.Ordinal)
            ? line[3..line.IndexOf(';')]
                .Split(", ")
                .Where(part => part.EndsWith(what, StringComparison.Ordinal))
                .Sum(part => int.Parse(part.Split(' ')[0], CultureInfo.InvariantCulture))
            : 0;
}
