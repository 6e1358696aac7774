using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Chat.Client.Terminals.Unix;

/// <summary>
/// Standard output or standard error on Unix: write(2) and nothing else.
///
/// System.Console is not used, because before the first byte it sends a terminal sequences of its own (terminfo's keypad_xmit) and takes over the
/// terminal's modes, and because it does not say when nobody reads any more. Both outputs are blocking here: whoever must not wait has a thread for it.
/// </summary>
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

    /// <summary>Standard input was closed when the program was started.</summary>
    public static bool InputWasClosed { get; private set; }

    /// <summary>
    /// Fills those of the three standard descriptors that were closed when the program was started. The next thing opened would otherwise get such
    /// a number, and what is meant for the terminal would be written into somebody's connection.
    /// </summary>
    public static void ReserveStandardDescriptors()
    {
        // A folder that is always there; it can be neither written nor read.
        int lowest;
        while ((lowest = Libc.open("/", Libc.ReadOnly)) is >= 0 and <= HighestStandard)
            InputWasClosed |= lowest == 0;
        _ = Libc.close(lowest);
    }

    /// <summary>Writes all of it, waiting where the reader is slow.</summary>
    /// <exception cref="OutputGoneException">It cannot be written.</exception>
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
        // Nothing is held back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Somebody else may have made the terminal or the pipe non-blocking; it is one file for all who have it open.
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
