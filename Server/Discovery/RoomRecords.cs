using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Chat.Protocol.Discovery;

namespace Chat.Server.Discovery;

/// <summary>A record that this server owns, with whole names.</summary>
internal sealed class OwnRecord(byte[] name, DnsType type, uint ttl, bool isUnique, byte[] data)
{
    public byte[] Name => name;

    public DnsType Type => type;

    /// <summary>Seconds for which it is valid.</summary>
    public uint Ttl => ttl;

    /// <summary>No other machine has records of this name and type.</summary>
    public bool IsUnique => isUnique;

    public byte[] Data { get; set; } = data;
}

/// <summary>
/// The records of a room on one interface, each at a fixed place. A set of records is a number with a bit for each.
/// </summary>
internal sealed class RoomRecords
{
    /// <summary>The places of the records; the addresses come last.</summary>
    public const int Pointer = 0,
        Server = 1,
        Text = 2,
        Services = 3,
        InstanceTypes = 4,
        HostTypes = 5,
        FirstAddress = 6;

    /// <summary>What a probe proposes, and what must not be different elsewhere.</summary>
    public const uint Proposed = 1u << Server | 1u << Text;

    // RFC 6762, 10.
    private const uint LongTtl = 75 * 60,
        HostTtl = 120;

    private readonly OwnRecord[] _records;

    /// <param name="room">The name of the room.</param>
    /// <param name="host">The whole name of the host.</param>
    /// <param name="port">The port of the server.</param>
    /// <param name="text">The data of the TXT record.</param>
    /// <param name="at">The interface, with the addresses to announce.</param>
    public RoomRecords(string room, byte[] host, int port, byte[] text, LocalInterface at)
    {
        Instance = RoomService.InstanceName(room);
        Host = host;
        byte[] service = RoomService.Name.ToArray(),
            server = new byte[DnsRecord.ServerHead + host.Length];
        BinaryPrimitives.WriteUInt16BigEndian(server.AsSpan(4), (ushort)port);
        host.CopyTo(server, DnsRecord.ServerHead);
        DnsType[] ofHost =
        [
            .. at.HasIPv4 ? [DnsType.A] : (DnsType[])[],
            .. at.HasIPv6 ? [DnsType.Aaaa] : (DnsType[])[],
        ];
        _records =
        [
            new(service, DnsType.Ptr, LongTtl, isUnique: false, Instance),
            new(Instance, DnsType.Srv, HostTtl, isUnique: true, server),
            new(Instance, DnsType.Txt, LongTtl, isUnique: true, text),
            new(RoomService.ServicesName.ToArray(), DnsType.Ptr, LongTtl, isUnique: false, service),
            new(Instance, DnsType.Nsec, HostTtl, isUnique: true, TypesOf(Instance, [DnsType.Txt, DnsType.Srv])),
            new(host, DnsType.Nsec, HostTtl, isUnique: true, TypesOf(host, ofHost)),
            .. at.Addresses.Select(address => new OwnRecord(
                host,
                address.Address.AddressFamily == AddressFamily.InterNetwork ? DnsType.A : DnsType.Aaaa,
                HostTtl,
                isUnique: true,
                address.Address.GetAddressBytes()
            )),
        ];
    }

    /// <summary>The whole name of the room as an instance of the service.</summary>
    public byte[] Instance { get; }

    /// <summary>The whole name of the host.</summary>
    public byte[] Host { get; }

    public int Count => _records.Length;

    public OwnRecord this[int place] => _records[place];

    /// <summary>The addresses.</summary>
    public uint Addresses => All & ~((1u << FirstAddress) - 1);

    /// <summary>What is announced: everything that exists.</summary>
    public uint Announced => All & ~(1u << InstanceTypes | 1u << HostTypes);

    private uint All => (1u << Count) - 1;

    /// <summary>Makes the data of a TXT record.</summary>
    public static byte[] TextOf(params ReadOnlySpan<(string Key, string? Value)> pairs)
    {
        Span<byte> data = stackalloc byte[ServerLimits.DiscoveryTextBytes];
        int length = 0;
        foreach ((string key, string? value) in pairs)
        {
            if (value is not null)
                length += RoomService.WriteText(data[length..], key, Encoding.UTF8.GetBytes(value));
        }
        return data[..length].ToArray();
    }

    /// <summary>Sets the data of the TXT record.</summary>
    public void SetText(byte[] text) => _records[Text].Data = text;

    /// <summary>
    /// The records that answer a question. A question for a type that a name does not have is answered by its types.
    /// </summary>
    public uint Answers(ref DnsReader reader, DnsQuestion question)
    {
        if (reader.HasName(question.NameAt, RoomService.Name))
            return OfType(question.Type, 1u << Pointer);
        if (reader.HasName(question.NameAt, Instance))
            return OfType(question.Type, Proposed) is > 0 and uint found ? found : 1u << InstanceTypes;
        if (reader.HasName(question.NameAt, Host))
            return OfType(question.Type, Addresses) is > 0 and uint found ? found : 1u << HostTypes;
        return reader.HasName(question.NameAt, RoomService.ServicesName) ? OfType(question.Type, 1u << Services) : 0;
    }

    /// <summary>The records of a set that a record in a message equals.</summary>
    public uint Same(ref DnsReader reader, DnsRecord record, uint among)
    {
        uint same = 0;
        for (int i = 0; i < Count; i++)
        {
            bool isSame =
                (among >> i & 1) == 1
                && _records[i].Type == record.Type
                && reader.HasName(record.NameAt, _records[i].Name)
                && reader.HasData(record, _records[i].Data);
            same |= isSame ? 1u << i : 0;
        }
        return same;
    }

    /// <summary>The records that an asker needs next: server and text of an instance, addresses of a server.</summary>
    public uint Additional(uint answers)
    {
        uint more = (answers >> Pointer & 1) == 1 ? Proposed : 0;
        more |= ((answers | more) >> Server & 1) == 1 ? Addresses : 0;
        return more & ~answers;
    }

    private uint OfType(DnsType type, uint among)
    {
        uint found = 0;
        for (int i = 0; i < Count; i++)
            found |= type == DnsType.Any || _records[i].Type == type ? 1u << i : 0;
        return found & among;
    }

    // RFC 4034, 4.1: the name, then a block with a bit for each type. All types here are in the first block.
    private static byte[] TypesOf(byte[] name, ReadOnlySpan<DnsType> types)
    {
        byte[] bits = new byte[(types.IsEmpty ? 0 : (int)types[^1] / 8) + 1];
        foreach (DnsType type in types)
            bits[(int)type / 8] |= (byte)(0x80 >> (int)type % 8);
        return [.. name, 0, (byte)bits.Length, .. bits];
    }
}
