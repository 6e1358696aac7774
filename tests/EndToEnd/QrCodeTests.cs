using System.Net;
using System.Text.RegularExpressions;
using Chat.Server;
using Chat.Server.Output;
using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>The QR code of the page's address on the server's terminal.</summary>
public sealed partial class QrCodeTests
{
    [Theory]
    [InlineData("http://192.168.1.65:8082")]
    [InlineData("http://[fd00::1234:5678:9abc:def0]:65535")]
    public void A_reader_of_codes_reads_the_address(string address)
    {
        if (!Directory.Exists(Path.Combine(PageTests.Run.Packages, "node_modules", "jsqr")))
            Assert.Skip("jsqr (npm) is absent; ./build.sh test installs it where it can");
        string[] rows = QrCode.Draw(address, hasColours: true);
        string[] inverted = QrCode.Draw(address, hasColours: false);

        Assert.Equal(address.ToUpperInvariant(), Read(rows.Select(static row => Sequence().Replace(row, ""))));
        Assert.All(rows, static row => Assert.Matches(@"^\e\[30;47m[ █▀▄]+\e\[0m$", row));
        Assert.Equal(address.ToUpperInvariant(), Read(inverted.Select(Invert)));
    }

    [Theory]
    [InlineData(80, 24, true)]
    [InlineData(80, 16, false)]
    [InlineData(24, 60, false)]
    public void The_code_is_shown_in_a_window_that_holds_it(int columns, int rows, bool isShown)
    {
        string invitation = ServerRole.Invitation(
            [new IPEndPoint(IPAddress.Parse("192.168.1.65"), 8082)],
            hasPage: true,
            new ServerRole.Window(columns, rows, HasColours: true)
        );

        Assert.Contains("-- or in a browser: http://192.168.1.65:8082\n", invitation, StringComparison.Ordinal);
        Assert.Equal(isShown, invitation.Contains('█', StringComparison.Ordinal));
        Assert.True(!isShown || invitation.Count(static c => c == '\n') < rows);
    }

    [Fact]
    public void An_address_that_no_phone_reaches_has_no_code()
    {
        ServerRole.Window window = new(200, 100, HasColours: true);
        string loopback = ServerRole.Invitation([new IPEndPoint(IPAddress.Loopback, 8082)], hasPage: true, window);
        string none = ServerRole.Invitation([new IPEndPoint(IPAddress.Loopback, 8082)], hasPage: false, window);

        Assert.DoesNotContain("█", loopback, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:8082", loopback, StringComparison.Ordinal);
        Assert.DoesNotContain("http", none, StringComparison.Ordinal);
    }

    private static string Read(IEnumerable<string> rows)
    {
        using RunningProgram node = ToolProcess.StartWith(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["CHAT_PACKAGES"] = PageTests.Run.Packages },
            "node",
            Path.Combine(Checkout.Root, "tests", "Web", "qr.mjs")
        );
        node.Send(string.Join('\n', rows) + "\n");
        node.CloseInput();
        Assert.Equal(0, node.WaitForExit());
        return node.Out.Text.Trim();
    }

    private static string Invert(string row) =>
        string.Concat(
            row.Select(static block =>
                block switch
                {
                    '█' => ' ',
                    ' ' => '█',
                    '▀' => '▄',
                    _ => '▀',
                }
            )
        );

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Sequence();
}
