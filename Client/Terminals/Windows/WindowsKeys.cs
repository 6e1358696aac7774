using System.Text;

namespace Chat.Client.Terminals.Windows;

/// <summary>
/// Translates the keys of a Windows console into the bytes of a Unix terminal, so one decoder serves both.
/// </summary>
/// <remarks>
/// A key has a character, or only a key code. With ENABLE_VIRTUAL_TERMINAL_INPUT (Windows 10 1809 and later), each
/// character of an escape sequence arrives as a key and needs no translation. Older consoles and wine's report key
/// codes.
/// </remarks>
internal sealed class WindowsKeys
{
    private const uint RightAlt = 1;
    private const uint LeftAlt = 2;
    private const uint Ctrl = 4 | 8;
    private const uint Shift = 16;
    private const ushort TabKey = 0x09;
    private const ushort EnterKey = 0x0D;
    private const byte Escape = 0x1B;

    private char _highSurrogate;

    /// <summary>Adds the bytes for a key event; none for a release or a key without a sequence.</summary>
    public void Translate(in InputRecord key, Queue<byte> typed)
    {
        // A character composed with Alt and digits arrives with the release of Alt.
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
        if (key is { VirtualKey: EnterKey, Character: '\r' } && (key.Controls & Shift) != 0)
        {
            "\e[13;2u"u8.CopyTo(into);
            return 7;
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

    /// <summary>Alt without Ctrl. The two together are AltGr, which selects a character and is no modifier.</summary>
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
