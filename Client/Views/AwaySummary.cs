namespace Chat.Client.Views;

/// <summary>
/// Counts the lines said while the person was away: the client was suspended, or the link was down. Lines that arrive
/// after the return, until a moment of quiet, count as missed; in a busy room, those of the first seconds. A mark shows
/// where they begin.
/// </summary>
internal sealed class AwaySummary
{
    private long _quietSince,
        _returned;
    private int _lines,
        _mentions;
    private bool _isBack;

    /// <summary>
    /// When there will have been quiet for long enough, on the clock of <see cref="Returned"/>; null when nothing is
    /// counted.
    /// </summary>
    public long? Deadline =>
        _isBack
            ? Math.Min(_quietSince + ClientLimits.AwaySettleMilliseconds, _returned + ClientLimits.AwayMostMilliseconds)
            : null;

    /// <summary>The person is back: what comes now, they have missed.</summary>
    /// <param name="now">Milliseconds of a clock that only goes forward.</param>
    public void Returned(long now)
    {
        if (!_isBack)
            (_lines, _mentions) = (0, 0);
        (_isBack, _quietSince, _returned) = (true, now, now);
    }

    /// <summary>Counts a line of another person. True for the first: the mark belongs before it.</summary>
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

    /// <summary>All has arrived: what was missed, in words; null when it was nothing.</summary>
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
