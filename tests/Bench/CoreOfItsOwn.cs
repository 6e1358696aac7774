using System.Numerics;

namespace Chat.Bench;

/// <summary>While it lasts, this thread runs on the last of the cores it may run on, where there are several.</summary>
internal sealed class CoreOfItsOwn : IDisposable
{
    private readonly byte[] _before = Libc.Cores();

    public CoreOfItsOwn()
    {
        if (_before.Sum(static cores => BitOperations.PopCount(cores)) < 2)
            return;
        byte[] last = new byte[_before.Length];
        int at = Array.FindLastIndex(_before, static cores => cores != 0);
        last[at] = (byte)(1 << BitOperations.Log2(_before[at]));
        Libc.RunOn(last);
    }

    public void Dispose() => Libc.RunOn(_before);
}
