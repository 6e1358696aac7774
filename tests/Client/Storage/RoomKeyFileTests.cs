using System.Runtime.Versioning;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Tls;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Storage;

/// <summary>The file with the key of a room.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RoomKeyFileTests : IDisposable
{
    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _home = Directory.CreateTempSubdirectory("chat-room-key").FullName;

    private string Folder => Path.Combine(_home, "config", "chat");

    private string FilePath => Path.Combine(Folder, "room.key");

    public void Dispose()
    {
        foreach (string folder in Directory.GetDirectories(_home, "*", SearchOption.AllDirectories))
            File.SetUnixFileMode(folder, ForOwner | UnixFileMode.UserExecute);
        Directory.Delete(_home, recursive: true);
    }

    [LinuxFact]
    public void The_key_is_created_at_the_first_run_and_stays()
    {
        RoomKey made = RoomKeyFile.Load(Folder, out string? loss);

        Assert.Null(loss);
        Assert.Equal(ForOwner, File.GetUnixFileMode(FilePath));
        Assert.Equal(made.ToPem(), File.ReadAllText(FilePath));
        Assert.Equal(made.PublicKey, RoomKeyFile.Load(Folder, out loss).PublicKey);
        Assert.Null(loss);
        Assert.Equal([FilePath], Directory.GetFileSystemEntries(Folder));
    }

    [LinuxFact]
    public void First_runs_at_once_end_with_one_key()
    {
        string path = Path.Combine(_home, "key");
        using Barrier start = new(4);
        var made = new RoomKey[4];
        Thread[] runs =
        [
            .. Enumerable
                .Range(0, made.Length)
                .Select(i => new Thread(() =>
                {
                    start.SignalAndWait();
                    made[i] = RoomKeyFile.LoadFrom(path);
                })),
        ];
        Array.ForEach(runs, static run => run.Start());
        Array.ForEach(runs, static run => run.Join());

        Assert.All(made, key => Assert.Equal(made[0].PublicKey, key.PublicKey));
    }

    [LinuxFact]
    public void An_empty_file_takes_a_new_key()
    {
        string path = Private("empty", "");

        Assert.Equal(RoomKeyFile.LoadFrom(path).ToPem(), File.ReadAllText(path));
    }

    [LinuxFact]
    public void The_key_of_openssl_is_read()
    {
        string path = Private("openssl", "");
        using RunningProgram make = ToolProcess.Start("openssl", "genpkey", "-algorithm", "ed25519", "-out", path);
        Assert.Equal(0, make.WaitForExit());
        string[] toPublic = ["pkey", "-in", path, "-pubout", "-outform", "DER", "-out", $"{path}.der"];
        using RunningProgram convert = ToolProcess.Start("openssl", toPublic);
        Assert.Equal(0, convert.WaitForExit());

        Assert.Equal(File.ReadAllBytes($"{path}.der")[^RoomKey.Bytes..], RoomKeyFile.LoadFrom(path).PublicKey);
    }

    [LinuxTheory]
    [InlineData("no key\n")]
    [InlineData("-----BEGIN PRIVATE KEY-----\n")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    [InlineData("0123456789abcdef0123456789abcdef\n")]
    public void A_file_with_other_content_is_refused_and_stays(string content)
    {
        string path = Private("other", content);

        Assert.Contains("is no room key", Refusal(path), StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(path));
    }

    [LinuxFact]
    public void A_file_that_others_may_read_is_refused()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(FilePath, RoomKey.Create().ToPem());
        File.SetUnixFileMode(FilePath, ForOwner | UnixFileMode.OtherRead);

        string refusal = Assert.Throws<StartupException>(() => RoomKeyFile.Load(Folder, out _)).Message;

        Assert.Contains("others may read the room key", refusal, StringComparison.Ordinal);
        Assert.Contains("chmod 600", refusal, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void Without_a_home_or_a_folder_that_can_be_written_the_key_is_for_one_run()
    {
        string taken = Private("taken", "");

        RoomKeyFile.Load(null, out string? noHome);
        RoomKeyFile.Load(Path.Combine(taken, "chat"), out string? noFolder);

        Assert.Contains("there is no home folder", noHome, StringComparison.Ordinal);
        Assert.Contains("this run has a temporary one", noHome, StringComparison.Ordinal);
        Assert.Contains("cannot use the room key", noFolder, StringComparison.Ordinal);
        Assert.Contains("this run has a temporary one", noFolder, StringComparison.Ordinal);
    }

    private string Private(string name, string content)
    {
        string path = Path.Combine(_home, name);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, ForOwner);
        return path;
    }

    private static string Refusal(string path) =>
        Assert.Throws<StartupException>(() => RoomKeyFile.LoadFrom(path)).Message;
}
