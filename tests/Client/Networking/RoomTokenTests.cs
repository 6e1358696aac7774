using System.Net;
using Chat.Client.Networking;

namespace Chat.Tests.Client.Networking;

/// <summary>The token of a person in a room. The expected values come from HMAC in Python.</summary>
public sealed class RoomTokenTests
{
    private static readonly UInt128 Identity = new(0x00_01_02_03_04_05_06_07, 0x08_09_0a_0b_0c_0d_0e_0f);

    [Theory]
    [InlineData("192.168.1.65:8082", "1518302230fff33d982a7ba7db58fc0b")]
    [InlineData("[fe80::1]:8082", "6e69d87a8242291a88280330027ec0e1")]
    [InlineData("[fe80::1%7]:8082", "6e69d87a8242291a88280330027ec0e1")]
    [InlineData("127.0.0.1:8082", "fa6f1ef52ce9c74014db1568c940ccf6")]
    [InlineData("[::1]:8082", "fa6f1ef52ce9c74014db1568c940ccf6")]
    public void A_token_in_the_clear_depends_on_the_identity_and_the_address(string server, string token) =>
        Assert.Equal(token, $"{RoomToken.InTheClear(Identity, IPEndPoint.Parse(server)):x32}");

    [Fact]
    public void A_token_within_tls_depends_on_the_identity_and_the_key_of_the_room()
    {
        byte[] key = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)];

        Assert.Equal("8b071e2170c5b24eb57dda9a4b883627", $"{RoomToken.InRoom(Identity, key):x32}");
        Assert.NotEqual(RoomToken.InRoom(Identity, key), RoomToken.InRoom(Identity + 1, key));
        key[31]++;
        Assert.NotEqual("8b071e2170c5b24eb57dda9a4b883627", $"{RoomToken.InRoom(Identity, key):x32}");
    }

    [Fact]
    public void Another_port_or_another_identity_has_another_token()
    {
        var server = IPEndPoint.Parse("192.168.1.65:8082");
        UInt128[] tokens =
        [
            RoomToken.InTheClear(Identity, server),
            RoomToken.InTheClear(Identity, IPEndPoint.Parse("192.168.1.65:8083")),
            RoomToken.InTheClear(Identity + 1, server),
        ];

        Assert.Equal(3, tokens.Distinct().Count());
    }
}
