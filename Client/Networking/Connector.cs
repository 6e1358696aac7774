using System.Net;
using System.Net.Sockets;
using Chat.Client.Discovery;
using Chat.Protocol;

namespace Chat.Client.Networking;

/// <summary>
/// Connects to a server: resolves its name and tries each address, staggered, until one connects. No call blocks; the
/// link polls.
/// </summary>
/// <remarks>
/// The race follows RFC 8305, with the address families alternating. If an IPv6 address does not answer, IPv4 starts a
/// quarter of a second later instead of after a minute. A connection attempt has ended when its socket is writable.
/// Only SO_ERROR tells success from failure: Socket.Connected is true on a refused connection.
/// </remarks>
internal sealed class Connector : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly Task<Located> _lookup;
    private readonly Queue<IPAddress> _untried = [];
    private readonly List<(Socket Socket, IPAddress Address)> _underWay = [];
    private HostPort _to;
    private SocketError _lastError = SocketError.TimedOut;
    private long _nextTry;
    private bool _isResolved;
    private bool _isThisMachine;
    private Socket? _opened;

    public Connector(HostPort to, TimeProvider clock)
        : this(to, clock, HostLookup.Start(to, clock)) { }

    /// <param name="to">The server's address, as typed.</param>
    /// <param name="clock">The time, for the next attempt and the overall timeout.</param>
    /// <param name="lookup">The lookup of the addresses.</param>
    internal Connector(HostPort to, TimeProvider clock, Task<Located> lookup) =>
        (_to, _clock, _start, _lookup) = (to, clock, clock.GetTimestamp(), lookup);

    /// <summary>Connects to the usual port of this computer, without a lookup.</summary>
    public static Connector ToThisMachine(TimeProvider clock) =>
        new(default, clock, Task.FromResult(new Located([IPAddress.Loopback, IPAddress.IPv6Loopback])));

    /// <summary>Connects once more to the address of the connection.</summary>
    public Connector Again() => new(_to, _clock, Task.FromResult(Located! with { Addresses = [Address!] }));

    /// <summary>Advances the attempts without blocking, and keeps the connection for <see cref="Look"/>.</summary>
    /// <returns>Whether it is open.</returns>
    public bool TryOpen() => (_opened ??= Look()) is not null;

    /// <summary>The final error, in words for the person; null while attempts go on and after success.</summary>
    public string? Failure { get; private set; }

    /// <summary>The address and port of the connection; null before it opens.</summary>
    public IPEndPoint? EndPoint { get; private set; }

    /// <summary>The address of the connection; null before it opens.</summary>
    public IPAddress? Address => EndPoint?.Address;

    /// <summary>The server, when its addresses are known.</summary>
    public Located? Located { get; private set; }

    private long Elapsed => (long)_clock.GetElapsedTime(_start).TotalMilliseconds;

    private string Name => NameOf(_to);

    private int Port => _to.Port ?? ProtocolLimits.Port;

    private string CheckTheWay =>
        "check the address, that both machines are on one network, and that no firewall there blocks port " + $"{Port}";

    /// <summary>Advances the attempts without blocking.</summary>
    /// <returns>The connected socket, which the caller then owns; null while none is connected.</returns>
    public Socket? Look()
    {
        if (Failure is not null)
            return null;
        if (_opened is Socket opened)
        {
            _opened = null;
            return opened;
        }
        if (Elapsed >= ClientLimits.ConnectMilliseconds)
            return Fail($"no answer from {Name} within {ClientLimits.ConnectMilliseconds / 1000} s; {CheckTheWay}");
        if (!_isResolved && !FindAddresses())
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
                // Do not ask the socket for its address: after an immediate reset it has none.
                (connected, EndPoint) = (socket, new IPEndPoint(address, Port));
                continue;
            }
            socket.Dispose();
            RecordFailure(error);
        }
        if (connected is not null)
        {
            // Close the others: if one connected later, the room would show it as a silent guest.
            Dispose();
            _underWay.Clear();
            return connected;
        }
        if (_untried.Count > 0 && (_underWay.Count == 0 || Elapsed >= _nextTry))
            Try(_untried.Dequeue());
        return _underWay.Count > 0 || _untried.Count > 0 ? null : Fail(WordsFor(_lastError));
    }

    public void Dispose()
    {
        _opened?.Dispose();
        _underWay.ForEach(static call => call.Socket.Dispose());
    }

    /// <summary>
    /// The error and its remedy if no server listens. The remedy never suggests the loopback address: no other machine
    /// could connect to it.
    /// </summary>
    internal static string Refused(HostPort to, bool isThisMachine) =>
        isThisMachine
            ? $"no server listens at {NameOf(to)}; to open a room that other machines can join too, type: chat "
                + $"server {to.Port ?? ProtocolLimits.Port}"
            : $"no server listens at {NameOf(to)}; to start one, type on that machine: chat server {NameOf(to)}";

    private static string NameOf(HostPort to) => $"{to.Host ?? "localhost"} {to.Port ?? ProtocolLimits.Port}";

    // An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) cannot be reached over an IPv6-only socket.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsThisMachine(IPAddress address) =>
        IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private bool FindAddresses()
    {
        if (!_lookup.IsCompleted)
            return false;
        _isResolved = true;
        Located = _lookup.IsCompletedSuccessfully ? _lookup.Result : new Located([]);
        if (Located.Failure is string failure)
        {
            Fail(failure);
            return false;
        }
        if (Located.Room is FoundRoom room)
            _to = room.To;
        IPAddress[] all = [.. Located.Addresses.Select(Plain)];
        _isThisMachine = Array.Exists(all, IsThisMachine);
        if (all is [{ IsIPv6LinkLocal: true, ScopeId: 0 }])
        {
            Fail(_to.InterfaceRefusal());
            return false;
        }
        // Keep the system's order within a family; alternate the families, beginning with the system's first.
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
        Fail(_to.ColonsRefusal() ?? HostLookup.Unknown(_to, search: null));
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
        catch (SocketException exception)
        {
            RecordFailure(exception.SocketErrorCode);
            return;
        }
        try
        {
            socket.Connect(new IPEndPoint(address, Port));
        }
        catch (SocketException exception)
            when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // The attempt is under way; Look polls it.
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            RecordFailure(exception.SocketErrorCode);
            return;
        }
        _underWay.Add((socket, address));
    }

    private void RecordFailure(SocketError error)
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
                $"there is no way to {Name} from here; check the address, and that both machines are on the "
                    + "same network",
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
