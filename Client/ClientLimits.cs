using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// Sizes and times of the client, each with its unit and its reason. No other file states a bound as a number.
/// </summary>
internal static class ClientLimits
{
    // ---- The link ----

    /// <summary>Milliseconds a client tries to reach a server before it gives up.</summary>
    public const int ConnectMilliseconds = 10_000;

    /// <summary>Milliseconds after which a person at a terminal is told what is being waited for.</summary>
    public const int ConnectingMilliseconds = 1000;

    /// <summary>
    /// Milliseconds the next address of a name is held back while the last is being tried (RFC 8305, 5, says 250): a
    /// dead IPv6 address must not hide an IPv4 one that works.
    /// </summary>
    public const int NextAddressMilliseconds = 250;

    /// <summary>Milliseconds between two looks at connections under way, of which there may be several.</summary>
    public const int DialLookMilliseconds = 20;

    /// <summary>Bytes a client takes from its server between two looks at the keyboard.</summary>
    public const int ClientReceiveBytes = 16 * 1024;

    /// <summary>
    /// Things that happened and wait to be shown, at which no more is received. Two frames full of ordinary lines.
    /// </summary>
    public const int EventsWaiting = 512;

    /// <summary>
    /// Bytes of lines that wait in the client to be sent. When they are more, standard input is not read.
    /// </summary>
    public const int OutboxBytes = 64 * 1024;

    /// <summary>Milliseconds a client that has said everything waits for its server to have taken it.</summary>
    public const int FarewellMilliseconds = 10_000;

    /// <summary>
    /// Milliseconds of silence after which a foreign server, which confirms nothing, is taken to have taken everything.
    /// </summary>
    public const int ForeignFarewellMilliseconds = 500;

    /// <summary>Milliseconds after which what a foreign server left unfinished is shown as it is.</summary>
    public const int UnfinishedMilliseconds = 200;

    /// <summary>
    /// Milliseconds between two lines to a foreign server. They relay what one receive brings as one message, so two
    /// lines that arrive together would share one prefix.
    /// </summary>
    public const int ForeignGapMilliseconds = 100;

    /// <summary>Milliseconds after which an escape that nothing followed was the key of that name.</summary>
    public const int LoneEscapeMilliseconds = 50;

    /// <summary>
    /// Milliseconds of silence after which a paste without its end mark has ended, and a part of a character or of a
    /// control sequence is none. A terminal sends each in one piece; a segment lost on the way is sent again after 200
    /// ms or more (RFC 6298). A keyboard that is silent for longer seems dead.
    /// </summary>
    public const int PasteSilenceMilliseconds = 1000;

    /// <summary>
    /// Milliseconds after several lines came in one read in which more belongs to them: a terminal that marks no paste
    /// sends it in pieces of up to 4 KiB, one behind the other. Shorter than a person needs to read a question and
    /// answer it.
    /// </summary>
    public const int PasteBurstMilliseconds = 100;

    /// <summary>Milliseconds a client waits for the mark before it takes the server for a plain one.</summary>
    public const int MarkMilliseconds = 500;

    /// <summary>
    /// Milliseconds a script with --plain waits for the first byte of a server, which may be stopped, busy, or behind a
    /// slow link. Without --plain a script says nothing to a silent server.
    /// </summary>
    public const int SilentMarkMilliseconds = 5000;

    /// <summary>
    /// Milliseconds after that in which requests still wait for a mark, while no text went out plainly. Twice the first
    /// wait: a retransmission takes so long on a slow way.
    /// </summary>
    public const int LateMarkMilliseconds = 1000;

    // ---- Rich members and the history ----

    /// <summary>
    /// Milliseconds between losing a server of ours and calling it again, at least and at most; in between it is drawn
    /// by lot.
    /// </summary>
    public const int RetryLeastMilliseconds = 500,
        RetryMostMilliseconds = 30_000;

    /// <summary>
    /// The same at most for a server on the same network: it is back in a moment, and a client that calls every five
    /// seconds is no load.
    /// </summary>
    public const int RetryNearMostMilliseconds = 5000;

    /// <summary>
    /// Milliseconds between two attempts that a key asks for: a held Enter must not hammer the server.
    /// </summary>
    public const int HurryMilliseconds = 1000;

    /// <summary>
    /// The same for a foreign server, at least: some of them keep a thread spinning for everybody who leaves.
    /// </summary>
    public const int ForeignRetryMilliseconds = 5000;

    /// <summary>
    /// Milliseconds that a connection must last before the wait for the next attempt starts from the least again.
    /// </summary>
    public const int RetryResetMilliseconds = 60_000;

    /// <summary>Milliseconds a client waits for another run that is making the identity, a file of one line.</summary>
    public const int IdentityMilliseconds = 2000;

    /// <summary>
    /// Lines of a paste that a client has under way at once. They cannot be taken back and delay a line typed
    /// meanwhile, so few; but at five lines a second they are always enough.
    /// </summary>
    public const int PasteWindowLines = 4;

    /// <summary>
    /// Milliseconds a client that leaves waits for lines that are under way, so that it can say exactly how many were
    /// not sent: four of the longest lines take two seconds at the pace the server allows.
    /// </summary>
    public const int LeaveUnderWayMilliseconds = 3000;

    /// <summary>Milliseconds that a leaving client waits for the server to take its goodbye.</summary>
    public const int LeaveMilliseconds = 500;

    // ---- The terminal ----

    /// <summary>Milliseconds between two frames of what arrives: sixty a second, as many as a screen shows.</summary>
    public const int FrameMilliseconds = 17;

    /// <summary>
    /// Bytes of arriving lines in one frame, without the last line. Some 300 lines, more than a window has; a
    /// terminal behind a slow line (1 MB/s) has drawn it within 50 ms, and then a key.
    /// </summary>
    public const int FrameBytes = 32 * 1024;

    /// <summary>
    /// Bytes left in the line at which the prompt begins to count them down: two rows of a common window.
    /// </summary>
    public const int CountdownBytes = 200;

    /// <summary>
    /// Steps that Ctrl-_ goes back. A step holds a whole line, so all of them come to 800 KiB at worst.
    /// </summary>
    public const int UndoSteps = 100;

    /// <summary>
    /// Bytes of one paste: as much as may wait to be sent. The rest is not taken, and the question says so.
    /// </summary>
    public const int PasteBytes = OutboxBytes;

    /// <summary>Characters of what Ctrl-R looks for. A row of a common window has no room for more.</summary>
    public const int SearchLength = 40;

    /// <summary>Lines said before that Up walks back through. More than anybody walks by hand.</summary>
    public const int InputHistoryLines = 500;

    /// <summary>Bytes of the file they are kept in; when it is larger, its older half goes.</summary>
    public const int InputHistoryBytes = 256 * 1024;

    /// <summary>
    /// Attempts, and milliseconds between them, to write the last of them down while another client of this person
    /// writes.
    /// </summary>
    public const int InputHistoryAttempts = 20,
        InputHistoryRetryMilliseconds = 5;

    /// <summary>
    /// Least milliseconds between two writes of renamed people whom the person ignores: a server may rename them all
    /// day.
    /// </summary>
    public const int IgnoredWriteMilliseconds = 1000;

    /// <summary>
    /// Entries of a folder that Tab looks at for a file's name: a key is answered within a moment, however large the
    /// folder is.
    /// </summary>
    public const int FolderEntries = 10_000;

    /// <summary>Rows between conversation and prompt for what one said and the server has not taken yet.</summary>
    public const int PendingRows = 5;

    /// <summary>
    /// Milliseconds between two questions of a program's client after who is here. The server counts joins and leaves
    /// once a second, and each question takes one of the lines its member may send.
    /// </summary>
    public const int ListMilliseconds = 1000;

    /// <summary>People a client lists at most, whatever its server says: as many as there can be.</summary>
    public const int PeopleListed = ProtocolLimits.Clients;

    /// <summary>
    /// Names in a client's answer to /who if there are too many people for a line each: some ten rows.
    /// </summary>
    public const int PeopleNamed = 100;

    /// <summary>
    /// Names that Tab knows, whose colours are remembered, and that one line of joins and leaves tells.
    /// </summary>
    public const int KnownNames = 1000;

    /// <summary>Milliseconds that joins and leaves are gathered into one line while no line is said.</summary>
    public const int PresenceMilliseconds = 1000;

    /// <summary>Names told in such a line; of more only the number.</summary>
    public const int PresenceNames = 5;

    /// <summary>Milliseconds of quiet after which everything that was said during an absence has arrived.</summary>
    public const int AwaySettleMilliseconds = 500;

    /// <summary>
    /// Milliseconds after which it has arrived in a room that is never quiet: what takes longer is being said now.
    /// </summary>
    public const int AwayMostMilliseconds = 5000;

    /// <summary>
    /// Cells that the further rows of a line are set in by at most; behind a longer name they begin farther left than
    /// its first words.
    /// </summary>
    public const int HangingIndent = 24;

    /// <summary>Milliseconds between two bells.</summary>
    public const int BellMilliseconds = 1000;

    /// <summary>Lines of what was shown that /find and /save know.</summary>
    public const int SeenLines = 10_000;

    /// <summary>Characters of them, two bytes each.</summary>
    public const int SeenLength = 2 * 1024 * 1024;

    /// <summary>Lines that /find shows, the newest.</summary>
    public const int FoundLines = 20;

    /// <summary>People one may ignore. The file is read at every start.</summary>
    public const int IgnoredNames = 1000;

    /// <summary>
    /// Names remembered of one ignored person, so that old lines shown again are hidden too. More renames in one run
    /// are rare.
    /// </summary>
    public const int FormerNames = 16;

    /// <summary>Bytes of that file that are read: four to a character, and the ends of the lines.</summary>
    public const int IgnoredBytes = IgnoredNames * ((4 * ProtocolLimits.NameLength) + 1);
}
