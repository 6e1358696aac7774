using System.Net.Sockets;

namespace Chat.Server.Networking;

/// <summary>
/// A layer between the lines of a session and its socket, such as WebSocket or TLS. It frames the bytes that are sent
/// and unframes those received. A session without a channel sends and receives its lines as they are.
/// </summary>
/// <remarks>
/// The bounds of frames mean nothing to the room: a frame may end inside a line. A channel therefore keeps no copy of
/// its payload, except for what is encrypted already.
/// </remarks>
internal abstract class Channel : IDisposable
{
    /// <summary>The first bytes, while they may still be of another protocol.</summary>
    public virtual ReadOnlySpan<byte> Head => [];

    /// <summary>The payload is lines, as without a channel: the peer may be a plain tool.</summary>
    public virtual bool CarriesPlainLines => false;

    /// <summary>Bytes of payload that may come beyond those received: a kept part of a frame completes.</summary>
    public virtual int Headroom => 0;

    /// <summary>No input is read for now.</summary>
    public virtual bool IsPaused => false;

    /// <summary>The channel has bytes of its own to send, such as an answer to a ping.</summary>
    public abstract bool HasOutput { get; }

    /// <summary>The peer closed the channel or broke its rules. No further input is read.</summary>
    public bool HasEnded { get; protected set; }

    /// <summary>Unframes received bytes in place.</summary>
    /// <param name="buffer">
    /// The <see cref="Headroom"/>, and behind it the bytes of the socket. Their payload is moved to the start.
    /// </param>
    /// <param name="now">The time.</param>
    /// <returns>The bytes of payload; 0 if only parts of frames were received.</returns>
    public abstract int Unframe(Span<byte> buffer, ClockReading now);

    /// <summary>Sends the channel's own output, and then payload, as much as the socket accepts at once.</summary>
    /// <param name="poller">Sends.</param>
    /// <param name="connection">The connection of the session.</param>
    /// <param name="payload">May be empty. If only a part is taken, the rest comes again in the next call.</param>
    /// <param name="error"><see cref="SocketError.WouldBlock"/> if the socket accepted nothing.</param>
    /// <returns>The bytes of payload taken.</returns>
    public abstract int Send(Poller poller, Connection connection, ReadOnlySpan<byte> payload, out SocketError error);

    /// <summary>Asks the peer's system for a sign of life.</summary>
    public abstract void Ping();

    /// <summary>Queues the last frame. Call it once all payload is sent.</summary>
    public abstract void Finish();

    /// <summary>Returns rented buffers.</summary>
    public virtual void Dispose()
    {
        // Most channels have none.
    }
}
