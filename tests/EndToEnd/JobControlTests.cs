using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// Server and client as jobs of a shell: stopped, continued, in the background. The traces show each change of
/// a terminal's modes.
/// </summary>
public sealed class JobControlTests
{
    // The tracer is not in the job, so ^Z and the shell act on the program alone.
    private const string Traced = """exec strace -DD -f -o "$HERE/trace" -e trace=ioctl $CHAT "$@" """;

    [LinuxFact]
    public void A_server_never_sets_the_modes_of_its_terminal()
    {
        using Wrapped traced = new(Traced);
        IPEndPoint endPoint = new(IPAddress.Loopback, ChatServerProcess.FreePort());
        using Pty pty = Shell();
        pty.Send($"{traced.Path} server 127.0.0.1 {endPoint.Port} --headless\n");
        pty.WaitForText("Ctrl-C ends the room");

        pty.Send("\x1a");
        pty.WaitFor(() => CaretRow(pty) == "shell$", "the shell's prompt");
        pty.Send("bg\n");
        JoinAndLeave(endPoint);
        // The shell's `kill -STOP` returns before the stop; the next command waits for it.
        pty.Send("kill -STOP %1; until [[ $(jobs) == *Stopped* ]]; do :; done; kill -CONT %1; echo continued\n");
        pty.WaitFor(() => pty.Screen.ScrollbackAndScreen.Contains("continued"), "the shell's word");
        JoinAndLeave(endPoint);
        pty.Send("fg\n");
        JoinAndLeave(endPoint);
        pty.Send("\x03");

        string[] trace = TraceOf(traced);
        Assert.Contains(trace, line => line.Contains("TCGETS", StringComparison.Ordinal));
        Assert.DoesNotContain(trace, line => line.Contains("TCSETS", StringComparison.Ordinal));
    }

    [LinuxFact]
    public void A_server_in_the_background_runs_on_where_the_terminal_stops_writers()
    {
        IPEndPoint endPoint = new(IPAddress.Loopback, ChatServerProcess.FreePort());
        using Pty pty = Shell();

        pty.Send($"stty tostop; {ChatProcess.BinaryPath} server 127.0.0.1 {endPoint.Port} &\n");
        Eventually.Is(
            () => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Contains(endPoint),
            "the server to listen"
        );

        // Each makes the server write to its terminal.
        JoinAndLeave(endPoint);
        JoinAndLeave(endPoint);
        pty.WaitForText("guest left");
    }

    [LinuxFact]
    public void Only_the_client_sets_raw_mode_until_it_ends()
    {
        using Wrapped traced = new(Traced);
        using var server = ChatServerProcess.Start();
        using var pty = Pty.Open();
        pty.Start(traced.Path, ["client", server.Address, server.Port]);
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");

        for (int i = 0; i < 3; i++)
        {
            pty.Signal(Signals.Stop);
            pty.Signal(Signals.Continue);
            pty.Send(string.Create(CultureInfo.InvariantCulture, $"after stop {i}\r"));
            server.Program.Out.WaitForLine(string.Create(CultureInfo.InvariantCulture, $"<kim> after stop {i}"));
        }

        pty.Send("/quit\r");
        Assert.Equal(0, pty.WaitForExit());
        string[] set = TraceOf(traced).Where(line => line.Contains("TCSETS", StringComparison.Ordinal)).ToArray();
        Assert.True(set.Length >= 2, string.Join('\n', set));
        Assert.All(set[..^1], line => Assert.Matches(@"[{ ]-icanon |(?i)c_lflag=(?!\S*\bICANON\b)", line));
    }

    [LinuxFact]
    public void Raw_mode_that_another_process_ended_is_back_at_the_next_key()
    {
        using var server = ChatServerProcess.Start();
        using var pty = Pty.Open();
        pty.Start(ChatProcess.BinaryPath, ["client", server.Address, server.Port]);
        pty.WaitFor(() => CaretRow(pty) == "kim>", "the prompt");
        string raw = pty.Stty();

        pty.Stty("sane");
        Assert.NotEqual(raw, pty.Stty());
        pty.Send("one\n");

        server.Program.Out.WaitForLine("<kim> one");
        Eventually.Is(() => pty.Stty() == raw, "raw mode", seen: pty.Stty);
        pty.Send("two");
        pty.WaitFor(() => CaretRow(pty) == "kim> two", "the prompt");
        pty.Send("\r");
        server.Program.Out.WaitForLine("<kim> two");
    }

    private static Pty Shell()
    {
        var pty = Pty.Open();
        pty.Start(
            "bash",
            ["--norc", "--noprofile", "--noediting", "-i"],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["PS1"] = "shell$ ", ["HISTFILE"] = null }
        );
        pty.WaitForText("shell$");
        return pty;
    }

    private static void JoinAndLeave(IPEndPoint server)
    {
        using var peer = Peer.Connect(server);
        peer.WaitForLine(line => line.Contains("you are", StringComparison.Ordinal));
        peer.Leave();
    }

    /// <summary>The whole trace; waits for the end of the program.</summary>
    private static string[] TraceOf(Wrapped traced)
    {
        string[] lines = [];
        Eventually.Is(
            () =>
                (lines = File.ReadAllLines(traced["trace"])).Any(line =>
                    line.Contains("+++ exited", StringComparison.Ordinal)
                    && line.StartsWith(lines[0].Split(' ')[0], StringComparison.Ordinal)
                ),
            "the end of the trace",
            seen: () => string.Join('\n', lines)
        );
        return lines;
    }

    private static string CaretRow(Pty pty) => pty.Screen.Row(pty.Screen.Cursor.Row);
}
