using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Chat.Protocol.Discovery;

namespace Chat.Client.Terminals.Unix;

/// <summary>Linux and macOS: descriptors 0 and 1, termios, one poll(2).</summary>
/// <remarks>
/// The termios structure is opaque here, in a buffer larger than any system's, so its layout does not matter. Signal
/// handlers run on another thread, which does not interrupt poll, so they wake it through a pipe.
/// <para>
/// A terminal belongs to the foreground job. A job that sets raw mode in the background stops (SIGTTOU), as a shell
/// expects of an interactive program after `bg`. Restoring must not stop the process, or SIGTERM could not end a
/// background job: so <see cref="LeaveRaw"/> does not touch another job's terminal. For the same reason the process
/// stops itself instead of letting tcsetattr do it, which would stop again after every signal.
/// </para>
/// </remarks>
[UnsupportedOSPlatform("windows")]
internal sealed unsafe partial class UnixTerminal : Terminal
{
    private const int TermiosBytes = 256;
    private const int WriteBytes = 4096;
    private const int StopTakesAtMostWaits = 40;
    private const int WaitMilliseconds = 5;

    private readonly int _in;
    private readonly int _out;
    private readonly int _wakeReader;
    private readonly int _wakeWriter;
    private readonly NetworkChanges? _network;
    private readonly byte[] _found = new byte[TermiosBytes];
    private readonly byte[] _raw = new byte[TermiosBytes];
    private readonly Lock _modes = new();
    private PosixSignalRegistration? _stop;
    private bool _isRaw;
    private int _typedAhead;
    private int _woken;
    private int _continued;

    public UnixTerminal(int input, int output)
    {
        _in = input;
        _out = output;
        int* pipe = stackalloc int[2];
        if (Libc.pipe(pipe) != 0)
            throw new IOException($"cannot make a pipe: {Marshal.GetLastPInvokeErrorMessage()}");
        (_wakeReader, _wakeWriter) = (pipe[0], pipe[1]);
        _network = OperatingSystem.IsLinux() ? new NetworkChanges(hasRoutes: true) : null;
        InputIsTerminal = Libc.isatty(_in) == 1;
        OutputIsTerminal = Libc.isatty(_out) == 1;
        // They would end the process and leave the terminal raw. The runtime has no names for them.
        foreach (int number in Libc.UserSignals)
            Listen((PosixSignal)number, End);
        Listen(PosixSignal.SIGWINCH, _ => Post(Wake.Resized));
        Listen(
            PosixSignal.SIGCONT,
            _ =>
            {
                Post(Wake.Resumed | Wake.Resized);
                Volatile.Write(ref _continued, 1);
            }
        );
    }

    public override bool InputIsTerminal { get; }

    public override bool OutputIsTerminal { get; }

    public override bool IsDumb { get; } = Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";

    public override (int Columns, int Rows) Size
    {
        get
        {
            var size = default(WindowSize);
            bool known =
                OutputIsTerminal && Libc.GetWindowSize(_out, &size) == 0 && size is { Columns: > 0, Rows: > 0 };
            return known ? (size.Columns, size.Rows) : (80, 24);
        }
    }

    public override void EnterRaw()
    {
        if (!IsInteractive)
            return;
        while (IsBackground)
        {
            if (Ending || !StopJob(Libc.SigTtou))
                return;
        }
        lock (_modes)
        {
            if (_isRaw)
                return;
            fixed (
                byte* found = _found,
                    raw = _raw
            )
            {
                if (Libc.tcgetattr(_in, found) != 0)
                    return;
                _found.CopyTo(_raw, 0);
                Libc.cfmakeraw(raw);
            }
            SetRaw();
            // Read the modes back as the system stores them, so HealRaw can detect a change.
            fixed (byte* raw = _raw)
                _ = Libc.tcgetattr(_in, raw);
            _isRaw = true;
        }
        // In raw mode ^Z is a key. A stop signal from outside must wait until the terminal is restored.
        _stop ??= Listen(
            PosixSignal.SIGTSTP,
            context =>
            {
                context.Cancel = true;
                Post(Wake.SuspendAsked);
            }
        );
        Write(EnterSequence);
    }

    public override void LeaveRaw()
    {
        lock (_modes)
        {
            if (!_isRaw)
                return;
            _isRaw = false;
            if (IsBackground)
                return;
            fixed (byte* bytes = LeaveSequence)
                _ = Libc.write(_out, bytes, (nuint)LeaveSequence.Length);
            SetModes(_found);
        }
    }

    public override Wake Wait(nint socketHandle, bool alsoWritable, TimeSpan patience)
    {
        const int Descriptors = 4;
        PollFd* fds = stackalloc PollFd[Descriptors];
        fds[0] = new PollFd(TakesInput ? _in : -1, Libc.PollIn);
        fds[1] = new PollFd((int)socketHandle, (short)(Libc.PollIn | (alsoWritable ? Libc.PollOut : 0)));
        fds[2] = new PollFd(_wakeReader, Libc.PollIn);
        fds[3] = new PollFd(TakesNetworkChanges && _network is not null ? _network.Descriptor : -1, Libc.PollIn);
        int count = Libc.poll(fds, Descriptors, Milliseconds(patience));

        Wake wake = Wake.None;
        if (count > 0)
        {
            const int Over = Libc.PollErr | Libc.PollHup | Libc.PollNval;
            if ((fds[0].Happened & (Libc.PollIn | Over)) != 0)
                wake |= Wake.Input;
            if ((fds[1].Happened & (Libc.PollIn | Over)) != 0)
                wake |= Wake.SocketReadable;
            if (alsoWritable && (fds[1].Happened & (Libc.PollOut | Over)) != 0)
                wake |= Wake.SocketWritable;
            if (fds[2].Happened != 0)
                DrainWakes();
            if (fds[3].Happened != 0 && _network!.TryTake())
                wake |= Wake.NetworkChanged;
        }
        wake |= TakePending();
        if (wake.HasFlag(Wake.Resumed) && !Ending)
            RetakeModes();
        return wake;
    }

    public override int Read(Span<byte> into)
    {
        HealRaw();
        fixed (byte* bytes = into)
        {
            while (true)
            {
                nint count = Libc.read(_in, bytes, (nuint)into.Length);
                if (count >= 0)
                {
                    RestoreEnters(into[..(int)count]);
                    return (int)count;
                }
                int error = Marshal.GetLastPInvokeError();
                if (error == Libc.Again)
                    Await(_in, Libc.PollIn);
                else if (error != Libc.Interrupted)
                    return FailInput(error);
            }
        }
    }

    // A closed terminal is a normal end of input, and so is an input that was closed at the start.
    private int FailInput(int error)
    {
        if (!InputIsTerminal && !UnixStandardStream.InputWasClosed)
            InputFailure = Marshal.GetPInvokeErrorMessage(error);
        return 0;
    }

    public override bool Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length; )
            {
                // A writable pipe accepts 4 KiB without blocking, so a stalled reader cannot delay a signal.
                if (!Await(_out, Libc.PollOut))
                    return false;
                nint count = Libc.write(_out, start + done, (nuint)Math.Min(bytes.Length - done, WriteBytes));
                if (count >= 0)
                    done += (int)count;
                else if (Marshal.GetLastPInvokeError() is not (Libc.Interrupted or Libc.AgainLinux or Libc.AgainApple))
                    return false;
            }
        }
        return true;
    }

    public override void Suspend()
    {
        bool wasRaw;
        lock (_modes)
            wasRaw = _isRaw;
        LeaveRaw();
        if (_stop is not null)
            Unlisten(_stop);
        _stop = null;

        StopJob(Libc.SigTstp);
        if (wasRaw && !Ending)
            EnterRaw();
        // The caller of Suspend repaints anyway, so it must not see the resume again.
        Withdraw(Wake.Resumed);
    }

    protected override void WakeUp()
    {
        if (Interlocked.Exchange(ref _woken, 1) != 0)
            return;
        byte one = 1;
        _ = Libc.write(_wakeWriter, &one, 1);
    }

    protected override void Close()
    {
        _ = Libc.close(_wakeWriter);
        _ = Libc.close(_wakeReader);
        _network?.Dispose();
    }

    private bool IsBackground => IsInBackground(_in);

    /// <summary>Whether the terminal belongs to another job.</summary>
    public static bool IsInBackground(int input) =>
        Libc.tcgetpgrp(input) is > 0 and var owner && owner != Libc.getpgrp();

    private static int Milliseconds(TimeSpan patience) =>
        patience < TimeSpan.Zero ? -1 : (int)Math.Min(Math.Ceiling(patience.TotalMilliseconds), int.MaxValue);

    private void DrainWakes()
    {
        byte one;
        _ = Libc.read(_wakeReader, &one, 1);
        Volatile.Write(ref _woken, 0);
    }

    /// <summary>Waits until the descriptor is ready. False if the process was told to end before that.</summary>
    private bool Await(int fd, short events)
    {
        while (true)
        {
            var wanted = new PollFd(fd, events);
            if (Libc.poll(&wanted, 1, Ending ? 0 : 100) > 0)
                return true;
            if (Ending)
                return false;
        }
    }

    /// <summary>
    /// Stops the whole job, as ^Z does: a script that started the client must not continue in the foreground. Returns
    /// false if the job did not stop, because it is an orphaned process group. kill may return before the stop takes
    /// effect, hence the bounded wait for SIGCONT.
    /// </summary>
    private bool StopJob(int signal)
    {
        Volatile.Write(ref _continued, 0);
        _ = Libc.kill(0, signal);
        // Count waits instead of time: the time in the stopped state must not count.
        for (int waits = 0; waits < StopTakesAtMostWaits && Volatile.Read(ref _continued) == 0; waits++)
            _ = Libc.poll(null, 0, WaitMilliseconds);
        return Volatile.Read(ref _continued) != 0;
    }

    /// <summary>After a stop from outside (SIGSTOP), the shell has set its own modes: set raw mode again.</summary>
    private void RetakeModes()
    {
        lock (_modes)
        {
            if (!_isRaw)
                return;
            if (!IsBackground)
            {
                SetRaw();
                Write(EnterSequence);
                return;
            }
            _isRaw = false;
        }
        EnterRaw();
    }

    /// <summary>
    /// Sets raw mode again if another process changed the modes, as a shell may around a stop. The terminal may have
    /// echoed meanwhile, so the screen is repainted as after a stop.
    /// </summary>
    private void HealRaw()
    {
        lock (_modes)
        {
            if (!_isRaw)
                return;
            Span<byte> now = stackalloc byte[TermiosBytes];
            now.Clear();
            fixed (byte* modes = now)
            {
                if (Libc.tcgetattr(_in, modes) != 0 || now.SequenceEqual(_raw) || IsBackground)
                    return;
            }
            SetRaw();
        }
        Post(Wake.Resumed | Wake.Resized);
    }

    // Text that was typed before raw mode has a line feed for each Enter: the terminal replaced the CR. In raw mode a
    // line feed is Ctrl-J. The bytes that wait right after the change are from before it.
    private void SetRaw()
    {
        SetModes(_raw);
        _typedAhead = Libc.CountUnread(_in);
    }

    private void RestoreEnters(Span<byte> read)
    {
        Span<byte> early = read[..Math.Min(read.Length, _typedAhead)];
        early.Replace((byte)'\n', (byte)'\r');
        _typedAhead -= early.Length;
    }

    private void SetModes(byte[] modes)
    {
        fixed (byte* bytes = modes)
        {
            while (Libc.tcsetattr(_in, Libc.SetNow, bytes) != 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted)
            { }
        }
    }
}
