using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Chat.Protocol.Discovery;

/// <summary>An address of this machine and the network behind it.</summary>
/// <remarks>No struct, because each list operation on a struct is compiled again: 50 KB in all.</remarks>
internal sealed record LocalAddress(IPAddress Address, int PrefixLength);

/// <summary>A network interface of this machine that takes part in multicast, with its addresses.</summary>
/// <param name="Index">The system's number of it.</param>
/// <param name="Name">The system's name of it.</param>
/// <param name="Addresses">Its addresses, IPv4 first, in a fixed order.</param>
internal sealed record LocalInterface(int Index, string Name, IReadOnlyList<LocalAddress> Addresses)
{
    public bool HasIPv4 { get; } = Addresses.Any(static a => a.Address.AddressFamily == AddressFamily.InterNetwork);

    public bool HasIPv6 { get; } = Addresses.Any(static a => a.Address.AddressFamily == AddressFamily.InterNetworkV6);

    public bool Equals(LocalInterface? other) =>
        other is not null && Index == other.Index && Name == other.Name && Addresses.SequenceEqual(other.Addresses);

    public override int GetHashCode() => Index;

    /// <summary>
    /// The interfaces that are up, loopback excepted. This costs 50 KB of garbage, so a caller looks when
    /// something has changed, and otherwise rarely. The runtime reads files for it, so it fails without descriptors.
    /// </summary>
    /// <param name="interfaces">The interfaces; none after an error.</param>
    /// <param name="error">The error of the system.</param>
    public static bool TryLook(out List<LocalInterface> interfaces, [NotNullWhen(false)] out string? error)
    {
        (interfaces, error) = ([], null);
        try
        {
            List<LocalInterface> found =
            [
                .. NetworkInterface.GetAllNetworkInterfaces().Select(Of).OfType<LocalInterface>(),
            ];
            interfaces =
            [
                .. found
                    .Where(static i => i.HasIPv4)
                    .Concat(found.Where(static i => !i.HasIPv4))
                    .Take(ProtocolLimits.Interfaces),
            ];
            return true;
        }
        catch (NetworkInformationException e)
        {
            error = e.Message;
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            error = FileErrors.Words(e);
        }
        return false;
    }

    /// <summary>Whether an address belongs to a network of this interface (RFC 6762, 11).</summary>
    /// <param name="address">4 or 16 bytes.</param>
    public bool IsOnLink(ReadOnlySpan<byte> address)
    {
        if (address is [0xFE, >= 0x80 and < 0xC0, _, _, _, ..])
            return true;
        Span<byte> own = stackalloc byte[16];
        // By index: an enumerator of the list would be garbage for each packet.
        for (int i = 0; i < Addresses.Count; i++)
        {
            LocalAddress local = Addresses[i];
            if (local.Address.TryWriteBytes(own, out int length) && length == address.Length)
            {
                int bytes = local.PrefixLength / 8,
                    shift = 8 - (local.PrefixLength % 8);
                if (
                    own[..bytes].SequenceEqual(address[..bytes])
                    && (shift == 8 || own[bytes] >> shift == address[bytes] >> shift)
                    && (length != 4 || !IsOfAllHosts(address, local.PrefixLength))
                )
                    return true;
            }
        }
        return false;
    }

    // The first address of an IPv4 network and its last, to which a broadcast goes; RFC 3021 lets 31 bits have neither.
    private static bool IsOfAllHosts(ReadOnlySpan<byte> address, int prefixLength)
    {
        if (prefixLength >= 31)
            return false;
        uint hosts = uint.MaxValue >> prefixLength,
            host = BinaryPrimitives.ReadUInt32BigEndian(address) & hosts;
        return host == 0 || host == hosts;
    }

    private static LocalInterface? Of(NetworkInterface system)
    {
        if (
            system.OperationalStatus is not (OperationalStatus.Up or OperationalStatus.Unknown)
            || !system.SupportsMulticast
            || system.NetworkInterfaceType
                is NetworkInterfaceType.Loopback
                    or NetworkInterfaceType.Tunnel
                    or NetworkInterfaceType.Ppp
        )
            return null;
        try
        {
            IPInterfaceProperties properties = system.GetIPProperties();
            List<LocalAddress> addresses =
            [
                .. properties
                    .UnicastAddresses.Select(static a => new LocalAddress(a.Address, a.PrefixLength))
                    .OrderBy(static a => $"{a.Address.AddressFamily} {a.Address}", StringComparer.Ordinal)
                    .Take(ProtocolLimits.AddressesPerInterface),
            ];
            if (addresses.Count == 0)
                return null;
            int index =
                addresses[0].Address.AddressFamily == AddressFamily.InterNetwork
                    ? properties.GetIPv4Properties().Index
                    : properties.GetIPv6Properties().Index;
            return new LocalInterface(index, system.Name, addresses);
        }
        catch (NetworkInformationException)
        {
            // It is gone since.
            return null;
        }
    }
}
