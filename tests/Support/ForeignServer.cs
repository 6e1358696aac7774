using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// The common part of other line-chat servers: the bytes of one recv are relayed to all other members. One thread waits
/// on all sockets. It calls the subclass under a lock, which <see cref="Do"/> takes as well. <see cref="Chunks"/> keeps
/// the bytes of each recv, to show that a client sends whole lines one at a time.
/// </summary>
internal abstract class ForeignServer : IDisposable
{
    /// <summary>The descriptor and number of the first member: 0 to 2 are the console, 3 listens.</summary>
    private const int FirstNumber = 4;

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Member> _members = [];
    private readonly ConcurrentQueue<string> _chunks = new();
    private readonly byte[] _buffer;
    private readonly Thread _thread;
    private volatile bool _stopping;

    /// <summary>Listens on 127.0.0.1 at once.</summary>
    /// <param name="chunkBytes">The most bytes of one recv.</param>
    /// <param name="port">0 for a free port. A given port may have had an earlier server just before.</param>
    protected ForeignServer(int chunkBytes, int port)
    {
        _buffer = new byte[chunkBytes];
        if (port != 0)
            _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen();
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _thread = new Thread(Run) { IsBackground = true, Name = GetType().Name };
        _thread.Start();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The received bytes, one entry a recv, as UTF-8.</summary>
    public IReadOnlyList<string> Chunks => [.. _chunks];

    public int MemberCount
    {
        get
        {
            lock (_gate)
                return _members.Count;
        }
    }

    /// <summary>Used only inside the calls below and <see cref="Do"/>.</summary>
    protected IReadOnlyList<Member> Members => _members;

    /// <summary>Stops the server: every connection ends.</summary>
    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _listener.Dispose();
        foreach (Member member in _members)
            member.Socket.Dispose();
    }

    /// <summary>A new connection, already a member.</summary>
    protected abstract void Greet(Member newcomer);

    protected abstract void Received(Member from, ReadOnlySpan<byte> chunk);

    /// <summary>A closed connection, no longer a member.</summary>
    protected virtual void Left(Member member) { }

    protected void Do(Action action)
    {
        lock (_gate)
            action();
    }

    protected void SendToAll(string text) => SendToAllBut(null, Encoding.UTF8.GetBytes(text));

    protected void SendToAllBut(Member? except, ReadOnlySpan<byte> bytes)
    {
        foreach (Member member in _members)
        {
            if (member != except)
                Send(member, bytes);
        }
    }

    protected static void Send(Member member, string text) => Send(member, Encoding.UTF8.GetBytes(text));

    /// <summary>A failed send is left to the next recv, which fails as well.</summary>
    protected static void Send(Member member, ReadOnlySpan<byte> bytes) =>
        member.Socket.Send(bytes, SocketFlags.None, out _);

    private void Run()
    {
        while (!_stopping)
        {
            List<Socket> ready;
            lock (_gate)
                ready = [_listener, .. _members.Select(member => member.Socket)];
            Socket.Select(ready, null, null, LookAgainAfter);
            lock (_gate)
            {
                foreach (Socket socket in ready)
                    Take(socket);
            }
        }
    }

    private void Take(Socket socket)
    {
        if (socket == _listener)
        {
            Socket accepted = _listener.Accept();
            accepted.NoDelay = true;
            accepted.SendTimeout = (int)StalledAfter.TotalMilliseconds;
            var newcomer = new Member(accepted, FreeNumber());
            _members.Add(newcomer);
            Greet(newcomer);
            return;
        }

        Member member = _members.Single(member => member.Socket == socket);
        int count = socket.Receive(_buffer, SocketFlags.None, out _);
        if (count > 0)
        {
            _chunks.Enqueue(Encoding.UTF8.GetString(_buffer, 0, count));
            Received(member, _buffer.AsSpan(0, count));
            return;
        }

        _members.Remove(member);
        socket.Dispose();
        Left(member);
    }

    private int FreeNumber()
    {
        int number = FirstNumber;
        while (_members.Exists(member => member.Number == number))
            number++;
        return number;
    }

    protected sealed class Member(Socket socket, int number)
    {
        public Socket Socket { get; } = socket;

        public int Number { get; } = number;

        public string Name { get; set; } = "";

        public string Address => ((IPEndPoint)Socket.RemoteEndPoint!).Address.ToString();
    }
}
