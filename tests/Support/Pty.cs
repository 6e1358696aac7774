using System.Diagnostics;
using System.Text;
using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// A program at a terminal. A shell makes the pseudo terminal its controlling one and then becomes the program. So ^C,
/// ^Z, hang-up and resize reach the program as from a window, and its process id is known. Managed code cannot fork
/// safely, hence the shell.
///
/// One thread reads the program's output, keeps the bytes and draws them on a <see cref="VtScreen"/>. When the screen
/// refuses a byte, the next wait throws, or <see cref="Dispose"/> if there is no further wait.
/// </summary>
internal sealed class Pty : IDisposable
{
    private const string BecomeTheProgram = """exec setsid --ctty "$@" <>"$0" >&0 2>&1""";

    private readonly Lock _gate = new();
    private readonly PtyDevice _device;
    private readonly Thread _reader;
    private readonly List<byte> _transcript = [];
    private readonly ManualResetEventSlim _drained = new();
    private Process? _process;
    private volatile XunitException? _offence;
    private bool _offenceWasTold;
    private volatile bool _hungUp;

    private Pty(int columns, int rows, Func<string, int>? width)
    {
        _device = new PtyDevice(columns, rows);
        Screen = new VtScreen(columns, rows, width);
        _reader = new Thread(Read) { IsBackground = true, Name = "pty reader" };
        _reader.Start();
    }

    public VtScreen Screen { get; }

    /// <summary>Every byte the program wrote so far, the terminal's echo included.</summary>
    public byte[] TranscriptRaw
    {
        get
        {
            lock (_gate)
                return [.. _transcript];
        }
    }

    public int Pid => Started.Id;

    public bool HasExited => Started.HasExited;

    private Process Started => _process ?? throw new InvalidOperationException("Nothing was started on this terminal.");

    /// <summary>A terminal without a program.</summary>
    /// <param name="columns">Width in cells.</param>
    /// <param name="rows">Height in rows.</param>
    /// <param name="width">Cells of a grapheme cluster; null: <see cref="VtWidth.Of"/>.</param>
    public static Pty Open(int columns = 80, int rows = 24, Func<string, int>? width = null) =>
        new(columns, rows, width);

    /// <summary>Once per terminal.</summary>
    /// <param name="program">Path, or a name on PATH.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="env">Added to this process's environment over TERM=xterm-256color, a UTF-8 locale and a home of its
    /// own; null as a value removes a variable.</param>
    public void Start(
        string program,
        IEnumerable<string>? args = null,
        IReadOnlyDictionary<string, string?>? env = null
    )
    {
        var start = new ProcessStartInfo("sh")
        {
            ArgumentList = { "-c", BecomeTheProgram, _device.Path, ToolProcess.Find(program) },
        };
        foreach (string arg in args ?? [])
            start.ArgumentList.Add(arg);
        start.Environment["TERM"] = "xterm-256color";
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (string name in (ReadOnlySpan<string>)["COLUMNS", "LINES", "NO_COLOR", "COLORTERM", "TMUX"])
            start.Environment.Remove(name);
        foreach (
            (string? name, string? value) in Home.New()
                .Concat(env ?? new Dictionary<string, string?>(StringComparer.Ordinal))
        )
            start.Environment[name] = value;
        _process = Process.Start(start)!;
    }

    public void Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    /// <summary>Types these bytes; fails when the program does not read.</summary>
    public void Send(ReadOnlySpan<byte> bytes) => _device.Write(bytes, Screen.Draw);

    /// <summary>Writes on the terminal as another program would, such as a shell.</summary>
    public void Print(string text)
    {
        using FileStream slave = new(_device.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        slave.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Resizes the screen and then the terminal, which sends SIGWINCH.</summary>
    public void Resize(int columns, int rows)
    {
        Screen.Resize(columns, rows);
        Unix.Resize(_device.Master, columns, rows);
    }

    public void Signal(Signals signal) => Unix.Signal(Pid, signal);

    /// <summary>The terminal's settings, as `stty -g` prints them, for a comparison.</summary>
    public string Stty()
    {
        using RunningProgram stty = ToolProcess.Start("stty", "-F", _device.Path, "-g");
        Assert.True(stty.WaitForExit() == 0, stty.Describe());
        return Assert.Single(stty.Out.Lines);
    }

    /// <summary>Changes the terminal's settings from another process, in `stty` syntax.</summary>
    public void Stty(string setting)
    {
        using RunningProgram stty = ToolProcess.Start("stty", "-F", _device.Path, setting);
        Assert.True(stty.WaitForExit() == 0, stty.Describe());
    }

    /// <summary>
    /// Waits until <paramref name="condition"/> holds, checked after each output of the program. Fails with the
    /// screen.
    /// </summary>
    public void WaitFor(Func<bool> condition, string what, TimeSpan? deadline = null)
    {
        Eventually.Is(Holds, what, deadline, Screen.Draw);

        bool Holds()
        {
            ThrowOffence();
            return condition();
        }
    }

    /// <summary>Waits until some row shows <paramref name="text"/>.</summary>
    public void WaitForText(string text, TimeSpan? deadline = null) =>
        WaitFor(() => Screen.Shows(text), $"\"{text}\" on the screen", deadline);

    /// <summary>Waits until the program has ended and all its output is on the screen.</summary>
    /// <returns>Its exit code; 128 and the signal's number when a signal ended it.</returns>
    public int WaitForExit(TimeSpan? deadline = null)
    {
        WaitFor(() => Started.HasExited, "the program to end", deadline);
        if (!_hungUp)
        {
            _drained.Reset();
            _device.Wake();
            WaitFor(() => _drained.IsSet, "the rest of what it wrote", deadline);
        }

        return Started.ExitCode;
    }

    /// <summary>Closes the terminal, which sends SIGHUP to the program.</summary>
    public void Hangup()
    {
        if (_hungUp)
            return;
        _hungUp = true;
        _device.Wake();
        _reader.Join();
        _device.Dispose();
    }

    public void Dispose()
    {
        Hangup();
        if (_process is not null)
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
        }

        _drained.Dispose();
        if (!_offenceWasTold)
            ThrowOffence();
    }

    private void ThrowOffence()
    {
        if (_offence is not { } offence)
            return;
        _offenceWasTold = true;
        throw new XunitException(offence.Message, offence);
    }

    private void Read()
    {
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            int count = _device.Read(buffer);
            if (_hungUp)
                return;
            if (count == 0)
                _drained.Set();
            lock (_gate)
                _transcript.AddRange(buffer.AsSpan(0, count));
            try
            {
                if (_offence is null)
                    Screen.Feed(buffer.AsSpan(0, count));
            }
            catch (XunitException offence)
            {
                _offence = offence;
            }
        }
    }
}
