using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Server.Log;
using Chat.Server.Rooms;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Chat.Server.History;

/// <summary>
/// The log on disk: the same bytes at the same offsets. The ring in memory is a window on its tail. A pass
/// writes its lines to the file before it sends them, so a killed server never loses a line that a member has
/// seen.
/// </summary>
/// <remarks>
/// The file is plain text: a head (<see cref="HistoryHeader"/>, <see cref="SeatRecords"/>, an empty line), and then
/// the log from the offset in the header on. It is append-only. A line torn by a kill or a full disk
/// is cut off at the next start.
/// <para>
/// A new file begins when the old one is too large, or lacks bytes that have left the ring. It also begins when
/// another program moved, replaced or changed the old one. It is written beside the old one (head, remembered people,
/// the whole ring),
/// flushed to disk and renamed into place. The old one is kept as FILE.1, a file of another program as
/// FILE.replaced. So one whole file exists at all times.
/// </para>
/// <para>
/// A damaged file is repaired when it is opened: see <see cref="HistoryCheck"/>.
/// </para>
/// <para>
/// A killed process loses nothing. A power failure may lose data that the system has not written to disk yet; a
/// background thread flushes it once a second. Refused: a flush for every line, which costs each line some
/// milliseconds.
/// </para>
/// </remarks>
internal sealed class RoomHistory : IDisposable
{
    private readonly string _file;
    private readonly long _maxBytes;
    private readonly ILogger _log;
    private readonly RoomLog _ring;
    private FileStream _stream;
    private long _head,
        _start,
        _written,
        _synced;
    private Task _syncing = Task.CompletedTask;
    private bool _failed,
        _renewalFailed,
        _isChanged,
        _hasTornEnd;
    private string? _reported;
    private long _triedAt,
        _renewAt;

    private RoomHistory(string file, FileStream stream, long maxBytes, HistoryReader reader, ILogger log)
    {
        (_file, _stream, _maxBytes, _renewAt, _log, _ring) = (file, stream, maxBytes, maxBytes, log, reader.State.Log);
        (_head, _start) = (reader.HeadBytes, reader.Start);
        _written = _synced = _ring.Tail;
        State = reader.State;
    }

    /// <summary>The state restored when the file was opened.</summary>
    public RoomState State { get; }

    /// <summary>The offset of the first line in the file.</summary>
    public long Start => _start;

    /// <summary>The offset after the last line in the file.</summary>
    public long Written => _written;

    private string Next => _file + ".new";

    private string Last => _file + ".1";

    /// <summary>Opens or creates a history.</summary>
    /// <param name="file">A history, an empty file, or a path without a file.</param>
    /// <param name="ringBytes">Bytes of the ring: a power of two.</param>
    /// <param name="maxBytes">The size at which a new file begins; <see cref="long.MaxValue"/> for never.</param>
    /// <param name="now">The time at which a new history begins.</param>
    /// <param name="log">Receives repairs and errors.</param>
    /// <exception cref="StartupException">The file cannot be used and was not changed.</exception>
    public static RoomHistory Open(string file, int ringBytes, long maxBytes, ClockReading now, ILogger log)
    {
        FileStream? stream = null;
        try
        {
            // The server was killed between the two renames of a replacement.
            if (!File.Exists(file) && IsWhole(file + ".new"))
                File.Move(file + ".new", file);
            stream = HistoryFile.Open(file);
            if (HistoryFile.IsUnfinished(stream))
                HistoryFile.Begin(stream, new HistoryHeader(LogEpoch.Create(), now.UnixMilliseconds, Start: 0), new());
            HistoryReader reader =
                HistoryReader.Read(stream, ringBytes)
                ?? throw new StartupException(
                    $"{SafeText.Clean(file)} is no history of a chat; name a file that is not there yet"
                );
            if (reader.DamagedLine > 0)
            {
                Repair(file, ref stream, reader.DamagedLine, log);
                reader = HistoryReader.Read(stream, ringBytes, isChecked: false)!;
            }
            if (reader.TornBytes > 0)
            {
                stream.SetLength(stream.Length - reader.TornBytes);
                log.HistoryCut(file, reader.TornBytes);
            }
            HistoryFile.MakePrivate(stream);
            return new RoomHistory(file, stream, maxBytes, reader, log);
        }
        catch (StartupException)
        {
            stream?.Dispose();
            throw;
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            stream?.Dispose();
            string words = FileErrors.Words(error, "server");
            throw new StartupException(
                $"cannot keep the history in {SafeText.Clean(file)}: {words}; name another file with --history"
            );
        }
    }

    /// <summary>
    /// Writes the lines of the log that are not in the file yet. Never throws; after an error it retries once a
    /// second.
    /// </summary>
    public void Save(ClockReading now)
    {
        if (_written == _ring.Tail || (_failed && now.Uptime - _triedAt < ServerLimits.TickMilliseconds))
            return;
        _triedAt = now.Uptime;
        try
        {
            if (IsChanged())
                BeginReplacement();
            else if (_written < _ring.Head)
                BeginNextFile();
            else
                Append();
            if (_failed)
                _log.HistoryRecovered(_file);
            _failed = _hasTornEnd = false;
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            Fail(error);
        }
    }

    /// <summary>Call about once a second: flushes written data to disk, and begins a new file when it is due.</summary>
    public void Tick(ClockReading now)
    {
        Save(now);
        if (!_syncing.IsCompleted)
            return;
        Renew();
        if (_synced == _written)
            return;
        _synced = _written;
        FileStream stream = _stream;
        _syncing = Task.Run(() => HistoryFile.Sync(stream));
    }

    /// <summary>The file, for a read on another thread. Another file may replace and close it at any time.</summary>
    /// <param name="offset">An offset in the log, from <see cref="Start"/> to <see cref="Written"/>.</param>
    /// <param name="position">The place of that byte in the file.</param>
    public SafeFileHandle Locate(long offset, out long position)
    {
        position = _head + offset - _start;
        return _stream.SafeFileHandle;
    }

    /// <summary>Flushes everything to disk.</summary>
    public void Dispose()
    {
        _syncing.Wait();
        HistoryFile.Sync(_stream);
        _stream.Dispose();
    }

    private static bool IsWhole(string file)
    {
        if (!File.Exists(file))
            return false;
        using FileStream stream = HistoryFile.Open(file);
        return HistoryReader.Read(stream, ServerLimits.SmallestLogBytes, isChecked: false) is not null;
    }

    // The damaged file is kept under another name, and a whole one takes its place.
    private static void Repair(string file, ref FileStream stream, long line, ILogger log)
    {
        string next = file + ".new",
            aside = HistoryFile.FreeNameBeside(file, "damaged");
        HistoryReader reader;
        FileStream whole = HistoryFile.Open(next);
        try
        {
            reader = WriteRepaired(stream, whole);
            stream.Dispose();
            whole.Dispose();
            File.Move(file, aside);
        }
        catch
        {
            whole.Dispose();
            HistoryFile.Remove(next);
            throw;
        }
        File.Move(next, file);
        stream = HistoryFile.Open(file);
        log.HistoryRepaired(file, line, reader.Kept, reader.Dropped, aside);
    }

    private static HistoryReader WriteRepaired(FileStream damaged, FileStream whole)
    {
        whole.SetLength(0);
        using BufferedStream repaired = new(whole, ServerLimits.SmallestLogBytes);
        HistoryReader reader = HistoryReader.Repair(damaged, repaired, LogEpoch.Create());
        repaired.Flush();
        whole.Flush(flushToDisk: true);
        return reader;
    }

    // Another program truncated or changed the file: appended lines would follow a hole or foreign bytes.
    private bool IsChanged()
    {
        long length = _stream.Length,
            expected = _head + _written - _start;
        _isChanged |= length < expected || (length > expected && !_hasTornEnd);
        return _isChanged;
    }

    private void Append()
    {
        while (_written < _ring.Tail)
        {
            ReadOnlySpan<byte> piece = _ring.Read(_written, _ring.Tail);
            RandomAccess.Write(_stream.SafeFileHandle, piece, _head + _written - _start);
            _written += piece.Length;
        }
    }

    // Part of the last write may be in the file, with a torn line at its end. It is cut off and written again.
    // Bytes of another program stay.
    private void Fail(Exception error)
    {
        if (!_failed)
            Report(FileErrors.Words(error, "server"));
        _failed = true;
        if (_isChanged || _written < _ring.Head)
            return;
        if (!_ring.IsLineStart(_written))
            _written = Math.Min(_written, _ring.LineStartBefore(_written + 1));
        _hasTornEnd = true;
        try
        {
            if (_stream.Length > _head + _written - _start)
                _stream.SetLength(_head + _written - _start);
            _hasTornEnd = false;
        }
        catch (Exception worse) when (FileErrors.IsTheSystems(worse))
        {
            // The next start cuts it off.
        }
    }

    // A save and a replacement may fail for the same reason.
    private void Report(string words)
    {
        if (words != _reported || !(_failed || _renewalFailed))
            _log.HistoryFailed(_file, words);
        _reported = words;
    }

    private void Renew()
    {
        bool isInPlace = true;
        try
        {
            isInPlace = !IsChanged() && HistoryFile.IsInPlace(_stream, _file);
            if (isInPlace && _head + _written - _start <= _renewAt)
                return;
            if (isInPlace)
                BeginNextFile();
            else
                BeginReplacement();
            (_renewAt, _renewalFailed) = (_maxBytes, false);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            if (!_renewalFailed)
                Report(FileErrors.Words(error, "server"));
            _renewalFailed = true;
            // The old file stays in use.
            if (isInPlace)
                _renewAt += _ring.Size;
        }
    }

    private void BeginNextFile()
    {
        Replace(Last);
        _log.HistoryStarted(_file, _start);
    }

    // Another program moved, replaced or changed the file. A file in its place is moved aside, unless it is empty.
    private void BeginReplacement()
    {
        string? aside;
        try
        {
            if (Directory.Exists(_file) && new FileInfo(_file).LinkTarget is null)
                throw new StartupException("a directory stands in its place");
            FileInfo there = new(_file);
            bool isKept = there.LinkTarget is not null || (there.Exists && there.Length > 0);
            aside = isKept ? HistoryFile.FreeNameBeside(_file, "replaced") : null;
            Replace(aside);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            throw new StartupException(
                $"it is gone, replaced or changed, and a new one cannot be made: {FileErrors.Words(error, "server")}"
            );
        }
        _log.HistoryReplaced(_file, aside is null ? "" : $"; what stood there is kept as {aside}");
        _log.HistoryStarted(_file, _start);
    }

    // Writes a whole new file and puts it in the place of the old one, which is kept under another name.
    private void Replace(string? aside)
    {
        _syncing.Wait();
        long start = _ring.FirstLine;
        FileStream next = HistoryFile.Open(Next);
        try
        {
            HistoryFile.Begin(next, new HistoryHeader(State.Epoch, State.Begun, start), State.People);
            long head = next.Length;
            for (long at = start; at < _ring.Tail; )
            {
                ReadOnlySpan<byte> piece = _ring.Read(at, _ring.Tail);
                RandomAccess.Write(next.SafeFileHandle, piece, head + at - start);
                at += piece.Length;
            }
            next.Flush(flushToDisk: true);
            if (aside is not null)
                File.Move(_file, aside, overwrite: true);
            File.Move(Next, _file, overwrite: true);
            HistoryFile.MakePrivate(next);
            _stream.Dispose();
            (_stream, _head, _start, _written, _synced, _isChanged) = (
                next,
                head,
                start,
                _ring.Tail,
                _ring.Tail,
                false
            );
        }
        catch
        {
            next.Dispose();
            // After the first rename it may be the only whole file.
            if (Path.Exists(_file))
                HistoryFile.Remove(Next);
            throw;
        }
    }
}
