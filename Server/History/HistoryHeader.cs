using System.Text;
using Chat.Protocol.Wire;

namespace Chat.Server.History;

/// <summary>
/// The first line of a history file: <c>chat-history 1 EPOCH BEGUN START</c>. The lines of the remembered seats
/// follow (<see cref="SeatRecords"/>), then an empty line, then the log.
/// </summary>
/// <param name="Epoch">Identifies the log.</param>
/// <param name="Begun">When the log began, in milliseconds since 1970.</param>
/// <param name="Start">The offset of the first byte of the log in the file.</param>
internal readonly record struct HistoryHeader(string Epoch, long Begun, long Start)
{
    private const string Mark = "chat-history 1 ";

    /// <summary>Writes the line.</summary>
    public void WriteTo(Stream stream) => stream.Write(Encoding.ASCII.GetBytes($"{Mark}{Epoch} {Begun} {Start}\n"));

    /// <summary>Parses the line, without its end. False when the file is not a history.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out HistoryHeader header)
    {
        header = default;
        string text = Encoding.UTF8.GetString(line);
        if (
            !text.StartsWith(Mark, StringComparison.Ordinal)
            || text[Mark.Length..].Split(' ')
                is not [{ Length: RichWire.EpochDigits } epoch, string time, string offset]
            || !long.TryParse(time, out long begun)
            || begun is < 0 or >= ServerLimits.LargestNumber
            || !long.TryParse(offset, out long start)
            || start is < 0 or >= long.MaxValue / 2
        )
        {
            return false;
        }
        header = new HistoryHeader(epoch, begun, start);
        return true;
    }

    /// <summary>
    /// Whether the whole content of a file is the beginning of a history and ends before its empty line. A full disk
    /// leaves such a new file. True for no content.
    /// </summary>
    public static bool IsUnfinished(ReadOnlySpan<byte> content)
    {
        int same = content.CommonPrefixLength(Encoding.ASCII.GetBytes(Mark));
        int end = content.IndexOf((byte)'\n');
        return (same == content.Length || same == Mark.Length) && (end < 0 || end == content.Length - 1);
    }
}
