namespace Chat.Bench;

/// <summary>
/// What the fan-out is held to, and whether it was: a row for each bound. All are ratios within one run, so that a slow machine or a busy one bends
/// both sides alike.
/// </summary>
internal static class Verdict
{
    private const string Yardstick = "ngircd";
    private static readonly string[] Ours = ["chat, plain", "chat, rich"];

    // It relays what one receive brought, not lines.
    private static readonly string[] CutsLines = ["ncat --chat"];

    /// <summary>Of the yardstick's processor time for a delivered message, at most.</summary>
    private static readonly (Load Load, double Most, double LeastRate)[] Bounds =
    [
        (new(1, 1, 100), 1, 0), (new(10, 1, 100), 1, 3), (new(100, 1, 100), 0.4, 0), (new(100, 1, 1000), 0.25, 0), (new(10, 32, 100), 0.16, 0), (new(10, 32, 1000), 0.13, 0),
    ];

    public static Table On(FanOutResults results)
    {
        Table table = new("Bounds", "bound", "at most", "measured", "held");
        foreach ((Load load, double most, double leastRate) in Bounds)
        {
            if (results.Median(load, Yardstick) is not Outcome yardstick)
                continue;
            foreach (string name in Ours)
            {
                if (results.Median(load, name) is not Outcome outcome)
                    continue;
                Judge(table, $"{name}, of {Yardstick}'s, {load}", most, outcome.CpuMicroseconds / yardstick.CpuMicroseconds);
                if (leastRate > 0)
                    Judge(table, $"{Yardstick}'s messages a second, of {name}'s, {load}", 1 / leastRate, yardstick.Messages / outcome.Messages);
            }
        }
        foreach (Load load in results.Loads)
            JudgeLoad(table, results, load);
        return table;
    }

    private static void JudgeLoad(Table table, FanOutResults results, Load load)
    {
        if (results.Median(load, Ours[0]) is not Outcome plain || results.Median(load, Ours[1]) is not Outcome rich)
            return;
        if (load.Members >= 100)
            Judge(table, $"rich, of plain's, {load}", 1.15, rich.CpuMicroseconds / plain.CpuMicroseconds);
        double worst = Math.Max(plain.CpuMicroseconds, rich.CpuMicroseconds);
        var best = results.Names.Except([.. Ours, .. CutsLines]).Select(name => (name, results.Median(load, name)?.CpuMicroseconds))
            .Where(static peer => peer.CpuMicroseconds is not null).OrderBy(static peer => peer.CpuMicroseconds).FirstOrDefault();
        if (load.Members >= 100 && best.CpuMicroseconds is double least)
            Judge(table, $"the dearer of ours, of {best.name}'s, {load}", 1, worst / least);
        if (load.Members != 10_000)
            return;
        foreach ((string name, Outcome outcome) in Ours.Zip([plain, rich]))
        {
            if (results.Median(load with { Members = 100 }, name) is Outcome small)
                Judge(table, $"{name}, of what it costs at N = 100, {load}", load is { Senders: 1, Window: 1 } ? 2 : 1.5, outcome.CpuMicroseconds / small.CpuMicroseconds);
        }
    }

    private static void Judge(Table table, string bound, double most, double measured) =>
        table.Add(bound, Table.Number(most), Table.Number(measured), measured <= most ? "yes" : "NO");
}
