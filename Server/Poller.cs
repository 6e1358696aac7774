using System.Net.Sockets;

namespace Chat.Server;

/// <summary>What a socket is waited for.</summary>
[Flags]
internal enum Interest : byte
{
    None = 0,
    Read = 1,
    Write = 2,
}

/// <summary>A socket that can be worked on. <see cref="Ended"/>: the connection is over in both directions; reading says how.</summary>
internal readonly record struct Ready(int Key, bool Readable, bool Writable, bool Ended);

/// <summary>
/// Readiness, as the loop sees it: say what is wanted of each socket, wait, walk what is ready. This is all the platform there is in the
/// server; <see cref="EpollPoller"/> serves Linux, <see cref="SelectPoller"/> every other system. Level-triggered both: what was not taken is
/// reported again, so a loop that stops early, for fairness, forgets nobody.
/// </summary>
/// <remarks>One thread owns a poller; <see cref="Wake"/> alone may be called from any other, a signal handler's among them.</remarks>
internal abstract class Poller : IDisposable
{
    /// <summary>Entries one wait reports at most; the rest is reported by the next.</summary>
    protected const int ReadyAtOnce = 1024;

    /// <summary>The best poller of this system.</summary>
    public static Poller Create() => OperatingSystem.IsLinux() ? new EpollPoller() : new SelectPoller();

    /// <summary>Sets what a socket is waited for. A socket never seen before is added; <see cref="Interest.None"/> keeps it, silent.</summary>
    /// <param name="socket">Non-blocking, open.</param>
    /// <param name="key">Comes back in <see cref="Ready.Key"/>; 0 or greater for sessions, below for listeners; never <see cref="int.MinValue"/>.</param>
    /// <param name="had">What was set last, null for a new socket.</param>
    /// <param name="want">What to wait for from now on.</param>
    public abstract void Set(Socket socket, int key, Interest? had, Interest want);

    /// <summary>Forgets a socket. To be called before it is closed.</summary>
    public abstract void Remove(Socket socket, int key);

    /// <summary>Waits until something is ready, <see cref="Wake"/> is called or the time is over.</summary>
    /// <returns>What is ready; valid until the next call. Empty when the time is over, a signal came or somebody woke us.</returns>
    public abstract ReadOnlySpan<Ready> Wait(TimeSpan patience);

    /// <summary>Makes the wait under way, or the next one, return at once. From any thread.</summary>
    public abstract void Wake();

    /// <summary>Descriptors this process may have open, as far as the system says.</summary>
    public virtual int MaxDescriptors => int.MaxValue;

    public abstract void Dispose();

    /// <summary>Whole milliseconds, rounded up: a wait that ends too early would spin until the deadline it is for.</summary>
    protected static int Milliseconds(TimeSpan patience) => (int)Math.Clamp(Math.Ceiling(patience.TotalMilliseconds), 0, int.MaxValue);
}
