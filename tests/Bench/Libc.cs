using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;

namespace Chat.Bench;

/// <summary>
/// The few calls of Linux that the generator is made of. It plays ten thousand members on one thread, so what it does
/// per message must cost less than what the server does: no Socket objects, no buffers of each member's own, one epoll
/// for all.
/// </summary>
/// <remarks>struct epoll_event is packed on x86-64 alone (epoll_ctl(2)), so it is read by offsets: events at 0, data at
/// 4 or 8.</remarks>
internal static unsafe partial class Libc
{
    private const int Stream = 1,
        CloseOnExec = 0x80000,
        DontWait = 0x40,
        NoSignal = 0x4000;
    private const int SocketLevel = 1,
        Linger = 13,
        TcpLevel = 6,
        NoDelay = 1,
        IpLevel = 0,
        BindWithoutPort = 24;
    private const int DescriptorLimit = 7;
    private const int MostCores = 1024;
    private const int Again = 11,
        Interrupted = 4;

    /// <summary>Bytes of one event as <see cref="Wait"/> writes it.</summary>
    public static readonly int EventBytes = DataAt + 8;

    private static int DataAt => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>
    /// Lets this process, and those it starts, have so many files open, or as many as the system allows.
    /// </summary>
    public static int RaiseDescriptors(int wanted)
    {
        nuint* limits = stackalloc nuint[2];
        limits[0] = limits[1] = (nuint)wanted;
        if (setrlimit(DescriptorLimit, limits) < 0)
        {
            // Only root may go above the hard limit.
            Check(getrlimit(DescriptorLimit, limits), "getrlimit");
            limits[0] = limits[1];
            Check(setrlimit(DescriptorLimit, limits), "setrlimit");
        }
        return (int)limits[0];
    }

    /// <summary>Has this thread, and what it starts from now on, run on these cores only.</summary>
    /// <param name="cores">A bit for each core.</param>
    public static void RunOn(ReadOnlySpan<byte> cores)
    {
        fixed (byte* mask = cores)
            Check(sched_setaffinity(0, cores.Length, mask), "sched_setaffinity");
    }

    /// <summary>The cores this thread may run on, a bit for each.</summary>
    public static byte[] Cores()
    {
        byte[] cores = new byte[MostCores / 8];
        fixed (byte* mask = cores)
            Check(sched_getaffinity(0, cores.Length, mask), "sched_getaffinity");
        return cores;
    }

    public static int CreateEpoll() => Check(epoll_create1(CloseOnExec), "epoll_create1");

    /// <summary>Readability of a socket comes back as <paramref name="key"/>.</summary>
    public static void Watch(int epoll, int socket, int key)
    {
        byte* entry = stackalloc byte[16];
        *(uint*)entry = 1;
        *(long*)(entry + DataAt) = key;
        Check(epoll_ctl(epoll, 1, socket, entry), "epoll_ctl");
    }

    /// <summary>Goes on without a socket, which stays open.</summary>
    public static void Unwatch(int epoll, int socket)
    {
        byte* entry = stackalloc byte[16];
        Check(epoll_ctl(epoll, 2, socket, entry), "epoll_ctl");
    }

    /// <summary>Waits; keys are read with <see cref="Key"/>.</summary>
    public static int Wait(int epoll, Span<byte> events, int milliseconds)
    {
        fixed (byte* start = events)
            return Math.Max(0, epoll_wait(epoll, start, events.Length / EventBytes, milliseconds));
    }

    public static int Key(ReadOnlySpan<byte> events, int at) =>
        MemoryMarshal.Read<int>(events[((at * EventBytes) + DataAt)..]);

    /// <summary>A connection from an address of this machine's own choosing; waits until it stands.</summary>
    public static int Connect(IPAddress from, int port)
    {
        int socket = Check(Libc.socket(2, Stream | CloseOnExec, 0), "socket");
        int on = 1;
        // With it a port is chosen when the other end is known, and one address has a whole range of ports for every
        // server.
        Check(setsockopt(socket, IpLevel, BindWithoutPort, &on, sizeof(int)), "setsockopt");
        Check(setsockopt(socket, TcpLevel, NoDelay, &on, sizeof(int)), "setsockopt");
        byte* address = stackalloc byte[16];
        Fill(address, from, 0);
        Check(bind(socket, address, 16), "bind");
        Fill(address, IPAddress.Loopback, port);
        int result;
        do result = connect(socket, address, 16);
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        Check(result, "connect");
        return socket;
    }

    /// <returns>Bytes received, 0 at the end, -1 when there is nothing now, -2 when the connection is broken.</returns>
    public static int Receive(int socket, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return Outcome((int)recv(socket, start, buffer.Length, DontWait));
    }

    /// <returns>Bytes sent, -1 when nothing can be taken now, -2 when the connection is broken.</returns>
    public static int Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return Outcome((int)send(socket, start, bytes.Length, DontWait | NoSignal));
    }

    public static void Close(int socket) => _ = close(socket);

    /// <summary>
    /// Closes with a reset, as a cable that comes out and a program that is killed look to the server in the end.
    /// </summary>
    public static void Reset(int socket)
    {
        long lingerOnForNothing = 1;
        _ = setsockopt(socket, SocketLevel, Linger, &lingerOnForNothing, sizeof(long));
        _ = close(socket);
    }

    private static int Outcome(int result) =>
        result >= 0 ? result
        : Marshal.GetLastPInvokeError() is Again or Interrupted ? -1
        : -2;

    private static void Fill(byte* address, IPAddress ip, int port)
    {
        *(ushort*)address = 2;
        address[2] = (byte)(port >> 8);
        address[3] = (byte)port;
        ip.TryWriteBytes(new Span<byte>(address + 4, 4), out _);
        *(ulong*)(address + 8) = 0;
    }

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), call + " failed");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int kind, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int socket, byte* address, int bytes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int socket, byte* address, int bytes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int option, void* value, int bytes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, byte* buffer, nint bytes, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int socket, byte* buffer, nint bytes, int flags);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* entry);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, byte* entries, int count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int process, nint bytes, byte* mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_getaffinity(int process, nint bytes, byte* mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, nuint* limits);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, nuint* limits);
}
