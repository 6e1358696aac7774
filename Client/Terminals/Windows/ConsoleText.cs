using System.Text;

namespace Chat.Client.Terminals.Windows;

/// <summary>
/// Converts UTF-8 from and to the UTF-16 of a Windows console. Code pages are not used: reading by the UTF-8 one gives
/// zeros for non-ASCII characters on most systems, and a killed program would leave it set for the next.
/// </summary>
internal static unsafe class ConsoleText
{
    // Consoles before Windows 10 2004 refuse more than 32 KiB at a time.
    private const int MostUnits = 8 * 1024;

    // As Ctrl-Z at the beginning of a line has ended input since CP/M; only ReadFile knows of it by itself.
    private const char EndOfInput = '\x1A';

    /// <summary>Writes all of it. False when the console is gone.</summary>
    public static bool Write(nint console, ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            int count = Math.Min(text.Length, MostUnits);
            if (count < text.Length && char.IsHighSurrogate(text[count - 1]))
                count--;
            fixed (char* start = text)
            {
                if (Win32.WriteConsoleW(console, start, (uint)count, out uint written, 0) == 0 || written == 0)
                    return false;
                text = text[(int)written..];
            }
        }
        return true;
    }

    /// <summary>Waits for a line, or a piece of a long one. Returns 0 at the end of input.</summary>
    /// <param name="console">To read from.</param>
    /// <param name="into">Gets UTF-8; has room for three bytes and more.</param>
    /// <param name="encoder">Keeps half a pair from one call to the next.</param>
    public static int Read(nint console, Span<byte> into, Encoder encoder)
    {
        Span<char> units = stackalloc char[256];
        units = units[..Math.Min(units.Length, into.Length / 3)];
        while (true)
        {
            uint count;
            int read;
            fixed (char* start = units)
                read = Win32.ReadConsoleW(console, start, (uint)units.Length, out count, 0);
            if (read == 0)
                return 0;
            if (count > 0 && units[0] == EndOfInput)
                return 0;
            int bytes = encoder.GetBytes(units[..(int)count], into, flush: false);
            // Nothing at all is what a Ctrl-C leaves, which is told as a signal.
            if (bytes > 0)
                return bytes;
        }
    }
}
