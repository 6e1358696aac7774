using Chat.Tests.Support;

namespace Chat.Tests.EndToEnd;

/// <summary>Coming into a room and leaving it, as nc does.</summary>
internal static class Joining
{
    /// <summary>Connects and waits until the room knows it.</summary>
    public static Peer Join(this ChatServerProcess server, int receiveBufferBytes = 0)
    {
        var peer = Peer.Connect(server.EndPoint, receiveBufferBytes: receiveBufferBytes);
        peer.WaitForLine(line => line.Contains("you are", StringComparison.Ordinal));
        return peer;
    }

    /// <summary>In order: closing with something unread would be a reset.</summary>
    public static void Leave(this Peer peer)
    {
        peer.HalfClose();
        peer.WaitForEnd();
        peer.Dispose();
    }
}
