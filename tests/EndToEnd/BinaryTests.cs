using System.Globalization;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>
/// The published binary as a file and a process: it runs on another machine after a copy, is small, starts
/// fast, and uses little when idle.
/// </summary>
public sealed class BinaryTests
{
    // README says 6 MB.
    private const long LargestFileBytes = 6_300_000;

    // Three quarters of it are pages of the program, which the system can drop. The words of the key read 0.8 MB of
    // them.
    private const long IdleServerBytes = 8 * 1024 * 1024;

    private static readonly TimeSpan StartCost = TimeSpan.FromMilliseconds(8);

    [Fact]
    public void The_binary_is_small() =>
        Assert.InRange(new FileInfo(ChatProcess.BinaryPath).Length, 1, LargestFileBytes);

    [LinuxFact]
    public void The_binary_is_static()
    {
        using RunningProgram ldd = ToolProcess.Start("ldd", ChatProcess.BinaryPath);
        ldd.WaitForExit();

        // The words of glibc and of musl.
        Assert.Matches("not a dynamic executable|[Nn]ot a valid dynamic program", ldd.Err.Text + ldd.Out.Text);
    }

    [LinuxFact]
    public void The_binary_asks_for_no_version_of_glibc()
    {
        using RunningProgram readelf = ToolProcess.Start(
            "readelf",
            "--wide",
            "--version-info",
            "--program-headers",
            ChatProcess.BinaryPath
        );

        Assert.Equal(0, readelf.WaitForExit());
        Assert.Contains("LOAD", readelf.Out.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("INTERP", readelf.Out.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("GLIBC_", readelf.Out.Text, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void The_binary_starts_in_an_empty_root()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("chat-alone-");
        try
        {
            string alone = Path.Combine(folder.FullName, "chat");
            File.Copy(ChatProcess.BinaryPath, alone);
            // Without privilege, a user namespace allows a change of the root.
            string[] become = Environment.IsPrivilegedProcess ? [] : ["unshare", "--map-root-user"];
            string[] command = [.. become, "/usr/sbin/chroot", folder.FullName, "/chat", "--version"];
            using RunningProgram chat = ToolProcess.Start(command[0], command[1..]);

            Assert.True(chat.WaitForExit() == 0, chat.Describe());
            Assert.Matches(@"^\S*\d+\.\d+", chat.Out.Lines[0]["chat ".Length..]);
            Assert.Empty(chat.Err.Text);
            using RunningProgram server = ToolProcess.Start(
                command[0],
                [.. command[1..^1], "server", "127.0.0.1", $"{ChatServerProcess.FreePort()}"]
            );
            server.Out.WaitForLine("-- room open");
            // /dev/urandom is missing, so the identity comes from the kernel's random numbers.
            using var roomOutside = ChatServerProcess.Start();
            Dictionary<string, string?> home = new(StringComparer.Ordinal)
            {
                ["HOME"] = "/home",
                ["XDG_CONFIG_HOME"] = null,
                ["USER"] = "kim",
            };
            using RunningProgram client = ToolProcess.StartWith(
                home,
                command[0],
                [.. command[1..^1], "client", roomOutside.Address, roomOutside.Port]
            );
            client.SendLine("from nowhere");
            roomOutside.Program.Out.WaitForLine("<kim> from nowhere");
            client.CloseInput();
            Assert.True(client.WaitForExit() == 0, client.Describe());
            Assert.StartsWith("chat: encrypted; first time here", client.Err.Text, StringComparison.Ordinal);
            Assert.Matches(
                "^[0-9a-f]{32}\n$",
                File.ReadAllText(Path.Combine(folder.FullName, "home/.config/chat/person.key"))
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>
    /// The CPU time, so that a busy machine does not fail the test. It is the least of several runs, because
    /// the first ones read the file from disk. bash reports it in milliseconds, where /proc counts in steps of
    /// ten.
    /// </summary>
    [LinuxFact]
    public void Printing_the_version_costs_almost_no_time()
    {
        using RunningProgram bash = ToolProcess.Start(
            "bash",
            "-c",
            "TIMEFORMAT='%3U %3S'; for i in 1 2 3 4 5 6 7 8; do time \"$0\" --version >/dev/null; done",
            ChatProcess.BinaryPath
        );
        Assert.True(bash.WaitForExit() == 0, bash.Describe());

        double best = bash.Err.Lines.Min(line =>
            line.Split(' ').Sum(part => double.Parse(part, CultureInfo.InvariantCulture))
        );

        Assert.InRange(TimeSpan.FromSeconds(best), TimeSpan.Zero, StartCost);
    }

    [LinuxFact]
    public void Without_random_numbers_of_the_kernel_the_device_is_read_and_without_both_the_error_says_so()
    {
        string[] without =
        [
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=getrandom",
            "-e",
            "inject=getrandom:error=ENOSYS",
        ];
        DirectoryInfo empty = Directory.CreateTempSubdirectory("chat-alone-");
        try
        {
            File.Copy(ChatProcess.BinaryPath, Path.Combine(empty.FullName, "chat"));
            string port = $"{ChatServerProcess.FreePort()}";
            using RunningProgram server = ToolProcess.Start(
                "strace",
                [.. without, ChatProcess.BinaryPath, "server", "127.0.0.1", port]
            );
            server.Out.WaitForLine("Ctrl-C ends the room");
            using RunningProgram client = ChatProcess.Start("client", "127.0.0.1", port);
            client.SendLine("over TLS");
            client.CloseInput();
            Assert.True(client.WaitForExit() == 0, client.Describe());
            server.Out.WaitForLine("<kim> over TLS");

            string[] become = Environment.IsPrivilegedProcess ? [] : ["unshare", "--map-root-user"];
            using RunningProgram none = ToolProcess.Start(
                "strace",
                [.. without, .. become, "/usr/sbin/chroot", empty.FullName, "/chat", "server", "127.0.0.1", port]
            );

            Assert.Equal(1, none.WaitForExit());
            Assert.Contains("this system gives no random numbers", none.Err.Text, StringComparison.Ordinal);
        }
        finally
        {
            empty.Delete(recursive: true);
        }
    }

    [LinuxFact]
    public void An_idle_server_uses_little()
    {
        using var server = ChatServerProcess.Start();
        // The words of the key take 32 MB for a moment.
        server.Program.Out.WaitForLine("Ctrl-C ends the room");

        Assert.InRange(server.Program.Rss, 1, IdleServerBytes);
    }
}
