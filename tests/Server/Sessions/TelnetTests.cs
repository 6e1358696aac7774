using System.Text;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Sessions;

/// <summary>The server answers telnet's requests (RFC 854, RFC 860), so that telnet shows its user's input.</summary>
public sealed class TelnetTests
{
    private static readonly byte[] CtrlC = [0xFF, 0xF4, 0xFF, 0xFD, 0x06];

    [Theory]
    [InlineData(5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Ctrl_C_of_telnet_is_answered_however_its_bytes_are_split(int cut)
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        Peer bob = server.Join("bob");
        server.Skip(alice, bob);
        bob.SendBytes(CtrlC.AsSpan(0, cut));
        server.Settle();
        bob.SendBytes([.. CtrlC.AsSpan(cut), .. "still here\r\n"u8]);
        Assert.Equal(["<bob> still here"], server.News(alice));
        server.News(bob);
        Assert.Equal(1, Marks(bob));
    }

    /// <summary>Options that a client sends unasked: window size (RFC 1073) and terminal type (RFC 1091).</summary>
    [Theory]
    [InlineData("FFFB1F FFFA1F00500018FFF0")]
    [InlineData("FFFA1F00500018FFF0")]
    [InlineData("FFFA1F00FFFF0018FFF0")]
    [InlineData("FFFB18 FFFA1800787465726DFFF0 FFFD01")]
    public void Telnet_options_before_the_first_line_are_no_binary_protocol_however_they_are_split(string hex)
    {
        byte[] options = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        for (int cut = 1; cut <= options.Length; cut++)
        {
            using Peer bob = server.Connect();
            bob.SendBytes(options.AsSpan(0, cut));
            server.Settle();
            bob.SendBytes([.. options.AsSpan(cut), .. "alive\r\n"u8]);
            server.Settle();
        }
        Assert.Equal(
            options.Length,
            server.News(alice).Count(static line => line.EndsWith("> alive", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void An_option_of_telnet_without_an_end_is_no_binary_protocol()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer bob = server.Connect();
        bob.SendBytes([0xFF, 0xFA, 0x18, 0x00]);
        server.Advance(TimeSpan.FromMilliseconds(2 * ServerLimits.HelloMilliseconds));
        Assert.Contains("-- you are guest; /nick NAME takes a name, /help says what else there is", server.News(bob));
    }

    [Fact]
    public void Bytes_that_are_no_option_of_telnet_are_still_a_binary_protocol()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer bob = server.Connect();
        bob.SendBytes([0xFF, 0xFB, 0x1F, 0x00, 0x50]);
        bob.WaitForEnd();
        Assert.StartsWith("-- no binary protocol here", bob.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Each_timing_mark_is_answered_even_before_the_member_joins()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer bob = server.Connect();
        bob.SendBytes([.. CtrlC, .. CtrlC, .. CtrlC]);
        bob.SendText("hello\r\n");
        server.Settle();
        bob.WaitFor(() => Marks(bob) == 3, "three answers");
    }

    [Fact]
    public void A_telnet_AYT_is_answered_in_words()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer bob = server.Join("bob");
        server.Skip(bob);
        bob.SendBytes([0xFF, 0xF6]);
        Assert.Equal(["-- yes, the room is here"], server.News(bob));
    }

    [Fact]
    public void Refusals_and_other_options_are_not_answered_and_cause_no_loop()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer bob = server.Join("bob");
        server.Skip(bob);
        bob.SendBytes([0xFF, 0xFE, 0x06, 0xFF, 0xFC, 0x06, 0xFF, 0xFB, 0x06, 0xFF, 0xFD, 0x01]);
        Assert.Empty(server.News(bob));
        Assert.DoesNotContain((byte)0xFF, bob.Bytes);
    }

    [Fact]
    public void A_flood_of_timing_marks_is_answered_within_the_bound_of_a_lane()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        Peer bob = server.Join("bob");
        server.Skip(alice);
        for (int i = 0; i < 10; i++)
            bob.SendBytes([.. Enumerable.Repeat(CtrlC, 1000).SelectMany(static c => c)]);
        bob.SendText("through\r\n");
        server.Settle();
        Assert.Equal(["<bob> through"], server.News(alice));
    }

    private static int Marks(Peer peer)
    {
        peer.Pump();
        string bytes = Encoding.Latin1.GetString([.. peer.Bytes]);
        return bytes.Split("\u00FF\u00FC\u0006").Length - 1;
    }
}
