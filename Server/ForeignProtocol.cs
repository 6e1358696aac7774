namespace Chat.Server;

/// <summary>
/// Knows what is no chat at all: browsers, TLS, SSH and whatever else speaks first when it connects, because somebody typed the wrong port,
/// a scanner came by, or a web page posts to every port it can reach. Such a connection gets one line that says where it is, and the room
/// hears nothing of it.
/// </summary>
internal static class ForeignProtocol
{
    private const string Hint = "this is a chat room; use chat client, nc or telnet";

    /// <summary>Judges the very first bytes of a connection, line or not.</summary>
    /// <returns>Null when a person may have typed them; otherwise what to tell the peer.</returns>
    public static string? OfFirstBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("\x16\x03"u8))
            return "no TLS here: " + Hint;
        // Tab, line ends and the escape of an arrow key may be a person's; any other control at the very start is a binary protocol.
        bool binary = bytes[0] < 0x20 && bytes[0] is not ((byte)'\t' or (byte)'\n' or (byte)'\r' or 0x1B or (byte)'\b');
        return binary ? "no binary protocol here: " + Hint : null;
    }

    /// <summary>Judges the first line of a connection.</summary>
    /// <returns>As <see cref="OfFirstBytes"/>.</returns>
    public static string? OfFirstLine(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("SSH-"u8))
            return "no SSH here: " + Hint;
        if (line.StartsWith("CAP LS"u8))
            return "no IRC here: " + Hint;
        return IsRequestLine(line) ? "no web server here: " + Hint : null;
    }

    // METHOD target PROTOCOL/1.1, as HTTP (RFC 9112, 3), RTSP and SIP have it. A target is a path, an asterisk, host:port or a whole URI; without
    // that, somebody who loves HTTP/2 could not say so.
    private static bool IsRequestLine(ReadOnlySpan<byte> line)
    {
        int first = line.IndexOf((byte)' '), last = line.LastIndexOf((byte)' ');
        if (first < 1 || last <= first)
            return false;
        ReadOnlySpan<byte> method = line[..first], target = line[(first + 1)..last], version = line[(last + 1)..];
        int slash = version.IndexOf((byte)'/');
        return IsCapitals(method)
            && !target.IsEmpty && (target[0] is (byte)'/' or (byte)'*' || target.Contains((byte)':'))
            && slash > 0 && IsCapitals(version[..slash])
            && version.Length > slash + 1 && char.IsAsciiDigit((char)version[slash + 1]);
    }

    private static bool IsCapitals(ReadOnlySpan<byte> word)
    {
        foreach (byte b in word)
        {
            if (!char.IsAsciiLetterUpper((char)b) && b != '-')
                return false;
        }
        return true;
    }
}
