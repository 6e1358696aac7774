using System.Net;

namespace Chat.Server.Access;

/// <summary>The address of the other end of a connection.</summary>
/// <remarks>
/// The session, the member and the person share the object. It has 40 bytes; an <see cref="IPEndPoint"/> takes 72, and
/// each copy of a range 32.
/// </remarks>
internal sealed class PeerAddress
{
    private readonly UInt128 _address;
    private readonly ushort _port;

    /// <param name="remote">The address of the other end.</param>
    /// <param name="local">The address of this end.</param>
    public PeerAddress(IPEndPoint remote, IPAddress? local = null)
    {
        (_address, _port) = (AddressRange.ToNumber(remote.Address), (ushort)remote.Port);
        IsThisMachine = Range.HasLoopback || (local is not null && AddressRange.ToNumber(local) == _address);
    }

    /// <summary>
    /// The other end is on this computer: its address is a loopback one, or that of this end. Its lines cross no
    /// network. No other computer can have the address of this end, because the answers would not reach it.
    /// </summary>
    public bool IsThisMachine { get; }

    /// <summary>The address as a range.</summary>
    public AddressRange Range => AddressRange.Of(_address);

    /// <summary>The address; an IPv4-mapped one is IPv4.</summary>
    public IPAddress Address => AddressRange.ToAddress(_address);

    public override string ToString() => $"{new IPEndPoint(Address, _port)}";
}
