using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// Whom the person wants to see nothing of, kept in a file of their own: a name a line. A name is ignored with all that look like it, so nobody comes
/// back as their own look-alike.
/// </summary>
internal sealed class IgnoreList
{
    private readonly string? _path;
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <param name="path">The file; null to keep none.</param>
    public IgnoreList(string? path)
    {
        _path = path;
        if (path is null || !File.Exists(path))
            return;
        try
        {
            foreach (var line in File.ReadLines(path).Take(Limits.IgnoredNames))
            {
                if (SafeText.Clean(line.Trim()) is { Length: > 0 } name)
                    _names.TryAdd(Nickname.LookAlikeKey(name), name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure = $"{path} cannot be read: {e.Message}";
        }
    }

    /// <summary>What went wrong with the file, in words; null when nothing did.</summary>
    public string? Failure { get; private set; }

    public IReadOnlyCollection<string> Names => _names.Values;

    public bool Holds(string name) => _names.Count > 0 && _names.ContainsKey(Nickname.LookAlikeKey(name));

    /// <summary>False when the name, or one that looks like it, is in it already, or there is no room.</summary>
    public bool Add(string name) => _names.Count < Limits.IgnoredNames && _names.TryAdd(Nickname.LookAlikeKey(name), name) && Keep();

    /// <summary>False when it was not in it.</summary>
    public bool Remove(string name) => _names.Remove(Nickname.LookAlikeKey(name)) && Keep();

    private bool Keep()
    {
        Failure = null;
        if (_path is null)
            return true;
        try
        {
            using var file = PersonalFolders.Open(_path);
            file.SetLength(0);
            file.Write(Encoding.UTF8.GetBytes(string.Concat(_names.Values.Select(name => name + "\n"))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure = $"this is not kept for the next time: {e.Message}";
        }

        return true;
    }
}
