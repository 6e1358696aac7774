namespace Chat.Client.Views;

/// <summary>
/// Counts the lines missed while the client was suspended or the link was down. Lines that arrive after the return
/// count, until a moment of silence or, in a busy room, for some seconds. A mark shows their beginning.
/// </summary>
internal sealed class AwaySummary
{
    private long _quietSince,
        _returned;
    private int _lines,
        _mentions;
    private bool _isBack;

    /// <summary>
    /// The time at which the count ends, on the clock of <see cref="Returned"/>; null while not counting.
    /// </summary>
    public long? Deadline =>
        _isBack
            ? Math.Min(_quietSince + ClientLimits.AwaySettleMilliseconds, _returned + ClientLimits.AwayMostMilliseconds)
            : null;

    /// <summary>Begins to count: the lines that arrive now were missed.</summary>
    /// <param name="now">The milliseconds of a monotonic clock.</param>
    public void Returned(long now)
    {
        if (!_isBack)
            (_lines, _mentions) = (0, 0);
        (_isBack, _quietSince, _returned) = (true, now, now);
    }

    /// <summary>Counts a line of another person. Returns true for the first, which gets the mark before it.</summary>
    public bool Count(bool isMention, long now)
    {
        if (!_isBack)
            return false;
        _quietSince = now;
        _lines++;
        if (isMention)
            _mentions++;
        return _lines == 1;
    }

    /// <summary>Ends the count. Returns the summary; null if no line was missed.</summary>
    public string? Flush()
    {
        _isBack = false;
        if (_lines == 0)
            return null;
        string mentions = _mentions switch
        {
            0 => "",
            1 => ", 1 mentions you",
            _ => $", {_mentions} mention you",
        };
        return $"while you were away: {_lines} line{(_lines == 1 ? "" : "s")}{mentions}";
    }
}
