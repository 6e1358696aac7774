using System.Net.Sockets;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The server's end: in order at the first signal, at once at the second, and not at a hang-up of a foreign
/// terminal.
/// </summary>
public sealed class ServerEndTests
{
    private const string Goodbye = "-- the server is shutting down; goodbye";

    [LinuxTheory]
    [InlineData((int)Signals.Terminate)]
    [InlineData((int)Signals.Interrupt)]
    public void A_signal_ends_the_room_after_all_output_was_delivered(int signal)
    {
        using var server = ChatServerProcess.Start("--rate", "0");
        using Peer speaker = server.Join();
        using Peer slow = server.Join();
        slow.StopReading();
        for (int i = 0; i < 1000; i++)
            speaker.SendText($"line {i} {new string('x', 200)}\n");
        server.Program.Out.WaitForLine("> line 999 ");

        server.Program.Signal((Signals)signal);
        speaker.WaitForLine(line => line == Goodbye);
        speaker.WaitForEnd();
        slow.ReadAgain();
        slow.WaitForEnd();

        Assert.Equal(0, server.Program.WaitForExit());
        Assert.Equal(SocketError.Success, speaker.Error);
        Assert.Equal(SocketError.Success, slow.Error);
        Assert.Equal(1000, slow.Lines.Count(line => line.Contains("> line ", StringComparison.Ordinal)));
        Assert.Equal(Goodbye, slow.Lines[^1]);
        Assert.Equal(Goodbye, server.Program.Out.Lines[^1]);
        Assert.EndsWith("stopped", server.Program.Err.Lines[^1], StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_peer_that_reads_nothing_does_not_keep_the_server_from_ending()
    {
        using ChatServerProcess server = StartRoomy();
        using Peer stalled = Stalled(server);

        server.Program.Signal(Signals.Terminate);

        Assert.Equal(0, server.Program.WaitForExit());
    }

    [LinuxTheory]
    [InlineData((int)Signals.Terminate)]
    [InlineData((int)Signals.Interrupt)]
    public void A_second_signal_ends_the_server_at_once(int signal)
    {
        using ChatServerProcess server = StartRoomy();
        using Peer stalled = Stalled(server);
        server.Program.Signal((Signals)signal);
        server.Program.Err.WaitForLine("stopping");

        server.Program.Signal((Signals)signal);

        // Not 0: the server did not wait for the stalled reader.
        Assert.Equal(128 + signal, server.Program.WaitForExit());
    }

    [LinuxFact]
    public void An_ending_server_refuses_connections()
    {
        using ChatServerProcess server = StartRoomy();
        using Peer stalled = Stalled(server);
        server.Program.Signal(Signals.Terminate);
        server.Program.Err.WaitForLine("stopping");

        Eventually.Is(IsRefused, "a connection to be refused");

        bool IsRefused()
        {
            try
            {
                using var late = Peer.Connect(server.EndPoint);
                return false;
            }
            catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return true;
            }
        }
    }

    [LinuxFact]
    public void A_hang_up_without_a_terminal_is_ignored()
    {
        using var server = ChatServerProcess.Start();

        server.Program.Signal(Signals.Hangup);

        using RunningProgram nc = ToolProcess.Start("nc", server.Address, server.Port);
        nc.Out.WaitForLine("you are guest");
        Assert.False(server.Program.HasExited);
    }

    [LinuxFact]
    public void A_hang_up_of_its_terminal_ends_the_server()
    {
        int port = ChatServerProcess.FreePort();
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["server", "127.0.0.1", $"{port}", "--headless"]);
        pty.WaitForText($"chat client 127.0.0.1 {port}");
        using RunningProgram nc = ToolProcess.Start("nc", "127.0.0.1", $"{port}");
        nc.Out.WaitForLine("you are guest");

        pty.Hangup();

        nc.Out.WaitForLine(Goodbye);
        Assert.Equal(0, pty.WaitForExit());
    }

    [LinuxFact]
    public void Ctrl_C_at_its_terminal_ends_the_server()
    {
        int port = ChatServerProcess.FreePort();
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["server", "127.0.0.1", $"{port}", "--headless"]);
        pty.WaitForText($"chat client 127.0.0.1 {port}");

        pty.Send("\x03");

        Assert.Equal(0, pty.WaitForExit());
        Assert.True(pty.Screen.Shows(Goodbye), pty.Screen.Draw());
    }

    [LinuxFact]
    public void The_port_is_free_immediately_after_the_end()
    {
        var server = ChatServerProcess.Start();
        using Peer member = server.Join();
        server.Program.Signal(Signals.Terminate);
        Assert.Equal(0, server.Program.WaitForExit());
        server.Dispose();

        using var next = ChatServerProcess.StartOn(server.EndPoint.Port);

        Assert.False(next.Program.HasExited);
    }

    // The ring is too large to be overrun. An overrun reader would be closed at once, and the end would not
    // wait.
    private static ChatServerProcess StartRoomy() => ChatServerProcess.Start("--rate", "0", "--ring", "67108864");

    /// <summary>A member that does not read, with more pending than the system buffers.</summary>
    private static Peer Stalled(ChatServerProcess server)
    {
        Peer stalled = server.Join(receiveBufferBytes: 2048);
        stalled.StopReading();
        using var speaker = Peer.Connect(server.EndPoint);
        speaker.SendText(string.Concat(Enumerable.Repeat(new string('x', 4000) + "\n", 2000)) + "the last\n/quit\n");
        server.Program.Out.WaitForLine("> the last");
        return stalled;
    }
}
