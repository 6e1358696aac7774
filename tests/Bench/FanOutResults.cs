namespace Chat.Bench;

/// <summary>What every load cost every server, several times over.</summary>
internal sealed class FanOutResults
{
    /// <summary>Beside whom everybody is put.</summary>
    public const string Yardstick = "ngircd";

    private readonly Dictionary<(Load Load, string Name), List<(int Round, Outcome Outcome)>> _outcomes = [];

    /// <summary>Everything that was loaded, in the order in which it was first.</summary>
    public List<Load> Loads { get; } = [];

    public List<string> Names { get; } = [];

    public void Add(Load load, Contender contender, int round, Outcome outcome)
    {
        if (!Loads.Contains(load))
            Loads.Add(load);
        if (!Names.Contains(contender.Name))
            Names.Add(contender.Name);
        if (!_outcomes.ContainsKey((load, contender.Name)))
            _outcomes[(load, contender.Name)] = [];
        _outcomes[(load, contender.Name)].Add((round, outcome));
    }

    /// <summary>
    /// The median of what a load cost, as a whole outcome, with the most memory and the faults of all; null where it
    /// was not measured.
    /// </summary>
    public Outcome? Median(Load load, string name)
    {
        if (!_outcomes.TryGetValue((load, name), out List<(int Round, Outcome Outcome)>? measured))
            return null;
        Outcome[] outcomes =
        [
            .. measured.Select(static one => one.Outcome).OrderBy(static outcome => outcome.CpuMicroseconds),
        ];
        return outcomes[outcomes.Length / 2] with
        {
            Faults = Faults(outcomes),
            ResidentBytes = outcomes.Max(static outcome => outcome.ResidentBytes),
        };
    }

    /// <summary>
    /// What a load cost one server, of what it cost another: the median of the rounds' own ratios, because within a
    /// round a machine that is shared is nearer to being the same one than from round to round. Null where one was not
    /// measured.
    /// </summary>
    public double? Ratio(Load load, string name, string other) =>
        Ratio(load, name, other, static outcome => outcome.CpuMicroseconds);

    /// <summary>The same for the messages that one server carried, of another's.</summary>
    public double? RatioOfMessages(Load load, string name, string other) =>
        Ratio(load, name, other, static outcome => outcome.Messages);

    private double? Ratio(Load load, string name, string other, Func<Outcome, double> figure)
    {
        if (
            !_outcomes.TryGetValue((load, name), out List<(int Round, Outcome Outcome)>? ours)
            || !_outcomes.TryGetValue((load, other), out List<(int Round, Outcome Outcome)>? theirs)
        )
            return null;
        ILookup<int, Outcome> byRound = theirs.ToLookup(static one => one.Round, static one => one.Outcome);
        return Middle(
            ours.GroupBy(static one => one.Round, static one => one.Outcome)
                .Where(round => byRound.Contains(round.Key))
                .Select(round => Middle(round.Select(figure)) / Middle(byRound[round.Key].Select(figure)))
        );
    }

    private static double Middle(IEnumerable<double> figures)
    {
        double[] inOrder = [.. figures.Order()];
        return inOrder.Length > 0 ? inOrder[inOrder.Length / 2] : double.NaN;
    }

    public Table ToTable()
    {
        Table table = new(
            "Fan-out: 64-byte lines, each delivery checked",
            "load",
            "server",
            "CPU µs per delivered message",
            $"of {Yardstick}'s",
            "messages a second",
            $"of {Yardstick}'s",
            "delivered a second",
            "the generator's µs",
            "faults"
        );
        foreach (Load load in Loads.OrderBy(static load => (load.Window, load.Senders, load.Members)))
        {
            foreach (string name in Names)
            {
                if (Median(load, name) is not Outcome outcome)
                    continue;
                table.Add(
                    name == Names[0] ? load.ToString() : "",
                    name,
                    Table.Number(outcome.CpuMicroseconds),
                    Table.Number(Ratio(load, name, Yardstick) ?? double.NaN),
                    Table.Number(outcome.Messages),
                    Table.Number(RatioOfMessages(load, name, Yardstick) ?? double.NaN),
                    Table.Number(outcome.Deliveries),
                    Table.Number(outcome.OwnMicroseconds),
                    outcome.Faults
                );
            }
        }
        return table;
    }

    // A fault in any round is a fault.
    private static string Faults(Outcome[] outcomes) =>
        Array.Find(outcomes, static outcome => outcome.Faults != "none")?.Faults ?? "none";
}
