using System.Net;
using Chat.Client.Discovery;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Networking;

/// <summary>A server whose addresses are known.</summary>
/// <param name="Addresses">The addresses, in the order to try; none if there is an error.</param>
internal sealed record Located(IReadOnlyList<IPAddress> Addresses)
{
    /// <summary>The room, if the search found it.</summary>
    public FoundRoom? Room { get; init; }

    /// <summary>The error, in words; null without one.</summary>
    public string? Failure { get; init; }

    public static Located At(FoundRoom room) =>
        new([.. room.Addresses.Select(static address => address.Address)]) { Room = room };
}

/// <summary>Whether a typed host may be the name of a room.</summary>
internal enum RoomLookup
{
    /// <summary>It is the name or address of a machine.</summary>
    None,

    /// <summary>It is the name of a room if the resolver knows no such machine.</summary>
    BesideResolver,

    /// <summary>It can only be the name of a room.</summary>
    Only,
}

/// <summary>
/// Looks up a typed host: an address, a name of the resolver, a name of multicast DNS, or the name of a room.
/// </summary>
/// <remarks>
/// A name that the resolver knows is that host. The search runs beside it, and counts when the resolver knows no such
/// name, or says nothing until the search ends. The lookup blocks a thread of the pool, so the keyboard stays live.
/// </remarks>
internal static class HostLookup
{
    /// <summary>Begins a lookup.</summary>
    /// <param name="to">The typed address.</param>
    /// <param name="clock">The time, for the search.</param>
    /// <param name="rooms">Whether the host may be the name of a room.</param>
    /// <param name="known">The remembered rooms; null for none.</param>
    /// <param name="refusal">The reason why a found room must not be joined; null if it may.</param>
    public static Task<Located> Start(
        HostPort to,
        TimeProvider clock,
        RoomLookup rooms = RoomLookup.None,
        IReadOnlyList<KnownRoom>? known = null,
        Func<FoundRoom, string?>? refusal = null
    )
    {
        if (IPAddress.TryParse(to.Host, out IPAddress? address))
            return Task.FromResult(new Located([address]));
        Task<IPAddress[]> resolver =
            rooms == RoomLookup.Only
                ? Task.FromResult<IPAddress[]>([])
                : Task.Run(() => Dns.GetHostAddresses(to.Host ?? "localhost"));
        if (to.Host is not string host || to.ColonsRefusal() is not null)
            return Task.Run(() => new Located(Known(resolver) ?? []));
        return Task.Run(() =>
        {
            if (Known(resolver, ClientLimits.HeadStartMilliseconds) is IPAddress[] early)
                return new Located(early);
            if (rooms != RoomLookup.None)
                return FindRoom(to, clock, resolver, known ?? [], refusal ?? (static _ => null));
            return FindHost(host, clock, resolver);
        });
    }

    /// <summary>The error for a host that is unknown.</summary>
    /// <param name="to">The typed address.</param>
    /// <param name="search">The search for a room of that name; null without one.</param>
    public static string Unknown(HostPort to, RoomSearch? search)
    {
        string on = search is null ? "" : string.Join(", ", search.Interfaces);
        string room =
            on.Length == 0
                ? ""
                : $", and no room of that name answered within {ClientLimits.SearchMilliseconds / 1000} s on {on}";
        return SafeText.Clean(
            $"no machine called {to.Host} is known here{room}; check the spelling, or give the address, such as "
                + "192.168.1.65"
        );
    }

    private static Located FindHost(string name, TimeProvider clock, Task<IPAddress[]> resolver)
    {
        using HostSearch? host = HostSearch.For(name, clock);
        while (host is { IsOver: false })
        {
            host.Turn();
            if (resolver.IsCompleted && (Known(resolver) ?? host.Answer) is IPAddress[] addresses)
                return new Located(addresses);
            host.Wait(ClientLimits.SearchLookMilliseconds);
        }
        return new Located((resolver.IsCompleted ? null : host?.Answer) ?? Known(resolver) ?? []);
    }

    private static Located FindRoom(
        HostPort to,
        TimeProvider clock,
        Task<IPAddress[]> resolver,
        IReadOnlyList<KnownRoom> rooms,
        Func<FoundRoom, string?> refusal
    )
    {
        using HostSearch? host = HostSearch.For(to.Host!, clock);
        using RoomSearch search = new(clock, rooms, to.Host);
        bool isOver = false;
        while (!isOver)
        {
            isOver = search.Elapsed >= ClientLimits.SearchMilliseconds;
            host?.Turn();
            search.Turn();
            // The search counts when the resolver knows nothing, or has said nothing until the end.
            if (resolver.IsCompleted || isOver)
            {
                IPAddress[]? known = resolver.IsCompleted ? Known(resolver) : null;
                if ((known ?? host?.Answer) is IPAddress[] addresses)
                    return new Located(addresses);
                if (
                    search.Elapsed >= ClientLimits.SettleMilliseconds
                    && Match(to, search.Rooms, refusal) is Located match
                )
                    return match;
                // Without an interface no answer can come.
                isOver |= !search.Interfaces.Any();
            }
            search.Wait(ClientLimits.SearchLookMilliseconds);
        }
        return Known(resolver) is IPAddress[] late
            ? new Located(late)
            : new Located([]) { Failure = Unknown(to, search) };
    }

    /// <summary>
    /// The room of this name, or the reason why none is joined; null if there is none. Of several, the only one that is
    /// not refused is joined: it is the remembered one.
    /// </summary>
    internal static Located? Match(HostPort to, IReadOnlyList<FoundRoom> found, Func<FoundRoom, string?> refusal)
    {
        FoundRoom[] rooms =
            [.. found.Where(room => room.IsCalled(to.Host!) && (to.Port is null || to.Port == room.Port))],
            accepted = [.. rooms.Where(room => refusal(room) is null)];
        if (rooms.Length == 0)
            return null;
        if (accepted.Length == 1)
            return Located.At(accepted[0]);
        return new Located([])
        {
            Failure =
                rooms.Length == 1
                    ? refusal(rooms[0])
                    : $"{rooms.Length} rooms are called {rooms[0].Name}; give the address of one: "
                        + string.Join(" or ", rooms.Select(static room => $"chat client {room.Typed}")),
        };
    }

    // The addresses that the resolver has; null if it knows none, or says nothing within the time.
    private static IPAddress[]? Known(Task<IPAddress[]> resolver, int milliseconds = Timeout.Infinite)
    {
        try
        {
            return resolver.Wait(milliseconds) && resolver.Result.Length > 0 ? resolver.Result : null;
        }
        catch (AggregateException)
        {
            return null;
        }
    }
}
