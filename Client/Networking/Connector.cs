using System.Net;
using System.Net.Sockets;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Networking;

/// <summary>
/// Reaching a server: finds the addresses of its name and tries them, each next one a moment after the last, until one
/// answers. No call here waits: the link polls it.
/// </summary>
/// <remarks>
/// The race is RFC 8305's, with the families taken in turns: a name whose IPv6 address leads nowhere connects over IPv4
/// a quarter of a second later, not after a minute. A connection under way is known to have come to its end when it is
/// writable; whether that end is a good one, SO_ERROR alone says (Socket.Connected is true on a refused one).
/// </remarks>
internal sealed class Connector : IDisposable
{
    private readonly HostPort _to;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly Task<IPAddress[]> _lookup;
    private readonly Queue<IPAddress> _untried = [];
    private readonly List<(Socket Socket, IPAddress Address)> _underWay = [];
    private SocketError _lastError = SocketError.TimedOut;
    private long _nextTry;
    private bool _found;
    private bool _isThisMachine;

    public Connector(HostPort to, TimeProvider clock)
        : this(to, clock, LookUp(to.Host ?? "localhost")) { }

    /// <param name="to">Where the server is, as it was typed.</param>
    /// <param name="clock">Moves the next try and the end of all tries.</param>
    /// <param name="lookup">Brings the addresses of that name.</param>
    internal Connector(HostPort to, TimeProvider clock, Task<IPAddress[]> lookup) =>
        (_to, _clock, _start, _lookup) = (to, clock, clock.GetTimestamp(), lookup);

    /// <summary>Why it cannot be reached, in words for the person who asked for it; null while there is hope.</summary>
    public string? Failure { get; private set; }

    /// <summary>The address of the connection; null while there is none.</summary>
    public IPAddress? Address { get; private set; }

    private long Elapsed => (long)_clock.GetElapsedTime(_start).TotalMilliseconds;

    private string Name => NameOf(_to);

    private string CheckTheWay =>
        $"check the address, that both machines are on one network, and that no firewall there blocks port {_to.Port ?? ProtocolLimits.Port}";

    /// <summary>Looks how far it is.</summary>
    /// <returns>The connection, its caller's from now on; null while there is none.</returns>
    public Socket? Look()
    {
        if (Failure is not null)
            return null;
        if (Elapsed >= ClientLimits.ConnectMilliseconds)
            return Fail($"no answer from {Name} within {ClientLimits.ConnectMilliseconds / 1000} s; {CheckTheWay}");
        if (!_found && !FindAddresses())
            return null;

        Socket? connected = null;
        for (int i = _underWay.Count - 1; i >= 0; i--)
        {
            (Socket socket, IPAddress address) = _underWay[i];
            if (
                !socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite)
                && !socket.Poll(TimeSpan.Zero, SelectMode.SelectError)
            )
                continue;
            _underWay.RemoveAt(i);
            SocketError error = (SocketError)
                (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (error == SocketError.Success && connected is null)
            {
                // Not asked of the socket: a peer that resets at once leaves it without an address.
                (connected, Address) = (socket, address);
                continue;
            }
            socket.Dispose();
            GiveUpOne(error);
        }
        if (connected is not null)
        {
            // A connection that opens later would stand in the room as a silent guest.
            Dispose();
            _underWay.Clear();
            return connected;
        }
        if (_untried.Count > 0 && (_underWay.Count == 0 || Elapsed >= _nextTry))
            Try(_untried.Dequeue());
        return _underWay.Count > 0 || _untried.Count > 0 ? null : Fail(WordsFor(_lastError));
    }

    public void Dispose() => _underWay.ForEach(static call => call.Socket.Dispose());

    /// <summary>
    /// Advice where no server listens. A room on the loopback address is none: no other machine can enter it.
    /// </summary>
    internal static string Refused(HostPort to, bool isThisMachine) =>
        isThisMachine
            ? $"no server listens at {NameOf(to)}; to open a room that other machines can join too, type: chat server {to.Port ?? ProtocolLimits.Port}"
            : $"no server listens at {NameOf(to)}; to start one, type on that machine: chat server {NameOf(to)}";

    private static string NameOf(HostPort to) => $"{to.Host ?? "localhost"} {to.Port ?? ProtocolLimits.Port}";

    // Asking for names blocks, for seconds where no server of names answers; it must not stop the keyboard.
    private static Task<IPAddress[]> LookUp(string host) =>
        IPAddress.TryParse(host, out IPAddress? address)
            ? Task.FromResult<IPAddress[]>([address])
            : Task.Run(() => Dns.GetHostAddresses(host));

    // An IPv4 address in IPv6 clothes (RFC 4291, 2.5.5.2) cannot be reached over a socket for IPv6 alone.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsThisMachine(IPAddress address) =>
        IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private bool FindAddresses()
    {
        if (!_lookup.IsCompleted)
            return false;
        _found = true;
        IPAddress[] all = _lookup.IsCompletedSuccessfully ? [.. _lookup.Result.Select(Plain)] : [];
        _isThisMachine = Array.Exists(all, IsThisMachine);
        if (all is [{ IsIPv6LinkLocal: true, ScopeId: 0 }])
        {
            Fail(_to.InterfaceRefusal());
            return false;
        }
        // The system's order within a family, the families in turns, beginning with the system's first.
        AddressFamily first = all.Length > 0 ? all[0].AddressFamily : default;
        IPAddress[] these = [.. all.Where(a => a.AddressFamily == first)],
            others = [.. all.Where(a => a.AddressFamily != first)];
        for (int i = 0; i < Math.Max(these.Length, others.Length); i++)
        {
            if (i < these.Length)
                _untried.Enqueue(these[i]);
            if (i < others.Length)
                _untried.Enqueue(others[i]);
        }
        if (_untried.Count > 0)
            return true;
        Fail(
            _to.ColonsRefusal()
                ?? $"no machine called {SafeText.Clean(_to.Host!)} is known here; check the spelling, or give the address, such as 192.168.1.65"
        );
        return false;
    }

    private void Try(IPAddress address)
    {
        _nextTry = Elapsed + ClientLimits.NextAddressMilliseconds;
        Socket socket;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            {
                Blocking = false,
                NoDelay = true,
            };
        }
        catch (SocketException trouble)
        {
            GiveUpOne(trouble.SocketErrorCode);
            return;
        }
        try
        {
            socket.Connect(new IPEndPoint(address, _to.Port ?? ProtocolLimits.Port));
        }
        catch (SocketException trouble)
            when (trouble.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Under way.
        }
        catch (SocketException trouble)
        {
            socket.Dispose();
            GiveUpOne(trouble.SocketErrorCode);
            return;
        }
        _underWay.Add((socket, address));
    }

    private void GiveUpOne(SocketError error)
    {
        _lastError = error;
        _nextTry = 0;
    }

    private string WordsFor(SocketError error) =>
        error switch
        {
            SocketError.ConnectionRefused => Refused(_to, _isThisMachine),
            SocketError.HostUnreachable
            or SocketError.NetworkUnreachable
            or SocketError.HostDown
            or SocketError.AddressNotAvailable
            or SocketError.InvalidArgument =>
                $"there is no way to {Name} from here; check the address, and that both machines are on the same network",
            SocketError.TimedOut => $"no answer from {Name}; {CheckTheWay}",
            SocketError.AccessDenied => $"this machine forbids the connection to {Name}; a firewall may be in the way",
            _ => $"cannot reach {Name}: {new SocketException((int)error).Message}",
        };

    private Socket? Fail(string words)
    {
        Failure = words;
        return null;
    }
}
