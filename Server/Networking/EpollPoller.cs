using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Chat.Server.Access;

namespace Chat.Server.Networking;

/// <summary>
/// Readiness by epoll, and the calls on a connection (Linux). A wait costs half a microsecond for any number of
/// connections. With ten thousand of them, select and poll cost milliseconds, because each call copies the whole
/// list to the kernel and back.
/// </summary>
/// <remarks>
/// The calls are accept4(2), getsockname(2), setsockopt(2), send(2), recv(2), shutdown(2) and close(2) on a
/// non-blocking descriptor; <see cref="Connection"/> has the reason why there is no Socket. Their numbers come from
/// Linux's uapi headers (asm-generic/socket.h, asm-generic/errno.h, linux/tcp.h) and are the same on every machine
/// that .NET supports.
/// <see cref="ErrorOf"/> alone turns an errno into a <see cref="SocketError"/>, by the names the runtime uses.
/// <para>
/// close(2) is not retried after EINTR: Linux has closed the descriptor by then, and the number may belong to
/// another connection.
/// </para>
/// <para>
/// The kernel's struct epoll_event is packed on x86-64 alone (epoll_ctl(2), linux/eventpoll.h: EPOLL_PACKED).
/// It is therefore written and read by offsets: events at 0, data at 4 or 8.
/// </para>
/// <para>
/// No call here uses SetLastError, which costs two more calls each. errno is read directly after a failed call;
/// code of the runtime that runs in between preserves it.
/// </para>
/// </remarks>
internal sealed unsafe partial class EpollPoller : Poller
{
    private const int Add = 1,
        Delete = 2,
        Modify = 3;
    private const uint In = 0x1,
        Out = 0x4,
        Error = 0x8,
        HangUp = 0x10;
    private const int CloseOnExec = 0x80000,
        NonBlocking = 0x800,
        Interrupted = 4,
        NoMemory = 12,
        NoSpace = 28;
    private const int DescriptorLimit = 7;
    private const int WakeKey = int.MinValue;
    private const int AddressBytes = 28,
        Inet6 = 10;
    private const int SocketLevel = 1,
        KeepAlive = 9;
    private const int TcpLevel = 6,
        NoDelay = 1,
        KeepIdle = 4,
        KeepInterval = 5,
        KeepCount = 6,
        UserTimeout = 18;
    private const int NoSignal = 0x4000,
        Peek = 0x2;
    private const int SendingSide = 1;
    private const int NoSuchOption = 92;

    private static readonly int DataAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = DataAt + 8;

    private readonly Ready[] _ready = new Ready[ReadyAtOnce];
    private readonly byte[] _events = GC.AllocateArray<byte>(ReadyAtOnce * EventBytes, pinned: true);
    private readonly int _epoll = Checked(epoll_create1(CloseOnExec), "epoll_create1");
    private readonly int _wake = Checked(eventfd(0, CloseOnExec | NonBlocking), "eventfd");

    public EpollPoller() => Control(Add, _wake, In, WakeKey);

    public override bool WatchesDescriptors => true;

    public override int MaxDescriptors
    {
        get
        {
            nuint* limits = stackalloc nuint[2];
            return getrlimit(DescriptorLimit, limits) == 0 ? (int)Math.Min(limits[0], int.MaxValue) : int.MaxValue;
        }
    }

    public override bool Set(Connection connection, int key, Interest? had, Interest want)
    {
        if (had == want)
            return true;
        uint events = (want.HasFlag(Interest.Read) ? In : 0) | (want.HasFlag(Interest.Write) ? Out : 0);
        return Control(had is null ? Add : Modify, connection.Descriptor, events, key);
    }

    public override void Remove(Connection connection) => Control(Delete, connection.Descriptor, 0, key: 0);

    public override ReadOnlySpan<Ready> Wait(TimeSpan patience)
    {
        int count;
        fixed (byte* events = _events)
            count = epoll_wait(_epoll, events, ReadyAtOnce, Milliseconds(patience));
        if (count < 0)
        {
            int error = Marshal.GetLastSystemError();
            return error == Interrupted ? [] : throw new Win32Exception(error, "epoll_wait failed");
        }

        int taken = 0;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = _events.AsSpan(i * EventBytes, EventBytes);
            uint events = MemoryMarshal.Read<uint>(entry);
            int key = MemoryMarshal.Read<int>(entry[DataAt..]);
            if (key == WakeKey)
            {
                ulong count64;
                _ = read(_wake, &count64, sizeof(ulong));
                continue;
            }
            bool ended = (events & (Error | HangUp)) != 0;
            _ready[taken++] = new Ready(key, ended || (events & In) != 0, (events & Out) != 0, ended);
        }
        return _ready.AsSpan(0, taken);
    }

    public override void Sleep(long microseconds)
    {
        // struct timespec: two machine words.
        nint* time = stackalloc nint[] { (nint)(microseconds / 1_000_000), (nint)(microseconds % 1_000_000 * 1000) };
        _ = nanosleep(time, null);
    }

    public override void Wake()
    {
        ulong one = 1;
        _ = write(_wake, &one, sizeof(ulong));
    }

    public override SocketError Accept(Socket listener, out Connection connection, out PeerAddress peer)
    {
        byte* address = stackalloc byte[AddressBytes];
        int length = AddressBytes;
        int descriptor = Result(
            accept4((int)listener.Handle, address, &length, NonBlocking | CloseOnExec),
            out SocketError error
        );
        (connection, peer) = (Connection.None, null!);
        if (error is not SocketError.Success)
            return error;
        connection = new Connection(descriptor, Socket: null);
        IPEndPoint remote = EndPointIn(new ReadOnlySpan<byte>(address, AddressBytes));
        length = AddressBytes;
        bool isKnown = getsockname(descriptor, address, &length) == 0;
        peer = new PeerAddress(
            remote,
            isKnown ? EndPointIn(new ReadOnlySpan<byte>(address, AddressBytes)).Address : null
        );
        return error;
    }

    public override bool Configure(Connection connection)
    {
        int descriptor = connection.Descriptor;
        return Set(descriptor, TcpLevel, NoDelay, 1)
            && Set(descriptor, SocketLevel, KeepAlive, 1)
            && Set(descriptor, TcpLevel, KeepIdle, ServerLimits.KeepAliveSeconds)
            && Set(descriptor, TcpLevel, KeepInterval, ServerLimits.KeepAliveIntervalSeconds)
            && Set(descriptor, TcpLevel, KeepCount, ServerLimits.KeepAliveProbes)
            && Set(descriptor, TcpLevel, UserTimeout, ServerLimits.UnacknowledgedMilliseconds);
    }

    public override int Send(Connection connection, ReadOnlySpan<byte> bytes, out SocketError error)
    {
        fixed (byte* first = bytes)
            return Result(send(connection.Descriptor, first, bytes.Length, NoSignal), out error);
    }

    public override int Send(
        Connection connection,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        out SocketError error
    )
    {
        fixed (byte* start = first)
        fixed (byte* rest = second)
        {
            // struct iovec and struct msghdr of 64-bit Linux: machine words. A length that is an int has padding.
            nint* pieces = stackalloc nint[] { (nint)start, first.Length, (nint)rest, second.Length };
            nint* message = stackalloc nint[] { 0, 0, (nint)pieces, 2, 0, 0, 0 };
            return Result(sendmsg(connection.Descriptor, message, NoSignal), out error);
        }
    }

    public override int Receive(Connection connection, Span<byte> into, out SocketError error)
    {
        fixed (byte* first = into)
            return Result(recv(connection.Descriptor, first, into.Length, flags: 0), out error);
    }

    public override bool HasInput(Connection connection)
    {
        byte unread;
        return recv(connection.Descriptor, &unread, sizeof(byte), Peek) >= 0;
    }

    public override bool ShutdownSend(Connection connection)
    {
        byte unread;
        return shutdown(connection.Descriptor, SendingSide) == 0
            && recv(connection.Descriptor, &unread, sizeof(byte), Peek) > 0;
    }

    public override void Close(Connection connection) => _ = close(connection.Descriptor);

    public override void Dispose()
    {
        _ = close(_epoll);
        _ = close(_wake);
    }

    private bool Control(int operation, int descriptor, uint events, int key)
    {
        byte* entry = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(new Span<byte>(entry, 8), 0);
        *(uint*)entry = events;
        *(long*)(entry + DataAt) = key;
        int result = epoll_ctl(_epoll, operation, descriptor, entry);
        if (result < 0 && operation == Add && Marshal.GetLastSystemError() is NoMemory or NoSpace)
            return false;
        _ = Checked(result, "epoll_ctl");
        return true;
    }

    private static int Checked(int result, string call) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastSystemError(), call + " failed");

    private static bool Set(int descriptor, int level, int option, int value) =>
        setsockopt(descriptor, level, option, &value, sizeof(int)) == 0
        // A system that reports itself as Linux but lacks this option.
        || Marshal.GetLastSystemError() == NoSuchOption;

    // struct sockaddr_in and sockaddr_in6: the family, the port in network order, then the address, at 4 or,
    // after a flow label, at 8.
    private static IPEndPoint EndPointIn(ReadOnlySpan<byte> address)
    {
        bool isIPv6 = MemoryMarshal.Read<ushort>(address) == Inet6;
        return new IPEndPoint(
            new IPAddress(isIPv6 ? address.Slice(8, 16) : address.Slice(4, 4)),
            BinaryPrimitives.ReadUInt16BigEndian(address[2..])
        );
    }

    private static int Result(nint result, out SocketError error)
    {
        error = result >= 0 ? SocketError.Success : ErrorOf(Marshal.GetLastSystemError());
        return (int)Math.Max(result, 0);
    }

    private static SocketError ErrorOf(int errno) =>
        errno switch
        {
            1 or 13 => SocketError.AccessDenied,
            Interrupted => SocketError.Interrupted,
            11 => SocketError.WouldBlock,
            12 or 105 => SocketError.NoBufferSpaceAvailable,
            23 or 24 => SocketError.TooManyOpenSockets,
            32 => SocketError.Shutdown,
            101 => SocketError.NetworkUnreachable,
            103 => SocketError.ConnectionAborted,
            104 => SocketError.ConnectionReset,
            110 => SocketError.TimedOut,
            113 => SocketError.HostUnreachable,
            _ => SocketError.SocketError,
        };

    [LibraryImport("libc")]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* entry);

    [LibraryImport("libc")]
    private static partial int epoll_wait(int epoll, byte* entries, int count, int milliseconds);

    [LibraryImport("libc")]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc")]
    private static partial int nanosleep(nint* time, nint* left);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, void* buffer, nint count);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, void* buffer, nint count);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, nuint* limits);

    [LibraryImport("libc")]
    private static partial int accept4(int listener, byte* address, int* length, int flags);

    [LibraryImport("libc")]
    private static partial int getsockname(int descriptor, byte* address, int* length);

    [LibraryImport("libc")]
    private static partial int setsockopt(int descriptor, int level, int option, int* value, int length);

    [LibraryImport("libc")]
    private static partial nint send(int descriptor, byte* bytes, nint count, int flags);

    [LibraryImport("libc")]
    private static partial nint sendmsg(int descriptor, nint* message, int flags);

    [LibraryImport("libc")]
    private static partial nint recv(int descriptor, byte* into, nint count, int flags);

    [LibraryImport("libc")]
    private static partial int shutdown(int descriptor, int how);
}
