using System.Runtime.Versioning;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>A host from elsewhere: the key file, and what its commands do to other clients.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HostKeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Key => Path.Combine(_folder, "key");

    [LinuxFact]
    public void A_client_with_a_copy_of_the_key_removes_another_client_which_ends()
    {
        using var server = ChatServerProcess.Start("--host-key", Key);
        using RunningProgram bob = Client(server, "bob");
        server.Program.Out.WaitForLine("bob joined");

        // The line may come before the server has answered the proof.
        using RunningProgram host = Client(server, "hilda", "--host-key", Key, "--commands");
        host.SendLine("/kick bob you flood");
        host.SendLine("all quiet");
        host.CloseInput();

        Assert.Equal(0, host.WaitForExit());
        Assert.Equal(1, bob.WaitForExit());
        Assert.Contains(
            bob.Err.Lines,
            static line => line.Contains("@hilda removed you from the room: you flood", StringComparison.Ordinal)
        );
        Assert.Contains("-- @hilda removed bob from the room: you flood", host.Out.Lines);
        server.Program.Out.WaitForLine("<@hilda> all quiet");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Key));
    }

    [LinuxFact]
    public void A_client_with_another_key_is_told_and_stays_a_member()
    {
        using var server = ChatServerProcess.Start("--host-key", Key);
        string other = Path.Combine(_folder, "other");
        File.WriteAllText(other, $"{1:x32}\n");
        File.SetUnixFileMode(other, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        using RunningProgram client = Client(server, "bob", "--host-key", other);
        client.SendLine("hello");
        client.CloseInput();

        Assert.Equal(1, client.WaitForExit());
        Assert.Contains(
            client.Err.Lines,
            static line => line.Contains("this is not the key of the host", StringComparison.Ordinal)
        );
        server.Program.Out.WaitForLine("<bob> hello");
    }

    [LinuxFact]
    public void A_key_file_that_is_absent_open_to_others_or_no_key_is_refused()
    {
        string open = Path.Combine(_folder, "open"),
            none = Path.Combine(_folder, "none");
        File.WriteAllText(open, $"{1:x32}\n");
        File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        File.WriteAllText(none, "no key\n");
        File.SetUnixFileMode(none, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Contains("there is no host key in", Refusal(Key), StringComparison.Ordinal);
        Assert.Contains("others may read the host key", Refusal(open), StringComparison.Ordinal);
        Assert.Contains("it must have 32 hexadecimal digits", Refusal(none), StringComparison.Ordinal);
        Assert.False(File.Exists(Key));
    }

    private static string Refusal(string key)
    {
        using RunningProgram client = ChatProcess.Start("client", "127.0.0.1", "1", "--host-key", key);
        Assert.Equal(1, client.WaitForExit());
        return Assert.Single(client.Err.Lines);
    }

    // Each person has files of its own.
    private static RunningProgram Client(ChatServerProcess server, string name, params IEnumerable<string> options) =>
        ChatProcess.StartWith(Home.New(), ["client", server.Address, server.Port, "--name", name, .. options]);
}
