using System.Runtime.InteropServices;
using Chat.Client.Display;
using Chat.Client.Terminals.Unix;
using Chat.Client.Terminals.Windows;

namespace Chat.Client.Terminals;

/// <summary>
/// The reasons that ended a <see cref="Terminal.Wait"/>. Zero: the time ran out, or another signal interrupted it.
/// </summary>
[Flags]
internal enum Wake
{
    None = 0,

    /// <summary>There is something to <see cref="Terminal.Read"/>, or input has ended.</summary>
    Input = 1,

    /// <summary>The socket has bytes, has ended or has failed: receive tells which.</summary>
    SocketReadable = 2,

    /// <summary>The socket takes bytes, or its connecting has come to an end, good or bad.</summary>
    SocketWritable = 4,

    /// <summary>The window has another size: read <see cref="Terminal.Size"/> again and repaint.</summary>
    Resized = 8,

    /// <summary>A signal asks the process to end; <see cref="Terminal.EndedBy"/> says how.</summary>
    Terminated = 16,

    /// <summary>
    /// The process was stopped otherwise than by <see cref="Terminal.Suspend"/> and runs again; raw mode is back, the
    /// screen is anybody's guess: repaint.
    /// </summary>
    Resumed = 32,

    /// <summary>
    /// SIGTSTP from outside asks the process to stop: hide the prompt and call <see cref="Terminal.Suspend"/>.
    /// </summary>
    SuspendAsked = 64,
}

/// <summary>
/// The seam to the operating system's terminal: bytes in, bytes out, one wait for keyboard, socket and signals, and the
/// modes of the terminal. There is one file per platform and nothing above knows which.
///
/// Input and output are the process's own descriptors, not System.Console: Console decodes keys by itself and so stands
/// in the way of bracketed paste, takes the terminal's modes as its own, and hides a closed output. What is a key is
/// decided by the key decoder, what is on the screen by <see cref="Screen"/>.
///
/// The invariant: whatever way the process ends, except SIGKILL and a crash of the runtime itself, the terminal is left
/// as it was found. So everything that ends a process leads to <see cref="LeaveRaw"/>: dispose, an unhandled exception,
/// exit, each signal. Signal handlers run on a thread of the runtime's; they set a flag and wake the loop. Only a
/// second signal of the same kind, which means that the loop does not answer, restores the terminal there and lets the
/// system end the process.
/// </summary>
internal abstract class Terminal : IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _pending;
    private int _endings;

    protected Terminal()
    {
        Listen(PosixSignal.SIGTERM, End);
        Listen(PosixSignal.SIGINT, End);
        Listen(PosixSignal.SIGHUP, End);
        Listen(PosixSignal.SIGQUIT, End);
        AppDomain.CurrentDomain.UnhandledException += OnUnhandledException;
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>The terminal of this process.</summary>
    public static Terminal Open() =>
        OperatingSystem.IsWindows()
            ? Open(Win32.GetStdHandle(Win32.StdInput), Win32.GetStdHandle(Win32.StdOutput))
            : Open(0, 1);

    /// <summary>A terminal on other descriptors (Unix) or handles (Windows), which stay their owner's.</summary>
    public static Terminal Open(nint input, nint output) =>
        OperatingSystem.IsWindows() ? new WindowsTerminal(input, output) : new UnixTerminal((int)input, (int)output);

    public abstract bool InputIsTerminal { get; }

    public abstract bool OutputIsTerminal { get; }

    /// <summary>TERM is unset, empty or "dumb": a terminal that takes no escape sequence at all.</summary>
    public abstract bool IsDumb { get; }

    /// <summary>
    /// A person at a terminal that can be painted on: raw mode and a prompt make sense. Otherwise lines in, lines out.
    /// </summary>
    public bool IsInteractive => InputIsTerminal && OutputIsTerminal && !IsDumb;

    /// <summary>
    /// Whether it carries out the sequences that <see cref="Screen"/> sends by itself. If not, it has no more than
    /// sixteen colours, and cuts rows at a resize.
    /// </summary>
    public virtual bool KnowsSequences => true;

    /// <summary>The window in cells, 80 by 24 when unknown. Each read asks the system.</summary>
    public abstract (int Columns, int Rows) Size { get; }

    /// <summary>The signal behind <see cref="Wake.Terminated"/>; null while there was none.</summary>
    public PosixSignal? EndedBy { get; private set; }

    /// <summary>
    /// Keys come byte by byte, unechoed, and none raises a signal; line feeds no longer return the carriage. Does
    /// nothing when it is so already or when this is not an interactive terminal.
    /// </summary>
    public abstract void EnterRaw();

    /// <summary>
    /// Clears the row of the prompt and gives the terminal back as it was found. May be called at any time, on any
    /// thread, twice.
    /// </summary>
    public abstract void LeaveRaw();

    /// <summary>
    /// Waits for input, the socket, a signal or the end of patience, whichever is first. Level-triggered: what was not
    /// read is reported again.
    /// </summary>
    /// <param name="socketHandle">The socket's handle, or -1 when there is none to wait for.</param>
    /// <param name="alsoWritable">Whether to wait for the socket to take bytes as well.</param>
    /// <param name="patience">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    public abstract Wake Wait(nint socketHandle, bool alsoWritable, TimeSpan patience);

    /// <summary>
    /// Reads what is there after a wait said <see cref="Wake.Input"/>. Returns 0 at the end of input, a hang-up
    /// included; never throws.
    /// </summary>
    public abstract int Read(Span<byte> into);

    /// <summary>Why the input could not be read to its end, in words; null when it could.</summary>
    public string? InputFailure { get; protected set; }

    /// <summary>
    /// Whether input is waited for. To be cleared at its end, which would be reported for ever, and while nothing can
    /// be done with it.
    /// </summary>
    public bool TakesInput { get; set; } = true;

    /// <summary>
    /// Whether raw mode is entered, sooner or later; to be said before the first wait. Until then a console of Windows
    /// keeps what is typed.
    /// </summary>
    public bool TakesKeys { get; set; }

    /// <summary>
    /// Writes all of it. False when the output is gone, or when it takes nothing and the process was told to end.
    /// </summary>
    public abstract bool Write(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Restores the terminal, stops the process as ^Z would have, and takes raw mode back when it runs again. Comes
    /// back then: the window may be another, and on the screen is what others wrote. Does nothing where there is no job
    /// control.
    /// </summary>
    public abstract void Suspend();

    public void Dispose()
    {
        LeaveRaw();
        AppDomain.CurrentDomain.UnhandledException -= OnUnhandledException;
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        _signals.Clear();
        Close();
    }

    /// <summary>Makes the wait return. Called from threads of the runtime's.</summary>
    protected abstract void WakeUp();

    protected abstract void Close();

    /// <summary>
    /// Whether this SIGINT is a Ctrl-C that should have been a key, and is taken for one. Called on a thread of the
    /// runtime's.
    /// </summary>
    protected virtual bool TakesInterruptAsKey() => false;

    /// <summary>The requests of signals since the last call.</summary>
    protected Wake TakePending() => (Wake)Interlocked.Exchange(ref _pending, (int)Wake.None);

    /// <summary>Whether the process was told to end, taken by the loop or not.</summary>
    protected bool Ending => Volatile.Read(ref _endings) > 0;

    protected void Post(Wake what)
    {
        Interlocked.Or(ref _pending, (int)what);
        WakeUp();
    }

    protected void Withdraw(Wake what) => Interlocked.And(ref _pending, ~(int)what);

    protected PosixSignalRegistration Listen(PosixSignal signal, Action<PosixSignalContext> handler)
    {
        var registration = PosixSignalRegistration.Create(signal, handler);
        _signals.Add(registration);
        return registration;
    }

    protected void Unlisten(PosixSignalRegistration registration)
    {
        _signals.Remove(registration);
        registration.Dispose();
    }

    private void End(PosixSignalContext context)
    {
        if (context.Signal == PosixSignal.SIGINT && TakesInterruptAsKey())
        {
            context.Cancel = true;
            WakeUp();
            return;
        }
        if (Interlocked.Increment(ref _endings) > 1)
        {
            LeaveRaw();
            return;
        }
        context.Cancel = true;
        EndedBy = context.Signal;
        Post(Wake.Terminated);
        // Windows ends the process as soon as everybody was told that the window closes, or 5 s later; so it is kept
        // waiting until we have ended.
        if (OperatingSystem.IsWindows() && context.Signal is (PosixSignal.SIGHUP or PosixSignal.SIGTERM))
            Thread.Sleep(Timeout.Infinite);
    }

    private void OnUnhandledException(object sender, UnhandledExceptionEventArgs e) => LeaveRaw();

    private void OnProcessExit(object? sender, EventArgs e) => LeaveRaw();
}
