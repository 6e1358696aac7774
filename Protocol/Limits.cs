namespace Chat.Protocol;

/// <summary>
/// Every size and time of the product, once, with its unit and its reason. Nothing else in the tree states a bound as a number;
/// what follows from another bound is written as the sum it is. This file has what both ends and the server keep to; the other part, what a person at a
/// terminal meets.
/// </summary>
internal static partial class Limits
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

    /// <summary>Numbers tried one by one for a name that is free; a tenth of a millisecond's work.</summary>
    public const int NamesTriedInTurn = 128;

    // ---- Commands and options ----

    /// <summary>Letters of a word that is completed to a known one: a single letter could mean anything.</summary>
    public const int ShortestMisspelling = 2;

    /// <summary>Letters of a word that is compared with the known ones; none of those is half as long.</summary>
    public const int LongestMisspelling = 40;

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

    /// <summary>Lines of the conversation that a newcomer is shown, and what /history gives when no number is said.</summary>
    public const int BacklogLines = 20;

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
    /// (<see cref="Clients"/>), and with the square of their number fewer. Of ten thousand a thousand and more a second show that they are there, and to wake for each alone costs twice as
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

    /// <summary>Members at once, if the system has the descriptors.</summary>
    public const int Clients = 10_000;

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
    public const int BurstMilliseconds = 4 * LineBytes * 1000 / BytesPerSecond;

    /// <summary>
    /// Bytes of answers one member may have waiting. Nothing more is read from it while an answer of the longest kind
    /// (<see cref="AnswerBytes"/>) would not fit.
    /// </summary>
    public const int LaneBytes = 32 * 1024;

    /// <summary>Bytes of a lane that is kept when it is empty: those of a pong, which rich members are sent for as long as they are here.</summary>
    public const int KeptLaneBytes = 32;

    /// <summary>Bytes one command may be answered with; /who is cut to this.</summary>
    public const int AnswerBytes = 16 * 1024;

    /// <summary>People of whom /who tells more than the name, a line each: with the prompt they fill a window of 24 rows.</summary>
    public const int PeopleTold = 20;

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

    /// <summary>Where a server listens and a client calls when nothing else is said.</summary>
    public const int Port = 8082;

    /// <summary>Milliseconds a client tries to reach a server before it gives up.</summary>
    public const int ConnectMilliseconds = 10_000;

    /// <summary>Milliseconds after which a person at a terminal is told what is being waited for.</summary>
    public const int ConnectingMilliseconds = 1000;

    /// <summary>
    /// Milliseconds the next address of a name is held back while the last is being tried (RFC 8305, 5, says 250): a dead IPv6 address must not
    /// hide an IPv4 one that works.
    /// </summary>
    public const int NextAddressMilliseconds = 250;

    /// <summary>Milliseconds between two looks at connections under way, of which there may be several.</summary>
    public const int DialLookMilliseconds = 20;

    /// <summary>Bytes a client takes from its server between two looks at the keyboard.</summary>
    public const int ClientReceiveBytes = 16 * 1024;

    /// <summary>Things that happened and wait to be shown, at which no more is received. Two frames full of ordinary lines.</summary>
    public const int EventsWaiting = 512;

    /// <summary>Bytes of lines that wait in the client to be sent. When they are more, standard input is not read.</summary>
    public const int OutboxBytes = 64 * 1024;

    /// <summary>Milliseconds a client that has said everything waits for its server to have taken it.</summary>
    public const int FarewellMilliseconds = 10_000;

    /// <summary>Milliseconds of silence after which a foreign server, which confirms nothing, is taken to have taken everything.</summary>
    public const int ForeignFarewellMilliseconds = 500;

    /// <summary>Milliseconds after which what a foreign server left unfinished is shown as it is.</summary>
    public const int UnfinishedMilliseconds = 200;

    /// <summary>
    /// Milliseconds between two lines to a foreign server. They relay what one receive brings as one message, so two lines that arrive
    /// together would share one prefix.
    /// </summary>
    public const int ForeignGapMilliseconds = 100;

    /// <summary>Milliseconds after which an escape that nothing followed was the key of that name.</summary>
    public const int LoneEscapeMilliseconds = 50;

    /// <summary>
    /// Milliseconds of silence after which a paste without its end mark has ended, and a part of a character or of a control sequence is none. A
    /// terminal sends each in one piece; a segment lost on the way is sent again after 200 ms or more (RFC 6298). A keyboard that is silent for longer seems dead.
    /// </summary>
    public const int PasteSilenceMilliseconds = 1000;

    /// <summary>
    /// Milliseconds after several lines came in one read in which more belongs to them: a terminal that marks no paste sends it in pieces of up to
    /// 4 KiB, one behind the other. Shorter than a person needs to read a question and answer it.
    /// </summary>
    public const int PasteBurstMilliseconds = 100;

    /// <summary>Milliseconds a client waits for the mark before it takes the server for a plain one.</summary>
    public const int MarkMilliseconds = 500;

    /// <summary>
    /// Milliseconds a script with --plain waits for the first byte of a server, which may be stopped, busy, or behind a slow
    /// link. Without --plain a script says nothing to a silent server.
    /// </summary>
    public const int SilentMarkMilliseconds = 5000;

    /// <summary>
    /// Milliseconds after that in which requests still wait for a mark, while no text went out plainly. Twice the first wait:
    /// a retransmission takes so long on a slow way.
    /// </summary>
    public const int LateMarkMilliseconds = 1000;

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

    /// <summary>People a room remembers by their tokens, here or away: twice as many as can be here.</summary>
    public const int PeopleRemembered = 2 * Clients;

    /// <summary>Clients of one person that are remembered: more than anybody has open at once.</summary>
    public const int SeatsRemembered = 8;

    /// <summary>Rings that a bounded history must hold at least; it begins anew with one ring, and doing so must stay rare.</summary>
    public const int RingsPerHistory = 4;

    /// <summary>
    /// Files kept that stood in the place of the history. Each is as large as a history: a program that replaces or changes
    /// it every second, or a network file system that reports a file late, would fill the disk with them.
    /// </summary>
    public const int ReplacedHistories = 9;

    /// <summary>Bytes of a line that says who somebody is, at most: a name, three numbers, two secrets.</summary>
    public const int KeyTextBytes = 256;

    /// <summary>Milliseconds between losing a server of ours and calling it again, at least and at most; in between it is drawn by lot.</summary>
    public const int RetryLeastMilliseconds = 500,
        RetryMostMilliseconds = 30_000;

    /// <summary>
    /// The same at most for a server on the same network: it is back in a moment, and a client that calls every five seconds is no load.
    /// </summary>
    public const int RetryNearMostMilliseconds = 5000;

    /// <summary>Milliseconds between two attempts that a key asks for: a held Enter must not hammer the server.</summary>
    public const int HurryMilliseconds = 1000;

    /// <summary>The same for a foreign server, at least: some of them keep a thread spinning for everybody who leaves.</summary>
    public const int ForeignRetryMilliseconds = 5000;

    /// <summary>Milliseconds a connection must have lasted for the next attempts to begin anew.</summary>
    public const int RetryResetMilliseconds = 60_000;

    /// <summary>Milliseconds a client waits for another run that is making the identity, a file of one line.</summary>
    public const int IdentityMilliseconds = 2000;

    /// <summary>
    /// Lines of a paste that a client has under way at once. They cannot be taken back and delay a line typed meanwhile, so few; but at five lines a
    /// second they are always enough.
    /// </summary>
    public const int PasteWindowLines = 4;

    /// <summary>
    /// Milliseconds a client that leaves waits for lines that are under way, so that it can say exactly how many were not sent: four of the longest
    /// lines take two seconds at the pace the server allows.
    /// </summary>
    public const int LeaveUnderWayMilliseconds = 3000;

    /// <summary>Milliseconds somebody who leaves a terminal waits for the server to hear of it.</summary>
    public const int LeaveMilliseconds = 500;

    /// <summary>
    /// Numbers and times in the log are below this; a request with a larger number is refused. A history with a larger one
    /// is damaged, because the server would overflow when it counts on from there.
    /// </summary>
    public const long LargestNumber = 100_000_000_000_000;
}
