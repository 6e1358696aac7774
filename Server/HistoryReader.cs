using System.Text;
using Chat.Protocol;

namespace Chat.Server;

/// <summary>
/// Reads a history once, from its beginning to its end: every line tells who is who, and the last ones fill the ring. A hundred megabytes take
/// less than a second, so nothing of it needs an index.
/// </summary>
internal sealed class HistoryReader
{
    private const int PieceBytes = Limits.SmallestLogBytes;

    private readonly FileStream _stream;
    private readonly byte[] _piece = new byte[PieceBytes];

    private HistoryReader(FileStream stream) => _stream = stream;

    /// <summary>What the lines told.</summary>
    public Past Past { get; private set; } = null!;

    /// <summary>Bytes before the log.</summary>
    public long HeadBytes { get; private set; }

    /// <summary>The offset of the log's first byte in the file.</summary>
    public long Start { get; private set; }

    /// <summary>Bytes behind the last whole line.</summary>
    public long TornBytes { get; private set; }

    /// <summary>Reads all of it. Null when it is no history.</summary>
    /// <param name="stream">The file, from its first byte on.</param>
    /// <param name="mark">What a history begins with.</param>
    /// <param name="ringBytes">Bytes of the ring to fill.</param>
    public static HistoryReader? Read(FileStream stream, string mark, int ringBytes)
    {
        HistoryReader reader = new(stream);
        reader.TornBytes = stream.Length - reader.LastLineEnd();
        return reader.ReadLines(mark, ringBytes) ? reader : null;
    }

    // Where the last whole line ends.
    private long LastLineEnd()
    {
        for (long end = _stream.Length; end > 0;)
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

    private bool ReadLines(string mark, int ringBytes)
    {
        long end = _stream.Length - TornBytes;
        long at = 0;
        int kept = 0;
        // A stretch longer than any line is none; it is passed over, and keeps its place.
        bool overlong = false;
        while (at + kept < end)
        {
            int read = RandomAccess.Read(_stream.SafeFileHandle, _piece.AsSpan(kept, (int)Math.Min(PieceBytes - kept, end - at - kept)), at + kept);
            if (read == 0)
                throw new IOException("it became shorter while it was read");
            ReadOnlySpan<byte> rest = _piece.AsSpan(0, kept + read);
            while (rest.IndexOf((byte)'\n') is >= 0 and int feed)
            {
                ReadOnlySpan<byte> line = rest[..feed];
                rest = rest[(feed + 1)..];
                if (HeadBytes > 0)
                    TakeLine(line, overlong);
                else if (!TakeHead(line, mark, ringBytes, at + feed + 1))
                    return false;
                overlong = false;
                at += feed + 1;
            }
            if (rest.Length == PieceBytes)
            {
                if (HeadBytes == 0)
                    return false;
                Past.Log.Append(rest);
                at += rest.Length;
                overlong = true;
                rest = [];
            }
            rest.CopyTo(_piece);
            kept = rest.Length;
        }
        return HeadBytes > 0;
    }

    private void TakeLine(ReadOnlySpan<byte> line, bool overlong)
    {
        if (!overlong)
            Past.Take(line);
        Past.Log.Append(line);
        Past.Log.Append("\n"u8);
    }

    private bool TakeHead(ReadOnlySpan<byte> line, string mark, int ringBytes, long end)
    {
        if (line.IsEmpty)
            HeadBytes = Past is null ? 0 : end;
        else if (Past is not null)
            Past.Take(line);
        else
            TakeMark(Encoding.UTF8.GetString(line), mark, ringBytes);
        return Past is not null;
    }

    private void TakeMark(string line, string mark, int ringBytes)
    {
        string[] words = line.Split(' ');
        if (line.StartsWith(mark + " ", StringComparison.Ordinal) && words is [_, _, { Length: RichWire.EpochDigits } epoch, var time, var start]
            && long.TryParse(time, out long begun) && begun >= 0 && long.TryParse(start, out long offset) && offset >= 0)
        {
            Start = offset;
            Past = new Past(epoch, begun, new RoomLog(ringBytes, offset));
        }
    }
}
