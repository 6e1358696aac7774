using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Chat.Client.Terminals.Unix;

namespace Chat.Client.Terminals.Windows;

/// <summary>
/// Standard output or standard error on Windows; <see cref="UnixStandardStream"/> is the counterpart. It converts UTF-8
/// to UTF-16 for a console, and passes bytes unchanged to a file or a pipe. System.Console would use the console's code
/// page, and hides that a pipe has no reader.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsStandardStream(int which) : Stream
{
    private readonly nint _handle = Win32.GetStdHandle(which);
    private readonly bool _isConsole = Win32.GetConsoleMode(Win32.GetStdHandle(which), out _) != 0;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// Writes all bytes; blocks while the reader is slow. Without an output, as in a program without a window, the
    /// bytes are discarded.
    /// </summary>
    /// <exception cref="OutputGoneException">The write failed.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_handle is 0 or -1)
            return;
        if (!(_isConsole ? WriteText(buffer) : WriteBytes(_handle, buffer)))
            throw new OutputGoneException(Marshal.GetLastPInvokeErrorMessage());
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Only an incomplete character is buffered.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Writes all bytes to a file or a pipe. Returns false if the write fails.</summary>
    internal static bool WriteBytes(nint file, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length; )
            {
                if (Win32.WriteFile(file, start + done, (uint)(bytes.Length - done), out uint count, 0) == 0)
                    return false;
                done += (int)count;
            }
        }
        return true;
    }

    // The decoder keeps the first bytes of a character until the rest comes.
    private bool WriteText(ReadOnlySpan<byte> buffer)
    {
        char[] text = new char[_decoder.GetCharCount(buffer, flush: false)];
        return ConsoleText.Write(_handle, text.AsSpan(0, _decoder.GetChars(buffer, text, flush: false)));
    }
}
