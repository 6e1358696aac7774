using System.Globalization;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Tls;

namespace Chat.Client.Storage;

/// <summary>The key of a room at an address.</summary>
/// <param name="Place">The address; the port is never null.</param>
/// <param name="Key">The public key.</param>
/// <param name="FirstSeen">The day on which the room first had this key, in UTC.</param>
/// <param name="LastSeen">The last day on which it had this key.</param>
internal sealed record KnownKey(HostPort Place, byte[] Key, DateOnly FirstSeen, DateOnly LastSeen);

/// <summary>
/// The keys of the rooms that this person has joined, in a private file. A line has
/// <c>HOST:PORT KEY-IN-BASE64 FIRST-SEEN LAST-SEEN</c>.
/// </summary>
/// <remarks>
/// A line that does not parse is dropped, so a torn last line is no harm. The file is read at each question: another
/// client of this person may have changed it.
/// </remarks>
/// <param name="path">The path of the file; null for no file.</param>
/// <param name="isReadOnly">Whether no key of this run is kept.</param>
internal sealed class RoomKeys(string? path, bool isReadOnly = false)
{
    private const string Day = "yyyy-MM-dd";

    /// <summary>The keys of the person with this environment.</summary>
    public static RoomKeys Of(Func<string, string?> variable, bool isReadOnly) =>
        new(
            new UserPaths(variable, OperatingSystem.IsWindows()).Config is string folder
                ? Path.Combine(folder, "room-keys")
                : null,
            isReadOnly
        );

    /// <summary>The file, for people; empty without one.</summary>
    public string ShownPath => SafeText.Clean(path ?? "");

    /// <summary>Why the file cannot be used, in words; null if it can.</summary>
    public string? Failure { get; private set; }

    /// <summary>The address as in the file.</summary>
    public static string Format(HostPort place) =>
        place.Host!.Contains(':', StringComparison.Ordinal)
            ? $"[{place.Host}]:{place.Port}"
            : $"{place.Host}:{place.Port}";

    /// <summary>The key of the room at an address; null if none is known.</summary>
    public KnownKey? Find(HostPort place) => Load().Find(known => known.Place == place);

    /// <summary>The room that was seen last with this key; null if none is known.</summary>
    public KnownKey? Find(byte[] key) =>
        Load().Where(known => known.Key.AsSpan().SequenceEqual(key)).MaxBy(static known => known.LastSeen);

    /// <summary>Adds the known keys to remembered rooms.</summary>
    public IReadOnlyList<KnownRoom> AddTo(IReadOnlyList<KnownRoom> rooms)
    {
        List<KnownKey> keys = Load();
        return [.. rooms.Select(room => room with { Key = KeyAt(room.To) })];

        string? KeyAt(HostPort to) =>
            keys.Find(known =>
                known.Place.Host == to.Host?.ToLowerInvariant() && known.Place.Port == (to.Port ?? ProtocolLimits.Port)
            )
                is KnownKey known
                ? Convert.ToBase64String(known.Key)
                : null;
    }

    /// <summary>Whether the key is that of the rooms on this computer.</summary>
    public bool IsOwn(byte[] key) => path is not null && RoomKeyFile.HasKey(Path.GetDirectoryName(path)!, key);

    /// <summary>Keeps the key of a room, in place of another one.</summary>
    public void Keep(HostPort place, byte[] key, DateOnly today)
    {
        if (path is null || isReadOnly)
            return;
        try
        {
            using FileStream file = Locked(() => UserPaths.Open(path));
            List<KnownKey> keys = Read(file);
            int at = keys.FindIndex(known => known.Place == place);
            bool isSame = at >= 0 && keys[at].Key.AsSpan().SequenceEqual(key);
            if (isSame && keys[at].LastSeen == today)
                return;
            KnownKey kept = new(place, key, isSame ? keys[at].FirstSeen : today, today);
            if (at >= 0)
                keys[at] = kept;
            else
                keys.Add(kept);
            if (keys.Count > ClientLimits.RoomKeys)
                keys.Remove(keys.MinBy(static known => known.LastSeen)!);
            byte[] lines = Encoding.UTF8.GetBytes(string.Concat(keys.Select(Format)));
            file.Seek(0, SeekOrigin.Begin);
            file.Write(lines);
            file.SetLength(lines.Length);
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            Failure = $"the keys of rooms cannot be kept in {ShownPath}: {FileErrors.Words(e, "client")}";
        }
    }

    /// <summary>All keys; none if the file cannot be read, which <see cref="Failure"/> then explains.</summary>
    public List<KnownKey> Load()
    {
        if (!Path.Exists(path))
            return [];
        try
        {
            using FileStream file = Locked(() => OpenToRead(path));
            return Read(file);
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            Failure =
                $"the keys of rooms in {ShownPath} cannot be read, so no room is known: "
                + $"{FileErrors.Words(e, "client")}";
            return [];
        }
    }

    // The lock waits for another client in the middle of a write.
    private static FileStream OpenToRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e) && !FileErrors.IsLocked(e))
        {
            return UserPaths.OpenToRead(path);
        }
    }

    // A client holds the file only for one write.
    private static FileStream Locked(Func<FileStream> open)
    {
        long until = Environment.TickCount64 + ClientLimits.RoomKeysMilliseconds;
        while (true)
        {
            try
            {
                return open();
            }
            catch (IOException e) when (FileErrors.IsLocked(e) && Environment.TickCount64 < until)
            {
                Thread.Sleep(1);
            }
        }
    }

    // A pipe would never end.
    private static List<KnownKey> Read(FileStream file) =>
        file.CanSeek
            ? [.. UserPaths.ReadLines(file, ClientLimits.RoomKeysBytes).Select(Parse).OfType<KnownKey>()]
            : throw new IOException("it is no file");

    private static KnownKey? Parse(string line)
    {
        Span<byte> key = stackalloc byte[RoomKey.Bytes];
        return
            line.Split(' ') is [string place, string base64, string first, string last]
            && HostPort.Parse(place, null, out HostPort at) is null
            && at is { Host: not null, Port: not null }
            && Convert.TryFromBase64String(base64, key, out int length)
            && length == key.Length
            && TryDay(first, out DateOnly firstSeen)
            && TryDay(last, out DateOnly lastSeen)
            ? new KnownKey(at, key.ToArray(), firstSeen, lastSeen)
            : null;
    }

    private static bool TryDay(string text, out DateOnly day) =>
        DateOnly.TryParseExact(text, Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out day);

    private static string Format(KnownKey known) =>
        string.Join(
            ' ',
            Format(known.Place),
            Convert.ToBase64String(known.Key),
            Format(known.FirstSeen),
            $"{Format(known.LastSeen)}\n"
        );

    private static string Format(DateOnly day) => day.ToString(Day, CultureInfo.InvariantCulture);
}
