using System.Diagnostics.CodeAnalysis;
using Chat.Protocol.Wire;
using Chat.Server.Access;

namespace Chat.Server.Rooms;

/// <summary>
/// All that connections can do to the room. The sessions know the room only by these events. Each event has its
/// time, and the room applies it at once, in the order of the calls.
/// </summary>
/// <remarks>
/// The room reads no clock and knows no connection. Its logs, names and answers follow from its first state, the
/// events and their times. The progress of a send is no event; it only decides where a feed continues.
/// </remarks>
internal interface IRoomEvents
{
    /// <summary>A rich client sent its hello: it is new or reconnects.</summary>
    /// <param name="hello">The first line of the client.</param>
    /// <param name="plain">The member that the connection was so far, because its hello came late; null for
    /// none. It leaves.</param>
    /// <param name="now">The time of the event.</param>
    /// <param name="replaced">The previous connection of the same client, to be closed silently; null for none.</param>
    /// <param name="from">The address of the peer.</param>
    /// <param name="isEncrypted">The connection is inside TLS.</param>
    public Member Join(
        Hello hello,
        Member? plain,
        ClockReading now,
        out Member? replaced,
        PeerAddress? from = null,
        bool isEncrypted = false
    );

    /// <summary>Why the client of this hello may not join, in words; null if it may.</summary>
    /// <param name="hello">The first line of the client.</param>
    /// <param name="now">The time of the event.</param>
    /// <returns>Empty if the client was told so within the last second.</returns>
    public string? Objection(Hello hello, ClockReading now);

    /// <summary>Why no client of this address may join, in words; null if it may.</summary>
    public string? Objection(PeerAddress from, ClockReading now);

    /// <summary>
    /// Takes the next member that a host has removed. It has left the room, and its connection ends when its output is
    /// sent.
    /// </summary>
    public bool TryTakeRemoved([NotNullWhen(true)] out Member? member);

    /// <summary>Takes the next event about hosts, in words for the log.</summary>
    public bool TryTakeRecord([NotNullWhen(true)] out string? record);

    /// <summary>A connection asked for the conversation. It does not join.</summary>
    /// <param name="hello">The first line of the client.</param>
    /// <param name="plain">The member that the connection was so far, because its line came late; null for none. It
    /// leaves.</param>
    /// <param name="now">The time of the event.</param>
    public Export Export(ExportHello hello, Member? plain, ClockReading now);

    /// <summary>A connection was silent for the hello time, or began with another line: it is a plain tool.</summary>
    /// <param name="now">The time of the event.</param>
    /// <param name="from">The address of the peer.</param>
    /// <param name="isEncrypted">The connection is inside TLS.</param>
    public Member JoinPlain(ClockReading now, PeerAddress? from = null, bool isEncrypted = false);

    /// <summary>The connection of a plain tool negotiates as telnet does.</summary>
    public void NoteTelnet(Member member);

    /// <summary>A connection received a line.</summary>
    /// <param name="member">The sender.</param>
    /// <param name="line">The line without its end.</param>
    /// <param name="dropped">Bytes cut off at the end of a line that was too long.</param>
    /// <param name="now">The time of the event.</param>
    /// <returns>False when the line was a goodbye: the member has left.</returns>
    public bool HandleLine(Member member, ReadOnlySpan<byte> line, int dropped, ClockReading now);

    /// <summary>A plain tool closed its side: the member leaves.</summary>
    public void HangUp(Member member, ClockReading now);

    /// <summary>The server ends the connection: the member is sent the reason and leaves.</summary>
    public void Reject(Member member, string words, ClockReading now);

    /// <summary>A connection broke. A person with a token may come back.</summary>
    public void Lose(Member member, string why, ClockReading now);

    /// <summary>
    /// Time has passed: counted joins and leaves are announced, and people whose grace period is over leave. At least
    /// once a second.
    /// </summary>
    public void Tick(ClockReading now);

    /// <summary>The server is shutting down: a notice goes to all members. They do not leave.</summary>
    public void Shutdown(ClockReading now);
}
