using Chat.Client.Commands;
using Chat.Protocol.Wire;

namespace Chat.Client;

/// <summary>The kind of an event.</summary>
internal enum EventKind
{
    Say,
    Me,
    Whisper,
    Join,
    Leave,
    Rename,
    Notice,

    /// <summary>A part of the conversation cannot be had any more.</summary>
    Gap,

    /// <summary>The link changed its state.</summary>
    Link,

    /// <summary>The server refused something, or the client did.</summary>
    Error,

    /// <summary>The server's answer to one person alone.</summary>
    Info,

    /// <summary>
    /// The people who are here, as <see cref="ChatEvent.People"/> lists them: the whole answer to one question.
    /// </summary>
    Present,

    /// <summary>A line of a server that speaks no rich dialect, as it came.</summary>
    Line,
}

/// <summary>One of the people who are here. A server of version 0.1.0 tells nothing but names.</summary>
/// <param name="Name">Clean.</param>
/// <param name="Number">Of the person, whatever the name; null where the server tells none.</param>
/// <param name="SinceUnixMilliseconds">When the person joined; null where the server tells no times.</param>
/// <param name="IdleMilliseconds">How long ago the person last said something, or joined; null where the server does
/// not tell.</param>
/// <param name="Client">By which kind of client the person is here.</param>
/// <param name="Mine">It is this very person.</param>
internal sealed record PresentPerson(
    string Name,
    long? Number = null,
    long? SinceUnixMilliseconds = null,
    long? IdleMilliseconds = null,
    ClientKind Client = ClientKind.Unknown,
    bool Mine = false
);

/// <summary>
/// One event, safe to be shown: SafeText has cleaned its texts. The terminal, the pipe and JSON get the same events.
/// </summary>
internal sealed record ChatEvent(EventKind Kind)
{
    /// <summary>Place in the server's log; null for what has none.</summary>
    public long? Offset { get; init; }

    /// <summary>When it was said, by the server's clock; null where the server tells no times.</summary>
    public long? UnixMilliseconds { get; init; }

    /// <summary>
    /// The person: the sender, the one that joined or left, the old name of a rename. Empty without one.
    /// </summary>
    public string Name { get; init; } = "";

    /// <summary>The words; the new name of a rename; the reason of a leave.</summary>
    public string Text { get; init; } = "";

    /// <summary>
    /// Of a join: the name that the same person had last time, where it was another; otherwise empty.
    /// </summary>
    public string Former { get; init; } = "";

    /// <summary>The receiver of a whisper.</summary>
    public string To { get; init; } = "";

    /// <summary>
    /// Said or done by this very person (any seat of theirs for Say, Me, Whisper: the name is theirs).
    /// </summary>
    public bool Mine { get; init; }

    /// <summary>Said by this very client, which may have shown it already.</summary>
    public bool IsEcho { get; init; }

    /// <summary>It was in the log before this client came, or is shown again: no bell, no mention.</summary>
    public bool IsHistory { get; init; }

    /// <summary>It was said while this client's connection was broken, and has come after it.</summary>
    public bool IsMissed { get; init; }

    /// <summary>Of an error or of a line of this client's own: which line of the input it comes from.</summary>
    public InputOrigin Origin { get; init; }

    /// <summary>Of a gap: bytes that are gone; null when that is unknown.</summary>
    public long? Bytes { get; init; }

    /// <summary>
    /// Of Present: the people, in the order of their numbers; not all of them if <see cref="Total"/> is more.
    /// </summary>
    public IReadOnlyList<PresentPerson> People { get; init; } = [];

    /// <summary>Of Present: how many people are here.</summary>
    public long Total { get; init; }

    /// <summary>Of Present: the answer to a typed question, not only to the client's own.</summary>
    public bool IsAsked { get; init; }

    /// <summary>Of Notice: joins and leaves were only counted, so a list of people must be requested again.</summary>
    public bool IsCount { get; init; }

    /// <summary>
    /// Of a gap: the server was started again and has another log, in which nothing of before stands.
    /// </summary>
    public bool IsNewLog { get; init; }

    /// <summary>Of Link: the state entered, and when waiting how long until the next attempt.</summary>
    public LinkState? State { get; init; }

    public int? RetryMilliseconds { get; init; }
}
