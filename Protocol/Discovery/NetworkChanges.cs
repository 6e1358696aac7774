using System.Runtime.InteropServices;

namespace Chat.Protocol.Discovery;

/// <summary>
/// The changes of interfaces and addresses on Linux, and of routes if wanted: a socket of rtnetlink(7). The messages
/// are counted, not read: any change is a reason to look or to probe.
/// </summary>
internal sealed unsafe partial class NetworkChanges : IDisposable
{
    // A message that does not fit loses its end, which nothing reads.
    private const int MessageBytes = 64;

    // More than the socket holds. A machine that changes faster than this loop reads must not keep it here.
    private const int MostMessages = 1000;

    private int _fd;

    /// <summary>Opens the socket. A container or a sandbox may refuse it; then nothing is reported.</summary>
    /// <param name="hasRoutes">Routes are reported too.</param>
    public NetworkChanges(bool hasRoutes)
    {
        const int AfNetlink = 16,
            SockRaw = 3,
            NonBlockingClosedOnExec = 0x80800,
            NetlinkRoute = 0;
        const uint Link = 1,
            Ipv4Address = 0x10,
            Ipv4Route = 0x40,
            Ipv6Address = 0x100,
            Ipv6Route = 0x400;
        _fd = socket(AfNetlink, SockRaw | NonBlockingClosedOnExec, NetlinkRoute);
        if (_fd < 0)
            return;
        // struct sockaddr_nl: family, padding, port, groups.
        uint groups = Link | Ipv4Address | Ipv6Address | (hasRoutes ? Ipv4Route | Ipv6Route : 0);
        uint* address = stackalloc uint[3] { 0, 0, groups };
        *(ushort*)address = AfNetlink;
        if (bind(_fd, address, 3 * sizeof(uint)) != 0)
            Dispose();
    }

    /// <summary>The descriptor to wait for; -1 for none.</summary>
    public int Descriptor => _fd;

    /// <summary>Removes all messages.</summary>
    /// <returns>Whether there were any.</returns>
    public bool TryTake()
    {
        const int Interrupted = 4,
            Again = 11,
            NoBufferSpace = 105;
        byte* message = stackalloc byte[MessageBytes];
        bool isChanged = false;
        for (int count = 0; count < MostMessages; count++)
        {
            int error = read(_fd, message, MessageBytes) > 0 ? 0 : Marshal.GetLastPInvokeError();
            // A full socket has lost messages: that is a change too.
            isChanged |= error is 0 or NoBufferSpace;
            if (error is 0 or NoBufferSpace or Interrupted)
                continue;
            // A broken socket would wake every wait.
            if (error != Again)
                Dispose();
            break;
        }
        return isChanged;
    }

    public void Dispose()
    {
        if (_fd >= 0)
            _ = close(_fd);
        _fd = -1;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int descriptor, void* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, void* into, nint count);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
