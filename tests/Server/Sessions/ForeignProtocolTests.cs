using System.Text;
using Chat.Server.Sessions;

namespace Chat.Tests.Server.Sessions;

/// <summary>Input of foreign protocols, and input that only looks like it.</summary>
public sealed class ForeignProtocolTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1", "web")]
    [InlineData("GET /?q=a b HTTP/1.0", "web")]
    [InlineData("HEAD /index.html HTTP/1.1", "web")]
    [InlineData("POST /a/b HTTP/1.1", "web")]
    [InlineData("PUT /a HTTP/1.1", "web")]
    [InlineData("DELETE /a HTTP/1.1", "web")]
    [InlineData("PATCH /a HTTP/1.1", "web")]
    [InlineData("TRACE / HTTP/1.1", "web")]
    [InlineData("OPTIONS * HTTP/1.1", "web")]
    [InlineData("CONNECT somebox:443 HTTP/1.1", "web")]
    [InlineData("GET http://somebox/ HTTP/1.1", "web")]
    [InlineData("PRI * HTTP/2.0", "web")]
    [InlineData("PROPFIND / HTTP/1.1", "web")]
    [InlineData("M-SEARCH * HTTP/1.1", "web")]
    [InlineData("OPTIONS sip:nm SIP/2.0", "web")]
    [InlineData("DESCRIBE rtsp://somebox/film RTSP/1.0", "web")]
    [InlineData("SSH-2.0-OpenSSH_9.2", "SSH")]
    [InlineData("CAP LS 302", "IRC")]
    [InlineData("CAP LS", "IRC")]
    public void A_foreign_first_line_is_recognised(string line, string word)
    {
        string? hint = ForeignProtocol.OfFirstLine(Encoding.UTF8.GetBytes(line), hasReturn: true, isEarly: true, out _);
        Assert.NotNull(hint);
        Assert.Contains(word, hint, StringComparison.Ordinal);
        Assert.Contains("chat client", hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET well soon")]
    [InlineData("GET /")]
    [InlineData("hello HTTP/1.1 fans")]
    [InlineData("I love HTTP/2")]
    [InlineData("WE ALL LOVE HTTP/2")]
    [InlineData("get / HTTP/1.1")]
    [InlineData("GET / http/1.1")]
    [InlineData("GET / HTTP/")]
    [InlineData("OK AC/DC")]
    [InlineData("ssh-2.0 is not for me")]
    [InlineData("CAPS LOCK")]
    [InlineData("/nick alice")]
    [InlineData("CAFÉ / ÉTÉ/1")]
    [InlineData("A /")]
    [InlineData(" ")]
    [InlineData("")]
    public void A_typed_first_line_is_no_foreign_protocol(string line) =>
        Assert.Null(ForeignProtocol.OfFirstLine(Encoding.UTF8.GetBytes(line), hasReturn: false, isEarly: true, out _));

    [Theory]
    [InlineData("160301020001000001fc0303", "TLS")]
    [InlineData("160303", "TLS")]
    [InlineData("16", "binary")]
    [InlineData("0300001302e00000", "binary")]
    [InlineData("00000085ff534d42", "binary")]
    [InlineData("04", "binary")]
    public void Foreign_first_bytes_are_recognised(string hex, string word)
    {
        string? hint = ForeignProtocol.OfFirstBytes(Convert.FromHexString(hex));
        Assert.NotNull(hint);
        Assert.Contains(word, hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\e[A")]
    [InlineData("\thello")]
    [InlineData("\bhello")]
    [InlineData("\r\n")]
    [InlineData("\n")]
    [InlineData("hello")]
    [InlineData("¡hola!")]
    public void First_bytes_from_a_terminal_are_no_foreign_protocol(string text) =>
        Assert.Null(ForeignProtocol.OfFirstBytes(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("8365835883670d0a")] // Shift_JIS
    [InlineData("9488940a")]
    [InlineData("836f815b83570a1b5b41")] // and an arrow key
    [InlineData("816267")]
    [InlineData("9a6c0a")] // CP850: an umlaut
    [InlineData("84686e6c6963680d0a")]
    [InlineData("80")]
    public void Text_in_an_old_code_page_counts_as_typed(string hex) =>
        Assert.Null(ForeignProtocol.OfFirstBytes(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("802e010002")] // SSL 2 hello, and cut
    [InlineData("802e01")]
    [InlineData("8000002872fe1d13")] // RPC
    [InlineData("9041424344450102")]
    public void A_control_after_a_byte_of_an_old_code_page_is_a_binary_protocol(string hex) =>
        Assert.Equal(
            "no binary protocol here: this is a chat room; use chat client, nc or telnet",
            ForeignProtocol.OfFirstBytes(Convert.FromHexString(hex))
        );

    [Fact]
    public void First_bytes_from_telnet_are_no_foreign_protocol() =>
        Assert.Null(ForeignProtocol.OfFirstBytes([0xFF, 0xFD, 0x03, 0xFF, 0xFB, 0x18]));
}
