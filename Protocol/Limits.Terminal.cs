namespace Chat.Protocol;

/// <content>What a person at a terminal meets.</content>
internal static partial class Limits
{
    /// <summary>Milliseconds between two frames of what arrives: sixty a second, as many as a screen shows.</summary>
    public const int FrameMilliseconds = 17;

    /// <summary>
    /// Bytes of what arrives in one frame, but for the last line of it. Some 300 lines, more than a window has; a terminal behind a slow line (1 MB/s) has
    /// drawn it within 50 ms, and then a key.
    /// </summary>
    public const int FrameBytes = 32 * 1024;

    /// <summary>Bytes left in the line at which the prompt begins to count them down: two rows of a common window.</summary>
    public const int CountdownBytes = 200;

    /// <summary>Steps that Ctrl-_ goes back. A step holds a whole line, so all of them come to 800 KiB at worst.</summary>
    public const int UndoSteps = 100;

    /// <summary>Bytes of one paste. What is beyond is not taken, and the question about it says so; as much as may wait to be sent.</summary>
    public const int PasteBytes = OutboxBytes;

    /// <summary>Characters of what Ctrl-R looks for. A row of a common window has no room for more.</summary>
    public const int SearchLength = 40;

    /// <summary>Lines said before that Up walks back through. More than anybody walks by hand.</summary>
    public const int InputHistoryLines = 500;

    /// <summary>Bytes of the file they are kept in; when it is larger, its older half goes.</summary>
    public const int InputHistoryBytes = 256 * 1024;

    /// <summary>Attempts, and milliseconds between them, to write the last of them down while another client of this person writes.</summary>
    public const int InputHistoryAttempts = 20,
        InputHistoryRetryMilliseconds = 5;

    /// <summary>Least milliseconds between two writes of renamed people whom the person ignores: a server may rename them all day.</summary>
    public const int IgnoredWriteMilliseconds = 1000;

    /// <summary>Entries of a folder that Tab looks at for a file's name: a key is answered within a moment, however large the folder is.</summary>
    public const int FolderEntries = 10_000;

    /// <summary>Rows between conversation and prompt for what one said and the server has not taken yet.</summary>
    public const int PendingRows = 5;

    /// <summary>
    /// Milliseconds between two questions of a program's client after who is here. The server counts joins and leaves once a second, and each question
    /// takes one of the lines its member may send.
    /// </summary>
    public const int ListMilliseconds = 1000;

    /// <summary>People a client lists at most, whatever its server says: as many as there can be.</summary>
    public const int PeopleListed = Clients;

    /// <summary>Names in a client's answer to /who if there are too many people for a line each: some ten rows.</summary>
    public const int PeopleNamed = 100;

    /// <summary>Names that Tab knows, whose colours are remembered, and that one line of joins and leaves tells.</summary>
    public const int KnownNames = 1000;

    /// <summary>Milliseconds that joins and leaves are gathered into one line, as long as nobody says anything.</summary>
    public const int PresenceMilliseconds = 1000;

    /// <summary>Names told in such a line; of more only the number.</summary>
    public const int PresenceNames = 5;

    /// <summary>Milliseconds of quiet after which everything that was said during an absence has arrived.</summary>
    public const int AwaySettleMilliseconds = 500;

    /// <summary>Milliseconds after which it has arrived in a room that is never quiet: what takes longer is being said now.</summary>
    public const int AwayMostMilliseconds = 5000;

    /// <summary>Cells that the further rows of a line are set in by at most; behind a longer name they begin farther left than its first words.</summary>
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

    /// <summary>Names remembered of one ignored person, so that old lines shown again are hidden too. More renames in one run are rare.</summary>
    public const int FormerNames = 16;

    /// <summary>Bytes of that file that are read: four to a character, and the ends of the lines.</summary>
    public const int IgnoredBytes = IgnoredNames * ((4 * NameLength) + 1);
}
