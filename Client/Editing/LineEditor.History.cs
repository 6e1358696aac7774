namespace Chat.Client.Editing;

/// <summary>
/// What was sent before, under Up and Down. The draft is the newest entry of it, and an entry that was changed keeps its
/// change while one walks past, so nothing typed is lost by looking around; the changes end when a line is sent. A draft that another entry was sent
/// in place of becomes an entry itself, for this run: it is the next one up.
/// </summary>
internal sealed partial class LineEditor
{
    private readonly List<string> _history = [];
    private readonly Dictionary<int, string> _changed = [];
    private int? _place;

    /// <summary>The lines sent, oldest first.</summary>
    public IReadOnlyList<string> History => _history;

    /// <summary>Told of each line that is worth keeping.</summary>
    public Action<string>? Remembered { get; set; }

    /// <summary>Puts lines from earlier runs under Up, oldest first.</summary>
    public void Restore(IEnumerable<string> lines)
    {
        _place = null;
        _history.InsertRange(0, lines);
        if (_history.Count > ClientLimits.InputHistoryLines)
            _history.RemoveRange(0, _history.Count - ClientLimits.InputHistoryLines);
    }

    /// <summary>Adds a line; one that is empty, blank at its head or the same as the last is not worth a place.</summary>
    public void Remember(string line)
    {
        LeaveHistory();
        if (
            string.IsNullOrWhiteSpace(line)
            || line[0] == ' '
            || (_history.Count > 0 && string.Equals(_history[^1], line, StringComparison.Ordinal))
        )
            return;
        Keep(line);
        Remembered?.Invoke(line);
    }

    private void KeepDraft()
    {
        if (
            _place is int place
            && place < _history.Count
            && _changed.TryGetValue(_history.Count, out string? draft)
            && !string.IsNullOrWhiteSpace(draft)
        )
            Keep(draft);
    }

    private void LeaveHistory()
    {
        _place = null;
        _changed.Clear();
    }

    private void Keep(string line)
    {
        if (_history.Count == ClientLimits.InputHistoryLines)
            _history.RemoveAt(0);
        _history.Add(line);
    }

    private Edit Recall(int step)
    {
        int to = (_place ?? _history.Count) + step;
        if (to < 0 || to > _history.Count)
            return Edit.Refused;
        GoTo(to);
        // Undo may lead to an entry whose draft has ended meanwhile.
        string text =
            _changed.TryGetValue(to, out string? changed) ? changed
            : to < _history.Count ? _history[to]
            : "";
        Replace(text, text.Length);
        return Edit.Done;
    }

    private void GoTo(int place)
    {
        _changed[_place ?? _history.Count] = Text;
        _place = place;
    }
}
