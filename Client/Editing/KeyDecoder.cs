using System.Buffers;
using System.Text;

namespace Chat.Client.Editing;

/// <summary>
/// A terminal's bytes in, keys out. Pure: no clock, no terminal; the bytes may be cut anywhere.
///
/// It is a small automaton over ECMA-48's shapes, not a table of known strings: a sequence is read to its end by its
/// form and only then looked at, so one that nobody knows is swallowed whole and never types its tail into the line.
/// What is understood is what xterm, the Linux console, rxvt, PuTTY and tmux send (their manuals; rxvt and the console
/// break the standard's form in one place each, marked below).
///
/// ESC is a key and the start of a sequence. Only silence tells which: the owner waits a moment after
/// <see cref="IsUndecided"/> and then calls <see cref="Flush"/>, which ends everything that was begun: no bytes leave a
/// decoder that is deaf afterwards. Everything held is bounded: four bytes of a character, a few numbers of a sequence,
/// <see cref="KeyCode.TextRunes"/> of a key's text, <see cref="StringBytes"/> of a terminal's report.
/// </summary>
internal sealed partial class KeyDecoder
{
    private const int StringBytes = 4096;

    private readonly byte[] _utf8 = new byte[4];
    private readonly KeyCode _code = new();
    private State _state;
    private int _utf8Count;
    private int _skip;
    private bool _hasParameters;
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

    /// <summary>Whether something was begun and not ended: wait a moment, then <see cref="Flush"/>.</summary>
    public bool IsUndecided => !IsBetweenKeys;

    /// <summary>Nothing is begun: all bytes so far were keys, or sequences that are none.</summary>
    public bool IsBetweenKeys => _state == State.Ground && _utf8Count == 0 && !_pasting;

    /// <summary>Whether only a part of a character has come: no key sends that, so more may be on its way through a slow network.</summary>
    public bool IsInCharacter => _utf8Count > 0;

    /// <summary>
    /// Whether a control sequence (ESC [) has begun and its end is still to come. A slow network may cut the start mark of a paste there. Alt-[, the
    /// one key that sends only this beginning, has no use here and may wait.
    /// </summary>
    public bool IsInSequence => _state == State.Csi;

    /// <summary>Takes the next key off the bytes. False when they are used up; what was begun is remembered.</summary>
    public bool Next(ref ReadOnlySpan<byte> bytes, out Key key)
    {
        if (_code.TryTakeText(out key))
            return true;
        while (!bytes.IsEmpty)
        {
            bool found = Decode(bytes[0], out key, out bool again);
            if (!again)
                bytes = bytes[1..];
            if (found)
                return true;
        }
        key = default;
        return false;
    }

    /// <summary>No more bytes came: what was begun ends here. A paste ends, the beginning of a sequence was a key. False when it was none.</summary>
    public bool Flush(out Key key)
    {
        (State state, bool alt, bool wasPasting) = (_state, TakeAlt(), _pasting);
        _state = State.Ground;
        _utf8Count = 0;
        _pasting = IsPasteInterrupted = false;
        key = state switch
        {
            _ when wasPasting => new Key(KeyKind.PasteEnd),
            State.Escape => new Key(KeyKind.Escape, Alt: alt),
            State.Csi when !_hasParameters && !_isPrivate => Key.WithAlt('['),
            State.Ss3 when !_hasParameters => Key.WithAlt('O'),
            _ => default,
        };
        return key.Kind != KeyKind.None;
    }

    private bool Decode(byte b, out Key key, out bool again)
    {
        key = default;
        again = false;
        IsPasteInterrupted = false;
        // A control character is no part of any sequence: it ends one that was begun, and is heard.
        if (
            b < 0x20
            && (
                _state is State.Csi or State.Ss3 or State.ConsoleFunctionKey or State.Skip
                || (_state == State.String && b is not 0x07 and not 0x1B)
            )
        )
        {
            _state = State.Ground;
            _alt = false;
        }
        switch (_state)
        {
            case State.Ground:
                return TakeGround(b, out key, out again);
            case State.Escape:
                return TakeEscape(b, out key, out again);
            case State.Csi:
                return TakeCsi(b, out key, out again);
            case State.Ss3:
                return TakeSs3(b, out key, out again);
            case State.ConsoleFunctionKey:
                _state = State.Ground;
                key = new Key(b == 'A' && !_pasting ? KeyKind.F1 : KeyKind.None);
                return key.Kind != KeyKind.None;
            case State.Skip:
                if (--_skip == 0)
                    _state = State.Ground;
                return false;
            default:
                TakeString(b, out again);
                return false;
        }
    }

    private bool TakeGround(byte b, out Key key, out bool again)
    {
        again = false;
        if (_utf8Count > 0 || b >= 0x80)
            return TakeUtf8(b, out key, out again);
        if (_pasting)
            return TakePasted(b, out key);
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
        OperationStatus status = Rune.DecodeFromUtf8(_utf8.AsSpan(0, _utf8Count), out Rune rune, out int used);
        key = default;
        again = false;
        if (status == System.Buffers.OperationStatus.NeedMoreData)
            return false;

        // The byte that showed the others to be ill-formed begins something of its own.
        again = used < _utf8Count;
        _utf8Count = 0;
        bool alt = TakeAlt();
        if (Rune.IsControl(rune))
            return false;
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
        _code.Clear();
        _hasParameters = false;
        _isPrivate = false;
        return false;
    }

    private bool TakeCsi(byte b, out Key key, out bool again)
    {
        key = default;
        again = false;
        switch (b)
        {
            case >= (byte)'0' and <= (byte)'9' or (byte)';' or (byte)':':
                _hasParameters = true;
                _code.Add(b);
                return false;
            case >= 0x3C and <= 0x3F:
                _isPrivate = true;
                return false;
            case (byte)'[' when !_hasParameters:
                // The Linux console's F1 to F5: ESC [ [ A.
                _state = State.ConsoleFunctionKey;
                return false;
            case (byte)'$' when _hasParameters && !_isPrivate:
                // rxvt ends a sequence so when Shift was held.
                break;
            case >= 0x20 and <= 0x2F:
                _isPrivate = true;
                return false;
            case >= 0x7F:
                // No sequence goes on with it: it begins something of its own.
                _state = State.Ground;
                _alt = false;
                again = true;
                return false;
            case (byte)'M' when !_hasParameters && !_isPrivate:
                // A mouse report in the old form, from a mode some other program left on: three bytes follow.
                _skip = 3;
                _state = State.Skip;
                return false;
            default:
                break;
        }
        _state = State.Ground;
        bool alt = TakeAlt();
        if (_isPrivate)
            return false;
        if (b == '~' && _code.Number == 201)
        {
            // Outside a paste as well: it tells that what came before it was pasted.
            _pasting = false;
            key = new Key(KeyKind.PasteEnd);
            return true;
        }
        return !_pasting && Named(b, alt, out key);
    }

    private bool TakeSs3(byte b, out Key key, out bool again)
    {
        key = default;
        again = b >= 0x7F;
        if (b is >= (byte)'0' and <= (byte)'9')
        {
            _hasParameters = true;
            _code.Add(b);
            return false;
        }
        _state = State.Ground;
        bool alt = TakeAlt();
        if (again)
            return false;
        if (b == 'M')
            key = new Key(KeyKind.Enter, Alt: alt);
        else if (b is >= (byte)'a' and <= (byte)'d')
            return Named((byte)(b - 0x20), alt, out key, modifiers: 5);
        else if ((char)b is 'A' or 'B' or 'C' or 'D' or 'H' or 'F' or 'P')
            return Named(b, alt, out key, modifiers: _code.Number);
        return key.Kind != KeyKind.None;
    }

    /// <summary>A report of the terminal's (title, colour, version): to its end by BEL or ESC \, or until it is too long to be one.</summary>
    private void TakeString(byte b, out bool again)
    {
        again = false;
        if (_state == State.StringEscape && b != '\\')
        {
            // Something else begins, so the report has no end of its own.
            _state = State.Escape;
            again = true;
        }
        else if (_state == State.StringEscape || b == 0x07 || --_skip == 0)
            _state = State.Ground;
        else if (b == 0x1B)
            _state = State.StringEscape;
        if (_state == State.Ground || again)
            _alt = false;
    }

    private bool TakeAlt()
    {
        bool alt = _alt;
        _alt = false;
        return alt;
    }
}
