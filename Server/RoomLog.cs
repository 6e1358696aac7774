namespace Chat.Server;

/// <summary>
/// The room, as one dialect has it: a ring of lines that is only ever appended to.
/// </summary>
/// <remarks>
/// An offset is the place of a byte counted from the first line ever said; it only grows, and the byte at offset o lies at o &amp; mask. The
/// log knows nobody who reads it: a reader is an offset that somebody keeps, and one that has fallen below <see cref="Head"/> was overtaken.
/// So a line is stored once however many read it, appending costs the same whoever is slow, and there is nothing to count and nothing to
/// trim. Refused: a queue per member, whose memory and copying grow with lines times members.
/// </remarks>
internal sealed class RoomLog
{
    private readonly byte[] _ring;
    private readonly int _mask;

    /// <param name="bytes">Bytes the log remembers: a power of two.</param>
    public RoomLog(int bytes)
    {
        if (!int.IsPow2(bytes))
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "must be a power of two");
        _ring = new byte[bytes];
        _mask = bytes - 1;
    }

    /// <summary>Bytes the log remembers.</summary>
    public int Size => _ring.Length;

    /// <summary>The offset after the last byte.</summary>
    public long Tail { get; private set; }

    /// <summary>The earliest offset still there. It may stand in the middle of a line; see <see cref="FirstLine"/>.</summary>
    public long Head => Math.Max(0, Tail - _ring.Length);

    /// <summary>The offset of the earliest line that is still whole.</summary>
    public long FirstLine => Head == 0 ? 0 : LineStartAfter(Head);

    /// <summary>Appends whole lines. Must fit the ring.</summary>
    public void Append(ReadOnlySpan<byte> lines)
    {
        int at = (int)(Tail & _mask);
        int first = Math.Min(lines.Length, _ring.Length - at);
        lines[..first].CopyTo(_ring.AsSpan(at));
        lines[first..].CopyTo(_ring);
        Tail += lines.Length;
    }

    /// <summary>The bytes from <paramref name="cursor"/> that lie in one piece, up to <paramref name="end"/>. Both lie within Head and Tail.</summary>
    public ReadOnlySpan<byte> Read(long cursor, long end)
    {
        int at = (int)(cursor & _mask);
        return _ring.AsSpan(at, (int)Math.Min(end - cursor, _ring.Length - at));
    }

    /// <summary>The offset of the line that begins <paramref name="lines"/> line ends before the tail, or of the earliest that is whole.</summary>
    public long Back(int lines)
    {
        long at = Tail;
        while (at > Head)
        {
            if (_ring[(at - 1) & _mask] == '\n' && lines-- == 0)
                return at;
            at--;
        }
        return FirstLine;
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
