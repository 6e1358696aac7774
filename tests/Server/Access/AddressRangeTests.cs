using System.Net;
using Chat.Server.Access;

namespace Chat.Tests.Server.Access;

public sealed class AddressRangeTests
{
    [Theory]
    [InlineData("192.168.1.65", "192.168.1.65", "192.168.1.65")]
    [InlineData("192.168.1.65/24", "192.168.1.0/24", "192.168.1.200")]
    [InlineData("192.168.1.65/24", "192.168.1.0/24", "::ffff:192.168.1.1")]
    [InlineData("::ffff:192.168.1.65", "192.168.1.65", "192.168.1.65")]
    [InlineData("::ffff:192.168.1.65/120", "192.168.1.0/24", "192.168.1.7")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0", "10.0.0.1")]
    [InlineData("::/0", "::/0", "10.0.0.1")]
    [InlineData("10.1.2.3/31", "10.1.2.2/31", "10.1.2.2")]
    [InlineData("fd00:1::5/64", "fd00:1::/64", "fd00:1::ffff")]
    [InlineData("fe80::1%3", "fe80::1", "fe80::1%7")]
    public void A_range_has_the_addresses_with_its_first_bits(string text, string written, string address)
    {
        Assert.True(AddressRange.TryParse(text, out AddressRange range));
        Assert.Equal(written, $"{range}");
        Assert.True(range.Contains(IPAddress.Parse(address)));
        Assert.True(AddressRange.TryParse(written, out AddressRange again));
        Assert.Equal(range, again);
    }

    [Theory]
    [InlineData("192.168.1.65", "192.168.1.66")]
    [InlineData("192.168.1.0/24", "192.168.2.0")]
    [InlineData("10.1.2.2/31", "10.1.2.4")]
    [InlineData("0.0.0.0/0", "fd00::1")]
    [InlineData("fd00:1::/64", "fd00:1:0:1::")]
    public void A_range_has_no_other_addresses(string text, string address)
    {
        Assert.True(AddressRange.TryParse(text, out AddressRange range));
        Assert.False(range.Contains(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("alice")]
    [InlineData("10")]
    [InlineData("10.1")]
    [InlineData("0x0a000001")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("10.0.0.256")]
    [InlineData("[::1]")]
    [InlineData("::1/129")]
    [InlineData("::1/+8")]
    public void Other_texts_are_no_range(string? text) => Assert.False(AddressRange.TryParse(text, out _));
}
