using System.Text;
using Chat.Protocol;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Sessions;

/// <summary>
/// Input that is no chat or no line: the peer gets a reason and is closed, and the room sees nothing.
/// </summary>
public sealed class StrangersTests
{
    public static TheoryData<Readiness, string, string> Strangers
    {
        get
        {
            TheoryData<Readiness, string, string> data = [];
            foreach (Readiness readiness in Enum.GetValues<Readiness>())
            {
                data.Add(
                    readiness,
                    "GET / HTTP/1.1\r\nHost: somebox:8082\r\nUser-Agent: x\r\n\r\n",
                    "no web server here"
                );
                data.Add(
                    readiness,
                    "POST /x HTTP/1.1\r\nContent-Length: 12\r\n\r\n/nick mallory\nhello\n",
                    "no web server here"
                );
                data.Add(
                    readiness,
                    "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03" + new string('x', 500) + "\nhello\n",
                    "no TLS here"
                );
                data.Add(readiness, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\x00\x00\x05", "no SSH here");
                data.Add(readiness, "CAP LS 302\r\nNICK x\r\nUSER x 0 * :x\r\n", "no IRC here");
                data.Add(readiness, "OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm\r\n\r\n", "no web server here");
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public void A_foreign_client_gets_one_hint_and_the_end_and_the_room_sees_nothing(
        Readiness readiness,
        string said,
        string hint
    )
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        int before = server.Server.Connections;
        Peer stranger = server.Connect();
        stranger.SendBytes(Encoding.Latin1.GetBytes(said));
        stranger.WaitForEnd();
        Assert.Equal(["Welcome to this chatroom! [chat/1]", stranger.Lines[1]], stranger.Lines);
        Assert.StartsWith("-- " + hint, stranger.Lines[1], StringComparison.Ordinal);
        Assert.Equal(System.Net.Sockets.SocketError.Success, stranger.Error);
        stranger.Dispose();
        server.Advance(TimeSpan.FromSeconds(3));
        Assert.Empty(server.News(alice));
        Assert.Equal(before, server.Server.Connections);
        Assert.Contains(
            server.Log.Lines,
            static line => line.StartsWith("rejected 127.0.0.1", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_foreign_client_that_keeps_sending_can_read_the_hint_before_the_reset(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer stranger = server.Connect();
        stranger.SendText("POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n");
        server.Settle();
        stranger.SendText(new string('x', 5000));
        server.Settle();
        stranger.WaitForEnd();
        Assert.Equal(System.Net.Sockets.SocketError.Success, stranger.Error);
        Assert.Equal(2, stranger.Lines.Count);
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.LingerMilliseconds + ServerLimits.TickMilliseconds));
        Assert.Equal(0, server.Server.Connections);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void An_overlong_line_is_cut_and_its_sender_receives_a_notice(Readiness readiness)
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded);
        Peer alice = server.Join("alice"),
            bob = server.Join("bob");
        server.Skip(alice, bob);
        alice.SendText(
            new string('x', ProtocolLimits.TextBytes)
                + "\n"
                + new string('y', ProtocolLimits.TextBytes + 5)
                + "\nnext\n"
        );
        Assert.Equal(
            [
                $"<alice> {new string('x', ProtocolLimits.TextBytes)}",
                $"<alice> {new string('y', ProtocolLimits.TextBytes)}",
                "<alice> next",
            ],
            server.News(bob)
        );
        string told = Assert.Single(server.News(alice));
        Assert.StartsWith("-- your line had 4100 bytes; the last 5 were left out", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void An_endless_line_closes_the_connection_with_a_reason_and_is_not_relayed(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            endless = server.Join("endless");
        server.Skip(alice);
        byte[] piece = new byte[8 * 1024];
        Array.Fill(piece, (byte)'x');
        for (int i = 0; i < ProtocolLimits.UnterminatedBytes / piece.Length; i++)
        {
            endless.SendBytes(piece);
            server.Settle();
        }
        Assert.Empty(server.News(alice));
        endless.SendText("x");
        endless.WaitForEnd();
        Assert.Contains("does not end", endless.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(["-- endless left (sent away)"], server.News(alice));
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_connection_whose_first_line_does_not_end_does_not_join(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        Peer endless = server.Connect();
        endless.SendText(new string('x', ProtocolLimits.UnterminatedBytes + 1));
        endless.WaitForEnd();
        Assert.Contains("does not end", endless.Lines[^1], StringComparison.Ordinal);
        Assert.Empty(server.News(alice));
    }
}
