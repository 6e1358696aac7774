using Chat.Protocol;

namespace Chat.Server;

/// <summary>
/// Sizes and times of the server, each with its unit and its reason. No other file contains a limit as a
/// number.
/// </summary>
internal static class ServerLimits
{
    /// <summary>Seconds to the end of the room after /shutdown, time enough to call it off.</summary>
    public const int ShutdownSeconds = 10;

    /// <summary>The most seconds of /shutdown: a day.</summary>
    public const int MostShutdownSeconds = 86_400;

    /// <summary>Bytes of the file with the message for newcomers. A screenful has 2,000.</summary>
    public const int MotdBytes = 4096;

    /// <summary>Rows of the message for newcomers. They precede the last lines of the room on one screen.</summary>
    public const int MotdRows = 20;

    /// <summary>Names in the answer to a ban of addresses. All of them may have 64 bytes and be 10,000.</summary>
    public const int NamesOfBan = 5;

    /// <summary>Bytes of the topic. With its key it fits into a text of DNS-SD, and in base64 into a record.</summary>
    public const int TopicBytes = 120;

    // ---- Names ----

    /// <summary>Numbers tried one by one to find a free name; takes a tenth of a millisecond.</summary>
    public const int NamesTriedInTurn = 128;

    // ---- The log ----

    /// <summary>
    /// Bytes of one ring. They limit both how far behind a member may fall and how much history there is. The
    /// history is somewhat shorter, so that new lines do not overwrite it while it is sent. Some ten thousand
    /// lines of ordinary talk.
    /// </summary>
    public const int LogBytes = 1024 * 1024;

    /// <summary>The smallest ring: a quarter of it, the budget of a pass, must hold the longest line.</summary>
    public const int SmallestLogBytes = 64 * 1024;

    /// <summary>The largest ring; a longer conversation belongs in a file.</summary>
    public const int LargestLogBytes = 1024 * 1024 * 1024;

    // ---- A pass of the server's loop ----

    /// <summary>
    /// A pass appends at most the ring divided by this; otherwise a burst could overwrite lines before fast
    /// readers receive them. See <c>ChatServer</c>.
    /// </summary>
    public const int PassesPerLog = 4;

    /// <summary>Bytes received from one member in one pass.</summary>
    public const int ReceiveBytes = 16 * 1024;

    /// <summary>Connections accepted in one pass, so a storm of joins does not delay the members.</summary>
    public const int AcceptsPerPass = 64;

    /// <summary>
    /// Connections that the system queues between two passes. The classic 10 costs new clients seconds in a
    /// storm.
    /// </summary>
    public const int ListenBacklog = 4096;

    /// <summary>
    /// Bytes of short pieces between hops that are copied into one send. A piece of half this size is sent by
    /// itself.
    /// </summary>
    public const int GatherBytes = 32 * 1024;

    /// <summary>
    /// Microseconds of sending after which the loop rests for the same time. Shorter sending causes a rest
    /// shorter in proportion: a quarter of this time, a rest of a quarter of its length. Reached at some five
    /// hundred members.
    /// </summary>
    public const int LongSendingMicroseconds = 2000;

    /// <summary>The longest rest, in microseconds: a delay of 20 ms is not noticed.</summary>
    public const int RestMicroseconds = 20_000;

    /// <summary>
    /// Microseconds of rest after a pass that sent only answers, at <see cref="ProtocolLimits.Clients"/>
    /// members; it is proportional to the square of their number. Of ten thousand members more than a thousand
    /// a second send a ping, and waking for each one alone costs twice as much. A line that arrives meanwhile
    /// waits half as long as sending it to all members takes; in a room of a thousand, 0.3 ms.
    /// </summary>
    public const int AnswerRestMicroseconds = 30_000;

    /// <summary>The shortest rest, in microseconds: the system's timers are no more exact.</summary>
    public const int LeastRestMicroseconds = 50;

    /// <summary>Milliseconds between two checks of the deadlines in an idle server.</summary>
    public const int TickMilliseconds = 1000;

    /// <summary>
    /// Connections opened plus closed after which memory is collected, once the storm is over. Each leaves some
    /// 1.5 KB.
    /// </summary>
    public const int TrimTurnover = 1000;

    /// <summary>
    /// Bytes allocated after which memory is collected, as with <see cref="TrimTurnover"/>. The steady state
    /// allocates nothing.
    /// </summary>
    public const int TrimBytes = 4 * 1024 * 1024;

    /// <summary>
    /// Ticks between two collections, which block the room: joining and leaving must not cause them more often.
    /// </summary>
    public const int TrimIntervalTicks = 60;

    // ---- One member ----

    /// <summary>
    /// Descriptors not available to members: standard streams, listeners, the poller, log and history, and a
    /// reserve.
    /// </summary>
    public const int ReservedDescriptors = 32;

    /// <summary>
    /// Members from one address, so that one host cannot fill the room. The server's own computer is exempt.
    /// </summary>
    public const int ClientsPerAddress = 64;

    /// <summary>Lines a member may send at once after a pause.</summary>
    public const int BurstLines = 20;

    /// <summary>Lines a second a member may sustain. Faster input waits in its socket; nothing is lost.</summary>
    public const int LinesPerSecond = 5;

    /// <summary>Bytes a second a member may sustain.</summary>
    public const int BytesPerSecond = 8 * 1024;

    /// <summary>
    /// The burst of bytes after a pause, in milliseconds at the steady rate: four of the longest lines.
    /// </summary>
    public const int BurstMilliseconds = 4 * ProtocolLimits.LineBytes * 1000 / BytesPerSecond;

    /// <summary>
    /// Bytes of answers that may wait for one member. The member is not read from while the longest answer
    /// (<see cref="AnswerBytes"/>) would not fit.
    /// </summary>
    public const int LaneBytes = 32 * 1024;

    /// <summary>
    /// Bytes of a lane that is kept when empty: enough for a pong, which rich members receive regularly.
    /// </summary>
    public const int KeptLaneBytes = 32;

    /// <summary>Bytes of the answer to one command; /who is cut to this.</summary>
    public const int AnswerBytes = 16 * 1024;

    /// <summary>Characters after which the list of /who continues on another line.</summary>
    public const int WhoLineLength = 400;

    /// <summary>
    /// Milliseconds of silence after the greeting after which a connection is a plain tool and joins the room.
    /// </summary>
    public const int HelloMilliseconds = 300;

    /// <summary>
    /// Milliseconds after the greeting in which unread input keeps a connection from joining as a plain tool: longer
    /// than a storm of ten thousand hellos takes. Without a bound, a connection whose input never ends would hold up
    /// those behind it.
    /// </summary>
    public const int UnreadHelloMilliseconds = 10 * HelloMilliseconds;

    /// <summary>Milliseconds a member may accept no data while output is waiting for it.</summary>
    public const int StalledMilliseconds = 30_000;

    /// <summary>
    /// Milliseconds a closed connection is still read, its input discarded. Closing with unread input would
    /// send a reset, and the peer would lose the last line, which has the reason (RFC 1122, 4.2.2.13).
    /// </summary>
    public const int LingerMilliseconds = 1000;

    /// <summary>
    /// Milliseconds the input of a connection closed in both directions is still handled, at the allowed rate.
    /// Without a limit, a client could connect, fill a buffer, leave, and keep a descriptor open. Enough for a
    /// hundred lines of a script.
    /// </summary>
    public const int DrainAfterHangupMilliseconds = 20_000;

    /// <summary>Milliseconds in which a message can be corrected: later, others have answered it.</summary>
    public const int EditMilliseconds = 10 * 60 * 1000;

    /// <summary>
    /// Unfinished lines longer than an ordinary one at once, over all members. Each takes 128 KiB at most.
    /// </summary>
    public const int LongLines = 64;

    /// <summary>Milliseconds in which such a line must end: 128 KiB at 4 KiB a second.</summary>
    public const int LongLineMilliseconds = 30_000;

    /// <summary>Fewest changed messages at which those that left the ring are forgotten.</summary>
    public const int ChangesBeforeForgetting = 1000;

    /// <summary>Joins and leaves announced one by one in a second; more are announced as one line a second.</summary>
    public const int PresenceLinesPerSecond = 20;

    // ---- The connection ----

    /// <summary>
    /// Seconds of silence before the system probes a peer, seconds between probes, and the number of probes: a
    /// dead peer is found after 60 s.
    /// </summary>
    public const int KeepAliveSeconds = 30,
        KeepAliveIntervalSeconds = 10,
        KeepAliveProbes = 3;

    /// <summary>
    /// Milliseconds sent data may stay unacknowledged (RFC 5482). Needed because keepalive sends no probes
    /// while data is queued.
    /// </summary>
    public const int UnacknowledgedMilliseconds = 60_000;

    /// <summary>Milliseconds the members have at shutdown to receive their remaining output.</summary>
    public const int DrainMilliseconds = 3000;

    /// <summary>
    /// Milliseconds without accepting after the system has refused a connection: retrying at once would spin.
    /// </summary>
    public const int AcceptPauseMilliseconds = 500;

    /// <summary>
    /// Bytes of the message of a log line: a path may have 4,096 bytes, and cleaning may triple them.
    /// </summary>
    public const int LogMessageBytes = 16 * 1024;

    /// <summary>Bytes that may wait for the server's own terminal, and as many for its log.</summary>
    public const int BackgroundWriterBytes = 128 * 1024;

    /// <summary>Milliseconds between two writes to either, while little is waiting.</summary>
    public const int BackgroundWriterRestMilliseconds = 10;

    /// <summary>
    /// Wrong proofs of the host's key from one connection. A client with the right key sends none.
    /// </summary>
    public const int WrongProofs = 3;

    /// <summary>
    /// Events about hosts that wait for the log. They are taken after each line, so more than a few never wait.
    /// </summary>
    public const int RecordsWaiting = 100;

    /// <summary>
    /// Log lines about joins and leaves at once: a room of people that opens. More come at one a second, so a script
    /// that reconnects all the time does not fill a disk.
    /// </summary>
    public const int LogBurst = 30;

    /// <summary>
    /// Connections from refused addresses that wait for their answer at once. More are closed without one; the reserve
    /// of descriptors has room for these.
    /// </summary>
    public const int Visitors = 16;

    /// <summary>Bans and mutes at once: each costs a comparison for each new connection.</summary>
    public const int Sanctions = 1000;

    /// <summary>Bans and mutes that /bans lists: with their heading they fit the lane of a member.</summary>
    public const int SanctionsListed = 50;

    /// <summary>The longest ban or mute with an end, in days. One without an end lasts longer.</summary>
    public const int LongestSanctionDays = 3650;

    /// <summary>Milliseconds between two lines for a muted person at a plain tool, whatever it sends.</summary>
    public const int MutedEveryMilliseconds = 1000;

    /// <summary>Milliseconds between two log lines about the same error.</summary>
    public const int LogEveryMilliseconds = 1000;

    // ---- Browsers ----

    /// <summary>
    /// Milliseconds in which the first bytes of a connection may come before it gets the greeting. A browser sends its
    /// request at once; a person at nc does not notice.
    /// </summary>
    public const int GreetingMilliseconds = 150;

    /// <summary>Bytes of the head of an HTTP request, as other servers allow.</summary>
    public const int RequestHeadBytes = 8 * 1024;

    /// <summary>Milliseconds from the first byte of a request to its end, and from there to the hello.</summary>
    public const int RequestMilliseconds = 5000;

    /// <summary>Bytes of one frame of WebSocket from a browser. The page sends a line in each.</summary>
    public const int WebSocketFrameBytes = 1024 * 1024;

    /// <summary>
    /// Control frames and empty frames from a browser without a byte of text between them. A browser sends one for each
    /// ping of the server alone.
    /// </summary>
    public const int EmptyFrames = 1000;

    /// <summary>Bytes of the program that a download reads and sends at once.</summary>
    public const int DownloadChunkBytes = 64 * 1024;

    /// <summary>Such chunks that all downloads together send in one pass: half a millisecond on loopback.</summary>
    public const int DownloadChunksPerPass = 8;

    /// <summary>
    /// Milliseconds after a request in which a silent connection from the same address may be a browser's spare one. A
    /// browser opens it beside the one that it uses, and may send a request on it later.
    /// </summary>
    public const int SpareMilliseconds = 10_000;

    /// <summary>
    /// Milliseconds of silence after which such a connection is a plain tool all the same. On a machine at its limit,
    /// Chromium sent requests a second after it had connected.
    /// </summary>
    public const int SpareHelloMilliseconds = 5000;

    /// <summary>Addresses of browsers remembered at once.</summary>
    public const int BrowsersRemembered = 4096;

    // ---- TLS ----

    /// <summary>Milliseconds of a handshake, without the time in the queue.</summary>
    public const int HandshakeMilliseconds = 5000;

    /// <summary>Wrong secrets of one session; then it ends.</summary>
    public const int SecretTries = 3;

    /// <summary>Milliseconds between two attempts of one session. Its input waits.</summary>
    public const int SecretPauseMilliseconds = 1000;

    /// <summary>
    /// Wrong secrets from one address in <see cref="SecretWindowMilliseconds"/>; then the address waits. Loopback is
    /// not exempt: every program on this computer can guess.
    /// </summary>
    public const int SecretTriesPerWindow = 10;

    /// <summary>Milliseconds in which wrong secrets of one address count.</summary>
    public const int SecretWindowMilliseconds = 60_000;

    /// <summary>Addresses whose wrong secrets are counted; beyond them the counts begin again.</summary>
    public const int SecretAddresses = 4096;

    /// <summary>Milliseconds in which a session sends the secret. A person may look for it first.</summary>
    public const int SecretMilliseconds = 120_000;

    /// <summary>Steps of handshakes in one pass: 2 ms of CPU. A ClientHello costs its sender nothing.</summary>
    public const int HandshakesPerPass = 8;

    /// <summary>Handshakes from one address at once. The server's own computer is exempt.</summary>
    public const int HandshakesAtOnce = 20;

    /// <summary>Handshakes a second from one address after those: a thousandth of the CPU.</summary>
    public const int HandshakesPerSecond = 5;

    /// <summary>Addresses whose handshakes are counted at once.</summary>
    public const int HandshakeAddresses = 4096;

    // ---- Rich members and the history ----

    /// <summary>
    /// Milliseconds a connection may be broken before the leave is announced: long enough to carry a laptop to
    /// another room, or to restart the server.
    /// </summary>
    public const int GraceMilliseconds = 30_000;

    /// <summary>People a room remembers by their tokens, present or away: twice the possible members.</summary>
    public const int PeopleRemembered = 2 * ProtocolLimits.Clients;

    /// <summary>
    /// People forgotten at once above that: a search for the oldest takes 4 ms and serves so many newcomers.
    /// </summary>
    public const int PeopleForgottenAtOnce = PeopleRemembered / 20;

    /// <summary>Clients remembered for one person; few people have so many open at once.</summary>
    public const int SeatsRemembered = 8;

    /// <summary>
    /// Rings that a bounded history must hold at least. A new file begins with one ring, and must be needed
    /// rarely.
    /// </summary>
    public const int RingsPerHistory = 4;

    /// <summary>
    /// Files kept under one name beside the history: damaged ones, and those that replaced it. Each is as large
    /// as a history. Without a limit, a program that replaces the file every second, or a file system that
    /// damages each one, would fill the disk.
    /// </summary>
    public const int KeptHistories = 9;

    /// <summary>
    /// Bytes of the history that a search reads at once, on its own thread: almost twice the longest line. A larger
    /// slice makes other searches wait for longer.
    /// </summary>
    public const int SearchSliceBytes = 256 * 1024;

    /// <summary>
    /// Fewest milliseconds without a search between two slices; after a longer slice the rest is as long as the slice.
    /// All searches together read at most 256 MB a second, and take at most half a core.
    /// </summary>
    public const int SearchRestMilliseconds = 1;

    /// <summary>
    /// Exports at once. Each holds one slice, and a client that reads slowly holds it for long.
    /// </summary>
    public const int Exports = 8;

    /// <summary>Attempts to read a slice of the history, which another file may replace meanwhile.</summary>
    public const int SearchAttempts = 3;

    /// <summary>
    /// Numbers and times in the log are below this; a request with a larger number is refused. A history with a
    /// larger number is damaged: counting on from it would overflow.
    /// </summary>
    public const long LargestNumber = 100_000_000_000_000;

    // ---- Discovery ----

    /// <summary>
    /// Milliseconds of a window in which the bounds on packets hold. When one is reached, the sockets rest until the
    /// window ends, and the system keeps or drops what comes.
    /// </summary>
    public const int DiscoveryWindowMilliseconds = 100;

    /// <summary>Packets read in a window: a flood costs half a percent of a core.</summary>
    public const int DiscoveryPackets = 100;

    /// <summary>Bytes read in a window: a flood of the longest packets, full of questions, costs two percent.</summary>
    public const int DiscoveryBytes = 32 * 1024;

    /// <summary>Unicast answers in a window: a hundred clients that start at once wait half a second.</summary>
    public const int DiscoveryReplies = 20;

    /// <summary>Milliseconds between two looks at the interfaces, where the system reports no changes.</summary>
    public const int InterfacesMilliseconds = 30_000;

    /// <summary>
    /// Milliseconds between a reported change and a look: a new interface has its addresses some milliseconds later.
    /// </summary>
    public const int InterfacesSettleMilliseconds = 100;

    /// <summary>Milliseconds between two looks at least, for machines whose interfaces change all the time.</summary>
    public const int InterfacesAgainMilliseconds = 1000;

    /// <summary>Milliseconds between two probes, and before the first at most (RFC 6762, 8.1).</summary>
    public const int ProbeMilliseconds = 250;

    /// <summary>Milliseconds between two announcements (RFC 6762, 8.3).</summary>
    public const int AnnounceMilliseconds = 1000;

    /// <summary>Milliseconds until a record is sent again (RFC 6762, 6).</summary>
    public const int DiscoveryAgainMilliseconds = 1000;

    /// <summary>The least and the most milliseconds before an answer that others give too (RFC 6762, 6).</summary>
    public const int SharedAnswerLeast = 20,
        SharedAnswerMost = 120;

    /// <summary>The least and the most milliseconds of waiting for more known answers (RFC 6762, 7.2).</summary>
    public const int KnownAnswersLeast = 400,
        KnownAnswersMost = 500;

    /// <summary>Milliseconds before the next probe of the server that lost a tie (RFC 6762, 8.2).</summary>
    public const int TieMilliseconds = 1000;

    /// <summary>Conflicts within ten seconds after which each costs a rest (RFC 6762, 8.1).</summary>
    public const int Conflicts = 15,
        ConflictsMilliseconds = 10_000;

    /// <summary>Milliseconds of that rest.</summary>
    public const int ConflictRestMilliseconds = 5000;

    /// <summary>Seconds of validity in an answer to an asker that speaks no multicast DNS (RFC 6762, 6.7).</summary>
    public const uint ForeignTtl = 10;

    /// <summary>Askers of one interface that send their known answers in several messages, at once.</summary>
    public const int DiscoveryWaitingAskers = 4;

    /// <summary>Records of another server that are compared in a tie; a room proposes two.</summary>
    public const int ProposedRecords = 8;

    /// <summary>Bytes of the TXT record: all keys, and a topic of the longest string.</summary>
    public const int DiscoveryTextBytes = 512;

    /// <summary>Milliseconds between two changes of the TXT record: joins are no news for a network.</summary>
    public const int DiscoveryTextMilliseconds = 60_000;
}
