using Chat.Client.Discovery;
using Chat.Client.Storage;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>The words about a search for rooms: what it found, and what to do if it found nothing.</summary>
internal static class RoomWords
{
    /// <summary>What was tried without finding a room, and what to do, in one sentence each.</summary>
    /// <param name="search">The search.</param>
    /// <param name="known">The remembered rooms, the newest first.</param>
    /// <param name="seconds">How long it searched.</param>
    /// <param name="triesThisComputer">Whether the usual port of this computer was tried, too.</param>
    public static List<string> NothingFound(
        RoomSearch search,
        IReadOnlyList<KnownRoom> known,
        int seconds,
        bool triesThisComputer
    )
    {
        string on = string.Join(", ", search.Interfaces);
        List<string> words =
        [
            on.Length == 0 ? "no room found: this computer is on no network"
            : search.Failure is string failure ? $"no room found: this system forbids to ask on {on}: {failure}"
            : $"no room found: nothing answered within {seconds} s on {on} (multicast DNS)",
        ];
        if (triesThisComputer)
            words[0] += $", and no server listens on this computer at port {ProtocolLimits.Port}";
        words.Add("to open a room, type on one computer: chat server");
        words.Add("to join one by its address, type: chat client 192.168.1.65");
        if (known.Count > 0)
            words.Add($"joined before: {string.Join(", ", known.Take(ClientLimits.KnownRoomsNamed).Select(Describe))}");
        if (on.Length > 0)
            words.Add(Firewall());
        return words;
    }

    /// <summary>The error if several rooms were found and no person can choose.</summary>
    public static string SeveralFound(IReadOnlyList<FoundRoom> rooms, int more)
    {
        string others =
            rooms.Count + more > ClientLimits.RoomsNamed
                ? $", and {rooms.Count + more - ClientLimits.RoomsNamed} more; chat find lists them"
                : "";
        return $"found {rooms.Count + more} rooms; give the address of one: "
            + string.Join(
                ", ",
                rooms.Take(ClientLimits.RoomsNamed).Select(static room => $"{room.Typed} ({Name(room)})")
            )
            + others;
    }

    /// <summary>The reason not to join a room without the person; null if it may be joined.</summary>
    public static string? Doubt(FoundRoom room, IReadOnlyList<KnownRoom> known)
    {
        string anyway = $"to join it all the same, type: chat client {room.Typed}";
        if (room.IsNameChanged)
            return $"the name of the room at {room.Typed} only looks like {room.Name}: it has hidden characters; "
                + anyway;
        if (room.Contradicts(known) is not KnownRoom old)
            return null;
        return room.Epoch.Length > 0 && room.Epoch == old.Epoch
            ? $"the room {room.Name} was at {old.To.Typed} when you joined it, and now a room of that name is at "
                + $"{room.Typed}; nothing proves that they are the same; {anyway}"
            : $"the room {room.Name} at {room.Typed} is not the room you joined before at {old.To.Typed}; {anyway}";
    }

    private static string Name(FoundRoom room) =>
        room.IsNameChanged ? $"looks like {room.Name}, with hidden characters" : room.Name;

    private static string Describe(KnownRoom room) =>
        room.Name.Length > 0 ? $"{room.To.Typed} ({room.Name})" : room.To.Typed;

    // The command that lets answers in. Answers come to a port of the client's own, or to that of multicast DNS.
    private static string Firewall()
    {
        const string Begin = "if a firewall on this computer is in the way: ";
        if (OperatingSystem.IsWindows())
            return Begin + "Windows Security, Allow an app through firewall, chat";
        if (OperatingSystem.IsMacOS())
            return Begin + "System Settings, Privacy & Security, Local Network";
        return Begin
            + (
                File.Exists("/usr/bin/firewall-cmd")
                    ? "sudo firewall-cmd --add-service=mdns"
                    : "sudo ufw allow 5353/udp"
            );
    }
}
