using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// The client's sizes and times, each with its unit and reason. Other files name these instead of a number.
/// </summary>
internal static class ClientLimits
{
    /// <summary>Rows of a host's own log that wait for the terminal; each has at most a few hundred bytes.</summary>
    public const int LogRowsWaiting = 1000;

    /// <summary>Milliseconds in which a second Ctrl-C ends the host's room. Later the question comes again.</summary>
    public const int EndQuestionMilliseconds = 10_000;

    // ---- The link ----

    /// <summary>Milliseconds after which an attempt to connect fails.</summary>
    public const int ConnectMilliseconds = 10_000;

    /// <summary>Milliseconds after which a terminal shows that the client still connects.</summary>
    public const int ConnectingMilliseconds = 1000;

    /// <summary>
    /// Milliseconds between the attempts at two addresses of a name (RFC 8305, 5, says 250). A dead IPv6 address must
    /// not delay a working IPv4 one.
    /// </summary>
    public const int NextAddressMilliseconds = 250;

    /// <summary>Milliseconds between two polls of the connection attempts, of which there may be several.</summary>
    public const int DialLookMilliseconds = 20;

    /// <summary>Bytes received from the server between two reads of the keyboard.</summary>
    public const int ClientReceiveBytes = 16 * 1024;

    /// <summary>Waiting events at which the client stops receiving: two frames of ordinary lines.</summary>
    public const int EventsWaiting = 512;

    /// <summary>Bytes of unsent lines at which the client stops reading standard input.</summary>
    public const int OutboxBytes = 64 * 1024;

    /// <summary>Milliseconds without progress after which a finishing client gives up on acknowledgements.</summary>
    public const int FarewellMilliseconds = 10_000;

    /// <summary>
    /// Milliseconds of silence after which a foreign server counts as having taken everything: it acknowledges nothing.
    /// </summary>
    public const int ForeignFarewellMilliseconds = 500;

    /// <summary>Milliseconds after which an unterminated line of a foreign server is shown.</summary>
    public const int UnfinishedMilliseconds = 200;

    /// <summary>
    /// Milliseconds between two lines to a foreign server. It relays the bytes of one receive as one message, so two
    /// lines that arrive together would share one prefix.
    /// </summary>
    public const int ForeignGapMilliseconds = 100;

    /// <summary>Milliseconds after which a lone escape byte is the Escape key.</summary>
    public const int LoneEscapeMilliseconds = 50;

    /// <summary>
    /// Milliseconds of silence that end a paste without its end mark, and discard a partial character or control
    /// sequence. A terminal sends each in one piece, but TCP repeats a lost segment only after 200 ms or more (RFC
    /// 6298). A longer wait would make the keyboard seem dead.
    /// </summary>
    public const int PasteSilenceMilliseconds = 1000;

    /// <summary>
    /// Milliseconds after a read of several lines in which further reads belong to the same paste. A terminal without
    /// paste marks sends pieces of up to 4 KiB. A person needs longer to read a question and answer it.
    /// </summary>
    public const int PasteBurstMilliseconds = 100;

    /// <summary>Milliseconds without the mark after which the server counts as plain.</summary>
    public const int MarkMilliseconds = 500;

    /// <summary>
    /// Milliseconds a script with --plain waits for the server's first byte: the server may be stopped, busy or behind
    /// a slow link. Without --plain a script sends nothing to a silent server.
    /// </summary>
    public const int SilentMarkMilliseconds = 5000;

    /// <summary>
    /// Further milliseconds in which requests wait for a late mark, until the first text is sent. Twice the first wait:
    /// a retransmission on a slow network takes that long.
    /// </summary>
    public const int LateMarkMilliseconds = 1000;

    // ---- Rich members and the history ----

    /// <summary>
    /// The shortest and the longest wait in milliseconds before a reconnect to a server of ours; the wait between is
    /// random.
    /// </summary>
    public const int RetryLeastMilliseconds = 500,
        RetryMostMilliseconds = 30_000;

    /// <summary>
    /// The longest wait for a server on the same network. It restarts quickly, and an attempt every five seconds is no
    /// load.
    /// </summary>
    public const int RetryNearMostMilliseconds = 5000;

    /// <summary>Milliseconds after which an unacknowledged line is marked, and the server probed.</summary>
    public const int LateMilliseconds = 2000;

    /// <summary>
    /// Milliseconds without an acknowledgement by the server's system after which the connection counts as broken. A
    /// system repeats a segment after a timeout of 200 ms to 1 s and doubles it each time (RFC 6298). So by now it has
    /// sent the bytes three to five times.
    /// </summary>
    public const int SilentPeerMilliseconds = 3000;

    /// <summary>
    /// Milliseconds between two attempts or probes started by a key or a change of the network. A held Enter and a
    /// faulty interface must not flood the server.
    /// </summary>
    public const int HurryMilliseconds = 1000;

    /// <summary>
    /// The shortest wait before a reconnect to a foreign server: some keep a thread spinning for each closed
    /// connection.
    /// </summary>
    public const int ForeignRetryMilliseconds = 5000;

    /// <summary>Milliseconds after which a connection counts as stable and resets the wait to the shortest.</summary>
    public const int RetryResetMilliseconds = 60_000;

    /// <summary>Milliseconds a client waits while another run creates the identity file, which has one line.</summary>
    public const int IdentityMilliseconds = 2000;

    /// <summary>
    /// Pasted lines under way at once. Few, because they cannot be taken back and delay a typed line. Enough for the
    /// server's five lines a second.
    /// </summary>
    public const int PasteWindowLines = 4;

    /// <summary>
    /// Milliseconds a leaving client waits for lines under way, to report exactly how many were not sent. Four of the
    /// longest lines take two seconds at the server's rate limit.
    /// </summary>
    public const int LeaveUnderWayMilliseconds = 3000;

    /// <summary>Milliseconds a leaving client waits for the answer to its goodbye.</summary>
    public const int LeaveMilliseconds = 500;

    // ---- Finding rooms ----

    /// <summary>Milliseconds after which a search without a room reports it. It asks at 0, 1 and 3 s.</summary>
    public const int SearchMilliseconds = 3000;

    /// <summary>
    /// Milliseconds of a search before the only room is joined, so that a second one can answer. Rooms answer after up
    /// to 120 ms (RFC 6762, 6), and a wireless network holds multicast back for up to 300 ms.
    /// </summary>
    public const int SettleMilliseconds = 500;

    /// <summary>Milliseconds before the only room is joined if it appeared late.</summary>
    public const int SettleLateMilliseconds = 150;

    /// <summary>Milliseconds after which a terminal shows the list, even if it is empty.</summary>
    public const int ListAfterMilliseconds = 1000;

    /// <summary>
    /// Bytes typed before the list appears that are kept for the room; the system keeps the rest until then. A second
    /// of a fast paste has fewer.
    /// </summary>
    public const int TypedBytes = 1 << 20;

    /// <summary>
    /// Milliseconds that the server of this computer or the resolver has before the search begins. Both usually answer
    /// at once, and then nothing is sent to the network.
    /// </summary>
    public const int HeadStartMilliseconds = 50;

    /// <summary>
    /// Milliseconds between two looks at the sockets of a search: first a short time, because the person waits, and
    /// later, in an open list, a longer one.
    /// </summary>
    public const int SearchLookMilliseconds = 20,
        SearchLookLaterMilliseconds = 100;

    /// <summary>Milliseconds between the questions of a long search: six a minute.</summary>
    public const int AskAgainMilliseconds = 10_000;

    /// <summary>Milliseconds between two questions for a host: a packet gets lost.</summary>
    public const int AskHostMilliseconds = 1000;

    /// <summary>Milliseconds between two questions for the details of instances.</summary>
    public const int AskDetailsMilliseconds = 250;

    /// <summary>Milliseconds between two looks for new interfaces.</summary>
    public const int InterfacesMilliseconds = 5000;

    /// <summary>Packets read from one socket of a search in a turn: the keyboard must not wait.</summary>
    public const int PacketsPerTurn = 16;

    /// <summary>
    /// Records read of one packet: a real one has few, and each is compared with all instances.
    /// </summary>
    public const int RecordsPerPacket = 256;

    /// <summary>Rooms shown at most: more than a person chooses from.</summary>
    public const int Rooms = 64;

    /// <summary>
    /// Rooms that <c>chat find</c> lists in one run: a flood of announcements must not fill its memory.
    /// </summary>
    public const int RoomsListed = 16 * Rooms;

    /// <summary>
    /// Announced names kept, on all interfaces together. With three records and eight addresses each, they have fewer
    /// than 4,096 records.
    /// </summary>
    public const int RoomInstances = 4 * Rooms;

    /// <summary>Announced names kept of one sender: more than one machine has rooms, and few of all places.</summary>
    public const int InstancesPerSender = 16;

    /// <summary>Questions for the details of one instance: packets get lost.</summary>
    public const int DetailQuestions = 3;

    /// <summary>Bytes of a room's description that are kept: all keys of a room of ours.</summary>
    public const int RoomDataBytes = 1024;

    /// <summary>Bytes of one text in it, such as the topic: a string of DNS has 255.</summary>
    public const int RoomTextBytes = 256;

    /// <summary>People that a room may claim to have.</summary>
    public const int MembersShown = 1_000_000;

    /// <summary>
    /// The shortest time in seconds that an answer counts: two and a half questions of a long search. Answers to
    /// another port than 5353 last 10 s at most (RFC 6762, 6.7).
    /// </summary>
    public const int LeastRecordSeconds = 25;

    /// <summary>Milliseconds for which an address holds after a newer one of its host (RFC 6762, 10.2).</summary>
    public const int FlushMilliseconds = 1000;

    /// <summary>The usual and longest time in seconds that an answer counts (RFC 6762, 10).</summary>
    public const uint KnownAnswerSeconds = 4500;

    /// <summary>Addresses that are remembered for the next run: more than a person chooses from.</summary>
    public const int KnownRooms = 16;

    /// <summary>Keys of rooms that are kept: more than a person visits, and a file that is read at once.</summary>
    public const int RoomKeys = 256;

    /// <summary>Bytes read of the file with these keys. Each line has a host name and at most 73 other bytes.</summary>
    public const int RoomKeysBytes = 128 * 1024;

    /// <summary>Milliseconds a client waits while another one writes these keys.</summary>
    public const int RoomKeysMilliseconds = 500;

    /// <summary>Rooms that an error names: more would hide what to do.</summary>
    public const int RoomsNamed = 10;

    /// <summary>Addresses that are named if no room is found: more would hide the other words.</summary>
    public const int KnownRoomsNamed = 3;

    /// <summary>Bytes read of the file with these addresses.</summary>
    public const int KnownRoomsBytes = 16 * 1024;

    /// <summary>Characters of an address typed in the list of rooms.</summary>
    public const int AddressLength = 256;

    // ---- The terminal ----

    /// <summary>Milliseconds between two frames of arriving lines: sixty a second, the rate of a display.</summary>
    public const int FrameMilliseconds = 17;

    /// <summary>
    /// Bytes of arriving lines after which a frame ends: some 300 lines, more than a window has. A terminal on a slow
    /// link (1 MB/s) draws them within 50 ms, before the next key.
    /// </summary>
    public const int FrameBytes = 32 * 1024;

    /// <summary>
    /// Free bytes in the line below which the prompt shows their number: two rows of a common window.
    /// </summary>
    public const int CountdownBytes = 200;

    /// <summary>Steps that Ctrl-_ can undo. A step holds a whole draft.</summary>
    public const int UndoSteps = 100;

    /// <summary>
    /// Characters of all steps of Ctrl-_ together, and of all messages in the history under Up: sixteen of the longest
    /// drafts. The oldest are dropped.
    /// </summary>
    public const int DraftCharacters = 16 * ProtocolLimits.SnippetBytes;

    /// <summary>Rows of the draft on the screen; of a small window half the rows.</summary>
    public const int DraftRows = 8;

    /// <summary>
    /// Bytes kept of one paste: those of a message, and as many again that cleaning may remove. The question says how
    /// much a longer one has.
    /// </summary>
    public const int PasteBytes = 2 * ProtocolLimits.SnippetBytes;

    /// <summary>Bytes of a program's request: a snippet in which JSON escapes each byte (<c>\u00e4</c>).</summary>
    public const int RequestBytes = 6 * ProtocolLimits.SnippetBytes + ProtocolLimits.LineBytes;

    /// <summary>Characters of a Ctrl-R search: a row of a common window has no room for more.</summary>
    public const int SearchLength = 40;

    /// <summary>Earlier lines in the history under Up: more than a person steps through.</summary>
    public const int InputHistoryLines = 500;

    /// <summary>Bytes of one message of several rows in the history file: sixteen take the whole file.</summary>
    public const int InputHistoryEntryBytes = InputHistoryBytes / 16;

    /// <summary>Bytes of the history file above which its older half is removed.</summary>
    public const int InputHistoryBytes = 256 * 1024;

    /// <summary>
    /// Attempts at writing the last lines while another client has the lock, and the milliseconds between two attempts.
    /// </summary>
    public const int InputHistoryAttempts = 20,
        InputHistoryRetryMilliseconds = 5;

    /// <summary>
    /// The shortest time in milliseconds between two writes of renames to the ignore file: the server controls their
    /// rate.
    /// </summary>
    public const int IgnoredWriteMilliseconds = 1000;

    /// <summary>Entries of a folder that Tab reads: the key must respond at once, even in a huge folder.</summary>
    public const int FolderEntries = 10_000;

    /// <summary>Rows between conversation and prompt for unacknowledged lines.</summary>
    public const int PendingRows = 5;

    /// <summary>Searches of a program that wait for the answer to an earlier one. A program rarely has two.</summary>
    public const int SearchesWaiting = 100;

    /// <summary>
    /// Milliseconds between two roster requests of a client under a program. The server reports counts once a second,
    /// and each request uses up one line of the member's rate limit.
    /// </summary>
    public const int ListMilliseconds = 1000;

    /// <summary>People in a roster at most, whatever the server sends: the limit of a server of ours.</summary>
    public const int PeopleListed = ProtocolLimits.Clients;

    /// <summary>Names in the answer to /who if there are too many people for a line each: some ten rows.</summary>
    public const int PeopleNamed = 100;

    /// <summary>
    /// Names that Tab completes, whose colours are cached, and that one line of joins and leaves covers.
    /// </summary>
    public const int KnownNames = 1000;

    /// <summary>Milliseconds in which joins and leaves are collected into one line, unless a line is said.</summary>
    public const int PresenceMilliseconds = 1000;

    /// <summary>Names in a line of joins and leaves; of more, only the number.</summary>
    public const int PresenceNames = 5;

    /// <summary>Milliseconds of silence after which the missed lines count as complete.</summary>
    public const int AwaySettleMilliseconds = 500;

    /// <summary>
    /// Milliseconds after which the missed lines count as complete in a busy room: later lines are new.
    /// </summary>
    public const int AwayMostMilliseconds = 5000;

    /// <summary>
    /// The largest indent of a line's further rows in cells. After a longer name, they begin left of the first row's
    /// text.
    /// </summary>
    public const int HangingIndent = 24;

    /// <summary>The shortest time between two bells in milliseconds.</summary>
    public const int BellMilliseconds = 1000;

    /// <summary>Shown lines that /find and /save cover.</summary>
    public const int SeenLines = 10_000;

    /// <summary>Characters of these lines, and of the messages that /show reaches, at two bytes each.</summary>
    public const int SeenLength = 2 * 1024 * 1024;

    /// <summary>Ignored people at most: the file is read at each start.</summary>
    public const int IgnoredNames = 1000;

    /// <summary>
    /// Names remembered per ignored person, to hide repeated old lines too. More renames in one run are rare.
    /// </summary>
    public const int FormerNames = 16;

    /// <summary>Bytes read of the ignore file: four per character, and the line ends.</summary>
    public const int IgnoredBytes = IgnoredNames * ((4 * ProtocolLimits.NameLength) + 1);

    /// <summary>Least milliseconds between two desktop notices: a busy room must not bury the desktop.</summary>
    public const int NoticeMilliseconds = 1000;

    /// <summary>Clusters of a desktop notice. Desktops cut them at two or three lines.</summary>
    public const int NoticeClusters = 160;

    /// <summary>Mentions and whispers that /mentions keeps: two screens.</summary>
    public const int MissedMentions = 50;

    /// <summary>Characters of an address that is made a link: some terminals ignore a longer one.</summary>
    public const int LinkCharacters = 2083;

    /// <summary>Messages that /show, /copy and /raw reach: some hours of talk.</summary>
    public const int RecentMessages = 1000;

    /// <summary>Messages that /numbers lists: most of a window of 24 rows.</summary>
    public const int NumbersListed = 20;

    /// <summary>Rows of a message that are shown whole: a message must not push the others out of the window.</summary>
    public const int WholeRows = 20;

    /// <summary>Rows of a longer message that are shown.</summary>
    public const int FirstRows = 12;
}
