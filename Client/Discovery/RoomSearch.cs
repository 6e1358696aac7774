using System.Net.Sockets;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Discovery;

namespace Chat.Client.Discovery;

/// <summary>
/// Searches for rooms by multicast DNS. No call blocks, except <see cref="Wait"/>; the owner calls <see cref="Turn"/>.
/// </summary>
/// <remarks>
/// It asks from a port of its own, to which the answers of all rooms come at once, and where no other program takes
/// them. Some firewalls let only packets to the shared port in, so it also listens there, and asks once from there.
/// The shared port hears rooms that open or close, too.
/// </remarks>
internal sealed class RoomSearch : IDisposable
{
    // The times of the first questions since an interface appeared; the later ones follow in equal intervals.
    private static readonly int[] AskTimes = [0, 1000, 3000];

    private readonly TimeProvider _clock;
    private readonly IReadOnlyList<KnownRoom> _known;
    private readonly RoomRecords _records;
    private readonly MulticastSockets? _own,
        _shared;
    private readonly byte[] _message = new byte[ProtocolLimits.DiscoveryMessageBytes];
    private readonly long _startedAt;
    private List<LocalInterface> _interfaces = [];
    private List<FoundRoom> _rooms = [];
    private long _askFrom,
        _askAt,
        _askSharedAt,
        _askDetailsAt,
        _lookedAt,
        _interfacesAt;
    private int _asked;

    /// <param name="clock">The time.</param>
    /// <param name="known">The remembered rooms; a crowd of others hides none of them.</param>
    /// <param name="name">The name of the room that the person asks for; null for all.</param>
    public RoomSearch(TimeProvider clock, IReadOnlyList<KnownRoom> known, string? name = null)
    {
        (_clock, _known) = (clock, known);
        string[] preferred = name is null ? [.. known.Select(static room => room.Name)] : [name.Trim()];
        _records = new RoomRecords(room => preferred.Contains(room, StringComparer.OrdinalIgnoreCase));
        _own = MulticastSockets.Open(isShared: false, out SocketError error);
        _shared = MulticastSockets.Open(isShared: true, out _);
        if (_own is null && _shared is null)
            Failure = new SocketException((int)error).Message;
        _startedAt = _interfacesAt = Now;
    }

    /// <summary>The reason why the system lets the search send nothing; null if it can send.</summary>
    public string? Failure { get; }

    /// <summary>Milliseconds since the search began.</summary>
    public long Elapsed => Now - _startedAt;

    /// <summary>The rooms, in the order in which they appeared.</summary>
    public IReadOnlyList<FoundRoom> Rooms => _rooms;

    /// <summary>The rooms that are too many to be among <see cref="Rooms"/>.</summary>
    public int More => _records.More;

    /// <summary>The names of the interfaces that it searches on.</summary>
    public IEnumerable<string> Interfaces => _interfaces.Select(static at => at.Name);

    private long Now => (long)_clock.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>Receives what has come, and asks when it is time.</summary>
    public void Turn()
    {
        long now = Now;
        if (now >= _interfacesAt)
            LookAtInterfaces(now);
        Receive(_own, now);
        Receive(_shared, now);
        if (now >= _askAt)
        {
            Ask(_own, wantsUnicast: true, now);
            _asked++;
            _askAt = _asked < AskTimes.Length ? _askFrom + AskTimes[_asked] : now + ClientLimits.AskAgainMilliseconds;
        }
        if (now >= _askSharedAt)
        {
            Ask(_shared, wantsUnicast: false, now);
            _askSharedAt = _own is null ? _askAt : long.MaxValue;
        }
        if (now >= _askDetailsAt)
            AskDetails(now);
        _rooms = [.. _records.Rooms(now).Select(room => room.WithKnownFirst(_known))];
    }

    /// <summary>An address or an interface of this machine came or went: looks at them soon.</summary>
    public void HandleNetworkChange() =>
        _interfacesAt = Math.Min(_interfacesAt, _lookedAt + ClientLimits.HurryMilliseconds);

    /// <summary>Waits until a packet comes, at most this long. Needs no turn of another loop.</summary>
    public void Wait(int milliseconds) => SocketWait.ForPacket([_own, _shared], milliseconds);

    public void Dispose()
    {
        _own?.Dispose();
        _shared?.Dispose();
    }

    private void LookAtInterfaces(long now)
    {
        (_lookedAt, _interfacesAt) = (now, now + ClientLimits.InterfacesMilliseconds);
        // The last interfaces stay while the system cannot tell them.
        if (!LocalInterface.TryLook(out List<LocalInterface> interfaces, out _))
            return;
        foreach (LocalInterface at in interfaces)
        {
            if (_interfaces.Contains(at))
                continue;
            _shared?.Join(at);
            (_asked, _askFrom, _askAt) = (0, now, now);
            _askSharedAt = _own is null ? now : now + AskTimes[1];
        }
        _interfaces = interfaces;
        _records.Keep(interfaces);
    }

    private void Receive(MulticastSockets? sockets, long now)
    {
        if (sockets is null)
            return;
        foreach (Socket? socket in (Socket?[])[sockets.IPv4, sockets.IPv6])
        {
            for (int i = 0; i < ClientLimits.PacketsPerTurn && socket is not null; i++)
            {
                if (!sockets.TryReceive(socket, out ReadOnlySpan<byte> packet, out int index))
                    break;
                // RFC 6762, 6 and 11: answers come from the shared port of a host on the same network.
                LocalInterface? at = _interfaces.Find(known => known.Index == index);
                if (
                    at is not null
                    && sockets.SenderPort == MulticastSockets.SharedPort
                    && at.IsOnLink(sockets.SenderAddress)
                )
                    _records.Read(packet, at, sockets.SenderAddress, now);
            }
        }
    }

    private void Ask(MulticastSockets? sockets, bool wantsUnicast, long now)
    {
        if (sockets is null)
            return;
        foreach (LocalInterface at in _interfaces)
        {
            DnsWriter writer = new(_message, isResponse: false);
            writer.TryWriteQuestion(RoomService.Name, DnsType.Ptr, wantsUnicast);
            _records.WriteKnown(ref writer, at, now);
            sockets.Send(at, _message.AsSpan(0, writer.Length));
        }
    }

    private void AskDetails(long now)
    {
        bool hasAsked = false;
        foreach (LocalInterface at in _interfaces)
        {
            DnsWriter writer = new(_message, isResponse: false);
            _records.WriteMissing(ref writer, at, wantsUnicast: _own is not null, now);
            if (writer.IsEmpty)
                continue;
            (_own ?? _shared)?.Send(at, _message.AsSpan(0, writer.Length));
            hasAsked = true;
        }
        if (hasAsked)
            _askDetailsAt = now + ClientLimits.AskDetailsMilliseconds;
    }
}
