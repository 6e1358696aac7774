namespace Chat.Tests.Support;

/// <summary>
/// One output of a program. A thread reads it to the end, so that the program never waits for the test. A
/// search continues after the last found line, as in <see cref="LineBuffer"/>.
/// </summary>
internal sealed class OutputLines
{
    private readonly Lock _gate = new();
    private readonly LineBuffer _buffer = new();
    private readonly Stream _stream;
    private readonly string _name;
    private readonly Func<string> _describeProgram;
    private readonly Thread _reader;
    private volatile bool _ended;

    /// <param name="describeProgram">The program with all its outputs, for messages.</param>
    public OutputLines(Stream stream, string name, Func<string> describeProgram)
    {
        _stream = stream;
        _name = name;
        _describeProgram = describeProgram;
        _reader = new Thread(Read) { IsBackground = true, Name = name };
        _reader.Start();
    }

    /// <summary>Whole lines so far, without their LF.</summary>
    public IReadOnlyList<string> Lines => Locked(buffer => buffer.Lines);

    /// <summary>All text so far, with an unfinished line.</summary>
    public string Text => Locked(buffer => buffer.Text);

    public byte[] Bytes => Locked(buffer => buffer.Bytes);

    /// <summary>True once no process has the writing end open.</summary>
    public bool Ended => _ended;

    public string Describe() => $"  {_name}:\n{Locked(buffer => buffer.Describe())}";

    /// <summary>The next matching line after the last returned one; fails with all output so far.</summary>
    public string WaitForLine(Func<string, bool> fits, string what = "a line that fits", TimeSpan? deadline = null)
    {
        string? line = null;
        Eventually.Is(Found, what, deadline, _describeProgram);
        return line
            ?? throw Eventually.InVain($"{what}; {_name} ended", deadline ?? Eventually.Deadline, _describeProgram());

        bool Found()
        {
            // Read before the search: text from before the end is then in the buffer.
            bool ended = _ended;
            line = Locked(buffer => buffer.Find(fits));
            return line is not null || ended;
        }
    }

    /// <summary>The next line that contains this text.</summary>
    public string WaitForLine(string part, TimeSpan? deadline = null) =>
        WaitForLine(
            line => line.Contains(part, StringComparison.Ordinal),
            $"a line with \"{part}\" on {_name}",
            deadline
        );

    /// <summary>Waits for this text, in a finished line or not.</summary>
    public void WaitForText(string text, TimeSpan? deadline = null) =>
        Eventually.Is(
            () => Text.Contains(text, StringComparison.Ordinal),
            $"\"{text}\" on {_name}",
            deadline,
            _describeProgram
        );

    public bool WaitForEnd(TimeSpan deadline) => _reader.Join(deadline);

    private void Read()
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            for (int count; (count = _stream.Read(buffer)) > 0; )
            {
                lock (_gate)
                    _buffer.Append(buffer.AsSpan(0, count));
            }
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // The program was disposed of during its output.
        }

        _ended = true;
    }

    private T Locked<T>(Func<LineBuffer, T> read)
    {
        lock (_gate)
            return read(_buffer);
    }
}
