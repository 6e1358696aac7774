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
    private readonly Dictionary<string, string> _renamed = new(StringComparer.Ordinal);

    /// <param name="path">The file; null to keep none.</param>
    public IgnoreList(string? path)
    {
        _path = path;
        if (path is null || !File.Exists(path))
            return;
        try
        {
            using var file = PersonalFolders.OpenToRead(path);
            foreach (var name in NamesIn(file).Take(Limits.IgnoredNames))
                _names.TryAdd(Nickname.LookAlikeKey(name), name);
        }
        catch (Exception e) when (PersonalFolders.IsTheSystems(e))
        {
            Failure = $"{path} cannot be read, so nobody is ignored: {e.Message}";
        }
    }

    /// <summary>What went wrong with the file, in words; null when nothing did.</summary>
    public string? Failure { get; private set; }

    public IReadOnlyCollection<string> Names => _names.Values;

    public bool Holds(string name)
    {
        if (_names.Count + _renamed.Count == 0)
            return false;
        var key = Nickname.LookAlikeKey(name);
        return _names.ContainsKey(key) || _renamed.ContainsKey(key);
    }

    /// <summary>Somebody who is ignored is called otherwise now, and stays ignored for this run. Not kept: names that they give up may be anybody's.</summary>
    public void Follow(string name, string to)
    {
        _renamed.Remove(Nickname.LookAlikeKey(name));
        if (_renamed.Count < Limits.IgnoredNames)
            _renamed[Nickname.LookAlikeKey(to)] = to;
    }

    /// <summary>False when the name, or one that looks like it, is in it already, or there is no room.</summary>
    public bool Add(string name)
    {
        if (_names.Count >= Limits.IgnoredNames || !_names.TryAdd(Nickname.LookAlikeKey(name), name))
            return false;
        Change(file =>
        {
            if (NamesIn(file).Exists(kept => LooksLike(kept, name)))
                return;
            PersonalFolders.Append(file, [name]);
        });
        return true;
    }

    /// <summary>False when it was not in it.</summary>
    public bool Remove(string name)
    {
        if (_renamed.Remove(Nickname.LookAlikeKey(name)))
            return true;
        if (!_names.Remove(Nickname.LookAlikeKey(name)))
            return false;
        Change(file =>
        {
            if (file.Length > Limits.IgnoredBytes)
                throw new IOException("there is too much in it");
            var rest = Lines(NamesIn(file).Where(kept => !LooksLike(kept, name)));
            file.Seek(0, SeekOrigin.Begin);
            file.Write(rest);
            file.SetLength(rest.Length);
        });
        return true;
    }

    private static bool LooksLike(string name, string other) => Nickname.LookAlikeKey(name) == Nickname.LookAlikeKey(other);

    private static byte[] Lines(IEnumerable<string> names) => Encoding.UTF8.GetBytes(string.Concat(names.Select(static name => name + "\n")));

    private static List<string> NamesIn(FileStream file) => !file.CanSeek
        ? throw new IOException("it is a pipe")
        : PersonalFolders.ReadLines(file, Limits.IgnoredBytes).ConvertAll(static line => line.Trim()).FindAll(static line => line.Length > 0);

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
            catch (Exception e) when (PersonalFolders.IsTheSystems(e))
            {
                Failure = $"this is not kept for the next time: {e.Message}";
                return;
            }
        }
    }
}
