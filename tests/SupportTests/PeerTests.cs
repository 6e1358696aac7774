using System.Net;
using System.Net.Sockets;
using Chat.Tests.Support;

namespace Chat.Tests.SupportTests;

public sealed class PeerTests : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public PeerTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    private EndPoint EndPoint => _listener.LocalEndPoint!;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void A_reset_is_a_reset_to_the_other_end()
    {
        using var peer = Peer.Connect(EndPoint);
        using Socket other = _listener.Accept();
        peer.Reset();
        other.Receive(new byte[1], SocketFlags.None, out SocketError error);
        Assert.Equal(SocketError.ConnectionReset, error);
    }
}
