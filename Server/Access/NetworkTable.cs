using System.Net;

namespace Chat.Server.Access;

/// <summary>
/// Values by the network of an address, in a bounded number: an IPv4 address alone, or the first 64 bits of an IPv6
/// address, because one computer may use all addresses of such a network (RFC 4291, 2.5.4). The oldest is forgotten.
/// </summary>
/// <param name="most">The most networks.</param>
internal sealed class NetworkTable<T>(int most)
{
    private readonly Dictionary<AddressRange, T> _values = [];
    private readonly Queue<AddressRange> _order = [];

    /// <summary>The value of an address; the default value if there is none.</summary>
    public T? this[IPAddress address] => _values.GetValueOrDefault(AddressRange.NetworkOf(address));

    /// <summary>Sets the value of an address.</summary>
    public void Set(IPAddress address, T value)
    {
        AddressRange network = AddressRange.NetworkOf(address);
        if (!_values.ContainsKey(network))
        {
            if (_order.Count == most)
                _values.Remove(_order.Dequeue());
            _order.Enqueue(network);
        }
        _values[network] = value;
    }
}
