using System.Net;
using System.Net.Sockets;
using Chat.Protocol.Tls;
using Chat.Server;
using Chat.Server.Access;
using Chat.Server.History;
using Chat.Server.Networking;
using Chat.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Chat.Tests.Server;

/// <summary>The two ways in which a server learns of readiness.</summary>
public enum Readiness
{
    Epoll,
    Select,
}

/// <summary>
/// A server on this thread, with a stopped clock, real sockets on a free port, and a record of its log. It
/// takes a turn whenever one of its peers waits, and at no other time.
/// </summary>
internal sealed class SteppedServer : IDisposable
{
    private const string Witness = "witness";

    private readonly PollerThatTells _poller;
    private readonly List<Peer> _peers = [],
        _readers = [];
    private readonly Dictionary<Peer, int> _read = [];
    private readonly RoomHistory? _history;
    private readonly bool _awaitsFirstBytes;
    private readonly Socket _loopback = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private Peer? _witness;
    private int _probes;

    public SteppedServer(
        Readiness readiness,
        ServerOptions? options = null,
        IPAddress? address = null,
        Func<ILogger, ClockReading, RoomHistory>? history = null,
        TestClock? clock = null,
        Func<Action, Task>? background = null,
        bool hasPage = false
    )
    {
        (Clock, _awaitsFirstBytes) = (clock ?? new TestClock(), hasPage || options?.RoomKey is not null);
        _history = history?.Invoke(Log, ClockReading.Read(Clock));
        _poller = new PollerThatTells(readiness == Readiness.Epoll ? new EpollPoller() : new SelectPoller());
        Server = new ChatServer(
            (options ?? new ServerOptions()) with
            {
                HasPage = hasPage,
            },
            Clock,
            Log,
            _poller,
            history: _history,
            background: background ?? RunHere
        );
        Server.Listen(new IPEndPoint(address ?? IPAddress.Loopback, 0));
        EndPoint = Server.EndPoints.First();
        _loopback.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _loopback.Connect(_loopback.LocalEndPoint!);
    }

    /// <summary>Runs the background work of a server on the thread of its test.</summary>
    public static Task RunHere(Action work)
    {
        work();
        return Task.CompletedTask;
    }

    /// <summary>Collects the background work of a server for <see cref="RunOne"/>.</summary>
    public static Func<Action, Task> Collect(Queue<Action> works) =>
        work =>
        {
            works.Enqueue(work);
            return Task.CompletedTask;
        };

    /// <summary>Runs the next work. One pass takes its result, and a later one begins the next.</summary>
    public void RunOne(Queue<Action> works)
    {
        works.Dequeue()();
        Settle();
        Advance(TimeSpan.FromMilliseconds(10));
    }

    /// <summary>The options of most tests: no bounds on the input of one member.</summary>
    public static ServerOptions Unbounded { get; } = new() { LinesPerSecond = 0 };

    /// <summary>
    /// Different lines of more bytes than the system buffers for a peer that does not read. That is 4 MiB at
    /// the sender (tcp(7), tcp_wmem), and the reader's buffer set by <see cref="JoinSlow"/>.
    /// </summary>
    public static string[] MoreThanSocketsHold { get; } =
    [.. Enumerable.Range(0, 1500).Select(static i => $"{i} {new string((char)('a' + i % 26), 4000)} {i}")];

    /// <summary>The size of a log that <see cref="MoreThanSocketsHold"/> does not overrun.</summary>
    public const int RoomyLog = 16 * 1024 * 1024;

    public ChatServer Server { get; }

    public TestClock Clock { get; }

    public LogLines Log { get; } = new();

    public IPEndPoint EndPoint { get; }

    /// <summary>Bytes that the server's turns have allocated so far.</summary>
    public long AllocatedInPasses { get; private set; }

    /// <summary>The timeout that the server requested in its last pass.</summary>
    public TimeSpan LastWait => _poller.LastWait;

    /// <summary>The microseconds of each sleep of the loop.</summary>
    public List<long> Rests => _poller.Rests;

    /// <summary>One turn, with a wait of zero in place of the server's own.</summary>
    public void Pass()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Server.Pass(TimeSpan.FromHours(1));
        AllocatedInPasses += GC.GetAllocatedBytesForCurrentThread() - before;
        _readers.ForEach(static peer => peer.Pump());
    }

    /// <summary>These peers read after every turn from now on.</summary>
    public void KeepReading(params Peer[] peers) => _readers.AddRange(peers);

    /// <summary>Turns the server until it only waits.</summary>
    public void Settle()
    {
        int passes = 0;
        for (int quiet = 0; quiet < 2 && !Server.IsStopped; passes++)
        {
            Assert.True(passes < 10_000, "the server never comes to rest");
            AwaitDelivery();
            Pass();
            quiet = _poller.LastReady == 0 && LastWait > TimeSpan.Zero ? quiet + 1 : 0;
        }
    }

    /// <summary>Resets the connection of a peer, and waits until the server has closed its end.</summary>
    public void Reset(Peer peer) => End(peer.Reset);

    /// <summary>Closes the connection of a peer, and waits until the server has closed its end.</summary>
    public void Close(Peer peer) => End(peer.Dispose);

    private void End(Action end)
    {
        int open = _poller.Open;
        end();
        Eventually.Is(
            () =>
            {
                Settle();
                return _poller.Open < open;
            },
            "the server to close the connection"
        );
    }

    // Under load the kernel delivers packets to the own machine later, but in order. When a datagram has come
    // back, everything sent before it has arrived.
    private void AwaitDelivery()
    {
        Span<byte> datagram = [0];
        _loopback.Send(datagram);
        _loopback.Receive(datagram);
    }

    /// <summary>
    /// The lines that a peer has received since the last call, in an idle room. A witness says a line, and
    /// nothing earlier can arrive after it. The witness's own lines are left out.
    /// </summary>
    public string[] News(Peer peer)
    {
        Peer witness = CallWitness();
        Settle();
        string probe = $"<{Witness}> probe {++_probes}";
        witness.SendText($"probe {_probes}\n");
        peer.WaitForLine(line => line == probe, "the witness");
        string[] news = [.. peer.Lines.Skip(_read.GetValueOrDefault(peer))];
        news = [.. news.Where((line, at) => !IsWitness(line) && !IsWitnessComing(news, at))];
        _read[peer] = peer.Lines.Count;
        return news;
    }

    /// <summary>Sends these lines from a peer and waits until the server has taken the last.</summary>
    public void Say(Peer peer, params string[] lines)
    {
        Peer witness = CallWitness();
        foreach (string line in lines)
            peer.SendText(line + "\n");
        witness.WaitForLine(line => line.EndsWith(lines[^1], StringComparison.Ordinal), "the last line");
        Settle();
    }

    // The witness joins as a guest and takes its name in the same pass, so the two lines are adjacent.
    private static bool IsWitness(string line) =>
        line.StartsWith($"<{Witness}>", StringComparison.Ordinal)
        || line.EndsWith($" is now {Witness}", StringComparison.Ordinal);

    private static bool IsWitnessComing(string[] news, int at) =>
        news[at].EndsWith(" joined", StringComparison.Ordinal)
        && at + 1 < news.Length
        && news[at + 1] == news[at].Replace(" joined", $" is now {Witness}", StringComparison.Ordinal);

    /// <summary>Drops the lines that these peers have received so far.</summary>
    public void Skip(params Peer[] peers)
    {
        foreach (Peer peer in peers)
            News(peer);
    }

    /// <summary>Joins as a rich client.</summary>
    /// <param name="name">The requested name; - for none.</param>
    /// <param name="person">A number for the person's token; 0 for none.</param>
    /// <param name="seat">The seat, one for each client of the person.</param>
    /// <param name="place">Epoch and offset, or - and lines of backlog.</param>
    public RichPeer JoinRich(string name, int person, int seat = 1, string place = "- 20") =>
        RichPeer.Hello(this, Connect(), name, person, seat, place);

    /// <summary>Connects and waits for the greeting.</summary>
    public Peer Connect(IPAddress? from = null, int receiveBufferBytes = 0)
    {
        Peer peer = ConnectSilently(from, receiveBufferBytes);
        if (_awaitsFirstBytes)
        {
            Settle();
            Clock.Advance(TimeSpan.FromMilliseconds(ServerLimits.GreetingMilliseconds));
        }
        peer.WaitForLine(static line => line.Contains("[chat/1]", StringComparison.Ordinal), "the greeting");
        return peer;
    }

    /// <summary>Connects without a wait for the greeting, as a browser does.</summary>
    public Peer ConnectSilently(IPAddress? from = null, int receiveBufferBytes = 0)
    {
        Peer peer = Peer.Connect(EndPoint, Pass, from, receiveBufferBytes);
        _peers.Add(peer);
        return peer;
    }

    /// <summary>Connects by TLS and waits for the greeting inside.</summary>
    public Peer ConnectTls(IPAddress? from = null, int receiveBufferBytes = 0)
    {
        Peer peer = ConnectSilently(from, receiveBufferBytes);
        TlsConnection tls = peer.UseTls();
        Assert.True(tls.IsEstablished, tls.Failure);
        Assert.Equal("Welcome to this chatroom! [chat/1]", peer.ReceiveLine());
        return peer;
    }

    /// <summary>Joins by TLS as a plain tool.</summary>
    public Peer JoinTls(string name, int receiveBufferBytes = 0) =>
        Name(ConnectTls(receiveBufferBytes: receiveBufferBytes), name);

    // Silent connections from a browser's address are greeted later.
    private static readonly IPAddress Browsers = IPAddress.Parse("127.0.0.8");

    /// <summary>Connects by WebSocket.</summary>
    public Peer ConnectWeb(out WebSocketFrames frames, IPAddress? from = null, int receiveBufferBytes = 0)
    {
        Peer peer = ConnectSilently(from ?? Browsers, receiveBufferBytes);
        peer.SendText(WebSocketFrames.Handshake($"{EndPoint}"));
        peer.WaitForLine(
            static line => line.StartsWith("Sec-WebSocket-Accept", StringComparison.Ordinal),
            "the answer"
        );
        peer.WaitForLine(static line => line == "\r", "the end of the answer");
        frames = peer.UseFrames();
        return peer;
    }

    /// <summary>Connects and stays silent until the server joins it as a plain member.</summary>
    public Peer Join(IPAddress? from = null, int receiveBufferBytes = 0)
    {
        Peer peer = Connect(from, receiveBufferBytes);
        Clock.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds));
        peer.WaitForLine(static line => line.StartsWith("-- you are ", StringComparison.Ordinal), "the join");
        return peer;
    }

    /// <summary>Joins under a name. When this returns, all present members have received the announcement.</summary>
    public Peer Join(string name) => Name(Join(), name);

    /// <summary>As <see cref="Join(string)"/>, with a small receive buffer.</summary>
    public Peer JoinSlow(string name) => Name(Join(receiveBufferBytes: 32 * 1024), name);

    /// <summary>Moves the clock by tenths of a second, with a turn of the server after each.</summary>
    public void Advance(TimeSpan by)
    {
        TimeSpan step = TimeSpan.FromMilliseconds(100);
        for (; by > TimeSpan.Zero; by -= step)
        {
            Clock.Advance(by < step ? by : step);
            Settle();
        }
    }

    private Peer CallWitness()
    {
        if (_witness is null)
        {
            KeepReading(_witness = Connect());
            _witness.SendText($"/nick {Witness}\n");
            _witness.WaitForLine(
                static line => line.EndsWith($" is now {Witness}", StringComparison.Ordinal),
                "the witness"
            );
        }
        return _witness;
    }

    private static Peer Name(Peer peer, string name)
    {
        peer.SendText($"/nick {name}\n");
        peer.WaitForLine(line => line.EndsWith($" is now {name}", StringComparison.Ordinal), $"the name {name}");
        return peer;
    }

    public void Dispose()
    {
        _peers.ForEach(static peer => peer.Dispose());
        Server.Dispose();
        Assert.Equal(0, _poller.Open);
        _history?.Dispose();
        _poller.Dispose();
        _loopback.Dispose();
    }

    /// <summary>Every line of the server's log.</summary>
    internal sealed class LogLines : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Lines.Add(formatter(state, exception));
    }

    // Forwards each call and limits its wait to the test's. It checks that only the owner uses a descriptor,
    // never after its close, and that each is closed once.
    private sealed class PollerThatTells(Poller poller) : Poller
    {
        private readonly HashSet<int> _open = [];

        public int Open => _open.Count;

        public TimeSpan LastWait { get; private set; }

        public int LastReady { get; private set; }

        public List<long> Rests { get; } = [];

        public override int MaxDescriptors => poller.MaxDescriptors;

        public override bool WatchesDescriptors => poller.WatchesDescriptors;

        public override bool Set(Connection connection, int key, Interest? had, Interest want) =>
            poller.Set(key < 0 ? connection : Owned(connection), key, had, want);

        public override void Remove(Connection connection) => poller.Remove(connection);

        public override ReadOnlySpan<Ready> Wait(TimeSpan patience)
        {
            LastWait = patience;
            ReadOnlySpan<Ready> ready = poller.Wait(TimeSpan.Zero);
            LastReady = ready.Length;
            return ready;
        }

        // The test moves the time.
        public override void Sleep(long microseconds) => Rests.Add(microseconds);

        public override void Wake() => poller.Wake();

        public override SocketError Accept(Socket listener, out Connection connection, out PeerAddress peer)
        {
            SocketError error = poller.Accept(listener, out connection, out peer);
            if (error is SocketError.Success)
                Assert.True(_open.Add(connection.Descriptor));
            return error;
        }

        public override bool Configure(Connection connection) => poller.Configure(Owned(connection));

        public override int Send(Connection connection, ReadOnlySpan<byte> bytes, out SocketError error) =>
            poller.Send(Owned(connection), bytes, out error);

        public override int Send(
            Connection connection,
            ReadOnlySpan<byte> first,
            ReadOnlySpan<byte> second,
            out SocketError error
        ) => poller.Send(Owned(connection), first, second, out error);

        public override int Receive(Connection connection, Span<byte> into, out SocketError error) =>
            poller.Receive(Owned(connection), into, out error);

        public override bool HasInput(Connection connection) => poller.HasInput(Owned(connection));

        public override bool ShutdownSend(Connection connection) => poller.ShutdownSend(Owned(connection));

        public override void Close(Connection connection)
        {
            poller.Close(Owned(connection));
            _open.Remove(connection.Descriptor);
        }

        private Connection Owned(Connection connection)
        {
            Assert.True(_open.Contains(connection.Descriptor), "a descriptor is used that is not open");
            return connection;
        }

        public override void Dispose() => poller.Dispose();
    }
}
