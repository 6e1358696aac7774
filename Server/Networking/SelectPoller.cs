using System.Net;
using System.Net.Sockets;
using Chat.Server.Access;

namespace Chat.Server.Networking;

/// <summary>
/// The poller for systems without epoll, by Socket alone. Socket.Select passes the whole list of sockets on
/// every wait: some 0.2 µs and some bytes of garbage each. Good for a classroom, slow for thousands.
/// </summary>
/// <remarks>
/// A datagram socket that sends to itself wakes the wait: select watches only sockets, on every system.
/// </remarks>
internal sealed class SelectPoller : Poller
{
    private readonly Dictionary<Socket, (int Key, Interest Interest)> _watched = [];
    private readonly List<Socket> _reads = [],
        _writes = [],
        _errors = [];
    private readonly List<Ready> _ready = [];
    private readonly Socket _waker = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
    {
        Blocking = false,
    };
    private readonly byte[] _wakeBytes = new byte[16];
    private byte[] _joined = [];

    public SelectPoller()
    {
        _waker.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _waker.Connect(_waker.LocalEndPoint!);
    }

    public override bool Set(Connection connection, int key, Interest? had, Interest want)
    {
        _watched[connection.Socket!] = (key, want);
        return true;
    }

    public override void Remove(Connection connection) => _watched.Remove(connection.Socket!);

    public override ReadOnlySpan<Ready> Wait(TimeSpan patience)
    {
        _reads.Clear();
        _writes.Clear();
        _errors.Clear();
        _ready.Clear();
        _reads.Add(_waker);
        foreach ((Socket socket, (int _, Interest interest)) in _watched)
        {
            if (interest.HasFlag(Interest.Read))
                _reads.Add(socket);
            if (interest.HasFlag(Interest.Write))
                _writes.Add(socket);
            _errors.Add(socket);
        }

        Socket.Select(_reads, _writes, _errors, TimeSpan.FromMilliseconds(Milliseconds(patience)));
        if (_reads.Remove(_waker))
            _waker.Receive(_wakeBytes, SocketFlags.None, out _);
        // One entry a socket, even if it is in several of the three lists.
        foreach (Socket socket in _reads)
            _ready.Add(
                new Ready(
                    _watched[socket].Key,
                    Readable: true,
                    Writable: _writes.Remove(socket),
                    Ended: _errors.Remove(socket)
                )
            );
        foreach (Socket socket in _writes)
            _ready.Add(new Ready(_watched[socket].Key, Readable: false, Writable: true, Ended: _errors.Remove(socket)));
        foreach (Socket socket in _errors)
            _ready.Add(new Ready(_watched[socket].Key, Readable: true, Writable: false, Ended: true));
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ready);
    }

    // Thread.Sleep takes whole milliseconds only, and Windows may take fifteen of them.
    public override void Sleep(long microseconds) => Thread.Sleep((int)(microseconds / 1000));

    public override void Wake() => _waker.Send([1], SocketFlags.None, out _);

    public override SocketError Accept(Socket listener, out Connection connection, out PeerAddress peer)
    {
        (connection, peer) = (Connection.None, null!);
        Socket? socket = null;
        try
        {
            if (!listener.Poll(TimeSpan.Zero, SelectMode.SelectRead))
                return SocketError.WouldBlock;
            socket = listener.Accept();
            socket.Blocking = false;
            IPAddress local = ((IPEndPoint)socket.LocalEndPoint!).Address;
            peer = new PeerAddress((IPEndPoint)socket.RemoteEndPoint!, local);
            connection = Connection.From(socket);
            return SocketError.Success;
        }
        catch (SocketException error)
        {
            // After the accept, an error means that the peer is gone.
            socket?.Dispose();
            return socket is null ? error.SocketErrorCode : SocketError.ConnectionAborted;
        }
    }

    public override bool Configure(Connection connection)
    {
        Socket socket = connection.Socket!;
        try
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(
                SocketOptionLevel.Tcp,
                SocketOptionName.TcpKeepAliveTime,
                ServerLimits.KeepAliveSeconds
            );
            socket.SetSocketOption(
                SocketOptionLevel.Tcp,
                SocketOptionName.TcpKeepAliveInterval,
                ServerLimits.KeepAliveIntervalSeconds
            );
            socket.SetSocketOption(
                SocketOptionLevel.Tcp,
                SocketOptionName.TcpKeepAliveRetryCount,
                ServerLimits.KeepAliveProbes
            );
            return true;
        }
        catch (SocketException error)
        {
            // Windows before 10 1703, and wine, have a fixed number of probes.
            return error.SocketErrorCode == SocketError.ProtocolOption;
        }
    }

    public override int Send(Connection connection, ReadOnlySpan<byte> bytes, out SocketError error) =>
        connection.Socket!.Send(bytes, SocketFlags.None, out error);

    // A Socket sends several pieces only from arrays, so they are joined.
    public override int Send(
        Connection connection,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        out SocketError error
    )
    {
        if (_joined.Length < first.Length + second.Length)
            _joined = new byte[first.Length + second.Length];
        first.CopyTo(_joined);
        second.CopyTo(_joined.AsSpan(first.Length));
        return Send(connection, _joined.AsSpan(0, first.Length + second.Length), out error);
    }

    public override int Receive(Connection connection, Span<byte> into, out SocketError error) =>
        connection.Socket!.Receive(into, SocketFlags.None, out error);

    public override bool HasInput(Connection connection) =>
        connection.Socket!.Poll(TimeSpan.Zero, SelectMode.SelectRead);

    public override bool ShutdownSend(Connection connection)
    {
        try
        {
            connection.Socket!.Shutdown(SocketShutdown.Send);
            return connection.Socket.Available > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public override void Close(Connection connection) => connection.Socket?.Dispose();

    public override void Dispose() => _waker.Dispose();
}
