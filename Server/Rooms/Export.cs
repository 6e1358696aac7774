using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Server.Rooms;

/// <summary>
/// An export of the log for one person, from its oldest line to the newest at the time of the request. It holds one
/// block of the log: the next block is read when the connection has taken all of this one.
/// </summary>
/// <remarks>
/// <see cref="Filter"/> runs on another thread, while nothing is unsent. All other members belong to the room's thread.
/// </remarks>
/// <param name="hello">The request.</param>
/// <param name="name">The name of the person; <c>-</c> for an unknown one.</param>
/// <param name="person">The number of the person, whose whispers are exported.</param>
/// <param name="epoch">The epoch of the log.</param>
/// <param name="begun">When the log began, in milliseconds since 1970.</param>
/// <param name="tail">The end of the log.</param>
/// <param name="isInsideLine">The connection was sent half a line, which must end first.</param>
internal sealed class Export(
    ExportHello hello,
    string name,
    long person,
    string epoch,
    long begun,
    long tail,
    bool isInsideLine
)
{
    // Space for the line about lost bytes before a block, and for two lines behind it.
    private const int Margin = ProtocolLimits.HeadBytes;

    private byte[] _buffer = [];
    private int _start,
        _end;
    private long _lost;
    private PairRecord? _pair;
    private bool _isEnded;

    /// <summary>The offset of the next block; a line begins there.</summary>
    public long Position { get; private set; } = -1;

    /// <summary>The offset at which the export ends.</summary>
    public long Tail { get; } = tail;

    /// <summary>How often the block at <see cref="Position"/> could not be read.</summary>
    public int Failures { get; set; }

    /// <summary>The output that was not sent yet.</summary>
    public ReadOnlySpan<byte> Unsent => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Everything was sent, the last line included.</summary>
    public bool IsComplete => _isEnded && _start == _end;

    /// <summary>Everything so far was sent, and there is more.</summary>
    public bool NeedsBlock => !_isEnded && _start == _end;

    /// <summary>The welcome was written.</summary>
    public bool HasBegun => Position >= 0;

    /// <summary>Reports how many bytes of <see cref="Unsent"/> were sent.</summary>
    public void Advance(int sent) => _start += sent;

    /// <summary>Writes the welcome.</summary>
    /// <param name="start">The offset of the oldest line.</param>
    /// <param name="blockBytes">Bytes of the largest block.</param>
    public void Begin(long start, int blockBytes)
    {
        bool isResumed = hello.Epoch == epoch && hello.Offset >= start && hello.Offset <= Tail;
        Position = isResumed ? hello.Offset : Math.Min(start, Tail);
        _buffer = new byte[Margin + blockBytes + Margin];
        if (isInsideLine)
            _buffer[_end++] = (byte)'\n';
        _end += RichWire.Welcome(_buffer.AsSpan(_end), name, epoch, begun, seat: 0, Position, Tail, taken: 0);
    }

    /// <summary>The place for the next block.</summary>
    public Span<byte> Block => _buffer.AsSpan(Margin, _buffer.Length - 2 * Margin);

    /// <summary>Passes over bytes of the log that cannot be read any more.</summary>
    public void Lose(long end)
    {
        _lost += end - Position;
        (Position, _pair, Failures) = (end, null, 0);
    }

    /// <summary>
    /// Moves the lines for this person to the beginning of the block. Stops before a line that is cut, and before a
    /// damaged line behind whole ones: the next block begins there.
    /// </summary>
    /// <param name="length">The number of bytes in the block.</param>
    /// <returns>What <see cref="Take"/> needs.</returns>
    public Filtered Filter(int length)
    {
        Span<byte> block = Block[..length];
        int read = 0,
            kept = 0,
            lost = 0;
        while (read < length)
        {
            int end = block[read..].IndexOf((byte)'\n');
            if (end < 0 && read > 0)
                break;
            // A run without a line feed is longer than any line.
            Span<byte> line = end < 0 ? block : block.Slice(read, end + 1);
            bool isWhole = TryParse(line, Position + read, out RichLine parsed);
            if (!isWhole && kept > 0)
                break;
            read += line.Length;
            if (!isWhole)
            {
                // The damaged line may have been the names of the next whisper's readers.
                (lost, _pair) = (lost + line.Length, null);
                continue;
            }
            if (!IsVisible(parsed))
                continue;
            line.CopyTo(block[kept..]);
            kept += line.Length;
        }
        return new Filtered(read, kept, lost);
    }

    /// <summary>Makes the lines of a block the output, and ends the export at its last block.</summary>
    public void Take(Filtered block)
    {
        Position += block.Read;
        _lost += block.Lost;
        Failures = 0;
        (_start, _end) = (Margin, Margin + block.Kept);
        bool isLast = Position >= Tail;
        if (_lost > 0 && (block.Kept > 0 || isLast))
        {
            Span<byte> line = stackalloc byte[Margin];
            line = line[..RichWire.Lost(line, _lost)];
            _start -= line.Length;
            line.CopyTo(_buffer.AsSpan(_start));
            _lost = 0;
        }
        ReadOnlySpan<byte> rest =
            isLast ? RichWire.ExportEnd
            // The client reads that the server is alive.
            : block.Kept == 0 ? "\n"u8
            : [];
        rest.CopyTo(_buffer.AsSpan(_end));
        (_end, _isEnded) = (_end + rest.Length, isLast);
    }

    /// <summary>The result of <see cref="Filter"/>.</summary>
    /// <param name="Read">Bytes of the log that were read.</param>
    /// <param name="Kept">Bytes of lines for this person.</param>
    /// <param name="Lost">Bytes of damaged lines, which stand before the kept ones.</param>
    public readonly record struct Filtered(int Read, int Kept, int Lost);

    // A line that does not begin with its own offset, or holds a control character, is no line of the log.
    private static bool TryParse(ReadOnlySpan<byte> line, long offset, out RichLine parsed)
    {
        parsed = default;
        return line[^1] == '\n'
            && !line[..^1].ContainsAnyInRange((byte)0, (byte)(' ' - 1))
            && RichWire.TryParse(line[..^1], out parsed)
            && parsed.Offset == offset;
    }

    // The line before a whisper names its two people. Without it, as at the beginning of the ring or at an offset that
    // the client chose, the whisper is left out.
    private bool IsVisible(RichLine line)
    {
        PairRecord? readers = _pair;
        _pair = line.Kind == LineKind.Pair && PairRecord.TryParse(line.Text, out PairRecord pair) ? pair : null;
        return line.Kind switch
        {
            LineKind.Key or LineKind.Pair or LineKind.Rule or LineKind.Unknown => false,
            LineKind.Tell => readers is { } known && (known.From == person || known.To == person),
            // A line behind the names of readers was a whisper before it was damaged.
            _ => readers is null,
        };
    }
}
