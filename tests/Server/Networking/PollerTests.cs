using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Server;
using Chat.Server.Access;
using Chat.Server.Networking;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Networking;

/// <summary>Operations on a connection with both pollers: one calls the system, the other uses Socket.</summary>
public sealed class PollerTests : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp)
    {
        Blocking = false,
        DualMode = true,
    };
    private readonly Socket _peer = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _received = new byte[100];
    private Poller _poller = null!;

    public PollerTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        _listener.Listen();
    }

    [Theory]
    [InlineData(Readiness.Epoll, "127.0.0.1")]
    [InlineData(Readiness.Select, "127.0.0.1")]
    [InlineData(Readiness.Epoll, "::1")]
    [InlineData(Readiness.Select, "::1")]
    public void The_address_of_a_peer_is_correct_and_IPv4_stays_IPv4(Readiness readiness, string address)
    {
        _poller = PollerOf(readiness);
        Assert.Equal(SocketError.WouldBlock, _poller.Accept(_listener, out Connection none, out _));
        Assert.Equal(Connection.None, none);
        Connection connection = Accept(out PeerAddress peer, address);
        Assert.Equal($"{new IPEndPoint(IPAddress.Parse(address), ((IPEndPoint)_peer.LocalEndPoint!).Port)}", $"{peer}");
        Assert.True(peer.IsThisMachine);
        _poller.Close(connection);
    }

    [SkippableAddress]
    public void A_peer_with_the_address_of_the_other_end_is_this_computer_at_a_wildcard_listener()
    {
        IPAddress own = SkippableAddressAttribute.Own!;
        foreach (Readiness readiness in (Readiness[])[Readiness.Epoll, Readiness.Select])
        {
            _poller?.Dispose();
            _poller = PollerOf(readiness);
            foreach (bool isOwn in (bool[])[true, false])
            {
                using Socket peer = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                peer.Bind(new IPEndPoint(own, 0));
                peer.Connect(isOwn ? own : IPAddress.Loopback, ((IPEndPoint)_listener.LocalEndPoint!).Port);
                Assert.True(_listener.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead));
                Assert.Equal(
                    SocketError.Success,
                    _poller.Accept(_listener, out Connection connection, out PeerAddress from)
                );
                Assert.Equal($"{peer.LocalEndPoint}", $"{from}");
                Assert.Equal(isOwn, from.IsThisMachine);
                _poller.Close(connection);
            }
        }
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_configured_connection_delays_nothing_and_detects_a_dead_peer(Readiness readiness)
    {
        _poller = PollerOf(readiness);
        Connection connection = Accept(out _);
        Assert.True(_poller.Configure(connection));

        Socket socket = connection.Socket ?? new Socket(new SafeSocketHandle(connection.Descriptor, ownsHandle: false));
        Assert.True(socket.NoDelay);
        Assert.NotEqual(0, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal(
            ServerLimits.KeepAliveSeconds,
            socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)
        );
        Assert.Equal(
            ServerLimits.KeepAliveIntervalSeconds,
            socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval)
        );
        Assert.Equal(
            ServerLimits.KeepAliveProbes,
            socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount)
        );
        if (readiness == Readiness.Epoll)
        {
            const int Tcp = 6,
                UserTimeout = 18;
            byte[] milliseconds = new byte[sizeof(int)];
            Assert.Equal(sizeof(int), socket.GetRawSocketOption(Tcp, UserTimeout, milliseconds));
            Assert.Equal(ServerLimits.UnacknowledgedMilliseconds, BitConverter.ToInt32(milliseconds));
        }
        _poller.Close(connection);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void Bytes_go_both_ways_without_blocking(Readiness readiness)
    {
        _poller = PollerOf(readiness);
        Connection connection = Accept(out _);
        Assert.Equal(0, _poller.Receive(connection, _received, out SocketError error));
        Assert.Equal(SocketError.WouldBlock, error);

        Assert.Equal(5, _poller.Send(connection, "hello"u8, out error));
        Assert.Equal(SocketError.Success, error);
        Assert.Equal("hello", Encoding.UTF8.GetString(_received, 0, _peer.Receive(_received)));

        _peer.Send("hi"u8);
        WaitToRead();
        Assert.Equal(2, _poller.Receive(connection, _received, out error));
        Assert.Equal(SocketError.Success, error);

        byte[] much = new byte[64 * 1024];
        while (_poller.Send(connection, much, out error) > 0)
            Assert.Equal(SocketError.Success, error);
        Assert.Equal(SocketError.WouldBlock, error);
        _poller.Close(connection);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void After_a_half_close_the_peer_sees_the_end_and_its_data_can_still_be_read(Readiness readiness)
    {
        _poller = PollerOf(readiness);
        Connection connection = Accept(out _);
        Assert.False(_poller.ShutdownSend(connection));
        Assert.Equal(0, _peer.Receive(_received));

        _peer.Send("hi"u8);
        WaitToRead();
        Assert.True(_poller.ShutdownSend(connection));
        Assert.Equal(2, _poller.Receive(connection, _received, out _));
        _peer.Dispose();
        WaitToRead();
        Assert.Equal(0, _poller.Receive(connection, _received, out SocketError error));
        Assert.Equal(SocketError.Success, error);
        _poller.Close(connection);
    }

    [Theory]
    [InlineData(Readiness.Epoll)]
    [InlineData(Readiness.Select)]
    public void A_dead_peer_is_a_named_error_instead_of_an_exception(Readiness readiness)
    {
        _poller = PollerOf(readiness);
        Connection connection = Accept(out _);
        _peer.Close(timeout: 0);
        WaitToRead();
        Assert.Equal(0, _poller.Receive(connection, _received, out SocketError error));
        Assert.Equal(SocketError.ConnectionReset, error);
        Assert.Equal(0, _poller.Send(connection, "hello"u8, out error));
        Assert.Equal(SocketError.Shutdown, error);
        Assert.False(_poller.ShutdownSend(connection));
        _poller.Close(connection);
    }

    public void Dispose()
    {
        _peer.Dispose();
        _listener.Dispose();
        _poller.Dispose();
    }

    private static Poller PollerOf(Readiness readiness) =>
        readiness == Readiness.Epoll ? new EpollPoller() : new SelectPoller();

    private Connection Accept(out PeerAddress peer, string address = "127.0.0.1")
    {
        _peer.Connect(address, ((IPEndPoint)_listener.LocalEndPoint!).Port);
        Assert.True(_listener.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead));
        Assert.Equal(SocketError.Success, _poller.Accept(_listener, out Connection connection, out peer));
        _poller.Set(connection, key: 7, had: null, Interest.Read);
        return connection;
    }

    private void WaitToRead()
    {
        Ready ready = Assert.Single(_poller.Wait(TimeSpan.FromSeconds(10)).ToArray());
        Assert.Equal((7, true), (ready.Key, ready.Readable));
    }
}
