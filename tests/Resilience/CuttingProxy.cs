using System.Net;
using System.Net.Sockets;
using Chat.Protocol.Tls;

namespace Chat.Tests.Resilience;

/// <summary>
/// A proxy between clients and a server, on the test's own thread. It carries a few bytes a turn, and each
/// connection has a limit in either direction. There it is cut, at any byte: by a reset, by an end of one or
/// both directions, or by silence. It may speak TLS with the server. Then the cuts fall into handshakes and records.
/// </summary>
internal sealed class CuttingProxy(Random random, bool usesTls) : IDisposable
{
    private readonly Socket _listener = Listen();
    private readonly List<Pipe> _pipes = [];
    private readonly byte[] _bytes = new byte[4096];
    private readonly byte[] _payload = new byte[4096 + TlsConnection.ExtraPayloadBytes];

    // One direction of a connection: source, target, the bytes it may still carry, and the bytes carried.
    private sealed class Wire(Socket from, Socket to, int left)
    {
        public Socket From => from;
        public Socket To => to;
        public int Left { get; set; } = left;
        public int Carried { get; set; }
        public bool IsEnded { get; set; }
    }

    // One connection.
    private sealed class Pipe(Wire up, Wire down)
    {
        public Wire Up => up;
        public Wire Down => down;
        public TlsConnection? Tls { get; init; }
        public bool IsOver { get; set; }
        public bool IsSilent { get; set; }
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>The server's address; null while no server runs.</summary>
    public IPEndPoint? To { get; set; }

    /// <summary>Connections last, and every byte is carried at once.</summary>
    public bool IsCalm { get; set; }

    public int Cuts { get; private set; }

    /// <summary>The byte counts, from a client and from the server, at which connections were cut.</summary>
    public HashSet<int> CutAfterUp { get; } = [];

    public HashSet<int> CutAfterDown { get; } = [];

    /// <summary>Ends the calm, also for present connections.</summary>
    public void Rage()
    {
        IsCalm = false;
        foreach (Pipe pipe in _pipes)
            (pipe.Up.Left, pipe.Down.Left) = (Budget(), Budget());
    }

    public void Turn()
    {
        while (_listener.Poll(TimeSpan.Zero, SelectMode.SelectRead))
            Accept(_listener.Accept());
        foreach (Pipe pipe in _pipes)
        {
            Carry(pipe, pipe.Up);
            Carry(pipe, pipe.Down);
        }

        _pipes.RemoveAll(pipe => pipe.IsOver);
    }

    /// <summary>Ends every connection and drops the bytes in transit.</summary>
    public void DropAll()
    {
        _pipes.ForEach(End);
        _pipes.Clear();
    }

    public void Dispose()
    {
        DropAll();
        _listener.Dispose();
    }

    private static Socket Listen()
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(16);
        return listener;
    }

    private void Accept(Socket client)
    {
        Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (To is null)
                throw new SocketException((int)SocketError.ConnectionRefused);
            server.Connect(To);
        }
        catch (SocketException)
        {
            server.Dispose();
            client.Dispose();
            return;
        }

        (client.Blocking, server.Blocking, client.NoDelay) = (false, false, true);
        _pipes.Add(
            new Pipe(new Wire(client, server, Budget()), new Wire(server, client, Budget()))
            {
                Tls = usesTls ? TlsConnection.Connect(static _ => true) : null,
            }
        );
    }

    // Most cuts fall into the handshake, the hello and the welcome, or shortly after.
    private int Budget() =>
        IsCalm || random.Next(4) == 0
            ? int.MaxValue
            : random.Next(
                random.Next(3) == 0 ? 2000
                : usesTls ? 700
                : 260
            );

    private void Carry(Pipe pipe, Wire wire)
    {
        if (pipe.IsOver || pipe.IsSilent || wire.IsEnded)
            return;
        int most = Math.Min(wire.Left, IsCalm ? _bytes.Length : random.Next(1, 200));
        if (most == 0)
        {
            Cut(pipe, wire);
            return;
        }

        if (pipe.Tls is TlsConnection tls && wire == pipe.Up)
        {
            CarryInTls(pipe, tls, most);
            return;
        }
        int count = wire.From.Receive(_bytes.AsSpan(0, most), SocketFlags.None, out SocketError error);
        if (error is SocketError.WouldBlock)
            return;
        if (error is not SocketError.Success)
        {
            End(pipe);
            return;
        }

        Span<byte> lines = pipe.Tls is null
            ? _bytes.AsSpan(0, count)
            : _payload.AsSpan(0, pipe.Tls.Decrypt(_bytes.AsSpan(0, count), _payload, uptime: 0));
        // The bytes in transit are far fewer than a socket holds.
        if (count == 0)
            EndOne(pipe, wire);
        else if (
            wire.To.Send(lines, SocketFlags.None, out error) < lines.Length
            || error is not SocketError.Success
            || pipe.Tls is { Failure: not null }
        )
            End(pipe);
        else
            Count(wire, count);
    }

    // The lines of the client are encrypted when the records before have left.
    private void CarryInTls(Pipe pipe, TlsConnection tls, int most)
    {
        Wire wire = pipe.Up;
        if (tls is { HasOutput: false, IsEstablished: true })
        {
            int count = wire.From.Receive(_bytes.AsSpan(0, most), SocketFlags.None, out SocketError error);
            if (error is SocketError.WouldBlock)
                return;
            if (error is not SocketError.Success)
                End(pipe);
            else if (count == 0)
                EndOne(pipe, wire);
            else
                tls.Keep(tls.Seal(_bytes.AsSpan(0, count)));
        }
        if (wire.IsEnded || pipe.IsOver || !tls.HasOutput)
            return;
        ReadOnlySpan<byte> next = tls.Output[..Math.Min(tls.Output.Length, most)];
        if (wire.To.Send(next, SocketFlags.None, out SocketError failure) < next.Length)
        {
            Assert.NotEqual(SocketError.WouldBlock, failure);
            End(pipe);
            return;
        }
        Count(wire, next.Length);
        tls.Sent(next.Length);
    }

    private static void Count(Wire wire, int bytes)
    {
        wire.Carried += bytes;
        wire.Left -= wire.Left == int.MaxValue ? 0 : bytes;
    }

    private void Cut(Pipe pipe, Wire wire)
    {
        Cuts++;
        (wire == pipe.Up ? CutAfterUp : CutAfterDown).Add(wire.Carried);
        int how = random.Next(5);
        if (how == 0)
        {
            EndOne(pipe, wire);
            return;
        }

        pipe.IsSilent = how == 1;
        if (pipe.IsSilent)
            return;
        if (how != 2)
            pipe.Up.From.LingerState = new LingerOption(enable: true, seconds: 0);
        if (how != 3)
            pipe.Down.From.LingerState = new LingerOption(enable: true, seconds: 0);
        End(pipe);
    }

    // The other direction continues.
    private static void EndOne(Pipe pipe, Wire wire)
    {
        wire.IsEnded = true;
        if (pipe.Up.IsEnded && pipe.Down.IsEnded)
        {
            End(pipe);
            return;
        }

        try
        {
            wire.To.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            End(pipe);
        }
    }

    private static void End(Pipe pipe)
    {
        pipe.IsOver = true;
        pipe.Up.From.Dispose();
        pipe.Down.From.Dispose();
        pipe.Tls?.Dispose();
    }
}
