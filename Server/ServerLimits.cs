using Chat.Protocol;

namespace Chat.Server;

/// <summary>Sizes and times of the server, each with its unit and its reason. No other file states a bound as a number.</summary>
internal static class ServerLimits
{
    // ---- Names ----

    /// <summary>Numbers tried one by one for a name that is free; a tenth of a millisecond's work.</summary>
    public const int NamesTriedInTurn = 128;

    // ---- The log ----

    /// <summary>
    /// Bytes of one ring: how far behind a member may fall, and how much history there is, which is somewhat less so that what is said meanwhile does
    /// not run over its reader. One number, because both are the same question. Some ten thousand lines of ordinary talk.
    /// </summary>
    public const int LogBytes = 1024 * 1024;

    /// <summary>The smallest ring: a quarter of it, the budget of a pass, must hold the longest line.</summary>
    public const int SmallestLogBytes = 64 * 1024;

    /// <summary>The largest ring; beyond it a file is the better place.</summary>
    public const int LargestLogBytes = 1024 * 1024 * 1024;

    // ---- A turn of the server's loop ----

    /// <summary>What a pass may append is the ring divided by this. See <c>ChatServer</c>: without it a burst overtakes healthy readers.</summary>
    public const int PassesPerLog = 4;

    /// <summary>Bytes taken from one member in one pass.</summary>
    public const int ReceiveBytes = 16 * 1024;

    /// <summary>Connections accepted in one pass; the members already here are not made to wait for a storm of newcomers.</summary>
    public const int AcceptsPerPass = 64;

    /// <summary>Connections the system holds for us between two passes. Ten, the classic figure, costs newcomers seconds in a storm.</summary>
    public const int ListenBacklog = 4096;

    /// <summary>Bytes of pieces between hops that are put together for one send. A piece of half as much is sent by itself.</summary>
    public const int GatherBytes = 32 * 1024;

    /// <summary>
    /// Microseconds of sending after which the loop rests for as long again; shorter sending is followed by a rest that is shorter in proportion,
    /// such as a quarter of it for a quarter of this. Some five hundred members.
    /// </summary>
    public const int LongSendingMicroseconds = 2000;

    /// <summary>Microseconds of a rest at most: nobody notices a fiftieth of a second.</summary>
    public const int RestMicroseconds = 20_000;

    /// <summary>
    /// Microseconds of rest after a pass in which nobody spoke and somebody was answered, with as many members as there can be
    /// (<see cref="ProtocolLimits.Clients"/>), and with the square of their number fewer. Of ten thousand a thousand and more a second show that they are there, and to wake for each alone costs twice as
    /// much. A line that comes meanwhile waits for half as long as it takes to send it to all of them, and in a room of a thousand for 0.3 ms.
    /// </summary>
    public const int AnswerRestMicroseconds = 30_000;

    /// <summary>Microseconds of a rest at least: the system wakes nobody more exactly.</summary>
    public const int LeastRestMicroseconds = 50;

    /// <summary>Milliseconds between two looks at the deadlines when nothing happens.</summary>
    public const int TickMilliseconds = 1000;

    /// <summary>Comings and goings after which the server's memory is tidied up, once they are over. What they leave behind is some 1.5 KB each.</summary>
    public const int SweptTurnover = 1000;

    /// <summary>Bytes allocated after which memory is given back, as after <see cref="SweptTurnover"/>. In a steady room nothing is allocated.</summary>
    public const int SweptBytes = 4 * 1024 * 1024;

    /// <summary>Ticks between two times that it is tidied up, which holds up the room: nobody can have it done more often by coming and going.</summary>
    public const int SweepEveryTicks = 60;

    // ---- One member ----

    /// <summary>Descriptors kept back from members: standard streams, listeners, the poller, log and history, and a reserve.</summary>
    public const int ReservedDescriptors = 32;

    /// <summary>Members from one address, the loopback exempt: one host must not fill the room.</summary>
    public const int ClientsPerAddress = 64;

    /// <summary>Lines a member may send at once after a rest.</summary>
    public const int BurstLines = 20;

    /// <summary>Lines a second a member may keep up. What comes faster waits in its own socket; nothing is lost.</summary>
    public const int LinesPerSecond = 5;

    /// <summary>Bytes a second a member may keep up.</summary>
    public const int BytesPerSecond = 8 * 1024;

    /// <summary>Milliseconds' worth of bytes a member may send at once after a rest: four of the longest lines.</summary>
    public const int BurstMilliseconds = 4 * ProtocolLimits.LineBytes * 1000 / BytesPerSecond;

    /// <summary>
    /// Bytes of answers one member may have waiting. Nothing more is read from it while an answer of the longest kind
    /// (<see cref="AnswerBytes"/>) would not fit.
    /// </summary>
    public const int LaneBytes = 32 * 1024;

    /// <summary>Bytes of a lane that is kept when it is empty: those of a pong, which rich members are sent for as long as they are here.</summary>
    public const int KeptLaneBytes = 32;

    /// <summary>Bytes one command may be answered with; /who is cut to this.</summary>
    public const int AnswerBytes = 16 * 1024;

    /// <summary>Characters after which the list of /who goes on in another line.</summary>
    public const int WhoLineLength = 400;

    /// <summary>Milliseconds a connection may keep silent before it is taken for a person at a plain tool and shown to the room.</summary>
    public const int HelloMilliseconds = 300;

    /// <summary>Milliseconds a member may take nothing while something is owed to it.</summary>
    public const int StalledMilliseconds = 30_000;

    /// <summary>
    /// Milliseconds a closed connection is still listened to, its words thrown away. Closing with unread bytes would make the system send a
    /// reset, which takes our last line, the reason, out of the peer's hands (RFC 1122, 4.2.2.13).
    /// </summary>
    public const int LingerMilliseconds = 1000;

    /// <summary>
    /// Milliseconds the words of a connection that is over in both directions are still taken, at the pace allowed. Without a bound, whoever
    /// connects, fills a buffer and goes would keep a descriptor for as long as its words last. Long enough for a hundred lines out of a script.
    /// </summary>
    public const int OutliveMilliseconds = 20_000;

    /// <summary>Joins and leaves told one by one in a second; more are told as one line per second.</summary>
    public const int PresenceLinesPerSecond = 20;

    // ---- The link ----

    /// <summary>Seconds of silence before the system probes a peer, seconds between probes, and probes: gone after 60 s.</summary>
    public const int KeepAliveSeconds = 30,
        KeepAliveIntervalSeconds = 10,
        KeepAliveProbes = 3;

    /// <summary>Milliseconds sent data may stay unacknowledged (RFC 5482). Keepalive is silent while data is queued, so it alone never ends.</summary>
    public const int UnacknowledgedMilliseconds = 60_000;

    /// <summary>Milliseconds the server gives its members, at its end, to take what they are owed.</summary>
    public const int DrainMilliseconds = 3000;

    /// <summary>Milliseconds without accepting after the system could not give us a connection: trying on would spin.</summary>
    public const int AcceptPauseMilliseconds = 500;

    /// <summary>The message of a log line: a path may have 4,096 bytes, and cleaning may make three of one.</summary>
    public const int LogMessageBytes = 16 * 1024;

    /// <summary>Bytes that may wait for the server's own terminal, and as many for its log.</summary>
    public const int OutletBytes = 128 * 1024;

    /// <summary>Milliseconds from one write to either to the next, where little waits.</summary>
    public const int OutletRestMilliseconds = 10;

    /// <summary>Milliseconds between two lines of the log about the same trouble.</summary>
    public const int LogEveryMilliseconds = 1000;

    // ---- Rich members and the history ----

    /// <summary>Milliseconds a break may last before the others learn of it: a laptop that is carried to another room, a restart of the server.</summary>
    public const int GraceMilliseconds = 30_000;

    /// <summary>People a room remembers by their tokens, here or away: twice as many as can be here.</summary>
    public const int PeopleRemembered = 2 * ProtocolLimits.Clients;

    /// <summary>Clients of one person that are remembered: more than anybody has open at once.</summary>
    public const int SeatsRemembered = 8;

    /// <summary>Rings that a bounded history must hold at least; it begins anew with one ring, and doing so must stay rare.</summary>
    public const int RingsPerHistory = 4;

    /// <summary>
    /// Files kept under one name beside the history: damaged ones, and those that replaced it. Each is as large as a history.
    /// A program that replaces it every second, or a file system that damages each one, would fill the disk with them.
    /// </summary>
    public const int KeptHistories = 9;

    /// <summary>Bytes of a line that says who somebody is, at most: a name, three numbers, two secrets.</summary>
    public const int KeyTextBytes = 256;

    /// <summary>
    /// Numbers and times in the log are below this; a request with a larger number is refused. A history with a larger one
    /// is damaged, because the server would overflow when it counts on from there.
    /// </summary>
    public const long LargestNumber = 100_000_000_000_000;
}
