using System.Buffers;
using System.Globalization;
using System.Text;

namespace Chat.Protocol.Text;

/// <summary>
/// Cleans one line for <see cref="SafeText"/>: the destination, and the state of the last characters kept. The
/// state depends only on the text to the left, except for a held joiner. So a prefix of a clean line is clean
/// if it does not end in a joiner, and a cut needs no second look at the text.
/// </summary>
internal ref struct SafeTextCleaner(Span<byte> destination)
{
    private const string HexDigits = "0123456789abcdef";

    /// <summary>
    /// UTF-16 units searched for the place of a cut without renting a buffer; longer graphemes are attacks.
    /// </summary>
    private const int CutUnits = 512;

    private readonly Span<byte> _destination = destination;

    /// <summary>The joiner that waits for the next character; 0 for none.</summary>
    private int _joiner;

    /// <summary>
    /// Marks written since the last other character. Joiners between them neither count nor reset it.
    /// </summary>
    private int _marks;

    /// <summary>Whether the last character written is neither a space nor ASCII.</summary>
    private bool _joinable;

    /// <summary>The last character written, except joiners.</summary>
    private int _last;

    public int Written { get; private set; }

    /// <summary>Characters lost to the reader: replaced by U+FFFD, or marks above the limit.</summary>
    public int Lost { get; private set; }

    /// <summary>The destination is full: the line is cut, and no more text is accepted.</summary>
    public bool Full { get; private set; }

    /// <summary>Adds one or more bytes from 20 to 7E.</summary>
    public void AddPrintable(scoped ReadOnlySpan<byte> run)
    {
        _joiner = 0;
        int taken = Math.Min(run.Length, _destination.Length - Written);
        run[..taken].CopyTo(_destination[Written..]);
        Written += taken;
        if (taken < run.Length)
        {
            CutBefore(run[taken]);
            return;
        }

        Remember(run[^1], marks: 0, joinable: false);
    }

    /// <summary>Adds a code point of any kind.</summary>
    public void Add(int codePoint)
    {
        switch (CodePointRules.Classify(codePoint))
        {
            case CodePointRule.Keep:
                Put(codePoint, marks: 0, joinable: codePoint > 0x7F);
                break;
            case CodePointRule.KeepSpace:
                Put(codePoint, marks: 0, joinable: false);
                break;
            case CodePointRule.Mark when _marks < CodePointRules.MarksInARow:
                Put(codePoint, _marks + 1, joinable: true);
                break;
            case CodePointRule.Mark:
                Lost++;
                break;
            case CodePointRule.Joiner when _joinable && _joiner == 0:
                _joiner = codePoint;
                break;
            case CodePointRule.Selector when _joiner == 0 && CodePointTable.Contains(EmojiTable.Borders, _last):
                Put(codePoint, _marks + 1, joinable: true);
                break;
            case CodePointRule.Space:
                AddPrintable(" "u8);
                break;
            case CodePointRule.Caret:
                AddPrintable([(byte)'^', (byte)(codePoint ^ 0x40)]);
                break;
            case CodePointRule.Hex:
                AddPrintable([
                    (byte)'\\',
                    (byte)'x',
                    (byte)HexDigits[codePoint >> 4],
                    (byte)HexDigits[codePoint & 0xF],
                ]);
                break;
            case CodePointRule.Replace:
                AddIllFormed();
                break;
            default:
                break;
        }
    }

    /// <summary>Adds a U+FFFD for ill-formed input.</summary>
    public void AddIllFormed()
    {
        Lost++;
        Put(CodePointRules.Replacement, marks: 0, joinable: true);
    }

    /// <summary>Writes a kept code point, after the held joiner if that may stand there.</summary>
    private void Put(int codePoint, int marks, bool joinable)
    {
        if (_joiner != 0 && joinable && !Write(_joiner))
            return;
        _joiner = 0;
        if (Write(codePoint))
            Remember(codePoint, marks, joinable);
    }

    private void Remember(int codePoint, int marks, bool joinable)
    {
        _marks = marks;
        _joinable = joinable;
        _last = codePoint;
    }

    private bool Write(int codePoint)
    {
        if (new Rune(codePoint).TryEncodeToUtf8(_destination[Written..], out int length))
        {
            Written += length;
            return true;
        }

        CutBefore(codePoint);
        return false;
    }

    /// <summary>
    /// Cuts the text at the last grapheme boundary after which nothing is missing. <paramref name="next"/> did
    /// not fit; it decides whether there is a boundary right before it. The search begins between two ASCII
    /// characters, which always is a boundary.
    /// </summary>
    private void CutBefore(int next)
    {
        Full = true;
        int start = Written;
        while (
            start > 0 && !(_destination[start - 1] <= 0x7F && (start < Written ? _destination[start] : next) <= 0x7F)
        )
            start--;

        // A code point never takes more UTF-16 units than UTF-8 bytes; two more for the one that did not fit.
        int most = Written - start + 2;
        char[]? borrowed = most > CutUnits ? ArrayPool<char>.Shared.Rent(most) : null;
        Written = LastBorder(start, next, borrowed ?? stackalloc char[CutUnits]);
        if (borrowed is not null)
            ArrayPool<char>.Shared.Return(borrowed);
    }

    private readonly int LastBorder(int start, int next, Span<char> units)
    {
        int length = Encoding.UTF8.GetChars(_destination[start..Written], units);
        int whole = length + new Rune(next).EncodeToUtf16(units[length..]);
        int border = start;
        for (int at = 0, place = start; at < whole; )
        {
            if (
                at == 0
                || units[at - 1]
                    is not ((char)CodePointRules.ZeroWidthJoiner or (char)CodePointRules.ZeroWidthNonJoiner)
            )
                border = place;
            int step = StringInfo.GetNextTextElementLength(units[at..whole]);
            if (at + step > length)
                break;
            place += Encoding.UTF8.GetByteCount(units.Slice(at, step));
            at += step;
        }

        return border;
    }
}
