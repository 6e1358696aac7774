using System.Runtime.InteropServices;
using Chat.Client.Display;
using Chat.Client.Terminals.Unix;
using Chat.Client.Terminals.Windows;

namespace Chat.Client.Terminals;

/// <summary>The reasons for a return of <see cref="Terminal.Wait"/>. None after a timeout or another signal.</summary>
[Flags]
internal enum Wake
{
    None = 0,

    /// <summary>Input is ready for <see cref="Terminal.Read"/>, or has ended.</summary>
    Input = 1,

    /// <summary>The socket has bytes, has ended or has failed; the receive tells which.</summary>
    SocketReadable = 2,

    /// <summary>The socket is writable, or its connection attempt succeeded or failed.</summary>
    SocketWritable = 4,

    /// <summary>The window size changed: read <see cref="Terminal.Size"/> again and repaint.</summary>
    Resized = 8,

    /// <summary>A signal asks the process to end; <see cref="Terminal.EndedBy"/> has it.</summary>
    Terminated = 16,

    /// <summary>
    /// The process was stopped from outside and runs again. Raw mode is restored, but the screen content is unknown:
    /// repaint.
    /// </summary>
    Resumed = 32,

    /// <summary>
    /// SIGTSTP from outside asks the process to stop: hide the prompt and call <see cref="Terminal.Suspend"/>.
    /// </summary>
    SuspendAsked = 64,

    /// <summary>An address, a route or an interface of this machine came, went or changed.</summary>
    NetworkChanged = 128,
}

/// <summary>
/// The operating system's terminal: its bytes and modes, and one wait for keyboard, socket and signals. Each platform
/// has a subclass; callers do not depend on the platform.
/// </summary>
/// <remarks>
/// Input and output use the process's descriptors instead of System.Console. Console decodes keys itself, which breaks
/// bracketed paste; it also changes the terminal's modes and hides a closed output. The key decoder decodes keys, and
/// <see cref="Screen"/> draws.
/// <para>
/// Invariant: however the process ends, except by SIGKILL or a runtime crash, the terminal is restored. Dispose, an
/// unhandled exception, exit and each signal therefore call <see cref="LeaveRaw"/>. Signal handlers run on a runtime
/// thread; they set a flag and wake the loop. A second ending signal means that the loop hangs. Its handler restores
/// the terminal, and the system ends the process.
/// </para>
/// </remarks>
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

    /// <summary>
    /// Whether this process may take over its terminal: the terminal knows escape sequences, and no other job of a
    /// shell owns it. Taking it over from the background would stop the process.
    /// </summary>
    public static bool IsFree
    {
        get
        {
            string? term = Environment.GetEnvironmentVariable("TERM");
            return OperatingSystem.IsWindows()
                ? term != "dumb"
                : term is not (null or "" or "dumb") && !UnixTerminal.IsInBackground(0);
        }
    }

    /// <summary>The terminal of this process.</summary>
    public static Terminal Open() =>
        OperatingSystem.IsWindows()
            ? Open(Win32.GetStdHandle(Win32.StdInput), Win32.GetStdHandle(Win32.StdOutput))
            : Open(0, 1);

    /// <summary>A terminal on other descriptors (Unix) or handles (Windows). The caller still owns them.</summary>
    public static Terminal Open(nint input, nint output) =>
        OperatingSystem.IsWindows() ? new WindowsTerminal(input, output) : new UnixTerminal((int)input, (int)output);

    public abstract bool InputIsTerminal { get; }

    public abstract bool OutputIsTerminal { get; }

    /// <summary>The terminal understands no escape sequence: TERM is "dumb", or on Unix unset or empty.</summary>
    public abstract bool IsDumb { get; }

    /// <summary>
    /// Input and output are a terminal with escape sequences: raw mode and a prompt are possible. Otherwise the client
    /// reads and writes lines.
    /// </summary>
    public bool IsInteractive => InputIsTerminal && OutputIsTerminal && !IsDumb;

    /// <summary>
    /// Whether the terminal itself executes the sequences of <see cref="Screen"/>. If not, it has at most sixteen
    /// colours and cuts rows at a resize.
    /// </summary>
    public virtual bool KnowsSequences => true;

    /// <summary>The bytes to write when raw mode begins; set before it.</summary>
    public byte[] EnterSequence { get; set; } = Screen.OnEnter(takesOsc: false);

    /// <summary>The bytes to write when raw mode ends.</summary>
    public byte[] LeaveSequence { get; set; } = Screen.OnLeave(takesOsc: false);

    /// <summary>The window size in cells; 80 by 24 if unknown. Each read asks the system.</summary>
    public abstract (int Columns, int Rows) Size { get; }

    /// <summary>The signal behind <see cref="Wake.Terminated"/>; null before it.</summary>
    public PosixSignal? EndedBy { get; private set; }

    /// <summary>The exit code after that signal: 128 and its number; null before it.</summary>
    public int? SignalCode =>
        128
        + EndedBy switch
        {
            null => (int?)null,
            PosixSignal.SIGHUP => 1,
            PosixSignal.SIGINT => 2,
            PosixSignal.SIGQUIT => 3,
            PosixSignal.SIGTERM => 15,
            PosixSignal signal => (int)signal,
        };

    /// <summary>
    /// Enters raw mode: each byte arrives at once without echo, no key raises a signal, and a line feed does not return
    /// the carriage. Does nothing if the terminal is raw already or not interactive.
    /// </summary>
    public abstract void EnterRaw();

    /// <summary>
    /// Clears the prompt's row and restores the terminal's modes. Can be called at any time, on any thread, repeatedly.
    /// </summary>
    public abstract void LeaveRaw();

    /// <summary>
    /// Waits for input, the socket, a signal or the timeout. Level-triggered: unread input is reported again.
    /// </summary>
    /// <param name="socketHandle">The socket's handle; -1 for none.</param>
    /// <param name="alsoWritable">Whether to wait until the socket is writable as well.</param>
    /// <param name="patience">The timeout; <see cref="Timeout.InfiniteTimeSpan"/> for none.</param>
    public abstract Wake Wait(nint socketHandle, bool alsoWritable, TimeSpan patience);

    /// <summary>
    /// Reads the available bytes after <see cref="Wake.Input"/>. Returns 0 at the end of input, also after a hang-up or
    /// an error; never throws.
    /// </summary>
    public abstract int Read(Span<byte> into);

    /// <summary>The read error that ended the input, in words; null without one.</summary>
    public string? InputFailure { get; protected set; }

    /// <summary>
    /// Whether the wait covers input. Clear it at the end of input, which would otherwise wake every wait, and while
    /// input cannot be handled.
    /// </summary>
    public bool TakesInput { get; set; } = true;

    /// <summary>
    /// Whether the wait covers changes of the network. Clear it while they cannot be handled: the next wait that covers
    /// them reports those meanwhile.
    /// </summary>
    public bool TakesNetworkChanges { get; set; }

    /// <summary>
    /// Whether the client will enter raw mode. Set it before the first wait: until raw mode, a Windows console then
    /// keeps typed keys.
    /// </summary>
    public bool TakesKeys { get; set; }

    /// <summary>
    /// Writes all bytes. Returns false if the output is closed, or if it is blocked and the process was told to end.
    /// </summary>
    public abstract bool Write(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Restores the terminal, stops the process as ^Z does, and enters raw mode again when the process continues.
    /// Returns after that: the window size may have changed, and the screen has other content. Does nothing without job
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

    /// <summary>Makes the wait return once. Can be called on any thread until <see cref="Dispose"/>.</summary>
    public void Interrupt() => WakeUp();

    /// <summary>Makes the wait return. Called on runtime threads.</summary>
    protected abstract void WakeUp();

    protected abstract void Close();

    /// <summary>Whether to treat this SIGINT as the key Ctrl-C. Called on a runtime thread.</summary>
    protected virtual bool TakesInterruptAsKey() => false;

    /// <summary>Removes and returns the requests of signals since the last call.</summary>
    protected Wake TakePending() => (Wake)Interlocked.Exchange(ref _pending, (int)Wake.None);

    /// <summary>Whether a signal has told the process to end.</summary>
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

    /// <summary>Handles a signal that ends the client.</summary>
    protected void End(PosixSignalContext context)
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
        // Windows ends the process when this handler returns, or after 5 s. Blocking here gives the loop that time to
        // end the client.
        if (OperatingSystem.IsWindows() && context.Signal is (PosixSignal.SIGHUP or PosixSignal.SIGTERM))
            Thread.Sleep(Timeout.Infinite);
    }

    private void OnUnhandledException(object sender, UnhandledExceptionEventArgs e) => LeaveRaw();

    private void OnProcessExit(object? sender, EventArgs e) => LeaveRaw();
}
