namespace Chat.Client;

/// <summary>How far a link has come.</summary>
internal enum LinkState
{
    /// <summary>Reaching the server.</summary>
    Connecting,

    /// <summary>Connected; the server has not greeted, or has not answered the hello.</summary>
    Greeting,

    /// <summary>In the room.</summary>
    Joined,

    /// <summary>The connection broke; told, and then left for <see cref="Waiting"/> at once.</summary>
    Lost,

    /// <summary>Until the next attempt.</summary>
    Waiting,

    /// <summary>Over; the link says why.</summary>
    Ended,
}
