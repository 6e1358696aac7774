using System.Collections.Concurrent;
using System.Text;
using Chat.Protocol.Text;

namespace Chat.Client;

/// <summary>
/// The room that runs in this process, as its host's client sees it: a count of people, rows of the log, and the end.
/// </summary>
/// <remarks>
/// The server's threads write into this stream and never wait: rows that the terminal does not take in time are
/// dropped and counted. Only the client's own thread writes to the terminal.
/// </remarks>
internal sealed class OwnRoom : Stream
{
    private readonly ConcurrentQueue<string> _rows = [];
    private readonly Lock _lock = new();
    private Action? _wake;
    private int _dropped;
    private volatile bool _hasEnded;

    /// <summary>The number of people in the room.</summary>
    public Func<int> People { get; set; } = static () => 0;

    /// <summary>The words of the room's key, for other people; null for a room without encryption.</summary>
    public string? Key { get; set; }

    /// <summary>The room has ended.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Wakes the client; null while no client runs.</summary>
    public Action? Wake
    {
        set
        {
            lock (_lock)
                _wake = value;
            // Something may have come before.
            WakeClient();
        }
    }

    /// <summary>Reports the end of the room.</summary>
    public void End()
    {
        _hasEnded = true;
        WakeClient();
    }

    /// <summary>Takes the next row of the log.</summary>
    public bool TryTake(out string row)
    {
        if (_rows.TryDequeue(out string? next))
        {
            row = next;
            return true;
        }
        int dropped = Interlocked.Exchange(ref _dropped, 0);
        row = $"{dropped} {(dropped == 1 ? "line" : "lines")} of the log did not fit here";
        return dropped > 0;
    }

    /// <summary>Adds whole lines of the log; the time before each is left out, for the client writes its own.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        foreach (string line in Encoding.UTF8.GetString(buffer).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // A time has no space, and JSON begins with a brace.
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            bool hasTime = space > 0 && line[0] != '{' && line[space - 1] == 'Z';
            if (_rows.Count < ClientLimits.LogRowsWaiting)
                _rows.Enqueue(SafeText.Clean(hasTime ? line[(space + 1)..] : line));
            else
                Interlocked.Increment(ref _dropped);
        }
        WakeClient();
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
        // Each row is taken at once.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    private void WakeClient()
    {
        lock (_lock)
            _wake?.Invoke();
    }
}
