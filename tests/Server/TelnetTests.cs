using System.Text;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>What telnet asks for (RFC 854, RFC 860) is answered, so its user is not muted.</summary>
public sealed class TelnetTests
{
    private static readonly byte[] CtrlC = [0xFF, 0xF4, 0xFF, 0xFD, 0x06];

    [Theory]
    [InlineData(5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Ctrl_C_of_telnet_is_answered_wherever_it_is_cut(int cut)
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

    [Fact]
    public void Each_timing_mark_is_answered_also_before_the_member_has_joined()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer bob = server.Connect();
        bob.SendBytes([.. CtrlC, .. CtrlC, .. CtrlC]);
        bob.SendText("hello\r\n");
        server.Settle();
        bob.WaitFor(() => Marks(bob) == 3, "three answers");
    }

    [Fact]
    public void Are_you_there_is_answered_in_words()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer bob = server.Join("bob");
        server.Skip(bob);
        bob.SendBytes([0xFF, 0xF6]);
        Assert.Equal(["-- yes, the room is here"], server.News(bob));
    }

    [Fact]
    public void Refusals_and_other_options_are_not_answered_so_no_loop_begins()
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
