using System.Globalization;
using System.Text;
using Chat.Tests.Support;

namespace Chat.Tests.Server;

/// <summary>
/// A rich client by hand, at a stepped server. It sends the requests of a test and keeps its offset. It shows log
/// lines without offset and time: <c>say alice 1.2 hello</c>.
/// </summary>
internal sealed class RichPeer
{
    private readonly SteppedServer _server;
    private int _read;

    private RichPeer(SteppedServer server, Peer peer, string welcome, int read)
    {
        (_server, Peer, _read) = (server, peer, read);
        string[] words = welcome.Split(' ');
        (Name, Epoch) = (words[1], words[2]);
        long[] numbers = [.. words.Skip(3).Select(static w => long.Parse(w, CultureInfo.InvariantCulture))];
        (Begun, Seat, From, Tail, Taken) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
        Offset = From;
    }

    public Peer Peer { get; }

    /// <summary>The fields of the welcome.</summary>
    public string Name { get; }

    public string Epoch { get; }

    public long Begun { get; }

    public long Seat { get; }

    public long From { get; }

    public long Tail { get; }

    public long Taken { get; }

    /// <summary>The offset after the last log line received.</summary>
    public long Offset { get; private set; }

    /// <summary>The epoch and offset for the next hello.</summary>
    public string Place => $"{Epoch} {Offset}";

    /// <summary>The client's first line, without its line feed.</summary>
    /// <param name="name">The requested name.</param>
    /// <param name="person">The person; 0 for no token, below 0 for a person of one run.</param>
    /// <param name="seat">The seat, one for each client of the person.</param>
    /// <param name="place">Epoch and offset.</param>
    public static string HelloLine(string name, int person, int seat, string place)
    {
        string secret = $"{1000 * (Math.Abs(person) + 1) + seat:x32}";
        return $"hello {name} {(person == 0 ? "-" : person < 0 ? secret : $"{person:x32}")} {secret} {place}";
    }

    public static RichPeer Hello(SteppedServer server, Peer peer, string name, int person, int seat, string place)
    {
        int read = peer.Lines.Count;
        peer.SendText(HelloLine(name, person, seat, place) + "\n");
        peer.WaitForLine(static line => line.StartsWith("welcome ", StringComparison.Ordinal), "the welcome");
        while (!peer.Lines[read].StartsWith("welcome ", StringComparison.Ordinal))
            read++;
        return new RichPeer(server, peer, peer.Lines[read], read + 1);
    }

    /// <summary>Sends these requests and waits until the server is idle.</summary>
    public void Send(params string[] requests)
    {
        Peer.SendText(string.Concat(requests.Select(static r => r + "\n")));
        _server.Settle();
    }

    /// <summary>The lines received since the last call, without answers to pings.</summary>
    public string[] News()
    {
        _server.Settle();
        Peer.Pump();
        string[] lines = [.. Peer.Lines.Skip(_read)];
        _read += lines.Length;
        return [.. lines.Where(static line => line != "pong 0").Select(WithoutStamps)];
    }

    /// <summary>The times, as text, of the lines that end with these texts.</summary>
    public string[] TimesOf(params string[] texts)
    {
        _server.Settle();
        Peer.Pump();
        return
        [
            .. texts.Select(text =>
                Peer.Lines.Single(line => line.EndsWith(" " + text, StringComparison.Ordinal)).Split(' ')[1]
            ),
        ];
    }

    // A line of the log begins with a digit, an answer with a letter.
    private string WithoutStamps(string line)
    {
        if (!char.IsAsciiDigit(line[0]))
            return line;
        string[] words = line.Split(' ', 3);
        long offset = long.Parse(words[0], CultureInfo.InvariantCulture);
        Assert.True(offset >= From, $"{line} stands before {From}");
        Offset = Math.Max(Offset, offset + Encoding.UTF8.GetByteCount(line) + 1);
        return words[2];
    }
}
