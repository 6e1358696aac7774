using System.Globalization;
using Chat.Protocol;
using Chat.Protocol.Discovery;

namespace Chat.Server.Discovery;

/// <summary>
/// Announces a room by DNS-SD over multicast DNS (RFC 6763, RFC 6762), under one name on all interfaces: a conflict on
/// any of them renames it everywhere. Its only effects are those of <see cref="IMulticast"/>.
/// </summary>
internal sealed class Announcer
{
    private readonly IMulticast _network;
    private readonly RoomFacts _room;
    private readonly Random _random;
    private readonly byte[] _host;
    private readonly byte[] _message = new byte[ProtocolLimits.DiscoveryMessageBytes];
    private readonly List<Responder> _responders = [];
    private byte[] _text;
    private int _members;
    private string? _topic;
    private long _textAt,
        _conflictsSince,
        _windowEnd;
    private int _number = 1,
        _conflicts,
        _replies;

    /// <param name="network">The sockets, or a test.</param>
    /// <param name="room">The room, with the number of people at the start.</param>
    /// <param name="host">
    /// The first label of the host's name, which no other machine has. It is not the machine's own name, so a running
    /// avahi and this server do not contend for its addresses.
    /// </param>
    /// <param name="random">Chooses the random times.</param>
    public Announcer(IMulticast network, RoomFacts room, string host, Random random)
    {
        (_network, _room, _random, _host) = (network, room, random, DnsName.Of(host, "local"));
        (Name, _text) = (room.Name, TextOf());
    }

    /// <summary>The name under which the room is announced or probed for.</summary>
    public string Name { get; private set; }

    /// <summary>The probes for <see cref="Name"/> are over on an interface.</summary>
    public bool HasName => _responders.Exists(static one => one.HasName);

    /// <summary>Uptime of the next work; <see cref="long.MaxValue"/> for none.</summary>
    public long NextDue { get; private set; } = long.MaxValue;

    /// <summary>Sets the interfaces. New ones are probed and announced, and those that changed too.</summary>
    public void SetInterfaces(IReadOnlyCollection<LocalInterface> interfaces, long now)
    {
        foreach (Responder gone in _responders.Where(one => !interfaces.Contains(one.At)).ToArray())
        {
            _network.Leave(gone.At);
            _responders.Remove(gone);
        }
        foreach (LocalInterface at in interfaces)
        {
            if (_responders.Find(one => one.At.Equals(at)) is Responder known)
            {
                known.Retry(now);
                continue;
            }
            _network.Join(at);
            Responder added = new(_network, at, RecordsFor(at), _message, _random);
            added.Probe(added.Records, now + _random.Next(ServerLimits.ProbeMilliseconds));
            _responders.Add(added);
        }
        UpdateNextDue();
    }

    /// <summary>Sets what the TXT record says. It is sent at most once in a while.</summary>
    public void Describe(int members, string? topic, long now)
    {
        if ((members == _members && topic == _topic) || now < _textAt)
        {
            // The caller comes again at its own times; a changed number needs no wake-up of its own.
            return;
        }
        (_members, _topic, _textAt) = (members, topic, now + ServerLimits.DiscoveryTextMilliseconds);
        _text = TextOf();
        foreach (Responder one in _responders)
        {
            one.Records.SetText(_text);
            one.AnnounceText(now);
        }
        UpdateNextDue();
    }

    /// <summary>Does what is due.</summary>
    public void Tick(long now)
    {
        if (now < NextDue)
            return;
        foreach (Responder one in _responders)
            one.Tick(now);
        UpdateNextDue();
    }

    /// <summary>
    /// Handles a packet. No bytes make it throw. Only a conflict, which renames the room, allocates.
    /// </summary>
    public void Receive(ReadOnlySpan<byte> packet, int interfaceIndex, PacketOrigin origin, long now)
    {
        if (!DnsReader.TryOpen(packet, out DnsReader reader) || Find(interfaceIndex) is not Responder one)
            return;
        if (now >= _windowEnd)
            (_windowEnd, _replies) = (now + ServerLimits.DiscoveryWindowMilliseconds, 0);
        if (!reader.IsResponse)
            _replies += one.HandleQuery(ref reader, origin, _replies < ServerLimits.DiscoveryReplies, now) ? 1 : 0;
        // Others are no answers of this network (RFC 6762, 6).
        else if (origin.IsFromSharedPort && one.HandleResponse(ref reader, now))
            HandleConflict(one, now);
        UpdateNextDue();
    }

    /// <summary>Withdraws the room from all interfaces.</summary>
    public void Withdraw()
    {
        foreach (Responder one in _responders)
            one.Withdraw();
        _responders.Clear();
        UpdateNextDue();
    }

    // RFC 6762, 9: a server that has announced the name probes again, and may still keep it.
    private void HandleConflict(Responder one, long now)
    {
        if (now - _conflictsSince > ServerLimits.ConflictsMilliseconds)
            (_conflictsSince, _conflicts) = (now, 0);
        long at =
            ++_conflicts < ServerLimits.Conflicts
                ? now + _random.Next(ServerLimits.ProbeMilliseconds)
                : now + ServerLimits.ConflictRestMilliseconds;
        if (one.HasName)
        {
            one.Probe(one.Records, at);
            return;
        }
        Name = RoomName.Numbered(_room.Name, ++_number);
        foreach (Responder other in _responders)
        {
            // A name that is lost belongs to another room, whose pointer a goodbye would withdraw.
            if (other.HasName)
                other.Withdraw();
            other.Probe(RecordsFor(other.At), at);
        }
    }

    private Responder? Find(int interfaceIndex)
    {
        foreach (Responder one in _responders)
        {
            if (one.At.Index == interfaceIndex)
                return one;
        }
        return null;
    }

    private RoomRecords RecordsFor(LocalInterface at) => new(Name, _host, _room.Port, _text, at);

    private byte[] TextOf() =>
        RoomRecords.TextOf(
            (RoomService.ChatKey, "1"),
            (RoomService.VersionKey, _room.Version),
            (RoomService.EpochKey, _room.Epoch),
            // Strangers to a room with a secret learn neither.
            (RoomService.MembersKey, _room.HasSecret ? null : _members.ToString(CultureInfo.InvariantCulture)),
            (RoomService.PublicKeyKey, _room.PublicKey is null ? null : Convert.ToBase64String(_room.PublicKey)),
            (RoomService.SecretKey, _room.HasSecret ? "1" : null),
            (RoomService.TopicKey, _room.HasSecret ? null : _topic)
        );

    private void UpdateNextDue()
    {
        NextDue = long.MaxValue;
        foreach (Responder one in _responders)
            NextDue = Math.Min(NextDue, one.NextDue);
    }
}

/// <summary>What does not change of a room that is announced.</summary>
/// <param name="Name">The requested name.</param>
/// <param name="Port">The port of the server.</param>
/// <param name="Version">The version of the server.</param>
/// <param name="Epoch">The epoch of the log.</param>
/// <param name="PublicKey">The public key of the room; null for a room without encryption.</param>
internal sealed record RoomFacts(string Name, int Port, string Version, string Epoch, byte[]? PublicKey)
{
    /// <summary>A newcomer needs a secret.</summary>
    public bool HasSecret { get; init; }
}
