namespace Chat.Client.Networking;

/// <summary>Ids of requests that are not lines of the log. No id of such a line comes near them.</summary>
internal static class RequestIds
{
    /// <summary>Of the ping after a request for the roster, and of <c>who</c>.</summary>
    public const long Roster = long.MaxValue;

    /// <summary>Of a request for earlier lines; the heading in its answer has it too.</summary>
    public const long History = long.MaxValue - 1;

    /// <summary>Of the ping after a search.</summary>
    public const long Find = long.MaxValue - 2;

    /// <summary>Of the ping after a request for the proof of the host's key.</summary>
    public const long Host = long.MaxValue - 3;
}
