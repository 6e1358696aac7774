namespace Chat.Protocol;

/// <summary>
/// Sizes and times that server and client share, each with its unit and its reason. A limit that depends on
/// another is computed from it.
/// </summary>
internal static class ProtocolLimits
{
    // ---- Lines ----

    /// <summary>
    /// Bytes of one line from a member, including its line feed: two screens of text. A longer line is cut, and
    /// its sender is told.
    /// </summary>
    public const int LineBytes = 4096;

    /// <summary>Bytes of text in one line: the line without its line feed.</summary>
    public const int TextBytes = LineBytes - 1;

    /// <summary>
    /// The most bytes before the text of a relayed line: two names, offset, time, kind, id and the spaces
    /// between.
    /// </summary>
    public const int HeadBytes = 256;

    /// <summary>Bytes of one line from the server, including its line feed.</summary>
    public const int RelayedLineBytes = HeadBytes + LineBytes;

    /// <summary>
    /// Bytes of the text of one snippet, with its line feeds: a source file of ordinary size. It counts against the
    /// allowed rate, so a person waits 6 s after the largest one.
    /// </summary>
    public const int SnippetBytes = 64 * 1024;

    /// <summary>Rows of one snippet: a longer text is a file.</summary>
    public const int SnippetLines = 500;

    /// <summary>Bytes of the longest line of the rich dialect: a snippet in which each byte is escaped.</summary>
    public const int SnippetLineBytes = HeadBytes + 2 * SnippetBytes;

    /// <summary>
    /// Bytes without a line feed after which a connection is closed. No person types such a line, and no chat
    /// client sends it.
    /// </summary>
    public const int UnterminatedBytes = 64 * 1024;

    // ---- Names ----

    /// <summary>Code points in a name.</summary>
    public const int NameLength = 16;

    // ---- Commands and options ----

    /// <summary>
    /// The fewest letters of a word that is completed to a known one: a single letter could mean anything.
    /// </summary>
    public const int ShortestMisspelling = 2;

    /// <summary>
    /// The most letters of a word that is compared with the known ones; no known word is half as long.
    /// </summary>
    public const int LongestMisspelling = 40;

    // ---- The log ----

    /// <summary>Lines of the conversation that a new member receives, and the default of /history.</summary>
    public const int BacklogLines = 20;

    /// <summary>Lines that /find shows at once: most of a window of 24 rows.</summary>
    public const int FoundLines = 20;

    /// <summary>Bytes of a text to find: three rows of a window.</summary>
    public const int FindBytes = 256;

    // ---- One member ----

    /// <summary>The most members at once, if the system has enough descriptors.</summary>
    public const int Clients = 10_000;

    /// <summary>
    /// The most people for whom /who prints a line each, instead of the name only: with the prompt they fill a
    /// window of 24 rows.
    /// </summary>
    public const int PeopleTold = 20;

    // ---- The connection ----

    /// <summary>The default port of server and client.</summary>
    public const int Port = 8082;

    // ---- TLS ----

    /// <summary>Bytes of a handshake message; ours have 600.</summary>
    public const int HandshakeMessageBytes = 8 * 1024;

    /// <summary>Bytes of a record in the handshake. A ClientHello has 300 to 2,000.</summary>
    public const int HandshakeRecordBytes = HandshakeMessageBytes;

    /// <summary>Bytes of all records of one end in a handshake. Ours need 1,500 with two tries.</summary>
    public const int HandshakeBytes = 32 * 1024;

    /// <summary>
    /// Key updates of a peer in <see cref="KeyUpdateMilliseconds"/>. Each costs 20 us of CPU. A byte counts them.
    /// </summary>
    public const int KeyUpdates = 16;

    /// <summary>Milliseconds in which key updates count.</summary>
    public const int KeyUpdateMilliseconds = 60_000;

    /// <summary>
    /// Records in a row without payload. Each costs CPU, and no rate limit counts them. A byte does.
    /// </summary>
    public const int EmptyRecords = 32;

    // ---- The secret of a room ----

    /// <summary>Bytes of a secret, so that a person can type it as a line.</summary>
    public const int SecretBytes = 256;

    /// <summary>The fewest characters of a secret that a person chose: it can be guessed.</summary>
    public const int SecretCharacters = 16;

    /// <summary>The fewest words of a secret of generated words.</summary>
    public const int SecretWords = 4;

    // ---- Rich members and the history ----

    /// <summary>
    /// Milliseconds without output after which a rich client sends a ping. With ten thousand clients each ping
    /// costs the server 11 µs, because their sockets are out of the cache by then. A longer interval would
    /// detect a dead connection later.
    /// </summary>
    public const int HeartbeatMilliseconds = 7000;

    /// <summary>
    /// Milliseconds of silence after which a rich connection is dead: two heartbeats and a second for transit.
    /// A process may stall for eight seconds, and a network for six: TCP resends lost data after 0.2 s, 0.4 s
    /// and so on, in growing intervals.
    /// </summary>
    public const int DeadMilliseconds = 2 * HeartbeatMilliseconds + 1000;

    // ---- Discovery ----

    /// <summary>Bytes of the longest packet of multicast DNS that is read (RFC 6762, 17).</summary>
    public const int DiscoveryPacketBytes = 9000;

    /// <summary>Bytes of a message sent: it fits one packet of Ethernet, by IPv6 too.</summary>
    public const int DiscoveryMessageBytes = 1440;

    /// <summary>
    /// Pointers in one name. A useful one follows a label, and real names have six labels. More of them only cost time.
    /// </summary>
    public const int NamePointers = 16;

    /// <summary>
    /// Interfaces used at once. Linux lets a socket join 20 groups of IPv4 (igmp_max_memberships), and a machine with
    /// more interfaces has most of them for its containers.
    /// </summary>
    public const int Interfaces = 16;

    /// <summary>Addresses of one interface that are used; all of them fit one message.</summary>
    public const int AddressesPerInterface = 8;
}
