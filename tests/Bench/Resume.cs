using System.Diagnostics;

namespace Chat.Bench;

/// <summary>How everybody came back.</summary>
internal sealed record ResumeOutcome(double Seconds, double CpuSeconds, string Faults);

/// <summary>
/// The room's power fails, and everybody but one is cut off. That one says a hundred lines; then all come back at once,
/// each from its own place, and are to have every line once.
/// </summary>
internal static class Resume
{
    private const int Lines = 100;

    public static ResumeOutcome Measure(Crowd crowd, RunningServer server, TimeSpan patience)
    {
        int members = crowd.Members.Count;
        Ledger ledger = new(members, 1, Lines, members, echoes: true);
        crowd.Ledger = ledger;
        foreach (Member member in crowd.Members.Skip(1))
            Crowd.Cut(member);
        crowd.SayAll(0, Lines);
        long until = Stopwatch.GetTimestamp() + (long)(patience.TotalSeconds * Stopwatch.Frequency);
        crowd.WaitFor(() => ledger.Delivered == Lines, until, "told");

        double before = server.Cost.CpuSeconds;
        Stopwatch watch = Stopwatch.StartNew();
        foreach (Member member in crowd.Members.Skip(1))
            crowd.Connect(member);
        crowd.WaitFor(() => ledger.Owed == 0, until, "back");
        (double seconds, double cpu) = (watch.Elapsed.TotalSeconds, server.Cost.CpuSeconds - before);
        crowd.ListenOn();
        return new(seconds, cpu, ledger.ToString());
    }
}
