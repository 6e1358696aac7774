using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Chat.Client.Networking;

/// <summary>Whether the other machine's system still acknowledges the bytes of a TCP connection.</summary>
/// <remarks>
/// The system acknowledges bytes even while its program reads nothing. A closed window is no silence: the bytes then
/// wait on this side, and the other side answers each probe of the window.
/// </remarks>
internal static class PeerAcknowledgement
{
    // The kernel's clock ticks every 10 ms or faster.
    private const int TickMilliseconds = 10;

    /// <summary>
    /// Whether the peer's system has left bytes unacknowledged for so many milliseconds. False where this system does
    /// not tell.
    /// </summary>
    /// <param name="socket">The connection.</param>
    /// <param name="milliseconds">The time since the bytes were sent.</param>
    /// <param name="laterBytes">The number of bytes sent after those.</param>
    public static bool IsMissing(Socket socket, long milliseconds, long laterBytes)
    {
        try
        {
            if (OperatingSystem.IsLinux())
                return IsMissingOnLinux(socket, milliseconds);
            if (OperatingSystem.IsMacOS())
                return IsMissingOnMac(socket, laterBytes);
            return OperatingSystem.IsWindows() && IsMissingOnWindows(socket, laterBytes);
        }
        catch (SocketException)
        {
            // An older system has no such option.
            return false;
        }
    }

    // struct tcp_info of linux/tcp.h. Before its bytes leave this machine, or while the window is closed, the kernel
    // sends probes instead of segments. It counts repetitions and probes from the last answer on.
    private static bool IsMissingOnLinux(Socket socket, long milliseconds)
    {
        const int TcpInfo = 11,
            Repetitions = 2,
            Probes = 3,
            SegmentsUnderWay = 24,
            LastAcknowledgement = 56;
        Span<byte> info = stackalloc byte[LastAcknowledgement + sizeof(uint)];
        if (socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, TcpInfo, info) < info.Length)
            return false;
        return (info[Probes] > 1 || (info[Repetitions] > 0 && Number(info, SegmentsUnderWay) > 0))
            && Number(info, LastAcknowledgement) >= milliseconds - TickMilliseconds;
    }

    // struct tcp_connection_info of netinet/tcp.h.
    private static bool IsMissingOnMac(Socket socket, long laterBytes)
    {
        const int TcpConnectionInfo = 0x106,
            InfoBytes = 112,
            Window = 28,
            Unacknowledged = 32;
        Span<byte> info = stackalloc byte[InfoBytes];
        int length = socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, TcpConnectionInfo, info);
        return length >= Unacknowledged + sizeof(uint)
            && Number(info, Window) > 0
            && Number(info, Unacknowledged) > laterBytes;
    }

    // TCP_INFO_v0 of mstcpip.h.
    private static bool IsMissingOnWindows(Socket socket, long laterBytes)
    {
        const int SioTcpInfo = unchecked((int)0xD8000027),
            InfoBytes = 88,
            UnderWay = 28,
            Window = 36;
        byte[] info = new byte[InfoBytes];
        if (socket.IOControl(SioTcpInfo, new byte[sizeof(int)], info) < Window + sizeof(uint))
            return false;
        return Number(info, Window) > 0 && Number(info, UnderWay) > laterBytes;
    }

    private static uint Number(ReadOnlySpan<byte> info, int at) => MemoryMarshal.Read<uint>(info[at..]);
}
