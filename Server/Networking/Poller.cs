using System.Net.Sockets;
using Chat.Server.Access;

namespace Chat.Server.Networking;

/// <summary>The events to wait for on a connection.</summary>
[Flags]
internal enum Interest : byte
{
    None = 0,
    Read = 1,
    Write = 2,
}

/// <summary>
/// A connection with events. <see cref="Ended"/>: both directions are closed; reading returns the reason.
/// </summary>
internal readonly record struct Ready(int Key, bool Readable, bool Writable, bool Ended)
{
    /// <summary>The keys of listeners are below 0, those of sessions are not.</summary>
    public bool IsListener => Key < 0;

    /// <summary>A socket of discovery; its key is below those of listeners.</summary>
    public bool IsDiscovery => Key < Poller.FirstDiscoveryKey + Poller.DiscoveryKeys;
}

/// <summary>
/// The platform interface of the server's loop: register the events to wait for, wait, and accept, read, write
/// and close connections. <see cref="EpollPoller"/> serves Linux, <see cref="SelectPoller"/> every other
/// system; the rest of the server is platform-independent. Both are level-triggered: an unhandled event is
/// reported again, so a loop that stops early, for fairness, misses none.
/// </summary>
/// <remarks>
/// One thread owns a poller; only <see cref="Wake"/> may be called from other threads, including a signal
/// handler's. Only <see cref="Wait"/> and <see cref="Sleep"/> block, and errors of a peer are never exceptions.
/// </remarks>
internal abstract class Poller : IDisposable
{
    /// <summary>The most entries one wait reports; the next wait reports the rest.</summary>
    protected const int ReadyAtOnce = 1024;

    /// <summary>The first key of the sockets of discovery. <see cref="int.MinValue"/> is the poller's own.</summary>
    public const int FirstDiscoveryKey = int.MinValue + 1;

    /// <summary>How many such keys there are.</summary>
    public const int DiscoveryKeys = 3;

    /// <summary>The best poller of this system.</summary>
    public static Poller Create() => OperatingSystem.IsLinux() ? new EpollPoller() : new SelectPoller();

    // ---- Readiness ----

    /// <summary>
    /// Sets the events to wait for. A new connection is added; <see cref="Interest.None"/> keeps it without
    /// reporting events.
    /// </summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="key">Returned in <see cref="Ready.Key"/>; 0 or greater for sessions, below 0 for listeners;
    /// never <see cref="int.MinValue"/>.</param>
    /// <param name="had">The interest set last; null for a new connection.</param>
    /// <param name="want">The interest from now on.</param>
    /// <returns>False when the connection is new and the system can watch no more (epoll_ctl(2): memory,
    /// fs.epoll.max_user_watches); it is not added.</returns>
    public abstract bool Set(Connection connection, int key, Interest? had, Interest want);

    /// <summary>Removes a connection that was set. Call it before closing the connection.</summary>
    public abstract void Remove(Connection connection);

    /// <summary>Waits until a connection is ready, <see cref="Wake"/> is called or the time is over.</summary>
    /// <returns>The ready connections, valid until the next call. Empty after a timeout, a signal or
    /// <see cref="Wake"/>.</returns>
    public abstract ReadOnlySpan<Ready> Wait(TimeSpan patience);

    /// <summary>Sleeps for about this many microseconds, even if connections become ready.</summary>
    public abstract void Sleep(long microseconds);

    /// <summary>Makes the current wait, or the next one, return at once. Callable from any thread.</summary>
    public abstract void Wake();

    // ---- Connections ----

    /// <summary>
    /// Accepts the next connection of a listener. The caller must close it with <see cref="Close"/>, once.
    /// </summary>
    /// <param name="listener">A non-blocking listener.</param>
    /// <param name="connection">Unset on any error.</param>
    /// <param name="peer">The address of the peer, without a scope; null on any error.</param>
    /// <returns><see cref="SocketError.WouldBlock"/> when no connection is waiting.</returns>
    public abstract SocketError Accept(Socket listener, out Connection connection, out PeerAddress peer);

    /// <summary>
    /// Makes a connection send without delay and detect a dead peer. Keepalive sends no probes while data is
    /// queued, so the time data may stay unacknowledged is limited as well, where the system supports it.
    /// </summary>
    /// <returns>False when the peer is gone already.</returns>
    public abstract bool Configure(Connection connection);

    /// <summary>Sends what the socket accepts at once.</summary>
    /// <returns>Bytes sent.</returns>
    public abstract int Send(Connection connection, ReadOnlySpan<byte> bytes, out SocketError error);

    /// <summary>Sends two pieces, one behind the other, in one call.</summary>
    /// <returns>Bytes sent of both.</returns>
    public abstract int Send(
        Connection connection,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        out SocketError error
    );

    /// <summary>Receives the available bytes.</summary>
    /// <returns>Bytes received; 0 without an error at the end of the stream.</returns>
    public abstract int Receive(Connection connection, Span<byte> into, out SocketError error);

    /// <summary>Whether <see cref="Receive"/> would return bytes or the end now.</summary>
    public abstract bool HasInput(Connection connection);

    /// <summary>Closes this side: the peer sees the end after all data sent.</summary>
    /// <returns>Whether input is unread, so that closing now would send a reset. False when the peer is gone.</returns>
    public abstract bool ShutdownSend(Connection connection);

    /// <summary>Closes the connection.</summary>
    public abstract void Close(Connection connection);

    /// <summary>A connection may be a descriptor without a socket, of any kind.</summary>
    public virtual bool WatchesDescriptors => false;

    /// <summary>The limit of open descriptors of this process, as far as the system reports it.</summary>
    public virtual int MaxDescriptors => int.MaxValue;

    public abstract void Dispose();

    /// <summary>Whole milliseconds, rounded up: a wait that ends too early would spin until its deadline.</summary>
    protected static int Milliseconds(TimeSpan patience) =>
        (int)Math.Clamp(Math.Ceiling(patience.TotalMilliseconds), 0, int.MaxValue);
}
