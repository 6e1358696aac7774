using System.Text;
using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Server.History;

/// <summary>
/// Checks the lines of a history in order. A line is whole if this server would have written it at its offset.
/// A damaged but readable line is rewritten: with the right offset, and with text and name cleaned.
/// </summary>
internal sealed class HistoryCheck
{
    // A lost disk block reads as zeros. Fewer of them may be part of text that another program wrote.
    private const int ZerosOfDamage = 8;

    // Kinds are single words; the longest in this version has six letters.
    private const int KindLetters = 16;

    private readonly byte[] _line = new byte[ProtocolLimits.SnippetLineBytes];
    private readonly byte[] _last = new byte[ProtocolLimits.SnippetLineBytes];
    private readonly byte[] _unescaped = new byte[ProtocolLimits.SnippetLineBytes];
    private readonly byte[] _clean = new byte[ProtocolLimits.SnippetLineBytes];
    private readonly HashSet<string> _names = [];
    private int _lastLength = -1;
    private long? _pairTime;
    private bool _isFirst = true;

    /// <summary>Rewrites a line for an offset.</summary>
    /// <param name="line">The line in the file, without its line feed.</param>
    /// <param name="offset">The offset the line will have.</param>
    /// <returns>The line with its line feed, valid until the next call; empty when it cannot be read.</returns>
    public ReadOnlySpan<byte> Repair(ReadOnlySpan<byte> line, long offset)
    {
        // Editors on Windows end lines with CR LF.
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        int written = IsRepeated(line) ? 0 : Write(line, offset);
        Remember(line);
        return _line.AsSpan(0, written);
    }

    /// <summary>Ends the head: the next line is the first one of the log.</summary>
    public void EndHead() => (_isFirst, _pairTime, _lastLength) = (true, null, -1);

    private int Write(ReadOnlySpan<byte> line, long offset)
    {
        if (
            line.IndexOf(stackalloc byte[ZerosOfDamage]) >= 0
            || !RichWire.TryParse(line, out RichLine parsed)
            || line.Length >= RichWire.MostBytes(parsed.Kind)
            || !IsPlausible(parsed)
        )
        {
            _pairTime = null;
            return 0;
        }
        long? pairTime = _pairTime;
        bool isFirst = _isFirst;
        (_pairTime, _isFirst) = (parsed.Kind == LineKind.Pair ? parsed.Milliseconds : null, false);
        // A pair belongs only to the whisper right after it. If a new file began in between, it begins with
        // that whisper.
        if (parsed.Kind == LineKind.Tell && pairTime != parsed.Milliseconds && !isFirst)
            return 0;

        _ = RichWire.Word(ref line);
        _ = RichWire.Word(ref line);
        ReadOnlySpan<byte> kind = RichWire.Word(ref line);
        // A newer server may have written a kind unknown here.
        if (kind.Length is 0 or > KindLetters || kind.ContainsAnyExceptInRange((byte)'a', (byte)'z'))
            return 0;
        LineWriter writer = new(_line);
        writer.Put(offset);
        writer.PutField(parsed.Milliseconds);
        writer.PutField(kind);
        writer.Put(" "u8);
        bool isFromServer = parsed.Kind is LineKind.Notice or LineKind.Pair;
        bool isNobodys = parsed.Kind is LineKind.Unknown or LineKind.Rule;
        if (parsed.Name.SequenceEqual(RichWire.Counted) && (isFromServer || parsed.Kind == LineKind.Unknown))
            writer.Put(RichWire.Counted);
        else if (isFromServer || (parsed.Name.SequenceEqual("-"u8) && isNobodys))
            writer.Put("-"u8);
        else if (!TryPutName(ref writer, parsed.Name, parsed.Kind != LineKind.Key))
            return 0;
        writer.PutField(parsed.Id);
        return TryPutText(ref writer, parsed, offset) ? writer.Length : 0;
    }

    private bool TryPutText(ref LineWriter writer, RichLine parsed, long offset)
    {
        ReadOnlySpan<byte> text = parsed.Text;
        if (!text.IsEmpty)
            writer.Put(" "u8);
        if (parsed.Kind is LineKind.Edit or LineKind.Delete or LineKind.Re)
        {
            // The other message moves as this line does, unless a line between them is lost.
            _ = RichWire.TryNumber(RichWire.Word(ref text), out long other);
            writer.Put(Math.Max(0, other + offset - parsed.Offset));
            if (!text.IsEmpty)
                writer.Put(" "u8);
        }
        if (parsed.Kind is LineKind.Tell or LineKind.Rename)
        {
            bool isRename = parsed.Kind == LineKind.Rename;
            if (!TryPutName(ref writer, isRename ? text : RichWire.Word(ref text), mayBeAddress: !isRename))
                return false;
            if (isRename)
                text = [];
            else
                writer.Put(" "u8);
        }
        Span<byte> clean = _clean.AsSpan(0, RichWire.MostBytes(parsed.Kind) - writer.Length - 1);
        clean = clean[..SafeText.Clean(text, clean)];
        if (parsed.Kind is LineKind.Snippet or LineKind.Edit && !IsSnippet(clean))
            return false;
        writer.Put(clean);
        writer.Put("\n"u8);
        return true;
    }

    private bool IsSnippet(ReadOnlySpan<byte> escaped) =>
        SnippetText.Refusal(_unescaped.AsSpan(0, SnippetEscape.Unescape(escaped, _unescaped))) is null;

    // Whether counting can continue from the numbers of the line, and its data about people can be read.
    private static bool IsPlausible(RichLine line)
    {
        bool isSmall =
            Math.Abs(line.Milliseconds) < ServerLimits.LargestNumber
            && line.Id.Seat < ServerLimits.LargestNumber
            && line.Id.Id < ServerLimits.LargestNumber;
        return isSmall
            && line.Kind switch
            {
                LineKind.Pair => PairRecord.TryParse(line.Text, out PairRecord pair)
                    && pair.From < ServerLimits.LargestNumber
                    && pair.To < ServerLimits.LargestNumber,
                LineKind.Key => line.Id.Seat > 0
                    && SeatRecord.TryParse(line.Text, out SeatRecord seat)
                    && seat.Person < ServerLimits.LargestNumber,
                LineKind.Rule => RuleRecord.TryParse(line.Text, out RuleRecord rule)
                    && rule.Person < ServerLimits.LargestNumber
                    && rule.Until < ServerLimits.LargestNumber,
                LineKind.Tell or LineKind.Rename => !line.Text.IsEmpty,
                LineKind.Edit or LineKind.Delete or LineKind.Re => IsAboutEarlier(line),
                _ => true,
            };
    }

    private static bool IsAboutEarlier(RichLine line)
    {
        ReadOnlySpan<byte> text = line.Text;
        return RichWire.TryNumber(RichWire.Word(ref text), out long other) && other < line.Offset;
    }

    private bool TryPutName(ref LineWriter writer, ReadOnlySpan<byte> name, bool mayBeAddress)
    {
        Span<char> characters = stackalloc char[ProtocolLimits.HeadBytes];
        if (name.Length > ProtocolLimits.HeadBytes / 2)
            return false;
        if (HostMark.IsOn(name))
            writer.Put("@"u8);
        name = HostMark.Strip(name);
        ReadOnlySpan<char> known = characters[..Encoding.UTF8.GetChars(name, characters)];
        bool isKnown =
            _names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(known) && (mayBeAddress || !HasAddressMark(known));
        if (isKnown)
        {
            writer.Put(name);
            return true;
        }
        string valid = known.ToString();
        bool isName = Nickname.IsWellFormed(valid) || (mayBeAddress && HasAddressMark(valid) && valid.All(IsInAddress));
        if (!isName)
            valid = Nickname.Fitting(valid) ?? Nickname.Guest;
        if (_names.Count < ServerLimits.PeopleRemembered)
            _names.Add(valid);
        writer.Put(valid);
        return true;
    }

    // Version 0.1.0 used the address as the name of members without one.
    private static bool HasAddressMark(ReadOnlySpan<char> name) => name.IndexOfAny('.', ':') >= 0;

    // An address with a scope contains the name of an interface.
    private static bool IsInAddress(char c) =>
        char.IsAsciiLetterOrDigit(c) || c is '.' or ':' or '#' or '%' or '-' or '_';

    private bool IsRepeated(ReadOnlySpan<byte> line) =>
        line.Length > 0 && line.SequenceEqual(_last.AsSpan(0, Math.Max(0, _lastLength)));

    private void Remember(ReadOnlySpan<byte> line)
    {
        _lastLength = line.Length <= _last.Length ? line.Length : -1;
        if (_lastLength > 0)
            line.CopyTo(_last);
    }
}
