using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The history of the published binary on a full or failing disk, and a server killed between any two writes.
/// The room goes on, one line reports the fault, and the file holds each whole line once.
/// </summary>
public sealed class HistoryDiskTests
{
    private const string Fails = "the history is not written to ",
        GoesOn = "again, with everything since";

    [SmallDiskFact]
    public void On_a_full_disk_the_room_continues_and_its_lines_are_written_when_there_is_room()
    {
        using SmallDisk disk = new(kilobytes: 64);
        string file = disk["history"];
        int said = 0;
        using (var server = ChatServerProcess.Start("--history", file, "--rate", "0"))
        {
            using Peer one = server.Join();
            using Peer two = server.Join();
            Eventually.Is(
                () =>
                {
                    Talk(one, two, ref said);
                    return server.Program.Err.Text.Contains(Fails, StringComparison.Ordinal);
                },
                "the disk to be full",
                seen: server.Program.Describe
            );
            for (int second = 0; second < 3; second++)
            {
                Talk(one, two, ref said);
                Thread.Sleep(TimeSpan.FromSeconds(1));
            }

            Assert.Single(server.Program.Err.Lines, line => line.Contains(Fails, StringComparison.Ordinal));
            Eventually.Is(() => Read(file).EndsWith('\n'), "no torn line in the file");
            Assert.InRange(Count(file), 1, said - 3);

            disk.Resize(kilobytes: 4096);
            Talk(one, two, ref said);
            server.Program.Err.WaitForLine(GoesOn);
            Talk(one, two, ref said);
            Eventually.Is(() => Count(file) == said, $"{said} lines in the file");
            Health.Check(server, members: 2);
            server.Program.Kill();
        }

        AssertEachOnce(file, said);
        using var again = ChatServerProcess.Start("--history", file);
        using Peer newcomer = again.Join();
        newcomer.WaitForLine(
            line => line.StartsWith($"<guest> line {said - 1} ", StringComparison.Ordinal),
            "the last line"
        );
    }

    [SmallDiskFact]
    public void A_history_that_cannot_be_created_is_reported_and_is_created_when_there_is_room()
    {
        using SmallDisk disk = new(kilobytes: 16);
        disk.Fill();
        using (
            RunningProgram server = ChatProcess.Start(
                "server",
                "127.0.0.1",
                $"{ChatServerProcess.FreePort()}",
                "--history",
                disk["history"]
            )
        )
        {
            Assert.Equal(1, server.WaitForExit());
            Assert.StartsWith(
                $"chat: cannot keep the history in {disk["history"]}: ",
                Assert.Single(server.Err.Lines),
                StringComparison.Ordinal
            );
        }

        disk.MakeRoom();
        using var again = ChatServerProcess.Start("--history", disk["history"]);
        Health.Check(again, members: 0);
    }

    [LinuxFact]
    public void A_disk_that_fails_for_a_while_is_retried_without_loss()
    {
        using Wrapped traced = new(
            """exec strace -D -f -o "$HERE/trace" -e trace=pwrite64 -e inject=pwrite64:error=EIO:when=4..6 $CHAT "$@" """
        );
        int said = 0;
        using ChatServerProcess server = traced.StartServer("--history", traced["history"], "--rate", "0");
        using Peer one = server.Join();
        using Peer two = server.Join();
        Eventually.Is(
            () =>
            {
                Talk(one, two, ref said);
                Thread.Sleep(TimeSpan.FromMilliseconds(100));
                return server.Program.Err.Text.Contains(GoesOn, StringComparison.Ordinal);
            },
            "the history to go on",
            seen: server.Program.Describe
        );

        Assert.Single(server.Program.Err.Lines, line => line.Contains(Fails, StringComparison.Ordinal));
        Talk(one, two, ref said);
        Eventually.Is(() => Count(traced["history"]) == said, $"{said} lines in the file");
        AssertEachOnce(traced["history"], said);
    }

    [LinuxTheory]
    [InlineData("pwrite64", 6)]
    [InlineData("pwrite64", 8)]
    [InlineData("sendto", 12)]
    [InlineData("sendto", 13)]
    [InlineData("recvfrom", 12)]
    public void A_kill_at_any_call_loses_no_line_that_was_delivered(string call, int time)
    {
        using Wrapped traced = new(
            $"""exec strace -D -f -o "$HERE/trace" -e trace={call} -e inject={call}:signal=SIGKILL:when={time} $CHAT "$@" """
        );
        List<string> seen = [];
        using (ChatServerProcess server = traced.StartServer("--history", traced["history"], "--rate", "0"))
        {
            using var one = Peer.Connect(server.EndPoint);
            using var two = Peer.Connect(server.EndPoint);
            for (int i = 0; !one.Ended && !two.Ended; i++)
            {
                Eventually.Is(
                    () => Try(() => one.SendText($"one {i}\n")) && Try(() => two.SendText($"two {i}\n")),
                    "both sends, or the end of the server"
                );
                one.Pump();
                two.Pump();
            }

            two.WaitForEnd();
            one.WaitForEnd();
            Assert.Equal(128 + (int)Signals.Kill, server.Program.WaitForExit());
            foreach (string? line in one.Lines.Concat(two.Lines).Where(line => line.StartsWith('<')))
                seen.Add(line[(line.IndexOf('>', StringComparison.Ordinal) + 2)..]);
        }

        ChatServerProcess.Start("--history", traced["history"]).Dispose();
        Assert.NotEmpty(seen);
        string[] written = File.ReadAllLines(traced["history"]);
        Assert.All(
            seen,
            line => Assert.Single(written, other => other.EndsWith($" 0 {line}", StringComparison.Ordinal))
        );
    }

    // Also true after the other end closed.
    private static bool Try(Action send)
    {
        try
        {
            send();
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The read finds the end.
        }

        return true;
    }

    // Each line fills most of a page and arrives before the next one is sent.
    private static void Talk(Peer from, Peer to, ref int said)
    {
        string word = $"line {said++} ";
        from.SendText(word + new string('x', 3000) + "\n");
        to.WaitForLine(line => line.Contains(word, StringComparison.Ordinal), "the line");
    }

    private static void AssertEachOnce(string file, int said)
    {
        string text = Read(file);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        string[] lines = [.. text.Split('\n').Where(line => line.Contains(" line ", StringComparison.Ordinal))];
        Assert.Equal(
            Enumerable.Range(0, said),
            lines.Select(line => int.Parse(line.Split(' ')[6], System.Globalization.CultureInfo.InvariantCulture))
        );
        Assert.All(lines, line => Assert.EndsWith(new string('x', 3000), line, StringComparison.Ordinal));
    }

    private static int Count(string file) =>
        Read(file).Split('\n').Count(line => line.Contains(" line ", StringComparison.Ordinal));

    // .NET respects the server's lock and cannot open the file; cat ignores the lock.
    private static string Read(string file)
    {
        using RunningProgram cat = ToolProcess.Start("cat", file);
        cat.WaitForExit();
        return cat.Out.Text;
    }
}
