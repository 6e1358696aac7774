using System.Runtime.Versioning;
using Chat.Protocol;
using Chat.Server;
using Chat.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server.History;

/// <summary>
/// A file that is no history is refused before any change. A history is readable by its owner alone.
/// </summary>
[UnsupportedOSPlatform("windows")]
[Collection(Devices)]
public sealed class HistoryRefusedTests : IDisposable
{
    /// <summary>The collection of classes that open the machine's devices exclusively, one at a time.</summary>
    public const string Devices = "devices";

    private readonly HistoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_directory_is_refused()
    {
        Directory.CreateDirectory(_folder.File);
        Assert.Equal($"{_folder.File} is a directory; name a file in it with --history", Refusal());
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_symbolic_link_is_refused_whatever_its_target(bool somewhere)
    {
        if (somewhere)
            File.WriteAllText(_folder["target"], "");
        File.CreateSymbolicLink(_folder.File, _folder["target"]);
        Assert.Equal($"{_folder.File} is a symbolic link; name the file itself with --history", Refusal());
        Assert.Equal(somewhere, File.Exists(_folder["target"]));
    }

    [LinuxFact]
    public void A_pipe_is_refused_without_waiting()
    {
        using RunningProgram mkfifo = ToolProcess.Start("mkfifo", _folder.File);
        Assert.Equal(0, mkfifo.WaitForExit());
        Assert.Equal($"{_folder.File} is a pipe or a device; name a file with --history", Refusal());
    }

    [LinuxTheory]
    [InlineData("/dev/null")]
    [InlineData("/dev/zero")]
    [InlineData("/dev/full")]
    public void A_device_is_refused_and_stays_unchanged(string device)
    {
        UnixFileMode mode = File.GetUnixFileMode(device);
        Assert.Matches(
            $"^{device} (keeps nothing|is no history|is a pipe or a device).*; name a file",
            Refusal(device)
        );
        Assert.Equal(mode, File.GetUnixFileMode(device));
    }

    [LinuxTheory]
    [InlineData("my notes\n")]
    [InlineData("no line end")]
    [InlineData("\n")]
    [InlineData("\n\n")]
    [InlineData("chat-history 2 0123456789abcdef 0 0\n\n")]
    [InlineData("chat-history 1 0123456789abcdef 0 -1\n\n")]
    [InlineData("chat-history 1 0123 0 0\n\n")]
    [InlineData("chat-history 1 0123456789abcdef -1 0\n\n")]
    [InlineData("chat-history 1 0123456789abcdef 0\n\n")]
    [InlineData("chat-history 12 0123456789abcdef 0 0\n\n")]
    public void A_foreign_file_is_refused_and_left_unchanged(string text)
    {
        File.WriteAllText(_folder.File, text);
        File.SetUnixFileMode(_folder.File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Equal($"{_folder.File} is no history of a chat; name a file that is not there yet", Refusal());
        Assert.Equal(text, File.ReadAllText(_folder.File));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead,
            File.GetUnixFileMode(_folder.File)
        );
    }

    [Fact]
    public void A_large_file_without_a_line_is_refused()
    {
        File.WriteAllBytes(_folder.File, new byte[5 * ServerLimits.SmallestLogBytes]);
        Assert.Equal($"{_folder.File} is no history of a chat; name a file that is not there yet", Refusal());
    }

    [Fact]
    public void The_file_of_another_running_server_is_refused()
    {
        using (_folder.Start())
            Assert.Equal(
                $"cannot keep the history in {_folder.File}: another server keeps it; name another file with --history",
                Refusal()
            );
        _folder.Open().Dispose();
    }

    [Fact]
    public void A_missing_folder_is_named() =>
        Assert.StartsWith(
            $"cannot keep the history in {_folder["no/history"]}: ",
            Refusal(_folder["no/history"]),
            StringComparison.Ordinal
        );

    [LinuxFact]
    public void The_file_and_its_successors_are_readable_by_the_owner_only_whatever_its_mode_was()
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _folder.Open().Dispose();
        Assert.Equal(Owner, File.GetUnixFileMode(_folder.File));
        File.SetUnixFileMode(_folder.File, Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        using SteppedServer server = _folder.Start(maxBytes: 1);
        Assert.Equal(Owner, File.GetUnixFileMode(_folder.File));
        server.JoinRich("alice", person: 1);
        server.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(Owner, File.GetUnixFileMode(_folder.File));
        Assert.Equal(Owner, File.GetUnixFileMode(_folder.File + ".1"));
    }

    private string Refusal(string? file = null) =>
        Assert
            .Throws<StartupException>(() =>
                RoomHistory.Open(
                    file ?? _folder.File,
                    ServerLimits.SmallestLogBytes,
                    long.MaxValue,
                    default,
                    new SteppedServer.LogLines()
                )
            )
            .Message;
}
