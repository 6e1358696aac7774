using System.Net;
using System.Net.Sockets;

namespace Chat.Tests.Resuming;

/// <summary>
/// Stands between clients and a server, on the test's own thread. It carries a few bytes a turn, and each connection only so many in either direction:
/// then it is cut, at whatever byte that falls on, with a reset or with an end.
/// </summary>
internal sealed class CuttingProxy(Random random) : IDisposable
{
    private readonly Socket _listener = Listen();
    private readonly List<Pipe> _pipes = [];
    private readonly byte[] _bytes = new byte[4096];

    // One connection: the client's side, the server's side, and what may still be carried up and down.
    private sealed class Pipe(Socket client, Socket server, int up, int down)
    {
        public Socket Client => client;
        public Socket Server => server;
        public int Up = up;
        public int Down = down;
        public bool IsOver;
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Where the server is; null while there is none.</summary>
    public IPEndPoint? To { get; set; }

    /// <summary>Connections last, and carry everything at once.</summary>
    public bool IsCalm { get; set; }

    public int Cuts { get; private set; }

    /// <summary>Ends the calm, for the connections there are, too.</summary>
    public void Rage()
    {
        IsCalm = false;
        foreach (var pipe in _pipes)
            (pipe.Up, pipe.Down) = (Budget(), Budget());
    }

    public void Turn()
    {
        while (_listener.Poll(TimeSpan.Zero, SelectMode.SelectRead))
            Accept(_listener.Accept());
        foreach (var pipe in _pipes)
        {
            Carry(pipe, pipe.Client, pipe.Server, ref pipe.Up);
            Carry(pipe, pipe.Server, pipe.Client, ref pipe.Down);
        }

        _pipes.RemoveAll(pipe => pipe.IsOver);
    }

    public void Dispose()
    {
        _pipes.ForEach(End);
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
            if (To is null) throw new SocketException((int)SocketError.ConnectionRefused);
            server.Connect(To);
        }
        catch (SocketException)
        {
            server.Dispose();
            client.Dispose();
            return;
        }

        (client.Blocking, server.Blocking, client.NoDelay) = (false, false, true);
        _pipes.Add(new Pipe(client, server, Budget(), Budget()));
    }

    // Most cuts fall into the hello and the welcome, or shortly after.
    private int Budget() => IsCalm || random.Next(4) == 0 ? int.MaxValue : random.Next(random.Next(3) == 0 ? 2000 : 260);

    private void Carry(Pipe pipe, Socket from, Socket to, ref int budget)
    {
        if (pipe.IsOver)
            return;
        var most = Math.Min(budget, IsCalm ? _bytes.Length : random.Next(1, 200));
        if (most == 0)
        {
            Cut(pipe);
            return;
        }

        var count = from.Receive(_bytes.AsSpan(0, most), SocketFlags.None, out var error);
        if (error is SocketError.WouldBlock)
            return;
        if (error is not SocketError.Success || count == 0)
        {
            End(pipe);
            return;
        }

        // Far less than a socket holds is ever on its way.
        if (to.Send(_bytes.AsSpan(0, count), SocketFlags.None, out error) < count || error is not SocketError.Success)
            End(pipe);
        else
            budget -= budget == int.MaxValue ? 0 : count;
    }

    private void Cut(Pipe pipe)
    {
        Cuts++;
        var how = random.Next(3);
        if (how != 0)
            pipe.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        if (how != 1)
            pipe.Server.LingerState = new LingerOption(enable: true, seconds: 0);
        End(pipe);
    }

    private static void End(Pipe pipe)
    {
        pipe.IsOver = true;
        pipe.Client.Dispose();
        pipe.Server.Dispose();
    }
}
