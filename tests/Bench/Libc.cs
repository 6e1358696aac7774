using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Chat.Bench;

/// <summary>The system calls that .NET has no method for: epoll, and the limit of open files.</summary>
internal static unsafe partial class Libc
{
    private const int DescriptorLimit = 7;

    // Only x86-64 packs struct epoll_event (epoll_ctl(2)): the events are at 0, the data at 4 or 8.
    private static readonly int DataAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>Bytes of one event that <see cref="Wait"/> writes.</summary>
    public static int EventBytes => DataAt + 8;

    /// <summary>
    /// Raises the limit of open files of this process and its children. Only root goes beyond the hard limit.
    /// </summary>
    /// <returns>The limit.</returns>
    public static int RaiseDescriptorLimit(int wanted)
    {
        nuint* limits = stackalloc nuint[2];
        if (getrlimit(DescriptorLimit, limits) < 0)
            throw new Win32Exception();
        (nuint hard, limits[0]) = (limits[1], (nuint)wanted);
        limits[1] = (nuint)Math.Max(hard, (nuint)wanted);
        if (setrlimit(DescriptorLimit, limits) == 0)
            return wanted;
        limits[0] = limits[1] = hard;
        return setrlimit(DescriptorLimit, limits) == 0 ? (int)hard : throw new Win32Exception();
    }

    public static int CreateEpoll() => epoll_create1(0) is >= 0 and int epoll ? epoll : throw new Win32Exception();

    /// <summary>Reports a readable socket as <paramref name="key"/>.</summary>
    public static void Watch(int epoll, nint socket, int key)
    {
        byte* entry = stackalloc byte[16];
        *(uint*)entry = 1;
        *(long*)(entry + DataAt) = key;
        if (epoll_ctl(epoll, 1, (int)socket, entry) < 0)
            throw new Win32Exception();
    }

    /// <summary>Waits for readable sockets.</summary>
    /// <returns>How many there are; <see cref="Key"/> reads them.</returns>
    public static int Wait(int epoll, Span<byte> events, int milliseconds)
    {
        fixed (byte* start = events)
            return Math.Max(0, epoll_wait(epoll, start, events.Length / EventBytes, milliseconds));
    }

    public static int Key(ReadOnlySpan<byte> events, int at) =>
        MemoryMarshal.Read<int>(events[((at * EventBytes) + DataAt)..]);

    /// <summary>Lets this thread run before all others. Without the right to that, it does nothing.</summary>
    public static void RunFirst() => _ = setpriority(0, 0, -20);

    public static void Close(int epoll) => _ = close(epoll);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* entry);

    [LibraryImport("libc")]
    private static partial int epoll_wait(int epoll, byte* entries, int count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, nuint* limits);

    [LibraryImport("libc")]
    private static partial int setpriority(int which, int who, int nice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, nuint* limits);
}
