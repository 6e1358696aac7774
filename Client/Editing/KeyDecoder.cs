using System.Buffers;
using System.Text;

namespace Chat.Client.Editing;

/// <summary>
/// Decodes a terminal's bytes into keys. Pure: no clock, no terminal. The input can be split at any byte.
/// </summary>
/// <remarks>
/// A small automaton over the forms of ECMA-48 instead of a table of known sequences. It reads a sequence to its end by
/// its form and only then interprets it. So an unknown sequence is discarded whole and never types its tail into the
/// line. It knows the keys of xterm, the Linux console, rxvt, PuTTY and tmux. rxvt and the console break the standard's
/// form in one place each, marked below.
/// <para>
/// ESC is a key and the start of a sequence. Only silence tells the two apart: while <see cref="IsUndecided"/>, the
/// caller waits a moment and then calls <see cref="Flush"/>, which ends any incomplete input. The state is bounded:
/// four bytes of a character, a few numbers of a sequence, <see cref="KeyCode.TextRunes"/> of a key's text,
/// <see cref="StringBytes"/> of a terminal's report.
/// </para>
/// </remarks>
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

    /// <summary>Whether a key or paste is incomplete: wait a moment, then call <see cref="Flush"/>.</summary>
    public bool IsUndecided => !IsBetweenKeys;

    /// <summary>Whether no key or paste is incomplete.</summary>
    public bool IsBetweenKeys => _state == State.Ground && _utf8Count == 0 && !_pasting;

    /// <summary>
    /// Whether a character is incomplete. No key sends a part of one, so the rest may come over a slow network.
    /// </summary>
    public bool IsInCharacter => _utf8Count > 0;

    /// <summary>
    /// Whether a control sequence (ESC [) is incomplete. A slow network may split the start mark of a paste there. Only
    /// Alt-[ sends this beginning alone; it is unused here and may wait.
    /// </summary>
    public bool IsInSequence => _state == State.Csi;

    /// <summary>
    /// Decodes the next key and advances the bytes. Returns false at their end; incomplete input is kept.
    /// </summary>
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
    /// Ends incomplete input after a silence: ends a paste, or decodes the beginning of a sequence as a key. Returns
    /// false if it is no key.
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
        // A control character is part of no sequence. It ends an incomplete one and is itself decoded.
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
                return DecodeGround(b, out key, out again);
            case State.Escape:
                return DecodeEscape(b, out key, out again);
            case State.Csi:
                return DecodeCsi(b, out key, out again);
            case State.Ss3:
                return DecodeSs3(b, out key, out again);
            case State.ConsoleFunctionKey:
                _state = State.Ground;
                key = new Key(b == 'A' && !_pasting ? KeyKind.F1 : KeyKind.None);
                return key.Kind != KeyKind.None;
            case State.Skip:
                if (--_skip == 0)
                    _state = State.Ground;
                return false;
            default:
                SkipString(b, out again);
                return false;
        }
    }

    private bool DecodeGround(byte b, out Key key, out bool again)
    {
        again = false;
        if (_utf8Count > 0 || b >= 0x80)
            return DecodeUtf8(b, out key, out again);
        if (_pasting)
            return DecodePasted(b, out key);
        if (b == 0x1B)
        {
            key = default;
            _state = State.Escape;
            return false;
        }
        key = Control(b, TakeAlt());
        return true;
    }

    private bool DecodeUtf8(byte b, out Key key, out bool again)
    {
        _afterCarriageReturn = false;
        _utf8[_utf8Count++] = b;
        OperationStatus status = Rune.DecodeFromUtf8(_utf8.AsSpan(0, _utf8Count), out Rune rune, out int used);
        key = default;
        again = false;
        if (status == System.Buffers.OperationStatus.NeedMoreData)
            return false;

        // The byte that made the previous ones invalid is decoded again, on its own.
        again = used < _utf8Count;
        _utf8Count = 0;
        bool alt = TakeAlt();
        if (Rune.IsControl(rune))
            return false;
        key = new Key(KeyKind.Character, rune, Alt: alt && !_pasting, Pasted: _pasting);
        return true;
    }

    private bool DecodeEscape(byte b, out Key key, out bool again)
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
                // rxvt and PuTTY send Alt as an ESC before the key's own sequence.
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

    private bool DecodeCsi(byte b, out Key key, out bool again)
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
                // rxvt ends a sequence with $ if Shift is held.
                break;
            case >= 0x20 and <= 0x2F:
                _isPrivate = true;
                return false;
            case >= 0x7F:
                // No sequence contains this byte, so it is decoded again, on its own.
                _state = State.Ground;
                _alt = false;
                again = true;
                return false;
            case (byte)'M' when !_hasParameters && !_isPrivate:
                // A mouse report in the old form, from a mode that another program left on: three bytes follow.
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
            // An end mark counts outside a paste too: it shows that the bytes before it were pasted.
            _pasting = false;
            key = new Key(KeyKind.PasteEnd);
            return true;
        }
        return !_pasting && DecodeFinal(b, alt, out key);
    }

    private bool DecodeSs3(byte b, out Key key, out bool again)
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
            return DecodeFinal((byte)(b - 0x20), alt, out key, modifiers: 5);
        else if ((char)b is 'A' or 'B' or 'C' or 'D' or 'H' or 'F' or 'P')
            return DecodeFinal(b, alt, out key, modifiers: _code.Number);
        return key.Kind != KeyKind.None;
    }

    /// <summary>
    /// Skips a report of the terminal (title, colour, version), to its end by BEL or ESC \ or its length limit.
    /// </summary>
    private void SkipString(byte b, out bool again)
    {
        again = false;
        if (_state == State.StringEscape && b != '\\')
        {
            // Another sequence begins, so the report has no end.
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
    // The key for a complete sequence or a control character.

    // The modifier bits: xterm's, then kitty's. Super (xterm: Meta), Hyper and Meta count as Alt: none of them types
    // text.
    private const int Shift = 1,
        Ctrl = 4,
        LikeAlt = 2 | 8 | 16 | 32,
        CapsLock = 64;

    // Kitty gives keys without a character numbers in the private use area:
    // https://sw.kovidgoyal.net/kitty/keyboard-protocol/
    private const int FirstFunctional = 57344,
        LastFunctional = 63743;

    private static Key Control(byte b, bool alt) =>
        b switch
        {
            // Enter sends CR, and Ctrl-J a line feed. The terminal makes CR of the Enter keys typed before raw mode.
            (byte)'\r' => new Key(KeyKind.Enter, Alt: alt),
            (byte)'\t' => new Key(KeyKind.Tab, Alt: alt),
            0x7F or 0x08 => new Key(KeyKind.Backspace, Alt: alt),
            0 => new Key(KeyKind.Character, new Rune(' '), Ctrl: true, Alt: alt),
            < 0x1B => new Key(KeyKind.Character, new Rune((char)(b + 0x60)), Ctrl: true, Alt: alt),
            < 0x20 => new Key(KeyKind.Character, new Rune((char)(b + 0x40)), Ctrl: true, Alt: alt),
            _ => new Key(KeyKind.Character, new Rune((char)b), Alt: alt),
        };

    private bool DecodeFinal(byte final, bool alt, out Key key, int? modifiers = null)
    {
        key = default;
        if (_code.IsRelease)
            return false;
        int held = Math.Max(modifiers ?? _code.Modifiers, 1) - 1;
        (bool shift, bool ctrl) = ((held & Shift) != 0, (held & Ctrl) != 0);
        alt |= (held & LikeAlt) != 0;
        if (final == 'u')
            return TryDecodeText(ctrl || alt, out key) || DecodeCodePoint(_code.Number, held, alt, out key);
        if (final == '~' && _code.Number == 27)
            return DecodeCodePoint(_code.Third, held, alt, out key);
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
            'I' when !_hasParameters => KeyKind.FocusIn,
            'O' when !_hasParameters => KeyKind.FocusOut,
            '~' or '$' or '^' or '@' => KindOfNumber(_code.Number),
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

    /// <summary>Whether the terminal reports text for the key; then the key is its first character.</summary>
    private bool TryDecodeText(bool isHeld, out Key key)
    {
        key = default;
        return !isHeld && _code.TypesText() && _code.TryTakeText(out key);
    }

    private static KeyKind KindOfNumber(int number) =>
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
    /// Decodes a key sent as code point and modifiers (xterm's modifyOtherKeys, CSI u, kitty's keyboard protocol).
    /// </summary>
    private bool DecodeCodePoint(int code, int held, bool alt, out Key key)
    {
        (bool shift, bool ctrl) = ((held & Shift) != 0, (held & Ctrl) != 0);
        key = new Key(KindOfCode(code), default, ctrl, alt, shift);
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
            // As without the protocol, Ctrl-M is Enter and Ctrl-/ is Ctrl-_.
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

    private static KeyKind KindOfCode(int code) =>
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
    // A bracketed paste is text between two marks. The end mark ends it at once, and the bytes after it are keys. A
    // terminal removes ESC from pasted text, so a paste contains no end mark. If one does, KeyReader detects it by the
    // second end mark.

    private const byte CtrlC = 3;

    private bool _pasting;

    /// <summary>Whether a paste has begun and its end mark has not come.</summary>
    public bool IsPasting => _pasting;

    /// <summary>
    /// Whether the last byte was Ctrl-C inside a paste. If no byte follows, the end mark was lost, and the person wants
    /// to end the paste.
    /// </summary>
    public bool IsPasteInterrupted { get; private set; }

    /// <summary>Decodes a byte inside a paste: text, a line break, or ESC, which may begin the end mark.</summary>
    private bool DecodePasted(byte b, out Key key)
    {
        bool secondOfPair = b == '\n' && _afterCarriageReturn;
        _afterCarriageReturn = b == '\r';
        key = default;
        if (b == 0x1B)
            _state = State.Escape;
        IsPasteInterrupted = b == CtrlC;
        if (b is (byte)'\r' or (byte)'\n')
            key = new Key(KeyKind.Character, new Rune('\n'), Pasted: true);
        else if (b is (byte)'\t' or (>= 0x20 and < 0x7F))
            key = new Key(KeyKind.Character, new Rune((char)b), Pasted: true);
        else
            return false;
        return !secondOfPair;
    }
}
