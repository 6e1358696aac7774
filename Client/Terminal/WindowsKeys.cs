namespace Chat.Client.Terminals;

/// <summary>
/// What a terminal of the Unix kind would send for a key that the Windows console reports by its number, with no
/// character or, as for Shift-Tab, with that of another key. Needed where the console does not do it itself
/// (ENABLE_VIRTUAL_TERMINAL_INPUT), which is before Windows 10 1809 and under wine.
/// </summary>
internal static class WindowsKeys
{
    private const uint RightAlt = 1;
    private const uint LeftAlt = 2;
    private const uint Ctrl = 4 | 8;
    private const uint Shift = 16;

    /// <summary>Alt without Ctrl: the two together are AltGr, which is how a character is typed and no modifier of it.</summary>
    public static bool IsAltAlone(uint controls) => (controls & (LeftAlt | RightAlt)) != 0 && (controls & Ctrl) == 0;

    /// <summary>Writes the key's sequence and returns its length; 0 for a key that sends none.</summary>
    public static int Sequence(ushort virtualKey, uint controls, Span<byte> into)
    {
        if (virtualKey == 0x09 && (controls & Shift) != 0)
        {
            "\e[Z"u8.CopyTo(into);
            return 3;
        }
        var (parameter, final) = virtualKey switch
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
        if (final == default) return 0;
        var modifiers = ((controls & Shift) != 0 ? 1 : 0) | ((controls & (LeftAlt | RightAlt)) != 0 ? 2 : 0) | ((controls & Ctrl) != 0 ? 4 : 0);
        into[0] = 0x1B;
        into[1] = (byte)'[';
        into[2] = (byte)parameter;
        into[3] = (byte)';';
        into[4] = (byte)('1' + modifiers);
        into[5] = (byte)final;
        return 6;
    }
}
