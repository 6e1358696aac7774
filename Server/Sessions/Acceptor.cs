using System.Net;
using System.Net.Sockets;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Access;
using Chat.Server.Networking;
using Chat.Server.Rooms;
using Microsoft.Extensions.Logging;

namespace Chat.Server.Sessions;

/// <summary>
/// The listeners and the admission of connections. A connection is refused if the
/// room is full, its address has too many connections, or the system has no descriptors left. It is sent one line
/// with the reason.
/// </summary>
/// <remarks>
/// Without free descriptors, the connection stays in the listener's queue and the listener stays readable: a
/// loop that retries would spin while the peer waits. So one spare descriptor is reserved. It is released to
/// accept the peer, which can then be closed properly, and opened again. If even that fails, accepting pauses
/// for <see cref="ServerLimits.AcceptPauseMilliseconds"/>.
/// </remarks>
internal sealed class Acceptor(ServerOptions options, IRoomEvents room, Poller poller, ILogger log) : IDisposable
{
    private const string NoRoom = "the server has no room for another connection just now; try again later";

    private readonly List<Socket> _listeners = [];
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private readonly Doorman _doorman = new(poller, options.HasPage);
    private readonly int _limit = Math.Min(
        options.Clients,
        Math.Max(1, poller.MaxDescriptors - ServerLimits.ReservedDescriptors)
    );
    private Socket? _spare = OpenSpare();
    private long? _pausedUntil;
    private EventCounter _refused,
        _rejected;
    private int _own;

    /// <summary>The addresses of the listeners, with the port the system chose for port 0.</summary>
    public IEnumerable<IPEndPoint> EndPoints => _listeners.Select(static l => (IPEndPoint)l.LocalEndPoint!);

    /// <summary>Uptime of the next work here; <see cref="long.MaxValue"/> for none.</summary>
    public long NextDue => Math.Min(_pausedUntil ?? long.MaxValue, _doorman.NextDue);

    /// <summary>Listens on one more address. The IPv6 wildcard accepts IPv4 too.</summary>
    /// <exception cref="SocketException">The address or port is not available.</exception>
    public void Listen(IPEndPoint endPoint)
    {
        Socket listener = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
                listener.DualMode = true;
            // ReuseAddress is not set: the runtime also sets SO_REUSEPORT for it, and a second server could
            // take the same port. A restart needs only SO_REUSEADDR, which the runtime sets itself where that
            // is safe.
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
    /// Accepts the next admissible connection. Returns false when none waits, or after many refused connections
    /// in a row: such a flood must not delay the members.
    /// </summary>
    public bool TryAccept(int key, int members, ClockReading now, out Connection connection, out PeerAddress peer)
    {
        Socket listener = _listeners[~key];
        for (int tries = 0; tries < ServerLimits.AcceptsPerPass && _pausedUntil is null; tries++)
        {
            SocketError error = poller.Accept(listener, out connection, out peer);
            if (error is SocketError.WouldBlock)
                break;
            if (error is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
                UseSpare(listener, members, error, now);
            // All other errors belong to the peer: its connection or its route was gone before the accept (accept(2)).
            if (error is not SocketError.Success)
                continue;
            if (IsAdmissible(connection, peer, members, now))
            {
                _perAddress[peer.Address] = _perAddress.GetValueOrDefault(peer.Address) + 1;
                _own += peer.IsThisMachine ? 1 : 0;
                return true;
            }
        }
        (connection, peer) = (Connection.None, null!);
        return false;
    }

    /// <summary>Refuses an admitted connection that cannot be served: sends the reason and closes it.</summary>
    public void Reject(Connection connection, PeerAddress peer, ClockReading now)
    {
        ReportRejected(peer, "the system can wait for no more connections", now);
        Refuse(connection, NoRoom);
        Return(peer);
    }

    /// <summary>Frees the place of a closed connection.</summary>
    public void Return(PeerAddress peer)
    {
        IPAddress address = peer.Address;
        if (--_perAddress[address] == 0)
            _perAddress.Remove(address);
        _own -= peer.IsThisMachine ? 1 : 0;
    }

    /// <summary>Resumes accepting when the pause is over.</summary>
    public void Tick(ClockReading now)
    {
        _doorman.Tick(now);
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
        _doorman.Dispose();
        _spare?.Dispose();
    }

    private static int KeyOf(int listener) => ~listener;

    // A socket instead of a file: the server's environment may have no file to open.
    private static Socket OpenSpare() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    // A connection that is not admissible gets the reason and is closed.
    private bool IsAdmissible(Connection connection, PeerAddress peer, int members, ClockReading now)
    {
        if (Ban(peer, now) is string ban)
        {
            ReportRejected(peer, ban, now);
            _doorman.TurnAway(connection, peer.Address, ban, now);
            return false;
        }
        if (Objection(peer, members) is string objection)
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

    // Null for an address that may join. This computer itself always may.
    private string? Ban(PeerAddress peer, ClockReading now)
    {
        if (peer.IsThisMachine)
            return null;
        bool isAllowed = options.Allowed.Count == 0;
        foreach (AddressRange range in options.Allowed)
            isAllowed |= range.Contains(peer.Range);
        return isAllowed ? room.Objection(peer, now) : "this server is not open to your address";
    }

    private string? Objection(PeerAddress peer, int members)
    {
        bool isOwn = peer.IsThisMachine;
        // Others never take the place of the host at this server's terminal.
        int places = options.HasHostHere ? _limit + 1 : _limit;
        if (members >= places || (!isOwn && members - _own >= _limit))
            return $"the room is full: {_limit} are here; try again later";
        return !isOwn && _perAddress.GetValueOrDefault(peer.Address) >= options.ClientsPerAddress
            ? $"{options.ClientsPerAddress} are here from your address already, which is the most this server takes"
            : null;
    }

    private void ReportRejected(PeerAddress peer, string objection, ClockReading now)
    {
        if (_rejected.Count(now, out int times))
            log.Rejected($"{peer}", objection, times);
    }

    // Sends one line and closes. Input that is not read would make the close a reset, and the peer could lose the line.
    private void Refuse(Connection connection, string words)
    {
        Span<byte> line = stackalloc byte[ProtocolLimits.RelayedLineBytes];
        poller.Receive(connection, line, out _);
        poller.Send(connection, line[..PlainWire.Notice(line, PlainWire.Refusal(words, isFinal: false))], out _);
        poller.Close(connection);
    }

    private void UseSpare(Socket listener, int members, SocketError error, ClockReading now)
    {
        if (_refused.Count(now, out int times))
            log.CannotAccept(new SocketException((int)error).Message, members, _limit, times);
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
            // Another thread or process took the descriptor. The next failure pauses accepting, and the one
            // after that opens the spare again.
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
