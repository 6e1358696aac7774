using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Client;
using Chat.Client.Networking;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Tests.EndToEnd;

namespace Chat.Tests.Support;

/// <summary>
/// A server that says exactly what a test says, and a stepped link on a stopped clock. It reads the client's
/// output line by line, and each of its waits turns the link.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    public const string Epoch = "0123456789abcdef",
        OtherEpoch = "fedcba9876543210";

    private readonly Listener _listener = new();
    private readonly StringBuilder _heard = new();
    private readonly byte[] _buffer = new byte[65536];
    private Socket? _socket;

    /// <param name="options">Changes to the client's options; null for none.</param>
    /// <param name="random">The random numbers that it draws.</param>
    public ScriptedServer(Func<LinkOptions, LinkOptions>? options = null, Func<double>? random = null)
    {
        LinkOptions usual = new(new HostPort("127.0.0.1", _listener.EndPoint.Port)) { Name = "alice" };
        Link = new Link(options is null ? usual : options(usual), Clock, random ?? (() => 0));
    }

    public TestClock Clock { get; } = new();

    /// <summary>The address of the server.</summary>
    public IPEndPoint EndPoint => _listener.EndPoint;

    public Link Link { get; }

    /// <summary>All events at the client, in order.</summary>
    public List<ChatEvent> Events { get; } = [];

    /// <summary>The texts of the events of this kind.</summary>
    public IEnumerable<string> Words(EventKind kind) => Events.Where(e => e.Kind == kind).Select(e => e.Text);

    /// <summary>A client after its first join, with an empty log.</summary>
    public static ScriptedServer WithMember(Func<LinkOptions, LinkOptions>? options = null, Func<double>? random = null)
    {
        ScriptedServer server = new(options, random);
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 100 100 0\n");
        server.Until(() => server.Link.State == LinkState.Joined);
        return server;
    }

    /// <summary>Accepts the next connection and sends the greeting.</summary>
    /// <returns>The hello.</returns>
    public string Greet()
    {
        Accept();
        Send(Encoding.UTF8.GetString(PlainWire.Greeting));
        return Hear();
    }

    /// <summary>Accepts the next connection and sends nothing.</summary>
    public void Accept()
    {
        Until(() => Link.State == LinkState.Greeting);
        _socket?.Dispose();
        _socket = _listener.Accept();
        _heard.Clear();
    }

    /// <summary>Breaks the connection and passes the client's wait for the next attempt.</summary>
    public void Break()
    {
        _socket!.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
        Until(() => Link.State == LinkState.Waiting);
        Clock.Advance(TimeSpan.FromMilliseconds(Link.RetryMilliseconds));
    }

    /// <summary>Sends nothing more; the client's output is still read.</summary>
    public void EndSpeech() => _socket!.Shutdown(SocketShutdown.Send);

    public void Send(string text) => _socket!.Send(Encoding.UTF8.GetBytes(text));

    public void Send(ReadOnlySpan<byte> bytes) => _socket!.Send(bytes);

    /// <summary>
    /// The next line the client sends, without its line feed. An empty one asks for the greeting alone.
    /// </summary>
    public string Hear()
    {
        Until(() => TryHear(out _, take: false));
        TryHear(out string? line, take: true);
        return line.Length > 0 ? line : Hear();
    }

    /// <summary>Asserts that no further line came.</summary>
    public bool IsSilent
    {
        get
        {
            Settle();
            return _heard.Length == 0 && _socket!.Available == 0;
        }
    }

    /// <summary>Moves the clock when the link is idle, and lets the due events happen.</summary>
    public void Pass(int milliseconds)
    {
        Settle();
        Clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Settle();
    }

    public void Until(Func<bool> condition) =>
        Eventually.Is(
            () =>
            {
                Turn();
                return condition();
            },
            "the link to get there",
            seen: () =>
                $"{Link.State}, {Link.Ending}, {Link.UnsentCount} unsent, heard '{_heard}':\n{string.Join('\n', Events)}"
        );

    public void Dispose()
    {
        Link.Dispose();
        _socket?.Dispose();
        _listener.Dispose();
    }

    // Sent bytes arrive on the loopback at once. Several turns pass the link through all states.
    private void Settle()
    {
        for (int turn = 0; turn < 5; turn++)
            Turn();
    }

    private void Turn()
    {
        Link.Turn();
        while (Link.TryTake(out ChatEvent? happened))
            Events.Add(happened);
    }

    private bool TryHear(out string line, bool take)
    {
        if (_socket!.Available > 0)
            _heard.Append(Encoding.UTF8.GetString(_buffer, 0, _socket.Receive(_buffer)));
        string heard = _heard.ToString();
        int end = heard.IndexOf('\n', StringComparison.Ordinal);
        line = end < 0 ? "" : heard[..end];
        if (take)
            _heard.Remove(0, end + 1);
        return end >= 0;
    }
}
