using Chat.Protocol;

namespace Chat.Server;

/// <summary>
/// How much the room says about who comes and goes. Past <see cref="Limits.PresenceLinesPerSecond"/> joins and leaves are counted and told as one
/// line when the second is over: a thousand people coming in at once would otherwise cost a thousand lines to a thousand people.
/// </summary>
internal sealed class Presence
{
    private long _second;
    private int _told, _joins, _leaves;

    /// <summary>Whether this join has a line of its own; otherwise it is counted.</summary>
    public bool MayTellJoin() => MayTell(ref _joins);

    /// <summary>Whether this leave has a line of its own; otherwise it is counted.</summary>
    public bool MayTellLeave() => MayTell(ref _leaves);

    /// <summary>When the second is over: begins the next one.</summary>
    /// <returns>What was counted, in words; null when nothing was, or it is not over.</returns>
    public string? TakeCounted(Moment now)
    {
        if (now.Uptime - _second < 1000)
            return null;
        (int joins, int leaves) = (_joins, _leaves);
        (_second, _told, _joins, _leaves) = (now.Uptime, 0, 0, 0);
        return (joins, leaves) switch
        {
            (0, 0) => null,
            (_, 0) => $"{joins} joined",
            (0, _) => $"{leaves} left",
            _ => $"{joins} joined, {leaves} left",
        };
    }

    private bool MayTell(ref int counted)
    {
        if (_told++ < Limits.PresenceLinesPerSecond)
            return true;
        counted++;
        return false;
    }
}
