using System.Diagnostics;

namespace Chat.Bench;

/// <summary>A schedule: so many lines a second, evenly, while this share of the members does not read.</summary>
internal sealed record Pace(int MessagesPerSecond, double Slow)
{
    /// <summary>At which somebody is held to something.</summary>
    public const int Judged = 20;

    public override string ToString() =>
        $"{MessagesPerSecond} messages a second{(Slow > 0 ? ", a tenth not reading" : "")}";
}

/// <summary>How long lines took on their way.</summary>
internal sealed record PacedOutcome(Latencies Latencies, double CpuMicroseconds, string Faults)
{
    /// <summary>Milliseconds that 99 of 100 do not exceed.</summary>
    public double P99 { get; } = Latencies.Percentile(0.99);

    /// <summary>The one in the middle, with the faults of all.</summary>
    public static PacedOutcome MedianOf(IEnumerable<PacedOutcome> rounds)
    {
        PacedOutcome[] inOrder = [.. rounds.OrderBy(static outcome => outcome.P99)];
        return inOrder[inOrder.Length / 2] with
        {
            Faults = Array.Find(inOrder, static outcome => outcome.Faults != "none")?.Faults ?? "none",
        };
    }
}

/// <summary>
/// The open loop: a schedule says who speaks when, however the server fares, and a line's way is measured from the time
/// it was due. A server that stands still for a second does not thereby escape the lines of that second.
/// </summary>
internal static class Paced
{
    private const int Senders = 10;

    // Linux acknowledges the first sixteen packets after a silence at once, on the core that sent them, and others only
    // when they are read: to whatever server the first lines are dearer than all others, and of a hundred lines they
    // would be the p99.
    private const int WarmUpMessages = 20;

    private static readonly TimeSpan GivenUpAfter = TimeSpan.FromSeconds(3);

    /// <param name="crowd">In the room.</param>
    /// <param name="server">Theirs.</param>
    /// <param name="pace">When lines are said. Who is not to read stops before it begins, the last ones.</param>
    /// <param name="duration">For which lines are said, after a few that are not measured.</param>
    public static PacedOutcome Measure(Crowd crowd, RunningServer server, Pace pace, TimeSpan duration)
    {
        int members = crowd.Members.Count,
            reading = members - (int)(members * pace.Slow);
        foreach (Member member in crowd.Members.Skip(reading))
            crowd.StopReading(member);
        int messages = WarmUpMessages + (int)(duration.TotalSeconds * pace.MessagesPerSecond);
        long start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 10);
        long Due(int message) => start + (message * Stopwatch.Frequency / pace.MessagesPerSecond);
        Latencies latencies = new();
        Ledger ledger = new(
            members,
            Senders,
            messages,
            crowd.Dialect.Echoes ? reading : reading - 1,
            crowd.Dialect.Echoes
        )
        {
            Latencies = latencies,
            TimedFrom = Due(WarmUpMessages),
        };
        crowd.Ledger = ledger;
        (double before, long warmUp) = (0, 0);
        for (int i = 0; i < messages; i++)
        {
            if (i == WarmUpMessages)
            {
                // Early: it takes a moment to ask what a server has cost so far, and the more threads it has the
                // longer.
                PumpUntil(crowd, Due(i) - (Stopwatch.Frequency / 500));
                (before, warmUp) = (server.Cost.CpuSeconds, ledger.Delivered);
            }
            PumpUntil(crowd, Due(i));
            crowd.SayAt(i % Senders, Due(i));
        }
        long end = Stopwatch.GetTimestamp() + (long)(GivenUpAfter.TotalSeconds * Stopwatch.Frequency);
        while (ledger.Owed > 0 && Stopwatch.GetTimestamp() < end)
            crowd.Pump(10);
        crowd.ListenOn();
        return new(latencies, (server.Cost.CpuSeconds - before) * 1e6 / (ledger.Delivered - warmUp), ledger.ToString());
    }

    // The system's waits are in whole milliseconds; the last one is spent looking.
    private static void PumpUntil(Crowd crowd, long due)
    {
        while (due - Stopwatch.GetTimestamp() is > 0 and long left)
            crowd.Pump((int)Math.Max(0, (left * 1000 / Stopwatch.Frequency) - 1));
    }
}
