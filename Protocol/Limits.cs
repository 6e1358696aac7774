namespace Chat.Protocol;

/// <summary>
/// Every size and time of the product, once, with its unit and its reason. Nothing else in the tree states a bound as a number;
/// what follows from another bound is written as the sum it is.
/// </summary>
internal static class Limits
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
}
