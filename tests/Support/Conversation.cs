using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Chat.Server;
using Chat.Server.Networking;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// A written conversation, played with a stepped server. One line is one step: <c>alice sends hello</c>, <c>bob
/// gets &lt;alice> hello</c>. A speaker that never connects is in the room from the start, as a rich client if
/// its lines are requests. 127.0.0.x plays the addresses 192.168.1.x, and <see cref="PageEpoch"/> stands for
/// the log's random epoch.
/// </summary>
internal sealed partial class Conversation : IDisposable
{
    /// <summary>The epoch of the server's log on a page.</summary>
    internal const string PageEpoch = "0123456789abcdef";

    private readonly Dictionary<string, Peer> _peers = [];
    private readonly Dictionary<Peer, int> _read = [];
    private readonly TestClock _clock = new();
    private readonly Poller _poller = Poller.Create();
    private readonly ChatServer _server;
    private string _epoch = PageEpoch;

    /// <param name="lines">The lines that will be played; only their speakers matter.</param>
    public Conversation(IReadOnlyCollection<string> lines)
    {
        _server = new ChatServer(new ServerOptions(), _clock, NullLogger.Instance, _poller);
        _server.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        To = _server.EndPoints.Single();
        // Some time after the start of the log, as in real use.
        _clock.Advance(TimeSpan.FromSeconds(5));
        IEnumerable<string> players = lines
            .Select(line => Line().Match(line).Groups["who"].Value)
            .Where(who => who.Length > 0)
            .Distinct();
        foreach (
            string? who in players.Where(who =>
                !lines.Any(line =>
                    Line().Match(line) is var match
                    && match.Groups["who"].Value == who
                    && match.Groups["deed"].Value == "connects"
                )
            )
        )
        {
            Connect(who);
            Play(
                IsRich(who, lines)
                    ? $"{who} sends hello {who} {SecretOf(who, 'a')} {SecretOf(who, 'b')} - 0"
                    : $"{who} sends /nick {who}"
            );
        }

        foreach (Peer peer in _peers.Values)
            _read[peer] = peer.Lines.Count;
    }

    private IPEndPoint To { get; }

    public void Play(string line)
    {
        if (line == "the server stops")
        {
            _server.Stop();
            Turn();
            return;
        }

        if (Passing().Match(line) is { Success: true } passing)
        {
            Pass(int.Parse(passing.Groups["seconds"].Value, CultureInfo.InvariantCulture));
            return;
        }

        Match match = Line().Match(line);
        (string? who, string? deed, string? text) = (
            match.Groups["who"].Value,
            match.Groups["deed"].Value,
            match.Groups["text"].Value
        );
        if (deed == "connects")
            Connect(who);
        else if (deed == "is silent")
            _clock.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds));
        else if (deed == "sends")
            _peers[who].SendBytes([.. Bytes(text.Replace(PageEpoch, _epoch, StringComparison.Ordinal)), (byte)'\n']);
        else if (deed == "begins")
            _peers[who].SendBytes(Bytes(text));
        else if (deed == "gets")
            Gets(who, Encoding.UTF8.GetString(Bytes(text.Replace(@"\", @"\\", StringComparison.Ordinal))));
        else if (deed == "ends")
            _peers[who].HalfClose();
        else if (deed == "resets")
            _peers[who].Reset();
        else if (deed == "is closed")
            _peers[who].WaitForEnd();
        else
            throw new XunitException($"unknown step: \"{line}\"");
        Turn();
    }

    /// <summary>Fails when a member received a line that was not played.</summary>
    public void NothingElseCame()
    {
        Turn();
        foreach ((string? who, Peer? peer) in _peers)
        {
            if (peer.Lines.Count > _read[peer])
                throw new XunitException(
                    $"{who} got this, which is not on the page: {string.Join('\n', peer.Lines.Skip(_read[peer]).Select(Written))}"
                );
        }
    }

    public void Dispose()
    {
        foreach (Peer peer in _peers.Values)
            peer.Dispose();
        _server.Dispose();
        _poller.Dispose();
    }

    /// <summary>The meaning of a page's text: escapes are bytes, and <c>{x*5000}</c> is 5,000 letters.</summary>
    internal static byte[] Bytes(string written)
    {
        List<byte> bytes = [];
        int at = 0;
        foreach (Match match in Notation().Matches(written))
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(written[at..match.Index]));
            at = match.Index + match.Length;
            bytes.AddRange(
                match.Groups switch
                {
                    var g when g["byte"].Success => [Convert.ToByte(g["byte"].Value, 16)],
                    var g when g["unit"].Success => Encoding.UTF8.GetBytes(
                        ((char)Convert.ToUInt16(g["unit"].Value, 16)).ToString()
                    ),
                    var g when g["letter"].Success => Enumerable.Repeat(
                        (byte)g["letter"].Value[0],
                        int.Parse(g["times"].Value, CultureInfo.InvariantCulture)
                    ),
                    var g => (byte[])
                        [
                            g["short"].Value switch
                            {
                                "e" => 0x1B,
                                "r" => (byte)'\r',
                                "t" => (byte)'\t',
                                _ => (byte)'\\',
                            },
                        ],
                }
            );
        }

        bytes.AddRange(Encoding.UTF8.GetBytes(written[at..]));
        return [.. bytes];
    }

    private static bool IsRich(string who, IEnumerable<string> lines) =>
        lines.Any(line =>
            Line().Match(line) is { Success: true } match
            && match.Groups["who"].Value == who
            && match.Groups["deed"].Value == "sends"
            && Request().IsMatch(match.Groups["text"].Value)
        );

    // The 32 digits are unique, and no test reads them.
    private static string SecretOf(string who, char which) =>
        Convert.ToHexString(Encoding.UTF8.GetBytes(who)).ToLowerInvariant().PadRight(32, which);

    private string Written(string line)
    {
        if (Welcome().Match(line) is { Success: true } welcome)
            _epoch = welcome.Groups["epoch"].Value;
        return line.Replace("127.0.0.", "192.168.1.", StringComparison.Ordinal)
            .Replace(_epoch, PageEpoch, StringComparison.Ordinal);
    }

    // The clock moves by seconds, as the server checks its deadlines. A single leap would look like a suspended
    // machine.
    private void Pass(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            Turn();
        }
    }

    private void Gets(string who, string line)
    {
        Peer peer = _peers[who];
        Turn();
        if (peer.Lines.Count <= _read[peer])
            throw new XunitException($"{who} did not get: {line}");
        Assert.Equal(line, Written(peer.Lines[_read[peer]++]));
    }

    private void Connect(string who)
    {
        IPAddress? from = IPAddress.TryParse(
            who.Replace("192.168.1.", "127.0.0.", StringComparison.Ordinal),
            out IPAddress? address
        )
            ? address
            : null;
        var peer = Peer.Connect(To, Turn, from);
        if (_peers.Remove(who, out Peer? old))
            old.Dispose();
        _peers.Add(who, peer);
        _read.Add(peer, 0);
    }

    // Sent bytes arrive on the loopback at once. Three turns suffice for a line, its answer and a goodbye.
    private void Turn()
    {
        for (int i = 0; i < 3; i++)
            _server.Pass(TimeSpan.Zero);
        foreach (Peer peer in _peers.Values)
            peer.Pump();
    }

    [GeneratedRegex(
        @"^(?<who>[\w.]+) +((?<deed>sends|begins|gets) {1,2}(?<text>.*)|(?<deed>connects|is silent|ends|resets|is closed))$",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Line();

    [GeneratedRegex(@"^(?<seconds>\d+) s pass$", RegexOptions.ExplicitCapture)]
    private static partial Regex Passing();

    [GeneratedRegex(@"^((say|me|tell|nick|who|people|history|ping) \d+\b|bye$)", RegexOptions.ExplicitCapture)]
    private static partial Regex Request();

    [GeneratedRegex(@"^welcome \S+ (?<epoch>[0-9a-f]{16}) ", RegexOptions.ExplicitCapture)]
    private static partial Regex Welcome();

    [GeneratedRegex(
        @"\\(x(?<byte>[0-9A-Fa-f]{2})|u(?<unit>[0-9A-Fa-f]{4})|(?<short>[ert\\]))|\{(?<letter>\w)\*(?<times>\d+)\}",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Notation();
}
