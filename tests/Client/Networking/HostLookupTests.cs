using System.Net;
using Chat.Client.Discovery;
using Chat.Client.Networking;
using Chat.Protocol;

namespace Chat.Tests.Client.Networking;

/// <summary>The lookup of a typed host, and of the name of a room.</summary>
public sealed class HostLookupTests
{
    private static FoundRoom Room(string name, string address, int port = 8082) =>
        new(name, port, [new RoomAddress(IPAddress.Parse(address), address)]);

    private static readonly FoundRoom[] Rooms =
    [
        Room("lab", "192.168.1.65"),
        Room("Lab", "192.168.1.66", 9000),
        Room("pub", "192.168.1.67"),
    ];

    [Theory]
    [InlineData("PUB", null, "192.168.1.67")]
    [InlineData("lab", 9000, "192.168.1.66")]
    [InlineData("pub", 9000, null)]
    [InlineData("la", null, null)]
    public void A_room_is_joined_by_its_name_and_its_port_if_one_is_typed(string name, int? port, string? address) =>
        Assert.Equal(
            address,
            HostLookup.Match(new HostPort(name, port), Rooms, static _ => null)?.Addresses.Single().ToString()
        );

    [Fact]
    public void Two_rooms_of_one_name_are_an_error_that_has_their_addresses() =>
        Assert.Equal(
            "2 rooms are called lab; give the address of one: "
                + "chat client 192.168.1.65 or chat client 192.168.1.66 9000",
            HostLookup.Match(new HostPort("lab", null), Rooms, static _ => null)?.Failure
        );

    [Fact]
    public void Of_two_rooms_of_one_name_the_remembered_one_is_joined() =>
        Assert.Equal(
            "192.168.1.66",
            HostLookup
                .Match(new HostPort("lab", null), Rooms, static room => room.Port == 9000 ? null : "no")
                ?.Addresses.Single()
                .ToString()
        );

    [Fact]
    public void A_room_that_is_refused_is_an_error() =>
        Assert.Equal("no", HostLookup.Match(new HostPort("pub", null), Rooms, static _ => "no")?.Failure);

    [Fact]
    public async Task A_name_that_the_resolver_knows_is_that_machine()
    {
        Located found = await HostLookup.Start(
            new HostPort("localhost", null),
            TimeProvider.System,
            RoomLookup.BesideResolver
        );

        Assert.NotEmpty(found.Addresses);
        Assert.All(found.Addresses, static address => Assert.True(IPAddress.IsLoopback(address)));
        Assert.Null(found.Room);
    }
}
