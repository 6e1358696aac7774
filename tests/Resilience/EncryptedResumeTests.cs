using System.Globalization;
using Chat.Client;
using Chat.Client.Networking;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Tls;
using Chat.Tests.Support;

namespace Chat.Tests.Resilience;

/// <summary>A link under TLS that is cut at any byte: in the handshake, in the hello and in the lines.</summary>
public sealed class EncryptedResumeTests : IDisposable
{
    // The bytes of a handshake, a hello and a line, and those of the answers.
    private const int Up = 700,
        Down = 1500;

    private readonly ChatServerProcess _server = ChatServerProcess.Start("--rate", "0");
    private readonly TlsFront _room;
    private readonly TestClock _clock = new();
    private readonly Link _link;
    private readonly List<ChatEvent> _events = [];
    private int _count;

    public EncryptedResumeTests()
    {
        _room = new TlsFront(_server.EndPoint, RoomKey.Create());
        LinkOptions options = new(new HostPort("127.0.0.1", int.Parse(_room.Port, CultureInfo.InvariantCulture)))
        {
            Name = "ann",
            Identity = IdentityFile.NewSecret(),
            BacklogLines = 0,
        };
        _link = new Link(options, _clock, static () => 0);
    }

    public void Dispose()
    {
        _link.Dispose();
        _room.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_line_is_lost_or_doubled_wherever_the_link_is_cut(bool isUp)
    {
        Until(() => _link.State == LinkState.Joined);

        for (int cut = 1; cut < (isUp ? Up : Down); cut += 11)
        {
            _room.CutAfter = isUp ? (cut, int.MaxValue) : (int.MaxValue, cut);
            _room.Cut();
            _link.Say($"{++_count}");
            Until(() => _link.State != LinkState.Joined);
            int calls = _room.Count;
            Until(() => _room.Count > calls && _link.State is LinkState.Waiting or LinkState.Joined);
        }
        _room.CutAfter = (int.MaxValue, int.MaxValue);
        _room.Cut();
        Until(() => _link is { State: LinkState.Joined, UnsentCount: 0 });

        string[] expected = [.. Enumerable.Range(1, _count).Select(static i => $"{i}")];
        Assert.Equal(expected, _events.Where(static e => e.Kind == EventKind.Say).Select(static e => e.Text));
        _server.Program.Out.WaitForLine($"<ann> {_count}".Equals);
        Assert.Equal(
            expected,
            _server
                .Program.Out.Lines.Where(static line => line.StartsWith("<ann> ", StringComparison.Ordinal))
                .Select(static line => line["<ann> ".Length..])
        );
        Assert.DoesNotContain(_events, static e => e.Kind is EventKind.Gap or EventKind.Error);
    }

    // The clock moves only to the next attempt, so no deadline cuts a link beside the test.
    private void Until(Func<bool> condition) =>
        Eventually.Is(
            () =>
            {
                if (_link.State == LinkState.Waiting)
                    _clock.Advance(TimeSpan.FromMilliseconds(_link.RetryMilliseconds));
                _link.Turn();
                while (_link.TryTake(out ChatEvent? happened))
                    _events.Add(happened);
                return condition();
            },
            "the link to get there",
            seen: () => $"{_link.State}, {_link.Ending}, {_link.UnsentCount} unsent, {_count} said"
        );
}
