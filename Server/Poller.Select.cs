using System.Net;
using System.Net.Sockets;

namespace Chat.Server;

/// <summary>
/// Readiness by Socket.Select, for systems without epoll. It hands the whole list of sockets over at every wait, some 0.2 µs each and some
/// bytes of garbage: right for a classroom, slow for thousands.
/// </summary>
/// <remarks>A datagram socket that sends to itself wakes the wait: select watches sockets alone, on every system.</remarks>
internal sealed class SelectPoller : Poller
{
    private readonly Dictionary<Socket, (int Key, Interest Interest)> _watched = [];
    private readonly List<Socket> _reads = [], _writes = [], _errors = [];
    private readonly List<Ready> _ready = [];
    private readonly Socket _bell = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
    private readonly byte[] _rung = new byte[16];

    public SelectPoller()
    {
        _bell.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _bell.Connect(_bell.LocalEndPoint!);
    }

    public override void Set(Socket socket, int key, Interest? had, Interest want) => _watched[socket] = (key, want);

    public override void Remove(Socket socket, int key) => _watched.Remove(socket);

    public override ReadOnlySpan<Ready> Wait(TimeSpan patience)
    {
        _reads.Clear();
        _writes.Clear();
        _errors.Clear();
        _ready.Clear();
        _reads.Add(_bell);
        foreach ((Socket socket, (int _, Interest interest)) in _watched)
        {
            if (interest.HasFlag(Interest.Read))
                _reads.Add(socket);
            if (interest.HasFlag(Interest.Write))
                _writes.Add(socket);
            _errors.Add(socket);
        }

        Socket.Select(_reads, _writes, _errors, TimeSpan.FromMilliseconds(Milliseconds(patience)));
        if (_reads.Remove(_bell))
            _bell.Receive(_rung, SocketFlags.None, out _);
        // One entry a socket, however many of the three lists it is in.
        foreach (Socket socket in _reads)
            _ready.Add(new Ready(_watched[socket].Key, Readable: true, Writable: _writes.Remove(socket), Ended: _errors.Remove(socket)));
        foreach (Socket socket in _writes)
            _ready.Add(new Ready(_watched[socket].Key, Readable: false, Writable: true, Ended: _errors.Remove(socket)));
        foreach (Socket socket in _errors)
            _ready.Add(new Ready(_watched[socket].Key, Readable: true, Writable: false, Ended: true));
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ready);
    }

    public override void Wake() => _bell.Send([1], SocketFlags.None, out _);

    public override void Dispose() => _bell.Dispose();
}
