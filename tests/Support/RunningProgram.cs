using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// A program in pipes: its input to write, its two outputs as lines, its exit code to wait for, and its cost
/// from /proc. It never outlives the test: disposal kills it and its children. Each has its own home (<see
/// cref="Home"/>). <see cref="ChatProcess"/> and <see cref="ToolProcess"/> make one.
/// </summary>
internal sealed class RunningProgram : IDisposable
{
    /// <summary>Clock ticks in /proc/PID/stat: always 100 a second towards user space on Linux (proc(5)).</summary>
    private const int TicksPerSecond = 100;

    private readonly Process _process;
    private readonly string _commandLine;

    public RunningProgram(string path, IEnumerable<string> args, IReadOnlyDictionary<string, string?>? env = null)
    {
        var start = new ProcessStartInfo(path)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string arg in args)
            start.ArgumentList.Add(arg);
        foreach (
            (string? name, string? value) in Home.New()
                .Concat(env ?? new Dictionary<string, string?>(StringComparer.Ordinal))
        )
            start.Environment[name] = value;
        _commandLine = string.Join(' ', start.ArgumentList.Prepend(Path.GetFileName(path)));
        _process = Process.Start(start)!;
        Out = new OutputLines(_process.StandardOutput.BaseStream, "stdout", Describe);
        Err = new OutputLines(_process.StandardError.BaseStream, "stderr", Describe);
    }

    public OutputLines Out { get; }

    public OutputLines Err { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>User and system time of all its threads, ended ones too, in steps of 10 ms.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            // The name in parentheses may hold blanks; utime and stime are the 12th and 13th field after it.
            string stat = File.ReadAllText(Proc("stat"));
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            long ticks =
                long.Parse(fields[11], CultureInfo.InvariantCulture)
                + long.Parse(fields[12], CultureInfo.InvariantCulture);
            return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
        }
    }

    /// <summary>Resident memory in bytes.</summary>
    public long Rss => Status("VmRSS") * 1024;

    public int Threads => (int)Status("Threads");

    public int OpenDescriptors => Directory.GetFileSystemEntries(Proc("fd")).Length;

    public void Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes to its standard input at once, and waits while the program does not read.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        _process.StandardInput.BaseStream.Write(bytes);
        _process.StandardInput.BaseStream.Flush();
    }

    public void SendLine(string line) => Send(line + "\n");

    /// <summary>End of file on its standard input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    public void Signal(Signals signal) => Unix.Signal(Pid, signal);

    /// <summary>Kills it, and waits until the system has released its locks and ports.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Waits until it has ended and both outputs were read to their ends.</summary>
    /// <returns>Its exit code; 128 and the signal's number when a signal ended it.</returns>
    public int WaitForExit(TimeSpan? deadline = null)
    {
        TimeSpan limit = deadline ?? Eventually.Deadline;
        if (!_process.WaitForExit(limit))
            throw Eventually.InVain($"`{_commandLine}` to end", limit, Describe());
        if (!Out.WaitForEnd(Eventually.Deadline) || !Err.WaitForEnd(Eventually.Deadline))
            throw Eventually.InVain(
                $"the outputs of `{_commandLine}`, which has ended, to be closed by what it started",
                Eventually.Deadline,
                Describe()
            );
        return _process.ExitCode;
    }

    /// <summary>The command, its state and all its output, for messages.</summary>
    public string Describe() =>
        $"  {_commandLine} ({(HasExited ? $"ended with {_process.ExitCode}" : "running")})\n{Out.Describe()}\n{Err.Describe()}";

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private string Proc(string file) => string.Create(CultureInfo.InvariantCulture, $"/proc/{Pid}/{file}");

    private long Status(string key)
    {
        string line = File.ReadLines(Proc("status"))
            .First(line => line.StartsWith(key + ":", StringComparison.Ordinal));
        return long.Parse(
            line[(key.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(),
            CultureInfo.InvariantCulture
        );
    }
}
