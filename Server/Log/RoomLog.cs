namespace Chat.Server.Log;

/// <summary>
/// The log of the room in one form, plain or rich: an append-only ring of lines.
/// </summary>
/// <remarks>
/// An offset counts bytes from the first line ever appended. It only grows, and the byte at offset o lies at o
/// &amp; mask. A reader is an offset kept elsewhere; once it falls below <see cref="Head"/>, its lines are
/// overwritten. A line is stored once for all readers, and the cost of an append does not depend on slow
/// readers. Refused: a queue per member, whose memory and copying grow with lines times members.
/// </remarks>
internal sealed class RoomLog
{
    private readonly byte[] _ring;
    private readonly int _mask;

    private readonly long _start;

    /// <param name="bytes">Bytes the log holds: a power of two.</param>
    /// <param name="start">The offset of the first byte to be appended; the start of a line.</param>
    public RoomLog(int bytes, long start = 0)
    {
        if (!int.IsPow2(bytes))
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "must be a power of two");
        _ring = new byte[bytes];
        _mask = bytes - 1;
        _start = Tail = start;
    }

    /// <summary>Bytes the log holds.</summary>
    public int Size => _ring.Length;

    /// <summary>The offset after the last byte.</summary>
    public long Tail { get; private set; }

    /// <summary>The number of appends.</summary>
    public long Appends { get; private set; }

    /// <summary>The earliest offset still in the ring. It may lie inside a line; see <see cref="FirstLine"/>.</summary>
    public long Head => Math.Max(_start, Tail - _ring.Length);

    /// <summary>The offset of the earliest line that is still whole.</summary>
    public long FirstLine => Head == _start ? _start : LineStartAfter(Head);

    /// <summary>
    /// The earliest line a reader may start at. The rest of the pass must not overwrite it before the first
    /// send. A pass appends at most its budget, a quarter of the ring, and a few lines outside the budget. Half as
    /// much again is reserved for these.
    /// </summary>
    public long FirstPlace
    {
        get
        {
            long place = Tail - Size + (Size / ServerLimits.PassesPerLog * 3 / 2);
            return place <= _start ? FirstLine : LineStartAfter(place - 1);
        }
    }

    /// <summary>Appends whole lines. Of more bytes than the ring holds, the last ones stay.</summary>
    public void Append(ReadOnlySpan<byte> lines)
    {
        if (lines.Length > _ring.Length)
        {
            Tail += lines.Length - _ring.Length;
            lines = lines[^_ring.Length..];
        }
        int at = (int)(Tail & _mask);
        int first = Math.Min(lines.Length, _ring.Length - at);
        lines[..first].CopyTo(_ring.AsSpan(at));
        lines[first..].CopyTo(_ring);
        Tail += lines.Length;
        Appends++;
    }

    /// <summary>
    /// The bytes from <paramref name="cursor"/> that lie in one piece, up to <paramref name="end"/>. Both lie
    /// between Head and Tail.
    /// </summary>
    public ReadOnlySpan<byte> Read(long cursor, long end)
    {
        int at = (int)(cursor & _mask);
        return _ring.AsSpan(at, (int)Math.Min(end - cursor, _ring.Length - at));
    }

    /// <summary>
    /// Copies from <paramref name="start"/> to <paramref name="end"/>, both between Head and Tail. Bytes that
    /// do not fit are left out.
    /// </summary>
    /// <returns>The filled part of <paramref name="buffer"/>.</returns>
    public ReadOnlySpan<byte> Copy(long start, long end, Span<byte> buffer)
    {
        end = Math.Min(end, start + buffer.Length);
        ReadOnlySpan<byte> first = Read(start, end);
        first.CopyTo(buffer);
        Read(start + first.Length, end).CopyTo(buffer[first.Length..]);
        return buffer[..(int)(end - start)];
    }

    /// <summary>Whether a whole line in the ring begins at this offset, or the next line will.</summary>
    public bool IsLineStart(long offset) =>
        offset == _start ? Head == _start : offset > Head && offset <= Tail && _ring[(offset - 1) & _mask] == '\n';

    /// <summary>
    /// The start of the line that ends at <paramref name="lineStart"/>; <see cref="FirstLine"/> when no earlier
    /// one is whole.
    /// </summary>
    public long LineStartBefore(long lineStart)
    {
        long first = FirstLine;
        for (long end = lineStart - 1; end > first; )
        {
            int at = (int)((end - 1) & _mask);
            int length = (int)Math.Min(end - first, at + 1);
            int feed = _ring.AsSpan(at + 1 - length, length).LastIndexOf((byte)'\n');
            if (feed >= 0)
                return end - length + feed + 1;
            end -= length;
        }
        return first;
    }

    /// <summary>The first line start after <paramref name="offset"/>; the tail when there is none.</summary>
    public long LineStartAfter(long offset)
    {
        while (offset < Tail)
        {
            ReadOnlySpan<byte> piece = Read(offset, Tail);
            int end = piece.IndexOf((byte)'\n');
            if (end >= 0)
                return offset + end + 1;
            offset += piece.Length;
        }
        return Tail;
    }
}
