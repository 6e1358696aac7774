using System.Diagnostics;
using System.Numerics;

namespace Chat.Bench;

/// <summary>
/// A histogram of durations: each power of two is cut into 32 steps, so what is read from it is at most 3 % too high,
/// and a million durations take no more room than ten.
/// </summary>
internal sealed class Latencies
{
    private const int StepBits = 5;
    private readonly long[] _counts = new long[64 << StepBits];
    private long _total;

    /// <summary>Longest so far, in milliseconds.</summary>
    public double Longest { get; private set; }

    /// <param name="ticks">Of <see cref="Stopwatch"/>.</param>
    public void Add(long ticks)
    {
        _counts[Step(Math.Max(0, ticks))]++;
        _total++;
        Longest = Math.Max(Longest, Milliseconds(ticks));
    }

    /// <summary>Milliseconds that this share of all durations does not exceed.</summary>
    public double Percentile(double share)
    {
        long left = (long)Math.Ceiling(_total * share);
        for (int step = 0; step < _counts.Length; step++)
        {
            left -= _counts[step];
            if (left <= 0)
                return Math.Min(Longest, Milliseconds(End(step)));
        }
        return Longest;
    }

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;

    private static int Step(long ticks)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)ticks) - StepBits);
        return (shift << StepBits) + (int)(ticks >> shift);
    }

    // The first duration that belongs to the next step.
    private static long End(int step)
    {
        int shift = Math.Max(0, (step >> StepBits) - 1);
        return (step - ((long)shift << StepBits) + 1) << shift;
    }
}
