namespace Chat.Protocol;

/// <summary>Sizes and times that both ends keep to, each with its unit and its reason. What follows from another bound is a sum.</summary>
internal static class ProtocolLimits
{
    // ---- Lines ----

    /// <summary>Bytes of one line as a member sends it, line feed included. Holds two screens of text; a longer one is cut and its sender told.</summary>
    public const int LineBytes = 4096;

    /// <summary>Bytes of text in one line: the line without its line feed.</summary>
    public const int TextBytes = LineBytes - 1;

    /// <summary>Bytes that stand before the text in a relayed line, at most: two names, offset, time, kind, id and the spaces between.</summary>
    public const int HeadBytes = 256;

    /// <summary>Bytes of one line as the server relays it, line feed included.</summary>
    public const int RelayedLineBytes = HeadBytes + LineBytes;

    /// <summary>Bytes a peer may send without a line feed before it is closed. Nobody types this; a peer that does is no chat client.</summary>
    public const int UnterminatedBytes = 64 * 1024;

    // ---- Names ----

    /// <summary>Code points in a name.</summary>
    public const int NameLength = 16;

    // ---- Commands and options ----

    /// <summary>Letters of a word that is completed to a known one: a single letter could mean anything.</summary>
    public const int ShortestMisspelling = 2;

    /// <summary>Letters of a word that is compared with the known ones; none of those is half as long.</summary>
    public const int LongestMisspelling = 40;

    // ---- The log ----

    /// <summary>Lines of the conversation that a newcomer is shown, and what /history gives when no number is said.</summary>
    public const int BacklogLines = 20;

    // ---- One member ----

    /// <summary>Members at once, if the system has the descriptors.</summary>
    public const int Clients = 10_000;

    /// <summary>People of whom /who tells more than the name, a line each: with the prompt they fill a window of 24 rows.</summary>
    public const int PeopleTold = 20;

    // ---- The link ----

    /// <summary>Where a server listens and a client calls when nothing else is said.</summary>
    public const int Port = 8082;

    // ---- Rich members and the history ----

    /// <summary>
    /// Milliseconds a rich client sends nothing before it says that it is there. Each time costs a server with ten thousand of them 11 µs, because
    /// their sockets are out of the cache by then: that is what is weighed against how long a stall may be.
    /// </summary>
    public const int HeartbeatMilliseconds = 7000;

    /// <summary>
    /// Milliseconds of silence after which a rich link is dead: two heartbeats and a second for their way. A process that stands still for up to eight
    /// seconds is no break, and a network that does for six: TCP says again what was lost after 0.2 s, 0.4 s and so on, and waits longer each time.
    /// </summary>
    public const int DeadMilliseconds = 2 * HeartbeatMilliseconds + 1000;
}
