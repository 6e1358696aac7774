using System.Runtime.Versioning;
using System.Text;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Storage;

/// <summary>The forms of a file with a secret, for the server and for the client.</summary>
public sealed class RoomSecretFileTests : IDisposable
{
    private const string Secret = "sixteen letters!";

    private static readonly byte[] Bom = [0xEF, 0xBB, 0xBF];

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-secret-").FullName;

    private string File => Path.Combine(_folder, "secret");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(params ReadOnlySpan<byte> bytes)
    {
        System.IO.File.WriteAllBytes(File, bytes);
        if (!OperatingSystem.IsWindows())
            System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private string RefusalOfClient() => Assert.Throws<StartupException>(() => RoomSecretFile.Load(File)).Message;

    private string RefusalOfServer() =>
        Assert.Throws<StartupException>(() => RoomSecretFile.LoadOrCreate(File, out _)).Message;

    private string Refusal()
    {
        string words = RefusalOfClient();
        Assert.Equal(words, RefusalOfServer());
        return words;
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\n\n")]
    public void The_end_of_the_line_and_a_byte_order_mark_are_no_part_of_the_secret(string end)
    {
        Write(Encoding.UTF8.GetBytes(Secret + end));
        Assert.Equal(Secret, RoomSecretFile.Load(File));
        Write([.. Bom, .. Encoding.UTF8.GetBytes(Secret + end)]);
        Assert.Equal(Secret, RoomSecretFile.Load(File));
        Assert.Equal(Secret, RoomSecretFile.LoadOrCreate(File, out bool isCreated));
        Assert.False(isCreated);
    }

    [Theory]
    [InlineData("sixteen letters!\nand another line")]
    [InlineData("pizza")]
    public void Another_form_is_named_with_the_right_one(string text)
    {
        Write(Encoding.UTF8.GetBytes(text));

        Assert.Equal(
            $"there is no secret in {File}: it must have one line of at least 16 characters, or of 4 words of the "
                + "list",
            Refusal()
        );
    }

    [Fact]
    public void Text_in_another_encoding_is_named_as_such()
    {
        foreach (byte[] text in (byte[][])[Encoding.Latin1.GetBytes("sixteen l\u00e9tters!"), [0xFF, 0xFE, 65, 0]])
        {
            Write(text);
            Assert.EndsWith("it is not UTF-8; save it as text in UTF-8", Refusal(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("  \n")]
    [InlineData("\uFEFF")]
    [InlineData("")]
    public void A_file_without_a_secret_says_how_to_get_one(string text)
    {
        Write(Encoding.UTF8.GetBytes(text));

        Assert.EndsWith(
            "copy the file of chat server --secret-file, or write the secret into it",
            RefusalOfClient(),
            StringComparison.Ordinal
        );
        if (text.Length > 0)
            Assert.Contains("it must have one line", RefusalOfServer(), StringComparison.Ordinal);
        Assert.Equal(text.Length, Encoding.UTF8.GetString(System.IO.File.ReadAllBytes(File)).Length);
    }

    [Fact]
    public void A_client_does_not_create_a_file()
    {
        Assert.StartsWith("there is no secret in ", RefusalOfClient(), StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void A_folder_is_named_as_such()
    {
        Directory.CreateDirectory(File);

        Assert.Equal($"cannot use the secret in {File}: it is a directory", Refusal());
    }

    [LinuxTheory]
    [InlineData("cat $0 > $1", Secret)]
    [InlineData(": > $1", null)]
    public void A_named_pipe_is_read_to_its_end(string command, string? expected)
    {
        using (RunningProgram mkfifo = ToolProcess.Start("mkfifo", "-m", "600", File))
            Assert.Equal(0, mkfifo.WaitForExit());
        string source = Path.Combine(_folder, "source");
        System.IO.File.WriteAllText(source, Secret);
        foreach (Func<string> load in (Func<string>[])[() => RoomSecretFile.Load(File), Created])
        {
            using RunningProgram writer = ToolProcess.Start("sh", "-c", command, source, File);
            if (expected is null)
                Assert.Matches(
                    "there is no secret in |it is a pipe, or has no text",
                    Assert.Throws<StartupException>(load).Message
                );
            else
                Assert.Equal(expected, load());
            Assert.Equal(0, writer.WaitForExit());
        }
    }

    [LinuxFact]
    public void The_mode_of_a_device_stays() =>
        Assert.Equal(
            "others may read the secret in /dev/null; give a file of your own",
            Assert.Throws<StartupException>(static () => RoomSecretFile.Load("/dev/null")).Message
        );

    [LinuxFact]
    public void A_named_pipe_that_others_may_read_is_refused()
    {
        using (RunningProgram mkfifo = ToolProcess.Start("mkfifo", "-m", "644", File))
            Assert.Equal(0, mkfifo.WaitForExit());
        using RunningProgram writer = ToolProcess.Start("sh", "-c", "echo $0 > $1", Secret, File);

        Assert.StartsWith("others may read the secret", RefusalOfClient(), StringComparison.Ordinal);
        writer.WaitForExit();
    }

    private string Created() => RoomSecretFile.LoadOrCreate(File, out _);

    [LinuxFact]
    [UnsupportedOSPlatform("windows")]
    public void A_link_is_as_private_as_its_file()
    {
        Write(Encoding.UTF8.GetBytes(Secret));
        string link = Path.Combine(_folder, "link");
        System.IO.File.CreateSymbolicLink(link, File);
        Assert.Equal(Secret, RoomSecretFile.Load(link));
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        Assert.Contains(
            "others may read the secret",
            Assert.Throws<StartupException>(() => RoomSecretFile.Load(link)).Message,
            StringComparison.Ordinal
        );
    }
}
