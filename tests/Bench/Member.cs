namespace Chat.Bench;

/// <summary>One of the crowd: a socket, and the little there is to know of it.</summary>
internal sealed class Member(int index)
{
    /// <summary>Its number among all.</summary>
    public int Index { get; } = index;

    /// <summary>Its descriptor; negative when it has none.</summary>
    public int Socket { get; set; } = -1;

    /// <summary>The server has let it into the room.</summary>
    public bool IsIn { get; set; }

    /// <summary>The beginning of a line whose end has not come.</summary>
    public byte[] Half { get; set; } = [];

    /// <summary>What the connection has not taken yet.</summary>
    public byte[] Unsent { get; set; } = [];

    /// <summary>When it last spoke.</summary>
    public long SentAt { get; set; }

    /// <summary>The number of its last request, where requests have one.</summary>
    public int Requests { get; set; }

    /// <summary>Which log its place is in, as the server wrote it; "-" before it has one.</summary>
    public string Epoch { get; set; } = "-";

    /// <summary>Where it would go on after a break.</summary>
    public long Place { get; set; }

    /// <summary>A new connection; who it is, and its place, stay.</summary>
    public void Begin(int socket) => (Socket, IsIn, Half, Unsent) = (socket, false, [], []);
}
