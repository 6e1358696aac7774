using System.Text.Json;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The server's outputs: the room on stdout, the log on stderr or in a file. No fault of an output stops the
/// room, and the conversation appears only on stdout.
/// </summary>
public sealed class ServerOutputTests
{
    private const string Secret = "the treasure is under the oak";

    [Fact]
    public void The_output_is_the_room_and_the_log_records_joins_leaves_and_reasons()
    {
        using var server = ChatServerProcess.Start();
        Visit(server);

        server.Program.Out.WaitForLine("-- guest joined");
        server.Program.Out.WaitForLine("<guest> " + Secret);
        server.Program.Out.WaitForLine("-- guest left");
        server.Program.Err.WaitForLine(line => line.Contains("guest joined from 127.0.0.1:", StringComparison.Ordinal));
        server.Program.Err.WaitForLine(line =>
            line.Contains("guest left from 127.0.0.1:", StringComparison.Ordinal)
            && line.EndsWith(": left", StringComparison.Ordinal)
        );
        using (var rude = Peer.Connect(server.EndPoint))
        {
            rude.WaitForLine(line => line.Contains("you are", StringComparison.Ordinal));
            rude.Reset();
        }

        server.Program.Err.WaitForLine(line => line.EndsWith(": connection reset", StringComparison.Ordinal));
        Assert.DoesNotContain("treasure", server.Program.Err.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_file_is_for_its_owner_and_is_appended_to()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("chat-log-");
        try
        {
            string file = Path.Combine(folder.FullName, "chat.log");
            for (int run = 1; run <= 2; run++)
            {
                using var server = ChatServerProcess.Start("--log", file);
                Visit(server);
                server.Program.Signal(Signals.Terminate);
                Assert.Equal(0, server.Program.WaitForExit());
                Assert.Empty(server.Program.Err.Text);
                string[] lines = File.ReadAllLines(file);
                Assert.Equal(run, lines.Count(line => line.Contains("listening on", StringComparison.Ordinal)));
                Assert.Equal(
                    run,
                    lines.Count(line => line.Contains("joined from 127.0.0.1:", StringComparison.Ordinal))
                );
                Assert.EndsWith("stopped", lines[^1], StringComparison.Ordinal);
                Assert.DoesNotContain(lines, line => line.Contains("treasure", StringComparison.Ordinal));
            }

            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [LinuxFact]
    public void A_truncated_log_continues_from_its_start()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("chat-log-");
        try
        {
            string file = Path.Combine(folder.FullName, "chat.log");
            using var server = ChatServerProcess.Start("--log", file);
            Visit(server);
            Eventually.Is(
                () => File.ReadAllText(file).Contains(" left from ", StringComparison.Ordinal),
                "the visit in the log"
            );

            File.WriteAllText(file, "");
            Visit(server);

            Eventually.Is(
                () => File.ReadAllText(file).Contains(" left from ", StringComparison.Ordinal),
                "the second visit in the log"
            );
            Assert.DoesNotContain('\0', File.ReadAllText(file));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_log_in_JSON_has_one_object_a_line()
    {
        using var server = ChatServerProcess.Start("--log-json");
        Visit(server);
        server.Program.Signal(Signals.Terminate);
        Assert.Equal(0, server.Program.WaitForExit());

        JsonElement[] entries = server.Program.Err.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();

        Assert.All(
            entries,
            entry =>
            {
                Assert.True(entry.GetProperty("time").TryGetDateTimeOffset(out _));
                Assert.EndsWith("Z", entry.GetProperty("time").GetString(), StringComparison.Ordinal);
                Assert.Contains(entry.GetProperty("level").GetString(), (string[])["debug", "info", "warn", "error"]);
                Assert.NotEmpty(entry.GetProperty("message").GetString()!);
            }
        );
        JsonElement left = Assert.Single(entries, entry => entry.GetProperty("event").GetString() == "Left");
        Assert.Equal("guest", left.GetProperty("name").GetString());
        Assert.StartsWith("127.0.0.1:", left.GetProperty("address").GetString(), StringComparison.Ordinal);
        Assert.Equal("left", left.GetProperty("reason").GetString());
        JsonElement stopping = Assert.Single(entries, entry => entry.GetProperty("event").GetString() == "Stopping");
        Assert.Equal(ServerLimits.DrainMilliseconds, stopping.GetProperty("milliseconds").GetInt32());
        Assert.DoesNotContain("treasure", server.Program.Err.Text, StringComparison.Ordinal);
    }

    /// <summary>
    /// The ways in which an output fails: no reader, a closed reader, a full disk, closed from the start.
    /// </summary>
    [LinuxTheory]
    [InlineData("mkfifo $HERE/fifo; exec 7<>$HERE/fifo; exec $CHAT \"$@\" >&7")]
    [InlineData("mkfifo $HERE/fifo; exec 7<>$HERE/fifo; exec $CHAT \"$@\" 2>&7 --log-level Debug")]
    [InlineData("exec $CHAT \"$@\" > >(head -n 1)")]
    [InlineData("exec $CHAT \"$@\" 2> >(head -n 1)")]
    [InlineData("exec $CHAT \"$@\" >/dev/full")]
    [InlineData("exec $CHAT \"$@\" 2>/dev/full")]
    [InlineData("exec $CHAT \"$@\" --log /dev/full")]
    [InlineData("exec $CHAT \"$@\" >&-")]
    [InlineData("exec $CHAT \"$@\" 2>&-")]
    [InlineData("exec $CHAT \"$@\" <&- >&- 2>&-")]
    public void An_output_that_blocks_or_fails_does_not_stall_the_room(string line)
    {
        using Wrapped wrapped = new(line);
        using ChatServerProcess server = wrapped.StartServer("--rate", "0");
        using var speaker = Peer.Connect(server.EndPoint);
        using var listener = Peer.Connect(server.EndPoint);
        listener.WaitForLine(said => said.Contains("you are", StringComparison.Ordinal));

        // More than a pipe and the server's buffer hold.
        for (int i = 0; i < 500; i++)
            speaker.SendText($"line {i} {new string('x', 1000)}\n");

        for (int i = 0; i < 500; i++)
            listener.WaitForLine(said => said.Contains($"> line {i} ", StringComparison.Ordinal));
        // More log lines than are kept, too.
        for (int i = 0; i < 50; i++)
            Visit(server);
        listener.WaitForLine(said => said.Contains("left", StringComparison.Ordinal));
        Health.Check(server, members: 2);
        server.Program.Signal(Signals.Terminate);
        listener.WaitForLine("-- the server is shutting down; goodbye".Equals);
        Assert.Equal(0, server.Program.WaitForExit());
    }

    private static void Visit(ChatServerProcess server)
    {
        using var visitor = Peer.Connect(server.EndPoint);
        visitor.SendText(Secret + "\n/quit\n");
        visitor.WaitForEnd();
    }
}
