using System.Globalization;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Storage;

/// <summary>A room that this person has joined.</summary>
/// <param name="To">Its address, as one types it.</param>
/// <param name="Epoch">The epoch of its log; empty for a server of another make.</param>
/// <param name="Name">Its name; empty if the address was typed.</param>
internal sealed record KnownRoom(HostPort To, string Epoch, string Name)
{
    /// <summary>Its public key in Base64, which <see cref="RoomKeys"/> keeps; null if none is known.</summary>
    public string? Key { get; init; }
}

/// <summary>
/// The rooms that this person has joined, in a private file, the newest first. A line has host, port, epoch and name
/// between spaces; <c>-</c> stands for an empty field.
/// </summary>
/// <remarks>
/// The file is a help and nothing more: without it, or with a damaged one, the client goes on and says nothing.
/// </remarks>
/// <param name="path">The path of the file; null for no file.</param>
/// <param name="isReadOnly">Whether nothing of this run is remembered.</param>
internal sealed class KnownRooms(string? path, bool isReadOnly = false)
{
    private const string None = "-";

    /// <summary>The rooms of the person with this environment.</summary>
    public static KnownRooms Of(Func<string, string?> variable, bool isReadOnly) =>
        new(
            new UserPaths(variable, OperatingSystem.IsWindows()).Data is string folder
                ? Path.Combine(folder, "rooms")
                : null,
            isReadOnly
        );

    /// <summary>The rooms, the newest first.</summary>
    public IReadOnlyList<KnownRoom> Load()
    {
        if (path is null)
            return [];
        try
        {
            using FileStream file = UserPaths.OpenToRead(path);
            return Read(file);
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            return [];
        }
    }

    /// <summary>Puts a room first, in place of one at the same address, whose name it takes if it has none.</summary>
    public void Add(KnownRoom room)
    {
        if (path is null || isReadOnly)
            return;
        room = room with { To = new HostPort(room.To.Host, room.To.Port ?? ProtocolLimits.Port) };
        try
        {
            using FileStream file = UserPaths.Open(path);
            List<KnownRoom> rooms = Read(file);
            int at = rooms.FindIndex(known => known.To == room.To);
            if (at >= 0 && room.Name.Length == 0)
                room = room with { Name = rooms[at].Name };
            if (at == 0 && rooms[0] == room)
                return;
            if (at >= 0)
                rooms.RemoveAt(at);
            rooms.Insert(0, room);
            byte[] lines = Encoding.UTF8.GetBytes(string.Concat(rooms.Take(ClientLimits.KnownRooms).Select(Format)));
            file.Seek(0, SeekOrigin.Begin);
            file.Write(lines);
            file.SetLength(lines.Length);
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            // Another client has the file, or it cannot be written: the address can be typed again.
        }
    }

    private static List<KnownRoom> Read(FileStream file) =>
        [
            .. UserPaths
                .ReadLines(file, ClientLimits.KnownRoomsBytes)
                .Select(Parse)
                .OfType<KnownRoom>()
                .Take(ClientLimits.KnownRooms),
        ];

    private static KnownRoom? Parse(string line) =>
        line.Split(' ', 4) is [string host, string port, string epoch, string name]
        && HostPort.Parse(host, port, out HostPort to) is null
        && to.Host is not null
            ? new KnownRoom(to, epoch == None ? "" : epoch, name == None ? "" : SafeText.Clean(name))
            : null;

    private static string Format(KnownRoom room) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{room.To.Host} {room.To.Port ?? ProtocolLimits.Port} {OrNone(room.Epoch)} {OrNone(room.Name)}\n"
        );

    private static string OrNone(string text) => text.Length > 0 ? text : None;
}
