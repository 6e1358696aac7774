using System.Buffers;
using System.Globalization;
using System.Text;

namespace Chat.Protocol.Text;

/// <summary>
/// One run of <see cref="SafeText"/> over one line: the destination, and the little that must be remembered of what was kept last.
/// Everything here depends on what stands to the left, but for the joiner that is held back; so the start of a clean line is clean, as long
/// as it does not end in a joiner, and a cut needs no second look at the text.
/// </summary>
internal ref struct SafeTextCleaner(Span<byte> destination)
{
    private const string HexDigits = "0123456789abcdef";

    /// <summary>UTF-16 units of text in which the place of a cut is looked for without borrowing a buffer; graphemes longer than this are attacks.</summary>
    private const int CutUnits = 512;

    private readonly Span<byte> _destination = destination;

    /// <summary>The joiner that waits for its right neighbour; 0 when there is none.</summary>
    private int _joiner;

    /// <summary>Marks written since the last character that is none. Joiners between them do not count and do not reset it.</summary>
    private int _marks;

    /// <summary>Whether the last character written is neither space nor ASCII.</summary>
    private bool _joinable;

    /// <summary>The last character written, joiners aside.</summary>
    private int _last;

    public int Written { get; private set; }

    /// <summary>Characters that a reader misses: replaced by U+FFFD, or a mark too many.</summary>
    public int Lost { get; private set; }

    /// <summary>Something did not fit: the line is cut, and nothing more is taken.</summary>
    public bool Full { get; private set; }

    /// <summary>Takes bytes from 20 to 7E, at least one.</summary>
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

    /// <summary>Takes one code point of whatever kind.</summary>
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

    /// <summary>Takes something that is no character of any text.</summary>
    public void AddIllFormed()
    {
        Lost++;
        Put(CodePointRules.Replacement, marks: 0, joinable: true);
    }

    /// <summary>Writes a kept code point, and before it the joiner that waited for it when it may stand there.</summary>
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
    /// Goes back to the last grapheme border from which the text so far can stand alone. <paramref name="next"/> is what did not fit; whether
    /// there is a border right before it depends on it. The search begins between two ASCII characters, where there always is one.
    /// </summary>
    private void CutBefore(int next)
    {
        Full = true;
        int start = Written;
        while (
            start > 0 && !(_destination[start - 1] <= 0x7F && (start < Written ? _destination[start] : next) <= 0x7F)
        )
            start--;

        // A code point of UTF-8 is never longer in UTF-16 units than in bytes; two more for the one that did not fit.
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
