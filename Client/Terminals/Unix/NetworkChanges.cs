using System.Runtime.InteropServices;

namespace Chat.Client.Terminals.Unix;

/// <summary>
/// The changes of interfaces, addresses and routes on Linux: a socket of rtnetlink(7). The messages are counted, not
/// read: any change is a reason to probe.
/// </summary>
internal sealed unsafe class NetworkChanges : IDisposable
{
    // A message that does not fit loses its end, which nothing reads.
    private const int MessageBytes = 64;

    // More than the socket holds. A machine that changes faster than this loop reads must not keep it here.
    private const int MostMessages = 1000;

    private int _fd;

    /// <summary>Opens the socket. A container or a sandbox may refuse it; then nothing is reported.</summary>
    public NetworkChanges()
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
        _fd = Libc.socket(AfNetlink, SockRaw | NonBlockingClosedOnExec, NetlinkRoute);
        if (_fd < 0)
            return;
        // struct sockaddr_nl: family, padding, port, groups.
        uint* address = stackalloc uint[3] { 0, 0, Link | Ipv4Address | Ipv4Route | Ipv6Address | Ipv6Route };
        *(ushort*)address = AfNetlink;
        if (Libc.bind(_fd, address, 3 * sizeof(uint)) != 0)
            Dispose();
    }

    /// <summary>The descriptor to wait for; -1 for none.</summary>
    public int Descriptor => _fd;

    /// <summary>Removes all messages.</summary>
    /// <returns>Whether there were any.</returns>
    public bool TryTake()
    {
        const int NoBufferSpace = 105;
        byte* message = stackalloc byte[MessageBytes];
        bool isChanged = false;
        for (int count = 0; count < MostMessages; count++)
        {
            int error = Libc.read(_fd, message, MessageBytes) > 0 ? 0 : Marshal.GetLastPInvokeError();
            // A full socket has lost messages: that is a change too.
            isChanged |= error is 0 or NoBufferSpace;
            if (error is 0 or NoBufferSpace or Libc.Interrupted)
                continue;
            // A broken socket would wake every wait.
            if (error != Libc.AgainLinux)
                Dispose();
            break;
        }
        return isChanged;
    }

    public void Dispose()
    {
        if (_fd >= 0)
            _ = Libc.close(_fd);
        _fd = -1;
    }
}
