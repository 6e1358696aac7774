using System.Text;

namespace Chat.Client.Terminals.Windows;

/// <summary>
/// The bytes that a Unix terminal would send for the keys of a Windows console. One decoder serves both.
///
/// A key has a character, or only a number. Where the console speaks as such terminals do
/// (ENABLE_VIRTUAL_TERMINAL_INPUT, since Windows 10 1809), each character of a sequence comes as a key of its own and
/// there is nothing to translate; older ones and wine's report the keys themselves.
/// </summary>
internal sealed class WindowsKeys
{
    private const uint RightAlt = 1;
    private const uint LeftAlt = 2;
    private const uint Ctrl = 4 | 8;
    private const uint Shift = 16;
    private const ushort TabKey = 0x09;
    private const byte Escape = 0x1B;

    private char _highSurrogate;

    /// <summary>
    /// Adds the bytes that stand for what happened to a key: none, when it was let go or has nothing to say.
    /// </summary>
    public void Translate(in InputRecord key, Queue<byte> typed)
    {
        // A character composed with Alt and digits arrives as the release of Alt.
        if (key.IsDown == 0 && !(key.VirtualKey == InputRecord.AltKey && key.Character != 0))
            return;
        Span<byte> bytes = stackalloc byte[8];
        int count = Bytes(key, bytes);
        for (int i = 0; i < Math.Max((ushort)1, key.Repeat); i++)
        {
            foreach (byte b in bytes[..count])
                typed.Enqueue(b);
        }
    }

    private int Bytes(in InputRecord key, Span<byte> into)
    {
        if (key.Character == 0)
            return Sequence(key.VirtualKey, key.Controls, into);
        if (key is { VirtualKey: TabKey, Character: '\t' } && (key.Controls & Shift) != 0)
        {
            "\e[Z"u8.CopyTo(into);
            return 3;
        }

        char high = _highSurrogate;
        _highSurrogate = char.IsHighSurrogate(key.Character) ? key.Character : '\0';
        if (_highSurrogate != 0)
            return 0;
        if (!Rune.TryCreate(high, key.Character, out Rune rune) && !Rune.TryCreate(key.Character, out rune))
            rune = Rune.ReplacementChar;
        int meta = key.IsDown != 0 && IsAltAlone(key.Controls) ? 1 : 0;
        into[0] = Escape;
        return meta + rune.EncodeToUtf8(into[meta..]);
    }

    /// <summary>
    /// Alt without Ctrl: the two together are AltGr, which is how a character is typed and no modifier of it.
    /// </summary>
    private static bool IsAltAlone(uint controls) => (controls & (LeftAlt | RightAlt)) != 0 && (controls & Ctrl) == 0;

    private static int Sequence(ushort virtualKey, uint controls, Span<byte> into)
    {
        (char parameter, char final) = virtualKey switch
        {
            0x25 => ('1', 'D'),
            0x26 => ('1', 'A'),
            0x27 => ('1', 'C'),
            0x28 => ('1', 'B'),
            0x24 => ('1', 'H'),
            0x23 => ('1', 'F'),
            0x2D => ('2', '~'),
            0x2E => ('3', '~'),
            0x21 => ('5', '~'),
            0x22 => ('6', '~'),
            _ => default,
        };
        if (final == default)
            return 0;
        int modifiers =
            ((controls & Shift) != 0 ? 1 : 0)
            | ((controls & (LeftAlt | RightAlt)) != 0 ? 2 : 0)
            | ((controls & Ctrl) != 0 ? 4 : 0);
        into[0] = Escape;
        into[1] = (byte)'[';
        into[2] = (byte)parameter;
        into[3] = (byte)';';
        into[4] = (byte)('1' + modifiers);
        into[5] = (byte)final;
        return 6;
    }
}
