using Chat.Client.Commands;
using Chat.Protocol;
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

    /// <summary>An earlier message, <see cref="ChatEvent.Target"/>, has a new text.</summary>
    Edit,

    /// <summary>An earlier message, <see cref="ChatEvent.Target"/>, was withdrawn.</summary>
    Delete,

    /// <summary>A part of the conversation is lost.</summary>
    Gap,

    /// <summary>The link changed its state.</summary>
    Link,

    /// <summary>The server or the client refused a line or request.</summary>
    Error,

    /// <summary>An answer of the server or a notice of the client, for this person alone.</summary>
    Info,

    /// <summary>The roster: the whole answer to one request, in <see cref="ChatEvent.People"/>.</summary>
    Present,

    /// <summary>One page of an answer to /find, in <see cref="ChatEvent.Found"/>.</summary>
    Found,

    /// <summary>A line that is not of the rich dialect, unchanged.</summary>
    Line,
}

/// <summary>A person in the room. A server of version 0.1.0 sends only names.</summary>
/// <param name="Name">The name, cleaned.</param>
/// <param name="Number">The number of the person, which a rename keeps; null if the server sends none.</param>
/// <param name="SinceUnixMilliseconds">The time of the join; null if the server sends none.</param>
/// <param name="IdleMilliseconds">The time since the person last said a line or joined; null if the server sends
/// none.</param>
/// <param name="Client">The kind of the person's client.</param>
/// <param name="Mine">Whether this is the person at this client.</param>
/// <param name="IsHost">Whether the person has the mark of a host.</param>
/// <param name="IsInClear">Whether a connection of the person is without encryption.</param>
internal sealed record PresentPerson(
    string Name,
    long? Number = null,
    long? SinceUnixMilliseconds = null,
    long? IdleMilliseconds = null,
    ClientKind Client = ClientKind.Unknown,
    bool Mine = false,
    bool IsHost = false,
    bool IsInClear = false
)
{
    /// <summary>The name with the mark of a host.</summary>
    public string ShownName => HostMark.Show(Name, IsHost);

    /// <summary>The name in a list of names.</summary>
    public string Listed =>
        (Mine, IsInClear) switch
        {
            (true, true) => $"{ShownName} (you, in the clear)",
            (true, false) => $"{ShownName} (you)",
            (false, true) => $"{ShownName} (in the clear)",
            (false, false) => ShownName,
        };
}

/// <summary>One event. SafeText has cleaned its texts. The terminal, the pipe and JSON get the same events.</summary>
internal sealed record ChatEvent(EventKind Kind)
{
    /// <summary>The offset in the server's log; null for an event outside it.</summary>
    public long? Offset { get; init; }

    /// <summary>The time of the event by the server's clock; null if the server sends none.</summary>
    public long? UnixMilliseconds { get; init; }

    /// <summary>
    /// The name of the sender, of the person that joined or left, or before a rename; otherwise empty.
    /// </summary>
    public string Name { get; init; } = "";

    /// <summary>The person of <see cref="Name"/> had the mark of a host; of a rename, has it now.</summary>
    public bool IsHost { get; init; }

    /// <summary>Of a whisper: its receiver had the mark of a host.</summary>
    public bool IsToHost { get; init; }

    /// <summary>The name with the mark of a host.</summary>
    public string ShownName => HostMark.Show(Name, IsHost);

    /// <summary>The receiver of a whisper with the mark of a host.</summary>
    public string ShownTo => HostMark.Show(To, IsToHost);

    /// <summary>A rename that changes only the mark of a host. The server says more about it elsewhere.</summary>
    public bool IsMarkOnly => Kind == EventKind.Rename && Name == Text;

    /// <summary>
    /// The text; the new name of a rename; the reason of a leave. Only the text of Say and Edit may have line feeds and
    /// tabs: it is a snippet then.
    /// </summary>
    public string Text { get; init; } = "";

    /// <summary>Of Edit, Delete and an answer: the offset of the earlier message.</summary>
    public long? Target { get; init; }

    /// <summary>Of an answer: <c>to bob: "first words..."</c>; otherwise empty.</summary>
    public string Quoted { get; init; } = "";

    /// <summary>Of Say and Me: the text is a correction of an earlier message.</summary>
    public bool IsEdited { get; init; }

    /// <summary>The message was withdrawn; its text is gone.</summary>
    public bool IsWithdrawn { get; init; }

    /// <summary>Of a join: the previous name of the person, if it differs; otherwise empty.</summary>
    public string Former { get; init; } = "";

    /// <summary>A join without encryption from another computer: others in the network can read along.</summary>
    public bool IsInClear { get; init; }

    /// <summary>The receiver of a whisper.</summary>
    public string To { get; init; } = "";

    /// <summary>Said or done by this person; for Say, Me and Whisper from any client of theirs.</summary>
    public bool Mine { get; init; }

    /// <summary>Said by this client, which may have shown the line already.</summary>
    public bool IsEcho { get; init; }

    /// <summary>The line was in the log before this client joined, or is a repeated one: no bell, no mention.</summary>
    public bool IsHistory { get; init; }

    /// <summary>The line was said while the connection was broken, and arrived after the reconnect.</summary>
    public bool IsMissed { get; init; }

    /// <summary>Of an error or an own line: the place of its line in the input.</summary>
    public InputOrigin Origin { get; init; }

    /// <summary>Of a gap: the number of lost bytes; null if unknown.</summary>
    public long? Bytes { get; init; }

    /// <summary>
    /// Of Present: the people in the order of their numbers. The list is incomplete if <see cref="Total"/> is higher.
    /// </summary>
    public IReadOnlyList<PresentPerson> People { get; init; } = [];

    /// <summary>Of Found: the lines, oldest first. The text of the event is the text to find.</summary>
    public IReadOnlyList<ChatEvent> Found { get; init; } = [];

    /// <summary>Of Found: there may be older lines.</summary>
    public bool HasMore { get; init; }

    /// <summary>Of Found: the lines are older than those of the page before.</summary>
    public bool IsContinued { get; init; }

    /// <summary>Of Found: the server is too old to search its history.</summary>
    public bool IsUnsupported { get; init; }

    /// <summary>Of Present: the number of people in the room.</summary>
    public long Total { get; init; }

    /// <summary>Of Present: the person typed the request, instead of the client alone making it.</summary>
    public bool IsAsked { get; init; }

    /// <summary>
    /// Of Notice: the server only counts joins and leaves, so the client must request the roster again.
    /// </summary>
    public bool IsCount { get; init; }

    /// <summary>Of a gap: the server restarted with a new log, without the earlier lines.</summary>
    public bool IsNewLog { get; init; }

    /// <summary>
    /// Of Link: the state entered. While waiting, <see cref="RetryMilliseconds"/> is the time to the next attempt.
    /// </summary>
    public LinkState? State { get; init; }

    public int? RetryMilliseconds { get; init; }

    /// <summary>Of Link, if joined: whether others can read the link. The text has news about it, if any.</summary>
    public LinkSecurity? Security { get; init; }
}
