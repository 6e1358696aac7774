using System.Diagnostics;

namespace Chat.Bench;

/// <summary>
/// Two members on a thread of their own. One says a line now and then, and the time is measured until both have it.
/// The members of the room are too busy for that when they all connect.
/// </summary>
internal sealed class Witnesses : IDisposable
{
    // A line to 10,000 members costs the server up to 70 ms, and it must not be busy with these lines alone.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.2);

    private readonly Task<double[]> _task;
    private readonly ManualResetEventSlim _joined = new(),
        _begin = new();
    private volatile bool _ends;

    /// <summary>Joins.</summary>
    public Witnesses(MemberProtocol protocol, int port)
    {
        _task = Task.Factory.StartNew(() => Run(protocol, port), TaskCreationOptions.LongRunning);
        while (!_joined.Wait(10) && !_task.IsCompleted) { }
    }

    /// <summary>The first line is said now.</summary>
    public void Begin() => _begin.Set();

    /// <returns>The milliseconds of each line, sorted.</returns>
    public double[] End()
    {
        _ends = true;
        return _task.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _ends = true;
        _begin.Set();
        ((IAsyncResult)_task).AsyncWaitHandle.WaitOne();
        _joined.Dispose();
        _begin.Dispose();
    }

    private double[] Run(MemberProtocol protocol, int port)
    {
        using MemberPool pool = new(protocol, port);
        pool.Fill(2);
        DeliveryCheck check = new(members: 2, senders: 1, window: 1, echoes: true);
        pool.Check = check;
        // Otherwise the members of the room would count as the server's delay.
        Libc.RunFirst();
        _joined.Set();
        // They ping meanwhile: the members of the room take longer to settle than the server waits for a silent member.
        while (!_begin.IsSet)
            pool.Poll(10);
        List<double> waits = [];
        do
        {
            long start = Stopwatch.GetTimestamp();
            pool.SendMessages(0, 1);
            pool.WaitUntil(() => check.Pending == 0 || check.HasFault, "have a line", Stopwatch.StartNew());
            waits.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            pool.Receive(Pause);
            check.ThrowIfFaulty();
        } while (!_ends);
        return [.. waits.Order()];
    }
}
