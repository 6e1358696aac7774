using System.Diagnostics;

namespace Chat.Bench;

/// <summary>How long lines took on their way.</summary>
internal sealed record PacedOutcome(Latencies Latencies, double CpuMicroseconds, string Faults)
{
    /// <summary>Milliseconds that 99 of 100 do not exceed.</summary>
    public double P99 { get; } = Latencies.Percentile(0.99);
}

/// <summary>
/// The open loop: a schedule says who speaks when, however the server fares, and a line's way is measured from the time it was due. A server that
/// stands still for a second does not thereby escape the lines of that second.
/// </summary>
internal static class Paced
{
    public const int MessagesPerSecond = 20;
    private const int Senders = 10;

    private static readonly TimeSpan GivenUpAfter = TimeSpan.FromSeconds(3);

    /// <param name="crowd">In the room.</param>
    /// <param name="server">Theirs.</param>
    /// <param name="slow">The share of members that stop reading before it begins, the last ones.</param>
    /// <param name="duration">For which lines are said.</param>
    public static PacedOutcome Measure(Crowd crowd, RunningServer server, double slow, TimeSpan duration)
    {
        int members = crowd.Members.Count, reading = members - (int)(members * slow);
        foreach (Member member in crowd.Members.Skip(reading))
            crowd.StopReading(member);
        int messages = (int)(duration.TotalSeconds * MessagesPerSecond);
        Ledger ledger = new(members, Senders, messages, crowd.Dialect.Echoes ? reading : reading - 1, crowd.Dialect.Echoes) { Latencies = new() };
        crowd.Ledger = ledger;
        double before = server.Cost.CpuSeconds;
        long start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 10);
        for (int i = 0; i < messages; i++)
        {
            long due = start + (i * Stopwatch.Frequency / MessagesPerSecond);
            PumpUntil(crowd, due);
            crowd.SayAt(i % Senders, due);
        }
        long end = Stopwatch.GetTimestamp() + (long)(GivenUpAfter.TotalSeconds * Stopwatch.Frequency);
        while (ledger.Owed > 0 && Stopwatch.GetTimestamp() < end)
            crowd.Pump(10);
        crowd.ListenOn();
        return new(ledger.Latencies, (server.Cost.CpuSeconds - before) * 1e6 / ledger.Delivered, ledger.ToString());
    }

    // The system's waits are in whole milliseconds; the last one is spent looking.
    private static void PumpUntil(Crowd crowd, long due)
    {
        while (due - Stopwatch.GetTimestamp() is > 0 and long left)
            crowd.Pump((int)Math.Max(0, (left * 1000 / Stopwatch.Frequency) - 1));
    }
}
