using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Discovery;
using Chat.Protocol.Text;
using Chat.Protocol.Tls;

namespace Chat.Client.Discovery;

/// <summary>
/// The answers of multicast DNS to the question for rooms, and the rooms that they describe. Pure: no sockets and no
/// clock.
/// </summary>
/// <remarks>
/// Any machine on the network may answer, so every number is limited. No part of an answer proves the identity of a
/// room: its epoch and the name of its host are public. So each sender has its own instances, and its answers change no
/// other one. Instances are one room if label, host and port are equal as bytes, and on one interface the addresses
/// agree too. In doubt there are two rooms instead of one. Addresses are kept only for the host of a known instance,
/// and only if they lie in the network of the interface that they came by.
/// </remarks>
/// <param name="isPreferred">
/// Whether the person means a room by this name. Such a room has a place before all others; null for no preference.
/// </param>
internal sealed class RoomRecords(Func<string, bool>? isPreferred = null)
{
    // An address until its end, and whether the sender of the instance said it. This is a class, because each struct in
    // a list adds its own code.
    private sealed record Lease(RoomAddress Address, bool IsOwn, long Since, long Until);

    // One name on one interface, announced by one sender. The times are the ends of its records.
    private sealed class Instance(byte[] name, LocalInterface at, UInt128 sender)
    {
        public readonly List<Lease> Addresses = [];

        public byte[] Name { get; } = name;

        /// <summary>The name to show.</summary>
        public string Shown { get; } = RoomName.Clean(DnsName.FirstLabel(name));

        public LocalInterface At { get; set; } = at;

        /// <summary>The address of the sender, as a number.</summary>
        public UInt128 Sender { get; } = sender;

        public bool IsPreferred { get; init; }

        public byte[] Host { get; set; } = [];

        public int Port { get; set; }

        public byte[] Text { get; set; } = [];

        public long NameUntil { get; set; }

        public long HostUntil { get; set; }

        public long TextUntil { get; set; }

        public int Asked { get; set; }

        public bool IsNamed(long now) => NameUntil > now;

        public bool HasHost(long now) => HostUntil > now;

        public bool HasText(long now) => TextUntil > now;

        public bool HasAddress(long now) => Addresses.Exists(entry => entry.Until > now);

        public bool HasEnded(long now) => !IsNamed(now) && !HasHost(now) && !HasText(now) && !HasAddress(now);

        public bool IsRoom(long now) => IsNamed(now) && HasHost(now) && HasText(now) && HasAddress(now) && IsChat;

        public bool IsForeign(long now) => HasText(now) && !IsChat;

        private bool IsChat =>
            RoomService.TryReadText(Text, RoomService.ChatKey, out ReadOnlySpan<byte> value)
            && value.SequenceEqual("1"u8);
    }

    private static readonly AddressFamily[] Families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    private readonly List<Instance> _instances = [];

    /// <summary>The number of records kept.</summary>
    public int Count => _instances.Sum(static instance => 3 + instance.Addresses.Count);

    /// <summary>The rooms that the last call of <see cref="Rooms"/> left out.</summary>
    public int More { get; private set; }

    /// <summary>Forgets the instances on interfaces that are not among these.</summary>
    public void Keep(IReadOnlyCollection<LocalInterface> interfaces) =>
        _instances.RemoveAll(instance => interfaces.All(at => at.Index != instance.At.Index));

    /// <summary>Reads one packet. Questions and other services in it are ignored.</summary>
    /// <param name="packet">The packet, from any machine.</param>
    /// <param name="at">The interface by which it came.</param>
    /// <param name="sender">The 4 or 16 bytes of its sender's address.</param>
    /// <param name="now">The milliseconds of a monotonic clock.</param>
    public void Read(ReadOnlySpan<byte> packet, LocalInterface at, ReadOnlySpan<byte> sender, long now)
    {
        if (!DnsReader.TryOpen(packet, out DnsReader reader) || !reader.IsResponse)
            return;
        if (reader.Questions > ClientLimits.RecordsPerPacket)
            return;
        for (int i = reader.Questions; i > 0; i--)
        {
            if (!reader.TryReadQuestion(out _))
                return;
        }
        // A packet may have the address before the instance, so the addresses are read in a second pass.
        DnsReader addresses = reader;
        UInt128 from = NumberOf(sender);
        int records = Math.Min(reader.Answers + reader.Authorities + reader.Additionals, ClientLimits.RecordsPerPacket);
        for (int i = records; i > 0 && reader.TryReadRecord(out DnsRecord record); i--)
            ReadService(reader, record, at, from, now);
        for (int i = records; i > 0 && addresses.TryReadRecord(out DnsRecord record); i--)
            ReadAddress(addresses, record, at, from, now);
    }

    /// <summary>
    /// The complete rooms, in the order in which they appeared. If they are too many, the preferred ones and the first
    /// of each sender are among them.
    /// </summary>
    public List<FoundRoom> Rooms(long now)
    {
        List<List<Instance>> rooms = [];
        foreach (Instance instance in _instances)
        {
            if (!instance.IsRoom(now))
                continue;
            if (rooms.Find(room => room.TrueForAll(other => IsSame(other, instance, now))) is List<Instance> known)
                known.Add(instance);
            else
                rooms.Add([instance]);
        }
        More = Math.Max(0, rooms.Count - ClientLimits.Rooms);
        return [.. (More > 0 ? Fair(rooms) : rooms).Select(room => Describe(room, now))];
    }

    /// <summary>Adds the rooms of an interface as known answers to a question; they need not answer again.</summary>
    public void WriteKnown(ref DnsWriter writer, LocalInterface at, long now)
    {
        List<byte[]> written = [];
        foreach (Instance instance in _instances)
        {
            if (instance.At.Index != at.Index || !instance.IsRoom(now) || IsHalfOver(instance, now))
                continue;
            if (written.Exists(name => DnsName.IsSame(name, instance.Name)))
                continue;
            written.Add(instance.Name);
            // An answer to a port of its own has a short time to live (RFC 6762, 6.7), which a known answer would
            // repeat. So the question states the usual one.
            bool fits = writer.TryWriteRecord(
                DnsSection.Answer,
                RoomService.Name,
                DnsType.Ptr,
                ClientLimits.KnownAnswerSeconds,
                isUnique: false,
                instance.Name
            );
            if (!fits)
                return;
        }
    }

    /// <summary>Asks for the records that instances on an interface lack, a few times each.</summary>
    public void WriteMissing(ref DnsWriter writer, LocalInterface at, bool wantsUnicast, long now)
    {
        foreach (Instance instance in _instances)
        {
            if (
                instance.At.Index != at.Index
                || !instance.IsNamed(now)
                || instance.IsRoom(now)
                || instance.IsForeign(now)
                || instance.Asked >= ClientLimits.DetailQuestions
            )
                continue;
            bool fits = true;
            if (!instance.HasHost(now) || !instance.HasText(now))
                fits = writer.TryWriteQuestion(instance.Name, DnsType.Any, wantsUnicast);
            else
                fits =
                    writer.TryWriteQuestion(instance.Host, DnsType.A, wantsUnicast)
                    && writer.TryWriteQuestion(instance.Host, DnsType.Aaaa, wantsUnicast);
            if (!fits)
                return;
            instance.Asked++;
        }
    }

    private void ReadService(DnsReader reader, DnsRecord record, LocalInterface at, UInt128 sender, long now)
    {
        Span<byte> name = stackalloc byte[DnsName.MostBytes];
        switch (record.Type)
        {
            case DnsType.Ptr when reader.HasName(record.NameAt, RoomService.Name):
                name = name[..reader.CopyName(record.TargetAt, name)];
                if (Find(name, at, sender, now, mayAdd: record.Ttl > 0) is Instance named)
                    named.NameUntil = End(record, now);
                break;
            case DnsType.Srv:
                name = name[..reader.CopyName(record.NameAt, name)];
                if (Find(name, at, sender, now, mayAdd: record.Ttl > 0) is Instance served)
                    ReadServer(reader, record, served, now);
                break;
            case DnsType.Txt:
                name = name[..reader.CopyName(record.NameAt, name)];
                if (Find(name, at, sender, now, mayAdd: record.Ttl > 0) is Instance described)
                    (described.Text, described.TextUntil) = (TextOf(reader.DataOf(record)), End(record, now));
                break;
        }
    }

    private static void ReadServer(DnsReader reader, DnsRecord record, Instance instance, long now)
    {
        Span<byte> data = stackalloc byte[DnsRecord.ServerHead + DnsName.MostBytes];
        data = data[..reader.CopyData(record, data)];
        int port = BinaryPrimitives.ReadUInt16BigEndian(data[4..]);
        ReadOnlySpan<byte> host = data[DnsRecord.ServerHead..];
        // The root as the host, and port 0, say that there is no server.
        if (port == 0 || host.Length == 1)
            return;
        if (!DnsName.IsSame(host, instance.Host))
        {
            instance.Host = host.ToArray();
            instance.Addresses.Clear();
        }
        (instance.Port, instance.HostUntil) = (port, End(record, now));
    }

    private void ReadAddress(DnsReader reader, DnsRecord record, LocalInterface at, UInt128 sender, long now)
    {
        if (record.Type is not (DnsType.A or DnsType.Aaaa))
            return;
        ReadOnlySpan<byte> bytes = reader.DataOf(record);
        if (!at.IsOnLink(bytes))
            return;
        foreach (Instance instance in _instances)
        {
            if (
                instance.At.Index != at.Index
                || instance.Host.Length == 0
                || !reader.HasName(record.NameAt, instance.Host)
            )
                continue;
            bool isOwn = instance.Sender == sender;
            List<Lease> leases = instance.Addresses;
            // Only a service that one machine announces for another has its addresses from another sender.
            if (!isOwn && leases.Exists(lease => lease.IsOwn && lease.Until > now))
                continue;
            RoomAddress address = RoomAddress.From(bytes, at);
            leases.RemoveAll(lease =>
                lease.Until <= now || lease.Address == address || (isOwn && !lease.IsOwn) || IsFlushed(lease)
            );
            if (record.Ttl > 0 && leases.Count < ProtocolLimits.AddressesPerInterface)
                leases.Add(new Lease(address, isOwn, now, End(record, now)));

            // RFC 6762, 10.2: records that a second later are not repeated no longer hold.
            bool IsFlushed(Lease lease) =>
                record.IsUnique
                && isOwn
                && now - lease.Since > ClientLimits.FlushMilliseconds
                && lease.Address.IsOfFamilyOf(address);
        }
    }

    private Instance? Find(ReadOnlySpan<byte> name, LocalInterface at, UInt128 sender, long now, bool mayAdd)
    {
        if (name[0] == 0 || !DnsName.IsSame(DnsName.Rest(name), RoomService.Name))
            return null;
        foreach (Instance instance in _instances)
        {
            if (instance.At.Index == at.Index && instance.Sender == sender && DnsName.IsSame(instance.Name, name))
            {
                instance.At = at;
                return instance;
            }
        }
        if (!mayAdd)
            return null;
        Instance added = new(name.ToArray(), at, sender)
        {
            IsPreferred = isPreferred?.Invoke(RoomName.Clean(DnsName.FirstLabel(name))) == true,
        };
        if (!HasPlace(added, now))
            return null;
        _instances.Add(added);
        return added;
    }

    // While all places are taken, a new instance takes that of one that is no room, or the newest of the sender with
    // most of them.
    private bool HasPlace(Instance added, long now)
    {
        _instances.RemoveAll(instance => instance.HasEnded(now));
        int ofSender = _instances.Count(instance =>
            instance.At.Index == added.At.Index && instance.Sender == added.Sender
        );
        if (ofSender >= ClientLimits.InstancesPerSender)
            return false;
        if (_instances.Count < ClientLimits.RoomInstances)
            return true;
        Instance? spare =
            _instances.Find(instance => !instance.IsRoom(now) && (added.IsPreferred || !instance.IsPreferred))
            ?? NewestOfMost(added.IsPreferred ? 0 : ofSender + 1);
        return spare is not null && _instances.Remove(spare);
    }

    // The newest instance of the sender that has most, if it has more than so many.
    private Instance? NewestOfMost(int least)
    {
        Dictionary<UInt128, int> counts = [];
        Instance? newest = null;
        foreach (Instance instance in _instances)
        {
            if (instance.IsPreferred)
                continue;
            int count = counts[instance.Sender] = counts.GetValueOrDefault(instance.Sender) + 1;
            if (count > least)
                (newest, least) = (instance, count);
        }
        return newest;
    }

    // The first rooms of each sender come before its second ones, and so on.
    private static IEnumerable<List<Instance>> Fair(List<List<Instance>> rooms)
    {
        Dictionary<UInt128, int> counts = [];
        int[] ranks = new int[rooms.Count];
        for (int i = 0; i < rooms.Count; i++)
        {
            UInt128 sender = rooms[i][0].Sender;
            int before = counts.GetValueOrDefault(sender);
            counts[sender] = before + 1;
            ranks[i] = rooms[i][0].IsPreferred ? -1 : before;
        }
        return Enumerable
            .Range(0, rooms.Count)
            .OrderBy(i => ranks[i])
            .Take(ClientLimits.Rooms)
            .Order()
            .Select(i => rooms[i]);
    }

    private static FoundRoom Describe(List<Instance> room, long now)
    {
        Instance instance = room[0];
        int? members =
            int.TryParse(Value(instance, RoomService.MembersKey), NumberStyles.None, null, out int number)
            && number <= ClientLimits.MembersShown
                ? number
                : null;
        return new FoundRoom(instance.Shown, instance.Port, AddressesOf(room, now))
        {
            IsNameChanged = !DnsName.FirstLabel(instance.Name).SequenceEqual(Encoding.UTF8.GetBytes(instance.Shown)),
            Epoch = Value(instance, RoomService.EpochKey),
            Members = members,
            Topic = Value(instance, RoomService.TopicKey),
            Key = RoomKey.CanonicalPublic(Value(instance, RoomService.PublicKeyKey)),
            AsksSecret = Value(instance, RoomService.SecretKey) == "1",
        };
    }

    // On one interface only the addresses that all senders name; avahi names only IPv6 ones by IPv6. Those of all
    // interfaces together, the best first.
    private static List<RoomAddress> AddressesOf(List<Instance> room, long now)
    {
        List<RoomAddress> addresses = [];
        foreach (Instance instance in room)
        {
            foreach (RoomAddress address in Live(instance, now))
            {
                bool isAgreed = room.TrueForAll(other =>
                    other.At.Index != instance.At.Index
                    || Live(other, now) is List<RoomAddress> live
                        && (live.Contains(address) || !live.Exists(address.IsOfFamilyOf))
                );
                if (isAgreed && addresses.Count < ProtocolLimits.AddressesPerInterface && !addresses.Contains(address))
                    AddRanked(addresses, address);
            }
        }
        return addresses;
    }

    private static List<RoomAddress> Live(Instance instance, long now) =>
        [.. instance.Addresses.Where(lease => lease.Until > now).Select(static lease => lease.Address)];

    private static string Value(Instance instance, string key)
    {
        if (!RoomService.TryReadText(instance.Text, key, out ReadOnlySpan<byte> value))
            return "";
        Span<byte> clean = stackalloc byte[ClientLimits.RoomTextBytes];
        return Encoding.UTF8.GetString(clean[..SafeText.Clean(value, clean)]).Trim();
    }

    // One server announces one name with one host on all interfaces, by both protocols.
    private static bool IsSame(Instance a, Instance b, long now)
    {
        if (a.Port != b.Port || !DnsName.IsSame(a.Name, b.Name) || !DnsName.IsSame(a.Host, b.Host))
            return false;
        if (a.At.Index != b.At.Index)
            return Value(a, RoomService.EpochKey) == Value(b, RoomService.EpochKey);
        List<RoomAddress> ofA = Live(a, now),
            ofB = Live(b, now);
        return ofA.Exists(ofB.Contains)
            && Array.TrueForAll(Families, family => IsWithin(ofA, ofB, family) || IsWithin(ofB, ofA, family));
    }

    private static bool IsWithin(List<RoomAddress> some, List<RoomAddress> all, AddressFamily family) =>
        some.TrueForAll(address => address.Address.AddressFamily != family || all.Contains(address));

    // The best address first; those of one rank in the order in which they came.
    private static void AddRanked(List<RoomAddress> addresses, RoomAddress address)
    {
        int at = addresses.FindIndex(other => other.Rank > address.Rank);
        addresses.Insert(at < 0 ? addresses.Count : at, address);
    }

    private static UInt128 NumberOf(ReadOnlySpan<byte> address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static byte[] TextOf(ReadOnlySpan<byte> data) =>
        data[..Math.Min(data.Length, ClientLimits.RoomDataBytes)].ToArray();

    private static bool IsHalfOver(Instance instance, long now) =>
        instance.NameUntil - now < 1000 * ClientLimits.LeastRecordSeconds / 2;

    private static long End(DnsRecord record, long now) =>
        record.Ttl == 0
            ? now
            : now
                + 1000
                    * Math.Clamp(
                        (long)record.Ttl,
                        ClientLimits.LeastRecordSeconds,
                        (long)ClientLimits.KnownAnswerSeconds
                    );
}
