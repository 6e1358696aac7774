using System.Text;

namespace Chat.Client;

/// <summary>Which key a whole sequence, or a control character, is.</summary>
internal sealed partial class KeyDecoder
{
    private static Key Control(byte b, bool alt) => b switch
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

    private bool Named(byte final, ReadOnlySpan<int> numbers, bool alt, out Key key)
    {
        var modifiers = Math.Max(numbers[1], 1) - 1;
        var (shift, ctrl) = ((modifiers & 1) != 0, (modifiers & 4) != 0);
        alt |= (modifiers & 10) != 0;
        var kind = (char)final switch
        {
            'A' or 'a' => KeyKind.Up,
            'B' or 'b' => KeyKind.Down,
            'C' or 'c' => KeyKind.Right,
            'D' or 'd' => KeyKind.Left,
            'H' => KeyKind.Home,
            'F' => KeyKind.End,
            'Z' => KeyKind.Tab,
            '~' or '$' or '^' or '@' => Numbered(numbers[0]),
            _ => KeyKind.None,
        };
        shift |= (char)final is 'Z' or 'a' or 'b' or 'c' or 'd' or '$' or '@';
        ctrl |= (char)final is '^' or '@';

        if (final == '~' && numbers[0] == 200)
        {
            _pasting = true;
            _afterCarriageReturn = false;
            kind = KeyKind.PasteBegin;
        }
        key = new Key(kind, default, ctrl, alt, shift);
        if (final == 'u') return Coded(numbers[0], ctrl, alt, shift, out key);
        if (final == '~' && numbers[0] == 27) return Coded(numbers[2], ctrl, alt, shift, out key);
        return kind != KeyKind.None;
    }

    private static KeyKind Numbered(int number) => number switch
    {
        1 or 7 => KeyKind.Home,
        4 or 8 => KeyKind.End,
        3 => KeyKind.Delete,
        5 => KeyKind.PageUp,
        6 => KeyKind.PageDown,
        _ => KeyKind.None,
    };

    /// <summary>A key sent as its code point with modifiers beside it (xterm's modifyOtherKeys, and CSI u).</summary>
    private static bool Coded(int code, bool ctrl, bool alt, bool shift, out Key key)
    {
        key = default;
        if (!Rune.TryCreate(code, out var rune)) return false;
        key = code switch
        {
            13 => new Key(KeyKind.Enter, default, ctrl, alt, shift),
            9 => new Key(KeyKind.Tab, default, ctrl, alt, shift),
            8 or 127 => new Key(KeyKind.Backspace, default, ctrl, alt, shift),
            27 => new Key(KeyKind.Escape, default, ctrl, alt, shift),
            _ => new Key(KeyKind.Character, ctrl ? Rune.ToLowerInvariant(rune) : rune, ctrl, alt),
        };
        return key.Kind != KeyKind.Character || !Rune.IsControl(rune);
    }
}
