using System.Net;
using System.Net.Sockets;
using Chat.Protocol;
using Microsoft.Extensions.Logging;

namespace Chat.Server;

/// <summary>
/// Where connections come in: the listeners, and who is let through. Whoever is not, because the room is full, too many came from the same
/// address, or the system has no descriptors left, is told in one line and closed.
/// </summary>
/// <remarks>
/// Out of descriptors is the hard case: the connection stays in the listener's queue, the listener stays readable, and a loop that just tries
/// again spins for ever while the peer waits for ever. So one descriptor is held in reserve. It is given up for a moment to accept the peer,
/// which can then be closed properly, and taken back. Should even that fail, the listeners are left alone for
/// <see cref="Limits.AcceptPauseMilliseconds"/>.
/// </remarks>
internal sealed class Entrance(ServerOptions options, Poller poller, ILogger log) : IDisposable
{
    private readonly List<Socket> _listeners = [];
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private readonly int _limit = Math.Min(options.Clients, Math.Max(1, poller.MaxDescriptors - Limits.ReservedDescriptors));
    private Socket? _spare = OpenSpare();
    private long? _pausedUntil;
    private long _lastComplaint = -Limits.LogEveryMilliseconds, _lastTurnedAway = -Limits.LogEveryMilliseconds;
    private int _refused, _turnedAway;

    /// <summary>Whether a key of the poller's is a listener's.</summary>
    public static bool IsListener(int key) => key < 0;

    /// <summary>Where this server can be reached, with the port the system chose where none was given.</summary>
    public IEnumerable<IPEndPoint> EndPoints => _listeners.Select(static l => (IPEndPoint)l.LocalEndPoint!);

    /// <summary>Uptime at which accepting goes on after a pause; null when it is not paused.</summary>
    public long? PausedUntil => _pausedUntil;

    /// <summary>Opens one more address to connections. The IPv6 wildcard takes IPv4 too.</summary>
    /// <exception cref="SocketException">The address or port cannot be had.</exception>
    public void Listen(IPEndPoint endPoint)
    {
        Socket listener = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
                listener.DualMode = true;
            // Not ReuseAddress: the runtime makes SO_REUSEPORT of it, too, and a second server could take the same port. What a restart needs,
            // SO_REUSEADDR alone, the runtime sets by itself where that means no more than this.
            listener.Bind(endPoint);
            listener.Listen(Limits.ListenBacklog);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
        _listeners.Add(listener);
        poller.Set(listener, KeyOf(_listeners.Count - 1), had: null, Interest.Read);
        log.Listening(listener.LocalEndPoint!);
        if (_limit < options.Clients)
            log.FewDescriptors(_limit, poller.MaxDescriptors);
    }

    /// <summary>
    /// Takes the next connection that may come in. False when there is none for now, or when those who wait here are so many of whom none may:
    /// they come as fast as they are turned away, and the members are not made to wait for that.
    /// </summary>
    public bool TryAccept(int key, int members, Moment now, out Socket socket, out IPEndPoint peer)
    {
        Socket listener = _listeners[~key];
        (socket, peer) = (null!, null!);
        for (int tries = 0; tries < Limits.AcceptsPerPass && _pausedUntil is null && listener.Poll(TimeSpan.Zero, SelectMode.SelectRead); tries++)
        {
            try
            {
                socket = listener.Accept();
                peer = PeerOf(socket);
                if (Objection(peer.Address, members) is string objection)
                {
                    TellTurnedAway(peer, objection, now);
                    Refuse(socket, objection);
                    continue;
                }
                Prepare(socket);
            }
            catch (SocketException error)
            {
                // Either the connection was gone before it was accepted (man accept: such errors are the peer's), or the system is at its end.
                bool socketIsOpen = socket is not null;
                socket?.Dispose();
                socket = null!;
                if (!socketIsOpen && error.SocketErrorCode is not (SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.Interrupted))
                    UseSpare(listener, members, error, now);
                continue;
            }
            _perAddress[peer.Address] = _perAddress.GetValueOrDefault(peer.Address) + 1;
            return true;
        }
        return false;
    }

    /// <summary>A connection that was let in is closed.</summary>
    public void Return(IPAddress address)
    {
        if (--_perAddress[address] == 0)
            _perAddress.Remove(address);
    }

    /// <summary>Goes on accepting when the pause is over.</summary>
    public void Tick(Moment now)
    {
        if (now.Uptime >= _pausedUntil)
            Watch(pausedUntil: null);
    }

    /// <summary>Stops accepting for good.</summary>
    public void Close()
    {
        for (int i = 0; i < _listeners.Count; i++)
        {
            poller.Remove(_listeners[i], KeyOf(i));
            _listeners[i].Dispose();
        }
        _listeners.Clear();
        _pausedUntil = null;
    }

    public void Dispose()
    {
        Close();
        _spare?.Dispose();
    }

    private static int KeyOf(int listener) => ~listener;

    // A socket and no file: there may be no file to open where this server was put.
    private static Socket OpenSpare() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private static IPEndPoint PeerOf(Socket socket)
    {
        IPEndPoint peer = (IPEndPoint)socket.RemoteEndPoint!;
        IPAddress address = peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address;
        // Without the scope: which of our interfaces a link-local peer is behind says nothing to the room.
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0)
            address = new IPAddress(address.GetAddressBytes());
        return new IPEndPoint(address, peer.Port);
    }

    // Dead peers: keepalive alone is silent while data is queued, so the time data may stay unacknowledged is bounded as well.
    private static void Prepare(Socket socket)
    {
        socket.Blocking = false;
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Limits.KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Limits.KeepAliveIntervalSeconds);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Limits.KeepAliveProbes);
        }
        catch (SocketException trouble) when (trouble.SocketErrorCode == SocketError.ProtocolOption)
        {
            // Windows before 10 1703, and wine, have a number of their own.
        }
        if (OperatingSystem.IsLinux())
        {
            const int Tcp = 6, UserTimeout = 18;
            int milliseconds = Limits.UnacknowledgedMilliseconds;
            socket.SetRawSocketOption(Tcp, UserTimeout, BitConverter.GetBytes(milliseconds));
        }
    }

    private string? Objection(IPAddress address, int members)
    {
        if (members >= _limit)
            return $"the room is full: {_limit} are here; try again later";
        return !IPAddress.IsLoopback(address) && _perAddress.GetValueOrDefault(address) >= options.ClientsPerAddress
            ? $"{options.ClientsPerAddress} are here from your address already, which is the most this server takes"
            : null;
    }

    private void TellTurnedAway(IPEndPoint peer, string objection, Moment now)
    {
        _turnedAway++;
        if (now.Uptime - _lastTurnedAway < Limits.LogEveryMilliseconds)
            return;
        log.TurnedAwaySome(peer, objection, _turnedAway);
        (_lastTurnedAway, _turnedAway) = (now.Uptime, 0);
    }

    private static void Refuse(Socket socket, string words)
    {
        Span<byte> line = stackalloc byte[Limits.RelayedLineBytes];
        socket.Blocking = false;
        socket.Send(line[..PlainWire.Notice(line, words)], SocketFlags.None, out _);
        socket.Dispose();
    }

    private void UseSpare(Socket listener, int members, SocketException trouble, Moment now)
    {
        _refused++;
        if (now.Uptime - _lastComplaint >= Limits.LogEveryMilliseconds)
        {
            log.CannotAccept(trouble.Message, members, _limit, _refused);
            (_lastComplaint, _refused) = (now.Uptime, 0);
        }
        try
        {
            _spare?.Dispose();
            using Socket refused = listener.Accept();
            Refuse(refused, "the server has no room for another connection just now; try again later");
        }
        catch (SocketException)
        {
            Watch(pausedUntil: now.Uptime + Limits.AcceptPauseMilliseconds);
        }
        try
        {
            _spare = OpenSpare();
        }
        catch (SocketException)
        {
            // Somebody was quicker. The next trouble pauses, and the one after finds the spare again.
            _spare = null;
        }
    }

    private void Watch(long? pausedUntil)
    {
        (Interest had, Interest want) = pausedUntil is null ? (Interest.None, Interest.Read) : (Interest.Read, Interest.None);
        for (int i = 0; i < _listeners.Count; i++)
            poller.Set(_listeners[i], KeyOf(i), had, want);
        _pausedUntil = pausedUntil;
    }
}
