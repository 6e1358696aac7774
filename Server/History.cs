using Chat.Protocol;
using Microsoft.Extensions.Logging;

namespace Chat.Server;

/// <summary>
/// The log's file: the same bytes at the same offsets. The ring in memory is the window on its tail. What a pass has appended is written before
/// anybody is sent a byte of it, so nobody was ever shown what a server killed in the next instant would not know when it is started again.
/// </summary>
/// <remarks>
/// The file is plain text: <c>chat-history 1 EPOCH BEGUN START</c>, lines that say who is remembered, an empty line, and then the log from offset
/// START on. It is only appended to. What a kill or a full disk cut off in the middle of a line is cut away, so that no line in it is ever torn.
/// <para>
/// When the file must begin anew, because it is larger than it may be, is gone, or misses bytes that are in the ring no longer, a new one is
/// written beside it (head, who is remembered, all of the ring), made durable, and put in its place by renaming; the old one is kept as
/// FILE.1. So there is always one whole file.
/// </para>
/// <para>
/// A process that is killed loses nothing of this. A machine that loses power may lose what the system had not yet put on the disk: once a
/// second it is asked to, on another thread, for a disk may take its time. Refused: asking for every line, which costs every line some milliseconds.
/// </para>
/// </remarks>
internal sealed class History : IDisposable
{
    private const string Mark = "chat-history 1";
    private readonly string _file;
    private readonly long _maxBytes;
    private readonly ILogger _log;
    private readonly RoomLog _ring;
    private readonly byte[] _line = new byte[Limits.RelayedLineBytes];
    private FileStream _stream;
    private long _head, _start, _written, _synced;
    private Task _syncing = Task.CompletedTask;
    private bool _failed, _renewalFailed;
    private long _triedAt, _renewAt;

    private History(string file, FileStream stream, long maxBytes, HistoryReader reader, ILogger log)
    {
        (_file, _stream, _maxBytes, _renewAt, _log, _ring) = (file, stream, maxBytes, maxBytes, log, reader.Past.Log);
        (_head, _start) = (reader.HeadBytes, reader.Start);
        _written = _synced = _ring.Tail;
        Past = reader.Past;
    }

    /// <summary>What the file told when it was opened.</summary>
    public Past Past { get; }

    private string Next => _file + ".new";

    private string Last => _file + ".1";

    /// <summary>Opens a history, or begins one.</summary>
    /// <param name="file">A file of ours, or one that is empty or not there.</param>
    /// <param name="ringBytes">Bytes of the ring: a power of two.</param>
    /// <param name="maxBytes">Size at which a new file is begun; <see cref="long.MaxValue"/> for never.</param>
    /// <param name="now">When a history begins that is begun here.</param>
    /// <param name="log">Hears what was mended and what goes wrong.</param>
    /// <exception cref="Trouble">It cannot be used; nothing was changed.</exception>
    public static History Open(string file, int ringBytes, long maxBytes, Moment now, ILogger log)
    {
        FileStream? stream = null;
        try
        {
            // Killed between the two renames of a new beginning.
            if (!File.Exists(file) && IsWhole(file + ".new"))
                File.Move(file + ".new", file);
            stream = HistoryFile.Open(file);
            if (HistoryFile.HasNoHead(stream, Mark))
                HistoryFile.Begin(stream, Mark, Past.NewEpoch(), now.UnixMilliseconds);
            HistoryReader reader = HistoryReader.Read(stream, Mark, ringBytes)
                ?? throw new Trouble($"{SafeText.Clean(file)} is no history of a chat; name a file that is not there yet");
            if (reader.TornBytes > 0)
            {
                stream.SetLength(stream.Length - reader.TornBytes);
                log.HistoryTorn(file, reader.TornBytes);
            }
            HistoryFile.MakePrivate(stream);
            return new History(file, stream, maxBytes, reader, log);
        }
        catch (Trouble)
        {
            stream?.Dispose();
            throw;
        }
        catch (Exception trouble) when (HistoryFile.IsTheWorlds(trouble))
        {
            stream?.Dispose();
            throw new Trouble($"cannot keep the history in {SafeText.Clean(file)}: {SafeText.Clean(trouble.Message)}; name another file with --history");
        }
    }

    /// <summary>Writes what the log has beyond what was written. Never throws; while the disk refuses, it is tried again once a second.</summary>
    public void Save(Moment now)
    {
        if (_written == _ring.Tail || (_failed && now.Uptime - _triedAt < Limits.TickMilliseconds))
            return;
        _triedAt = now.Uptime;
        try
        {
            if (_written < _ring.Head)
                BeginAnew(keep: true);
            else
                Append();
            if (_failed)
                _log.HistoryGoesOn(_file);
            _failed = false;
        }
        catch (Exception trouble) when (HistoryFile.IsTheWorlds(trouble))
        {
            Fail(trouble);
        }
    }

    /// <summary>To be called about once a second: has the system put what was written on the disk, and begins anew when it is time.</summary>
    public void Tick(Moment now)
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
        return HistoryReader.Read(stream, Mark, Limits.SmallestLogBytes) is not null;
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

    // A part of the last write may stand in the file, with a torn line at its end: it is cut off, and goes again.
    private void Fail(Exception trouble)
    {
        if (!_failed)
            _log.HistoryFails(_file, trouble.Message);
        _failed = true;
        if (_written < _ring.Head)
            return;
        if (!_ring.IsLineStart(_written))
            _written = Math.Min(_written, _ring.LineStartBefore(_written + 1));
        try
        {
            _stream.SetLength(_head + _written - _start);
        }
        catch (Exception worse) when (HistoryFile.IsTheWorlds(worse))
        {
            // The next start cuts it off.
        }
    }

    private void Renew()
    {
        bool gone = !File.Exists(_file);
        if (!gone && _head + _written - _start <= _renewAt)
            return;
        try
        {
            BeginAnew(keep: !gone);
            (_renewAt, _renewalFailed) = (_maxBytes, false);
        }
        catch (Exception trouble) when (HistoryFile.IsTheWorlds(trouble))
        {
            if (!_renewalFailed)
                _log.HistoryFails(_file, gone ? "it is gone, and a new one cannot be made: " + trouble.Message : trouble.Message);
            _renewalFailed = true;
            // The old one serves for another while.
            if (!gone)
                _renewAt += _ring.Size;
        }
    }

    private void BeginAnew(bool keep)
    {
        _syncing.Wait();
        long start = _ring.FirstLine;
        FileStream next = HistoryFile.Open(Next);
        try
        {
            HistoryFile.Begin(next, Mark, Past.Epoch, Past.Begun, start, WriteRemembered);
            long head = next.Length;
            for (long at = start; at < _ring.Tail;)
            {
                ReadOnlySpan<byte> piece = _ring.Read(at, _ring.Tail);
                RandomAccess.Write(next.SafeFileHandle, piece, head + at - start);
                at += piece.Length;
            }
            next.Flush(flushToDisk: true);
            if (keep)
                File.Move(_file, Last, overwrite: true);
            File.Move(Next, _file, overwrite: true);
            HistoryFile.MakePrivate(next);
            _stream.Dispose();
            (_stream, _head, _start, _written, _synced) = (next, head, start, _ring.Tail, _ring.Tail);
        }
        catch
        {
            next.Dispose();
            throw;
        }
        _log.HistoryBegun(_file, start);
    }

    // Everybody who is remembered, as the lines of the log tell it: whose each seat is, and who is here.
    private void WriteRemembered(Stream stream, long start)
    {
        Span<byte> text = stackalloc byte[Limits.KeyTextBytes];
        foreach (Person person in Past.People.Remembered)
        {
            foreach (Seat seat in person.Seats.Where(static s => s.Recorded))
            {
                LineId id = new(seat.Number, seat.Taken);
                stream.Write(_line.AsSpan(0, RichWire.Line(_line, start, 0, LineKind.Key, person.Name, id, text[..Past.KeyText(text, seat)])));
                if (person.IsHere)
                    stream.Write(_line.AsSpan(0, RichWire.Line(_line, start, person.JoinedAt, LineKind.Join, person.Name, id with { Id = 0 }, [])));
            }
        }
    }
}
