using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Chat.Protocol.Tls;

namespace Chat.Bench;

/// <summary>One member of a room: a connection and its state.</summary>
internal sealed class Member(int index) : IDisposable
{
    private const int BindAddressNoPort = 24;

    // One source address has 28,000 ports, and some servers reject many connections from one address.
    private const int MembersPerAddress = 2000;

    // All members share it, as they share the thread.
    [ThreadStatic]
    private static byte[]? _records;

    private Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private TlsConnection? _tls;

    public int Index { get; } = index;

    public bool IsConnected { get; private set; }

    /// <summary>Whether the server has let it into the room.</summary>
    public bool HasJoined { get; set; }

    /// <summary>The beginning of a line whose end has not come.</summary>
    public byte[] PartialLine { get; set; } = [];

    /// <summary>The frames of a connection that is a WebSocket now; null for lines as they are.</summary>
    public WebSocketFrames? Frames { get; set; }

    /// <summary>When it last sent something, in ticks of <see cref="Stopwatch"/>.</summary>
    public long SentAt { get; set; }

    public int Requests { get; set; }

    /// <summary>The log of <see cref="Offset"/>, as the server wrote it.</summary>
    public string Epoch { get; set; } = "-";

    /// <summary>Where the log goes on after a resume.</summary>
    public long Offset { get; set; }

    /// <summary>Connects for the first time or again; the offset stays.</summary>
    /// <param name="port">The server's.</param>
    /// <param name="isEncrypted">The connection begins with TLS.</param>
    /// <returns>The descriptor.</returns>
    public nint Connect(int port, bool isEncrypted)
    {
        _socket.Dispose();
        // The first ClientHello compiles a library. The server would greet in the clear if it waited for that.
        _tls = isEncrypted ? TlsConnection.Connect(static _ => true) : null;
        _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        // With it the system chooses the port at connect, so each server has the whole range of ports.
        _socket.SetRawSocketOption(0, BindAddressNoPort, BitConverter.GetBytes(1));
        _socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (Index / MembersPerAddress % 250))]), 0));
        _socket.Connect(IPAddress.Loopback, port);
        _socket.Blocking = false;
        (IsConnected, HasJoined, PartialLine, Frames) = (true, false, [], null);
        if (_tls is not null)
            SendOutput(_tls);
        return _socket.Handle;
    }

    /// <summary>Sends at once: at most a window of messages is in flight, and a connection has room for it.</summary>
    public void Send(ReadOnlySpan<byte> lines)
    {
        ReadOnlySpan<byte> bytes = Frames is null ? lines : WebSocketFrames.Frame(lines);
        SentAt = Stopwatch.GetTimestamp();
        if (IsConnected)
            SendBytes(_tls is null ? bytes : _tls.Seal(bytes));
    }

    /// <returns>Bytes received, 0 at the end of the connection, or null when nothing is there now.</returns>
    public int? Receive(Span<byte> buffer)
    {
        if (_tls is null)
            return ReceiveBytes(buffer);
        _records ??= new byte[128 * 1024];
        if (ReceiveBytes(_records) is not int received)
            return null;
        int payload = _tls.Decrypt(_records.AsSpan(0, received), buffer, Environment.TickCount64);
        SendOutput(_tls);
        if (_tls.Failure is string failure)
            throw new MeasurementException($"the TLS of member {Index} failed: {failure}");
        return payload > 0 ? payload
            : received == 0 || _tls.HasEnded ? 0
            : null;
    }

    /// <summary>Closes with a reset, as a killed program and a pulled cable do.</summary>
    public void Dispose()
    {
        if (IsConnected)
            _socket.LingerState = new(true, 0);
        IsConnected = false;
        _socket.Dispose();
        _tls?.Dispose();
    }

    private int? ReceiveBytes(Span<byte> buffer)
    {
        int received = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        return error == SocketError.WouldBlock ? null : received;
    }

    private void SendOutput(TlsConnection tls)
    {
        if (!tls.HasOutput)
            return;
        SendBytes(tls.Output);
        tls.Sent(tls.Output.Length);
    }

    private void SendBytes(ReadOnlySpan<byte> bytes)
    {
        if (_socket.Send(bytes, SocketFlags.None, out _) < bytes.Length)
            throw new MeasurementException($"the server does not take what member {Index} sends");
    }
}
