using System.Net;
using System.Text;
using Chat.Protocol.Discovery;

namespace Chat.Tests.Protocol.Discovery;

/// <summary>The name of a room, the keys of its TXT record, and the networks of an interface.</summary>
public sealed class RoomServiceTests
{
    [Fact]
    public void The_keys_of_a_text_record_are_read_back()
    {
        Span<byte> data = stackalloc byte[300];
        int length = RoomService.WriteText(data, RoomService.ChatKey, "1"u8);
        length += RoomService.WriteText(data[length..], RoomService.TopicKey, "a=b, ünd"u8);
        ReadOnlySpan<byte> written = data[..length];

        Assert.True(RoomService.TryReadText(written, "TOPIC", out ReadOnlySpan<byte> topic));
        Assert.Equal("a=b, ünd"u8, topic);
        Assert.True(RoomService.TryReadText(written, RoomService.ChatKey, out _));
        Assert.False(RoomService.TryReadText(written, RoomService.MembersKey, out _));
    }

    [Fact]
    public void A_long_value_is_cut_at_a_character()
    {
        Span<byte> data = stackalloc byte[300];

        int length = RoomService.WriteText(data, "topic", Encoding.UTF8.GetBytes(new string('ü', 200)));

        Assert.Equal((255, 254), (length, data[0]));
        Assert.True(RoomService.TryReadText(data[..length], "topic", out ReadOnlySpan<byte> value));
        Assert.Equal(new string('ü', 124), Encoding.UTF8.GetString(value));
    }

    [Fact]
    public void A_value_that_does_not_fit_is_left_out() =>
        Assert.Equal(0, RoomService.WriteText(stackalloc byte[7], "topic", "word"u8));

    [Theory]
    // A length beyond the end, no bytes, a key without a value, and the first of two.
    [InlineData("09636861743D31", false, "")]
    [InlineData("", false, "")]
    [InlineData("0463686174", true, "")]
    [InlineData("06636861743D3106636861743D32", true, "1")]
    public void Any_text_record_is_read_as_far_as_it_goes(string hex, bool isFound, string value)
    {
        Assert.Equal(
            isFound,
            RoomService.TryReadText(Convert.FromHexString(hex), RoomService.ChatKey, out ReadOnlySpan<byte> found)
        );
        Assert.Equal(value, Encoding.UTF8.GetString(found));
    }

    [Theory]
    [InlineData("lab")]
    [InlineData("Room 3, second floor (left)")]
    [InlineData("Küche 🍕")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890123")]
    public void A_name_that_can_be_shown_is_accepted(string name) => Assert.Null(RoomName.Refusal(name));

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("   ", "is empty")]
    [InlineData("\u200B", "is empty")]
    [InlineData("a\u001B[31mb", "cannot be shown")]
    [InlineData("a\nb", "cannot be shown")]
    [InlineData("abc\u202Edef", "cannot be shown")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234", "at most 63 bytes")]
    [InlineData("üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü", "at most 63 bytes")]
    public void A_hostile_empty_or_long_name_is_refused_in_words(string name, string words) =>
        Assert.Contains(words, RoomName.Refusal(name), StringComparison.Ordinal);

    [Theory]
    [InlineData("somebox", "somebox")]
    [InlineData("somebox.example.org", "somebox")]
    [InlineData("", "chat")]
    [InlineData(".", "chat")]
    [InlineData("a\u001Bb", "a^[b")]
    public void The_name_of_a_machine_becomes_the_name_of_its_room(string machine, string room)
    {
        Assert.Equal(room, RoomName.Of(machine));
        Assert.Null(RoomName.Refusal(RoomName.Of(machine)));
    }

    [Fact]
    public void A_numbered_name_fits_a_label_and_ends_with_its_number()
    {
        string full = string.Concat(Enumerable.Repeat("ü", 31));

        Assert.Equal("lab (2)", RoomName.Numbered("lab", 2));
        Assert.Equal(new string('ü', 29) + " (12)", RoomName.Numbered(full, 12));
        Assert.Null(RoomName.Refusal(RoomName.Numbered(full, 1000)));
    }

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("10.1.2.255", true)]
    [InlineData("10.1.3.255", false)]
    [InlineData("10.1.2.0", false)]
    [InlineData("10.1.4.1", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00::1:2", true)]
    [InlineData("fd00:1::2", false)]
    public void An_address_of_another_network_is_recognized(string address, bool isOnLink)
    {
        LocalInterface local = new(
            2,
            "eth0",
            [new LocalAddress(IPAddress.Parse("10.1.2.1"), 23), new LocalAddress(IPAddress.Parse("fd00::1"), 64)]
        );

        Assert.Equal(isOnLink, local.IsOnLink(IPAddress.Parse(address).GetAddressBytes()));
    }

    [Fact]
    public void Loopback_is_not_among_the_interfaces()
    {
        Assert.True(LocalInterface.TryLook(out List<LocalInterface> interfaces, out _));
        Assert.DoesNotContain(interfaces, static one => one.Addresses.Any(static a => IPAddress.IsLoopback(a.Address)));
    }
}
