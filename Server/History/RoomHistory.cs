using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;
using Chat.Server.Log;
using Chat.Server.Rooms;
using Microsoft.Extensions.Logging;

namespace Chat.Server.History;

/// <summary>
/// The log's file: the same bytes at the same offsets. The ring in memory is the window on its tail. What a pass has appended is written before
/// anybody is sent a byte of it, so nobody was ever shown what a server killed in the next instant would not know when it is started again.
/// </summary>
/// <remarks>
/// The file is plain text: <c>chat-history 1 EPOCH BEGUN START</c>, lines that say who is remembered, an empty line, and then the log from offset
/// START on. It is only appended to. What a kill or a full disk cut off in the middle of a line is cut away, so that no line in it is ever torn.
/// <para>
/// A new file is begun when the old one is larger than it may be, was moved, replaced or changed by another program, or
/// misses bytes that are in the ring no longer. It is written beside the old one (head, remembered people, all of the ring),
/// made durable and put in its place by renaming. The old one is kept as FILE.1, another program's as FILE.replaced. So
/// there is always one whole file.
/// </para>
/// <para>
/// A damaged file is mended when it is opened: see <see cref="HistoryCheck"/>.
/// </para>
/// <para>
/// A process that is killed loses nothing of this. A machine that loses power may lose what the system had not yet put on the disk: once a
/// second it is asked to, on another thread, for a disk may take its time. Refused: asking for every line, which costs every line some milliseconds.
/// </para>
/// </remarks>
internal sealed class RoomHistory : IDisposable
{
    private const string Mark = "chat-history 1";
    private readonly string _file;
    private readonly long _maxBytes;
    private readonly ILogger _log;
    private readonly RoomLog _ring;
    private readonly byte[] _line = new byte[ProtocolLimits.RelayedLineBytes];
    private FileStream _stream;
    private long _head,
        _start,
        _written,
        _synced;
    private Task _syncing = Task.CompletedTask;
    private bool _failed,
        _renewalFailed,
        _isChanged,
        _isUncut;
    private string? _reported;
    private long _triedAt,
        _renewAt;

    private RoomHistory(string file, FileStream stream, long maxBytes, HistoryReader reader, ILogger log)
    {
        (_file, _stream, _maxBytes, _renewAt, _log, _ring) = (file, stream, maxBytes, maxBytes, log, reader.Past.Log);
        (_head, _start) = (reader.HeadBytes, reader.Start);
        _written = _synced = _ring.Tail;
        Past = reader.Past;
    }

    /// <summary>What the file told when it was opened.</summary>
    public RoomState Past { get; }

    private string Next => _file + ".new";

    private string Last => _file + ".1";

    /// <summary>Opens a history, or begins one.</summary>
    /// <param name="file">A file of ours, or one that is empty or not there.</param>
    /// <param name="ringBytes">Bytes of the ring: a power of two.</param>
    /// <param name="maxBytes">Size at which a new file is begun; <see cref="long.MaxValue"/> for never.</param>
    /// <param name="now">When a history begins that is begun here.</param>
    /// <param name="log">Hears what was mended and what goes wrong.</param>
    /// <exception cref="StartupException">It cannot be used; nothing was changed.</exception>
    public static RoomHistory Open(string file, int ringBytes, long maxBytes, ClockReading now, ILogger log)
    {
        FileStream? stream = null;
        try
        {
            // Killed between the two renames of a new beginning.
            if (!File.Exists(file) && IsWhole(file + ".new"))
                File.Move(file + ".new", file);
            stream = HistoryFile.Open(file);
            if (HistoryFile.HasNoHead(stream, Mark))
                HistoryFile.Begin(stream, Mark, LogEpoch.Create(), now.UnixMilliseconds);
            HistoryReader reader =
                HistoryReader.Read(stream, Mark, ringBytes)
                ?? throw new StartupException(
                    $"{SafeText.Clean(file)} is no history of a chat; name a file that is not there yet"
                );
            if (reader.DamagedLine > 0)
            {
                Mend(file, ref stream, reader.DamagedLine, log);
                reader = HistoryReader.Read(stream, Mark, ringBytes, isJudged: false)!;
            }
            if (reader.TornBytes > 0)
            {
                stream.SetLength(stream.Length - reader.TornBytes);
                log.HistoryTorn(file, reader.TornBytes);
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

    /// <summary>Writes what the log has beyond what was written. Never throws; while the disk refuses, it is tried again once a second.</summary>
    public void Save(ClockReading now)
    {
        if (_written == _ring.Tail || (_failed && now.Uptime - _triedAt < ServerLimits.TickMilliseconds))
            return;
        _triedAt = now.Uptime;
        try
        {
            if (IsChanged())
                BeginElsewhere();
            else if (_written < _ring.Head)
                BeginAnew();
            else
                Append();
            if (_failed)
                _log.HistoryGoesOn(_file);
            _failed = _isUncut = false;
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            Fail(error);
        }
    }

    /// <summary>To be called about once a second: has the system put what was written on the disk, and begins anew when it is time.</summary>
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

    /// <summary>Puts everything on the disk.</summary>
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
        return HistoryReader.Read(stream, Mark, ServerLimits.SmallestLogBytes, isJudged: false) is not null;
    }

    // The damaged file is kept as it is, under another name; a whole one takes its place.
    private static void Mend(string file, ref FileStream stream, long line, ILogger log)
    {
        string next = file + ".new",
            aside = HistoryFile.Aside(file, "damaged");
        HistoryReader reader;
        FileStream whole = HistoryFile.Open(next);
        try
        {
            reader = WriteMended(stream, whole);
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
        log.HistoryMended(file, line, reader.Kept, reader.Dropped, aside);
    }

    private static HistoryReader WriteMended(FileStream damaged, FileStream whole)
    {
        whole.SetLength(0);
        using BufferedStream mended = new(whole, ServerLimits.SmallestLogBytes);
        HistoryReader reader = HistoryReader.Mend(damaged, Mark, mended, LogEpoch.Create());
        mended.Flush();
        whole.Flush(flushToDisk: true);
        return reader;
    }

    // Another program cut the file or wrote into it: what is appended would stand behind a hole, or in other bytes.
    private bool IsChanged()
    {
        long length = _stream.Length,
            expected = _head + _written - _start;
        _isChanged |= length < expected || (length > expected && !_isUncut);
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

    // A part of the last write may stand in the file, with a torn line at its end: it is cut off, and goes again. What
    // another program wrote stays.
    private void Fail(Exception error)
    {
        if (!_failed)
            Report(FileErrors.Words(error, "server"));
        _failed = true;
        if (_isChanged || _written < _ring.Head)
            return;
        if (!_ring.IsLineStart(_written))
            _written = Math.Min(_written, _ring.LineStartBefore(_written + 1));
        _isUncut = true;
        try
        {
            if (_stream.Length > _head + _written - _start)
                _stream.SetLength(_head + _written - _start);
            _isUncut = false;
        }
        catch (Exception worse) when (FileErrors.IsTheSystems(worse))
        {
            // The next start cuts it off.
        }
    }

    // A save and a renewal may fail for the same reason.
    private void Report(string words)
    {
        if (words != _reported || !(_failed || _renewalFailed))
            _log.HistoryFails(_file, words);
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
                BeginAnew();
            else
                BeginElsewhere();
            (_renewAt, _renewalFailed) = (_maxBytes, false);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            if (!_renewalFailed)
                Report(FileErrors.Words(error, "server"));
            _renewalFailed = true;
            // The old one serves for another while.
            if (isInPlace)
                _renewAt += _ring.Size;
        }
    }

    private void BeginAnew()
    {
        Replace(Last);
        _log.HistoryBegun(_file, _start);
    }

    // Another program moved, replaced or changed the file. What stands in its place is moved aside, unless it is empty.
    private void BeginElsewhere()
    {
        string? aside;
        try
        {
            if (Directory.Exists(_file) && new FileInfo(_file).LinkTarget is null)
                throw new StartupException("a directory stands in its place");
            FileInfo there = new(_file);
            bool isKept = there.LinkTarget is not null || (there.Exists && there.Length > 0);
            aside = isKept ? HistoryFile.Aside(_file, "replaced") : null;
            Replace(aside);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            throw new StartupException(
                $"it is gone, replaced or changed, and a new one cannot be made: {FileErrors.Words(error, "server")}"
            );
        }
        _log.HistoryReplaced(_file, aside is null ? "" : $"; what stood there is kept as {aside}");
        _log.HistoryBegun(_file, _start);
    }

    // Writes a whole new file, and puts it in the place of the old one, which is kept under another name.
    private void Replace(string? aside)
    {
        _syncing.Wait();
        long start = _ring.FirstLine;
        FileStream next = HistoryFile.Open(Next);
        try
        {
            HistoryFile.Begin(next, Mark, Past.Epoch, Past.Begun, start, WriteRemembered);
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
            // Behind the first move it may be the only whole file.
            if (Path.Exists(_file))
                HistoryFile.Remove(Next);
            throw;
        }
    }

    // Everybody who is remembered, as the lines of the log tell it: whose each seat is, and who is here.
    private void WriteRemembered(Stream stream, long start)
    {
        Span<byte> text = stackalloc byte[ServerLimits.KeyTextBytes];
        foreach (User person in Past.People.Remembered)
        {
            foreach (Seat seat in person.Seats.Where(static s => s.Recorded))
            {
                // The number shows that the person has spoken. Of a silent one it could only repeat a /nick.
                LineId id = new(seat.Number, person.HasSpoken ? seat.Taken : 0);
                stream.Write(
                    _line.AsSpan(
                        0,
                        RichWire.Line(
                            _line,
                            start,
                            0,
                            LineKind.Key,
                            person.Name,
                            id,
                            text[..RoomState.KeyText(text, seat)]
                        )
                    )
                );
                if (person.IsHere)
                    stream.Write(
                        _line.AsSpan(
                            0,
                            RichWire.Line(
                                _line,
                                start,
                                person.JoinedAt,
                                LineKind.Join,
                                person.Name,
                                id with
                                {
                                    Id = 0,
                                },
                                []
                            )
                        )
                    );
            }
        }
    }
}
