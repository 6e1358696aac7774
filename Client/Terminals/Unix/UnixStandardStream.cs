using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Chat.Client.Terminals.Unix;

/// <summary>Standard output or standard error on Unix, by write(2) alone.</summary>
/// <remarks>
/// System.Console is unsuitable: it first sends terminfo's keypad_xmit, changes the terminal's modes and hides a closed
/// output. Writes block; a caller that must not wait uses a thread.
/// </remarks>
[UnsupportedOSPlatform("windows")]
internal sealed unsafe class UnixStandardStream(int fd) : Stream
{
    private const int HighestStandard = 2;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Standard input was closed when the program started.</summary>
    public static bool InputWasClosed { get; private set; }

    /// <summary>
    /// Opens the standard descriptors that were closed at the start. Otherwise a file or socket would get such a
    /// number, and text for the terminal would go into a connection.
    /// </summary>
    public static void ReserveStandardDescriptors()
    {
        // The root folder always exists, and its descriptor can be neither read nor written.
        int lowest;
        while ((lowest = Libc.open("/", Libc.ReadOnly)) is >= 0 and <= HighestStandard)
            InputWasClosed |= lowest == 0;
        _ = Libc.close(lowest);
    }

    /// <summary>Writes all bytes; blocks while the reader is slow.</summary>
    /// <exception cref="OutputGoneException">The write failed.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            for (int done = 0; done < buffer.Length; )
            {
                nint count = Libc.write(fd, start + done, (nuint)(buffer.Length - done));
                if (count >= 0)
                    done += (int)count;
                else
                    Await(Marshal.GetLastPInvokeError());
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is buffered.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Another process may have made the terminal or the pipe non-blocking: O_NONBLOCK belongs to the shared open file.
    private void Await(int error)
    {
        if (error == Libc.Interrupted)
            return;
        if (error != Libc.Again)
            throw new OutputGoneException(Marshal.GetPInvokeErrorMessage(error));
        var room = new PollFd(fd, Libc.PollOut);
        _ = Libc.poll(&room, 1, -1);
    }
}
