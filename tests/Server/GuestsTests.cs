using Chat.Server;

namespace Chat.Tests.Server;

public sealed class GuestsTests
{
    [Fact]
    public void The_first_from_an_address_bears_it_and_the_others_a_number_too()
    {
        Guests guests = new();
        Assert.Equal("192.168.1.7", guests.Take("192.168.1.7"));
        Assert.Equal("192.168.1.7#2", guests.Take("192.168.1.7"));
        Assert.Equal("192.168.1.8", guests.Take("192.168.1.8"));
        Assert.Equal("192.168.1.7#3", guests.Take("192.168.1.7"));
        Assert.Equal("fe80::1", guests.Take("fe80::1"));
        Assert.Equal("fe80::1#2", guests.Take("fe80::1"));
    }

    [Fact]
    public void The_lowest_name_given_back_is_given_next()
    {
        Guests guests = new();
        for (int i = 0; i < 5; i++)
            guests.Take("::1");
        guests.Return("::1#4");
        guests.Return("::1");
        guests.Return("::1#2");
        Assert.Equal(["::1", "::1#2", "::1#4", "::1#6"], Enumerable.Range(0, 4).Select(_ => guests.Take("::1")));
    }

    [Fact]
    public void An_address_that_everybody_left_starts_anew()
    {
        Guests guests = new();
        guests.Take("::1");
        guests.Take("::1");
        guests.Return("::1");
        guests.Return("::1#2");
        Assert.Equal(["::1", "::1#2"], Enumerable.Range(0, 2).Select(_ => guests.Take("::1")));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1#2", true)]
    [InlineData("::1", true)]
    [InlineData("alice", false)]
    [InlineData("alice-2", false)]
    public void A_guest_is_known_by_its_name(string name, bool guest) => Assert.Equal(guest, Guests.IsGuest(name));
}
