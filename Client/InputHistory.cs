using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// What was said in earlier runs, in a file of the person's own: a line each, oldest first.
///
/// Several clients of one person may run at once. Each line is appended under the file's lock, and when another client holds it, the line waits for the
/// next turn, so nobody waits at the keyboard and nobody's lines are lost. A file that has grown too large is cut to its newest lines under the same
/// lock, in place, because whoever waits for the lock waits for this very file.
///
/// A history that cannot be kept (no home, no room, no right) is no reason to stop anybody from talking: it is then not kept.
/// </summary>
/// <param name="path">The file; null to keep none.</param>
internal sealed class InputHistory(string? path)
{
    private readonly Queue<string> _unwritten = [];

    /// <summary>The newest lines of earlier runs, oldest first.</summary>
    public IReadOnlyList<string> Load()
    {
        if (path is null || !File.Exists(path))
            return [];
        try
        {
            // For both, so that opening does not wait when somebody has put a pipe there.
            using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return Newest(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return [];
        }
    }

    /// <summary>Keeps a line, now or, while another client writes, soon.</summary>
    public void Add(string line)
    {
        if (path is null)
            return;
        _unwritten.Enqueue(line);
        if (_unwritten.Count > Limits.InputHistoryLines)
            _unwritten.Dequeue();
        Write();
    }

    /// <summary>Writes what still waits, for which it may wait a moment: the client is leaving.</summary>
    public void Finish()
    {
        for (var attempt = 0; attempt < Limits.InputHistoryAttempts && _unwritten.Count > 0 && !Write(); attempt++)
            Thread.Sleep(Limits.InputHistoryRetryMilliseconds);
    }

    private bool Write()
    {
        try
        {
            using var file = PersonalFolders.Open(path!);
            if (file.Length > Limits.InputHistoryBytes)
                Cut(file);
            file.Seek(0, SeekOrigin.End);
            file.Write(Encoding.UTF8.GetBytes(string.Concat(_unwritten.Select(line => line + "\n"))));
            file.Flush();
            _unwritten.Clear();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return false;
        }
    }

    private static void Cut(FileStream file)
    {
        var kept = Encoding.UTF8.GetBytes(string.Concat(Newest(file).Select(line => line + "\n")));
        file.Seek(0, SeekOrigin.Begin);
        file.Write(kept);
        file.SetLength(kept.Length);
    }

    /// <summary>The newest lines, as many as are kept in memory and as half of what the file may hold.</summary>
    private static List<string> Newest(FileStream file)
    {
        var start = Math.Max(0, file.Length - (Limits.InputHistoryBytes / 2));
        file.Seek(start, SeekOrigin.Begin);
        var lines = PersonalFolders.ReadLines(file, Limits.InputHistoryBytes / 2);
        // The first line is whole only at the start of the file.
        if (start > 0 && lines.Count > 0)
            lines.RemoveAt(0);
        lines.RemoveAll(string.IsNullOrWhiteSpace);
        return lines.Count <= Limits.InputHistoryLines ? lines : lines[^Limits.InputHistoryLines..];
    }
}
