using System.Buffers.Binary;

namespace Chat.Protocol.Discovery;

/// <summary>
/// Parses a message of multicast DNS (RFC 1035, 4; RFC 6762, 18) in place. No bytes make it throw, loop or allocate.
/// </summary>
/// <remarks>
/// A caller reads all questions and then the records it needs, in the order of the sections. Names and data stay in
/// the message; a question or record has their places.
/// </remarks>
internal ref struct DnsReader
{
    private const int HeaderBytes = 12;
    private const int ClassMask = 0x7FFF,
        TopBit = 0x8000,
        Internet = 1,
        AnyClass = 255;

    private readonly ReadOnlySpan<byte> _message;
    private int _at = HeaderBytes;

    private DnsReader(ReadOnlySpan<byte> message) => _message = message;

    /// <summary>Begins to read a message.</summary>
    /// <returns>False if this is no standard query or response without an error.</returns>
    public static bool TryOpen(ReadOnlySpan<byte> message, out DnsReader reader)
    {
        const int Opcode = 0x78,
            ResponseCode = 0x0F;
        reader = new DnsReader(message);
        return message.Length >= HeaderBytes && (message[2] & Opcode) == 0 && (message[3] & ResponseCode) == 0;
    }

    public readonly ushort Id => NumberAt(0);

    public readonly bool IsResponse => (_message[2] & 0x80) != 0;

    /// <summary>More known answers follow in another message (RFC 6762, 7.2).</summary>
    public readonly bool IsTruncated => (_message[2] & 0x02) != 0;

    public readonly int Questions => NumberAt(4);

    public readonly int Answers => NumberAt(6);

    public readonly int Authorities => NumberAt(8);

    public readonly int Additionals => NumberAt(10);

    /// <summary>Reads the next question.</summary>
    /// <returns>False if the message is broken from here on.</returns>
    public bool TryReadQuestion(out DnsQuestion question)
    {
        const int BytesBehindName = 4;
        question = default;
        int nameAt = _at,
            at = EndOfName(nameAt);
        if (at < 0 || at + BytesBehindName > _message.Length)
            return false;
        int ofClass = NumberAt(at + 2);
        bool isInternet = (ofClass & ClassMask) is Internet or AnyClass;
        question = new DnsQuestion(
            nameAt,
            isInternet ? (DnsType)NumberAt(at) : DnsType.None,
            WantsUnicast: (ofClass & TopBit) != 0
        );
        _at = at + BytesBehindName;
        return true;
    }

    /// <summary>Reads the next record. The names in its data are valid, and addresses have their length.</summary>
    /// <returns>False if the message is broken from here on.</returns>
    public bool TryReadRecord(out DnsRecord record)
    {
        const int BytesBehindName = 10;
        record = default;
        int nameAt = _at,
            at = EndOfName(nameAt);
        if (at < 0 || at + BytesBehindName > _message.Length)
            return false;
        int ofClass = NumberAt(at + 2);
        record = new DnsRecord(
            nameAt,
            (ofClass & ClassMask) == Internet ? (DnsType)NumberAt(at) : DnsType.None,
            IsUnique: (ofClass & TopBit) != 0,
            BinaryPrimitives.ReadUInt32BigEndian(_message[(at + 4)..]),
            at + BytesBehindName,
            NumberAt(at + 8)
        );
        _at = record.DataAt + record.DataLength;
        if (_at > _message.Length)
            return false;
        return record.Type switch
        {
            DnsType.A => record.DataLength == 4,
            DnsType.Aaaa => record.DataLength == 16,
            DnsType.Ptr or DnsType.Srv => record.TargetAt < _at && EndOfName(record.TargetAt) == _at,
            _ => true,
        };
    }

    /// <summary>Whether a name in the message is this one; the case of ASCII letters does not matter.</summary>
    public readonly bool HasName(int at, ReadOnlySpan<byte> name) => HasName(_message, at, name);

    /// <summary>Copies a name out of the message as a whole name.</summary>
    /// <param name="at">The place of the name.</param>
    /// <param name="into">Holds <see cref="DnsName.MostBytes"/> bytes.</param>
    /// <returns>The length of the name.</returns>
    public readonly int CopyName(int at, Span<byte> into)
    {
        DnsName.Labels labels = new(_message, at);
        int length = 0;
        while (labels.MoveNext())
        {
            labels.Current.CopyTo(into[length..]);
            length += labels.Current.Length;
        }
        into[length] = 0;
        return length + 1;
    }

    /// <summary>The data of a record as it stands in the message; a name in it may contain a pointer.</summary>
    public readonly ReadOnlySpan<byte> DataOf(DnsRecord record) => _message.Slice(record.DataAt, record.DataLength);

    /// <summary>Copies the data of a record, with a whole name in place of pointers.</summary>
    /// <param name="record">A record of this message.</param>
    /// <param name="into">Holds at least the longest data with a name; longer data is cut.</param>
    /// <returns>The length of the data.</returns>
    public readonly int CopyData(DnsRecord record, Span<byte> into)
    {
        ReadOnlySpan<byte> data = DataOf(record);
        if (record.Type is DnsType.Ptr or DnsType.Srv)
        {
            int head = record.TargetAt - record.DataAt;
            data[..head].CopyTo(into);
            return head + CopyName(record.TargetAt, into[head..]);
        }
        int length = Math.Min(data.Length, into.Length);
        data[..length].CopyTo(into);
        return length;
    }

    /// <summary>Whether the data of a record is this, which contains a whole name.</summary>
    public readonly bool HasData(DnsRecord record, ReadOnlySpan<byte> data)
    {
        int head = record.TargetAt - record.DataAt;
        return record.Type is DnsType.Ptr or DnsType.Srv
            ? data.Length > head
                && data[..head].SequenceEqual(_message.Slice(record.DataAt, head))
                && HasName(record.TargetAt, data[head..])
            : data.SequenceEqual(DataOf(record));
    }

    /// <summary>Whether the name at this place of a message is this one.</summary>
    internal static bool HasName(ReadOnlySpan<byte> message, int at, ReadOnlySpan<byte> name)
    {
        DnsName.Labels labels = new(message, at);
        while (labels.MoveNext())
        {
            int bytes = labels.Current.Length;
            if (bytes > name.Length || !DnsName.IsSame(labels.Current, name[..bytes]))
                return false;
            name = name[bytes..];
        }
        return labels.End >= 0 && name is [0];
    }

    private readonly int EndOfName(int at)
    {
        DnsName.Labels labels = new(_message, at);
        while (labels.MoveNext())
            continue;
        return labels.End;
    }

    private readonly ushort NumberAt(int at) => BinaryPrimitives.ReadUInt16BigEndian(_message[at..]);
}
