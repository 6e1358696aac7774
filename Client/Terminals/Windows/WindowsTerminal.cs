using System.Runtime.Versioning;
using System.Text;

namespace Chat.Client.Terminals.Windows;

/// <summary>Windows 10 and later: console handles, virtual-terminal modes, one WaitForMultipleObjects.</summary>
/// <remarks>
/// Raw mode reads console records: focus and mouse events signal the handle too, and reading characters would then
/// block. Keys are translated into the bytes of a Unix terminal, so one decoder serves all platforms. Winsock signals
/// the socket by an event. The event is edge-triggered, so select reads the level each time.
/// <para>
/// Other input (a pipe, a file, a console whose output is redirected) has only blocking reads. A thread reads it, one
/// buffer ahead.
/// </para>
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed unsafe partial class WindowsTerminal : Terminal
{
    private const int Records = 128;
    private static readonly TimeSpan WritableIsAskedEvery = TimeSpan.FromMilliseconds(50);

    private readonly nint _in;
    private readonly nint _out;
    private readonly nint _wake = Win32.CreateEventW(0, 0, 0, 0);
    private readonly Lock _modes = new();
    private readonly WindowsKeys _keys = new();
    private readonly Queue<byte> _typed = new();
    private readonly byte[] _ahead = new byte[4096];
    private readonly AutoResetEvent _aheadTaken = new(initialState: false);
    private readonly ConsolePainter? _painter;
    private readonly uint _foundOutput;
    private readonly uint _foundInput;
    private int _aheadCount = -1;
    private bool _readerRuns;
    private bool _isRaw;
    private bool _closed;
    private readonly nint _socketEvent = Win32.WSACreateEvent();
    private nint _watched = -1;

    public WindowsTerminal(nint input, nint output)
    {
        _in = input;
        _out = output;
        InputIsTerminal = Win32.GetConsoleMode(_in, out _foundInput) != 0;
        OutputIsTerminal = Win32.GetConsoleMode(_out, out _foundOutput) != 0;
        if (!IsInteractive)
            return;
        uint wanted = _foundOutput | Win32.ProcessedOutput | Win32.WrapAtEndOfRow;
        if (Win32.SetConsoleMode(_out, wanted | Win32.VirtualTerminalOutput) != 0 && !ConsolePainter.IsNeeded())
            return;
        _painter = new ConsolePainter(_out);
        _ = Win32.SetConsoleMode(_out, wanted);
    }

    public override bool InputIsTerminal { get; }

    public override bool OutputIsTerminal { get; }

    public override bool IsDumb { get; } =
        string.Equals(Environment.GetEnvironmentVariable("TERM"), "dumb", StringComparison.Ordinal);

    public override bool KnowsSequences => _painter is null;

    public override (int Columns, int Rows) Size
    {
        get
        {
            if (!OutputIsTerminal || Win32.GetConsoleScreenBufferInfo(_out, out BufferInfo info) == 0)
                return (80, 24);
            (int columns, int rows) = (info.Right - info.Left + 1, info.Bottom - info.Top + 1);
            if (columns <= 1 || rows <= 0)
                return (80, 24);
            return (KnowsSequences ? columns : columns - 1, rows);
        }
    }

    public override void EnterRaw()
    {
        if (!IsInteractive)
            return;
        lock (_modes)
        {
            if (_isRaw)
                return;
            uint kept = _foundInput & ~(Win32.LineInput | Win32.EchoInput | Win32.ProcessedInput | Win32.MouseInput);
            if (Win32.SetConsoleMode(_in, kept | Win32.WindowInput | Win32.VirtualTerminalInput) == 0)
                _ = Win32.SetConsoleMode(_in, kept | Win32.WindowInput);
            _isRaw = true;
        }
        Write(EnterSequence);
    }

    public override void LeaveRaw()
    {
        lock (_modes)
        {
            if (!_isRaw)
                return;
            _isRaw = false;
            Write(LeaveSequence);
            _ = Win32.SetConsoleMode(_in, _foundInput);
            _ = Win32.SetConsoleMode(_out, _foundOutput);
        }
    }

    public override Wake Wait(nint socketHandle, bool alsoWritable, TimeSpan patience)
    {
        Watch(socketHandle, alsoWritable);
        // A thread that reads a console line consumes every key after it. So do not start it if raw mode will read the
        // keys.
        if (!TakesKeys && TakesInput && !_readerRuns)
            StartReader();

        Wake wake = Ready(alsoWritable);
        if (wake != Wake.None)
            patience = TimeSpan.Zero;
        else if (alsoWritable && (patience < TimeSpan.Zero || patience > WritableIsAskedEvery))
            patience = WritableIsAskedEvery;

        nint* handles = stackalloc nint[3];
        uint count = 0u;
        handles[count++] = _wake;
        if (_watched != -1)
            handles[count++] = _socketEvent;
        if (_isRaw && TakesInput)
            handles[count++] = _in;
        uint milliseconds =
            patience < TimeSpan.Zero
                ? uint.MaxValue
                : (uint)Math.Min(Math.Ceiling(patience.TotalMilliseconds), int.MaxValue);
        _ = Win32.WaitForMultipleObjects(count, handles, 0, milliseconds);
        if (_watched != -1)
            _ = Win32.WSAResetEvent(_socketEvent);
        return wake | Ready(alsoWritable) | TakePending();
    }

    public override int Read(Span<byte> into)
    {
        if (_isRaw)
        {
            int count = 0;
            while (count < into.Length && _typed.TryDequeue(out byte typed))
                into[count++] = typed;
            return count;
        }
        int taken = Math.Max(0, Volatile.Read(ref _aheadCount));
        int given = Math.Min(taken, into.Length);
        _ahead.AsSpan(0, given).CopyTo(into);
        if (given < taken)
        {
            _ahead.AsSpan(given, taken - given).CopyTo(_ahead);
            Volatile.Write(ref _aheadCount, taken - given);
        }
        else if (taken > 0)
        {
            Volatile.Write(ref _aheadCount, -1);
            _aheadTaken.Set();
        }
        return given;
    }

    public override bool Write(ReadOnlySpan<byte> bytes)
    {
        if (!OutputIsTerminal)
            return WindowsStandardStream.WriteBytes(_out, bytes);
        string text = Encoding.UTF8.GetString(bytes);
        return _painter is null ? ConsoleText.Write(_out, text) : _painter.Write(text);
    }

    /// <summary>Windows has no job control.</summary>
    public override void Suspend() { }

    protected override void WakeUp() => _ = Win32.SetEvent(_wake);

    protected override void Close()
    {
        _closed = true;
        _ = Win32.WSACloseEvent(_socketEvent);
        if (IsInteractive)
            _ = Win32.SetConsoleMode(_out, _foundOutput);
    }

    /// <summary>The current state: typed or read-ahead bytes, and the level of the socket.</summary>
    private Wake Ready(bool alsoWritable)
    {
        Wake wake = Wake.None;
        if (_isRaw && TakesInput && ReadRecords())
            wake |= Wake.Resized;
        if (TakesInput && (_isRaw ? _typed.Count > 0 : Volatile.Read(ref _aheadCount) >= 0))
            wake |= Wake.Input;
        if (_watched == -1)
            return wake;

        var readable = new SocketSet(_watched);
        var writable = new SocketSet(alsoWritable ? _watched : -1);
        var failed = new SocketSet(alsoWritable ? _watched : -1);
        long now = default(long);
        if (Win32.select(0, &readable, &writable, &failed, &now) <= 0)
            return wake;
        if (readable.Count > 0)
            wake |= Wake.SocketReadable;
        if (writable.Count > 0 || failed.Count > 0)
            wake |= Wake.SocketWritable;
        return wake;
    }

    /// <summary>
    /// Registers the socket's event before each wait. A new socket may reuse an old handle, and registering makes
    /// winsock report the current state again. For the same reason, writability is registered only when wanted.
    /// </summary>
    private void Watch(nint socketHandle, bool alsoWritable)
    {
        _watched = socketHandle;
        if (_watched != -1)
            _ = Win32.WSAEventSelect(
                _watched,
                _socketEvent,
                alsoWritable ? Win32.ReadCloseWriteConnect : Win32.ReadClose
            );
    }
}
