namespace Chat.Client.Display;

/// <summary>Formats the prompt: the name, and notes about the link or the line if needed.</summary>
internal static class PromptText
{
    /// <param name="name">The own name; empty while unknown.</param>
    /// <param name="state">The state of the link.</param>
    /// <param name="retryMilliseconds">The milliseconds until the next attempt, while the link waits.</param>
    /// <param name="unsent">The number of unacknowledged lines.</param>
    /// <param name="bytesLeft">The free bytes of the line.</param>
    /// <param name="cells">The cells for the prompt. If they are too few, the own name is dropped first, then words of
    /// the note.</param>
    /// <param name="toSend">The number of unsent lines, while connected.</param>
    /// <param name="isExposed">Whether others on the network can read along, while connected.</param>
    public static string Format(
        string name,
        LinkState state,
        int retryMilliseconds,
        int unsent,
        int bytesLeft,
        int cells,
        int toSend = 0,
        bool isExposed = false
    )
    {
        string note = Note(state, retryMilliseconds, unsent, toSend, bytesLeft, isExposed, isShort: false);
        string whole = (name.Length > 0 && note.Length > 0 ? $"{name} {note}" : name + note) + "> ";
        if (note.Length == 0 || CellWidth.Measure(whole) <= cells)
            return whole;
        return CellWidth.Measure(note) + 2 <= cells
            ? note + "> "
            : Note(state, retryMilliseconds, unsent, toSend, bytesLeft, isExposed, isShort: true) + "> ";
    }

    private static string Note(
        LinkState state,
        int retryMilliseconds,
        int unsent,
        int toSend,
        int bytesLeft,
        bool isExposed,
        bool isShort
    )
    {
        List<string> notes = [];
        if (state != LinkState.Joined)
            notes.Add(FormatLink(state, retryMilliseconds, isShort));
        if (state == LinkState.Joined && isExposed)
            notes.Add("in the clear");
        if (state != LinkState.Joined && unsent > 0)
            notes.Add($"{unsent} unsent");
        if (state == LinkState.Joined && toSend > 0)
            notes.Add($"{toSend} to send");
        if (bytesLeft < ClientLimits.CountdownBytes)
            notes.Add($"{bytesLeft} left");
        return notes.Count > 0 ? $"({string.Join(", ", notes)})" : "";
    }

    private static string FormatLink(LinkState state, int retryMilliseconds, bool isShort) =>
        state switch
        {
            LinkState.Connecting or LinkState.Greeting => "connecting",
            LinkState.Waiting =>
                $"{(isShort ? "" : "reconnecting in ")}{Math.Max(1, (retryMilliseconds + 999) / 1000)} s",
            LinkState.Lost => "connection lost",
            _ => "not connected",
        };
}
