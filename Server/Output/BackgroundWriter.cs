using Chat.Protocol;

namespace Chat.Server.Output;

/// <summary>
/// Bytes to somewhere that may block, fill up or go away: a terminal stopped with Ctrl-S, a pipe nobody reads, a full disk. Offering bytes
/// never waits; a thread of the outlet's own does the writing.
/// </summary>
/// <remarks>
/// This is the one place where the server is not one thread, because no system can say for certain that a write to a terminal or a file will
/// not block. The two sides share one bounded buffer under a lock. What cannot be written is dropped, and the next bytes are tried again:
/// a disk may have room later.
/// <para>
/// Who reads along does not see whether a line is there ten milliseconds sooner, but waking the thread for each line was a tenth of what the line cost
/// the server in a room of a hundred. So it rests after each write, and what is offered meanwhile goes out in one.
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

    /// <param name="stream">Written to by another thread; its caller's to close.</param>
    /// <param name="bytes">How much may wait.</param>
    /// <param name="restMilliseconds">How long it rests after a write, unless more than half of what may wait does, or something was refused.</param>
    public BackgroundWriter(Stream stream, int bytes, int restMilliseconds = ServerLimits.OutletRestMilliseconds)
    {
        _stream = stream;
        _restMilliseconds = restMilliseconds;
        _filling = new byte[bytes];
        _writing = new byte[bytes];
        _writer = new Thread(Write, 256 * 1024) { IsBackground = true, Name = "writer" };
        _writer.Start();
    }

    /// <summary>Called, by the writing thread, when there is room again after bytes were refused.</summary>
    public Action? Drained { get; set; }

    /// <summary>Takes what fits, from the front.</summary>
    /// <returns>Bytes taken.</returns>
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
    /// Takes what fits, from the front, and ends behind a line, so that whatever is offered next cuts none. Only where there is room for the rest of
    /// it, too, may the bytes end inside a line: then they do so because a ring ends there.
    /// </summary>
    /// <returns>Bytes taken.</returns>
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

    /// <summary>Takes all or nothing.</summary>
    public bool TryWriteWhole(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
            return _filling.Length - _filled >= bytes.Length && TryWrite(bytes) == bytes.Length;
    }

    /// <summary>Gives what still waits a moment to be written.</summary>
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
            bool relieved,
                ending;
            lock (_lock)
            {
                (_filling, _writing) = (_writing, _filling);
                (count, _filled) = (_filled, 0);
                (relieved, _refused) = (_refused, false);
                (ending, _idle) = (_ending, count == 0);
            }
            if (relieved)
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
            // The end is where it is now: somebody may have emptied the file meanwhile, or write into it as well.
            end = _stream.CanSeek ? _stream.Seek(0, SeekOrigin.End) : null;
            _stream.Write(bytes);
            _stream.Flush();
        }
        catch (Exception error) when (IsGone(error))
        {
            CutBack(end);
        }
    }

    // A full disk takes the beginning of a line; what is written when there is room again must not be glued to it.
    private void CutBack(long? end)
    {
        try
        {
            if (end is long length)
                _stream.SetLength(length);
        }
        catch (Exception error) when (IsGone(error))
        {
            // The line stays torn.
        }
    }

    // Full, closed or gone. The room does not depend on being watched.
    private static bool IsGone(Exception error) => FileErrors.IsTheSystems(error) || error is ObjectDisposedException;
}
