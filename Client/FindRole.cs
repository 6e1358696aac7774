using System.Text;
using Chat.Client.Discovery;
using Chat.Client.Storage;
using Chat.Client.Terminals;
using Chat.Client.Views;

namespace Chat.Client;

/// <summary>Runs <c>chat find</c>: lists the rooms of the network as they appear.</summary>
internal static class FindRole
{
    /// <summary>Searches for so many seconds.</summary>
    /// <param name="isJson">Whether to write each room as JSON.</param>
    /// <param name="seconds">The time of the search.</param>
    /// <returns>The exit code: 0 if a room was found.</returns>
    public static int Run(bool isJson, int seconds)
    {
        Diagnostics diagnostics = new(Console.Error);
        using Terminal terminal = Terminal.Open();
        (terminal.TakesInput, terminal.TakesNetworkChanges) = (false, true);
        IReadOnlyList<KnownRoom> known = KnownRooms.Of(Environment.GetEnvironmentVariable, isReadOnly: true).Load();
        using RoomSearch search = new(TimeProvider.System, known);
        HashSet<string> shown = new(StringComparer.Ordinal);
        while (search.Elapsed < 1000L * seconds)
        {
            Wake wake = terminal.Wait(
                -1,
                alsoWritable: false,
                TimeSpan.FromMilliseconds(
                    search.Elapsed < ClientLimits.SearchMilliseconds
                        ? ClientLimits.SearchLookMilliseconds
                        : ClientLimits.SearchLookLaterMilliseconds
                )
            );
            if (wake.HasFlag(Wake.SuspendAsked))
                terminal.Suspend();
            if (terminal.EndedBy is not null)
                break;
            if (wake.HasFlag(Wake.NetworkChanged))
                search.HandleNetworkChange();
            search.Turn();
            foreach (FoundRoom room in search.Rooms)
            {
                if (shown.Count >= ClientLimits.RoomsListed || !shown.Add($"{room.Typed} {room.Name}"))
                    continue;
                bool isWritten = terminal.Write(
                    isJson ? RoomJson.Format(room) : Encoding.UTF8.GetBytes(RoomList.Row(room) + "\n")
                );
                if (!isWritten && terminal.EndedBy is null)
                {
                    diagnostics.Print("the rooms cannot be written: the output accepts no more data");
                    return 1;
                }
            }
        }
        if (terminal.SignalCode is int code)
            return code;
        if (search.More > 0)
            diagnostics.Print($"and {search.More} more rooms; to look for one by its name, type: chat client ROOM");
        if (shown.Count > 0)
            return 0;
        diagnostics.Print(string.Join("; ", RoomWords.NothingFound(search, known, seconds, triesThisComputer: false)));
        return 1;
    }
}
