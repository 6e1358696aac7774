using System.Buffers.Binary;
using System.Net;
using System.Text;
using Chat.Protocol.Tls;

namespace Chat.Client.Networking;

/// <summary>
/// Derives the token that identifies a person in one room. No other token and not the identity can be found from it,
/// so neither a server nor a reader of the network becomes this person elsewhere.
/// </summary>
internal static class RoomToken
{
    private const int Bytes = 16;

    /// <summary>The token on connections without encryption to an address.</summary>
    /// <param name="identity">The secret of the person.</param>
    /// <param name="server">The address that the socket is connected to.</param>
    // The name localhost has two addresses, and one computer.
    public static UInt128 InTheClear(UInt128 identity, IPEndPoint server)
    {
        IPAddress address = IPAddress.IsLoopback(server.Address) ? IPAddress.Loopback : server.Address;
        // The number of an interface changes with a restart of the computer.
        if (address.IsIPv6LinkLocal)
            address = new IPAddress(address.GetAddressBytes());
        return Derive(identity, Encoding.ASCII.GetBytes($"chat/1 clear{new IPEndPoint(address, server.Port)}"));
    }

    /// <summary>The token on encrypted connections to a room.</summary>
    /// <param name="identity">The secret of the person.</param>
    /// <param name="publicKey">The key of the room.</param>
    public static UInt128 InRoom(UInt128 identity, ReadOnlySpan<byte> publicKey) =>
        Derive(identity, [.. "chat/1 token"u8, .. publicKey]);

    private static UInt128 Derive(UInt128 identity, ReadOnlySpan<byte> info)
    {
        Span<byte> secret = stackalloc byte[Bytes];
        BinaryPrimitives.WriteUInt128BigEndian(secret, identity);
        Span<byte> token = stackalloc byte[Bytes];
        Hkdf.Expand(Hkdf.Extract(salt: [], secret), info, token);
        return BinaryPrimitives.ReadUInt128BigEndian(token);
    }
}
