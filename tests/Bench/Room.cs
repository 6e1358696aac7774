using System.Diagnostics;

namespace Chat.Bench;

/// <summary>So many senders in a room of so many members, each with at most a window of messages in flight.</summary>
internal sealed record Load(int Senders, int Window, int Members)
{
    public override string ToString() =>
        $"N = {Members}, {Senders} {(Senders == 1 ? "sender" : "senders")}, window {Window}";
}

/// <summary>A server and its members, and all that is measured of them.</summary>
internal sealed class Room : IDisposable
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.25),
        DeliveryTimeout = TimeSpan.FromSeconds(3),
        LastLines = TimeSpan.FromSeconds(0.1);

    private readonly ServerProcess _server;
    private readonly long _emptyBytes;

    /// <summary>Starts a server and fills it.</summary>
    public Room(ServerKind kind, int members)
    {
        Kind = kind;
        _server = new(kind);
        Pool = new(kind.Protocol, _server.Port);
        try
        {
            Pool.Settle();
            _emptyBytes = _server.OwnBytes;
            Pool.Fill(members);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ServerKind Kind { get; }

    public MemberPool Pool { get; }

    /// <summary>The growth of the server's memory since the room was empty.</summary>
    public double BytesPerMember => (_server.OwnBytes - _emptyBytes) / (double)Pool.Members.Count;

    /// <summary>
    /// Senders send as soon as their window has room, so the load is as high as the server bears and no queue grows.
    /// </summary>
    /// <returns>Microseconds of the server's CPU for each delivered line.</returns>
    public double MeasureFanOut(Load load, TimeSpan duration)
    {
        Run(load, WarmUp);
        (double cpu, long busy) = (_server.CpuSeconds, Pool.BusyTicks);
        long start = Stopwatch.GetTimestamp();
        long delivered = Run(load, duration);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        cpu = (_server.CpuSeconds - cpu) * 1e6 / delivered;
        // If the generator needs longer than the server, it sets the pace.
        Console.Error.WriteLine(
            $"bench: {load}: {Kind.Name} {Table.Format(cpu)} µs; {Table.Format(delivered / seconds)} lines/s, "
                + $"generator {Table.Format((Pool.BusyTicks - busy) * 1e6 / Stopwatch.Frequency / delivered)} µs"
        );
        return cpu;
    }

    /// <summary>No member sends a line, and each rich member pings once.</summary>
    /// <returns>Percent of a core that the server uses.</returns>
    public double MeasureIdle()
    {
        // The server frees memory after many joins.
        Idle(TimeSpan.FromSeconds(3));
        double before = _server.CpuSeconds;
        Stopwatch watch = Stopwatch.StartNew();
        Idle(MemberPool.Heartbeat);
        Pool.ThrowIfDropped();
        return 100 * (_server.CpuSeconds - before) / watch.Elapsed.TotalSeconds;
    }

    /// <summary>
    /// All members but one lose their connection, that one sends 100 lines, and all reconnect at once, each at its
    /// offset.
    /// </summary>
    /// <returns>Microseconds of the server's CPU for each member, until every member has every line.</returns>
    public double MeasureResume()
    {
        const int Lines = 100;
        if (!Kind.Protocol.IsRich)
            return double.NaN;
        int members = Pool.Members.Count;
        DeliveryCheck check = new(members, 1, Lines, echoes: true);
        Pool.Check = check;
        foreach (Member member in Pool.Members.Skip(1))
            member.Dispose();
        Pool.SendMessages(0, Lines);
        Pool.WaitUntil(() => check.Delivered == Lines || check.HasFault, "receive the lines", Stopwatch.StartNew());
        double before = _server.CpuSeconds;
        Pool.Connect(Pool.Members.Skip(1));
        Pool.WaitUntil(
            () => check.Pending == 0 || check.HasFault,
            "receive the lines that they missed",
            Stopwatch.StartNew()
        );
        double cpu = _server.CpuSeconds - before;
        FinishCheck(check);
        return cpu * 1e6 / members;
    }

    /// <summary>A hundred senders send for a second, and then the memory still holds the garbage of it.</summary>
    /// <returns>Megabytes of resident memory, with the pages of the program.</returns>
    public double MeasureMemory()
    {
        Run(new(Math.Min(100, Pool.Members.Count), 1, Pool.Members.Count), TimeSpan.FromSeconds(1));
        return _server.ResidentBytes / 1e6;
    }

    /// <summary>
    /// All members lose their connection, and reconnect at once. Two others say lines from the cut on.
    /// </summary>
    /// <returns>Seconds until all are in the room again.</returns>
    public double MeasureReconnect()
    {
        (ReconnectCpuSeconds, WorstLineMilliseconds) = (double.NaN, double.NaN);
        if (!Kind.Protocol.IsRich)
            return double.NaN;
        using Witnesses witnesses = new(Kind.Protocol.Others, _server.Port);
        Pool.Settle();
        double before = _server.CpuSeconds;
        Stopwatch watch = Stopwatch.StartNew();
        Pool.Members.ForEach(static member => member.Dispose());
        witnesses.Begin();
        Pool.Connect(Pool.Members);
        Pool.WaitUntil(
            () => Pool.Members.TrueForAll(static member => member.HasJoined),
            "are back",
            Stopwatch.StartNew()
        );
        double seconds = watch.Elapsed.TotalSeconds;
        ReconnectCpuSeconds = _server.CpuSeconds - before;
        double[] waits = witnesses.End();
        WorstLineMilliseconds = waits[^1];
        Console.Error.WriteLine(
            $"bench: {Kind.Name}: {Pool.Members.Count} members back in {seconds:N1} s; {waits.Length} lines meanwhile, "
                + $"median {waits[waits.Length / 2]:N1} ms, 99 % {waits[waits.Length * 99 / 100]:N1} ms, "
                + $"most {waits[^1]:N1} ms"
        );
        return seconds;
    }

    /// <summary>The server's CPU of the last <see cref="MeasureReconnect"/>.</summary>
    public double ReconnectCpuSeconds { get; private set; } = double.NaN;

    /// <summary>The longest time of a line to those present, in the last <see cref="MeasureReconnect"/>.</summary>
    public double WorstLineMilliseconds { get; private set; } = double.NaN;

    public void Dispose()
    {
        Pool.Dispose();
        _server.Dispose();
    }

    private long Run(Load load, TimeSpan duration)
    {
        DeliveryCheck check = new(load.Members, load.Senders, load.Window, Kind.Protocol.IsRich);
        Pool.ThrowIfDropped();
        Pool.Check = check;
        Stopwatch watch = Stopwatch.StartNew();
        (long delivered, TimeSpan progressAt) = (0, default);
        while ((watch.Elapsed < duration || check.Pending > 0) && !check.HasFault)
        {
            for (int sender = 0; sender < load.Senders && watch.Elapsed < duration; sender++)
                Pool.SendMessages(sender, load.Window);
            // The members never sleep: on another machine, waking them would not cost the server.
            Pool.Poll(0);
            if (check.Delivered > delivered)
                (delivered, progressAt) = (check.Delivered, watch.Elapsed);
            else if (watch.Elapsed - progressAt > DeliveryTimeout)
                break;
        }
        FinishCheck(check);
        return delivered;
    }

    private void FinishCheck(DeliveryCheck check)
    {
        // A line that comes twice may be the last to come.
        Pool.Receive(LastLines);
        Pool.Check = null;
        if (check.HasFault || check.Pending > 0)
            Pool.Settle();
        Pool.ThrowIfDropped();
        check.ThrowIfFaulty();
    }

    // The members poll, because the server would pay for waking them. Pings leave each millisecond, because pings in
    // batches would cost less.
    private void Idle(TimeSpan duration)
    {
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; watch.Elapsed < duration; i++)
        {
            Thread.Sleep(1);
            MemberPool.SendPings();
            if (i % 50 == 0)
                Pool.Poll(0);
        }
    }
}
