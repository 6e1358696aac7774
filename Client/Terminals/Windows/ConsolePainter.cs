using System.Globalization;
using Chat.Client.Display;

namespace Chat.Client.Terminals.Windows;

/// <summary>
/// Executes the sequences of <see cref="Screen"/> by console calls, on a console that does not understand them. These
/// are Windows 10 and 11 with "use legacy console", and wine. It ignores sequences that Screen does not list.
/// </summary>
/// <remarks>
/// Wine's console accepts virtual-terminal mode without supporting it, so a write to a hidden buffer tests the mode.
/// <para>
/// <see cref="Terminal.KnowsSequences"/> tells the client the three differences. There are sixteen colours; a resize
/// cuts rows; a full row wraps at once, so the last column stays empty.
/// </para>
/// </remarks>
internal sealed class ConsolePainter
{
    private const ushort Bright = 8;
    private const ushort Grey = 8;
    private const ushort Foreground = 15;

    private readonly nint _console;
    private readonly ushort _usual;
    private ushort _now;

    public ConsolePainter(nint console)
    {
        _console = console;
        _ = Win32.GetConsoleScreenBufferInfo(console, out BufferInfo info);
        _usual = _now = info.Attributes;
    }

    /// <summary>Whether the consoles of this system do not understand sequences.</summary>
    public static bool IsNeeded()
    {
        nint unseen = Win32.CreateConsoleScreenBuffer(Win32.ReadWrite, 0, 0, Win32.TextBuffer, 0);
        if (unseen is 0 or -1)
            return false;
        bool knows =
            Win32.SetConsoleMode(unseen, Win32.ProcessedOutput | Win32.VirtualTerminalOutput) != 0
            && ConsoleText.Write(unseen, Screen.Unseen)
            && Win32.GetConsoleScreenBufferInfo(unseen, out BufferInfo info) != 0
            && info.CaretColumn == 0;
        _ = Win32.CloseHandle(unseen);
        return !knows;
    }

    /// <summary>Writes text with sequences. Returns false if the console is closed.</summary>
    public bool Write(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            int escape = text.IndexOf('\e');
            if (!ConsoleText.Write(_console, escape < 0 ? text : text[..escape]))
                return false;
            if (escape < 0)
                break;
            text = text[(escape + 2)..];
            int final = text.IndexOfAnyInRange('@', '~');
            Apply(text[final], text[..final]);
            text = text[(final + 1)..];
        }
        return true;
    }

    private void Apply(char final, ReadOnlySpan<char> parameters)
    {
        if (final == 'm')
        {
            Look(parameters);
            return;
        }
        if (Win32.GetConsoleScreenBufferInfo(_console, out BufferInfo at) == 0)
            return;
        int cells = int.TryParse(parameters, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : 1;
        switch (final)
        {
            case 'A':
                Move(at.CaretColumn, Math.Max(at.CaretRow - cells, at.Top));
                break;
            case 'C':
                Move(Math.Min(at.CaretColumn + cells, at.Right), at.CaretRow);
                break;
            case 'H':
                Move(0, at.Top);
                break;
            case 'K':
                Erase(at.CaretColumn, at.CaretRow, at.Columns - at.CaretColumn);
                break;
            case 'J' when number == 2:
                Erase(0, at.Top, (at.Bottom + 1 - at.Top) * at.Columns);
                break;
            case 'J':
                Erase(at.CaretColumn, at.CaretRow, ((at.Bottom + 1 - at.CaretRow) * at.Columns) - at.CaretColumn);
                break;
        }
    }

    /// <summary>Applies the parameters of <c>ESC [ ... m</c> that a sixteen-colour palette needs.</summary>
    private void Look(ReadOnlySpan<char> parameters)
    {
        foreach (Range range in parameters.Split(';'))
        {
            _ = int.TryParse(parameters[range], NumberStyles.None, CultureInfo.InvariantCulture, out int code);
            _now = code switch
            {
                0 => _usual,
                1 => (ushort)(_now | Bright),
                2 => WithForeground(Grey),
                >= 30 and <= 37 => WithForeground((_now & Bright) | Swapped(code - 30)),
                _ => _now,
            };
        }
        _ = Win32.SetConsoleTextAttribute(_console, _now);
    }

    private ushort WithForeground(int colour) => (ushort)((_now & ~Foreground) | colour);

    /// <summary>A console swaps the bits of red and blue.</summary>
    private static int Swapped(int colour) => (colour & 2) | ((colour & 1) << 2) | ((colour & 4) >> 2);

    private void Move(int column, int row) => _ = Win32.SetConsoleCursorPosition(_console, Place(column, row));

    private void Erase(int column, int row, int cells)
    {
        _ = Win32.FillConsoleOutputCharacterW(_console, ' ', (uint)cells, Place(column, row), out _);
        _ = Win32.FillConsoleOutputAttribute(_console, _usual, (uint)cells, Place(column, row), out _);
    }

    /// <summary>A COORD, packed into 32 bits for a call by value: the row above the column.</summary>
    private static int Place(int column, int row) => (row << 16) | (column & 0xFFFF);
}
