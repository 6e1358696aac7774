using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Chat.Protocol.Wire;

namespace Chat.Tests.Resilience;

/// <summary>
/// A bad network between clients and a server: bytes arrive late, in pieces, after a pause, or not at all. As
/// with TCP, no byte changes, and the order stays.
/// </summary>
/// <remarks>
/// Each pump has its own generator, seeded by the run's seed and the pump's number. The seed reproduces the
/// drawn faults, but not the system's scheduling.
/// </remarks>
internal sealed class ChaosProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<int, Connection> _connections = [];
    private readonly CancellationTokenSource _end = new();
    private readonly IPEndPoint _server;
    private readonly int _seed;
    private readonly bool _hidesTls;
    private int _last,
        _cuts,
        _stalls,
        _halves,
        _delays;

    /// <param name="server">Behind the network.</param>
    /// <param name="seed">Draws the faults.</param>
    /// <param name="hidesTls">Takes the mark of TLS from the greeting, as a server without TLS has none.</param>
    public ChaosProxy(IPEndPoint server, int seed, bool hidesTls)
    {
        (_server, _seed, _hidesTls) = (server, seed, hidesTls);
        _listener.Start();
        _ = AcceptAll();
    }

    /// <summary>The address for clients.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Makes the network good from now on.</summary>
    public bool Calm { get; set; }

    /// <summary>A summary of the faults so far.</summary>
    public string Tally => $"{_last} connections, {_cuts} cuts, {_stalls} stalls, {_halves} halves, {_delays} delays";

    /// <summary>Cuts a random connection in the middle of the next bytes that pass through it.</summary>
    public void CutOne(Random random)
    {
        Connection[] open = [.. _connections.Values];
        if (open.Length > 0)
            open[random.Next(open.Length)].CutNext = true;
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        foreach (Connection connection in _connections.Values)
            connection.Close(abruptly: true);
        _end.Dispose();
    }

    private async Task AcceptAll()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync(_end.Token);
                int number = Interlocked.Increment(ref _last);
                _ = Serve(number, client);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The run is over.
        }
    }

    private async Task Serve(int number, Socket client)
    {
        Connection connection = new(client);
        try
        {
            await connection.Server.ConnectAsync(_server, _end.Token);
            if (_hidesTls)
                await PassGreeting(connection.Server, client);
            _connections[number] = connection;
            Random up = new(HashCode.Combine(_seed, number, 0)),
                down = new(HashCode.Combine(_seed, number, 1));
            await Task.WhenAll(
                Pump(connection, client, connection.Server, up),
                Pump(connection, connection.Server, client, down)
            );
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is closed, or no server runs.
        }
        _connections.TryRemove(number, out _);
        connection.Close(abruptly: true);
    }

    private async Task PassGreeting(Socket server, Socket client)
    {
        byte[] greeting = PlainWire.GreetingWithTls.ToArray();
        for (int received = 0; received < greeting.Length; )
        {
            int count = await server.ReceiveAsync(greeting.AsMemory(received), _end.Token);
            if (count == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
            received += count;
        }
        await client.SendAsync(PlainWire.Greeting.ToArray(), _end.Token);
    }

    private async Task Pump(Connection connection, Socket from, Socket to, Random random)
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _end.Token) is > 0 and int count)
            {
                if (connection.CutNext)
                {
                    await to.SendAsync(buffer.AsMemory(0, random.Next(count)), _end.Token);
                    Interlocked.Increment(ref _cuts);
                    connection.Close(abruptly: random.Next(2) == 0);
                    return;
                }
                await Hold(random);
                await Pass(buffer.AsMemory(0, count), to, random);
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The other direction handles the end itself: it meets the same one.
            connection.Close(abruptly: true);
        }
    }

    private async Task Hold(Random random)
    {
        int lot = Calm ? 1000 : random.Next(1000);
        if (lot < 5)
        {
            Interlocked.Increment(ref _stalls);
            await Task.Delay(random.Next(200, 3000), _end.Token);
        }
        else if (lot < 200)
        {
            Interlocked.Increment(ref _delays);
            await Task.Delay(random.Next(1, 50), _end.Token);
        }
    }

    private async Task Pass(ReadOnlyMemory<byte> bytes, Socket to, Random random)
    {
        if (!Calm && random.Next(4) == 0)
        {
            Interlocked.Increment(ref _halves);
            int half = random.Next(bytes.Length);
            await to.SendAsync(bytes[..half], _end.Token);
            await Task.Delay(random.Next(1, 20), _end.Token);
            bytes = bytes[half..];
        }
        while (!bytes.IsEmpty)
            bytes = bytes[await to.SendAsync(bytes, _end.Token)..];
    }

    /// <summary>A client's connection to the server.</summary>
    private sealed class Connection(Socket client)
    {
        private int _closed;

        public Socket Server { get; } =
            new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public bool CutNext { get; set; }

        /// <summary>Closes both sides at once.</summary>
        /// <param name="abruptly">True for a reset, false for an orderly close.</param>
        public void Close(bool abruptly)
        {
            if (Interlocked.Exchange(ref _closed, 1) != 0)
                return;
            foreach (Socket side in (Socket[])[client, Server])
            {
                if (abruptly)
                    side.Close(timeout: 0);
            }
        }
    }
}
