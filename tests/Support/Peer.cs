using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Chat.Protocol.Tls;

namespace Chat.Tests.Support;

/// <summary>
/// `nc` by hand: one TCP connection that a test writes to and reads from. It has no thread. It moves bytes only
/// inside its own waits and calls <c>turn</c> meanwhile, so a stepped server on the same thread gets its turns:
/// <c>Peer.Connect(server.EndPoint, () => server.Pass(TimeSpan.Zero))</c>. Without a wait it does not read;
/// bytes sent to it stay in the kernel, as with a slow reader.
/// </summary>
internal sealed class Peer : IDisposable
{
    private readonly Socket _socket;
    private readonly Action? _turn;
    private readonly LineBuffer _received = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private WebSocketFrames? _frames;
    private TlsConnection? _tls;
    private byte[] _payload = [];
    private bool _stopped;

    private Peer(Socket socket, Action? turn)
    {
        _socket = socket;
        _turn = turn;
    }

    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>
    /// Whole lines received so far, without their LF. The property reads nothing; see <see cref="Pump"/>.
    /// </summary>
    public IReadOnlyList<string> Lines => _received.Lines;

    /// <summary>Every byte received so far.</summary>
    public byte[] Bytes => _received.Bytes;

    /// <summary>All bytes received so far, as text.</summary>
    public string Text => _received.Text;

    /// <summary>The bytes after the last LF.</summary>
    public string Rest => _received.Rest;

    /// <summary>True once the other end has closed or reset the connection.</summary>
    public bool Ended { get; private set; }

    /// <summary>The error of the end, such as a reset; success for an orderly end or none.</summary>
    public SocketError Error { get; private set; }

    /// <summary>Connects, or throws the system's error.</summary>
    /// <param name="to">The server.</param>
    /// <param name="turn">Called repeatedly during this peer's waits.</param>
    /// <param name="from">The local address, such as 127.0.0.7; null: the system's choice.</param>
    /// <param name="receiveBufferBytes">SO_RCVBUF, set before connecting so that the window follows; 0: the system's
    /// choice.</param>
    public static Peer Connect(EndPoint to, Action? turn = null, IPAddress? from = null, int receiveBufferBytes = 0)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBufferBytes > 0)
                socket.ReceiveBufferSize = receiveBufferBytes;
            if (from is not null)
                socket.Bind(new IPEndPoint(from, 0));
            socket.Connect(to);
            socket.Blocking = false;
            return new Peer(socket, turn);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void SendText(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        SendBytes(_frames is null ? bytes : WebSocketFrames.Frame(0x80 | WebSocketFrames.Text, bytes));
    }

    /// <summary>
    /// Speaks WebSocket from here on, after the answer to the handshake: each text is a frame, and the lines are those
    /// in the server's frames.
    /// </summary>
    public WebSocketFrames UseFrames()
    {
        _frames = new WebSocketFrames();
        return _frames;
    }

    /// <summary>
    /// Begins TLS, before anything was sent or received, and waits until the handshake is complete or has failed. Texts
    /// and lines are inside TLS from here on.
    /// </summary>
    public TlsConnection UseTls()
    {
        TlsConnection tls = BeginTls();
        WaitFor(() => tls.IsEstablished || tls.HasEnded || Ended, "the handshake");
        return tls;
    }

    /// <summary>Begins TLS without a wait.</summary>
    public TlsConnection BeginTls()
    {
        _tls = TlsConnection.Connect(static _ => true);
        _payload = new byte[_buffer.Length + TlsConnection.ExtraPayloadBytes];
        SendOutput(_tls);
        return _tls;
    }

    /// <summary>Says inside TLS that nothing follows. The socket stays open.</summary>
    public void FinishTls()
    {
        _tls!.Finish();
        SendOutput(_tls);
    }

    /// <summary>Sends all bytes, inside TLS if this connection speaks it.</summary>
    public void SendBytes(ReadOnlySpan<byte> bytes)
    {
        while (_tls is not null && !bytes.IsEmpty)
        {
            ReadOnlySpan<byte> next = bytes[..Math.Min(bytes.Length, RecordProtection.PayloadBytes)];
            _tls.Keep(_tls.Seal(next));
            SendOutput(_tls);
            bytes = bytes[next.Length..];
        }
        SendRaw(bytes);
    }

    private void SendOutput(TlsConnection tls)
    {
        byte[] output = tls.Output.ToArray();
        tls.Sent(output.Length);
        SendRaw(output);
    }

    /// <summary>Sends all bytes as they are, with turns while the other end accepts none.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        var watch = Stopwatch.StartNew();
        while (!bytes.IsEmpty)
        {
            int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
                throw new SocketException((int)error);
            bytes = bytes[sent..];
            if (error == SocketError.Success)
                continue;
            if (watch.Elapsed > Eventually.Deadline)
                throw Eventually.InVain(
                    $"the other end to take {bytes.Length} more bytes",
                    Eventually.Deadline,
                    _received.Describe()
                );
            _turn?.Invoke();
            Pump();
            _socket.Poll(Pause, SelectMode.SelectWrite);
        }
    }

    /// <summary>Reads the bytes that have arrived, without waiting.</summary>
    public void Pump()
    {
        while (!_stopped && !Ended)
        {
            int count = _socket.Receive(_buffer, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
                return;
            _received.Append(Unframe(_buffer.AsSpan(0, count)));
            if (error != SocketError.Success)
                Error = error;
            Ended = count == 0;
        }
    }

    private ReadOnlySpan<byte> Unframe(Span<byte> received)
    {
        if (_tls is null)
            return _frames is null ? received : _frames.Take(received);
        int payload = _tls.Decrypt(received, _payload, uptime: 0);
        // A server that has closed reads no answer.
        if (_tls.HasOutput && !_tls.HasEnded)
            SendOutput(_tls);
        return _payload.AsSpan(0, payload);
    }

    /// <summary>The next line after the last returned one.</summary>
    public string ReceiveLine(TimeSpan? deadline = null) => WaitForLine(_ => true, "the next line", deadline);

    /// <summary>The next matching line after the last returned one; fails with all received lines.</summary>
    public string WaitForLine(Func<string, bool> fits, string what = "a line that fits", TimeSpan? deadline = null)
    {
        string? line = null;
        WaitFor(() => (line = _received.Find(fits)) is not null || Ended, what, deadline);
        return line
            ?? throw Eventually.InVain(
                $"{what}; the other end closed ({Error})",
                deadline ?? Eventually.Deadline,
                _received.Describe()
            );
    }

    /// <summary>Waits until the other end closes, in order or not.</summary>
    public void WaitForEnd(TimeSpan? deadline = null) => WaitFor(() => Ended, "the other end to close", deadline);

    /// <summary>Turns and reads until <paramref name="condition"/> holds.</summary>
    public void WaitFor(Func<bool> condition, string what, TimeSpan? deadline = null)
    {
        TimeSpan limit = deadline ?? Eventually.Deadline;
        var watch = Stopwatch.StartNew();
        while (true)
        {
            _turn?.Invoke();
            Pump();
            if (condition())
                return;
            if (watch.Elapsed > limit)
                throw Eventually.InVain(what, limit, _received.Describe());
            if (_stopped || Ended)
                Thread.Sleep(Pause);
            else
                _socket.Poll(Pause, SelectMode.SelectRead);
        }
    }

    /// <summary>Stops reading from the kernel.</summary>
    public void StopReading() => _stopped = true;

    public void ReadAgain() => _stopped = false;

    /// <summary>Sends FIN and goes on reading.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with RST instead of FIN.</summary>
    public void Reset()
    {
        // Dispose would shut the socket down first, and the peer might read its FIN before the reset.
        _socket.Close(timeout: 0);
        Ended = true;
    }

    public void Dispose()
    {
        _tls?.Dispose();
        _socket.Dispose();
    }

    /// <summary>A short wait if a turn may cause the awaited event, a longer one if only the kernel can.</summary>
    private TimeSpan Pause => _turn is null ? TimeSpan.FromMilliseconds(20) : TimeSpan.FromMilliseconds(1);
}
