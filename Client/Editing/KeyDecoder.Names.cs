using System.Text;

namespace Chat.Client.Editing;

/// <summary>Which key a whole sequence, or a control character, is.</summary>
internal sealed partial class KeyDecoder
{
    // Bits of the modifiers: xterm's, and behind them kitty's. Super (xterm: Meta), Hyper and Meta count as Alt: none of them types text.
    private const int Shift = 1,
        Ctrl = 4,
        LikeAlt = 2 | 8 | 16 | 32,
        CapsLock = 64;

    // Kitty numbers the keys that are no characters by the private use area: https://sw.kovidgoyal.net/kitty/keyboard-protocol/
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

    /// <summary>What the terminal says the key types is what it types.</summary>
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

    /// <summary>A key sent as its code point with modifiers beside it (xterm's modifyOtherKeys, CSI u, kitty's keyboard protocol).</summary>
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

    /// <summary>What a key of the keypad types; 0 for every other functional key, which types nothing.</summary>
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
}
