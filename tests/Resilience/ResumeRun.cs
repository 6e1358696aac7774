using System.Net;
using Chat.Client;
using Chat.Client.Commands;
using Chat.Client.Networking;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Tls;
using Chat.Server;
using Chat.Server.History;
using Chat.Server.Networking;
using Chat.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Sdk;

namespace Chat.Tests.Resilience;

/// <summary>
/// One random schedule: clients that talk, connections cut at any byte, a server killed and restarted from its
/// file, a clock that jumps. Then the faults stop, and each client's output is compared with the sent lines.
/// Everything runs on one thread, in the order of the seed.
/// </summary>
/// <remarks>
/// A kill may fall between any two system calls of a pass. Before and after a pass the state is the same for
/// all clients. In the middle of a pass the file has a part of the new lines, cut at any byte, and no client
/// has received a byte of them.
/// </remarks>
internal sealed class ResumeRun : IDisposable
{
    private static readonly string[] Names = ["ann", "bob", "cleo", "dan", "eve"];

    private readonly int _seed;
    private readonly Random _random;
    private readonly TestClock _clock = new();
    private readonly CuttingProxy _proxy;
    private readonly RoomKey? _key;
    private Poller? _poller;
    private readonly string _file;
    private readonly List<Talker> _talkers = [];
    private readonly Dictionary<string, Saying> _said = [];
    private readonly long _historyBytes;
    private readonly int _graceMilliseconds;
    private RoomHistory? _history;
    private ChatServer? _server;

    // A sent line, its number, and the recipient of a whisper. A correction is refused if its message is gone.
    private sealed record Saying(Talker From, Talker? To, int Number, bool MayBeRefused);

    // A client and its output: all lines, and those that are for every client.
    private sealed class Talker(string name, UInt128 identity, Link link)
    {
        public string Name => name;
        public UInt128 Identity => identity;
        public Link Link => link;
        public List<string> Log { get; } = [];
        public List<string> Shown { get; } = [];
        public List<string> Whispers { get; } = [];
        public int Refused;
        public long? OwnMessage;
    }

    public ResumeRun(int seed, string folder, bool usesTls)
    {
        _key = usesTls ? new RoomKey(new byte[RoomKey.Bytes]) : null;
        (_seed, _random) = (seed, new Random(seed));
        _file = Path.Combine(folder, $"history-{seed}");
        _proxy = new CuttingProxy(_random, usesTls);
        _historyBytes = _random.Next(3) == 0 ? 3000 : long.MaxValue;
        _graceMilliseconds = _random.Next(2) == 0 ? ServerLimits.GraceMilliseconds : _random.Next(5000);
        StartServer();
        int count = _random.Next(2, 6);
        for (int i = 0; i < count; i++)
        {
            // Some people have two clients.
            Talker? second = i > 0 && _random.Next(5) == 0 ? _talkers[0] : null;
            (string? name, UInt128 identity) = second is null
                ? (Names[i], IdentityFile.NewSecret())
                : (second.Name, second.Identity);
            LinkOptions options = new(new HostPort("127.0.0.1", _proxy.Port))
            {
                Name = name,
                Identity = identity,
                BacklogLines = 1_000_000,
            };
            _talkers.Add(new Talker(name, identity, new Link(options, _clock, _random.NextDouble)));
        }

        // A server that was never reached is outside this test.
        _proxy.IsCalm = true;
        for (int turn = 0; turn < 1000 && !_talkers.TrueForAll(talker => talker.Link.State == LinkState.Joined); turn++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(20));
            Turn();
        }
        _proxy.Rage();
    }

    public CuttingProxy Proxy => _proxy;

    public int Restarts { get; private set; }

    public int Said => _said.Count;

    public void Play(int steps)
    {
        try
        {
            for (int i = 0; i < steps; i++)
                Step();
            Calm();
            Judge();
        }
        catch (Exception error)
        {
            throw new XunitException($"seed {_seed}: {error.Message}\n{Describe()}", error);
        }
    }

    public void Dispose()
    {
        _talkers.ForEach(talker => talker.Link.Dispose());
        _proxy.Dispose();
        _server?.Dispose();
        _history?.Dispose();
        _poller?.Dispose();
        File.Delete(_file);
    }

    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 25:
                Say(_talkers[_random.Next(_talkers.Count)]);
                break;
            case < 27:
                KillServer(inTheMiddle: _random.Next(2) == 0);
                break;
            case < 32 when _server is null:
                StartServer();
                break;
            case < 45:
                _clock.Advance(TimeSpan.FromMilliseconds(_random.Next(700)));
                break;
            case 45:
                _clock.Advance(TimeSpan.FromMilliseconds(_random.Next(20_000)));
                break;
        }

        Turn();
    }

    private void Say(Talker talker)
    {
        int number = _said.Count;
        string word =
            $"{number}.{talker.Name}.{_random.Next(1000)}{new string('x', _random.Next(_random.Next(5) == 0 ? 300 : 10))}";
        bool isEdit = _random.Next(2) == 0;
        Talker to = _random.Next(5) == 0 ? _talkers[_random.Next(_talkers.Count)] : talker;
        if (to.Name != talker.Name)
            talker.Link.Say($"/msg {to.Link.Name} {word}");
        else if (_random.Next(8) == 0)
            talker.Link.SaySnippet(word = Rows(word));
        else if (talker.OwnMessage is long offset && _random.Next(8) == 0)
            talker.Link.Request(new Command(CommandKind.Say, isEdit ? "edit" : "re", $"{offset}", word));
        else if (_random.Next(12) == 0)
            talker.Link.Say($"/nick {word = $"{talker.Name}-{number}"}");
        else
            talker.Link.Say(_random.Next(4) == 0 ? $"/me {word}" : word);
        bool isAboutEarlier = to.Name == talker.Name && talker.OwnMessage is not null;
        _said.Add(word, new Saying(talker, to.Name != talker.Name ? to : null, number, isAboutEarlier));
    }

    private string Rows(string word) =>
        string.Join('\n', Enumerable.Range(0, _random.Next(2, 40)).Select(i => $"\t{word} \\{i}")).TrimStart('\t');

    private void KillServer(bool inTheMiddle)
    {
        if (_server is null)
            return;
        long before = new FileInfo(_file).Length;
        if (inTheMiddle)
        {
            _server.Pass(TimeSpan.Zero);
            _proxy.DropAll();
        }

        // The sockets close as in a kill, and nothing more is written to the file.
        _server.Dispose();
        _history!.Dispose();
        _poller!.Dispose();
        (_server, _history, _proxy.To) = (null, null, null);
        long after = new FileInfo(_file).Length;
        // A rewritten file replaces the old one in one step.
        if (inTheMiddle && after > before && _historyBytes == long.MaxValue)
        {
            using FileStream file = File.OpenWrite(_file);
            file.SetLength(before + _random.NextInt64(after - before + 1));
        }

        Restarts++;
    }

    private void StartServer()
    {
        ServerOptions options = new()
        {
            LinesPerSecond = 0,
            GraceMilliseconds = _graceMilliseconds,
            RoomKey = _key,
        };
        _history = RoomHistory.Open(
            _file,
            options.LogBytes,
            _historyBytes,
            ClockReading.Read(_clock),
            NullLogger.Instance
        );
        // Each client has its own descriptor. A child process of another test may briefly hold a copy of one,
        // and a shared poll would still report it.
        _poller = Poller.Create();
        _server = new ChatServer(options, _clock, NullLogger.Instance, _poller, history: _history);
        _server.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        _proxy.To = _server.EndPoints.Single();
    }

    private void Turn()
    {
        foreach (Talker talker in _talkers)
        {
            talker.Link.Turn();
            while (talker.Link.TryTake(out ChatEvent? happened))
                Note(talker, happened);
        }

        _proxy.Turn();
        _server?.Pass(TimeSpan.Zero);
    }

    private static void Note(Talker talker, ChatEvent happened)
    {
        if (happened.Offset is not null && happened.Kind != EventKind.Whisper)
            talker.Log.Add($"{happened.Offset} {happened.Kind} {happened.Name}: {happened.Text}");
        if (happened is { Kind: EventKind.Say, IsEcho: true })
            talker.OwnMessage = happened.Offset;
        if (happened.Kind is EventKind.Say or EventKind.Edit or EventKind.Me or EventKind.Rename)
            talker.Shown.Add(happened.Text);
        else if (happened.Kind == EventKind.Whisper)
            talker.Whispers.Add(happened.Text);
        else if (happened.Kind == EventKind.Error)
            talker.Refused++;
        else if (
            happened.Kind is EventKind.Gap or EventKind.Line
            && !happened.Text.StartsWith("Welcome", StringComparison.Ordinal)
        )
            throw new XunitException($"{talker.Name} was shown {happened}");
    }

    // All clients are connected, and every line is acknowledged and shown to all.
    private void Calm()
    {
        _proxy.IsCalm = true;
        if (_server is null)
            StartServer();
        foreach (Talker talker in _talkers)
            talker.Link.Say("the last of " + talker.Name + Guid.NewGuid().ToString("n"));
        for (int turn = 0; turn < 5000 && !IsCalm(); turn++)
        {
            // The heartbeat's deadlines must not pass while bytes are in transit on the loopback.
            if (turn % 4 == 3)
                _clock.Advance(TimeSpan.FromMilliseconds(50));
            Turn();
        }

        if (!IsCalm())
            throw new XunitException("it does not come to rest");
        // After its own last line, a client receives the leave or join behind it one turn later.
        for (int turn = 0; turn < 3; turn++)
            Turn();
    }

    private bool IsCalm() =>
        _talkers.TrueForAll(talker =>
            talker.Link is { State: LinkState.Joined, UnsentCount: 0 }
            && talker.Shown.Count(line => line.StartsWith("the last of", StringComparison.Ordinal)) == _talkers.Count
        );

    private void Judge()
    {
        foreach (Talker? talker in _talkers.Skip(1))
            Equal(string.Join('\n', _talkers[0].Log), string.Join('\n', talker.Log), $"what {talker.Name} saw");
        var missing = _talkers.ToDictionary(talker => talker, _ => 0);
        foreach ((string? word, (Talker? from, Talker? to, int _, bool _)) in _said)
        {
            foreach (Talker talker in _talkers)
            {
                int seen = to is null
                    ? talker.Shown.Count(line => line == word)
                    : talker.Whispers.Count(line => line == word);
                bool may = to is null || talker.Name == from.Name || talker.Name == to.Name;
                if (seen > 1 || (seen == 1 && !may))
                    throw new XunitException($"{talker.Name} saw {word} {seen} times");
                if (talker == from && seen == 0)
                    missing[from]++;
                else if (may)
                    Equal(WasSeen(from, word), seen == 1, $"whether {talker.Name} saw {word}");
            }
        }

        // A line found at no client was a whisper to an absent person, and its sender received a refusal.
        foreach (Talker talker in _talkers)
            Equal(missing[talker], talker.Refused, $"lines of {talker.Name} that are missing, and refusals");
        foreach (
            string? word in _said
                .Where(said => said.Value is { To: null, MayBeRefused: false })
                .Select(said => said.Key)
        )
            Equal(true, _talkers[0].Shown.Contains(word), $"{word} was said and shown");
        foreach (Talker talker in _talkers)
        {
            var own = _talkers[0]
                .Shown.Where(line => _said.TryGetValue(line, out Saying? said) && said.From == talker)
                .Select(line => _said[line].Number)
                .ToList();
            Equal(string.Join(' ', own.Order()), string.Join(' ', own), $"the order of what {talker.Name} said");
        }
    }

    private static bool WasSeen(Talker by, string word) => by.Shown.Contains(word) || by.Whispers.Contains(word);

    private static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new XunitException($"{what}: expected\n{expected}\nwas\n{actual}");
    }

    private string Describe() =>
        string.Join(
            '\n',
            _talkers.Select(talker =>
                $"{talker.Name}: {talker.Link.State}, {talker.Link.UnsentCount} unsent, {talker.Refused} refused, {talker.Shown.Count} lines, {talker.Whispers.Count} whispers"
            )
        );
}
