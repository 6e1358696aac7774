using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Server.Rooms;

/// <summary>
/// Searches blocks of the rich log for messages whose name or text contains a text, in any case. A whisper is found
/// only by its two people.
/// </summary>
/// <remarks>
/// A line that does not begin with its own offset, is too long, or holds a control character, is no line of the log:
/// the block is torn, or another program wrote it. It is passed over.
/// <para>
/// Most blocks hold no match. So the ASCII part of the text is sought in the whole block first, and only the lines
/// that hold it are parsed.
/// </para>
/// </remarks>
internal sealed class LogScanner
{
    // Of a longer snippet, the row with the match is sent: so many characters before the match, and in all.
    private const int RowBefore = 128,
        RowCharacters = 512;

    // The bytes of a log, the most frequent first: each line begins with numbers.
    private static ReadOnlySpan<byte> MostFrequent => "0123456789 etaoinsrhldcumfpgwybvkxjqz"u8;

    private readonly char[] _chars = new char[ProtocolLimits.SnippetLineBytes];
    private readonly byte[] _unescaped = new byte[ProtocolLimits.SnippetLineBytes];
    private readonly byte[] _row = new byte[ProtocolLimits.RelayedLineBytes];
    private readonly List<int> _candidates = [];

    /// <summary>Searches a block and moves the end of the search to its first whole line.</summary>
    /// <param name="search">The search; receives the lines found, newest first.</param>
    /// <param name="block">Bytes of the log, up to the end of the search.</param>
    /// <param name="from">The offset of the block.</param>
    /// <param name="isBeginning">Whether the ring or the file begins with the block.</param>
    /// <param name="reachesStart">Whether no line before the block can be searched.</param>
    public void Scan(Search search, ReadOnlySpan<byte> block, long from, bool isBeginning, bool reachesStart)
    {
        long before = search.Before;
        int first = isBeginning ? 0 : block.IndexOf((byte)'\n') + 1;
        // A run without a line feed is longer than any line.
        if (!isBeginning && (first == 0 || first == block.Length))
        {
            search.Before = from;
            return;
        }
        // The bytes after the last line feed are half a line.
        block = block[..(block.LastIndexOf((byte)'\n') + 1)];
        Collect(block, first, search.Text);
        for (int i = _candidates.Count - 1; i >= 0; i--)
        {
            int start = _candidates[i];
            ReadOnlySpan<byte> line = block[start..];
            line = line[..line.IndexOf((byte)'\n')];
            if (
                !RichWire.TryParse(line, out RichLine parsed)
                || parsed.Offset != from + start
                || line.Length >= RichWire.MostBytes(parsed.Kind)
                || HeadOf(line, parsed).Length > ProtocolLimits.HeadBytes
                || line.ContainsAnyInRange((byte)0, (byte)(' ' - 1))
            )
                continue;
            long end = from + start + line.Length + 1;
            if (parsed.Kind == LineKind.Tell && start == first && !reachesStart && end < before)
            {
                // The line with the two people of this whisper is in the block before.
                search.Before = end;
                return;
            }
            if (parsed.Kind == LineKind.Tell && !IsFor(search.Member.Person.Number, block[..start], from))
                continue;
            if (
                Matches(parsed, search.Text, out int place) && !search.Add(Shortened(line, parsed, place), from + start)
            )
                return;
        }
        search.Before = Math.Min(before, from + first);
    }

    // The lines that may match, in order.
    private void Collect(ReadOnlySpan<byte> block, int first, string text)
    {
        _candidates.Clear();
        ReadOnlySpan<byte> sought = Encoding.ASCII.GetBytes(LongestPlainPart(text).ToString());
        int rarest = RarestOf(sought);
        for (int at = first; at < block.Length; )
        {
            int hit = sought.IsEmpty ? at : IndexOf(sought, rarest, block, at);
            if (hit < 0)
                return;
            _candidates.Add(block[..hit].LastIndexOf((byte)'\n') + 1);
            at = hit + block[hit..].IndexOf((byte)'\n') + 1;
        }
    }

    // Seeks the rarest letter alone, which the processor does for many bytes at once.
    private static int IndexOf(ReadOnlySpan<byte> sought, int rarest, ReadOnlySpan<byte> block, int at)
    {
        byte lower = (byte)char.ToLowerInvariant((char)sought[rarest]),
            upper = (byte)char.ToUpperInvariant((char)sought[rarest]);
        for (int end = block.Length - sought.Length + rarest + 1, next = at + rarest; next < end; next++)
        {
            int skipped = block[next..end].IndexOfAny(lower, upper);
            if (skipped < 0)
                return -1;
            next += skipped;
            if (Ascii.EqualsIgnoreCase(block.Slice(next - rarest, sought.Length), sought))
                return next - rarest;
        }
        return -1;
    }

    private static int RarestOf(ReadOnlySpan<byte> sought)
    {
        int rarest = 0;
        for (int i = 1; i < sought.Length; i++)
        {
            if (RarityOf(sought[i]) > RarityOf(sought[rarest]))
                rarest = i;
        }
        return rarest;
    }

    // A byte that is not listed is rarer still.
    private static int RarityOf(byte letter) =>
        MostFrequent.IndexOf((byte)char.ToLowerInvariant((char)letter)) is >= 0 and int rank ? rank : byte.MaxValue;

    // The longest run of ASCII, which no other bytes can match. A snippet has each backslash twice.
    private static ReadOnlySpan<char> LongestPlainPart(string text)
    {
        ReadOnlySpan<char> longest = [];
        for (int start = 0, end; start < text.Length; start = end + 1)
        {
            end = start;
            while (end < text.Length && char.IsAscii(text[end]) && text[end] != '\\')
                end++;
            if (end - start > longest.Length)
                longest = text.AsSpan(start, end - start);
        }
        return longest;
    }

    // The line before the whisper names its two people.
    private static bool IsFor(long person, ReadOnlySpan<byte> before, long from)
    {
        if (before.IsEmpty)
            return false;
        int start = before[..^1].LastIndexOf((byte)'\n') + 1;
        return RichWire.TryParse(before[start..^1], out RichLine line)
            && line.Kind == LineKind.Pair
            && line.Offset == from + start
            && PairRecord.TryParse(line.Text, out PairRecord pair)
            && (pair.From == person || pair.To == person);
    }

    private bool Matches(RichLine line, string text, out int place)
    {
        place = 0;
        if (
            line.Kind
            is not (LineKind.Say or LineKind.Me or LineKind.Tell or LineKind.Snippet or LineKind.Edit or LineKind.Re)
        )
            return false;
        ReadOnlySpan<byte> words = line.Text,
            recipient = line.Kind == LineKind.Tell ? RichWire.Word(ref words) : [];
        if (Contains(line.Name, text) || Contains(recipient, text))
            return true;
        place = TextOf(line).IndexOf(text, StringComparison.OrdinalIgnoreCase);
        return place >= 0;
    }

    private bool Contains(ReadOnlySpan<byte> name, string text) =>
        _chars
            .AsSpan(0, Encoding.UTF8.GetChars(name, _chars))
            .Contains(text.AsSpan(), StringComparison.OrdinalIgnoreCase);

    private ReadOnlySpan<char> TextOf(RichLine line)
    {
        ReadOnlySpan<byte> words = WordsOf(line);
        if (IsEscaped(line.Kind))
            words = _unescaped.AsSpan(0, SnippetEscape.Unescape(words, _unescaped));
        return _chars.AsSpan(0, Encoding.UTF8.GetChars(words, _chars));
    }

    private static bool IsEscaped(LineKind kind) => kind is LineKind.Snippet or LineKind.Edit;

    private static ReadOnlySpan<byte> HeadOf(ReadOnlySpan<byte> line, RichLine parsed) =>
        line[..(line.Length - WordsOf(parsed).Length)];

    // The text without the recipient of a whisper, and without the offset of an earlier message.
    private static ReadOnlySpan<byte> WordsOf(RichLine line)
    {
        ReadOnlySpan<byte> words = line.Text;
        if (line.Kind is LineKind.Tell or LineKind.Edit or LineKind.Re)
            _ = RichWire.Word(ref words);
        return words;
    }

    // Of a text of several rows that is longer than another line: the part around the match, of one row.
    private ReadOnlySpan<byte> Shortened(ReadOnlySpan<byte> line, RichLine parsed, int place)
    {
        if (line.Length < ProtocolLimits.LineBytes || !IsEscaped(parsed.Kind))
            return line;
        ReadOnlySpan<char> text = TextOf(parsed);
        int start = text[..place].LastIndexOf('\n') + 1;
        start = Math.Max(start, place - RowBefore);
        int length = text[start..].IndexOf('\n');
        ReadOnlySpan<char> row = length < 0 ? text[start..] : text.Slice(start, length);
        if (row.Length > 0 && char.IsLowSurrogate(row[0]))
            row = row[1..];
        if (row.Length > RowCharacters)
            row = row[..(char.IsHighSurrogate(row[RowCharacters - 1]) ? RowCharacters - 1 : RowCharacters)];
        ReadOnlySpan<byte> head = HeadOf(line, parsed);
        head.CopyTo(_row);
        ReadOnlySpan<byte> clear = _unescaped.AsSpan(0, Encoding.UTF8.GetBytes(row, _unescaped));
        return _row.AsSpan(0, head.Length + SnippetEscape.Escape(clear, _row.AsSpan(head.Length)));
    }
}
