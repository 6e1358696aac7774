namespace Chat.Server;

/// <summary>
/// Names for people who have not chosen one: their address, as in the original, and a number from the second on: <c>192.168.1.7</c>,
/// <c>192.168.1.7#2</c>. The lowest free number is given, so that names stay short however often people come and go. No chosen name can
/// look like one of these, because a chosen name holds no dot and no colon.
/// </summary>
internal sealed class Guests
{
    private readonly Dictionary<string, Address> _addresses = [];

    private sealed class Address
    {
        public int Highest { get; set; }
        public int Present { get; set; }
        public PriorityQueue<int, int> Free { get; } = new();
    }

    /// <summary>Whether a name is a guest's.</summary>
    public static bool IsGuest(ReadOnlySpan<char> name) => name.IndexOfAny('.', ':') >= 0;

    /// <summary>The lowest free name of this address.</summary>
    public string Take(string address)
    {
        if (!_addresses.TryGetValue(address, out Address? at))
            _addresses.Add(address, at = new Address());
        at.Present++;
        if (!at.Free.TryDequeue(out int number, out _))
            number = ++at.Highest;
        return number == 1 ? address : $"{address}#{number}";
    }

    /// <summary>Gives a name back.</summary>
    public void Return(string name)
    {
        int mark = name.IndexOf('#', StringComparison.Ordinal);
        string address = mark < 0 ? name : name[..mark];
        int number = mark < 0 ? 1 : int.Parse(name.AsSpan(mark + 1));
        Address at = _addresses[address];
        at.Free.Enqueue(number, number);
        if (--at.Present == 0)
            _addresses.Remove(address);
    }
}
