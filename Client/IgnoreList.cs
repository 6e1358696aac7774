using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// Whom the person wants to see nothing of, kept in a file of their own: a name a line. A name is ignored with all that look like it, so nobody comes
/// back as their own look-alike.
///
/// Several clients of one person may run at once, each with the list as it was when it started. So the file is changed and never written anew from what
/// one of them knows: a name is added at its end, and taken out of what stands there now, each under the file's lock. Neither can lose the others on a full disk.
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
            // For both, so that opening does not wait when somebody has put a pipe there.
            using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            foreach (var name in NamesIn(file).Take(Limits.IgnoredNames))
                _names.TryAdd(Nickname.LookAlikeKey(name), name);
        }
        catch (Exception e) when (IsTheWorlds(e))
        {
            Failure = $"{path} cannot be read, so nobody is ignored: {e.Message}";
        }
    }

    /// <summary>What went wrong with the file, in words; null when nothing did.</summary>
    public string? Failure { get; private set; }

    public IReadOnlyCollection<string> Names => _names.Values;

    public bool Holds(string name) => _names.Count > 0 && _names.ContainsKey(Nickname.LookAlikeKey(name));

    /// <summary>False when the name, or one that looks like it, is in it already, or there is no room.</summary>
    public bool Add(string name)
    {
        if (_names.Count >= Limits.IgnoredNames || !_names.TryAdd(Nickname.LookAlikeKey(name), name))
            return false;
        Change(file =>
        {
            if (!NamesIn(file).Exists(kept => LooksLike(kept, name)))
                file.Write(Lines([name]));
        });
        return true;
    }

    /// <summary>False when it was not in it.</summary>
    public bool Remove(string name)
    {
        if (!_names.Remove(Nickname.LookAlikeKey(name)))
            return false;
        Change(file =>
        {
            var rest = Lines(NamesIn(file).Where(kept => !LooksLike(kept, name)));
            file.Seek(0, SeekOrigin.Begin);
            file.Write(rest);
            file.SetLength(rest.Length);
        });
        return true;
    }

    private static bool LooksLike(string name, string other) => Nickname.LookAlikeKey(name) == Nickname.LookAlikeKey(other);

    private static byte[] Lines(IEnumerable<string> names) => Encoding.UTF8.GetBytes(string.Concat(names.Select(static name => name + "\n")));

    private static List<string> NamesIn(FileStream file) =>
        PersonalFolders.ReadLines(file, Limits.IgnoredBytes).ConvertAll(static line => line.Trim()).FindAll(static line => line.Length > 0);

    private static bool IsTheWorlds(Exception trouble) => trouble is IOException or UnauthorizedAccessException or NotSupportedException;

    private void Change(Action<FileStream> change)
    {
        Failure = null;
        for (var attempt = 1; _path is not null; attempt++)
        {
            try
            {
                using var file = PersonalFolders.Open(_path);
                change(file);
                return;
            }
            catch (IOException) when (attempt < Limits.InputHistoryAttempts)
            {
                // Another client of this person has it, for a moment.
                Thread.Sleep(Limits.InputHistoryRetryMilliseconds);
            }
            catch (Exception e) when (IsTheWorlds(e))
            {
                Failure = $"this is not kept for the next time: {e.Message}";
                return;
            }
        }
    }
}
