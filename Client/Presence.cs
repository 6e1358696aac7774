using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// Joins and leaves, gathered into one line while nothing else happens: <c>3 joined (ann, bob, cy), dee left</c>. It is told when the run ends,
/// before what ended it, or after a moment; so a person's words are never held up. However long the run, it holds a few names.
/// </summary>
internal sealed class Presence
{
    private readonly List<string> _joined = [], _left = [];
    private ChatEvent? _last;
    private int _joins, _leaves;
    private long _due;

    public bool IsEmpty => _last is null;

    /// <summary>When the run is to be told, on the clock of <see cref="Take(ChatEvent, long)"/>; null when there is none.</summary>
    public long? Due => IsEmpty ? null : _due;

    /// <summary>The time of the last of the run.</summary>
    public long? UnixMilliseconds => _last?.UnixMilliseconds;

    /// <summary>Takes a join or a leave.</summary>
    /// <param name="event">One or the other.</param>
    /// <param name="now">Milliseconds of a clock that only goes forward.</param>
    public void Take(ChatEvent @event, long now)
    {
        if (IsEmpty)
            _due = now + Limits.PresenceMilliseconds;
        _last = @event;
        var isJoin = @event.Kind == EventKind.Join;
        if (isJoin)
            _joins++;
        else
            _leaves++;
        var names = isJoin ? _joined : _left;
        if (names.Count < Limits.PresenceNames)
            names.Add(@event.Name);
    }

    /// <summary>Tells the run, which is over.</summary>
    public string Tell()
    {
        var words = (_joins, _leaves) switch
        {
            (1, 0) => $"{_last!.Name} joined",
            (0, 1) when _last!.Text.Length > 0 => $"{_last.Name} left ({_last.Text})",
            (0, 1) => $"{_last!.Name} left",
            (_, 0) => Several(_joins, "joined", _joined),
            (0, _) => Several(_leaves, "left", _left),
            // What happened last stands last: whoever is in both has come back, or is gone.
            _ when _last!.Kind == EventKind.Join => $"{Several(_leaves, "left", _left)}, {Several(_joins, "joined", _joined)}",
            _ => $"{Several(_joins, "joined", _joined)}, {Several(_leaves, "left", _left)}",
        };
        (_last, _joins, _leaves) = (null, 0, 0);
        _joined.Clear();
        _left.Clear();
        return words;
    }

    private static string Several(int count, string what, List<string> names) => count == 1
        ? $"{names[0]} {what}"
        : $"{count} {what} ({string.Join(", ", names)}{(count > names.Count ? $" and {count - names.Count} more" : "")})";
}
