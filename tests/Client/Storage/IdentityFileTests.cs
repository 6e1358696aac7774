using System.Globalization;
using System.Runtime.Versioning;
using Chat.Client.Storage;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Storage;

public sealed class IdentityFileTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("chat-identity").FullName;

    private string Folder => Path.Combine(_home, "config", "chat");

    private string FilePath => Path.Combine(Folder, "person.key");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void The_identity_is_created_at_the_first_run_and_stays()
    {
        UInt128 made = IdentityFile.Load(Folder, out string? error);

        Assert.Null(error);
        Assert.Equal(made.ToString("x32", CultureInfo.InvariantCulture) + "\n", File.ReadAllText(FilePath));
        Assert.Equal(made, IdentityFile.Load(Folder, out error));
        Assert.Null(error);
        Assert.Equal([FilePath], Directory.GetFileSystemEntries(Folder));
    }

    [LinuxFact]
    [SupportedOSPlatform("linux")]
    public void Only_the_owner_can_read_the_identity()
    {
        IdentityFile.Load(Folder, out _);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Folder)
        );
    }

    [Fact]
    public void First_runs_at_once_end_with_one_identity()
    {
        for (int round = 0; round < 50; round++)
        {
            string folder = Path.Combine(_home, $"{round}");
            using Barrier start = new(4);
            var made = new UInt128[4];
            Thread[] runs =
            [
                .. Enumerable
                    .Range(0, 4)
                    .Select(i => new Thread(() =>
                    {
                        start.SignalAndWait();
                        made[i] = IdentityFile.Load(folder, out _);
                    })),
            ];
            Array.ForEach(runs, run => run.Start());
            Array.ForEach(runs, run => run.Join());

            Assert.Single(made.Distinct());
            Assert.Equal(made[0], IdentityFile.Load(folder, out string? error));
            Assert.Null(error);
        }
    }

    [Fact]
    public void A_first_run_killed_before_its_write_is_repaired()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(FilePath, "");

        UInt128 made = IdentityFile.Load(Folder, out string? error);

        Assert.Null(error);
        Assert.Equal(made, IdentityFile.Load(Folder, out _));
    }

    [Theory]
    [InlineData("garbage\n")]
    [InlineData("00000000000000000000000000000000\n")]
    [InlineData("0123456789abcdef0123456789abcdef0\n")]
    [InlineData("0123456789abcdef 123456789abcdef\n")]
    public void An_invalid_identity_file_is_reported_left_alone_and_not_used(string content)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(FilePath, content);

        UInt128 one = IdentityFile.Load(Folder, out string? error);

        Assert.Equal(
            $"{FilePath} cannot be used as your identity; this run has a temporary one: it has other content",
            error
        );
        Assert.NotEqual(one, IdentityFile.Load(Folder, out _));
        Assert.Equal(content, File.ReadAllText(FilePath));
    }

    [Fact]
    public void If_the_identity_cannot_be_kept_the_client_runs_without_one()
    {
        File.WriteAllText(Path.Combine(_home, "config"), "a file where the folder should be");

        Assert.NotEqual(UInt128.Zero, IdentityFile.Load(Folder, out string? error));
        Assert.StartsWith($"{FilePath} cannot be used as your identity", error, StringComparison.Ordinal);
        Assert.NotEqual(UInt128.Zero, IdentityFile.Load(null, out error));
        Assert.Equal("there is no home folder for the identity file; this run has a temporary one", error);
    }

    [Fact]
    public void A_folder_with_the_name_of_the_identity_is_reported()
    {
        Directory.CreateDirectory(FilePath);

        IdentityFile.Load(Folder, out string? error);

        Assert.StartsWith($"{FilePath} cannot be used as your identity", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("alice.smith", "alicesmith")]
    [InlineData("Alice Smith", "AliceSmith")]
    [InlineData("2fast", "fast")]
    [InlineData("_apt", "apt")]
    [InlineData("a-login-that-goes-on", "a-login-that-goe")]
    [InlineData("zoë", "zoë")]
    [InlineData("all of us", "allofus")]
    [InlineData("Алиса Иванова", "АлисаИванова")]
    [InlineData("admin", null)]
    [InlineData("1234", null)]
    [InlineData("", null)]
    public void The_login_name_is_adapted_to_the_rules_of_names(string login, string? name) =>
        Assert.Equal(name, IdentityFile.NameOfLogin(variable => variable == "USER" ? login : null));

    [Theory]
    [InlineData("two words", null)]
    [InlineData("DOM\\user", null)]
    [InlineData("  ", "a name has no spaces in it")]
    [InlineData("alice-in-wonderland-and-back", "a name is at most 16 characters")]
    [InlineData("2fast", "a name begins with a letter")]
    public void Signs_and_blanks_are_removed_from_a_chosen_name_but_no_letter_or_digit(string name, string? rule) =>
        Assert.Equal(rule, IdentityFile.RefusalOfChosen(name));

    [Fact]
    public void Without_a_login_there_is_no_name() => Assert.Null(IdentityFile.NameOfLogin(_ => null));
}
