using System.Buffers;
using System.Text;

namespace Chat.Client.Editing;

/// <summary>
/// A terminal's bytes in, keys out. Pure: no clock, no terminal; the bytes may be cut anywhere.
///
/// It is a small automaton over ECMA-48's shapes, not a table of known strings: a sequence is read to its end by its
/// form and only then looked at, so an unknown one is swallowed whole and never types its tail into the line.
/// What is understood is what xterm, the Linux console, rxvt, PuTTY and tmux send (their manuals; rxvt and the console
/// break the standard's form in one place each, marked below).
///
/// ESC is a key and the start of a sequence. Only silence tells which: the owner waits a moment after
/// <see cref="IsUndecided"/> and then calls <see cref="Flush"/>, which ends everything that was begun: no bytes leave a
/// decoder that is deaf afterwards. Everything held is bounded: four bytes of a character, a few numbers of a sequence,
/// <see cref="KeyCode.TextRunes"/> of a key's text, <see cref="StringBytes"/> of a terminal's report.
/// </summary>
internal sealed class KeyDecoder
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

    /// <summary>
    /// Whether only a part of a character has come: no key sends that, so more may be on its way through a slow
    /// network.
    /// </summary>
    public bool IsInCharacter => _utf8Count > 0;

    /// <summary>
    /// Whether a control sequence (ESC [) has begun and its end is still to come. A slow network may cut the start mark
    /// of a paste there. Alt-[, the one key that sends only this beginning, has no use here and may wait.
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

    /// <summary>
    /// No more bytes came: what was begun ends here. A paste ends, the beginning of a sequence was a key. False when it
    /// was none.
    /// </summary>
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

    /// <summary>
    /// A report of the terminal's (title, colour, version): to its end by BEL or ESC \, or until it is too long to be
    /// one.
    /// </summary>
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

    // ---- Names ----
    // Which key a whole sequence, or a control character, is.

    // Bits of the modifiers: xterm's, and behind them kitty's. Super (xterm: Meta), Hyper and Meta count as Alt: none
    // of them types text.
    private const int Shift = 1,
        Ctrl = 4,
        LikeAlt = 2 | 8 | 16 | 32,
        CapsLock = 64;

    // Kitty numbers the keys that are no characters by the private use area:
    // https://sw.kovidgoyal.net/kitty/keyboard-protocol/
    private const int FirstFunctional = 57344,
        LastFunctional = 63743;

    private static Key Control(byte b, bool alt) =>
        b switch
        {
            // Enter sends CR; a line feed is Enter typed before raw mode, or Ctrl-J, which means the same everywhere.
            (byte)'\r' or (byte)'\n' => new Key(KeyKind.Enter, Alt: alt),
            (byte)'\t' => new Key(KeyKind.Tab, Alt: alt),
            0x7F or 0x08 => new Key(KeyKind.Backspace, Alt: alt),
            0 => new Key(KeyKind.Character, new Rune(' '), Ctrl: true, Alt: alt),
            < 0x1B => new Key(KeyKind.Character, new Rune((char)(b + 0x60)), Ctrl: true, Alt: alt),
            < 0x20 => new Key(KeyKind.Character, new Rune((char)(b + 0x40)), Ctrl: true, Alt: alt),
            _ => new Key(KeyKind.Character, new Rune((char)b), Alt: alt),
        };

    private bool Named(byte final, bool alt, out Key key, int? modifiers = null)
    {
        key = default;
        if (_code.IsRelease)
            return false;
        int held = Math.Max(modifiers ?? _code.Modifiers, 1) - 1;
        (bool shift, bool ctrl) = ((held & Shift) != 0, (held & Ctrl) != 0);
        alt |= (held & LikeAlt) != 0;
        if (final == 'u')
            return TypesText(ctrl || alt, out key) || Coded(_code.Number, held, alt, out key);
        if (final == '~' && _code.Number == 27)
            return Coded(_code.Third, held, alt, out key);
        KeyKind kind = (char)final switch
        {
            'A' or 'a' => KeyKind.Up,
            'B' or 'b' => KeyKind.Down,
            'C' or 'c' => KeyKind.Right,
            'D' or 'd' => KeyKind.Left,
            'H' => KeyKind.Home,
            'F' => KeyKind.End,
            'P' => KeyKind.F1,
            'Z' => KeyKind.Tab,
            '~' or '$' or '^' or '@' => Numbered(_code.Number),
            _ => KeyKind.None,
        };
        shift |= (char)final is 'Z' or 'a' or 'b' or 'c' or 'd' or '$' or '@';
        ctrl |= (char)final is '^' or '@';

        if (final == '~' && _code.Number == 200)
        {
            _pasting = true;
            _afterCarriageReturn = false;
            kind = KeyKind.PasteBegin;
        }
        key = new Key(kind, default, ctrl, alt, shift);
        return kind != KeyKind.None;
    }

    /// <summary>The text that the terminal reports for the key.</summary>
    private bool TypesText(bool isHeld, out Key key)
    {
        key = default;
        return !isHeld && _code.TypesText() && _code.TryTakeText(out key);
    }

    private static KeyKind Numbered(int number) =>
        number switch
        {
            1 or 7 => KeyKind.Home,
            4 or 8 => KeyKind.End,
            3 => KeyKind.Delete,
            5 => KeyKind.PageUp,
            6 => KeyKind.PageDown,
            11 => KeyKind.F1,
            _ => KeyKind.None,
        };

    /// <summary>
    /// A key sent as its code point with modifiers beside it (xterm's modifyOtherKeys, CSI u, kitty's keyboard
    /// protocol).
    /// </summary>
    private bool Coded(int code, int held, bool alt, out Key key)
    {
        (bool shift, bool ctrl) = ((held & Shift) != 0, (held & Ctrl) != 0);
        key = new Key(CodedKind(code), default, ctrl, alt, shift);
        if (key.Kind != KeyKind.None)
            return true;
        if (code is >= FirstFunctional and <= LastFunctional)
            code = KeypadCharacter(code);
        if (code == 0)
            return false;
        if ((ctrl || alt) && code > 0x7F && _code.OnLatinKeyboard != 0)
            code = _code.OnLatinKeyboard;
        if (shift && _code.Shifted != 0)
            code = _code.Shifted;
        if (!Rune.TryCreate(code, out Rune rune) || Rune.IsControl(rune))
            return false;
        if (ctrl && rune.Value is (>= '@' and <= '~') or '/' or ' ')
        {
            // The same as without the protocol: Ctrl-M is Enter, Ctrl-/ is Ctrl-_.
            key = Control((byte)(rune.Value == '/' ? 0x1F : rune.Value & 0x1F), alt);
            if (key.IsCtrl('['))
                key = new Key(KeyKind.Escape);
            return true;
        }
        if (!ctrl && shift != ((held & CapsLock) != 0))
            rune = Rune.ToUpperInvariant(rune);
        key = new Key(KeyKind.Character, rune, ctrl, alt);
        return true;
    }

    private static KeyKind CodedKind(int code) =>
        code switch
        {
            13 or 57414 => KeyKind.Enter,
            9 => KeyKind.Tab,
            8 or 127 => KeyKind.Backspace,
            27 => KeyKind.Escape,
            57417 => KeyKind.Left,
            57418 => KeyKind.Right,
            57419 => KeyKind.Up,
            57420 => KeyKind.Down,
            57421 => KeyKind.PageUp,
            57422 => KeyKind.PageDown,
            57423 => KeyKind.Home,
            57424 => KeyKind.End,
            57426 => KeyKind.Delete,
            _ => KeyKind.None,
        };

    /// <summary>The character of a keypad key; 0 for other functional keys.</summary>
    private static int KeypadCharacter(int code) =>
        code switch
        {
            >= 57399 and <= 57408 => '0' + (code - 57399),
            57409 => '.',
            57410 => '/',
            57411 => '*',
            57412 => '-',
            57413 => '+',
            57415 => '=',
            57416 => ',',
            _ => 0,
        };

    // ---- Paste ----
    // A bracketed paste: text between two marks. The end mark ends it at once, and every byte behind the mark is a
    // key. A terminal takes ESC out of what is pasted, so a paste holds no end mark of its own; where one does,
    // KeyReader sees that a second end mark follows.

    private const byte CtrlC = 3;

    private bool _pasting;

    /// <summary>Whether a paste was begun and its end mark is still to come.</summary>
    public bool IsPasting => _pasting;

    /// <summary>
    /// Whether the last byte was Ctrl-C inside a paste: when nothing follows it, the end mark was lost and a person
    /// wants out.
    /// </summary>
    public bool IsPasteInterrupted { get; private set; }

    /// <summary>Inside a paste only text and line breaks count, and ESC, which alone can lead to its end.</summary>
    private bool TakePasted(byte b, out Key key)
    {
        bool secondOfPair = b == '\n' && _afterCarriageReturn;
        _afterCarriageReturn = b == '\r';
        key = default;
        if (b == 0x1B)
            _state = State.Escape;
        IsPasteInterrupted = b == CtrlC;
        if (b is (byte)'\r' or (byte)'\n')
            key = new Key(KeyKind.Character, new Rune('\n'), Pasted: true);
        else if (b == '\t')
            key = new Key(KeyKind.Character, new Rune(' '), Pasted: true);
        else if (b is >= 0x20 and < 0x7F)
            key = new Key(KeyKind.Character, new Rune((char)b), Pasted: true);
        else
            return false;
        return !secondOfPair;
    }
}
