using Chat.Protocol;

namespace Chat.Tests.Protocol;

/// <summary>The usual spellings of a server address.</summary>
public sealed class HostPortTests
{
    [Theory]
    [InlineData(null, null, null, null)]
    [InlineData("192.168.1.65", null, "192.168.1.65", null)]
    [InlineData("192.168.1.65", "8082", "192.168.1.65", 8082)]
    [InlineData("192.168.1.65:8082", null, "192.168.1.65", 8082)]
    [InlineData("192.168.1.65:8082", "8082", "192.168.1.65", 8082)]
    [InlineData("somebox", null, "somebox", null)]
    [InlineData("somebox:1", null, "somebox", 1)]
    [InlineData("some-box.example.org", "65535", "some-box.example.org", 65535)]
    [InlineData("8082", null, null, 8082)]
    [InlineData(":8082", null, null, 8082)]
    [InlineData("::", null, "::", null)]
    [InlineData("::1", null, "::1", null)]
    [InlineData("::1", "7", "::1", 7)]
    [InlineData("fe80::1%eth0", null, "fe80::1%eth0", null)]
    [InlineData("[fe80::1]", null, "fe80::1", null)]
    [InlineData("[fe80::1]", "7", "fe80::1", 7)]
    [InlineData("[fe80::1]:8082", null, "fe80::1", 8082)]
    [InlineData("büro", null, "büro", null)]
    [InlineData(" 192.168.1.65 ", " 8082 ", "192.168.1.65", 8082)]
    [InlineData("192.168.1.65: 8082", null, "192.168.1.65", 8082)]
    [InlineData("192.168.1.65.", null, "192.168.1.65", null)]
    [InlineData("localhost.", "8082", "localhost", 8082)]
    public void Usual_spellings_of_an_address_are_parsed(string? address, string? port, string? host, int? number)
    {
        Assert.Null(HostPort.Parse(address, port, out HostPort result));
        Assert.Equal(new HostPort(host, number), result);
    }

    [Theory]
    [InlineData("somebox", true)]
    [InlineData("chat.example.org", true)]
    [InlineData("my_box-2.example", true)]
    [InlineData("", false)]
    [InlineData("a..b", false)]
    [InlineData("-a.example", false)]
    [InlineData("a-.example", false)]
    [InlineData("a b", false)]
    [InlineData("büro", false)]
    [InlineData("192.168.1.65", false)]
    [InlineData("::1", false)]
    [InlineData("somebox:80", false)]
    public void The_name_of_a_host_has_labels_of_letters_digits_and_hyphens(string text, bool isName)
    {
        Assert.Equal(isName, HostPort.IsName(text));
        Assert.False(HostPort.IsName($"{new string('a', 64)}.{text}"));
    }

    [Theory]
    [InlineData("somebox", "0", "'0'")]
    [InlineData("somebox", "65536", "'65536'")]
    [InlineData("somebox", "-1", "'-1'")]
    [InlineData("somebox", "abc", "'abc'")]
    [InlineData("somebox", "+8082", "'+8082'")]
    [InlineData("somebox", "80\n82", "'80^J82'")]
    [InlineData("somebox", "8o82", "'8o82'")]
    [InlineData("somebox", "", "''")]
    [InlineData("somebox", "99999999999", "'99999999999'")]
    [InlineData("somebox:", null, "''")]
    [InlineData("somebox:http", null, "'http'")]
    [InlineData("0", null, "'0'")]
    [InlineData("70000", null, "'70000'")]
    [InlineData("[::1]x", null, "'x'")]
    [InlineData("somebox:1", "2", "two ports")]
    [InlineData("", null, "empty")]
    [InlineData("[]", null, "empty")]
    [InlineData("[::1", null, "'[::1'")]
    [InlineData("::1]", null, "'::1]'")]
    [InlineData("http://somebox", null, "")]
    [InlineData("me@somebox", null, "'me@somebox'")]
    [InlineData("some box", null, "'some box'")]
    [InlineData("--bogus", null, "--bogus")]
    [InlineData("a\nb", null, "'a^Jb'")]
    public void An_error_names_the_wrong_part(string address, string? port, string named)
    {
        string? wrong = HostPort.Parse(address, port, out _);
        Assert.NotNull(wrong);
        Assert.Contains(named, wrong, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong, static c => char.IsControl(c));
    }

    [Theory]
    [InlineData("fe80::1", "fe80::1 is an address behind one network interface; name one, such as fe80::1%eth0")]
    [InlineData("fe80::1%", "fe80::1 is an address behind one network interface; name one, such as fe80::1%eth0")]
    [InlineData(
        "fe80::1%nosuch",
        "this machine has no network interface called nosuch; name one, such as fe80::1%eth0"
    )]
    public void A_missing_interface_is_named_with_an_example(string host, string words) =>
        Assert.StartsWith(words, new HostPort(host, null).InterfaceRefusal(), StringComparison.Ordinal);

    [Theory]
    [InlineData("::1:28090", true)]
    [InlineData("127.0.0.1:8082:1", true)]
    [InlineData("somebox", false)]
    [InlineData(null, false)]
    public void Several_colons_get_the_form_with_brackets(string? host, bool refused) =>
        Assert.Equal(
            refused,
            new HostPort(host, null).ColonsRefusal()?.EndsWith("typed like [fd00::1]:8082", StringComparison.Ordinal)
                ?? false
        );

    [Fact]
    public void An_address_is_written_as_arguments_of_nc() =>
        Assert.Equal("::1 8082", new HostPort("::1", 8082).ToString());
}
