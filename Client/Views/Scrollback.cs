using System.Text;
using Chat.Client.Storage;
using Chat.Protocol;

namespace Chat.Client.Views;

/// <summary>
/// The last lines shown, for /find and /save. Their number and size are bounded: a flood pushes old lines out.
/// </summary>
internal sealed class Scrollback
{
    private readonly Queue<string> _lines = [];
    private int _length;

    public IReadOnlyCollection<string> Lines => _lines;

    public void Add(ReadOnlySpan<char> line)
    {
        _lines.Enqueue(line.ToString());
        _length += line.Length;
        while (_lines.Count > ClientLimits.SeenLines || _length > ClientLimits.SeenLength)
            _length -= _lines.Dequeue().Length;
    }

    /// <summary>
    /// The lines that contain a text, in any case, oldest first: the last <see cref="ProtocolLimits.FoundLines"/>, and
    /// the number of all.
    /// </summary>
    public (IReadOnlyList<string> Last, int Count) Find(string text)
    {
        List<string> found = [.. _lines.Where(line => line.Contains(text, StringComparison.OrdinalIgnoreCase))];
        return (found[Math.Max(0, found.Count - ProtocolLimits.FoundLines)..], found.Count);
    }

    /// <summary>
    /// Writes lines to a file. A new file is private to its owner; an existing empty one keeps its permissions.
    /// </summary>
    /// <param name="lines">The lines, without their line feeds.</param>
    /// <param name="path">The path; with <paramref name="overwrite"/> a link is followed to its target.</param>
    /// <param name="overwrite">Whether to overwrite an existing file. The new file is complete before it replaces the
    /// old one.</param>
    /// <returns>The error in words; null on success.</returns>
    public static string? Save(IEnumerable<string> lines, string path, bool overwrite)
    {
        try
        {
            // A link counts as an existing file: another user may have placed it.
            bool isLink = new FileInfo(path).LinkTarget is not null;
            string target = isLink ? File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName : path;
            if (Directory.Exists(target))
                return $"{path} is a folder; name a file in it";
            if (!overwrite && (isLink || Path.Exists(target)))
                return $"{path} exists already; /save -f {path} overwrites it";
            if (!Path.Exists(target))
                Create(target, lines);
            else if (new FileInfo(target).Length > 0)
                Replace(target, lines);
            else
                Fill(target, lines);
            return null;
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            return $"{path} cannot be written: {FileErrors.Words(e, "client")}";
        }
    }

    private static void Replace(string path, IEnumerable<string> lines)
    {
        // Write the draft in the same folder, so the move is an atomic rename.
        string draft = $"{path}.{Random.Shared.NextInt64():x16}";
        Create(draft, lines);
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

    // A file of length 0 may be a device, which must stay one. Opening for reading and writing does not block on a
    // pipe.
    private static void Fill(string path, IEnumerable<string> lines)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        if (!file.CanSeek)
            throw new IOException("it is a pipe or a device");
        Write(file, lines);
    }

    private static void Create(string path, IEnumerable<string> lines)
    {
        using FileStream file = new(path, UserPaths.ForOwner(FileMode.CreateNew, FileAccess.Write));
        try
        {
            Write(file, lines);
        }
        catch
        {
            // A partial file is useless, and would make the next attempt fail.
            File.Delete(path);
            throw;
        }
    }

    private static void Write(FileStream file, IEnumerable<string> lines)
    {
        using StreamWriter writer = new(
            file,
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            bufferSize: -1,
            leaveOpen: true
        );
        foreach (string line in lines)
            writer.Write(line + "\n");
        writer.Flush();
        file.Flush();
    }
}
