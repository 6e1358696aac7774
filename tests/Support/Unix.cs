using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Chat.Tests.Support;

/// <summary>
/// The few calls of the C library that tests need and .NET lacks: signals and pseudo terminals. The numbers are
/// those of Linux, where every test with them runs.
/// </summary>
internal static partial class Unix
{
    public const int ReadWrite = 0x2;
    public const int NoControllingTerminal = 0x100;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const short Readable = 0x1;
    public const short Writable = 0x4;
    public const int Interrupted = 4;
    public const int TryAgain = 11;

    private const nuint SetWindowSize = 0x5414;

    /// <summary>Sends a signal.</summary>
    /// <exception cref="Win32Exception">There is no such process.</exception>
    public static void Signal(int processId, Signals signal) => Check(kill(processId, (int)signal), "kill");

    public static void Resize(int terminal, int columns, int rows)
    {
        var size = new WindowSize { Rows = (ushort)rows, Columns = (ushort)columns };
        Check(ioctl(terminal, SetWindowSize, ref size), "ioctl(TIOCSWINSZ)");
    }

    /// <summary>Returns <paramref name="result"/>, or throws the system's error.</summary>
    public static int Check(int result, string call)
    {
        if (result >= 0)
            return result;
        int error = Marshal.GetLastPInvokeError();
        throw new Win32Exception(error, $"{call}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int processId, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, ref WindowSize size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int posix_openpt(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int grantpt(int master);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int unlockpt(int master);

    /// <summary>The slave's path, ended by a zero byte.</summary>
    /// <returns>0, or the error itself: this call does not set errno.</returns>
    [LibraryImport("libc")]
    public static partial int ptsname_r(int master, Span<byte> name, nuint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(Span<int> ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int descriptor, Span<byte> into, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int descriptor, ReadOnlySpan<byte> from, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(Span<PollEntry> entries, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }
}

/// <summary>Signals by the numbers of Linux.</summary>
internal enum Signals
{
    None = 0,
    Hangup = 1,
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    User1 = 10,
    User2 = 12,
    Pipe = 13,
    Alarm = 14,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
    TerminalStop = 20,
    WindowChange = 28,
}
