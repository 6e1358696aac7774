using System.Net.Sockets;
using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// One connection to a server: its socket and everything that is true of this connection alone. The link makes a new
/// object for each connection, so no flag outlives one.
/// </summary>
/// <remarks>
/// A failed send closes nothing: data received before the failure can still be read, and the end follows it.
/// </remarks>
/// <param name="socket">Connected and non-blocking; disposed with this object.</param>
/// <param name="clock">The time, for the properties that end in At.</param>
internal sealed class LinkConnection(Socket socket, TimeProvider clock) : IDisposable
{
    private readonly byte[] _received = new byte[ClientLimits.ClientReceiveBytes];
    private byte[] _unsent = [];

    /// <summary>The handle to wait for.</summary>
    public nint Handle => socket.Handle;

    /// <summary>When the connection was made. All times are in milliseconds of the client's clock.</summary>
    public long OpenedAt { get; } = Milliseconds(clock);

    /// <summary>When the link entered the room or began to speak plainly.</summary>
    public long JoinedAt { get; set; }

    /// <summary>When bytes last came in. A client that did not read cannot call the server silent.</summary>
    public long LastReceivedAt { get; set; } = Milliseconds(clock);

    /// <summary>When bytes last went out.</summary>
    public long LastSentAt { get; private set; } = Milliseconds(clock);

    /// <summary>The earliest time for the next line to a plain server.</summary>
    public long NextTextAt { get; set; }

    /// <summary>The bytes that came before the kind of server was known, and on a slow way a few more.</summary>
    public byte[] Greeting { get; private set; } = [];

    /// <summary>The greeting holds the mark of a server of ours.</summary>
    public bool HasMark => ServerKind.Recognize(Greeting) is { IsOurs: true };

    /// <summary>Divides what comes in into lines.</summary>
    public LineFramer Framer { get; private set; } = NewFramer();

    /// <summary>Lines that came between the hello and its answer. They are shown if no answer comes.</summary>
    public List<string> LinesBeforeWelcome { get; } = [];

    /// <summary>The hello was sent: the server is one of ours.</summary>
    public bool IsHelloSent { get; set; }

    /// <summary>The line of the greeting was handled. It comes first, and is no answer to the hello.</summary>
    public bool IsGreetingHandled { get; set; }

    /// <summary>The server answered the hello: both sides speak the rich dialect.</summary>
    public bool IsRich { get; set; }

    /// <summary>A line was sent to the server as plain text.</summary>
    public bool HasSentText { get; set; }

    /// <summary>The farewell was sent: nothing follows it.</summary>
    public bool IsFarewellSent { get; set; }

    /// <summary>The socket takes no more bytes for now.</summary>
    public bool IsWriteBlocked { get; private set; }

    /// <summary>A send failed, so nothing more is sent.</summary>
    public bool HasSendFailed { get; private set; }

    /// <summary>A queued line was not sent whole.</summary>
    public bool HasUnsent => _unsent.Length > 0;

    /// <summary>Whether a send may succeed now.</summary>
    public bool CanSend => !IsWriteBlocked && !HasSendFailed;

    /// <summary>Adds bytes to the greeting.</summary>
    public void AddToGreeting(ReadOnlySpan<byte> bytes) => Greeting = [.. Greeting, .. bytes];

    /// <summary>Forgets half a line: the greeting, which holds it, is divided into lines again.</summary>
    public void RestartFraming() => Framer = NewFramer();

    /// <summary>Forgets that the socket took no more: it is asked again.</summary>
    public void RetrySending() => IsWriteBlocked = false;

    /// <summary>Sends a line, the rest of it at later calls of <see cref="Flush"/>.</summary>
    /// <param name="line">The line with its end. No other line is unsent.</param>
    /// <returns>Whether it was sent whole.</returns>
    public bool Send(byte[] line)
    {
        _unsent = line;
        return Flush();
    }

    /// <summary>Sends the rest of a line.</summary>
    /// <returns>False when the socket takes no more for now, or failed.</returns>
    public bool Flush()
    {
        while (HasUnsent && !HasSendFailed)
        {
            int sent = TrySend(_unsent);
            if (sent < 0)
                return false;
            _unsent = _unsent[sent..];
        }
        return !HasSendFailed;
    }

    /// <summary>Sends what the socket takes at once.</summary>
    /// <returns>The number of bytes; -1 when it takes none for now, or failed.</returns>
    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent;
        SocketError error;
        do
        {
            sent = socket.Send(bytes, SocketFlags.None, out error);
        } while (error is SocketError.Interrupted);
        IsWriteBlocked = error is SocketError.WouldBlock or SocketError.IOPending or SocketError.NoBufferSpaceAvailable;
        HasSendFailed = !IsWriteBlocked && error is not SocketError.Success;
        if (!CanSend)
            return -1;
        LastSentAt = Milliseconds(clock);
        return sent;
    }

    /// <summary>Receives what is there.</summary>
    /// <param name="bytes">Valid until the next call; empty at the end of the stream, on an error, and when nothing is
    /// there.</param>
    /// <param name="error">Success with no bytes is the end of the stream.</param>
    /// <returns>False when nothing is there for now.</returns>
    public bool TryReceive(out ReadOnlySpan<byte> bytes, out SocketError error)
    {
        int count = socket.Receive(_received, SocketFlags.None, out error);
        bytes = error is SocketError.Success ? _received.AsSpan(0, count) : [];
        if (!bytes.IsEmpty)
            LastReceivedAt = Milliseconds(clock);
        return error is not (SocketError.WouldBlock or SocketError.IOPending or SocketError.Interrupted);
    }

    /// <summary>Closes the sending side. The server answers with what it still has to send and with its own end.</summary>
    public void ShutdownSend()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The connection is gone already; the next receive says so.
        }
    }

    public void Dispose() => socket.Dispose();

    private static LineFramer NewFramer() => new(ProtocolLimits.RelayedLineBytes - 1);

    private static long Milliseconds(TimeProvider clock) => (long)clock.GetElapsedTime(0).TotalMilliseconds;
}
