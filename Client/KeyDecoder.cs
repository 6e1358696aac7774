using System.Text;

namespace Chat.Client;

/// <summary>
/// A terminal's bytes in, keys out. Pure: no clock, no terminal; the bytes may be cut anywhere.
///
/// It is a small automaton over ECMA-48's shapes, not a table of known strings: a sequence is read to its end by its
/// form and only then looked at, so one that nobody knows is swallowed whole and never types its tail into the line.
/// What is understood is what xterm, the Linux console, rxvt, PuTTY and tmux send (their manuals; rxvt and the console
/// break the standard's form in one place each, marked below).
///
/// ESC is a key and the start of a sequence. Only silence tells which: the owner waits a moment after
/// <see cref="IsUndecided"/> and then calls <see cref="Flush"/>. Everything held is bounded: four bytes of a character,
/// a few numbers of a sequence, <see cref="StringBytes"/> of a terminal's report.
/// </summary>
internal sealed partial class KeyDecoder
{
    private const int StringBytes = 4096;
    private const int MaxNumber = 0x10FFFF;

    private readonly byte[] _utf8 = new byte[4];
    private readonly int[] _numbers = new int[3];
    private State _state;
    private int _utf8Count;
    private int _numberIndex;
    private int _skip;
    private bool _hasNumber;
    private bool _isPrivate;
    private bool _alt;
    private bool _afterCarriageReturn;

    private enum State : byte
    {
        Ground,
        Escape,
        Csi,
        ConsoleFunctionKey,
        Ss3,
        String,
        StringEscape,
        Skip,
    }

    /// <summary>Whether the bytes so far may be a key by themselves or the beginning of one: wait a moment, then <see cref="Flush"/>.</summary>
    public bool IsUndecided => _pasteEnds || (_state != State.Ground && !_pasting);

    /// <summary>Nothing is begun: all bytes so far were keys, or sequences that are none.</summary>
    public bool IsBetweenKeys => _state == State.Ground && _utf8Count == 0 && !_pasting;

    /// <summary>Takes the next key off the bytes. False when they are used up; what was begun is remembered.</summary>
    public bool Next(ref ReadOnlySpan<byte> bytes, out Key key)
    {
        while (!bytes.IsEmpty)
        {
            var found = Take(bytes[0], out key, out var again);
            if (!again) bytes = bytes[1..];
            if (found) return true;
        }
        key = default;
        return false;
    }

    /// <summary>No more bytes came: what looked like the beginning of a sequence was a key. False when it was none either.</summary>
    public bool Flush(out Key key)
    {
        var state = _state;
        key = default;
        if (_pasting && !_pasteEnds) return false;
        if (_pasting)
        {
            _pasting = _pasteEnds = false;
            key = new Key(KeyKind.PasteEnd);
            return true;
        }
        _state = State.Ground;
        switch (state)
        {
            case State.Escape:
                key = new Key(KeyKind.Escape, Alt: TakeAlt());
                return true;
            case State.Csi when _numberIndex == 0 && !_hasNumber && !_isPrivate:
                _alt = false;
                key = Key.WithAlt('[');
                return true;
            case State.Ss3 when !_hasNumber:
                _alt = false;
                key = Key.WithAlt('O');
                return true;
            default:
                _alt = false;
                return false;
        }
    }

    private bool Take(byte b, out Key key, out bool again)
    {
        key = default;
        again = false;
        _pasteEnds = false;
        switch (_state)
        {
            case State.Ground:
                return TakeGround(b, out key, out again);
            case State.Escape:
                return TakeEscape(b, out key, out again);
            case State.Csi:
                return TakeCsi(b, out key);
            case State.Ss3:
                return TakeSs3(b, out key);
            case State.ConsoleFunctionKey:
                _state = b == 0x1B ? State.Escape : State.Ground;
                return false;
            case State.Skip:
                if (b == 0x1B) _state = State.Escape;
                else if (--_skip == 0) _state = State.Ground;
                return false;
            default:
                TakeString(b);
                return false;
        }
    }

    private bool TakeGround(byte b, out Key key, out bool again)
    {
        again = false;
        if (_utf8Count > 0 || b >= 0x80) return TakeUtf8(b, out key, out again);
        if (_pasting) return TakePasted(b, out key);
        if (b == 0x1B)
        {
            key = default;
            _state = State.Escape;
            return false;
        }
        key = Control(b, TakeAlt());
        return true;
    }

    private bool TakeUtf8(byte b, out Key key, out bool again)
    {
        _afterCarriageReturn = false;
        _utf8[_utf8Count++] = b;
        var status = Rune.DecodeFromUtf8(_utf8.AsSpan(0, _utf8Count), out var rune, out var used);
        key = default;
        again = false;
        if (status == System.Buffers.OperationStatus.NeedMoreData) return false;

        // The byte that showed the others to be ill-formed begins something of its own.
        again = used < _utf8Count;
        _utf8Count = 0;
        var alt = TakeAlt();
        if (Rune.IsControl(rune)) return false;
        key = new Key(KeyKind.Character, rune, Alt: alt && !_pasting, Pasted: _pasting);
        return true;
    }

    private bool TakeEscape(byte b, out Key key, out bool again)
    {
        key = default;
        again = false;
        _state = State.Ground;
        switch ((char)b)
        {
            case '[':
                _state = State.Csi;
                break;
            case 'O' when !_pasting:
                _state = State.Ss3;
                break;
            case '\x1b':
                // rxvt and PuTTY mark Alt by an ESC before the key's own sequence.
                _state = State.Escape;
                _alt = !_pasting;
                return false;
            case ']' or 'P' or '_' or '^' or 'X' when !_pasting:
                _state = State.String;
                _skip = StringBytes;
                break;
            default:
                _alt = !_pasting;
                again = true;
                return false;
        }
        _numbers.AsSpan().Clear();
        _numberIndex = 0;
        _hasNumber = false;
        _isPrivate = false;
        return false;
    }

    private bool TakeCsi(byte b, out Key key)
    {
        key = default;
        switch (b)
        {
            case >= (byte)'0' and <= (byte)'9':
                AddDigit(b);
                return false;
            case (byte)';' or (byte)':':
                _numberIndex++;
                return false;
            case >= 0x3C and <= 0x3F:
                _isPrivate = true;
                return false;
            case (byte)'[' when !_hasNumber:
                // The Linux console's F1 to F5: ESC [ [ A.
                _state = State.ConsoleFunctionKey;
                return false;
            case (byte)'$' when _hasNumber && !_isPrivate:
                // rxvt ends a sequence so when Shift was held.
                break;
            case >= 0x20 and <= 0x2F:
                _isPrivate = true;
                return false;
            case 0x1B:
                _state = State.Escape;
                return false;
            case < 0x20 or >= 0x7F:
                _state = State.Ground;
                return false;
            case (byte)'M' when !_hasNumber && !_isPrivate:
                // A mouse report in the old form, from a mode some other program left on: three bytes follow.
                _skip = 3;
                _state = State.Skip;
                return false;
            default:
                break;
        }
        _state = State.Ground;
        var alt = TakeAlt();
        if (_pasting)
        {
            _pasteEnds = b == '~' && _numbers[0] == 201;
            return false;
        }
        return !_isPrivate && Named(b, _numbers, alt, out key);
    }

    private bool TakeSs3(byte b, out Key key)
    {
        key = default;
        if (b is >= (byte)'0' and <= (byte)'9')
        {
            AddDigit(b);
            return false;
        }
        _state = b == 0x1B ? State.Escape : State.Ground;
        var alt = b != 0x1B && TakeAlt();
        if (b == 'M') key = new Key(KeyKind.Enter, Alt: alt);
        else if (b is >= (byte)'a' and <= (byte)'d') return Named((byte)(b - 0x20), [1, 5, 0], alt, out key);
        else if ((char)b is 'A' or 'B' or 'C' or 'D' or 'H' or 'F') return Named(b, [1, _numbers[0], 0], alt, out key);
        return key.Kind != KeyKind.None;
    }

    /// <summary>A report of the terminal's (title, colour, version): to its end by BEL or ESC \, or until it is too long to be one.</summary>
    private void TakeString(byte b)
    {
        if (_state == State.StringEscape && b == '\\') _state = State.Ground;
        else if (b == 0x07 || --_skip == 0) _state = State.Ground;
        else _state = b == 0x1B ? State.StringEscape : State.String;
        if (_state == State.Ground) _alt = false;
    }

    private void AddDigit(byte b)
    {
        _hasNumber = true;
        if (_numberIndex < _numbers.Length) _numbers[_numberIndex] = Math.Min((_numbers[_numberIndex] * 10) + (b - '0'), MaxNumber);
    }

    private bool TakeAlt()
    {
        var alt = _alt;
        _alt = false;
        return alt;
    }
}
