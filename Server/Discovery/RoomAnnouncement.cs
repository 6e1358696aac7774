using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Chat.Protocol.Discovery;
using Chat.Server.Networking;
using Microsoft.Extensions.Logging;

namespace Chat.Server.Discovery;

/// <summary>
/// An <see cref="Announcer"/> with its sockets, in the server's loop. It announces only addresses that the server
/// listens on. It never holds the room up: trouble is a line in the log.
/// </summary>
internal sealed class RoomAnnouncement : IMulticast, IDisposable
{
    private const int IPv4Key = Poller.FirstDiscoveryKey,
        IPv6Key = IPv4Key + 1,
        ChangesKey = IPv4Key + 2;

    private readonly IReadOnlyList<IPEndPoint> _listeners;
    private readonly Poller _poller;
    private readonly ILogger _log;
    private readonly MulticastSockets _sockets;
    private readonly NetworkChanges? _changes;
    private readonly Announcer _announcer;
    private string _loggedName;
    private long _lookAt,
        _lookedAt,
        _windowEnd;
    private int _packets,
        _bytes;
    private bool _isFirst = true,
        _isMuted,
        _isBlind,
        _hasEnded;

    private RoomAnnouncement(
        IReadOnlyList<IPEndPoint> listeners,
        RoomFacts room,
        Poller poller,
        ILogger log,
        MulticastSockets sockets
    )
    {
        (_listeners, _poller, _log, _sockets, _loggedName) = (listeners, poller, log, sockets, room.Name);
        _announcer = new Announcer(this, room, $"chat-{LogEpoch.Create()}", Random.Shared);
        Watch(had: null, Interest.Read);
        if (!OperatingSystem.IsLinux() || !poller.WatchesDescriptors)
            return;
        _changes = new NetworkChanges(hasRoutes: false);
        if (_changes.Descriptor >= 0)
            poller.Set(new Connection(_changes.Descriptor, Socket: null), ChangesKey, had: null, Interest.Read);
    }

    /// <summary>The interfaces on which the room is announced.</summary>
    public LocalInterface[] Interfaces { get; private set; } = [];

    /// <summary>Uptime of the next work.</summary>
    public long NextDue =>
        _hasEnded
            ? long.MaxValue
            : Math.Min(Math.Min(_announcer.NextDue, _lookAt), _isMuted ? _windowEnd : long.MaxValue);

    /// <summary>Begins to announce a room.</summary>
    /// <param name="listeners">The addresses that the server listens on.</param>
    /// <param name="options">The name of the room.</param>
    /// <param name="epoch">The epoch of the log.</param>
    /// <param name="poller">Watches the sockets.</param>
    /// <param name="log">Gets a line when the room cannot be announced, or has another name.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null if only loopback is listened on, or the port of multicast DNS is not to be had.</returns>
    public static RoomAnnouncement? Begin(
        IReadOnlyList<IPEndPoint> listeners,
        ServerOptions options,
        string epoch,
        Poller poller,
        ILogger log,
        ClockReading now
    )
    {
        if (listeners.All(static at => IPAddress.IsLoopback(at.Address)))
            return null;
        if (MulticastSockets.Open(isShared: true, out SocketError error) is not MulticastSockets sockets)
        {
            log.NotAnnounced($"UDP port {MulticastSockets.SharedPort}: {new SocketException((int)error).Message}");
            return null;
        }
        if (sockets.Held is string held)
            log.NotAnnounced($"no {held}, because another program holds UDP port {MulticastSockets.SharedPort} alone");
        RoomFacts room = new(options.RoomName, listeners[0].Port, options.Version, epoch, options.RoomKey?.PublicKey)
        {
            HasSecret = options.Secret is not null,
        };
        RoomAnnouncement announcement = new(listeners, room, poller, log, sockets);
        announcement.Look(now);
        return announcement;
    }

    /// <summary>Handles packets and changes of the interfaces, within the bounds.</summary>
    public void Receive(ReadOnlySpan<Ready> ready, ClockReading now)
    {
        foreach (Ready one in ready)
        {
            if (one.Key == ChangesKey && _changes!.TryTake())
            {
                _lookAt = Math.Max(
                    now.Uptime + ServerLimits.InterfacesSettleMilliseconds,
                    _lookedAt + ServerLimits.InterfacesAgainMilliseconds
                );
            }
            // The system has closed the socket, so only looks remain.
            else if (one.Key == ChangesKey && _changes!.Descriptor < 0)
            {
                _lookAt = Math.Min(_lookAt, now.Uptime + ServerLimits.InterfacesMilliseconds);
            }
            else if (one.Key == IPv4Key)
                Receive(_sockets.IPv4!, now);
            else if (one.Key == IPv6Key)
                Receive(_sockets.IPv6!, now);
        }
    }

    /// <summary>Does what is due.</summary>
    /// <param name="members">The number of people in the room.</param>
    /// <param name="topic">The topic; null for none.</param>
    /// <param name="now">The time.</param>
    public void Tick(int members, string? topic, ClockReading now)
    {
        if (_hasEnded)
            return;
        _announcer.Describe(members, topic, now.Uptime);
        if (now.Uptime < NextDue)
            return;
        if (_isMuted && now.Uptime >= _windowEnd)
        {
            Watch(Interest.None, Interest.Read);
            _isMuted = false;
        }
        if (now.Uptime >= _lookAt)
            Look(now);
        _announcer.Tick(now.Uptime);
        if (_announcer.Name == _loggedName || !_announcer.HasName)
            return;
        _log.Renamed(_loggedName, _announcer.Name);
        _loggedName = _announcer.Name;
    }

    /// <summary>Withdraws the room, as far as the system sends at once.</summary>
    public void End()
    {
        if (_hasEnded)
            return;
        _hasEnded = true;
        _announcer.Withdraw();
        if (!_isMuted)
            Watch(Interest.Read, Interest.None);
    }

    public void Dispose()
    {
        Remove(_sockets.IPv4);
        Remove(_sockets.IPv6);
        if (_changes is { Descriptor: >= 0 })
            _poller.Remove(new Connection(_changes.Descriptor, Socket: null));
        _changes?.Dispose();
        _sockets.Dispose();
    }

    void IMulticast.Join(LocalInterface at) => _sockets.Join(at);

    void IMulticast.Leave(LocalInterface at) => _sockets.Leave(at);

    bool IMulticast.Send(LocalInterface at, ReadOnlySpan<byte> message) => _sockets.Send(at, message);

    void IMulticast.Reply(ReadOnlySpan<byte> message) => _sockets.SendTo(_sockets.Sender, message);

    private void Receive(Socket socket, ClockReading now)
    {
        if (now.Uptime >= _windowEnd)
            (_windowEnd, _packets, _bytes) = (now.Uptime + ServerLimits.DiscoveryWindowMilliseconds, 0, 0);
        while (!_isMuted && _sockets.TryReceive(socket, out ReadOnlySpan<byte> packet, out int interfaceIndex))
        {
            _packets++;
            _bytes += packet.Length;
            _isMuted = _packets >= ServerLimits.DiscoveryPackets || _bytes >= ServerLimits.DiscoveryBytes;
            if (!IsFromLink(interfaceIndex))
                continue;
            PacketOrigin origin = new(SenderNumber(), _sockets.SenderPort == MulticastSockets.SharedPort);
            _announcer.Receive(packet, interfaceIndex, origin, now.Uptime);
        }
        if (_isMuted)
            Watch(Interest.Read, Interest.None);
    }

    // RFC 6762, 11: a machine of another network gets no answer.
    private bool IsFromLink(int interfaceIndex)
    {
        foreach (LocalInterface one in Interfaces)
        {
            if (one.Index == interfaceIndex)
                return one.IsOnLink(_sockets.SenderAddress);
        }
        return false;
    }

    private UInt128 SenderNumber()
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        _sockets.SenderAddress.CopyTo(bytes);
        return MemoryMarshal.Read<UInt128>(bytes);
    }

    private void Look(ClockReading now)
    {
        _lookedAt = now.Uptime;
        _lookAt = _changes is { Descriptor: >= 0 } ? long.MaxValue : now.Uptime + ServerLimits.InterfacesMilliseconds;
        if (!LocalInterface.TryLook(out List<LocalInterface> found, out string? error))
        {
            // The last interfaces stay, and it looks again until the system can tell them.
            _lookAt = now.Uptime + ServerLimits.InterfacesAgainMilliseconds;
            if (!_isBlind)
                _log.InterfacesUnknown(error);
            _isBlind = true;
            return;
        }
        _isBlind = false;
        Interfaces = [.. found.Select(Listened).OfType<LocalInterface>()];
        if (_isFirst && Interfaces.Length == 0)
            _log.NotAnnounced("no network interface has an address that the server listens on");
        _isFirst = false;
        _announcer.SetInterfaces(Interfaces, now.Uptime);
    }

    // The interface with those of its addresses that the server listens on; null if there are none.
    private LocalInterface? Listened(LocalInterface one)
    {
        LocalAddress[] listened = [.. one.Addresses.Where(address => IsListened(address.Address, one.Index))];
        return listened.Length > 0 ? new LocalInterface(one.Index, one.Name, listened) : null;
    }

    private bool IsListened(IPAddress address, int interfaceIndex) =>
        _listeners.Any(listener =>
            listener.Address.Equals(IPAddress.IPv6Any)
            || (listener.Address.Equals(IPAddress.Any) && address.AddressFamily == AddressFamily.InterNetwork)
            || (
                listener.Address.GetAddressBytes().AsSpan().SequenceEqual(address.GetAddressBytes())
                && (!address.IsIPv6LinkLocal || listener.Address.ScopeId == interfaceIndex)
            )
        );

    private void Watch(Interest? had, Interest want)
    {
        Watch(_sockets.IPv4, IPv4Key, had, want);
        Watch(_sockets.IPv6, IPv6Key, had, want);
    }

    private void Watch(Socket? socket, int key, Interest? had, Interest want)
    {
        if (socket is not null)
            _poller.Set(Connection.From(socket), key, had, want);
    }

    private void Remove(Socket? socket)
    {
        if (socket is not null)
            _poller.Remove(Connection.From(socket));
    }
}
