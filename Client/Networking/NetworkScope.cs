using System.Net;
using System.Net.Sockets;
using Chat.Protocol;

namespace Chat.Client.Networking;

/// <summary>Tells servers on the same network from remote ones, by their address or the form of their name.</summary>
internal static class NetworkScope
{
    private static readonly IPNetwork[] Networks =
    [
        .. (
            (string[])
                [
                    "127.0.0.0/8",
                    "10.0.0.0/8",
                    "172.16.0.0/12",
                    "192.168.0.0/16",
                    "169.254.0.0/16",
                    "::1/128",
                    "fe80::/10",
                    "fc00::/7",
                ]
        ).Select(IPNetwork.Parse),
    ];

    /// <summary>
    /// True for loopback, private (RFC 1918), link-local and unique local addresses, names of one label, and names of
    /// multicast DNS.
    /// </summary>
    public static bool Has(HostPort server)
    {
        string host = server.Host ?? "localhost";
        if (IPAddress.TryParse(host, out IPAddress? address))
            return Has(address);
        host = host.TrimEnd('.');
        return !host.Contains('.', StringComparison.Ordinal)
            || host.EndsWith(".local", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc cref="Has(HostPort)"/>
    public static bool Has(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        // Remove a zone, as in fe80::1%eth0: no network contains an address with a zone.
        if (address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 })
            address = new IPAddress(address.GetAddressBytes());
        return Networks.Any(network => network.Contains(address));
    }
}
