using System.Text;

namespace Chat.Client.Terminals.Windows;

/// <summary>
/// What comes in from a Windows console, record by record in raw mode, and otherwise from whatever the input is, by
/// blocking.
/// </summary>
internal sealed unsafe partial class WindowsTerminal
{
    private const byte InterruptKey = 3;

    private int _interrupts;

    /// <summary>
    /// Moves the console's waiting records into <see cref="_typed"/>. True when one of them told of another window
    /// size.
    /// </summary>
    private bool TakeRecords()
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
    /// A console makes a signal of Ctrl-C although it was asked for the key, when that comes to it as a signal (wine in
    /// a terminal) or from another program. One that is still there when the next one comes shows that the loop does
    /// not answer.
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
        // A pipe whose writer has gone fails here; it is the end of input like any other.
        fixed (byte* into = _ahead)
            return Win32.ReadFile(_in, into, (uint)_ahead.Length, out uint count, 0) == 0 ? 0 : (int)count;
    }
}
