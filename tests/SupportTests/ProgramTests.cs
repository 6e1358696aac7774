using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Chat.Tests.Support;
using Xunit.Sdk;

namespace Chat.Tests.SupportTests;

[Collection(ProcessHeavy.Collection)]
public sealed class ProgramTests
{
    [Fact]
    public void Input_comes_back_as_output()
    {
        using RunningProgram cat = ToolProcess.Start("cat");
        cat.SendLine("hällo");
        Assert.Equal("hällo", cat.Out.WaitForLine("hällo"));
        cat.Send("no line feed");
        cat.Out.WaitForText("no line feed");
        cat.CloseInput();
        Assert.Equal(0, cat.WaitForExit());
        Assert.Equal(["hällo"], cat.Out.Lines);
        Assert.True(cat.Out.Ended);
    }

    [Fact]
    public void The_two_outputs_and_the_exit_code_are_told_apart()
    {
        using RunningProgram sh = ToolProcess.StartWith(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["WHO"] = "me" },
            "sh",
            "-c",
            "echo out $WHO; echo err $WHO >&2; exit 9"
        );
        Assert.Equal(9, sh.WaitForExit());
        Assert.Equal(["out me"], sh.Out.Lines);
        Assert.Equal(["err me"], sh.Err.Lines);
    }

    [Fact]
    public void Signals_end_it_and_are_told_as_a_shell_would()
    {
        using RunningProgram terminated = ToolProcess.Start("sleep", "1000");
        terminated.Signal(Signals.Terminate);
        Assert.Equal(128 + (int)Signals.Terminate, terminated.WaitForExit());
        using RunningProgram killed = ToolProcess.Start("sleep", "1000");
        killed.Kill();
        Assert.Equal(128 + (int)Signals.Kill, killed.WaitForExit());
    }

    [Fact]
    public void Disposing_ends_the_program_and_what_it_started()
    {
        int child;
        using (RunningProgram sh = ToolProcess.Start("sh", "-c", "sleep 1000 & echo $!; wait"))
            child = int.Parse(sh.Out.WaitForLine(_ => true), CultureInfo.InvariantCulture);
        Eventually.Is(() => !IsAlive(child), "the grandchild to be gone");

        static bool IsAlive(int pid)
        {
            try
            {
                using var process = Process.GetProcessById(pid);
                return !process.HasExited
                    && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal);
            }
            catch (Exception gone) when (gone is ArgumentException or IOException or InvalidOperationException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void What_it_costs_can_be_read()
    {
        using RunningProgram idle = ToolProcess.Start(
            "sh",
            "-c",
            "echo one; read go; exec 8</dev/null 9</dev/null; echo two; read go"
        );
        idle.Out.WaitForLine("one");
        int before = idle.OpenDescriptors;
        idle.SendLine("go");
        idle.Out.WaitForLine("two");
        Assert.Equal(before + 2, idle.OpenDescriptors);
        Assert.Equal(1, idle.Threads);
        Assert.InRange(idle.Rss, 64 * 1024, 64 * 1024 * 1024);
        using RunningProgram busy = ToolProcess.Start("sh", "-c", "while :; do :; done");
        Eventually.Is(() => busy.CpuTime >= TimeSpan.FromMilliseconds(50), "a busy loop to cost something");
        Assert.InRange(idle.CpuTime, TimeSpan.Zero, TimeSpan.FromMilliseconds(40));
    }

    [Fact]
    public void Waiting_in_vain_tells_the_command_and_all_it_said()
    {
        using RunningProgram sh = ToolProcess.Start("sh", "-c", "echo said; sleep 1000");
        sh.Out.WaitForLine("said");
        XunitException failure = Assert.Throws<XunitException>(() => sh.WaitForExit(TimeSpan.FromMilliseconds(1)));
        Assert.Contains("sleep 1000", failure.Message, StringComparison.Ordinal);
        Assert.Contains("    said", failure.Message, StringComparison.Ordinal);
        XunitException line = Assert.Throws<XunitException>(() =>
            sh.Out.WaitForLine(_ => false, "a wonder", TimeSpan.Zero)
        );
        Assert.Contains("a wonder", line.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_tool_fails_with_the_command_that_installs_it()
    {
        XunitException failure = Assert.Throws<XunitException>(() => ToolProcess.Start("no-such-tool-anywhere"));
        Assert.Contains("apt-get install no-such-tool-anywhere", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_binary_fails_with_the_command_that_makes_it()
    {
        string root = Directory.CreateTempSubdirectory("chat-root-").FullName;
        string below = Directory.CreateDirectory(Path.Combine(root, "tests", "bin")).FullName;
        File.WriteAllText(Path.Combine(root, "chat.slnx"), "");
        Assert.Contains(
            "./build.sh",
            Assert.Throws<XunitException>(() => ChatProcess.Locate(null, below)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "CHAT_BINARY",
            Assert.Throws<XunitException>(() => ChatProcess.Locate("/nowhere/chat", below)).Message,
            StringComparison.Ordinal
        );
        string binary = Path.Combine(Directory.CreateDirectory(Path.Combine(root, "out")).FullName, "chat");
        File.WriteAllText(binary, "");
        Assert.Equal(binary, ChatProcess.Locate("", below));
        Assert.Equal(binary, ChatProcess.Locate(binary, "/"));
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void A_server_is_ready_when_it_listens_and_nobody_has_connected_before_the_test()
    {
        string standIn = Script("echo \"$@\"; exec nc -v -l \"$2\" \"$3\"");
        using var server = ChatServerProcess.Start(standIn, ChatServerProcess.FreePort(), ["--extra"]);
        Assert.Equal($"server 127.0.0.1 {server.Port} --extra", server.Program.Out.WaitForLine(_ => true));
        using var first = Peer.Connect(server.EndPoint);
        first.SendText("first\n");
        server.Program.Out.WaitForLine("first");
        Assert.Single(server.Program.Err.Lines, line => line.Contains("received", StringComparison.Ordinal));
        File.Delete(standIn);
    }

    [Fact]
    public void A_server_that_ends_instead_fails_with_what_it_said()
    {
        string standIn = Script("echo the port is taken >&2; exit 1");
        XunitException failure = Assert.Throws<XunitException>(() =>
            ChatServerProcess.Start(standIn, ChatServerProcess.FreePort(), [])
        );
        Assert.Contains("the port is taken", failure.Message, StringComparison.Ordinal);
        Assert.Contains("ended with 1", failure.Message, StringComparison.Ordinal);
        File.Delete(standIn);
    }

    [Fact]
    public void The_peer_and_nc_understand_each_other()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        listener.Dispose();
        using RunningProgram nc = ToolProcess.Start(
            "nc",
            "-v",
            "-l",
            "127.0.0.1",
            port.ToString(CultureInfo.InvariantCulture)
        );
        nc.Err.WaitForLine("Listening");
        using var peer = Peer.Connect(new IPEndPoint(IPAddress.Loopback, port));
        peer.SendText("to nc\n");
        nc.Out.WaitForLine("to nc");
        nc.SendLine("to peer");
        Assert.Equal("to peer", peer.ReceiveLine());
        nc.Kill();
        peer.WaitForEnd();
    }

    /// <summary>
    /// A shell script that can be run like the binary. Another process writes it: a file this one has open for writing cannot be run while a program
    /// that was just started from another thread still holds a copy of the descriptor.
    /// </summary>
    private static string Script(string commands)
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using RunningProgram writer = ToolProcess.Start(
            "sh",
            "-c",
            """printf '#!/bin/sh\n%s\n' "$2" >"$1"; chmod 700 "$1" """,
            "sh",
            file,
            commands
        );
        Assert.True(writer.WaitForExit() == 0, writer.Describe());
        return file;
    }
}
