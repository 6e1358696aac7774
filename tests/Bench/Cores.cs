using System.ComponentModel;
using System.Diagnostics;
using System.Numerics;

namespace Chat.Bench;

/// <summary>
/// Members have the last core, servers all others. If they shared a core now and then, a send would cost a tenth more
/// or less. On a machine with one core they share it.
/// </summary>
internal static class Cores
{
    private static readonly nint All = Process.GetCurrentProcess().ProcessorAffinity;
    private static readonly nint Last = (nint)1 << BitOperations.Log2((nuint)All);

    /// <summary>Moves this thread to the core of the members.</summary>
    public static void UseMemberCore() => RunOn(Last);

    /// <summary>Starts a process on the cores of the servers.</summary>
    public static Process Start(ProcessStartInfo start)
    {
        RunOn(All == Last ? All : All ^ Last);
        try
        {
            return Process.Start(start) ?? throw new Win32Exception($"{start.FileName} does not start");
        }
        finally
        {
            UseMemberCore();
        }
    }

    // Linux sets the affinity of the main thread alone, and a child inherits it.
    private static void RunOn(nint cores) => Process.GetCurrentProcess().ProcessorAffinity = cores;
}
