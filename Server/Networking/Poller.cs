using System.Net;
using System.Net.Sockets;

namespace Chat.Server.Networking;

/// <summary>What a connection is waited for.</summary>
[Flags]
internal enum Interest : byte
{
    None = 0,
    Read = 1,
    Write = 2,
}

/// <summary>A connection that can be worked on. <see cref="Ended"/>: it is over in both directions; reading says how.</summary>
internal readonly record struct Ready(int Key, bool Readable, bool Writable, bool Ended);

/// <summary>
/// The system, as the loop sees it: say what is wanted of each connection, wait, walk what is ready; and what is done to a connection, from accepting
/// it to closing it. This is all the platform there is in the server; <see cref="EpollPoller"/> serves Linux, <see cref="SelectPoller"/> every other
/// system. Level-triggered both: what was not taken is reported again, so a loop that stops early, for fairness, forgets nobody.
/// </summary>
/// <remarks>
/// One thread owns a poller; <see cref="Wake"/> alone may be called from any other, a signal handler's among them. Nothing here waits but
/// <see cref="Wait"/>, and no trouble of a peer's is an exception.
/// </remarks>
internal abstract class Poller : IDisposable
{
    /// <summary>Entries one wait reports at most; the rest is reported by the next.</summary>
    protected const int ReadyAtOnce = 1024;

    /// <summary>The best poller of this system.</summary>
    public static Poller Create() => OperatingSystem.IsLinux() ? new EpollPoller() : new SelectPoller();

    // ---- Readiness ----

    /// <summary>Sets what a connection is waited for. One never seen before is added; <see cref="Interest.None"/> keeps it, silent.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="key">Comes back in <see cref="Ready.Key"/>; 0 or greater for sessions, below for listeners; never <see cref="int.MinValue"/>.</param>
    /// <param name="had">What was set last, null for a new connection.</param>
    /// <param name="want">What to wait for from now on.</param>
    /// <returns>False when this is a new one and the system can wait for no more (epoll_ctl(2): memory, fs.epoll.max_user_watches); it is not added.</returns>
    public abstract bool Set(Connection connection, int key, Interest? had, Interest want);

    /// <summary>Forgets a connection that was set. To be called before it is closed.</summary>
    public abstract void Remove(Connection connection);

    /// <summary>Waits until something is ready, <see cref="Wake"/> is called or the time is over.</summary>
    /// <returns>What is ready; valid until the next call. Empty when the time is over, a signal came or somebody woke us.</returns>
    public abstract ReadOnlySpan<Ready> Wait(TimeSpan patience);

    /// <summary>Does nothing for about so many microseconds, whatever becomes ready.</summary>
    public abstract void Sleep(long microseconds);

    /// <summary>Makes the wait under way, or the next one, return at once. From any thread.</summary>
    public abstract void Wake();

    // ---- Connections ----

    /// <summary>Takes the next connection that waits at a listener. Whoever gets it closes it, by <see cref="Close"/>, once.</summary>
    /// <param name="listener">Not blocking.</param>
    /// <param name="connection">Unset on any error.</param>
    /// <param name="peer">Where it comes from: IPv4 as IPv4, without a scope; null on any error.</param>
    /// <returns><see cref="SocketError.WouldBlock"/> when none waits.</returns>
    public abstract SocketError Accept(Socket listener, out Connection connection, out IPEndPoint peer);

    /// <summary>
    /// Has a connection send at once what it is given, and notice when its peer is gone: keepalive alone is silent while data is queued, so the time
    /// data may stay unacknowledged is bounded as well, where the system can.
    /// </summary>
    /// <returns>False when the peer is gone already.</returns>
    public abstract bool Configure(Connection connection);

    /// <summary>Sends what the connection takes at once.</summary>
    /// <returns>Bytes taken.</returns>
    public abstract int Send(Connection connection, ReadOnlySpan<byte> bytes, out SocketError error);

    /// <summary>Receives what is there.</summary>
    /// <returns>Bytes received; 0 without an error at the end of the stream.</returns>
    public abstract int Receive(Connection connection, Span<byte> into, out SocketError error);

    /// <summary>Closes our side: the peer sees the end after all that was sent.</summary>
    /// <returns>Whether words of the peer's are still unread; closing now would be a reset. False when there is nobody any more to see the end.</returns>
    public abstract bool ShutdownSend(Connection connection);

    /// <summary>Closes for good.</summary>
    public abstract void Close(Connection connection);

    /// <summary>Descriptors this process may have open, as far as the system says.</summary>
    public virtual int MaxDescriptors => int.MaxValue;

    public abstract void Dispose();

    /// <summary>Whole milliseconds, rounded up: a wait that ends too early would spin until the deadline it is for.</summary>
    protected static int Milliseconds(TimeSpan patience) =>
        (int)Math.Clamp(Math.Ceiling(patience.TotalMilliseconds), 0, int.MaxValue);

    /// <summary>
    /// Where a peer is, by the 4 or 16 bytes of its address. Without the scope: which of our interfaces a link-local peer is behind says nothing to the
    /// room.
    /// </summary>
    protected static IPEndPoint PeerAt(ReadOnlySpan<byte> address, int port)
    {
        // RFC 4291, 2.5.5.2.
        ReadOnlySpan<byte> mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF];
        return new IPEndPoint(new IPAddress(address.StartsWith(mapped) ? address[mapped.Length..] : address), port);
    }
}
