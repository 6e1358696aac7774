using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Protocol.Tls;
using Chat.Protocol.Wire;
using Chat.Tests.EndToEnd;

namespace Chat.Tests.Support;

/// <summary>
/// A port that speaks TLS with any key and passes the payload on to a server in the clear. It is the room's own
/// encryption, or a machine in between, by its key.
/// </summary>
internal sealed class TlsFront : IDisposable
{
    // A stranger waits for the greeting, so its connection begins with silence.
    private static readonly TimeSpan FirstWord = TimeSpan.FromMilliseconds(300);

    private readonly Listener _listener = new();
    private readonly IPEndPoint _inner;
    private readonly Lock _lock = new();
    private readonly List<Socket> _sockets = [];
    private readonly MemoryStream _payload = new();
    private volatile RoomKey? _key;
    private volatile bool _hasEnded;

    /// <param name="inner">The server behind it.</param>
    /// <param name="key">The key; null to pass everything on in the clear.</param>
    public TlsFront(IPEndPoint inner, RoomKey? key)
    {
        (_inner, _key) = (inner, key);
        Start(AcceptAll);
    }

    public string Port => _listener.Port;

    /// <summary>The address in the file of keys.</summary>
    public string Place => $"localhost:{Port}";

    /// <summary>The key of later connections.</summary>
    public RoomKey? Key
    {
        set => _key = value;
    }

    /// <summary>Greet a connection in the clear before it can begin with TLS, so many times.</summary>
    public int Early { get; set; }

    /// <summary>The bytes of a client, and those to it, after which each later connection is cut.</summary>
    public (int Up, int Down) CutAfter { get; set; } = (int.MaxValue, int.MaxValue);

    /// <summary>Connections so far.</summary>
    public int Count { get; private set; }

    /// <summary>All bytes that the clients sent, decrypted where they were encrypted.</summary>
    public string Payload
    {
        get
        {
            lock (_lock)
                return Encoding.UTF8.GetString(_payload.ToArray());
        }
    }

    /// <summary>Ends all connections without a word.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            foreach (Socket socket in _sockets)
                socket.Close(0);
            _sockets.Clear();
        }
    }

    public void Dispose()
    {
        _hasEnded = true;
        _listener.Dispose();
        Cut();
        _payload.Dispose();
    }

    private static void Start(Action run) => new Thread(() => run()) { IsBackground = true }.Start();

    private void AcceptAll()
    {
        while (!_hasEnded)
        {
            Socket? client = _listener.TryAccept();
            if (client is null)
                return;
            RoomKey? key = _key;
            Count++;
            Start(() => Serve(client, key));
        }
    }

    private void Serve(Socket client, RoomKey? key)
    {
        try
        {
            using Socket server = new(_inner.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            Track(client);
            Track(server);
            if (key is null)
            {
                ServeInTheClear(client, server);
                return;
            }
            if (Early-- > 0 || !client.Poll(FirstWord, SelectMode.SelectRead))
            {
                client.Send(PlainWire.GreetingWithTls);
                Pass(client, null, tls: null);
                return;
            }
            server.Connect(_inner);
            using var tls = TlsConnection.Accept(key);
            Pass(client, server, tls);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // One end has gone, or the test has ended.
        }
        finally
        {
            client.Dispose();
        }
    }

    // As a server without TLS: its greeting does not offer it, and a ClientHello is a foreign protocol.
    private void ServeInTheClear(Socket client, Socket server)
    {
        byte[] bytes = new byte[4096];
        bool speaksTls =
            client.Poll(FirstWord, SelectMode.SelectRead)
            && client.Receive(bytes, SocketFlags.Peek) > 0
            && TlsConnection.Recognize(bytes) is true;
        client.Send(PlainWire.Greeting);
        if (speaksTls)
        {
            client.Send("-- no TLS here: this is a chat room; use chat client, nc or telnet\n"u8);
            client.Shutdown(SocketShutdown.Send);
            Pass(client, null, tls: null);
            return;
        }
        server.Connect(_inner);
        for (int greeting = 0; !bytes.AsSpan(0, greeting).Contains((byte)'\n'); )
            greeting += server.Receive(bytes, greeting, 1, SocketFlags.None);
        Pass(client, server, tls: null);
    }

    private void Track(Socket socket)
    {
        lock (_lock)
            _sockets.Add(socket);
    }

    // Without a server, what the client sends is only recorded.
    private void Pass(Socket client, Socket? server, TlsConnection? tls)
    {
        (int up, int down) = CutAfter;
        byte[] bytes = new byte[32 * 1024],
            payload = new byte[bytes.Length + TlsConnection.ExtraPayloadBytes];
        while (up > 0 && down > 0)
        {
            List<Socket> ready = server is null ? [client] : [client, server];
            Socket.Select(ready, null, null, -1);
            if (ready.Contains(client))
            {
                int count = client.Receive(bytes, Math.Min(bytes.Length, up), SocketFlags.None);
                up -= count;
                Span<byte> said = bytes.AsSpan(0, count);
                if (tls is not null && count > 0)
                {
                    int length = tls.Decrypt(said, payload, Environment.TickCount64);
                    said = payload.AsSpan(0, length);
                    SendOutput(client, tls, ref down);
                }
                lock (_lock)
                    _payload.Write(said);
                server?.Send(said);
                if (count == 0 || tls is { HasEnded: true })
                    return;
            }
            if (server is not null && ready.Contains(server) && tls is null or { IsEstablished: true })
            {
                int count = server!.Receive(bytes);
                for (int at = 0; at < count && tls is not null; at += RecordProtection.PayloadBytes)
                {
                    tls.Keep(tls.Seal(bytes.AsSpan(at, Math.Min(RecordProtection.PayloadBytes, count - at))));
                    SendOutput(client, tls, ref down);
                }
                if (tls is null)
                    client.Send(bytes.AsSpan(0, count));
                if (count > 0)
                    continue;
                tls?.Finish();
                if (tls is not null)
                    SendOutput(client, tls, ref down);
                client.Shutdown(SocketShutdown.Both);
                return;
            }
        }
        client.Close(0);
    }

    private static void SendOutput(Socket client, TlsConnection tls, ref int left)
    {
        while (tls.HasOutput && left > 0)
        {
            int sent = client.Send(tls.Output[..Math.Min(tls.Output.Length, left)]);
            tls.Sent(sent);
            left -= sent;
        }
    }
}
