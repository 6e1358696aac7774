using System.Runtime.Versioning;
using Chat.Client;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Storage;

/// <summary>The file with the keys of rooms.</summary>
public sealed class RoomKeysTests : IDisposable
{
    private static readonly DateOnly Monday = new(2026, 11, 30),
        Tuesday = Monday.AddDays(1);

    private static readonly byte[] One = [.. Enumerable.Repeat((byte)1, 32)],
        Two = [.. Enumerable.Repeat((byte)2, 32)];

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-keys-").FullName;

    private string File => Path.Combine(_folder, "chat", "room-keys");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static HostPort At(string host, int port = 8082) => new(host, port);

    private static string Line(string place, byte[] key, string first = "2026-11-30", string last = "2026-11-30") =>
        $"{place} {Convert.ToBase64String(key)} {first} {last}\n";

    private void Write(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, text);
    }

    [Fact]
    public void A_room_is_a_line_with_the_days_of_its_key()
    {
        RoomKeys keys = new(File);
        keys.Keep(At("192.168.1.65"), One, Monday);
        keys.Keep(At("fe80::1%eth0", 9000), Two, Monday);
        keys.Keep(At("192.168.1.65"), One, Tuesday);

        Assert.Equal(
            Line("192.168.1.65:8082", One, last: "2026-12-01") + Line("[fe80::1%eth0]:9000", Two),
            System.IO.File.ReadAllText(File)
        );
        Assert.Equal(Two, new RoomKeys(File).Find(At("fe80::1%eth0", 9000))?.Key);
        Assert.Null(keys.Find(At("192.168.1.65", 8083)));
        Assert.Null(keys.Failure);
    }

    [Fact]
    public void Another_key_begins_on_its_own_day()
    {
        RoomKeys keys = new(File);
        keys.Keep(At("somebox"), One, Monday);

        keys.Keep(At("somebox"), Two, Tuesday);

        Assert.Equal(Line("somebox:8082", Two, "2026-12-01", "2026-12-01"), System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_key_is_found_at_the_address_where_it_was_seen_last()
    {
        RoomKeys keys = new(File);
        keys.Keep(At("a"), One, Tuesday);
        keys.Keep(At("b"), One, Monday);

        Assert.Equal("a", keys.Find(One)?.Place.Host);
        Assert.Null(keys.Find(Two));
    }

    [LinuxFact]
    [SupportedOSPlatform("linux")]
    public void The_file_is_readable_by_its_owner_alone()
    {
        new RoomKeys(File).Keep(At("somebox"), One, Monday);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public void A_private_run_reads_the_file_and_writes_nothing()
    {
        Write(Line("somebox:8082", One));
        RoomKeys keys = new(File, isReadOnly: true);

        keys.Keep(At("other"), Two, Monday);

        Assert.Equal(Line("somebox:8082", One), System.IO.File.ReadAllText(File));
        Assert.Equal(One, keys.Find(At("somebox"))?.Key);
    }

    [Fact]
    public void A_torn_last_line_is_dropped_and_the_next_key_stands_on_its_own_line()
    {
        string whole = Line("a:8082", One),
            torn = Line("b:8082", Two);
        for (int length = 0; length < torn.Length - 1; length++)
        {
            Write(whole + torn[..length]);
            RoomKeys keys = new(File);

            Assert.Null(keys.Find(At("b")));
            keys.Keep(At("c"), Two, Monday);

            Assert.Equal(whole + Line("c:8082", Two), System.IO.File.ReadAllText(File));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0\n")]
    [InlineData("somebox:8082\n")]
    [InlineData("somebox:8082 AAAA 2026-11-30 2026-11-30\n")]
    [InlineData("somebox:8082 !!!! 2026-11-30 2026-11-30\n")]
    [InlineData("somebox AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE= 2026-11-30 2026-11-30\n")]
    [InlineData("somebox:8082 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE= yesterday 2026-11-30\n")]
    public void A_line_that_does_not_parse_is_no_key(string text)
    {
        Write(text);

        Assert.Null(new RoomKeys(File).Find(At("somebox")));
    }

    [Fact]
    public void The_key_that_was_not_seen_for_longest_goes_first()
    {
        RoomKeys keys = new(File);
        for (int i = 0; i <= ClientLimits.RoomKeys; i++)
            keys.Keep(At($"room{i}"), One, Monday.AddDays(i));

        Assert.Null(keys.Find(At("room0")));
        Assert.Equal(ClientLimits.RoomKeys, keys.Load().Count);
    }

    [Fact]
    public void The_longest_names_fit_into_the_file()
    {
        RoomKeys keys = new(File);
        string label = new('a', 60);
        for (int i = 0; i < ClientLimits.RoomKeys; i++)
            keys.Keep(At($"{label}.{label}.{label}.{label}{i:D4}", 65535), One, Monday);

        Assert.Equal(ClientLimits.RoomKeys, keys.Load().Count);
    }

    [Fact]
    public void Clients_that_write_at_once_keep_all_keys()
    {
        Parallel.For(0, 40, i => new RoomKeys(File).Keep(At($"room{i}"), One, Monday));

        Assert.Equal(40, new RoomKeys(File).Load().Count);
    }

    [Fact]
    public void A_folder_in_place_of_the_file_is_reported()
    {
        Directory.CreateDirectory(File);
        RoomKeys keys = new(File);

        Assert.Null(keys.Find(At("somebox")));
        Assert.Contains("cannot be read, so no room is known", keys.Failure, StringComparison.Ordinal);
        keys.Keep(At("somebox"), One, Monday);
        Assert.Contains("cannot be kept", keys.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Remembered_rooms_get_the_keys_of_their_addresses()
    {
        RoomKeys keys = new(File);
        keys.Keep(At("somebox"), One, Monday);

        IReadOnlyList<KnownRoom> rooms = keys.AddTo([
            new KnownRoom(new HostPort("SomeBox", null), "", "lab"),
            new KnownRoom(new HostPort("somebox", 9000), "", "lab"),
        ]);

        Assert.Equal([Convert.ToBase64String(One), null], rooms.Select(static room => room.Key));
    }

    [LinuxFact]
    public void A_pipe_in_place_of_the_file_is_reported()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        using RunningProgram make = ToolProcess.Start("mkfifo", File);
        Assert.Equal(0, make.WaitForExit());
        RoomKeys keys = new(File);

        Assert.Null(keys.Find(At("somebox")));
        Assert.EndsWith("it is no file", keys.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_home_nothing_is_kept_and_nothing_fails()
    {
        RoomKeys keys = new(null);
        keys.Keep(At("somebox"), One, Monday);

        Assert.Null(keys.Find(At("somebox")));
        Assert.Null(keys.Failure);
    }
}
