using System.Net;
using System.Net.Sockets;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Networking;
using Microsoft.Extensions.Logging;

namespace Chat.Server.Sessions;

/// <summary>
/// Where connections come in: the listeners, and who is let through. Whoever is not, because the room is full, too many came from the same
/// address, or the system has no descriptors left, is told in one line and closed.
/// </summary>
/// <remarks>
/// Out of descriptors is the hard case: the connection stays in the listener's queue, the listener stays readable, and a loop that just tries
/// again spins for ever while the peer waits for ever. So one descriptor is held in reserve. It is given up for a moment to accept the peer,
/// which can then be closed properly, and taken back. Should even that fail, the listeners are left alone for
/// <see cref="ServerLimits.AcceptPauseMilliseconds"/>.
/// </remarks>
internal sealed class Acceptor(ServerOptions options, Poller poller, ILogger log) : IDisposable
{
    private const string NoRoom = "the server has no room for another connection just now; try again later";

    private readonly List<Socket> _listeners = [];
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private readonly int _limit = Math.Min(
        options.Clients,
        Math.Max(1, poller.MaxDescriptors - ServerLimits.ReservedDescriptors)
    );
    private Socket? _spare = OpenSpare();
    private long? _pausedUntil;
    private long _lastComplaint = -ServerLimits.LogEveryMilliseconds,
        _lastTurnedAway = -ServerLimits.LogEveryMilliseconds;
    private int _refused,
        _turnedAway;

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
            listener.Listen(ServerLimits.ListenBacklog);
            if (!poller.Set(Connection.From(listener), KeyOf(_listeners.Count), had: null, Interest.Read))
                throw new SocketException((int)SocketError.NoBufferSpaceAvailable);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
        _listeners.Add(listener);
        log.Listening($"{listener.LocalEndPoint}");
        if (_limit < options.Clients)
            log.FewDescriptors(_limit, poller.MaxDescriptors);
    }

    /// <summary>
    /// Takes the next connection that may come in. False when there is none for now, or when those who wait here are so many of whom none may:
    /// they come as fast as they are turned away, and the members are not made to wait for that.
    /// </summary>
    public bool TryAccept(int key, int members, ClockReading now, out Connection connection, out IPEndPoint peer)
    {
        Socket listener = _listeners[~key];
        for (int tries = 0; tries < ServerLimits.AcceptsPerPass && _pausedUntil is null; tries++)
        {
            SocketError error = poller.Accept(listener, out connection, out peer);
            if (error is SocketError.WouldBlock)
                break;
            if (error is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
                UseSpare(listener, members, error, now);
            // All others are the peer's: its connection was gone, or its way to us, before it was accepted (man accept).
            if (error is not SocketError.Success)
                continue;
            if (IsAdmissible(connection, peer, members, now))
            {
                _perAddress[peer.Address] = _perAddress.GetValueOrDefault(peer.Address) + 1;
                return true;
            }
        }
        (connection, peer) = (Connection.None, null!);
        return false;
    }

    /// <summary>A connection that was let in cannot be served after all: tells it so and closes it.</summary>
    public void Reject(Connection connection, IPEndPoint peer, ClockReading now)
    {
        ReportRejected(peer, "the system can wait for no more connections", now);
        Refuse(connection, NoRoom);
        Return(peer.Address);
    }

    /// <summary>A connection that was let in is closed.</summary>
    public void Return(IPAddress address)
    {
        if (--_perAddress[address] == 0)
            _perAddress.Remove(address);
    }

    /// <summary>Goes on accepting when the pause is over.</summary>
    public void Tick(ClockReading now)
    {
        if (now.Uptime >= _pausedUntil)
            Watch(pausedUntil: null);
    }

    /// <summary>Stops accepting for good.</summary>
    public void Close()
    {
        foreach (Socket listener in _listeners)
        {
            poller.Remove(Connection.From(listener));
            listener.Dispose();
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

    // Whoever may not is told and closed.
    private bool IsAdmissible(Connection connection, IPEndPoint peer, int members, ClockReading now)
    {
        if (Objection(peer.Address, members) is string objection)
        {
            ReportRejected(peer, objection, now);
            Refuse(connection, objection);
            return false;
        }
        if (poller.Configure(connection))
            return true;
        poller.Close(connection);
        return false;
    }

    private string? Objection(IPAddress address, int members)
    {
        if (members >= _limit)
            return $"the room is full: {_limit} are here; try again later";
        return !IPAddress.IsLoopback(address) && _perAddress.GetValueOrDefault(address) >= options.ClientsPerAddress
            ? $"{options.ClientsPerAddress} are here from your address already, which is the most this server takes"
            : null;
    }

    private void ReportRejected(IPEndPoint peer, string objection, ClockReading now)
    {
        _turnedAway++;
        if (now.Uptime - _lastTurnedAway < ServerLimits.LogEveryMilliseconds)
            return;
        log.TurnedAwaySome($"{peer}", objection, _turnedAway);
        (_lastTurnedAway, _turnedAway) = (now.Uptime, 0);
    }

    // In one line, and closes.
    private void Refuse(Connection connection, string words)
    {
        Span<byte> line = stackalloc byte[ProtocolLimits.RelayedLineBytes];
        poller.Send(connection, line[..PlainWire.Notice(line, words)], out _);
        poller.Close(connection);
    }

    private void UseSpare(Socket listener, int members, SocketError trouble, ClockReading now)
    {
        _refused++;
        if (now.Uptime - _lastComplaint >= ServerLimits.LogEveryMilliseconds)
        {
            log.CannotAccept(new SocketException((int)trouble).Message, members, _limit, _refused);
            (_lastComplaint, _refused) = (now.Uptime, 0);
        }
        _spare?.Dispose();
        if (poller.Accept(listener, out Connection refused, out _) is SocketError.Success)
            Refuse(refused, NoRoom);
        else
            Watch(pausedUntil: now.Uptime + ServerLimits.AcceptPauseMilliseconds);
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
        (Interest had, Interest want) = pausedUntil is null
            ? (Interest.None, Interest.Read)
            : (Interest.Read, Interest.None);
        for (int i = 0; i < _listeners.Count; i++)
            poller.Set(Connection.From(_listeners[i]), KeyOf(i), had, want);
        _pausedUntil = pausedUntil;
    }
}
