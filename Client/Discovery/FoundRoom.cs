using System.Net;
using System.Net.Sockets;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Discovery;

namespace Chat.Client.Discovery;

/// <summary>An address that a room was found at.</summary>
/// <param name="Address">The address; of a link-local one with its interface.</param>
/// <param name="Text">The address as people type it.</param>
internal sealed record RoomAddress(IPAddress Address, string Text)
{
    /// <summary>Makes an address of the bytes in a record that came by an interface.</summary>
    public static RoomAddress From(ReadOnlySpan<byte> bytes, LocalInterface at)
    {
        IPAddress address = new(bytes);
        if (!address.IsIPv6LinkLocal)
            return new RoomAddress(address, address.ToString());
        string text = address.ToString();
        address.ScopeId = at.Index;
        return new RoomAddress(address, OperatingSystem.IsWindows() ? address.ToString() : $"{text}%{at.Name}");
    }

    /// <summary>
    /// The rank of the address among those of a room, the best first: IPv4 is the shortest to type, and a link-local
    /// address is good on one interface only.
    /// </summary>
    public int Rank =>
        Address.AddressFamily == AddressFamily.InterNetwork
            ? IsSelfAssigned
                ? 2
                : 0
            : Address.IsIPv6LinkLocal
                ? 3
                : 1;

    /// <summary>Whether both are IPv4, or both IPv6.</summary>
    public bool IsOfFamilyOf(RoomAddress other) => Address.AddressFamily == other.Address.AddressFamily;

    // RFC 3927: 169.254.0.0/16.
    private bool IsSelfAssigned => Address.GetAddressBytes() is [169, 254, ..];
}

/// <summary>A room that was found. All texts are clean.</summary>
/// <param name="Name">The name of the room.</param>
/// <param name="Port">The port of its server.</param>
/// <param name="Addresses">The addresses of its server, at least one, the best first.</param>
internal sealed record FoundRoom(string Name, int Port, IReadOnlyList<RoomAddress> Addresses)
{
    /// <summary>
    /// The announced name has bytes that cannot be shown, so <see cref="Name"/> is not it, and names no room.
    /// </summary>
    public bool IsNameChanged { get; init; }

    /// <summary>The epoch of its log; empty if it names none.</summary>
    public string Epoch { get; init; } = "";

    /// <summary>The number of people in it; null if it names none.</summary>
    public int? Members { get; init; }

    /// <summary>The topic; empty without one.</summary>
    public string Topic { get; init; } = "";

    /// <summary>
    /// The announced public key in Base64; null for a room without encryption. Others can announce it, too.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>The room is encrypted, as it says.</summary>
    public bool IsEncrypted => Key is not null;

    /// <summary>A newcomer needs a secret, as the room says.</summary>
    public bool AsksSecret { get; init; }

    /// <summary>The address to connect to, for words.</summary>
    public HostPort To => new(Addresses[0].Text, Port);

    /// <summary>The words to type after <c>chat client</c>.</summary>
    public string Typed => To.Typed;

    /// <summary>Whether a server at this host and port is this room.</summary>
    public bool IsAt(string host, int port) => port == Port && Addresses.Any(address => address.Text == host);

    /// <summary>Whether a person means this room by a text: case and spaces around it do not matter.</summary>
    public bool IsCalled(string text) =>
        !IsNameChanged && string.Equals(Name, text.Trim(), StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The remembered room of this name, if this room has neither its key nor an address at which the person joined it.
    /// The handshake proves the key. The epoch does not count, because any machine on the network can read and announce
    /// it. So a server without a key is in doubt at a new address, until the person joins it there.
    /// </summary>
    public KnownRoom? Contradicts(IReadOnlyList<KnownRoom> known)
    {
        bool isKnown = known.Any(room =>
            IsAt(room)
                ? room.Name.Length == 0 || IsCalled(room.Name)
                : Key is not null && Key == room.Key && IsCalled(room.Name)
        );
        return isKnown ? null : known.FirstOrDefault(room => IsCalled(room.Name));
    }

    /// <summary>This room with a remembered address first, because others may have been announced beside it.</summary>
    public FoundRoom WithKnownFirst(IReadOnlyList<KnownRoom> known)
    {
        RoomAddress? first = Addresses.FirstOrDefault(address =>
            known.Any(room => PortOf(room) == Port && room.To.Host == address.Text)
        );
        return first is null || first == Addresses[0]
            ? this
            : this with
            {
                Addresses = [first, .. Addresses.Where(address => address != first)],
            };
    }

    private bool IsAt(KnownRoom room) => IsAt(room.To.Host!, PortOf(room));

    private static int PortOf(KnownRoom room) => room.To.Port ?? ProtocolLimits.Port;
}
