using System.Net.Sockets;
using System.Text;
using Chat.Client;
using Chat.Client.Networking;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Tests.EndToEnd;

namespace Chat.Tests.Support;

/// <summary>
/// A server that says exactly what a test lets it say, and a link that is turned by hand on a clock that stands still. What the client sends is read
/// line by line; whatever waits turns the link meanwhile.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    public const string Epoch = "0123456789abcdef",
        OtherEpoch = "fedcba9876543210";

    private readonly Listener _listener = new();
    private readonly StringBuilder _heard = new();
    private readonly byte[] _buffer = new byte[65536];
    private Socket? _socket;

    /// <param name="options">What else the client is told; null for nothing.</param>
    /// <param name="random">The lots it draws.</param>
    public ScriptedServer(Func<LinkOptions, LinkOptions>? options = null, Func<double>? random = null)
    {
        LinkOptions usual = new(new HostPort("127.0.0.1", _listener.EndPoint.Port)) { Name = "alice" };
        Link = new Link(options is null ? usual : options(usual), Clock, random ?? (() => 0));
    }

    public TestClock Clock { get; } = new();

    public Link Link { get; }

    /// <summary>Everything that happened at the client, in order.</summary>
    public List<ChatEvent> Events { get; } = [];

    /// <summary>The words of what happened of this kind.</summary>
    public IEnumerable<string> Words(EventKind kind) => Events.Where(e => e.Kind == kind).Select(e => e.Text);

    /// <summary>Somebody who has come in for the first time, with nothing in the log yet.</summary>
    public static ScriptedServer WithMember(Func<LinkOptions, LinkOptions>? options = null, Func<double>? random = null)
    {
        ScriptedServer server = new(options, random);
        server.Greet();
        server.Send($"welcome alice {Epoch} 0 7 100 100 0\n");
        server.Until(() => server.Link.State == LinkState.Joined);
        return server;
    }

    /// <summary>Takes the next connection and speaks the greeting.</summary>
    /// <returns>The hello.</returns>
    public string Greet()
    {
        Accept();
        Send(Encoding.UTF8.GetString(PlainWire.Greeting));
        return Hear();
    }

    /// <summary>Takes the next connection and says nothing.</summary>
    public void Accept()
    {
        Until(() => Link.State == LinkState.Greeting);
        _socket?.Dispose();
        _socket = _listener.Accept();
        _heard.Clear();
    }

    /// <summary>The connection breaks, and the client's wait for the next passes.</summary>
    public void Break()
    {
        _socket!.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
        Until(() => Link.State == LinkState.Waiting);
        Clock.Advance(TimeSpan.FromMilliseconds(Link.RetryMilliseconds));
    }

    /// <summary>Says nothing more; what the client says is still taken.</summary>
    public void EndSpeech() => _socket!.Shutdown(SocketShutdown.Send);

    public void Send(string text) => _socket!.Send(Encoding.UTF8.GetBytes(text));

    public void Send(ReadOnlySpan<byte> bytes) => _socket!.Send(bytes);

    /// <summary>The next line the client sends, without its line feed.</summary>
    public string Hear()
    {
        Until(() => TryHear(out _, take: false));
        TryHear(out string? line, take: true);
        return line;
    }

    /// <summary>Nothing more has come than what was heard.</summary>
    public bool IsSilent
    {
        get
        {
            Settle();
            return _heard.Length == 0 && _socket!.Available == 0;
        }
    }

    /// <summary>Moves the clock after everything that can happen has happened, and lets happen what does then.</summary>
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

    // On the loopback what was sent is there at once; several turns take it through all states.
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
