using System.Net.Sockets;

namespace Chat.Server.Networking;

/// <summary>
/// A connection or a listener of a <see cref="Poller"/>: on Linux only the descriptor, elsewhere also a
/// <see cref="System.Net.Sockets.Socket"/>. Only a poller uses the contents.
/// </summary>
/// <remarks>
/// A Socket takes 242 of the 1,030 bytes of a plain member. The runtime adds a context of 229 bytes to each
/// non-blocking socket, which only asynchronous calls need. A send also touches four objects, all out of the
/// cache when ten thousand members are served in turn.
/// <para>
/// A Socket guards against using or closing a descriptor twice, which matters because the system gives the
/// number to the next connection. Here the session that owns the connection ensures it: it leaves
/// <see cref="None"/> behind.
/// </para>
/// </remarks>
/// <param name="Descriptor">The system's number of the connection.</param>
/// <param name="Socket">The owner of the descriptor; null when only the session owns it.</param>
internal readonly record struct Connection(int Descriptor, Socket? Socket)
{
    /// <summary>No connection. The default value would be descriptor 0, which is in use.</summary>
    public static Connection None => new(-1, null);

    public static Connection From(Socket socket) => new((int)socket.Handle, socket);
}
