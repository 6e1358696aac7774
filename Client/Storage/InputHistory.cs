using System.Text;
using Chat.Protocol;

namespace Chat.Client.Storage;

/// <summary>The lines that the person typed in earlier runs, in a private file, oldest first.</summary>
/// <remarks>
/// Several clients of one person may run at once. Each line is appended under the file's lock. While another client
/// holds the lock, the line waits for the next write, so the keyboard never blocks. A file that is too large is cut in
/// place under the same lock, because the other clients wait for this very file.
/// <para>
/// Each line is written whole or not at all. If the file cannot be written (no home, no space, no permission), the
/// client reports it once and continues.
/// </para>
/// </remarks>
/// <param name="path">The path of the file; null for no file.</param>
internal sealed class InputHistory(string? path)
{
    private readonly Queue<string> _unwritten = [];
    private string? _failure;
    private bool _writeFailed;

    /// <summary>The newest lines of earlier runs, oldest first.</summary>
    public IReadOnlyList<string> Load()
    {
        if (path is null)
            return [];
        try
        {
            using FileStream file = UserPaths.OpenToRead(path);
            return Newest(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            _failure = $"your input of earlier runs cannot be read: {FileErrors.Words(e, "client")}";
            return [];
        }
    }

    /// <summary>
    /// Removes and returns the error of the file, in words; null without one. Only the first failed write is reported.
    /// </summary>
    public string? TakeFailure()
    {
        string? failure = _failure;
        _failure = null;
        return failure;
    }

    /// <summary>Appends a line, or queues it while another client has the lock.</summary>
    public void Add(string line)
    {
        if (path is null)
            return;
        _unwritten.Enqueue(line);
        if (_unwritten.Count > ClientLimits.InputHistoryLines)
            _unwritten.Dequeue();
        Write();
    }

    /// <summary>Writes the queued lines when the client leaves. Waits a moment for the lock.</summary>
    public void Finish()
    {
        for (
            int attempt = 0;
            attempt < ClientLimits.InputHistoryAttempts && _unwritten.Count > 0 && !Write();
            attempt++
        )
            Thread.Sleep(ClientLimits.InputHistoryRetryMilliseconds);
    }

    private bool Write()
    {
        try
        {
            using FileStream file = UserPaths.Open(path!);
            if (file.Length > ClientLimits.InputHistoryBytes)
                Cut(file);
            UserPaths.Append(file, _unwritten);
            _unwritten.Clear();
            return true;
        }
        catch (IOException e) when (FileErrors.IsLocked(e))
        {
            return false;
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            if (!_writeFailed)
                _failure = $"your input is not saved for the next run: {FileErrors.Words(e, "client")}";
            _writeFailed = true;
            return false;
        }
    }

    private static void Cut(FileStream file)
    {
        byte[] kept = Encoding.UTF8.GetBytes(string.Concat(Newest(file).Select(line => line + "\n")));
        file.Seek(0, SeekOrigin.Begin);
        file.Write(kept);
        file.SetLength(kept.Length);
    }

    /// <summary>
    /// The newest lines: at most <see cref="ClientLimits.InputHistoryLines"/>, and at most half the size limit of the
    /// file.
    /// </summary>
    private static List<string> Newest(FileStream file)
    {
        long start = Math.Max(0, file.Length - (ClientLimits.InputHistoryBytes / 2));
        file.Seek(start, SeekOrigin.Begin);
        List<string> lines = UserPaths.ReadLines(file, ClientLimits.InputHistoryBytes / 2, isCut: start > 0);
        // A longer line cannot have been said.
        lines.RemoveAll(line =>
            string.IsNullOrWhiteSpace(line) || Encoding.UTF8.GetByteCount(line) > ProtocolLimits.TextBytes
        );
        return lines.Count <= ClientLimits.InputHistoryLines ? lines : lines[^ClientLimits.InputHistoryLines..];
    }
}
