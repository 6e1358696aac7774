using System.Net.Sockets;

namespace Chat.Server.Networking;

/// <summary>
/// One connection, or a listener, as a <see cref="Poller"/> knows it: on Linux the descriptor alone, elsewhere a <see cref="System.Net.Sockets.Socket"/>
/// with it. Only a poller looks inside.
/// </summary>
/// <remarks>
/// Why not a Socket everywhere: of the 1,030 bytes a plain member cost, it took 242, and 229 more went into the context the runtime makes for every
/// socket that does not block, though that is only for asynchronous calls. A send also touched four objects, all of them out of the cache when ten
/// thousand members are served in turn.
/// <para>
/// What the Socket guarded against is now upheld by the session that owns the connection: a number is not used after it was closed, and not closed
/// twice, because the system gives it to whoever comes next. So a session leaves <see cref="None"/> behind.
/// </para>
/// </remarks>
/// <param name="Descriptor">The number by which the system knows it.</param>
/// <param name="Socket">What owns the descriptor; null where nothing does but the session.</param>
internal readonly record struct Connection(int Descriptor, Socket? Socket)
{
    /// <summary>No connection. The default would be descriptor 0, which is somebody's.</summary>
    public static Connection None => new(-1, null);

    public static Connection From(Socket socket) => new((int)socket.Handle, socket);
}
