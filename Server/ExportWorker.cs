using Chat.Protocol;
using Chat.Server.History;
using Chat.Server.Log;
using Chat.Server.Networking;
using Chat.Server.Rooms;
using Chat.Server.Sessions;
using Microsoft.Win32.SafeHandles;

namespace Chat.Server;

/// <summary>
/// Reads the log for the exports: block after block, each for another export, on a thread of the pool. The room never
/// waits for a block.
/// </summary>
/// <remarks>
/// As in <see cref="SearchWorker"/>, one block is under way at a time, only the loop touches the room, and the worker
/// rests between two blocks. A block comes from the file, or from the ring if the file does not have it. An export has
/// a turn when its connection has taken all of its last block, so TCP sets the pace.
/// </remarks>
/// <param name="exporting">The sessions with an export.</param>
/// <param name="log">The rich log.</param>
/// <param name="history">The file of the log; null without one.</param>
/// <param name="sessions">Sends the blocks.</param>
/// <param name="poller">Is woken when a block is read.</param>
/// <param name="blockBytes">Bytes of a block.</param>
/// <param name="start">Reads a block; tests read it on their own thread.</param>
internal sealed class ExportWorker(
    List<Session> exporting,
    RoomLog log,
    RoomHistory? history,
    SessionTable sessions,
    Poller poller,
    int blockBytes,
    Func<Action, Task> start
) : IDisposable
{
    private Session? _session;
    private Task _running = Task.CompletedTask;
    private volatile bool _isDone;
    private SafeFileHandle? _file;
    private long _filePosition;
    private int _length;
    private Export.Filtered _result;
    private bool _hasFailed;
    private long _restsUntil;

    /// <summary>Uptime of the next block; <see cref="long.MaxValue"/> for none.</summary>
    public long NextDue =>
        exporting.Count > 0 && _session is null && exporting.Exists(NeedsBlock) ? _restsUntil : long.MaxValue;

    /// <summary>Takes the block that was read, and begins the next one. Call it in each pass.</summary>
    public void Turn(ClockReading now)
    {
        if (_isDone)
            Finish(now);
        if (exporting.Count == 0 || _session is not null || now.Uptime < _restsUntil)
            return;
        exporting.RemoveAll(static session => session.CloseReason is not null || session.Export!.IsComplete);
        int next = exporting.FindIndex(NeedsBlock);
        if (next < 0)
            return;
        _session = exporting[next];
        exporting.RemoveAt(next);
        exporting.Add(_session);
        Begin(_session.Export!);
        // The block may be read already.
        if (_isDone)
            Finish(now);
    }

    /// <summary>Waits for the block under way, which uses the poller and the file.</summary>
    public void Dispose() => _running.Wait();

    private static bool NeedsBlock(Session session) =>
        session is { CloseReason: null, HasSendFailed: false, Export.NeedsBlock: true };

    private void Begin(Export export)
    {
        if (!export.HasBegun)
        {
            export.Begin(history?.Start ?? log.FirstLine, blockBytes);
            sessions.FlushSoon(_session!);
            _session = null;
            return;
        }
        Locate(export);
        _hasFailed = false;
        _running = start(Read);
    }

    // Finds the block at the place of the export. A new file has lines from its beginning on, and a ring from its
    // oldest whole line on. All before is lost.
    private void Locate(Export export)
    {
        if (history is not null && export.Position < history.Start)
            export.Lose(Math.Min(history.Start, export.Tail));
        bool isFile = history is not null && export.Position < history.Written;
        if (!isFile && export.Position < log.FirstLine)
            export.Lose(Math.Min(log.FirstLine, export.Tail));
        long end = Math.Min(export.Tail, export.Position + blockBytes);
        (_file, _filePosition) = (null, 0);
        if (isFile)
        {
            end = Math.Min(end, history!.Written);
            _file = history.Locate(export.Position, out _filePosition);
        }
        else
        {
            _ = log.Copy(export.Position, end, export.Block);
        }
        _length = (int)(end - export.Position);
    }

    private void Read()
    {
        Export export = _session!.Export!;
        try
        {
            if (_file is not null && HistoryFile.Read(_file, _filePosition, export.Block[.._length]) < _length)
                throw new IOException("another program has cut the file");
            _result = export.Filter(_length);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error) || error is ObjectDisposedException)
        {
            // A new file has replaced this one, or the disk fails.
            _hasFailed = true;
        }
        _isDone = true;
        poller.Wake();
    }

    private void Finish(ClockReading now)
    {
        Export export = _session!.Export!;
        if (!_hasFailed)
            export.Take(_result);
        else if (++export.Failures == ServerLimits.SearchAttempts)
            export.Lose(export.Position + _length);
        if (_session.CloseReason is null)
            sessions.FlushSoon(_session);
        (_session, _file, _isDone) = (null, null, false);
        _restsUntil = now.Uptime + ServerLimits.SearchRestMilliseconds;
    }
}
