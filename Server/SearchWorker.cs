using Chat.Server.History;
using Chat.Server.Log;
using Chat.Server.Networking;
using Chat.Server.Rooms;
using Chat.Server.Sessions;
using Microsoft.Win32.SafeHandles;

namespace Chat.Server;

/// <summary>
/// Runs the searches of the members: slice after slice, each for another member, on a thread of the pool. The room
/// never waits for a slice, so neither a disk that stalls nor a large history delays a line.
/// </summary>
/// <remarks>
/// One slice is under way at a time. The loop gives it out: a copy of bytes of the ring, or a place in the history
/// file. The thread reads and searches it, and wakes the loop. Only the loop touches the room, the log and the file's
/// place, so nothing else is shared. After a slice the worker rests for at least as long as the slice took, so all
/// searches together take at most half a core.
/// <para>
/// The file has every line from its first offset on, and a search prefers it. Without a history, and for lines that
/// are not in the file yet, it reads the ring. When a new file replaces the old one during a slice, the slice is read
/// again.
/// </para>
/// </remarks>
/// <param name="searches">The searches under way.</param>
/// <param name="log">The rich log.</param>
/// <param name="history">The file of the log; null without one.</param>
/// <param name="sessions">Sends the answers.</param>
/// <param name="poller">Is woken when a slice is done.</param>
/// <param name="sliceBytes">Bytes of a slice.</param>
/// <param name="start">Runs a slice; tests run it on their own thread.</param>
internal sealed class SearchWorker(
    SearchQueue searches,
    RoomLog log,
    RoomHistory? history,
    SessionLifecycle sessions,
    Poller poller,
    int sliceBytes,
    Func<Action, Task> start
) : IDisposable
{
    // Complete searches whose members have too much to receive already.
    private readonly List<Search> _unsent = [];
    private Search? _search;
    private Task _running = Task.CompletedTask;
    private volatile bool _isDone;
    private LogScanner? _scanner;
    private byte[] _block = [],
        _page = [];
    private Slice _slice;
    private bool _hasFailed;
    private long _beganAt,
        _restsUntil;

    /// <summary>Bytes of the log, in the buffer or still in a file.</summary>
    /// <param name="From">The offset of the first byte.</param>
    /// <param name="Length">The number of bytes.</param>
    /// <param name="IsBeginning">The ring or the file begins here.</param>
    /// <param name="ReachesStart">No line before these bytes can be searched.</param>
    /// <param name="File">The file; null when the bytes are in the buffer.</param>
    /// <param name="FilePosition">The place of the first byte in the file.</param>
    private readonly record struct Slice(
        long From,
        int Length,
        bool IsBeginning,
        bool ReachesStart,
        SafeFileHandle? File,
        long FilePosition
    );

    /// <summary>Uptime of the next slice; <see cref="long.MaxValue"/> for none.</summary>
    public long NextDue => _search is null && !searches.IsEmpty ? _restsUntil : long.MaxValue;

    /// <summary>Takes the result of a slice, answers, and starts the next slice. Call it in each pass.</summary>
    public void Turn(ClockReading now)
    {
        if (_isDone)
            Finish(now);
        if (_unsent.Count > 0)
            _unsent.RemoveAll(TryAnswer);
        while (_search is null && now.Uptime >= _restsUntil && searches.TryTake(out Search? search))
            Begin(search, now);
        // The slice may be done already.
        if (_isDone)
            Finish(now);
    }

    /// <summary>Waits for the slice under way, which uses the poller and the file.</summary>
    public void Dispose() => _running.Wait();

    private void Begin(Search search, ClockReading now)
    {
        _scanner ??= new LogScanner();
        if (_block.Length == 0)
            (_block, _page) = (new byte[sliceBytes], new byte[ServerLimits.AnswerBytes]);
        if (!TryLocate(search))
        {
            search.Complete();
            Answer(search);
            return;
        }
        (_search, _hasFailed, _beganAt) = (search, false, now.Uptime);
        _running = start(Scan);
    }

    private void Finish(ClockReading now)
    {
        Search search = _search!;
        (_search, _isDone) = (null, false);
        _restsUntil = now.Uptime + Math.Max(ServerLimits.SearchRestMilliseconds, now.Uptime - _beganAt);
        if (_hasFailed && ++search.Failures == ServerLimits.SearchAttempts)
            (search.Before, search.Failures) = (_slice.From, 0);
        else if (!_hasFailed)
            search.Failures = 0;
        if (!_hasFailed && _slice.ReachesStart && search.Before <= _slice.From)
            search.Complete();
        _slice = default;
        if (searches.IsCurrent(search) && search.IsComplete)
            Answer(search);
        else
            searches.PutBack(search);
    }

    private void Answer(Search search)
    {
        searches.Remove(search);
        if (!TryAnswer(search))
            _unsent.Add(search);
    }

    private bool TryAnswer(Search search)
    {
        if (!SearchQueue.IsHere(search.Member))
            return true;
        if (search.Member.Feed.LaneFree < ServerLimits.AnswerBytes)
            return false;
        search.Member.Feed.Answer(_page.AsSpan(0, search.Write(_page)));
        sessions.FlushSoon(search.Member);
        return true;
    }

    // Finds the slice before the end of the search. False at the beginning of the log.
    private bool TryLocate(Search search)
    {
        long end = search.Before = Math.Min(search.Before, log.Tail),
            ring = log.FirstLine;
        // A file that cannot be written may lack lines that have left the ring.
        if (history is not null && end > history.Written && end <= ring)
            end = search.Before = history.Written;
        bool isFile = history is not null && end <= history.Written;
        long first = isFile ? history!.Start : ring;
        if (end <= first)
            return false;
        long from = Math.Max(first, end - sliceBytes);
        bool isBeginning = from == first,
            reachesStart = isBeginning && (isFile || history is null || history.Start >= from);
        if (isFile)
        {
            SafeFileHandle file = history!.Locate(from, out long position);
            _slice = new Slice(from, (int)(end - from), isBeginning, reachesStart, file, position);
        }
        else
        {
            _slice = new Slice(from, log.Copy(from, end, _block).Length, isBeginning, reachesStart, File: null, 0);
        }
        return true;
    }

    private void Scan()
    {
        try
        {
            int length = _slice.File is null
                ? _slice.Length
                : HistoryFile.Read(_slice.File, _slice.FilePosition, _block.AsSpan(0, _slice.Length));
            ReadOnlySpan<byte> block = _block.AsSpan(0, length);
            _scanner!.Scan(_search!, block, _slice.From, _slice.IsBeginning, _slice.ReachesStart);
        }
        catch (Exception)
        {
            // A new file has replaced this one, the disk fails, or it holds bytes that no check foresees. A search must
            // not end the server, and the searches behind it have their turn.
            _hasFailed = true;
        }
        finally
        {
            _isDone = true;
            poller.Wake();
        }
    }
}
