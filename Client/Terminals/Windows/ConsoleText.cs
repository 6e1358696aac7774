using System.Text;

namespace Chat.Client.Terminals.Windows;

/// <summary>
/// Converts between UTF-8 and the UTF-16 of a Windows console. Code pages are unsuitable: on most systems, reading in
/// the UTF-8 page returns zeros for non-ASCII characters. A killed program would also leave it set.
/// </summary>
internal static unsafe class ConsoleText
{
    // Consoles before Windows 10 2004 refuse writes of more than 32 KiB.
    private const int MostUnits = 8 * 1024;

    // Ctrl-Z at the beginning of a line ends input. ReadFile handles it; ReadConsole does not.
    private const char EndOfInput = '\x1A';

    /// <summary>Writes all of the text. Returns false if the console is closed.</summary>
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

    /// <summary>Blocks for a line, or a part of a long one. Returns the bytes read; 0 at the end of input.</summary>
    /// <param name="console">The console's input handle.</param>
    /// <param name="into">Receives the UTF-8; at least three bytes long.</param>
    /// <param name="encoder">Keeps half a surrogate pair between calls.</param>
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
            // An interrupt by Ctrl-C also returns nothing; the signal handler reports it.
            if (bytes > 0)
                return bytes;
        }
    }
}
