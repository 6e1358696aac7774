namespace Chat.Client.Views;

/// <summary>
/// Collects joins and leaves into one line while no line is said: <c>3 joined (ann, bob, cy), dee left</c>. The line
/// names each person once, with the net change. It is printed before the next said line, or after a moment.
/// </summary>
internal sealed class JoinLeaveSummary
{
    private readonly OrderedDictionary<string, Change> _people = new(StringComparer.Ordinal);
    private ChatEvent? _last;
    private long _due;

    private sealed record Change(bool WasHere, bool IsHere, string Reason, string Shown, bool IsInClear);

    public bool IsEmpty => _last is null;

    /// <summary>The summary is full and must be printed.</summary>
    public bool IsFull => _people.Count >= ClientLimits.KnownNames;

    /// <summary>
    /// The time to print the summary, on the clock of <see cref="Add(ChatEvent, long)"/>; null if it is empty.
    /// </summary>
    public long? Deadline => IsEmpty ? null : _due;

    /// <summary>The time of the last event in the summary.</summary>
    public long? UnixMilliseconds => _last?.UnixMilliseconds;

    /// <summary>Adds a join or a leave.</summary>
    /// <param name="event">The join or leave.</param>
    /// <param name="now">The milliseconds of a monotonic clock.</param>
    public void Add(ChatEvent @event, long now)
    {
        if (IsEmpty)
            _due = now + ClientLimits.PresenceMilliseconds;
        _last = @event;
        bool isJoin = @event.Kind == EventKind.Join;
        bool wasHere = _people.TryGetValue(@event.Name, out Change? known) ? known.WasHere : !isJoin;
        _people[@event.Name] = new Change(wasHere, isJoin, @event.Text, @event.ShownName, @event.IsInClear);
    }

    /// <summary>Returns the summary and clears it.</summary>
    public string Flush()
    {
        string joined = Describe(false, true, "joined"),
            left = Describe(true, false, "left");
        // The kind of the last event comes last.
        string[] parts = _last!.Kind == EventKind.Join ? [left, joined] : [joined, left];
        string words = string.Join(
            ", ",
            parts
                .Append(Describe(true, true, "left and came back"))
                .Append(Describe(false, false, "joined and left"))
                .Where(static part => part.Length > 0)
        );
        _last = null;
        _people.Clear();
        return words;
    }

    private string Describe(bool wasHere, bool isHere, string what)
    {
        Change[] those = [.. _people.Values.Where(change => change.WasHere == wasHere && change.IsHere == isHere)];
        if (those.Length == 0)
            return "";
        if (those.Length > 1)
        {
            IEnumerable<string> names = those
                .Take(ClientLimits.PresenceNames)
                .Select(static change => change.Shown + (change.IsInClear ? " (in the clear)" : ""));
            string more =
                those.Length > ClientLimits.PresenceNames
                    ? $" and {those.Length - ClientLimits.PresenceNames} more"
                    : "";
            return $"{those.Length} {what} ({string.Join(", ", names)}{more})";
        }

        // Show the reason of a leave only if the summary has no other person.
        string reason = _people.Count == 1 && !isHere && wasHere ? those[0].Reason : "",
            clear = those[0].IsInClear ? ", in the clear" : "";
        return $"{those[0].Shown} {what}{clear}{(reason.Length > 0 ? $" ({reason})" : "")}";
    }
}
