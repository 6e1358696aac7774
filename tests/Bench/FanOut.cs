using System.Diagnostics;

namespace Chat.Bench;

/// <summary>
/// A load: so many senders in a room of so many, each with at most so many messages that are not yet with everybody.
/// </summary>
internal sealed record Load(int Senders, int Window, int Members)
{
    public override string ToString() =>
        $"{Senders} {(Senders == 1 ? "sender" : "senders")}, window {Window}, N = {Members}";
}

/// <summary>What a load cost one server.</summary>
/// <param name="CpuMicroseconds">Of the server's processor for each message that came to somebody.</param>
/// <param name="OwnMicroseconds">For which this generator was busy with each: where that is more, the generator was the
/// bottleneck.</param>
/// <param name="Deliveries">Messages that came to somebody, a second.</param>
/// <param name="Messages">Messages said, a second.</param>
/// <param name="ResidentBytes">Of memory, at the end.</param>
/// <param name="Faults">In words; "none" when every pair got everything once and in order.</param>
internal sealed record Outcome(
    double CpuMicroseconds,
    double OwnMicroseconds,
    double Deliveries,
    double Messages,
    long ResidentBytes,
    string Faults
);

/// <summary>
/// The closed loop: who may speak does so, as soon as there is room in the window. The load is therefore as high as the
/// server bears, and never such that lines pile up; what differs between servers is how many messages a second they
/// carry, and what each costs.
/// </summary>
internal static class FanOut
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.25);

    // A message that is not with everybody by then is lost.
    private static readonly TimeSpan GivenUpAfter = TimeSpan.FromSeconds(3);

    public static Outcome Measure(Crowd crowd, RunningServer server, Load load, TimeSpan duration)
    {
        Ledger warmUp = Run(crowd, load, WarmUp);
        ProcessCost before = server.Cost;
        long busy = crowd.Busy;
        Stopwatch watch = Stopwatch.StartNew();
        Ledger ledger = Run(crowd, load, duration);
        double seconds = watch.Elapsed.TotalSeconds;
        ProcessCost after = server.Cost;
        double cpu = (after - before).CpuSeconds,
            own = (crowd.Busy - busy) / (double)Stopwatch.Frequency;
        crowd.ListenOn();
        crowd.Ledger = null;
        string faults =
            (warmUp.IsFaultless ? ledger : warmUp).ToString()
            + (crowd.Dropped > 0 ? $", {crowd.Dropped} members dropped" : "");
        return new(
            cpu * 1e6 / ledger.Delivered,
            own * 1e6 / ledger.Delivered,
            ledger.Delivered / seconds,
            ledger.Complete / seconds,
            after.ResidentBytes,
            faults
        );
    }

    private static Ledger Run(Crowd crowd, Load load, TimeSpan duration)
    {
        Ledger ledger = new(
            load.Members,
            load.Senders,
            load.Window,
            crowd.Dialect.Echoes ? load.Members : load.Members - 1,
            crowd.Dialect.Echoes
        );
        crowd.Ledger = ledger;
        long now = Stopwatch.GetTimestamp();
        long end = now + (long)(duration.TotalSeconds * Stopwatch.Frequency),
            progress = now,
            delivered = 0;
        while ((now < end || ledger.Owed > 0) && now - progress < GivenUpAfter.TotalSeconds * Stopwatch.Frequency)
        {
            for (int sender = 0; sender < load.Senders && now < end; sender++)
                crowd.SayAll(sender, load.Window);
            // Never asleep: members on other machines would not have the server pay for waking them, and how often it
            // does hangs on who is the faster.
            crowd.Pump(0);
            now = Stopwatch.GetTimestamp();
            if (ledger.Delivered == delivered)
                continue;
            (delivered, progress) = (ledger.Delivered, now);
        }
        // What would still come belongs to nothing that is measured afterwards.
        if (!ledger.IsFaultless)
            crowd.Settle(GivenUpAfter);
        return ledger;
    }
}
