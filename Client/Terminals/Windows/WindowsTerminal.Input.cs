using System.Text;

namespace Chat.Client.Terminals.Windows;

/// <summary>The input: console records in raw mode, otherwise blocking reads on a thread.</summary>
internal sealed unsafe partial class WindowsTerminal
{
    private const byte InterruptKey = 3;

    private int _interrupts;

    /// <summary>
    /// Moves the console's waiting records into <see cref="_typed"/>. Returns true if one of them reports a new window
    /// size.
    /// </summary>
    private bool ReadRecords()
    {
        bool resized = false;
        if (Interlocked.Exchange(ref _interrupts, 0) != 0)
            _typed.Enqueue(InterruptKey);
        InputRecord* records = stackalloc InputRecord[Records];
        while (Win32.GetNumberOfConsoleInputEvents(_in, out uint waiting) != 0 && waiting > 0)
        {
            if (Win32.ReadConsoleInputW(_in, records, Records, out uint count) == 0)
                break;
            for (int i = 0; i < count; i++)
            {
                if (records[i].Type == InputRecord.WindowSize)
                    resized = true;
                else if (records[i].Type == InputRecord.Key)
                    _keys.Translate(records[i], _typed);
            }
        }
        return resized;
    }

    /// <summary>
    /// In raw mode Ctrl-C can still arrive as a signal: wine passes the terminal's signal on, and another program can
    /// send it. If the previous interrupt is still pending, the loop hangs, and the signal ends the process.
    /// </summary>
    protected override bool TakesInterruptAsKey() => _isRaw && Interlocked.Exchange(ref _interrupts, 1) == 0;

    private void StartReader()
    {
        _readerRuns = true;
        new Thread(ReadAhead) { IsBackground = true, Name = "input" }.Start();
    }

    private void ReadAhead()
    {
        Encoder encoder = Encoding.UTF8.GetEncoder();
        int count = 1;
        while (count > 0 && !_closed)
        {
            count = InputIsTerminal ? ConsoleText.Read(_in, _ahead, encoder) : ReadFile();
            Volatile.Write(ref _aheadCount, count);
            WakeUp();
            if (count > 0)
                _aheadTaken.WaitOne();
        }
    }

    private int ReadFile()
    {
        // If the writer of a pipe has closed it, the read fails: a normal end of input.
        fixed (byte* into = _ahead)
            return Win32.ReadFile(_in, into, (uint)_ahead.Length, out uint count, 0) == 0 ? 0 : (int)count;
    }
}
