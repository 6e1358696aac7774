namespace Chat.Client.Display;

/// <summary>The text before the typed line: the name, and notes about the link or the line, mostly none.</summary>
internal static class PromptText
{
    /// <param name="name">The own name; empty while unknown.</param>
    /// <param name="state">The state of the link.</param>
    /// <param name="retryMilliseconds">While the link waits: until the next attempt.</param>
    /// <param name="unsent">Lines said and not taken.</param>
    /// <param name="bytesLeft">Bytes that still go into the line.</param>
    /// <param name="cells">Room for the prompt. If it is too small, the own name goes first, then the words that can be
    /// guessed.</param>
    /// <param name="toSend">While connected: lines that were not sent yet.</param>
    public static string Format(
        string name,
        LinkState state,
        int retryMilliseconds,
        int unsent,
        int bytesLeft,
        int cells,
        int toSend = 0
    )
    {
        string note = Note(state, retryMilliseconds, unsent, toSend, bytesLeft, isShort: false);
        string whole = (name.Length > 0 && note.Length > 0 ? $"{name} {note}" : name + note) + "> ";
        if (note.Length == 0 || CellWidth.Measure(whole) <= cells)
            return whole;
        return CellWidth.Measure(note) + 2 <= cells
            ? note + "> "
            : Note(state, retryMilliseconds, unsent, toSend, bytesLeft, isShort: true) + "> ";
    }

    private static string Note(
        LinkState state,
        int retryMilliseconds,
        int unsent,
        int toSend,
        int bytesLeft,
        bool isShort
    )
    {
        List<string> notes = [];
        if (state != LinkState.Joined)
            notes.Add(FormatLink(state, retryMilliseconds, isShort));
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
