using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Chat.Protocol.Discovery;

/// <summary>
/// Writes a message of multicast DNS. A name whose end stands in the message already points there. Allocates nothing.
/// </summary>
/// <remarks>
/// The host name of an SRV record is written whole: an asker that speaks no multicast DNS expects that (RFC 6762,
/// 18.14). The addresses of the host point to it.
/// </remarks>
internal ref struct DnsWriter
{
    private const int HeaderBytes = 12,
        Internet = 1,
        TopBit = 0x8000;

    // Names beyond these are written whole.
    private const int PlacesKept = 32;

    private readonly Span<byte> _message;
    private Places _places;
    private int _known;

    /// <param name="message">Receives the message; at least its header fits.</param>
    /// <param name="isResponse">A response, not a query.</param>
    /// <param name="id">0, except in an answer to an asker that speaks no multicast DNS.</param>
    public DnsWriter(Span<byte> message, bool isResponse, ushort id = 0)
    {
        _message = message;
        _message[..HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(_message, id);
        // A response is authoritative (RFC 6762, 18.4).
        if (isResponse)
            _message[2] = 0x84;
        Length = HeaderBytes;
    }

    /// <summary>Bytes of the message so far.</summary>
    public int Length { get; private set; }

    /// <summary>The message has no question and no record.</summary>
    public readonly bool IsEmpty => Length == HeaderBytes;

    /// <summary>Says that more known answers follow in another message.</summary>
    public readonly void SetTruncated() => _message[2] |= 0x02;

    /// <summary>Adds a question; all questions come before the records.</summary>
    /// <returns>False if it does not fit; then nothing was written.</returns>
    public bool TryWriteQuestion(scoped ReadOnlySpan<byte> name, DnsType type, bool wantsUnicast = false)
    {
        if (Length + name.Length + 4 > _message.Length)
            return false;
        WriteName(name);
        Write((ushort)type);
        Write((ushort)(wantsUnicast ? TopBit | Internet : Internet));
        Count(at: 4);
        return true;
    }

    /// <summary>Adds a record.</summary>
    /// <param name="section">The section; in the order of the sections.</param>
    /// <param name="name">The whole name of the record.</param>
    /// <param name="type">The type.</param>
    /// <param name="ttl">Seconds for which it is valid.</param>
    /// <param name="isUnique">All records of this name and type come from here; an older one is dropped.</param>
    /// <param name="data">The data, with whole names.</param>
    /// <returns>False if it does not fit; then nothing was written.</returns>
    public bool TryWriteRecord(
        DnsSection section,
        scoped ReadOnlySpan<byte> name,
        DnsType type,
        uint ttl,
        bool isUnique,
        scoped ReadOnlySpan<byte> data
    )
    {
        if (Length + name.Length + 10 + data.Length > _message.Length)
            return false;
        WriteName(name);
        Write((ushort)type);
        Write((ushort)(isUnique ? TopBit | Internet : Internet));
        BinaryPrimitives.WriteUInt32BigEndian(_message[Length..], ttl);
        int lengthAt = Length + sizeof(uint);
        Length = lengthAt + sizeof(ushort);
        if (type == DnsType.Ptr)
            WriteName(data);
        else
            WriteWhole(data, nameAt: type == DnsType.Srv ? DnsRecord.ServerHead : data.Length);
        BinaryPrimitives.WriteUInt16BigEndian(_message[lengthAt..], (ushort)(Length - lengthAt - sizeof(ushort)));
        Count((int)section);
        return true;
    }

    private void WriteName(scoped ReadOnlySpan<byte> name)
    {
        for (; name[0] != 0; name = DnsName.Rest(name))
        {
            if (PlaceOf(name) is > 0 and int place)
            {
                Write((ushort)(0xC000 | place));
                return;
            }
            Keep(Length);
            name[..(1 + name[0])].CopyTo(_message[Length..]);
            Length += 1 + name[0];
        }
        _message[Length++] = 0;
    }

    private void WriteWhole(scoped ReadOnlySpan<byte> data, int nameAt)
    {
        for (int at = nameAt; at < data.Length && data[at] != 0; at += 1 + data[at])
            Keep(Length + at);
        data.CopyTo(_message[Length..]);
        Length += data.Length;
    }

    private readonly int PlaceOf(scoped ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < _known; i++)
        {
            if (DnsReader.HasName(_message[..Length], _places[i], name))
                return _places[i];
        }
        return 0;
    }

    private void Keep(int place)
    {
        if (_known < PlacesKept)
            _places[_known++] = (ushort)place;
    }

    private void Write(ushort number)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_message[Length..], number);
        Length += sizeof(ushort);
    }

    private readonly void Count(int at) =>
        BinaryPrimitives.WriteUInt16BigEndian(
            _message[at..],
            (ushort)(BinaryPrimitives.ReadUInt16BigEndian(_message[at..]) + 1)
        );

    [InlineArray(PlacesKept)]
    private struct Places
    {
        private ushort _first;
    }
}
