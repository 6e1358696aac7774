using System.Runtime.InteropServices;

namespace Chat.Client.Terminals.Unix;

/// <summary>poll(2)'s record.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct PollFd(int fd, short events)
{
    /// <summary>The descriptor; poll ignores a negative one.</summary>
    public readonly int Fd = fd;
    public readonly short Events = events;
    public readonly short Happened;
}

/// <summary>ioctl(2)'s winsize.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct WindowSize
{
    public readonly ushort Rows;
    public readonly ushort Columns;
    private readonly ushort _widthPixels;
    private readonly ushort _heightPixels;
}

/// <summary>
/// The C library functions that a terminal needs, under their own names. Linux and macOS share the constants except
/// where two are given.
/// </summary>
internal static unsafe partial class Libc
{
    public const short PollIn = 1;
    public const short PollOut = 4;
    public const short PollErr = 8;
    public const short PollHup = 16;
    public const short PollNval = 32;
    public const int Interrupted = 4;
    public const int AgainLinux = 11;
    public const int AgainApple = 35;
    public const int SetNow = 0;
    public const int ReadOnly = 0;
    public const int SigTtou = 22;

    public static int Again { get; } = OperatingSystem.IsLinux() ? AgainLinux : AgainApple;

    public static int SigTstp { get; } = OperatingSystem.IsLinux() ? 20 : 18;

    /// <summary>SIGUSR1, SIGUSR2 and SIGALRM.</summary>
    public static int[] UserSignals { get; } = OperatingSystem.IsLinux() ? [10, 12, 14] : [30, 31, 14];

    public static void Ignore(int number)
    {
        const nint SigIgn = 1;
        _ = signal(number, SigIgn);
    }

    public static int GetWindowSize(int fd, WindowSize* size) => Control(fd, linux: 0x5413, apple: 0x40087468, size);

    /// <summary>The number of bytes that a read would return now; 0 if unknown.</summary>
    public static int CountUnread(int fd)
    {
        int count = 0;
        return Control(fd, linux: 0x541B, apple: 0x4004667F, &count) == 0 ? count : 0;
    }

    private static int Control(int fd, nuint linux, nuint apple, void* argument)
    {
        if (OperatingSystem.IsLinux())
            return ioctl(fd, linux, argument);

        // ioctl is variadic, and Apple's arm64 convention passes variadic arguments on the stack only. Six unused
        // arguments fill the registers.
        return RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? ioctl_on_stack(fd, apple, 0, 0, 0, 0, 0, 0, argument)
            : ioctl(fd, apple, argument);
    }

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(PollFd* fds, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int fd, void* into, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int fd, void* from, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe(int* ends);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport("libc")]
    public static partial int close(int fd);

    [LibraryImport("libc")]
    public static partial int isatty(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int tcgetattr(int fd, void* termios);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int tcsetattr(int fd, int when, void* termios);

    [LibraryImport("libc")]
    public static partial void cfmakeraw(void* termios);

    [LibraryImport("libc")]
    public static partial int tcgetpgrp(int fd);

    [LibraryImport("libc")]
    public static partial int getpgrp();

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint action);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int ioctl_on_stack(
        int fd,
        nuint request,
        nint r2,
        nint r3,
        nint r4,
        nint r5,
        nint r6,
        nint r7,
        void* argument
    );
}
