using Chat.Protocol;

namespace Chat.Server.Output;

/// <summary>
/// Writes to a stream that may block, fill up or disappear: a terminal stopped with Ctrl-S, a pipe without a
/// reader, a full disk. <see cref="TryWrite"/> never blocks; a separate thread writes.
/// </summary>
/// <remarks>
/// The server has this second thread because no system guarantees that a write to a terminal or a file does not
/// block. Both threads share one bounded buffer under a lock. Bytes that cannot be written are dropped, and
/// later bytes are tried again: the disk may have space by then.
/// <para>
/// The thread pauses after each write, so lines that arrive meanwhile share one write. Waking it for each line
/// took a tenth of the server's time in a room of a hundred. A reader does not notice ten milliseconds.
/// </para>
/// </remarks>
internal sealed class BackgroundWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly Thread _writer;
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _more = new(initialState: false);
    private byte[] _filling,
        _writing;
    private readonly int _restMilliseconds;
    private int _filled;
    private bool _idle,
        _refused,
        _ending;

    /// <param name="stream">Written by another thread; closed by the caller.</param>
    /// <param name="bytes">How many bytes may wait.</param>
    /// <param name="restMilliseconds">The pause after a write. It is skipped when the buffer is more than half
    /// full or bytes were refused.</param>
    public BackgroundWriter(
        Stream stream,
        int bytes,
        int restMilliseconds = ServerLimits.BackgroundWriterRestMilliseconds
    )
    {
        _stream = stream;
        _restMilliseconds = restMilliseconds;
        _filling = new byte[bytes];
        _writing = new byte[bytes];
        _writer = new Thread(Write, 256 * 1024) { IsBackground = true, Name = "writer" };
        _writer.Start();
    }

    /// <summary>Called by the writing thread when there is space again after bytes were refused.</summary>
    public Action? Drained { get; set; }

    /// <summary>Accepts as many leading bytes as fit.</summary>
    /// <returns>Bytes accepted.</returns>
    public int TryWrite(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            int taken = Math.Min(bytes.Length, _filling.Length - _filled);
            bytes[..taken].CopyTo(_filling.AsSpan(_filled));
            _filled += taken;
            _refused |= taken < bytes.Length;
            if (_idle || _refused || _filled > _filling.Length / 2)
            {
                _idle = false;
                _more.Set();
            }
            return taken;
        }
    }

    /// <summary>
    /// Accepts as many leading lines as fit, so that later bytes never follow a cut line. They may end inside a
    /// line only if the rest of it fits as well: a piece may end where the ring ends.
    /// </summary>
    /// <returns>Bytes accepted.</returns>
    public int TryWriteLines(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            int room = _filling.Length - _filled;
            int most = bytes.Length;
            if (room < bytes.Length + ProtocolLimits.RelayedLineBytes)
                most = bytes[..Math.Min(room, bytes.Length)].LastIndexOf((byte)'\n') + 1;
            _refused |= most < bytes.Length;
            return TryWrite(bytes[..most]);
        }
    }

    /// <summary>Accepts all bytes or none.</summary>
    public bool TryWriteWhole(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
            return _filling.Length - _filled >= bytes.Length && TryWrite(bytes) == bytes.Length;
    }

    /// <summary>Waits a moment for pending bytes to be written.</summary>
    public void Dispose()
    {
        lock (_lock)
            _ending = true;
        _more.Set();
        _writer.Join(TimeSpan.FromMilliseconds(500));
    }

    private void Write()
    {
        while (true)
        {
            int count;
            bool drained,
                ending;
            lock (_lock)
            {
                (_filling, _writing) = (_writing, _filling);
                (count, _filled) = (_filled, 0);
                (drained, _refused) = (_refused, false);
                (ending, _idle) = (_ending, count == 0);
            }
            if (drained)
                Drained?.Invoke();
            if (count > 0)
                WriteAvailable(_writing.AsSpan(0, count));
            else if (ending)
                return;
            if (!ending)
                _more.WaitOne(count > 0 ? _restMilliseconds : Timeout.Infinite);
        }
    }

    private void WriteAvailable(ReadOnlySpan<byte> bytes)
    {
        long? end = null;
        try
        {
            // Looks up the end each time: another process may have truncated the file or written to it.
            end = _stream.CanSeek ? _stream.Seek(0, SeekOrigin.End) : null;
            _stream.Write(bytes);
            _stream.Flush();
        }
        catch (Exception error) when (IsGone(error))
        {
            CutBack(end);
        }
    }

    // A full disk may accept half a line. It is removed, so that later text does not follow it on the same line.
    private void CutBack(long? end)
    {
        try
        {
            if (end is long length)
                _stream.SetLength(length);
        }
        catch (Exception error) when (IsGone(error))
        {
            // The line stays incomplete.
        }
    }

    // Full, closed or gone. The room does not depend on its mirror or its log.
    private static bool IsGone(Exception error) => FileErrors.IsTheSystems(error) || error is ObjectDisposedException;
}
