using System.Net;
using System.Text;
using Chat.Client.Discovery;
using Chat.Client.Views;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Views;

/// <summary>A room as JSON.</summary>
public sealed class RoomJsonTests
{
    [Fact]
    public void The_object_of_the_page_is_what_the_program_writes()
    {
        RoomAddress[] addresses =
        [
            new(IPAddress.Parse("192.168.1.65"), "192.168.1.65"),
            new(IPAddress.Parse("fe80::5054:ff:fe12:3456"), "fe80::5054:ff:fe12:3456%eth0"),
        ];
        FoundRoom room = new("lab", 8082, addresses)
        {
            Members = 3,
            Topic = "the build",
            Epoch = "1c9f0a6b2d3e4f58",
        };

        string page = File.ReadAllText(Path.Combine(Checkout.Root, "Client", "README.md"));
        Assert.Contains("\n" + Encoding.UTF8.GetString(RoomJson.Format(room)), page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_with_hidden_characters_is_marked() =>
        Assert.StartsWith(
            """{"name":"lab","hiddenCharacters":true,""",
            Encoding.UTF8.GetString(
                RoomJson.Format(
                    new FoundRoom("lab", 9000, [new RoomAddress(IPAddress.Parse("10.0.0.1"), "10.0.0.1")])
                    {
                        IsNameChanged = true,
                    }
                )
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_room_that_tells_nothing_of_itself_has_name_address_and_port() =>
        Assert.Equal(
            """{"name":"lab","address":"10.0.0.1","port":9000,"encrypted":false,"secret":false,"""
                + "\"addresses\":[\"10.0.0.1\"]}\n",
            Encoding.UTF8.GetString(
                RoomJson.Format(new FoundRoom("lab", 9000, [new RoomAddress(IPAddress.Parse("10.0.0.1"), "10.0.0.1")]))
            )
        );

    [Fact]
    public void A_room_that_asks_for_a_secret_says_so() =>
        Assert.Contains(
            "\"secret\":true",
            Encoding.UTF8.GetString(
                RoomJson.Format(
                    new FoundRoom("lab", 9000, [new RoomAddress(IPAddress.Parse("10.0.0.1"), "10.0.0.1")])
                    {
                        AsksSecret = true,
                    }
                )
            ),
            StringComparison.Ordinal
        );
}
