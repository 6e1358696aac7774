namespace Chat.Bench;

/// <summary>
/// What is held to what, and whether it was: a row for each bound. What can be is a ratio within one run, so that a
/// slow machine or a busy one bends both sides alike.
/// </summary>
internal sealed class Verdict
{
    private const int Crowded = 10_000;
    private const string Yardstick = FanOutResults.Yardstick;
    private static readonly string[] Ours = [Contender.Plain, Contender.Rich];

    // It relays what one receive brought, which is a line only where no more than one is under way.
    private const string CutsLines = "ncat --chat";

    /// <summary>Of the yardstick's processor time for a delivered message, at most.</summary>
    private static readonly (Load Load, double Most, double LeastRate)[] Bounds =
    [
        (new(1, 1, 100), 1, 0),
        (new(10, 1, 100), 1, 3),
        (new(100, 1, 100), 0.4, 0),
        (new(100, 1, 1000), 0.25, 0),
        (new(10, 32, 100), 0.16, 0),
        (new(10, 32, 1000), 0.13, 0),
    ];

    private readonly Table _table = new("Bounds", "bound", "at most", "measured", "held");
    private Dictionary<string, PacedOutcome> _allReading = [];

    /// <summary>Whether every bound was held.</summary>
    public bool AllHeld { get; private set; } = true;

    /// <summary>
    /// A server did not get so many in, or died. Of ours that is never well, and of others not where something is held
    /// to what they cost.
    /// </summary>
    public void OnFailure(string name, int members)
    {
        if (Ours.Contains(name) || Array.Exists(Bounds, bound => bound.Load.Members == members))
            Judge($"{name}: rooms of {members} that could not be measured", 0, 1);
    }

    /// <param name="results">Of all loads.</param>
    /// <param name="complete">Everybody was to be measured.</param>
    public void OnFanOut(FanOutResults results, bool complete)
    {
        if (complete && !results.Names.Contains(Yardstick))
            Judge($"{Yardstick}: not there to be measured", 0, 1);
        foreach ((Load load, double most, double leastRate) in Bounds)
        {
            if (results.Median(load, Yardstick) is { Faults: not "none" })
                Judge($"{Yardstick}: lost, doubled, late or garbled lines, {load}", 0, 1);
            foreach (string name in Ours)
            {
                if (results.Ratio(load, name, Yardstick) is not double ratio)
                    continue;
                Judge($"{name}, of {Yardstick}'s, {load}", most, ratio);
                if (leastRate > 0)
                    Judge(
                        $"{Yardstick}'s messages a second, of {name}'s, {load}",
                        1 / leastRate,
                        results.RatioOfMessages(load, Yardstick, name)!.Value
                    );
            }
        }
        foreach (Load load in results.Loads)
            JudgeLoad(results, load);
        Outcome[] ours =
        [
            .. results.Loads.SelectMany(load => Ours.Select(name => results.Median(load, name))).OfType<Outcome>(),
        ];
        Judge(
            "ours: loads under which a line was lost, doubled, late or garbled",
            0,
            ours.Count(static outcome => outcome.Faults != "none")
        );
        Outcome[] crowded =
        [
            .. results
                .Loads.Where(static load => load.Members == Crowded)
                .SelectMany(load => Ours.Select(name => results.Median(load, name)))
                .OfType<Outcome>(),
        ];
        if (crowded.Length > 0)
            Judge(
                $"ours: MB of memory while {Crowded} talk",
                64,
                crowded.Max(static outcome => outcome.ResidentBytes) / 1e6
            );
    }

    /// <param name="medians">Of each server.</param>
    /// <param name="pace">The one in which some do not read comes after the same with all reading.</param>
    public void OnRate(Dictionary<string, PacedOutcome> medians, Pace pace)
    {
        Judge(
            $"ours: lost, doubled, late or garbled lines, {pace}",
            0,
            medians.Count(static one => Ours.Contains(one.Key) && one.Value.Faults != "none")
        );
        if (pace.MessagesPerSecond != Pace.Judged)
            return;
        bool slow = pace.Slow > 0;
        string[] peers = [.. medians.Keys.Except(Ours).Where(peer => medians[peer].Faults == "none")];
        foreach (string name in Ours.Where(medians.ContainsKey))
        {
            double ours = medians[name].P99;
            if (slow && _allReading.TryGetValue(name, out PacedOutcome? allReading))
                Judge($"{name}, p99 with a tenth not reading, of that with all reading", 1.2, ours / allReading.P99);
            if (!slow && peers.MinBy(peer => medians[peer].P99) is string best)
                Judge(
                    $"{name}, p99 at {pace.MessagesPerSecond} messages a second, of {best}'s",
                    1,
                    ours / medians[best].P99
                );
        }
        if (!slow)
            _allReading = medians;
    }

    /// <param name="name">The server's.</param>
    /// <param name="members">In its room.</param>
    /// <param name="bytes">Of memory.</param>
    /// <param name="each">Bytes of memory for each member.</param>
    /// <param name="share">Of a core.</param>
    public void OnIdle(string name, int members, long bytes, double each, double share)
    {
        if (!Ours.Contains(name))
            return;
        if (members == 0)
            Judge($"{name}: MB of memory of an idle server", 12, bytes / 1e6);
        if (members != Crowded)
            return;
        bool plain = name == Ours[0];
        Judge($"{name}: bytes of memory for each of {members} idle members", plain ? 1000 : 1500, each);
        if (!plain)
            Judge($"{name}: % of a core with {members} idle members", 2, 100 * share);
    }

    public void OnResume(int members, ResumeOutcome outcome)
    {
        if (members == Crowded)
            Judge(
                $"seconds until {members} that were cut off have everything",
                10,
                outcome.Faults == "none" ? outcome.Seconds : double.PositiveInfinity
            );
    }

    public void OnClient(ClientInPipe pipe, ClientInFlood flood)
    {
        Judge($"client: seconds of processor for {pipe.Lines} lines into a pipe", 1, pipe.CpuSeconds);
        Judge("client: frames a second in a flood", 60, flood.FramesPerSecond);
        Judge("client: milliseconds until a key is seen in a flood", 50, flood.Echoes.Longest);
    }

    public override string ToString() => _table.ToString();

    private void JudgeLoad(FanOutResults results, Load load)
    {
        if (results.Median(load, Ours[0]) is not Outcome plain || results.Median(load, Ours[1]) is not Outcome rich)
            return;
        if (load.Members >= 100)
        {
            Judge($"rich, of plain's, {load}", 1.15, results.Ratio(load, Ours[1], Ours[0])!.Value);
            (string peer, double? ratio) nearest = results
                .Names.Except(Ours)
                .Where(peer =>
                    (peer != CutsLines || load is { Senders: 1, Window: 1 })
                    && results.Median(load, peer)?.Faults == "none"
                )
                .Select(peer => (peer, ratio: Ours.Max(name => results.Ratio(load, name, peer))))
                .OrderByDescending(static one => one.ratio)
                .FirstOrDefault();
            if (nearest.ratio is double ratio)
                Judge($"the dearer of ours, of {nearest.peer}'s, {load}", 1, ratio);
        }
        if (load.Members != Crowded)
            return;
        foreach ((string name, Outcome outcome) in Ours.Zip([plain, rich]))
        {
            if (results.Median(load with { Members = 100 }, name) is Outcome small)
                Judge(
                    $"{name}, of what it costs at N = 100, {load}",
                    load is { Senders: 1, Window: 1 } ? 2 : 1.5,
                    outcome.CpuMicroseconds / small.CpuMicroseconds
                );
        }
    }

    private void Judge(string bound, double most, double measured)
    {
        AllHeld &= measured <= most;
        _table.Add(bound, Table.Number(most), Table.Number(measured), measured <= most ? "yes" : "NO");
    }
}
