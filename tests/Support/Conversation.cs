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
        _server = new ChatServer(
            new ServerOptions { HasPage = false },
            _clock,
            NullLogger.Instance,
            _poller,
            background: static work =>
            {
                work();
                return Task.CompletedTask;
            }
        );
        _server.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        To = _server.EndPoints.Single();
        // Some time after the start of the log, as in real use.
        _clock.Advance(TimeSpan.FromSeconds(5));
        IEnumerable<string> players = lines
            .Select(line => Line().Match(line).Groups["speaker"].Value)
            .Where(speaker => speaker.Length > 0)
            .Distinct();
        foreach (
            string? speaker in players.Where(speaker =>
                !lines.Any(line =>
                    Line().Match(line) is var match
                    && match.Groups["speaker"].Value == speaker
                    && match.Groups["step"].Value == "connects"
                )
            )
        )
        {
            Connect(speaker);
            Play(
                IsRich(speaker, lines)
                    ? $"{speaker} sends hello {speaker} {SecretOf(speaker, 'a')} {SecretOf(speaker, 'b')} - 0"
                    : $"{speaker} sends /nick {speaker}"
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
        (string? speaker, string? step, string? text) = (
            match.Groups["speaker"].Value,
            match.Groups["step"].Value,
            match.Groups["text"].Value
        );
        if (step == "connects")
            Connect(speaker);
        else if (step == "is silent")
            _clock.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds));
        else if (step == "sends")
            _peers[speaker]
                .SendBytes([.. Bytes(text.Replace(PageEpoch, _epoch, StringComparison.Ordinal)), (byte)'\n']);
        else if (step == "begins")
            _peers[speaker].SendBytes(Bytes(text));
        else if (step == "gets")
            Gets(speaker, Encoding.UTF8.GetString(Bytes(text.Replace(@"\", @"\\", StringComparison.Ordinal))));
        else if (step == "ends")
            _peers[speaker].HalfClose();
        else if (step == "resets")
            _peers[speaker].Reset();
        else if (step == "is closed")
            _peers[speaker].WaitForEnd();
        else
            throw new XunitException($"unknown step: \"{line}\"");
        Turn();
    }

    /// <summary>Fails when a member received a line that was not played.</summary>
    public void NothingElseCame()
    {
        Turn();
        foreach ((string? speaker, Peer? peer) in _peers)
        {
            if (peer.Lines.Count > _read[peer])
                throw new XunitException(
                    $"{speaker} got this, which is not on the page: "
                        + $"{string.Join('\n', peer.Lines.Skip(_read[peer]).Select(Written))}"
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

    private static bool IsRich(string speaker, IEnumerable<string> lines) =>
        lines.Any(line =>
            Line().Match(line) is { Success: true } match
            && match.Groups["speaker"].Value == speaker
            && match.Groups["step"].Value == "sends"
            && Request().IsMatch(match.Groups["text"].Value)
        );

    // The 32 digits are unique, and no test reads them.
    private static string SecretOf(string speaker, char which) =>
        Convert.ToHexString(Encoding.UTF8.GetBytes(speaker)).ToLowerInvariant().PadRight(32, which);

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

    private void Gets(string speaker, string line)
    {
        Peer peer = _peers[speaker];
        Turn();
        if (peer.Lines.Count <= _read[peer])
            throw new XunitException($"{speaker} did not get: {line}");
        Assert.Equal(line, Written(peer.Lines[_read[peer]++]));
    }

    private void Connect(string speaker)
    {
        IPAddress? from = IPAddress.TryParse(
            speaker.Replace("192.168.1.", "127.0.0.", StringComparison.Ordinal),
            out IPAddress? address
        )
            ? address
            : null;
        var peer = Peer.Connect(To, Turn, from);
        if (_peers.Remove(speaker, out Peer? old))
            old.Dispose();
        _peers.Add(speaker, peer);
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
        @"^(?<speaker>[\w.]+) +((?<step>sends|begins|gets) {1,2}(?<text>.*)"
            + "|(?<step>connects|is silent|ends|resets|is closed))$",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Line();

    [GeneratedRegex(@"^(?<seconds>\d+) s pass$", RegexOptions.ExplicitCapture)]
    private static partial Regex Passing();

    [GeneratedRegex(
        @"^((say|snippet|edit|delete|re|me|tell|nick|who|people|history|ping) \d+\b|bye$)",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Request();

    [GeneratedRegex(@"^welcome \S+ (?<epoch>[0-9a-f]{16}) ", RegexOptions.ExplicitCapture)]
    private static partial Regex Welcome();

    [GeneratedRegex(
        @"\\(x(?<byte>[0-9A-Fa-f]{2})|u(?<unit>[0-9A-Fa-f]{4})|(?<short>[ert\\]))|\{(?<letter>\w)\*(?<times>\d+)\}",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Notation();
}
