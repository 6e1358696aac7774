using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>What was shown, for /find and /save: the last lines, bounded in number and in size, so that a flood pushes out the old and nothing grows.</summary>
internal sealed class Seen
{
    private readonly Queue<string> _lines = [];
    private int _length;

    public IReadOnlyCollection<string> Lines => _lines;

    public void Add(ReadOnlySpan<char> line)
    {
        _lines.Enqueue(line.ToString());
        _length += line.Length;
        while (_lines.Count > Limits.SeenLines || _length > Limits.SeenLength)
            _length -= _lines.Dequeue().Length;
    }

    /// <summary>The lines that hold a text, in any case, oldest first: of many the last <see cref="Limits.FoundLines"/>, and how many there are in all.</summary>
    public (IReadOnlyList<string> Last, int Count) Find(string text)
    {
        List<string> found = [.. _lines.Where(line => line.Contains(text, StringComparison.OrdinalIgnoreCase))];
        return (found[Math.Max(0, found.Count - Limits.FoundLines)..], found.Count);
    }

    /// <summary>Writes all of it to a file that only its owner reads.</summary>
    /// <param name="path">Where.</param>
    /// <param name="overwrite">Whether what is there may go. Even then it is replaced at the end and at once, never emptied first.</param>
    /// <returns>What went wrong, in words; null when nothing did.</returns>
    public string? Save(string path, bool overwrite)
    {
        try
        {
            if (!overwrite)
            {
                Write(path);
                return null;
            }

            Replace(path);
            return null;
        }
        catch (IOException) when (!overwrite && Path.Exists(path))
        {
            return $"{path} is there already; /save -f {path} overwrites it";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"{path} cannot be written: {e.Message}";
        }
    }

    private void Replace(string path)
    {
        // Beside it, so that moving it there is a change of name.
        var draft = $"{path}.{Guid.NewGuid():N}";
        Write(draft);
        try
        {
            File.Move(draft, path, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    private void Write(string path)
    {
        using StreamWriter file = new(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), PersonalFolders.ForOwner(FileMode.CreateNew, FileAccess.Write));
        foreach (var line in _lines)
            file.Write(line + "\n");
    }
}
