using System.Net;
using System.Net.Sockets;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>Shutdown: each peer gets the goodbye and all pending output, and no peer can delay the end.</summary>
public sealed class StoppingTests
{
    private const string Goodbye = "-- the server is shutting down; goodbye";

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Shutdown_says_goodbye_to_every_peer_and_closes_in_order(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer alice = server.Join("alice"),
            bob = server.Join("bob"),
            silent = server.Connect();
        alice.SendText("last words\n");
        server.Settle();
        server.Server.Stop();
        foreach (Peer peer in new[] { alice, bob, silent })
        {
            peer.WaitForEnd();
            Assert.Equal(SocketError.Success, peer.Error);
        }
        Assert.Equal(["<alice> last words", Goodbye], bob.Lines.TakeLast(2));
        Assert.Equal(Goodbye, alice.Lines[^1]);
        server.Settle();
        Assert.True(server.Server.IsStopped);
        Assert.Equal(0, server.Server.Connections);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_stopping_server_refuses_connections(Readiness readiness)
    {
        // No other test listens on this address, so none takes the free port at once.
        using SteppedServer server = new(readiness, address: IPAddress.Parse("127.0.0.77"));
        server.Join("alice");
        server.Server.Stop();
        server.Settle();
        SocketException refused = Assert.Throws<SocketException>(() => Peer.Connect(server.EndPoint));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_slow_reader_receives_everything_and_a_stalled_one_delays_the_end_three_seconds_at_most(
        Readiness readiness
    )
    {
        using SteppedServer server = new(readiness, SteppedServer.Unbounded with { LogBytes = SteppedServer.RoomyLog });
        Peer alice = server.Join("alice"),
            slow = server.JoinSlow("slow"),
            stalled = server.JoinSlow("stalled");
        slow.StopReading();
        stalled.StopReading();
        server.Say(alice, SteppedServer.MoreThanSocketsHold);
        server.Server.Stop();
        server.Settle();
        slow.ReadAgain();
        slow.WaitForEnd();
        Assert.Equal(Goodbye, slow.Lines[^1]);
        Assert.Equal(
            SteppedServer.MoreThanSocketsHold.Length,
            slow.Lines.Count(static line => line.StartsWith("<alice>", StringComparison.Ordinal))
        );

        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.DrainMilliseconds - 100));
        Assert.False(server.Server.IsStopped);
        server.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(server.Server.IsStopped);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void An_empty_room_ends_at_once(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        server.Server.Stop();
        server.Server.Run();
        Assert.True(server.Server.IsStopped);
        Assert.Equal("stopped", server.Log.Lines[^1]);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_peer_that_is_still_sending_sees_an_orderly_end(Readiness readiness)
    {
        using SteppedServer server = new(readiness);
        Peer flooder = server.Join("flooder");
        flooder.SendText(string.Concat(Enumerable.Repeat("a line\n", 5000)));
        server.Settle();
        server.Server.Stop();
        flooder.WaitForEnd();
        Assert.Equal(SocketError.Success, flooder.Error);
        Assert.Equal(Goodbye, flooder.Lines[^1]);
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.DrainMilliseconds));
        Assert.True(server.Server.IsStopped);
    }
}
