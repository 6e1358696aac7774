namespace Chat.Client;

/// <summary>The state of a <see cref="Networking.Link"/>.</summary>
internal enum LinkState
{
    /// <summary>Connecting to the server.</summary>
    Connecting,

    /// <summary>Connected; the server has not greeted, or has not answered the hello.</summary>
    Greeting,

    /// <summary>In the room.</summary>
    Joined,

    /// <summary>The connection broke. Only events have this state: <see cref="Waiting"/> follows at once.</summary>
    Lost,

    /// <summary>Waiting for the next attempt.</summary>
    Waiting,

    /// <summary>Ended; <see cref="Networking.Link.Ending"/> has the error, if any.</summary>
    Ended,
}
