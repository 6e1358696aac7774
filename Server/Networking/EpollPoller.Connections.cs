using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Chat.Server.Networking;

/// <summary>
/// The calls on a connection on Linux: accept4(2), setsockopt(2), send(2), recv(2), shutdown(2) and close(2) on
/// a non-blocking descriptor. <see cref="Connection"/> has the reason why there is no Socket.
/// </summary>
/// <remarks>
/// The numbers come from Linux's uapi headers (asm-generic/socket.h, asm-generic/errno.h, linux/tcp.h) and are
/// the same on every machine that .NET supports. <see cref="ErrorOf"/> alone turns an errno into a
/// <see cref="SocketError"/>, by the names the runtime uses.
/// <para>
/// close(2) is not retried after EINTR: Linux has closed the descriptor by then, and the number may belong to
/// another connection.
/// </para>
/// </remarks>
internal sealed unsafe partial class EpollPoller
{
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

    public override SocketError Accept(Socket listener, out Connection connection, out IPEndPoint peer)
    {
        byte* address = stackalloc byte[AddressBytes];
        int length = AddressBytes;
        int descriptor = Result(
            accept4((int)listener.Handle, address, &length, NonBlocking | CloseOnExec),
            out SocketError error
        );
        bool accepted = error is SocketError.Success;
        connection = accepted ? new Connection(descriptor, Socket: null) : Connection.None;
        peer = accepted ? PeerIn(new ReadOnlySpan<byte>(address, AddressBytes)) : null!;
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

    public override int Receive(Connection connection, Span<byte> into, out SocketError error)
    {
        fixed (byte* first = into)
            return Result(recv(connection.Descriptor, first, into.Length, flags: 0), out error);
    }

    public override bool ShutdownSend(Connection connection)
    {
        byte unread;
        return shutdown(connection.Descriptor, SendingSide) == 0
            && recv(connection.Descriptor, &unread, sizeof(byte), Peek) > 0;
    }

    public override void Close(Connection connection) => _ = close(connection.Descriptor);

    private static bool Set(int descriptor, int level, int option, int value) =>
        setsockopt(descriptor, level, option, &value, sizeof(int)) == 0
        // A system that reports itself as Linux but lacks this option.
        || Marshal.GetLastSystemError() == NoSuchOption;

    // struct sockaddr_in and sockaddr_in6: the family, the port in network order, then the address, at 4 or,
    // after a flow label, at 8.
    private static IPEndPoint PeerIn(ReadOnlySpan<byte> address)
    {
        int port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return PeerAt(MemoryMarshal.Read<ushort>(address) == Inet6 ? address.Slice(8, 16) : address.Slice(4, 4), port);
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
    private static partial int accept4(int listener, byte* address, int* length, int flags);

    [LibraryImport("libc")]
    private static partial int setsockopt(int descriptor, int level, int option, int* value, int length);

    [LibraryImport("libc")]
    private static partial nint send(int descriptor, byte* bytes, nint count, int flags);

    [LibraryImport("libc")]
    private static partial nint recv(int descriptor, byte* into, nint count, int flags);

    [LibraryImport("libc")]
    private static partial int shutdown(int descriptor, int how);
}
