using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// The two ends of a pseudo terminal as descriptors. The master is non-blocking, so that a send to a program
/// that does not read fails and does not hang. The slave stays open as well: otherwise a read of the master
/// fails once no program has the terminal open, and its settings are lost. `poll` on the master first moves the
/// slave's output over (n_tty_poll in the kernel), so "not readable" after an exit means that everything was
/// read.
/// </summary>
internal sealed class PtyDevice : IDisposable
{
    /// <summary>
    /// `poll` skips negative descriptors. A master without a program is always ready and has no data.
    /// </summary>
    private const int LookedAtNoMore = -1;

    private readonly int _slave;
    private readonly int[] _wake = new int[2];
    private bool _closed;

    public PtyDevice(int columns, int rows)
    {
        const int Flags = Unix.ReadWrite | Unix.NoControllingTerminal | Unix.CloseOnExec;
        Master = Unix.Check(Unix.posix_openpt(Flags | Unix.NonBlocking), "posix_openpt");
        Unix.Check(Unix.grantpt(Master), "grantpt");
        Unix.Check(Unix.unlockpt(Master), "unlockpt");
        byte[] name = new byte[128];
        Unix.Check(-Unix.ptsname_r(Master, name, (nuint)name.Length), "ptsname_r");
        Path = Encoding.UTF8.GetString(name.AsSpan(0, Array.IndexOf(name, (byte)0)));
        _slave = Unix.Check(Unix.open(Path, Flags), $"open {Path}");
        Unix.Check(Unix.pipe2(_wake, Unix.CloseOnExec), "pipe2");
        Unix.Resize(Master, columns, rows);
    }

    public int Master { get; }

    /// <summary>Such as /dev/pts/7.</summary>
    public string Path { get; }

    /// <summary>Waits for data or for <see cref="Wake"/>, whichever is first; data comes first.</summary>
    /// <returns>Bytes read into <paramref name="buffer"/>; 0 after a wake-up without data.</returns>
    public int Read(Span<byte> buffer)
    {
        Span<Unix.PollEntry> entries =
        [
            new() { Descriptor = Master, Wanted = Unix.Readable },
            new() { Descriptor = _wake[0], Wanted = Unix.Readable },
        ];
        while (true)
        {
            if (Unix.poll(entries, 2, -1) < 0)
            {
                if (Marshal.GetLastPInvokeError() != Unix.Interrupted)
                    Unix.Check(-1, "poll");
                continue;
            }

            if ((entries[0].Found & Unix.Readable) != 0)
            {
                nint count = Unix.read(Master, buffer, (nuint)buffer.Length);
                if (count > 0)
                    return (int)count;
                if (Marshal.GetLastPInvokeError() is not (Unix.TryAgain or Unix.Interrupted))
                    entries[0].Descriptor = LookedAtNoMore;
            }
            else if (entries[0].Found != 0)
            {
                entries[0].Descriptor = LookedAtNoMore;
            }
            else if ((entries[1].Found & Unix.Readable) != 0)
            {
                Span<byte> one = stackalloc byte[1];
                Unix.Check((int)Unix.read(_wake[0], one, 1), "read");
                return 0;
            }
        }
    }

    /// <summary>Makes one <see cref="Read"/> return 0.</summary>
    public void Wake() => Unix.Check((int)Unix.write(_wake[1], [1], 1), "write");

    /// <summary>Writes all of it as if typed.</summary>
    /// <param name="bytes">What to type.</param>
    /// <param name="seen">The text for a failure when the program does not read within <see
    /// cref="Eventually.Deadline"/>.</param>
    public void Write(ReadOnlySpan<byte> bytes, Func<string> seen)
    {
        var watch = Stopwatch.StartNew();
        Span<Unix.PollEntry> entries = [new() { Descriptor = Master, Wanted = Unix.Writable }];
        while (!bytes.IsEmpty)
        {
            nint count = Unix.write(Master, bytes, (nuint)bytes.Length);
            if (count >= 0)
            {
                bytes = bytes[(int)count..];
                continue;
            }

            if (Marshal.GetLastPInvokeError() is not (Unix.TryAgain or Unix.Interrupted))
                Unix.Check(-1, "write");
            if (watch.Elapsed > Eventually.Deadline)
                throw Eventually.InVain($"the program to read {bytes.Length} more bytes", Eventually.Deadline, seen());
            _ = Unix.poll(entries, 1, 20);
        }
    }

    /// <summary>
    /// Closes both ends. The kernel sends SIGHUP to the program. No call of <see cref="Read"/> may be running.
    /// </summary>
    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        foreach (int descriptor in (ReadOnlySpan<int>)[Master, _slave, .. _wake])
            _ = Unix.close(descriptor);
    }
}
