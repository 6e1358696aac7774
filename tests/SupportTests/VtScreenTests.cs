using Chat.Tests.Support;
using Xunit.Sdk;

namespace Chat.Tests.SupportTests;

public sealed class VtScreenTests
{
    [Theory]
    [InlineData("\e]0;title\a")]
    [InlineData("\ePq\e\\")]
    [InlineData("\e[6n")]
    [InlineData("\e[c")]
    [InlineData("\e[2A")]
    [InlineData("\e[3;4H")]
    [InlineData("\e[3J")]
    [InlineData("\e[?1049h")]
    [InlineData("\e[>1m")]
    [InlineData("\e[1 q")]
    [InlineData("\ec")]
    [InlineData("\t")]
    [InlineData("\v")]
    [InlineData("\0")]
    [InlineData("\u007f")]
    [InlineData("\u009b31m")]
    [InlineData("\u0085")]
    public void An_unlisted_sequence_is_an_offence(string hostile)
    {
        var screen = new VtScreen(10, 2);
        screen.Feed("before");
        XunitException offence = Assert.Throws<XunitException>(() => screen.Feed(hostile));
        Assert.Contains("before", offence.Message, StringComparison.Ordinal);
        Assert.Throws<XunitException>(() => screen.Feed("after"));
    }

    [Fact]
    public void Every_cut_of_the_bytes_draws_the_same()
    {
        byte[] bytes = "é漢\e[1;31mx\e[0m👩‍👩‍👧\r\n\e[2Kend"u8.ToArray();
        var whole = new VtScreen(8, 2);
        whole.Feed(bytes);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var screen = new VtScreen(8, 2);
            screen.Feed(bytes.AsSpan(0, cut));
            screen.Feed(bytes.AsSpan(cut));
            Assert.Equal(whole.Draw(), screen.Draw());
            Assert.True(screen.AtRest);
        }
    }
}
