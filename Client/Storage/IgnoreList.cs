using System.Text;
using Chat.Protocol;
using Chat.Protocol.Names;

namespace Chat.Client.Storage;

/// <summary>
/// The people of whom the person wants to see nothing. An ignored person stays ignored under every name they take, and
/// a name they gave up belongs to anybody. A name is ignored with all that look like it.
/// </summary>
/// <remarks>
/// The file holds the present name of each ignored person, a name a line, so the next run ignores the same people.
/// Several clients of one person may run at once, each with the list as it was at its start. Therefore the file is
/// changed under its lock, line by line, and never written from what one client knows: no client can lose the entries
/// of another.
/// <para>
/// A command is written at once. While another client holds the lock, a change waits for the next <see cref="Tick"/>
/// instead of the keyboard. Renames happen at the server's will: they are gathered and written once in
/// <see cref="ClientLimits.IgnoredWriteMilliseconds"/>.
/// </para>
/// </remarks>
internal sealed class IgnoreList
{
    private readonly string? _path;
    private readonly List<Entry> _entries = [];

    // Changes that are not in the file yet, in order.
    private readonly Queue<Action<FileStream>> _unwritten = [];

    // Renames behind all of these: the key of the name in the file, and the name to put in its place. At most one an
    // entry.
    private readonly Dictionary<string, (string Name, string Key)> _renames = new(StringComparer.Ordinal);
    private long _now,
        _nextWrite;

    // Names of ignored people who are away, while a person who is not ignored has them.
    private readonly HashSet<string> _lent = new(StringComparer.Ordinal);

    // A rename that the server stamped before this is in the file already.
    private readonly long _asOf;

    // The end of the log as far as it was tracked: what stands before it is shown again.
    private long _place = -1;

    /// <param name="path">The file; null to keep none.</param>
    public IgnoreList(string? path)
    {
        _path = path;
        if (path is null || !File.Exists(path))
            return;
        try
        {
            using FileStream file = UserPaths.OpenToRead(path);
            foreach (string? name in NamesIn(file).Take(ClientLimits.IgnoredNames))
                Enlist(name);
            _asOf = new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeMilliseconds();
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            Failure = $"{path} cannot be read, so no name is ignored: {FileErrors.Words(e, "client")}";
        }
    }

    /// <summary>The error of the file, in words; null without one.</summary>
    public string? Failure { get; private set; }

    /// <summary>The present name of each ignored person.</summary>
    public IReadOnlyCollection<string> Names => _entries.ConvertAll(static entry => entry.Name);

    /// <summary>The same for a reader, with the name by which the person was ignored where it was another.</summary>
    public IEnumerable<string> Descriptions =>
        _entries.Select(static entry =>
            entry.Name == entry.First ? entry.Name : $"{entry.Name} (formerly {entry.First})"
        );

    /// <summary>Whether the person with this name is ignored.</summary>
    /// <param name="name">Any name.</param>
    /// <param name="offset">When: a place in the log; null for now.</param>
    public bool Holds(string name, long? offset = null)
    {
        if (_entries.Count == 0)
            return false;
        string key = Nickname.LookAlikeKey(name);
        return offset <= _place
            ? _entries.Exists(entry => entry.KeyAt(offset.Value) == key)
            : !_lent.Contains(key) && Find(key) is not null;
    }

    /// <summary>Whether an ignored person has this name or had it: for a server that tells of no renames.</summary>
    public bool HoldsEver(string name) =>
        _entries.Count > 0 && Nickname.LookAlikeKey(name) is var key && _entries.Exists(entry => entry.WasCalled(key));

    /// <summary>
    /// Takes in what an event tells about names. A rename moves the entry; so does a join with another name than the
    /// person had before. An event that is shown again tells nothing new.
    /// </summary>
    public void Track(ChatEvent happened)
    {
        if (happened is { Kind: EventKind.Gap, IsNewLog: true })
            ForgetPlaces();
        if (happened.Offset is long offset)
        {
            if (offset <= _place)
                return;
            _place = offset;
        }
        if (_entries.Count == 0 || (happened.IsHistory && happened.UnixMilliseconds <= _asOf))
            return;
        switch (happened.Kind)
        {
            case EventKind.Rename:
                Move(happened.Name, happened.Text);
                break;
            case EventKind.Join when happened.Former.Length > 0:
                Move(happened.Former, happened.Name);
                Arrive(happened.Name);
                break;
            case EventKind.Join:
                Arrive(happened.Name);
                break;
            case EventKind.Leave:
                Depart(happened.Name);
                break;
        }
    }

    /// <summary>False when the name, or one that looks like it, is in it already, or there is no room.</summary>
    public bool Add(string name)
    {
        string key = Nickname.LookAlikeKey(name);
        // The owner of the name is away: the user means the person that has it now.
        if (_lent.Remove(key))
            return true;
        if (_entries.Count >= ClientLimits.IgnoredNames || !Enlist(name))
            return false;
        Change(file =>
        {
            if (NamesIn(file).Exists(kept => LooksLike(kept, name)))
                return;
            UserPaths.Append(file, [name]);
        });
        return true;
    }

    /// <summary>Ends ignoring a person.</summary>
    /// <param name="name">The present name, or one the person had since they were ignored.</param>
    /// <returns>The present name; null when no such person is ignored.</returns>
    public string? Remove(string name)
    {
        string key = Nickname.LookAlikeKey(name);
        if ((Find(key) ?? _entries.Find(entry => entry.WasCalled(key))) is not Entry entry)
            return null;
        _entries.Remove(entry);
        _lent.Remove(entry.Key);
        // Another client may have kept a name of before, which may be the present name of another ignored person.
        Change(file =>
            Rewrite(
                file,
                NamesIn(file)
                    .Where(kept =>
                        Nickname.LookAlikeKey(kept) is var other && (!entry.WasCalled(other) || Find(other) is not null)
                    )
            )
        );
        return entry.Name;
    }

    /// <summary>When it wants to be ticked, on the clock of <see cref="Tick"/>; null: never.</summary>
    public long? Deadline => HasUnwritten ? _nextWrite : null;

    /// <summary>Lets time pass: what waits to be written is, when it is due.</summary>
    /// <param name="now">Milliseconds of a clock that only goes forward.</param>
    public void Tick(long now)
    {
        _now = now;
        if (Deadline > now)
            return;
        WriteAll();
    }

    /// <summary>Writes what waits, for which it may wait a moment: the client is leaving.</summary>
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

    private bool Enlist(string name)
    {
        if (Find(Nickname.LookAlikeKey(name)) is not null)
            return false;
        _entries.Add(new Entry(name, _place));
        return true;
    }

    private void Move(string from, string to)
    {
        (string? fromKey, string? toKey) = (Nickname.LookAlikeKey(from), Nickname.LookAlikeKey(to));
        if (!_lent.Remove(fromKey) && (Find(fromKey) ?? Returning(from, toKey)) is Entry entry)
            Rename(entry, to, toKey);
        // Another person takes the name that an ignored one, who is away, had last.
        else if (fromKey != toKey && Find(toKey) is not null && !IsNameOfGuest(from))
            _lent.Add(toKey);
    }

    // A plain tool comes back under the name of a guest. If the ignored person is away and the tool takes the name by
    // which the person was ignored, it is taken for the same person: the server cannot tell.
    private Entry? Returning(string from, string toKey) =>
        !IsNameOfGuest(from)
            ? null
            : _entries.Find(entry => entry.IsAway && Nickname.LookAlikeKey(entry.First) == toKey);

    private static bool IsNameOfGuest(string name) => name.TrimEnd([.. "0123456789"]) == Nickname.Guest;

    private void Rename(Entry entry, string to, string toKey)
    {
        string before = entry.Key;
        // No two people have one name, so an older entry with it stands for a person that is gone, or for the same one.
        bool isMerged = before != toKey && _entries.RemoveAll(other => other != entry && other.Key == toKey) > 0;
        entry.IsAway = false;
        // The line of the rename itself still belongs to the old name.
        entry.Rename(to, toKey, _place + 1);
        if (_path is not null)
            Gather(before, (to, toKey), isMerged);
    }

    // A name that was renamed twice is written once. Where the file has the new name already, the two become one.
    private void Gather(string before, (string Name, string Key) to, bool isMerged)
    {
        string[] renamed =
        [
            .. _renames.Where(rename => rename.Value.Key == before).Select(static rename => rename.Key),
        ];
        foreach (string first in renamed)
            _renames[first] = to;
        if (renamed.Length == 0)
            _renames.TryAdd(before, to);
        if (isMerged)
            _renames.TryAdd(to.Key, to);
    }

    private void Arrive(string name)
    {
        if (Find(Nickname.LookAlikeKey(name)) is Entry entry)
            entry.IsAway = false;
    }

    private void Depart(string name)
    {
        string key = Nickname.LookAlikeKey(name);
        if (!_lent.Remove(key) && Find(key) is Entry entry)
            entry.IsAway = true;
    }

    // Places of another log mean nothing.
    private void ForgetPlaces()
    {
        _place = -1;
        _entries.ForEach(static entry => entry.ForgetPlaces());
    }

    private static void Rewrite(FileStream file, IEnumerable<string> names)
    {
        if (file.Length > ClientLimits.IgnoredBytes)
            throw new IOException("there is too much in it");
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

    // A name that is not in the file any more was taken out by another client of this person.
    private static void Apply(Dictionary<string, (string Name, string Key)> renames, FileStream file)
    {
        List<string> names = NamesIn(file);
        List<string> renamed = names.ConvertAll(name =>
            renames.TryGetValue(Nickname.LookAlikeKey(name), out (string Name, string Key) to) ? to.Name : name
        );
        if (!renamed.SequenceEqual(names, StringComparer.Ordinal))
            Rewrite(file, renamed.DistinctBy(static name => Nickname.LookAlikeKey(name)));
    }

    // False while another client has the file. A change that fails otherwise is not tried again.
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
            Failure = $"this is not kept for the next time: {FileErrors.Words(e, "client")}";
        }
        return true;
    }

    /// <summary>An ignored person: the names they have had since, each from a place in the log on.</summary>
    private sealed class Entry(string name, long place)
    {
        private readonly List<(string Name, string Key, long From)> _names =
        [
            (name, Nickname.LookAlikeKey(name), place),
        ];

        /// <summary>The name by which the person was ignored.</summary>
        public string First => _names[0].Name;

        public string Name => _names[^1].Name;

        public string Key => _names[^1].Key;

        /// <summary>The person has left.</summary>
        public bool IsAway { get; set; }

        public bool WasCalled(string key) => _names.Exists(had => had.Key == key);

        // Before the first name that is known, the person is taken to have had that one.
        public string KeyAt(long place) =>
            (_names.FindLastIndex(had => had.From <= place) is var index && index < 0 ? _names[0] : _names[index]).Key;

        public void Rename(string to, string key, long place)
        {
            if (_names.Count == ClientLimits.FormerNames)
                _names.RemoveAt(1);
            _names.Add((to, key, place));
        }

        public void ForgetPlaces()
        {
            for (int i = 0; i < _names.Count; i++)
                _names[i] = _names[i] with { From = i < _names.Count - 1 ? -1 : 0 };
        }
    }
}
