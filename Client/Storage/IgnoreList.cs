using System.Text;
using Chat.Protocol;
using Chat.Protocol.Names;

namespace Chat.Client.Storage;

/// <summary>
/// The ignored people. An ignored person stays ignored after a rename, and the old name is free again. An ignored name
/// covers all names that look like it.
/// </summary>
/// <remarks>
/// The file has the current name of each ignored person, one a line, for the next run. Several clients of one person
/// may run at once, each with the list from its start. So each change edits single lines under the file's lock and
/// never rewrites the file from memory. No client loses the entries of another.
/// <para>
/// A command is written at once. While another client holds the lock, a change waits for the next <see cref="Tick"/>,
/// so the keyboard never blocks. The server controls the rate of renames, so they are collected and written once per
/// <see cref="ClientLimits.IgnoredWriteMilliseconds"/>.
/// </para>
/// </remarks>
internal sealed class IgnoreList
{
    private readonly string? _path;
    private readonly List<Entry> _entries = [];

    // The changes not yet written, in order.
    private readonly Queue<Action<FileStream>> _unwritten = [];

    // The renames after these changes: from the key of the name in the file to the new name. At most one per entry.
    private readonly Dictionary<string, (string Name, string Key)> _renames = new(StringComparer.Ordinal);
    private long _now,
        _nextWrite;

    // The keys of names of absent ignored people that a person who is not ignored has now.
    private readonly HashSet<string> _reusedKeys = new(StringComparer.Ordinal);

    // The time of the file. It already has renames with an older server time.
    private readonly long _fileMilliseconds;

    // The last offset tracked. An event at or before it is a repeated one.
    private long _lastOffset = -1;

    /// <param name="path">The path of the file; null for no file.</param>
    public IgnoreList(string? path)
    {
        _path = path;
        if (path is null || !File.Exists(path))
            return;
        try
        {
            using FileStream file = UserPaths.OpenToRead(path);
            foreach (string? name in NamesIn(file).Take(ClientLimits.IgnoredNames))
                TryAddEntry(name);
            _fileMilliseconds = new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeMilliseconds();
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            Failure = $"{path} cannot be read, so no name is ignored: {FileErrors.Words(e, "client")}";
        }
    }

    /// <summary>The last error of the file, in words; null without one.</summary>
    public string? Failure { get; private set; }

    /// <summary>The current name of each ignored person.</summary>
    public IReadOnlyCollection<string> Names => _entries.ConvertAll(static entry => entry.Name);

    /// <summary>The same for display, with the name in the /ignore command if it differs.</summary>
    public IEnumerable<string> Descriptions =>
        _entries.Select(static entry =>
            entry.Name == entry.First ? entry.Name : $"{entry.Name} (formerly {entry.First})"
        );

    /// <summary>Whether the person with this name is ignored.</summary>
    /// <param name="name">The name.</param>
    /// <param name="offset">The offset of the line with this name; null for the current time.</param>
    public bool Holds(string name, long? offset = null)
    {
        if (_entries.Count == 0)
            return false;
        string key = Nickname.LookAlikeKey(name);
        return offset <= _lastOffset
            ? _entries.Exists(entry => entry.KeyAt(offset.Value) == key)
            : !_reusedKeys.Contains(key) && Find(key) is not null;
    }

    /// <summary>Whether an ignored person has or had this name. For a server that does not report renames.</summary>
    public bool HoldsEver(string name) =>
        _entries.Count > 0 && Nickname.LookAlikeKey(name) is var key && _entries.Exists(entry => entry.HasHadKey(key));

    /// <summary>
    /// Updates the list from an event. A rename moves the entry, and so does a join under another name than before. A
    /// repeated event is ignored.
    /// </summary>
    public void Track(ChatEvent @event)
    {
        if (@event is { Kind: EventKind.Gap, IsNewLog: true })
            ForgetOffsets();
        if (@event.Offset is long offset)
        {
            if (offset <= _lastOffset)
                return;
            _lastOffset = offset;
        }
        if (_entries.Count == 0 || (@event.IsHistory && @event.UnixMilliseconds <= _fileMilliseconds))
            return;
        switch (@event.Kind)
        {
            case EventKind.Rename:
                Move(@event.Name, @event.Text);
                break;
            case EventKind.Join when @event.Former.Length > 0:
                Move(@event.Former, @event.Name);
                HandleJoin(@event.Name);
                break;
            case EventKind.Join:
                HandleJoin(@event.Name);
                break;
            case EventKind.Leave:
                HandleLeave(@event.Name);
                break;
        }
    }

    /// <summary>
    /// Ignores a person. Returns false if the list has the name or one that looks like it, or is full.
    /// </summary>
    public bool Add(string name)
    {
        string key = Nickname.LookAlikeKey(name);
        // The ignored owner of the name is absent, so the command means the person that has it now.
        if (_reusedKeys.Remove(key))
            return true;
        if (_entries.Count >= ClientLimits.IgnoredNames || !TryAddEntry(name))
            return false;
        Change(file =>
        {
            if (NamesIn(file).Exists(kept => LooksLike(kept, name)))
                return;
            UserPaths.Append(file, [name]);
        });
        return true;
    }

    /// <summary>Stops ignoring a person.</summary>
    /// <param name="name">The current name, or one the person had since the /ignore command.</param>
    /// <returns>The current name; null if no such person is ignored.</returns>
    public string? Remove(string name)
    {
        string key = Nickname.LookAlikeKey(name);
        if ((Find(key) ?? _entries.Find(entry => entry.HasHadKey(key))) is not Entry entry)
            return null;
        _entries.Remove(entry);
        _reusedKeys.Remove(entry.Key);
        // The file may have a former name from another client. Keep it if it is the current name of another ignored
        // person.
        Change(file =>
            Rewrite(
                file,
                NamesIn(file)
                    .Where(kept =>
                        Nickname.LookAlikeKey(kept) is var other && (!entry.HasHadKey(other) || Find(other) is not null)
                    )
            )
        );
        return entry.Name;
    }

    /// <summary>The time for the next <see cref="Tick"/>, in milliseconds of its clock; null for none.</summary>
    public long? Deadline => HasUnwritten ? _nextWrite : null;

    /// <summary>Writes the waiting changes if they are due.</summary>
    /// <param name="now">The milliseconds of a monotonic clock.</param>
    public void Tick(long now)
    {
        _now = now;
        if (Deadline > now)
            return;
        WriteAll();
    }

    /// <summary>Writes the waiting changes when the client leaves. Waits a moment for the lock.</summary>
    public void Finish()
    {
        for (int attempt = 1; !WriteAll() && attempt < ClientLimits.InputHistoryAttempts; attempt++)
            Thread.Sleep(ClientLimits.InputHistoryRetryMilliseconds);
    }

    private bool HasUnwritten => _unwritten.Count + _renames.Count > 0;

    private bool WriteAll()
    {
        if (!HasUnwritten)
            return true;
        QueueRenames();
        return Write();
    }

    private Entry? Find(string key) => _entries.Find(entry => entry.Key == key);

    private bool TryAddEntry(string name)
    {
        if (Find(Nickname.LookAlikeKey(name)) is not null)
            return false;
        _entries.Add(new Entry(name, _lastOffset));
        return true;
    }

    private void Move(string from, string to)
    {
        (string? fromKey, string? toKey) = (Nickname.LookAlikeKey(from), Nickname.LookAlikeKey(to));
        if (!_reusedKeys.Remove(fromKey) && (Find(fromKey) ?? FindReturning(from, toKey)) is Entry entry)
            Rename(entry, to, toKey);
        // A person who is not ignored takes the last name of an absent ignored person.
        else if (fromKey != toKey && Find(toKey) is not null && !IsNameOfGuest(from))
            _reusedKeys.Add(toKey);
    }

    // A plain tool returns under a guest name. If it takes the name under which an absent person was ignored, count it
    // as that person: the server cannot tell them apart.
    private Entry? FindReturning(string from, string toKey) =>
        !IsNameOfGuest(from)
            ? null
            : _entries.Find(entry => entry.IsAway && Nickname.LookAlikeKey(entry.First) == toKey);

    private static bool IsNameOfGuest(string name) => name.TrimEnd([.. "0123456789"]) == Nickname.Guest;

    private void Rename(Entry entry, string to, string toKey)
    {
        string before = entry.Key;
        // Names are unique, so an older entry with this name is for an absent person or for the same one.
        bool isMerged = before != toKey && _entries.RemoveAll(other => other != entry && other.Key == toKey) > 0;
        entry.IsAway = false;
        // The line of the rename itself still has the old name.
        entry.Rename(to, toKey, _lastOffset + 1);
        if (_path is not null)
            CollectRename(before, (to, toKey), isMerged);
    }

    // Two renames of one person are written as one. If the file already has the new name, the two lines become one.
    private void CollectRename(string before, (string Name, string Key) to, bool isMerged)
    {
        List<string> renamed = [];
        foreach ((string from, (_, string key)) in _renames)
        {
            if (key == before)
                renamed.Add(from);
        }
        foreach (string first in renamed)
            _renames[first] = to;
        if (renamed.Count == 0)
            _renames.TryAdd(before, to);
        if (isMerged)
            _renames.TryAdd(to.Key, to);
    }

    private void HandleJoin(string name)
    {
        if (Find(Nickname.LookAlikeKey(name)) is Entry entry)
            entry.IsAway = false;
    }

    private void HandleLeave(string name)
    {
        string key = Nickname.LookAlikeKey(name);
        if (!_reusedKeys.Remove(key) && Find(key) is Entry entry)
            entry.IsAway = true;
    }

    // Offsets of another log are meaningless.
    private void ForgetOffsets()
    {
        _lastOffset = -1;
        _entries.ForEach(static entry => entry.ForgetOffsets());
    }

    private static void Rewrite(FileStream file, IEnumerable<string> names)
    {
        if (file.Length > ClientLimits.IgnoredBytes)
            throw new IOException("it is too large");
        byte[] lines = Lines(names);
        file.Seek(0, SeekOrigin.Begin);
        file.Write(lines);
        file.SetLength(lines.Length);
    }

    private static bool LooksLike(string name, string other) =>
        Nickname.LookAlikeKey(name) == Nickname.LookAlikeKey(other);

    private static byte[] Lines(IEnumerable<string> names) =>
        Encoding.UTF8.GetBytes(string.Concat(names.Select(static name => name + "\n")));

    private static List<string> NamesIn(FileStream file)
    {
        if (!file.CanSeek)
            throw new IOException("it is a pipe");
        file.Seek(0, SeekOrigin.Begin);
        List<string> lines = UserPaths.ReadLines(file, ClientLimits.IgnoredBytes);
        return lines.ConvertAll(static line => line.Trim()).FindAll(static line => line.Length > 0);
    }

    private void Change(Action<FileStream> change)
    {
        Failure = null;
        if (_path is null)
            return;
        QueueRenames();
        _unwritten.Enqueue(change);
        Write();
    }

    private void QueueRenames()
    {
        if (_renames.Count == 0)
            return;
        Dictionary<string, (string Name, string Key)> renames = new(_renames, StringComparer.Ordinal);
        _renames.Clear();
        _unwritten.Enqueue(file => Apply(renames, file));
    }

    // If a name is no longer in the file, another client of this person removed it.
    private static void Apply(Dictionary<string, (string Name, string Key)> renames, FileStream file)
    {
        List<string> names = NamesIn(file);
        List<string> renamed = names.ConvertAll(name =>
            renames.TryGetValue(Nickname.LookAlikeKey(name), out (string Name, string Key) to) ? to.Name : name
        );
        if (!renamed.SequenceEqual(names, StringComparer.Ordinal))
            Rewrite(file, renamed.DistinctBy(static name => Nickname.LookAlikeKey(name)));
    }

    // Returns false while another client has the lock. After another error the changes are dropped.
    private bool Write()
    {
        _nextWrite = _now + ClientLimits.IgnoredWriteMilliseconds;
        try
        {
            using FileStream file = UserPaths.Open(_path!);
            while (_unwritten.TryPeek(out Action<FileStream>? change))
            {
                change(file);
                _unwritten.Dequeue();
            }
        }
        catch (Exception e) when (FileErrors.IsLocked(e))
        {
            return false;
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            _unwritten.Clear();
            Failure = $"this is not saved for the next run: {FileErrors.Words(e, "client")}";
        }
        return true;
    }

    /// <summary>An ignored person: their names since then, each with its first offset in the log.</summary>
    private sealed class Entry(string name, long offset)
    {
        private readonly List<(string Name, string Key, long From)> _names =
        [
            (name, Nickname.LookAlikeKey(name), offset),
        ];

        /// <summary>The name in the /ignore command.</summary>
        public string First => _names[0].Name;

        public string Name => _names[^1].Name;

        public string Key => _names[^1].Key;

        /// <summary>The person has left.</summary>
        public bool IsAway { get; set; }

        public bool HasHadKey(string key) => _names.Exists(known => known.Key == key);

        // Before the first known rename, assume the first name.
        public string KeyAt(long offset) =>
            (
                _names.FindLastIndex(known => known.From <= offset) is var index && index < 0
                    ? _names[0]
                    : _names[index]
            ).Key;

        public void Rename(string to, string key, long offset)
        {
            if (_names.Count == ClientLimits.FormerNames)
                _names.RemoveAt(1);
            _names.Add((to, key, offset));
        }

        public void ForgetOffsets()
        {
            for (int i = 0; i < _names.Count; i++)
                _names[i] = _names[i] with { From = i < _names.Count - 1 ? -1 : 0 };
        }
    }
}
