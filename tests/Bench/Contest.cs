using System.Diagnostics;

namespace Chat.Bench;

/// <summary>
/// One run: every contender in turn, and all of that several times over, so that whatever else the machine does falls
/// on all of them. In the closed loop members of both our dialects have a room each at the same time, where both fit,
/// and are measured in turn, seconds apart. Of each figure the median is told, but for what is measured once: idle,
/// storm, resume.
/// </summary>
/// <param name="plan">What to measure.</param>
/// <param name="contenders">Whom.</param>
internal sealed class Contest(Plan plan, IReadOnlyList<Contender> contenders)
{
    private static readonly TimeSpan EntryPatience = TimeSpan.FromMinutes(1),
        TidiedUpAfter = TimeSpan.FromSeconds(3),
        LooksEvery = TimeSpan.FromMilliseconds(50),
        Idles = TimeSpan.FromSeconds(3);
    private static readonly (int Senders, int Window)[] Loads = [(1, 1), (10, 1), (100, 1), (10, 32)];
    private readonly HashSet<(Contender, int Members)> _unable = [];

    /// <summary>On what was measured so far.</summary>
    public Verdict Verdict { get; } = new();

    /// <summary>The closed loop: processor time for each message that came to somebody.</summary>
    public FanOutResults MeasureFanOut()
    {
        FanOutResults results = new();
        foreach (
            (int members, int round) in plan.Members.SelectMany(members =>
                Enumerable.Range(1, plan.RoundsWith(members, ours: true)).Select(round => (members, round))
            )
        )
        {
            foreach (
                Contender[] group in InTurn(
                    contenders.Where(contender =>
                        contender.MostMembers >= members && round <= plan.RoundsWith(members, contender.IsOurs)
                    ),
                    round,
                    plan.SideBySide(members)
                )
            )
            {
                Say(
                    $"fan-out, {members} members, round {round}: {string.Join(" and ", group.Select(static contender => contender.Name))}"
                );
                InRooms(
                    group,
                    members,
                    [],
                    rooms =>
                    {
                        foreach (
                            Load load in Loads
                                .Where(load => load.Senders <= members)
                                .Select(load => new Load(load.Senders, load.Window, members))
                        )
                        {
                            for (int turn = 0; turn < plan.TurnsWith(load, group.Length > 1); turn++)
                            {
                                foreach (
                                    (Contender contender, Crowd crowd, RunningServer server) in turn % 2 == 0
                                        ? rooms
                                        : rooms.Reverse()
                                )
                                    results.Add(
                                        load,
                                        contender,
                                        round,
                                        FanOut.Measure(crowd, server, load, plan.DurationWith(members))
                                    );
                            }
                        }
                    }
                );
            }
        }
        Verdict.OnFanOut(results, plan is { WithPeers: true, Servers: [] });
        return results;
    }

    /// <summary>The open loop: how long a line takes on its way when a schedule says who speaks when.</summary>
    public Table MeasureRate()
    {
        Table table = new(
            $"Lines at set times to {plan.PacedMembers} members, milliseconds from the time each was due",
            "server",
            "messages a second",
            "not reading",
            "p50",
            "p99",
            "p99.9",
            "longest",
            "CPU µs per delivered message",
            "faults"
        );
        Contender[] these = [.. contenders.Where(contender => contender.MostMembers >= plan.PacedMembers)];
        // Who has stopped reading does not begin again, so that comes last.
        Pace[] paces = [new(Pace.Judged, 0), new(10 * Pace.Judged, 0), new(Pace.Judged, 0.1)];
        List<(Pace Pace, string Name, PacedOutcome Outcome)> all = [];
        foreach (
            (int round, Contender contender) in Enumerable
                .Range(1, plan.PacedRounds)
                .SelectMany(round =>
                    InTurn(these, round, together: false)
                        .SelectMany(static group => group)
                        .Select(contender => (round, contender))
                )
        )
        {
            Say($"lines at set times, round {round}: {contender.Name}");
            InRoom(
                contender,
                plan.PacedMembers,
                (crowd, server) =>
                {
                    SitStill(crowd, TidiedUpAfter);
                    foreach (Pace pace in paces)
                    {
                        PacedOutcome outcome = Paced.Measure(crowd, server, pace, plan.PacedDuration);
                        all.Add((pace, contender.Name, outcome));
                        Say($"    {pace}: p99 {Table.Number(outcome.P99)} ms");
                    }
                }
            );
        }
        ILookup<Pace, (Pace Pace, string Name, PacedOutcome Outcome)> outcomes = all.ToLookup(static one => one.Pace);
        foreach (Pace pace in paces)
        {
            Dictionary<string, PacedOutcome> medians = outcomes[pace]
                .GroupBy(static one => one.Name, static one => one.Outcome)
                .ToDictionary(static one => one.Key, PacedOutcome.MedianOf);
            foreach (string name in these.Select(static contender => contender.Name).Where(medians.ContainsKey))
            {
                PacedOutcome median = medians[name];
                table.Add(
                    name,
                    Table.Number(pace.MessagesPerSecond),
                    pace.Slow > 0 ? "a tenth" : "nobody",
                    Table.Number(median.Latencies.Percentile(0.5)),
                    Table.Number(median.P99),
                    Table.Number(median.Latencies.Percentile(0.999)),
                    Table.Number(median.Latencies.Longest),
                    Table.Number(median.CpuMicroseconds),
                    median.Faults
                );
            }
            Verdict.OnRate(medians, pace);
        }
        return table;
    }

    /// <summary>A room in which nobody says anything.</summary>
    public Table MeasureIdle()
    {
        Table table = new(
            "Idle",
            "server",
            "members",
            "memory, MB",
            "bytes a member",
            "CPU, % of a core",
            "wake-ups a second"
        );
        foreach (Contender contender in contenders)
        {
            // In a small room a member is lost in what the server itself takes.
            foreach (
                int members in plan
                    .Members.Where(members => members >= 1000 && members <= contender.MostMembers)
                    .Prepend(0)
            )
            {
                Say($"idle, {members} members: {contender.Name}");
                long empty = 0;
                InRoom(contender, 0, (_, server) => empty = server.Cost.ResidentBytes);
                InRoom(
                    contender,
                    members,
                    (crowd, server) =>
                    {
                        // What a server tidies up when many have come is not yet idleness.
                        SitStill(crowd, TidiedUpAfter);
                        ProcessCost before = server.Cost;
                        Stopwatch watch = Stopwatch.StartNew();
                        // Who shows signs of life does so twice.
                        SitStill(crowd, contender.Dialect.Ping.Length > 0 ? 2 * Crowd.Heartbeat : Idles);
                        ProcessCost after = server.Cost,
                            used = after - before;
                        if (crowd.Dropped > 0)
                            throw new TimeoutException($"{crowd.Dropped} were dropped while nobody said anything");
                        double each = (after.ResidentBytes - empty) / (double)members,
                            share = used.CpuSeconds / watch.Elapsed.TotalSeconds;
                        Verdict.OnIdle(contender.Name, members, after.ResidentBytes, each, share);
                        table.Add(
                            contender.Name,
                            Table.Number(members),
                            Table.Number(after.ResidentBytes / 1e6),
                            Table.Number(members == 0 ? double.NaN : each),
                            Table.Number(100 * share),
                            Table.Number(used.Wakeups / watch.Elapsed.TotalSeconds)
                        );
                    }
                );
            }
        }
        return table;
    }

    /// <summary>From nothing to a server that listens.</summary>
    public Table MeasureStartUp()
    {
        Table table = new("Start-up", "server", "milliseconds until it listens", "CPU, ms");
        foreach (Contender contender in contenders)
        {
            Say($"start-up: {contender.Name}");
            List<(TimeSpan Took, double Cpu)> starts = [];
            try
            {
                for (int i = 0; i < 3 * plan.Rounds; i++)
                {
                    using RunningServer server = new(contender);
                    starts.Add((server.StartUp, server.Cost.CpuSeconds));
                }
            }
            catch (Exception trouble)
                when (trouble is TimeoutException or IOException or System.ComponentModel.Win32Exception)
            {
                PassOver(contender, 0, trouble.Message);
                continue;
            }
            table.Add(
                contender.Name,
                Table.Number(Median(starts, static start => start.Took.TotalMilliseconds).Took.TotalMilliseconds),
                Table.Number(1000 * Median(starts, static start => start.Cpu).Cpu)
            );
        }
        return table;
    }

    /// <summary>Everybody comes and goes.</summary>
    public Table MeasureStorm()
    {
        Table table = new(
            "Storm: connect, come in, leave, 500 at a time",
            "server",
            "at the door at once",
            "visits a second",
            "CPU µs a visit"
        );
        foreach (Contender contender in contenders)
        {
            Say($"storm: {contender.Name}");
            InRoom(
                contender,
                0,
                (crowd, server) =>
                {
                    ProcessCost before = server.Cost;
                    Stopwatch watch = Stopwatch.StartNew();
                    int visits = 0;
                    for (; watch.Elapsed < plan.PacedDuration; visits += Storm.Size)
                        Storm.Blow(crowd, EntryPatience);
                    table.Add(
                        contender.Name,
                        Table.Number(Math.Min(Storm.Size, contender.Dialect.LoginsAtOnce)),
                        Table.Number(visits / watch.Elapsed.TotalSeconds),
                        Table.Number((server.Cost - before).CpuSeconds * 1e6 / visits)
                    );
                }
            );
        }
        return table;
    }

    /// <summary>All connections break at once, and everybody comes back.</summary>
    public Table MeasureResume()
    {
        Table table = new(
            "Resume: everybody is cut, 100 lines are said, everybody is back",
            "server",
            "members",
            "seconds until all have all",
            "CPU, s",
            "faults"
        );
        foreach (Contender contender in contenders.Where(static contender => contender.Dialect.KeepsPlace))
        {
            foreach (int members in plan.Members)
            {
                Say($"resume, {members} members: {contender.Name}");
                InRoom(
                    contender,
                    members,
                    (crowd, server) =>
                    {
                        ResumeOutcome outcome = Resume.Measure(crowd, server, EntryPatience);
                        table.Add(
                            contender.Name,
                            Table.Number(members),
                            Table.Number(outcome.Seconds),
                            Table.Number(outcome.CpuSeconds),
                            outcome.Faults
                        );
                        Verdict.OnResume(members, outcome);
                    }
                );
            }
        }
        return table;
    }

    /// <summary>
    /// The other end: what a long conversation costs a client, and whether one can still type in a flood.
    /// </summary>
    public Table MeasureClient()
    {
        const int Backlog = 100_000;
        Table table = new(
            "The client",
            "what",
            "lines",
            "CPU, s",
            "lines a second",
            "frames a second",
            "a key's way, ms: p50",
            "longest"
        );
        Say("client: a backlog in a pipe");
        ClientInPipe pipe = Median(
            Enumerable.Range(0, plan.Rounds).Select(_ => ClientCost.InPipe(plan.Binary, Backlog)),
            static outcome => outcome.CpuSeconds
        );
        table.Add(
            "a backlog, through a pipe",
            Table.Number(Backlog),
            Table.Number(pipe.CpuSeconds),
            Table.Number(Backlog / pipe.Seconds),
            "-",
            "-",
            "-"
        );
        Say("client: a flood at a terminal");
        // What is told of it is a worst case, so the worst round is.
        ClientInFlood flood = Enumerable
            .Range(0, plan.Rounds)
            .Select(_ => ClientCost.InFlood(plan.Binary))
            .MaxBy(static outcome => outcome.Echoes.Longest)!;
        table.Add(
            "a flood, at a terminal",
            "-",
            "-",
            Table.Number(flood.LinesPerSecond),
            Table.Number(flood.FramesPerSecond),
            Table.Number(flood.Echoes.Percentile(0.5)),
            Table.Number(flood.Echoes.Longest)
        );
        Verdict.OnClient(pipe, flood);
        return table;
    }

    // The crowd looks from time to time and is not woken: on one machine, waking it would be done by the server and be
    // counted as its own.
    private static void SitStill(Crowd crowd, TimeSpan duration)
    {
        Stopwatch watch = Stopwatch.StartNew();
        for (TimeSpan next = default; watch.Elapsed < duration; )
        {
            Thread.Sleep(1);
            crowd.GoRound();
            if (watch.Elapsed < next)
                continue;
            next = watch.Elapsed + LooksEvery;
            crowd.Pump(0);
        }
    }

    // A server that does not get so many in, or dies of them, is told of, passed over and not asked again.
    private void InRoom(Contender contender, int members, Action<Crowd, RunningServer> measure)
    {
        if (_unable.Contains((contender, members)))
            return;
        RunningServer? server = null;
        Cores? core = null;
        try
        {
            server = new RunningServer(contender);
            core = Cores.OfMembers();
            using Crowd crowd = new(contender.Dialect, server.Port);
            crowd.Grow(members, EntryPatience);
            crowd.Settle(EntryPatience);
            crowd.SpreadSigns();
            measure(crowd, server);
        }
        catch (Exception trouble)
            when (trouble is TimeoutException or IOException or System.ComponentModel.Win32Exception)
        {
            PassOver(
                contender,
                members,
                trouble.Message + (server is { HasExited: true } ? "; the server has ended" : "")
            );
        }
        finally
        {
            core?.Dispose();
            server?.Dispose();
        }
    }

    private void PassOver(Contender contender, int members, string why)
    {
        _unable.Add((contender, members));
        Say($"{contender.Name}, {members} members: {why}");
        Verdict.OnFailure(contender.Name, members);
    }

    // Ours, which are held to each other most closely, as one group or one directly after the other, each as often
    // first as the other; in each round another number of the others goes before them.
    private static IEnumerable<Contender[]> InTurn(IEnumerable<Contender> contenders, int round, bool together)
    {
        Contender[] both = [.. contenders.Where(static contender => contender.IsOurs)];
        if (round % 2 == 0)
            Array.Reverse(both);
        Contender[][] ours = [.. both.Chunk(together ? 2 : 1)];
        Contender[][] others = [.. contenders.Where(static contender => !contender.IsOurs).Chunk(1)];
        int before = (round - 1) % (others.Length + 1);
        return [.. others[..before], .. ours, .. others[before..]];
    }

    // Rooms side by side, of which one at a time is busy.
    private void InRooms(
        Contender[] group,
        int members,
        (Contender, Crowd, RunningServer)[] rooms,
        Action<IEnumerable<(Contender, Crowd, RunningServer)>> measure
    )
    {
        if (rooms.Length == group.Length)
            measure(rooms);
        else
            InRoom(
                group[rooms.Length],
                members,
                (crowd, server) => InRooms(group, members, [.. rooms, (group[rooms.Length], crowd, server)], measure)
            );
    }

    private static T Median<T>(IEnumerable<T> values, Func<T, double> by)
    {
        T[] inOrder = [.. values.OrderBy(by)];
        return inOrder[inOrder.Length / 2];
    }

    private static void Say(string words) => Console.Error.WriteLine($"bench: {words}");
}
