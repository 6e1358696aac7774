using System.Numerics;

namespace Chat.Bench;

/// <summary>
/// While it lasts, this thread, and what it starts, runs on one side of the machine: members have the last core,
/// servers all others. Without it the system, which likes to wake whoever is sent to where the sender runs, has both
/// share a core now and then, and a send costs a tenth more or less by that. Where there is one core there is one side.
/// </summary>
internal sealed class Cores : IDisposable
{
    private static readonly byte[] All = Libc.Cores();
    private readonly byte[] _before = Libc.Cores();

    private Cores(bool last)
    {
        if (All.Sum(static cores => BitOperations.PopCount(cores)) < 2)
            return;
        byte[] cores = [.. All];
        int at = Array.FindLastIndex(cores, static cores => cores != 0);
        byte one = (byte)(1 << BitOperations.Log2(cores[at]));
        cores[at] ^= one;
        if (last)
        {
            Array.Clear(cores);
            cores[at] = one;
        }
        Libc.RunOn(cores);
    }

    /// <summary>The last one.</summary>
    public static Cores OfMembers() => new(last: true);

    /// <summary>All but the last.</summary>
    public static Cores OfServers() => new(last: false);

    public void Dispose() => Libc.RunOn(_before);
}
