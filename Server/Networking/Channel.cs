using System.Net.Sockets;

namespace Chat.Server.Networking;

/// <summary>
/// A layer between the lines of a session and its socket, such as WebSocket. It frames the bytes that are sent and
/// unframes those received. A session without a channel sends and receives its lines as they are.
/// </summary>
/// <remarks>
/// The bounds of frames mean nothing to the room: a frame may end inside a line. A channel therefore keeps no copy of
/// its payload. It only keeps how many bytes of the frame begun are missing.
/// </remarks>
internal abstract class Channel
{
    /// <summary>The channel has bytes of its own to send, such as an answer to a ping.</summary>
    public abstract bool HasOutput { get; }

    /// <summary>The peer closed the channel or broke its rules. No further input is read.</summary>
    public bool HasEnded { get; protected set; }

    /// <summary>Unframes received bytes in place.</summary>
    /// <param name="received">Bytes of the socket. Their payload is moved to the start.</param>
    /// <returns>The bytes of payload; 0 if only parts of frames were received.</returns>
    public abstract int Unframe(Span<byte> received);

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
}
