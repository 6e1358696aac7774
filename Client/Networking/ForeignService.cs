namespace Chat.Client.Networking;

/// <summary>
/// Recognises services that relay no lines, by the beginning of their greeting. A line sent to one reaches no reader,
/// so a script must not count it as said.
/// </summary>
internal static class ForeignService
{
    /// <summary>Names the service behind a greeting.</summary>
    /// <param name="said">All bytes since the connection opened.</param>
    /// <returns>The service with its article; null for a server that may relay lines.</returns>
    public static string? NameOf(ReadOnlySpan<byte> said) =>
        said switch
        {
            _ when said.StartsWith("SSH-"u8) => "an SSH server",
            _ when said.StartsWith("HTTP/"u8) => "a web server",
            _ when said.StartsWith("220 "u8) || said.StartsWith("220-"u8) || IsRefusal(said) => "a mail or FTP server",
            _ when said.StartsWith("+OK"u8) || said.StartsWith("* OK"u8) || said.StartsWith("* PREAUTH"u8) =>
                "a mailbox server",
            _ when said.StartsWith("-ERR"u8) || said.StartsWith("-DENIED"u8) => "a mailbox or Redis server",
            _ when said.StartsWith("RFB "u8) => "a VNC server",
            _ when said.StartsWith("@RSYNCD:"u8) => "an rsync server",
            _ when said.StartsWith("INFO {"u8) => "a NATS server",
            _ when (said.StartsWith(":"u8) && said.IndexOf(" NOTICE "u8) > 0)
                    || said.StartsWith("NOTICE "u8)
                    || said.StartsWith("ERROR :"u8) => "an IRC server",
            // The greetings of MySQL, telnet logins and TLS alerts are binary.
            _ when said.Contains((byte)0) || said.StartsWith((ReadOnlySpan<byte>)[TelnetCommand]) =>
                "a server that does not speak text",
            _ => null,
        };

    private const byte TelnetCommand = 0xFF;

    // The refusals of a full mail or FTP server, and of one that closes an idle connection.
    private static bool IsRefusal(ReadOnlySpan<byte> said) =>
        said.StartsWith("421 "u8)
        || said.StartsWith("421-"u8)
        || said.StartsWith("554 "u8)
        || said.StartsWith("554-"u8);
}
