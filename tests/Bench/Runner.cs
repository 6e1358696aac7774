using System.ComponentModel;

namespace Chat.Bench;

/// <summary>
/// Measures every server in every round. In a round the servers have their rooms side by side, as far as the limit of
/// open files allows, and each load visits one after the other: a busy machine slows all of them.
/// </summary>
internal sealed class Runner
{
    private const int OwnDescriptors = 100;
    private static readonly (int Senders, int Window)[] Loads =
    [
        (1, 1),
        (10, 1),
        (100, 1),
        (1, 32),
        (10, 32),
        (100, 32),
    ];

    private readonly Options _options;
    private readonly ServerKind[] _kinds;
    private readonly int _descriptors;
    private readonly HashSet<(ServerKind, int Members)> _unable = [];
    private readonly Dictionary<string, Bound> _bounds = [];
    private bool _isFaultless = true;

    /// <summary>The most that a row may cost inside TLS: the figure, or its ratio to the clear.</summary>
    private readonly record struct Bound(double Most, bool IsRatio = false);

    /// <exception cref="FormatException">No server is left, or the system allows too few open files.</exception>
    public Runner(Options options)
    {
        _options = options;
        IEnumerable<ServerKind> kinds = ServerKind.Chat(options.Binary, options.Baseline);
        _kinds =
        [
            .. kinds
                .Concat(options.WithPeers ? ServerKind.Peers() : [])
                .Where(kind => options.Servers.Any(kind.Name.Contains)),
        ];
        if (_kinds.Length == 0)
            throw new FormatException($"no server has a name that contains {string.Join(" or ", options.Servers)}");
        Table = new(_kinds);
        int members = options.Members.Max();
        _descriptors = Libc.RaiseDescriptorLimit((members * _kinds.Length) + OwnDescriptors) - OwnDescriptors;
        if (_descriptors < members)
            throw new FormatException(
                $"a room of {members} needs {members + OwnDescriptors} open files, and the system allows "
                    + $"{_descriptors + OwnDescriptors}: raise the limit with ulimit -n, or give smaller --members"
            );
    }

    public Table Table { get; }

    /// <returns>
    /// Whether all of chat could be measured, every line was delivered once, whole and in order, and TLS keeps its
    /// bounds.
    /// </returns>
    public bool Run()
    {
        foreach (int members in _options.Members)
        {
            for (int round = 0; round < _options.Rounds; round++)
            {
                // Each server goes first as often as last.
                IEnumerable<ServerKind> kinds = int.IsEvenInteger(round) ? _kinds : _kinds.Reverse();
                foreach (ServerKind[] group in kinds.Chunk(Math.Max(1, _descriptors / members)))
                    RunGroup(group, members, round);
            }
        }
        return KeepsBounds() && _isFaultless;
    }

    /// <summary>The picture: ten senders with window 1.</summary>
    public string DrawChart() =>
        SvgChart.Draw(
            "CPU µs of the server per delivered line: 10 senders, window 1",
            "members of the room",
            [.. _kinds.Select(kind => (kind.Name, _options.Members.Select(members => Point(members, kind))))]
        );

    private (double X, double? Y) Point(int members, ServerKind kind) =>
        (members, Table.Median($"{new Load(10, 1, members)}", kind));

    private void RunGroup(ServerKind[] group, int members, int round)
    {
        List<Room> rooms = [];
        try
        {
            foreach (ServerKind kind in group.Where(kind => !_unable.Contains((kind, members))))
            {
                string subject = $"N = {members}, round {round + 1} of {_options.Rounds}: {kind.Name}";
                Console.Error.WriteLine($"bench: {subject}");
                if (!Try(subject, kind, () => rooms.Add(new(kind, members))))
                    _unable.Add((kind, members));
            }
            foreach ((string row, Func<Room, double> measure, Bound? bound) in Measurements(members))
            {
                if (bound is Bound most)
                    _bounds[row] = most;
                foreach (Room room in rooms)
                {
                    if (
                        !Try(
                            $"{row}: {room.Kind.Name}",
                            room.Kind,
                            () => Table.Add(row, room.Kind, round, measure(room))
                        )
                    )
                        Table.AddFault(row, room.Kind);
                }
            }
        }
        finally
        {
            rooms.ForEach(static room => room.Dispose());
        }
    }

    private bool KeepsBounds()
    {
        bool all = true;
        foreach (ServerKind kind in _kinds.Where(static kind => kind is { IsChat: true, Protocol.IsEncrypted: true }))
        {
            foreach ((string row, Bound bound) in _bounds)
            {
                double? figure = bound.IsRatio ? Table.Ratio(row, kind) : Table.Median(row, kind);
                if (!(figure > bound.Most))
                    continue;
                string words = bound.IsRatio ? $"{kind.Ratio} of {kind.Name}" : kind.Name;
                Console.Error.WriteLine($"bench: {row}: {words}: {figure:N3}, and {bound.Most} is the bound");
                all = false;
            }
        }
        return all;
    }

    private IEnumerable<(string Row, Func<Room, double> Measure, Bound? Bound)> Measurements(int members)
    {
        // In a small room, the memory of the members is lost in the server's own.
        if (_options.Modes.Contains("idle") && members >= 1000)
        {
            yield return ($"N = {members}, idle: CPU, % of a core", static room => room.MeasureIdle(), null);
            yield return ($"N = {members}, idle: bytes a member", static room => room.BytesPerMember, new(1600));
        }
        foreach ((int senders, int window) in _options.Modes.Contains("fan-out") ? Loads : [])
        {
            Load load = new(senders, window, members);
            if (senders <= members)
                yield return (
                    $"{load}",
                    room => room.MeasureFanOut(load, _options.FanOutDuration(members)),
                    Most(load)
                );
        }
        if (_options.Modes.Contains("memory") && members >= 1000)
            yield return (
                $"N = {members}, under load: memory, MB",
                static room => room.MeasureMemory(),
                members == 1000 ? new(16) : null
            );
        if (_options.Modes.Contains("resume"))
            yield return ($"N = {members}, all resume: CPU µs a member", static room => room.MeasureResume(), null);
        if (_options.Modes.Contains("reconnect"))
        {
            yield return ($"N = {members}, all cut, back: seconds", static room => room.MeasureReconnect(), new(12));
            yield return ($"N = {members}, all cut, back: CPU s", static room => room.ReconnectCpuSeconds, null);
            yield return (
                $"N = {members}, all cut, back: ms of a line meanwhile",
                static room => room.WorstLineMilliseconds,
                new(50)
            );
        }
    }

    // One line a send pays for the send above all. With a hundred, every byte is encrypted for every member.
    private static Bound? Most(Load load) =>
        load switch
        {
            { Senders: 1, Window: 1 } => new(1.6, IsRatio: true),
            { Senders: 100, Members: 1000 } => new(0.5),
            _ => null,
        };

    private bool Try(string subject, ServerKind kind, Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception error) when (error is MeasurementException or IOException or Win32Exception)
        {
            Console.Error.WriteLine($"bench: {subject}: {error.Message}");
            _isFaultless &= !kind.IsChat;
            return false;
        }
    }
}
