using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Chat.Server.Access;

/// <summary>
/// An IP address or the addresses with its first bits, such as <c>192.168.1.0/24</c> (RFC 4632, RFC 4291, 2.3).
/// </summary>
/// <remarks>
/// An IPv4 address and the IPv6 address that stands for it, <c>::ffff:192.168.1.65</c> (RFC 4291, 2.5.5.2), are one:
/// a listener for both families reports the latter. The zone of a link-local address is ignored.
/// </remarks>
internal readonly record struct AddressRange
{
    private const int WholeBits = 128,
        MappedBits = 96;

    private static readonly UInt128 Mapped = (UInt128)0xFFFF << 32;

    private static readonly AddressRange Loopback = new(Mapped | 0x7F000000, MappedBits + 8),
        LoopbackIPv6 = new(1, WholeBits);

    // The address with zeros behind its first bits, as IPv6.
    private readonly UInt128 _prefix;
    private readonly int _bits;

    private AddressRange(UInt128 address, int bits) => (_prefix, _bits) = (address & Mask(bits), bits);

    /// <summary>The range of one address.</summary>
    public static AddressRange Of(IPAddress address) => Of(ToNumber(address));

    /// <summary>The range of one address.</summary>
    public static AddressRange Of(UInt128 address) => new(address, WholeBits);

    /// <summary>The addresses that one computer may have: one of IPv4, or all with the same first 64 bits.</summary>
    public static AddressRange NetworkOf(IPAddress address)
    {
        UInt128 number = ToNumber(address);
        return new AddressRange(number, number >> 32 == Mapped >> 32 ? WholeBits : WholeBits / 2);
    }

    /// <summary>Parses <c>ADDRESS</c> or <c>ADDRESS/BITS</c>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out AddressRange range)
    {
        range = default;
        if (text is null)
            return false;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string host = slash < 0 ? text : text[..slash];
        // The runtime also reads 10 and 0x0a000001 as IPv4 addresses.
        bool isWritten = host.Count(static c => c == '.') == 3 || host.Contains(':', StringComparison.Ordinal);
        if (
            !isWritten
            || host.Contains('[', StringComparison.Ordinal)
            || !IPAddress.TryParse(host, out IPAddress? address)
        )
            return false;
        bool isIPv4 = address.AddressFamily == AddressFamily.InterNetwork;
        int most = isIPv4 ? WholeBits - MappedBits : WholeBits,
            bits = most;
        if (
            slash >= 0
            && (
                !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out bits)
                || bits > most
            )
        )
            return false;
        range = new AddressRange(ToNumber(address), isIPv4 ? MappedBits + bits : bits);
        return true;
    }

    /// <summary>Whether the range has this address.</summary>
    public bool Contains(IPAddress address) => (ToNumber(address) & Mask(_bits)) == _prefix;

    /// <summary>Whether the range has all addresses of another one.</summary>
    public bool Contains(AddressRange other) => other._bits >= _bits && (other._prefix & Mask(_bits)) == _prefix;

    /// <summary>Whether the range has an address of this computer itself: 127.0.0.0/8 or ::1.</summary>
    public bool HasLoopback => Loopback.Overlaps(this) || LoopbackIPv6.Overlaps(this);

    /// <summary>Whether the ranges have an address in common.</summary>
    public bool Overlaps(AddressRange other) => Contains(other) || other.Contains(this);

    /// <summary>The range as <see cref="TryParse"/> reads it; a single address without <c>/BITS</c>.</summary>
    public override string ToString()
    {
        bool isIPv4 = _bits >= MappedBits && _prefix >> 32 == Mapped >> 32;
        IPAddress address = ToAddress(_prefix);
        string written = $"{(isIPv4 ? address : address.MapToIPv6())}";
        return _bits == WholeBits ? written : $"{written}/{_bits - (isIPv4 ? MappedBits : 0)}";
    }

    /// <summary>The address of a number; an IPv4-mapped one is IPv4.</summary>
    public static IPAddress ToAddress(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[WholeBits / 8];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        IPAddress address = new(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    private static UInt128 Mask(int bits) => bits == 0 ? 0 : UInt128.MaxValue << (WholeBits - bits);

    /// <summary>The address as IPv6.</summary>
    public static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[WholeBits / 8];
        address.TryWriteBytes(bytes, out int length);
        return length == sizeof(uint)
            ? Mapped | BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
