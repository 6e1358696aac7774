namespace Chat.Protocol.Discovery;

/// <summary>The types of DNS records that discovery uses.</summary>
internal enum DnsType : ushort
{
    None = 0,

    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>A service has an instance of this name.</summary>
    Ptr = 12,

    /// <summary>Keys and values of an instance.</summary>
    Txt = 16,

    /// <summary>An IPv6 address.</summary>
    Aaaa = 28,

    /// <summary>Host and port of an instance.</summary>
    Srv = 33,

    /// <summary>The types that a name has; it has no others.</summary>
    Nsec = 47,

    /// <summary>Asks for all types.</summary>
    Any = 255,
}

/// <summary>The sections of a message after the questions; the value is the place of the section's count.</summary>
internal enum DnsSection
{
    None = 0,
    Answer = 6,
    Authority = 8,
    Additional = 10,
}

/// <summary>A question, as a place in its message.</summary>
/// <param name="NameAt">The place of the name.</param>
/// <param name="Type">The requested type; <see cref="DnsType.None"/> for another class than the internet.</param>
/// <param name="WantsUnicast">The answer may go to the asker alone (RFC 6762, 5.4).</param>
internal readonly record struct DnsQuestion(int NameAt, DnsType Type, bool WantsUnicast);

/// <summary>A record, as a place in its message.</summary>
/// <param name="NameAt">The place of the name.</param>
/// <param name="Type">The type; <see cref="DnsType.None"/> for another class than the internet.</param>
/// <param name="IsUnique">All records of this name and type come from this sender (RFC 6762, 10.2).</param>
/// <param name="Ttl">Seconds for which the record is valid; 0 withdraws it.</param>
/// <param name="DataAt">The place of the data.</param>
/// <param name="DataLength">Bytes of the data in the message.</param>
internal readonly record struct DnsRecord(int NameAt, DnsType Type, bool IsUnique, uint Ttl, int DataAt, int DataLength)
{
    /// <summary>Bytes before the host name in the data of an SRV record: priority, weight and port.</summary>
    public const int ServerHead = 6;

    /// <summary>The place of the name in the data of a PTR or SRV record.</summary>
    public int TargetAt => Type == DnsType.Srv ? DataAt + ServerHead : DataAt;
}
