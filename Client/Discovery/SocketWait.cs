using System.Net.Sockets;
using Chat.Protocol.Discovery;

namespace Chat.Client.Discovery;

/// <summary>Waits for a packet on a thread of the pool, where no terminal has to be watched.</summary>
internal static class SocketWait
{
    /// <summary>Returns when a packet has come, or after this time.</summary>
    public static void ForPacket(ReadOnlySpan<MulticastSockets?> all, int milliseconds)
    {
        List<Socket> sockets = [];
        foreach (MulticastSockets? pair in all)
        {
            if (pair?.IPv4 is Socket socket4)
                sockets.Add(socket4);
            if (pair?.IPv6 is Socket socket6)
                sockets.Add(socket6);
        }
        if (sockets.Count > 0)
            Socket.Select(sockets, null, null, milliseconds * 1000);
        else
            Thread.Sleep(milliseconds);
    }
}
