using Chat.Server.Output;
using Chat.Tests.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Output;

/// <summary>The log's file while another program rotates it.</summary>
public sealed class LogFileTests : IDisposable
{
    private readonly HistoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [LinuxTheory]
    [InlineData("mv log log.1", "first\n")]
    [InlineData("mv log log.1; : >log", "first\n")]
    [InlineData("rm log", null)]
    [InlineData("cp log log.1; : >log", "first\n")]
    [InlineData("mv log log.1; ln -s target log", "first\n")]
    public void A_line_after_a_rotation_is_in_the_new_file(string command, string? old)
    {
        string file = _folder["log"];
        using (LogFile log = new(file))
        {
            Append(log, "first\n"u8);
            using RunningProgram shell = ToolProcess.Start("sh", "-c", $"cd {_folder[""]} && {command}");
            Assert.Equal(0, shell.WaitForExit());
            Append(log, "second\n"u8);
            Append(log, "third\n"u8);
        }

        Assert.Equal("second\nthird\n", File.ReadAllText(file));
        Assert.Equal(old, File.Exists(file + ".1") ? File.ReadAllText(file + ".1") : null);
    }

    [LinuxFact]
    public void Lines_go_to_the_old_file_while_no_new_one_can_be_opened()
    {
        using LogFile log = new(_folder["log"]);
        File.Move(_folder["log"], _folder["old"]);
        Directory.CreateDirectory(_folder["log"]);
        Append(log, "first\n"u8);
        Directory.Delete(_folder["log"]);
        Append(log, "second\n"u8);

        Assert.Equal("first\n", File.ReadAllText(_folder["old"]));
        Assert.Equal("second\n", File.ReadAllText(_folder["log"]));
    }

    [LinuxTheory]
    [InlineData("mkdir log", "it is a directory")]
    [InlineData("mkfifo log", "it is a pipe or a device")]
    public void A_log_with_an_occupied_path_reports_it_once_and_continues_when_the_path_is_free(
        string command,
        string told
    )
    {
        using MemoryStream errors = new();
        using LogFile log = new(_folder["log"], errors);
        using RunningProgram shell = ToolProcess.Start("sh", "-c", $"cd {_folder[""]} && mv log old && {command}");
        Assert.Equal(0, shell.WaitForExit());
        Append(log, "first\n"u8);
        Append(log, "second\n"u8);
        using RunningProgram away = ToolProcess.Start("sh", "-c", $"cd {_folder[""]} && mv log away");
        Assert.Equal(0, away.WaitForExit());
        Append(log, "third\n"u8);

        string line = Assert.Single(System.Text.Encoding.UTF8.GetString(errors.ToArray()).Split('\n')[..^1]);
        Assert.Contains(told, line, StringComparison.Ordinal);
        Assert.Equal("third\n", File.ReadAllText(_folder["log"]));
    }

    [LinuxFact]
    public void A_full_disk_under_the_log_is_reported_once()
    {
        using MemoryStream errors = new();
        using LogFile log = new("/dev/full", errors);
        Assert.ThrowsAny<IOException>(() => log.Write("first\n"u8));
        Assert.ThrowsAny<IOException>(() => log.Write("second\n"u8));

        Assert.Single(System.Text.Encoding.UTF8.GetString(errors.ToArray()).Split('\n')[..^1]);
    }

    // As the writer does it.
    private static void Append(LogFile log, ReadOnlySpan<byte> line)
    {
        log.Seek(0, SeekOrigin.End);
        log.Write(line);
    }
}
