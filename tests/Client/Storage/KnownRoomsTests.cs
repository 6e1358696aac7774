using System.Runtime.Versioning;
using Chat.Client;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Storage;

/// <summary>The file with the addresses that worked.</summary>
public sealed class KnownRoomsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-rooms-").FullName;

    private string File => Path.Combine(_folder, "chat", "rooms");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static KnownRoom Room(string host, string epoch = "0123456789abcdef", string name = "my lab") =>
        new(new HostPort(host, 8082), epoch, name);

    [Fact]
    public void The_newest_room_is_first_and_an_address_stands_once()
    {
        KnownRooms rooms = new(File);
        rooms.Add(Room("192.168.1.65"));
        rooms.Add(Room("fe80::1%eth0", epoch: "", name: ""));
        rooms.Add(Room("192.168.1.65", epoch: "fedcba9876543210", name: ""));

        Assert.Equal(
            [Room("192.168.1.65", epoch: "fedcba9876543210"), Room("fe80::1%eth0", epoch: "", name: "")],
            new KnownRooms(File).Load()
        );
    }

    [Fact]
    public void A_name_in_a_changed_file_is_clean()
    {
        new KnownRooms(File).Add(Room("192.168.1.65", name: "\e[2Jlab"));

        Assert.Equal("^[[2Jlab", Assert.Single(new KnownRooms(File).Load()).Name);
    }

    [Fact]
    public void A_few_rooms_are_kept()
    {
        KnownRooms rooms = new(File);
        for (int i = 0; i < 3 * ClientLimits.KnownRooms; i++)
            rooms.Add(Room($"192.168.1.{i}"));

        Assert.Equal(ClientLimits.KnownRooms, rooms.Load().Count);
        Assert.Equal("192.168.1.47", rooms.Load()[0].To.Host);
    }

    [LinuxFact]
    [SupportedOSPlatform("linux")]
    public void The_file_is_readable_by_its_owner_alone()
    {
        new KnownRooms(File).Add(Room("192.168.1.65"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public void A_private_run_reads_the_file_and_writes_nothing()
    {
        new KnownRooms(File).Add(Room("192.168.1.65"));
        KnownRooms rooms = new(File, isReadOnly: true);

        rooms.Add(Room("192.168.1.66"));

        Assert.Equal([Room("192.168.1.65")], rooms.Load());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0\n")]
    [InlineData("192.168.1.65\n")]
    [InlineData("192.168.1.65 8082 - -\n-x 8082 - -\n192.168.1.66 99999 - -\n")]
    public void A_damaged_file_is_read_as_far_as_it_goes(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, text);

        Assert.InRange(new KnownRooms(File).Load().Count, 0, 1);
        new KnownRooms(File).Add(Room("192.168.1.67"));
        Assert.Equal("192.168.1.67", new KnownRooms(File).Load()[0].To.Host);
    }

    [Fact]
    public void Without_a_file_or_a_folder_nothing_is_remembered()
    {
        new KnownRooms(null).Add(Room("192.168.1.65"));
        Assert.Empty(new KnownRooms(null).Load());
        Assert.Empty(new KnownRooms(File).Load());
    }
}
