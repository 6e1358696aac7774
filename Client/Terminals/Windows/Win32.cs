using System.Runtime.InteropServices;

namespace Chat.Client.Terminals.Windows;

/// <summary>INPUT_RECORD; only the fields of a key event are declared.</summary>
[StructLayout(LayoutKind.Explicit, Size = 20)]
internal readonly struct InputRecord(int isDown, ushort repeat, ushort virtualKey, char character, uint controls)
{
    public const ushort Key = 1;
    public const ushort WindowSize = 4;
    public const ushort AltKey = 0x12;

    [FieldOffset(0)]
    public readonly ushort Type = Key;

    [FieldOffset(4)]
    public readonly int IsDown = isDown;

    [FieldOffset(8)]
    public readonly ushort Repeat = repeat;

    [FieldOffset(10)]
    public readonly ushort VirtualKey = virtualKey;

    [FieldOffset(14)]
    public readonly char Character = character;

    [FieldOffset(16)]
    public readonly uint Controls = controls;
}

/// <summary>CONSOLE_SCREEN_BUFFER_INFO. The window's edges are inclusive, in columns and rows of the buffer.</summary>
[StructLayout(LayoutKind.Explicit, Size = 22)]
internal readonly struct BufferInfo
{
    [FieldOffset(0)]
    public readonly short Columns;

    [FieldOffset(4)]
    public readonly short CaretColumn;

    [FieldOffset(6)]
    public readonly short CaretRow;

    [FieldOffset(8)]
    public readonly ushort Attributes;

    [FieldOffset(10)]
    public readonly short Left;

    [FieldOffset(12)]
    public readonly short Top;

    [FieldOffset(14)]
    public readonly short Right;

    [FieldOffset(16)]
    public readonly short Bottom;
}

/// <summary>Winsock's fd_set with room for one socket; -1 makes it empty.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct SocketSet(nint socket)
{
    public readonly uint Count = socket == -1 ? 0u : 1u;
    public readonly nint Socket = socket;
}

/// <summary>The kernel32 and winsock functions that a terminal needs, under their own names.</summary>
internal static unsafe partial class Win32
{
    public const int StdInput = -10;
    public const int StdOutput = -11;
    public const int StdError = -12;
    public const uint ProcessedInput = 1;
    public const uint LineInput = 2;
    public const uint EchoInput = 4;
    public const uint WindowInput = 8;
    public const uint MouseInput = 16;
    public const uint VirtualTerminalInput = 0x200;
    public const uint ProcessedOutput = 1;
    public const uint VirtualTerminalOutput = 4;
    public const uint WrapAtEndOfRow = 2;
    public const uint ReadWrite = 0xC0000000;
    public const uint TextBuffer = 1;
    public const int ReadClose = 1 | 32;
    public const int ReadCloseWriteConnect = 1 | 2 | 16 | 32;

    [LibraryImport("kernel32")]
    public static partial nint GetStdHandle(int which);

    [LibraryImport("kernel32")]
    public static partial int GetConsoleMode(nint console, out uint mode);

    [LibraryImport("kernel32")]
    public static partial int SetConsoleMode(nint console, uint mode);

    [LibraryImport("kernel32")]
    public static partial int GetConsoleScreenBufferInfo(nint console, out BufferInfo info);

    [LibraryImport("kernel32")]
    public static partial nint CreateConsoleScreenBuffer(
        uint access,
        uint share,
        nint attributes,
        uint kind,
        nint data
    );

    [LibraryImport("kernel32")]
    public static partial int SetConsoleCursorPosition(nint console, int place);

    [LibraryImport("kernel32")]
    public static partial int SetConsoleTextAttribute(nint console, ushort attributes);

    [LibraryImport("kernel32")]
    public static partial int FillConsoleOutputCharacterW(
        nint console,
        ushort character,
        uint count,
        int place,
        out uint written
    );

    [LibraryImport("kernel32")]
    public static partial int FillConsoleOutputAttribute(
        nint console,
        ushort attributes,
        uint count,
        int place,
        out uint written
    );

    [LibraryImport("kernel32")]
    public static partial int CloseHandle(nint handle);

    [LibraryImport("kernel32")]
    public static partial int GetNumberOfConsoleInputEvents(nint console, out uint count);

    [LibraryImport("kernel32")]
    public static partial int ReadConsoleInputW(nint console, InputRecord* records, uint length, out uint count);

    [LibraryImport("kernel32")]
    public static partial int ReadConsoleW(nint console, char* into, uint length, out uint count, nint wakeUp);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int WriteConsoleW(nint console, char* text, uint length, out uint count, nint reserved);

    [LibraryImport("kernel32")]
    public static partial int ReadFile(nint file, byte* into, uint length, out uint count, nint overlapped);

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial int WriteFile(nint file, byte* bytes, uint length, out uint count, nint overlapped);

    [LibraryImport("kernel32")]
    public static partial nint CreateEventW(nint attributes, int manualReset, int initialState, nint name);

    [LibraryImport("kernel32")]
    public static partial int SetEvent(nint handle);

    [LibraryImport("kernel32")]
    public static partial uint WaitForMultipleObjects(uint count, nint* handles, int all, uint milliseconds);

    [LibraryImport("ws2_32")]
    public static partial nint WSACreateEvent();

    [LibraryImport("ws2_32")]
    public static partial int WSAResetEvent(nint handle);

    [LibraryImport("ws2_32")]
    public static partial int WSACloseEvent(nint handle);

    [LibraryImport("ws2_32")]
    public static partial int WSAEventSelect(nint socket, nint handle, int events);

    [LibraryImport("ws2_32")]
    public static partial int select(
        int ignored,
        SocketSet* readable,
        SocketSet* writable,
        SocketSet* failed,
        void* patience
    );
}
