using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Log;
using Chat.Server.Rooms;

namespace Chat.Server.History;

/// <summary>
/// Reads a history once, from beginning to end. All lines restore the people, and the last lines fill the ring.
/// A hundred megabytes take about a second, damaged or not, so no index is needed.
/// </summary>
internal sealed class HistoryReader
{
    // Holds the longest line.
    private const int PieceBytes = 2 * ProtocolLimits.SnippetLineBytes;

    private readonly FileStream _stream;
    private readonly byte[] _piece = new byte[PieceBytes];
    private readonly HistoryCheck _check = new();
    private readonly Stream? _repaired;
    private readonly string? _epoch;
    private SeatRecords? _records;
    private bool _isChecked;
    private long _line,
        _offset;

    private HistoryReader(FileStream stream, Stream? repaired = null, string? epoch = null) =>
        (_stream, _repaired, _epoch) = (stream, repaired, epoch);

    /// <summary>The state restored from the lines.</summary>
    public RoomState State { get; private set; } = null!;

    /// <summary>Bytes before the log.</summary>
    public long HeadBytes { get; private set; }

    /// <summary>The log offset of the first log byte in the file.</summary>
    public long Start { get; private set; }

    /// <summary>Bytes after the last whole line.</summary>
    public long TornBytes { get; private set; }

    /// <summary>The number of the first damaged line; 0 when all lines are as this server writes them.</summary>
    public long DamagedLine { get; private set; }

    /// <summary>Lines of the log that were rewritten.</summary>
    public long Kept { get; private set; }

    /// <summary>Lines that were unreadable or duplicates.</summary>
    public long Dropped { get; private set; }

    /// <summary>Reads the file up to its end or to the first damaged line. Null when it is not a history.</summary>
    /// <param name="stream">The file, from its first byte on.</param>
    /// <param name="ringBytes">Bytes of the ring to fill.</param>
    /// <param name="isChecked">False to accept every line unchecked.</param>
    public static HistoryReader? Read(FileStream stream, int ringBytes, bool isChecked = true)
    {
        HistoryReader reader = new(stream) { _isChecked = isChecked };
        reader.TornBytes = stream.Length - reader.LastLineEnd();
        return reader.ReadLines(ringBytes) ? reader : null;
    }

    /// <summary>Writes the readable part of a damaged history to another stream, under another epoch.</summary>
    /// <param name="stream">The damaged file.</param>
    /// <param name="repaired">Receives the whole history.</param>
    /// <param name="epoch">The epoch of the new history, whose offsets differ.</param>
    public static HistoryReader Repair(FileStream stream, Stream repaired, string epoch)
    {
        HistoryReader reader = new(stream, repaired, epoch);
        reader.TornBytes = stream.Length - reader.LastLineEnd();
        reader.ReadLines(ServerLimits.SmallestLogBytes);
        if (reader.HeadBytes == 0)
            reader.EndHead(stream.Length);
        return reader;
    }

    // The end of the last whole line.
    private long LastLineEnd()
    {
        for (long end = _stream.Length; end > 0; )
        {
            Span<byte> piece = _piece.AsSpan(0, (int)Math.Min(end, PieceBytes));
            int read = RandomAccess.Read(_stream.SafeFileHandle, piece, end - piece.Length);
            int feed = piece[..read].LastIndexOf((byte)'\n');
            if (feed >= 0)
                return end - piece.Length + feed + 1;
            end -= piece.Length;
        }
        return 0;
    }

    private bool ReadLines(int ringBytes)
    {
        long end = _stream.Length - TornBytes;
        long at = 0;
        int kept = 0;
        // A run of bytes longer than any line is not a line; it is skipped and keeps its offsets.
        bool overlong = false;
        while (at + kept < end)
        {
            int read = RandomAccess.Read(
                _stream.SafeFileHandle,
                _piece.AsSpan(kept, (int)Math.Min(PieceBytes - kept, end - at - kept)),
                at + kept
            );
            if (read == 0)
                throw new IOException("it became shorter while it was read");
            ReadOnlySpan<byte> rest = _piece.AsSpan(0, kept + read);
            while (rest.IndexOf((byte)'\n') is >= 0 and int feed)
            {
                ReadOnlySpan<byte> line = rest[..feed];
                rest = rest[(feed + 1)..];
                _line++;
                if (HeadBytes == 0 && !ReadHeadLine(line, ringBytes, at))
                    return false;
                else if (HeadBytes > 0 && HeadBytes <= at)
                    ReadLogLine(line, overlong);
                if (_isChecked && DamagedLine > 0)
                    return true;
                overlong = false;
                at += feed + 1;
            }
            if (rest.Length == PieceBytes)
            {
                if (HeadBytes == 0)
                    return false;
                if (_repaired is null)
                    State.Log.Append(rest);
                at += rest.Length;
                overlong = true;
                rest = [];
            }
            rest.CopyTo(_piece);
            kept = rest.Length;
        }
        return HeadBytes > 0;
    }

    private void ReadLogLine(ReadOnlySpan<byte> line, bool overlong)
    {
        if (_repaired is not null)
        {
            Put(overlong ? [] : _check.Repair(line, _offset));
            return;
        }
        if (_isChecked)
            Compare(line, overlong ? [] : _check.Repair(line, State.Log.Tail));
        if (!overlong)
            _records!.Apply(line);
        State.Log.Append(line);
        State.Log.Append("\n"u8);
    }

    private bool ReadHeadLine(ReadOnlySpan<byte> line, int ringBytes, long at)
    {
        ReadOnlySpan<byte> text = line.EndsWith("\r"u8) ? line[..^1] : line;
        if (_records is null)
        {
            text = text.StartsWith("\uFEFF"u8) ? text["\uFEFF"u8.Length..] : text;
            if (!HistoryHeader.TryParse(text, out HistoryHeader header))
                return false;
            ApplyHeader(header, ringBytes);
            NoteDamageUnless(line.Length == text.Length);
        }
        else if (text.IsEmpty)
        {
            NoteDamageUnless(line.IsEmpty);
            EndHead(at + line.Length + 1);
        }
        else if (!SeatRecords.IsRecord(text, Start) && RichWire.TryParse(text, out _))
        {
            // The empty line is missing.
            NoteDamageUnless(isWhole: false);
            EndHead(at);
        }
        else
        {
            ReadSeatLine(line);
        }
        return true;
    }

    private void ReadSeatLine(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> whole = _check.Repair(line, _repaired is null ? Start : 0);
        if (_repaired is not null)
        {
            _repaired.Write(whole);
            Dropped += whole.IsEmpty ? 1 : 0;
            return;
        }
        Compare(line, whole);
        _records!.Apply(line);
    }

    private void ApplyHeader(HistoryHeader header, int ringBytes)
    {
        Start = header.Start;
        State = new RoomState(header.Epoch, header.Begun, new RoomLog(ringBytes, header.Start));
        _records = new SeatRecords(State);
        if (_repaired is not null)
            new HistoryHeader(_epoch!, header.Begun, Start: 0).WriteTo(_repaired);
    }

    private void EndHead(long at)
    {
        HeadBytes = at;
        _check.EndHead();
        _repaired?.Write("\n"u8);
    }

    private void Put(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty)
            Dropped++;
        else
            Kept++;
        _repaired!.Write(line);
        _offset += line.Length;
    }

    private void Compare(ReadOnlySpan<byte> line, ReadOnlySpan<byte> whole) =>
        NoteDamageUnless(whole.Length == line.Length + 1 && whole.StartsWith(line));

    private void NoteDamageUnless(bool isWhole)
    {
        if (!isWhole && DamagedLine == 0)
            DamagedLine = _line;
    }
}
