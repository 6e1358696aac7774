using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Storage;

/// <summary>The messages that the person typed in earlier runs, in a private file, oldest first.</summary>
/// <remarks>
/// Several clients of one person may run at once. Each line is appended under the file's lock. While another client
/// holds the lock, the line waits for the next write, so the keyboard never blocks. A file that is too large is cut in
/// place under the same lock, because the other clients wait for this very file.
/// <para>
/// A message of several rows is one line: <c>\n</c>, <c>\t</c> and <c>\\</c> stand for a line feed, a tab and a
/// backslash, after a blank and a backslash. A line with a blank before it is never kept, so nothing else begins so.
/// Lines of earlier versions hold their backslashes as they are.
/// </para>
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
            return [.. Newest(file).Select(Decode)];
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

    /// <summary>
    /// Appends a message, or queues it while another client has the lock. A very long one is left out, because the file
    /// would lose many short ones for it.
    /// </summary>
    public void Add(string message)
    {
        string line = Encode(message);
        if (path is null || IsTooLong(line))
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
        lines.RemoveAll(static line => string.IsNullOrWhiteSpace(line) || IsTooLong(line));
        return lines.Count <= ClientLimits.InputHistoryLines ? lines : lines[^ClientLimits.InputHistoryLines..];
    }

    private const string RowsMark = " \\";

    // A longer line cannot have been said.
    private static bool IsTooLong(string line) =>
        Encoding.UTF8.GetByteCount(line)
        > (HasRowsMark(line) ? ClientLimits.InputHistoryEntryBytes : ProtocolLimits.TextBytes);

    private static bool HasRowsMark(string line) => line.StartsWith(RowsMark, StringComparison.Ordinal);

    private static string Encode(string message) =>
        !message.Contains('\n', StringComparison.Ordinal)
            ? message
            : RowsMark
                + message
                    .Replace("\\", @"\\", StringComparison.Ordinal)
                    .Replace("\n", @"\n", StringComparison.Ordinal)
                    .Replace("\t", @"\t", StringComparison.Ordinal);

    private static string Decode(string line)
    {
        if (!HasRowsMark(line))
            return line;
        StringBuilder message = new(line.Length);
        for (int i = RowsMark.Length; i < line.Length; i++)
        {
            bool isEscape = line[i] == '\\' && i + 1 < line.Length;
            message.Append(
                !isEscape ? line[i]
                : line[++i] == 'n' ? '\n'
                : line[i] == 't' ? '\t'
                : line[i]
            );
        }
        return SnippetText.Clean(message.ToString());
    }
}
