using System.Buffers.Text;
using System.Text;

namespace Chat.Server.Sessions;

/// <summary>
/// Recognizes the first bytes of other protocols: a client with the wrong port, a scanner, or a web page that
/// posts to every port it can reach. Such a connection gets one line of explanation, and nothing reaches the
/// room.
/// </summary>
/// <remarks>
/// A person never types a request line of HTTP, but may type <c>PASS swordfish</c>. Two facts decide such
/// cases. Protocols end their lines with CR LF, and a person does not type within the hello time. And a client
/// of a protocol sends several of its lines in a row. Otherwise the line is text.
/// </remarks>
internal static class ForeignProtocol
{
    private const string Hint = "this is a chat room; use chat client, nc or telnet";

    /// <summary>The answer to TLS.</summary>
    public static readonly string NoTls = Answer("TLS");

    /// <summary>
    /// How many of the first bytes are examined. The first header of every binary protocol has a NUL among
    /// them.
    /// </summary>
    public const int HeaderBytes = 64;

    // How many of the first bytes are searched for a control character if the first byte proves nothing.
    private const int SignBytes = 16;

    // How many lines of the first segment are searched for a line that no person types.
    private const int SegmentLines = 4;

    // RFC 2812, 2.3: a line of IRC has at most 512 bytes.
    private const int LineBytes = 512;

    // Prefixes that no person types, with or without a line feed.
    private static readonly (byte[] Start, string Name)[] Starts =
    [
        ([0x16, 0x03], "TLS"), // RFC 8446, 5.1: handshake record
        ([0xFE, 0x01], "game server"), // Minecraft, the ping before 1.7
        ("SSH-2.0-"u8.ToArray(), "SSH"), // RFC 4253, 4.2
        ("SSH-1."u8.ToArray(), "SSH"), // RFC 4253, 5
        ("<?xml version"u8.ToArray(), "XMPP"), // RFC 6120, 4.2
        ("<stream:stream"u8.ToArray(), "XMPP"),
        ("RFB 003."u8.ToArray(), "VNC"), // RFC 6143, 7.1.1
        ("CONNECT {\""u8.ToArray(), "NATS"), // NATS client protocol
        ("CONNECT {}"u8.ToArray(), "NATS"),
        ("@RSYNCD:"u8.ToArray(), "rsync"), // rsync daemon protocol
        ("\e%-12345X"u8.ToArray(), "printer"), // PJL reference manual
        ("PROXY TCP4 "u8.ToArray(), "proxy"), // PROXY protocol, 2.1
        ("PROXY TCP6 "u8.ToArray(), "proxy"),
        ("NBDMAGIC"u8.ToArray(), "block device"), // NBD protocol
        ("JDWP-Handshake"u8.ToArray(), "debugger"), // Java Debug Wire Protocol
        ("$qSupported"u8.ToArray(), "debugger"), // gdb remote serial protocol
        ("?WATCH={"u8.ToArray(), "position server"), // gpsd protocol
        ("( 2 ( "u8.ToArray(), "Subversion"), // svn protocol, 2.1
        ("\r\n\r\n"u8.ToArray(), "other service"), // scanners; PROXY protocol, 2.2, begins so too
    ];

    // Commands of IRC (RFC 2812, IRCv3, TS6) whose last parameter follows a colon.
    private const string IrcVerbs = "PASS NICK USER CAP CAPAB PROTOCTL SERVER SERVICE OPER JOIN PRIVMSG NOTICE QUIT";

    // A protocol, the first words of its lines, and their parameters: any text, a word, a number or none.
    private static readonly (string Name, string Verbs, Func<string[], bool> HasShape)[] Lines =
    [
        ("IRC", "PASS NICK", static words => words.Length == 2), // RFC 2812, 3.1
        // RFC 2813, 4.1.1; TS6
        ("IRC", "PASS", static words => words.Length > 2 && (words[2] == "TS" || IsNumber(words[2]))),
        ("IRC", "WEBIRC", static words => words.Length >= 2), // IRCv3
        // RFC 2813, 4.1.2
        ("IRC", "SERVER", static words => words.Length > 3 && words[1].Contains('.') && IsNumber(words[2])),
        ("IRC", "SERVICE", static words => words.Length == 7 && IsNumber(words[4])), // RFC 2812, 3.1.6
        ("IRC", "USER", static words => words.Length >= 5 && words[4].StartsWith(':')),
        ("IRC", "USER", static words => words.Length == 5),
        ("IRC", IrcVerbs, HasTrailing),
        ("IRC", "CAP", static words => words.Length is 2 or 3 && IsOneOf(words[1], "LS LIST REQ END")), // IRCv3
        ("IRC", "JOIN", static words => words.Length >= 2 && words[1][0] is '#' or '&'),
        ("IRC", "AUTHENTICATE", static words => words.Length == 2),
        ("mail server", "EHLO HELO LHLO", static words => words.Length is 1 or 2), // RFC 5321, 4.1.1.1
        ("mail server", "MAIL RCPT", static words => words.Length >= 2 && words[1].Contains(':')),
        ("mail server", "CAPA STLS RSET NOOP", static words => words.Length == 1), // RFC 1939, 2449
        ("file server", "USER", static words => words.Length == 2), // RFC 959, 4.1.1; POP3
        ("file server", "AUTH", static words => words.Length is 2 or 3), // RFC 4217; Redis; RFC 4954
        ("file server", "FEAT SYST PASV", static words => words.Length == 1),
        ("file server", "OPTS", static words => words.Length >= 2), // RFC 2389
        ("database", "PING", static words => words.Length == 1), // Redis, inline
        ("database", "INFO AUTH SELECT", static words => words.Length is 1 or 2),
        ("database", "HELLO", static words => words.Length >= 2 && IsNumber(words[1])),
        ("database", "CONFIG", static words => words.Length >= 3 && IsOneOf(words[1], "GET SET")),
        ("database", "SET", static words => words.Length == 3),
        ("web server", "GET", static words => words.Length == 2 && words[1][0] == '/'), // HTTP/0.9
        ("database", "GET", static words => words.Length == 2),
        ("news server", "CAPABILITIES", static words => words.Length == 1), // RFC 3977
        ("news server", "MODE", static words => words is [_, "READER"]),
        ("news server", "GROUP", static words => words.Length == 2),
        ("news server", "AUTHINFO", static words => words.Length >= 3), // RFC 4643
        ("message broker", "CONNECT STOMP", static words => words.Length == 1), // STOMP 1.2
        ("other service", "CLIENT", static words => words.Length >= 2), // RFC 2229; Redis
        ("other service", "HELP QUIT STARTTLS", static words => words.Length == 1),
    ];

    /// <summary>Examines the first bytes of a connection, whether or not they are a line.</summary>
    /// <returns>Null when a person may have typed them; otherwise the answer to the peer.</returns>
    public static string? OfFirstBytes(ReadOnlySpan<byte> bytes)
    {
        string? name = StartOf(bytes) ?? StartOf(bytes.TrimStart("\r\n"u8));
        return name is not null ? Answer(name)
            : IsBinary(bytes) ? Answer("binary protocol")
            : null;
    }

    /// <summary>
    /// Examines the first lines received within the hello time. One line that no person types decides for all
    /// of them, even behind unknown lines.
    /// </summary>
    /// <returns>The same as <see cref="OfFirstBytes"/>.</returns>
    public static string? OfFirstSegment(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes.TrimStart("\r\n"u8);
        for (int lines = 0; lines < SegmentLines && bytes.IndexOf("\r\n"u8) is >= 0 and int end; lines++)
        {
            ReadOnlySpan<byte> line = bytes[..end];
            if (
                !line.Contains((byte)'\n') && OfFirstLine(line, hasReturn: true, isEarly: false, out _) is string answer
            )
                return answer;
            bytes = bytes[(end + 2)..];
        }
        return null;
    }

    /// <summary>Examines the bytes that follow an unfinished first line.</summary>
    /// <returns>The same as <see cref="OfFirstBytes"/>.</returns>
    public static string? OfMoreBytes(ReadOnlySpan<byte> bytes) =>
        HasNul(bytes, from: 1) ? Answer("binary protocol") : null;

    /// <summary>Examines the first line of a connection.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="hasReturn">The line ended with CR LF.</param>
    /// <param name="isEarly">The line was received before a person could type it.</param>
    /// <param name="isDoubtful">Set when a person may have typed it, and the next line must decide.</param>
    /// <returns>The same as <see cref="OfFirstBytes"/>.</returns>
    public static string? OfFirstLine(ReadOnlySpan<byte> line, bool hasReturn, bool isEarly, out bool isDoubtful)
    {
        isDoubtful = false;
        if (StartOf(line) is string start)
            return Answer(start);
        if (IsRequestLine(line))
            return Answer("web server");
        if (ExactLineOf(line) is string exact)
            return Answer(exact);
        if (LineOf(line, out bool isLowerCase, out bool isCertain) is not string name)
        {
            isDoubtful = MayHoldPassword(line);
            return null;
        }
        isDoubtful = !hasReturn || !(isCertain || (isEarly && !isLowerCase));
        return isDoubtful ? null : Answer(name);
    }

    /// <summary>Examines the line behind a doubtful one: a person does not type two protocol lines in a row.</summary>
    /// <returns>The same as <see cref="OfFirstBytes"/>.</returns>
    public static string? OfNextLine(ReadOnlySpan<byte> line) =>
        LineOf(line, out _, out _) is string name
            ? Answer(name)
            : OfFirstLine(line, hasReturn: false, isEarly: false, out _);

    private static string Answer(string name) => $"no {name} here: {Hint}";

    // A control character at the start is a binary protocol. The hello of SSL 2 and RPC begins with 80 to 9F
    // and has a control character soon after. Text in Shift_JIS or a DOS code page may begin so too, but has
    // none.
    private static bool IsBinary(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return false;
        if (
            IsControl(bytes[0])
            || (bytes[0] is >= 0x80 and < 0xA0 && HasControl(bytes[..Math.Min(bytes.Length, SignBytes)]))
        )
            return true;
        return HasNul(bytes, from: 0) || IsLdap(bytes);
    }

    // RFC 4511, 4.1.1: a sequence, its length in one to three bytes, and a number of one byte.
    private static bool IsLdap(ReadOnlySpan<byte> bytes) =>
        bytes[0] == 0x30 && bytes[..Math.Min(bytes.Length, 6)].IndexOf((ReadOnlySpan<byte>)[2, 1]) >= 2;

    // People send tab, line ends, backspace and the escape of an arrow key. NUL has its own rule: after a CR it
    // is text (RFC 854).
    private static bool IsControl(byte b) =>
        b < 0x20 && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r' or 0x1B or (byte)'\b' or 0);

    private static bool HasControl(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            if (IsControl(b))
                return true;
        }
        return false;
    }

    private static bool HasNul(ReadOnlySpan<byte> bytes, int from)
    {
        for (int at = from; at < Math.Min(bytes.Length, HeaderBytes); at++)
        {
            if (bytes[at] == 0 && (at == 0 || bytes[at - 1] != '\r'))
                return true;
        }
        return false;
    }

    private static string? StartOf(ReadOnlySpan<byte> bytes)
    {
        foreach ((byte[] start, string name) in Starts)
        {
            if (bytes.StartsWith(start))
                return name;
        }
        return IsGit(bytes) ? "Git" : null;
    }

    // Git, pack protocol: the length of the packet in four hexadecimal digits, and the service.
    private static bool IsGit(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 8
        && bytes[4..].StartsWith("git-"u8)
        && Utf8Parser.TryParse(bytes[..4], out ushort _, out int used, 'x')
        && used == 4;

    // Whole lines that no person types, with either line end.
    private static string? ExactLineOf(ReadOnlySpan<byte> line)
    {
        if (line.SequenceEqual("BEGIN AUTH REQUEST"u8))
            return "CVS"; // cvsclient, 3
        if (line.SequenceEqual("PROXY UNKNOWN"u8))
            return "proxy";
        if (line.StartsWith("Content-Length: "u8) && IsDigits(line[16..]))
            return "language server"; // LSP 3.17, base protocol; DAP has the same header
        if (line.StartsWith("{\"jsonrpc\""u8))
            return "JSON RPC service"; // JSON-RPC 2.0, 4
        if (IsSyslog(line))
            return "log collector";
        if (line.SequenceEqual("CAP LS"u8) || (line.StartsWith("CAP LS "u8) && IsDigits(line[7..])))
            return "IRC";
        if (!line.StartsWith("@PJL"u8))
            return null;
        ReadOnlySpan<byte> verb = line[4..].TrimStart((byte)' ');
        return
            verb.IsEmpty
            || (line[4] == ' ' && IsCapitals(verb[..(verb.IndexOf((byte)' ') is >= 0 and int end ? end : verb.Length)]))
            ? "printer"
            : null;
    }

    // RFC 5424, 6.2 and RFC 3164, 4.1: <PRIORITY> and at once a version with a date, or the name of a month.
    private static bool IsSyslog(ReadOnlySpan<byte> line)
    {
        int end = line.IndexOf((byte)'>');
        if (end is < 2 or > 4 || line[0] != '<' || !IsDigits(line[1..end]))
            return false;
        ReadOnlySpan<byte> rest = line[(end + 1)..];
        return rest is [(byte)'1', (byte)' ', >= (byte)'0' and <= (byte)'9', ..]
            || (rest.Length > 6 && IsMonth(rest[..3]) && rest[3] == ' ');
    }

    private static bool IsMonth(ReadOnlySpan<byte> word) =>
        "JanFebMarAprMayJunJulAugSepOctNovDec"u8.IndexOf(word) % 3 == 0;

    // Lines that begin a login may hold a password in an unknown form.
    private static bool MayHoldPassword(ReadOnlySpan<byte> line)
    {
        int end = line.IndexOf((byte)' ');
        return end > 0
            && line.Length <= LineBytes
            && IsOneOf(Encoding.Latin1.GetString(line[..end]), "PASS NICK USER WEBIRC SERVER AUTH OPER LOGIN");
    }

    // The protocol of this line; null for none.
    private static string? LineOf(ReadOnlySpan<byte> line, out bool isLowerCase, out bool isCertain)
    {
        isLowerCase = isCertain = false;
        line = line.TrimEnd((byte)' ');
        if (line.IsEmpty || line.Length > LineBytes)
            return null;
        if (IsCount(line, (byte)'*') || IsCount(line, (byte)'$'))
            return "database"; // Redis serialization protocol
        if (line.SequenceEqual("version"u8) || line.SequenceEqual("stats"u8))
            return "cache"; // memcached, protocol.txt
        // RFC 2812, 2.3.1: a parameter behind a colon holds all that follows, spaces included.
        string text = Encoding.Latin1.GetString(line);
        int last = text.IndexOf(" :", StringComparison.Ordinal);
        string[] words = last < 0 ? text.Split(' ') : [.. text[..last].Split(' '), text[(last + 1)..]];
        if (words.Length > 1 && words[0].Length > 1 && words[0][0] == ':')
            words = words[1..]; // RFC 2812, 2.3: an optional prefix
        if (words.Contains(""))
            return null;
        if (CertainNameOf(words) is string certain)
        {
            isCertain = true;
            return certain;
        }
        if (
            words.Length == 2
            && words[0].EndsWith(',')
            && int.TryParse(words[0][..^1], out _)
            && int.TryParse(words[1], out _)
        )
            return "ident"; // RFC 1413
        if (words.Length == 1 && IsStompHeader(words[0]))
            return "message broker";
        if (words.Length == 1 && words[0].StartsWith("gemini://", StringComparison.Ordinal))
            return "Gemini"; // Gemini protocol, 2
        if (
            words.Length is 2 or 3
            && IsVersion(words[^1])
            && (words.Length == 2 ? IsCapitals(Encoding.Latin1.GetBytes(words[0])) : words[1][0] == '/')
        )
            return "web server"; // get / http/1.1; spamd: PING SPAMC/1.2
        if (IsImap(words))
        {
            isLowerCase = words[1].Any(char.IsAsciiLetterLower);
            return "mail server"; // RFC 9051, 2.2.1
        }
        foreach ((string name, string verbs, Func<string[], bool> hasShape) in Lines)
        {
            if (!IsOneOf(words[0], verbs) || !hasShape(words))
                continue;
            isLowerCase = words[0].Any(char.IsAsciiLetterLower);
            if (!isLowerCase || name is "IRC" or "mail server" or "file server")
                return name;
        }
        return null;
    }

    // Lines whose parameters only a program writes. A person may type NICK bob, PING or HELP at any time.
    private static string? CertainNameOf(string[] words) =>
        words switch
        {
            ["EHLO" or "HELO" or "LHLO", var host] when host.Contains('.') || host.StartsWith('[') => "mail server",
            ["MAIL", var from, ..] when from.StartsWith("FROM:<", StringComparison.Ordinal) => "mail server",
            ["RCPT", var to, ..] when to.StartsWith("TO:<", StringComparison.Ordinal) => "mail server",
            ["APOP", _, { Length: 32 } digest] when digest.All(char.IsAsciiHexDigit) => "mail server",
            [var tag, "CAPABILITY" or "STARTTLS"] when IsTag(tag) => "mail server",
            ["USER", _, _, _, [':', ..], ..] => "IRC",
            ["WEBIRC", _, _, _, _, ..] => "IRC",
            ["PASS", _, "TS", var version, ..] when IsNumber(version) => "IRC",
            ["SERVER", var server, var hops, .. var rest]
                when server.Contains('.') && IsNumber(hops) && rest.Any(static word => word[0] == ':') => "IRC",
            [var verb, ..] when IrcVerbs.Split(' ').Contains(verb) && HasTrailing(words) => "IRC",
            ["AUTH", "TLS" or "SSL"] => "file server",
            ["PROXY", "UNKNOWN", _, _, _, _] => "proxy",
            ["put", var priority, var delay, var time, var size] // beanstalkd, protocol.txt
                when IsNumber(priority) && IsNumber(delay) && IsNumber(time) && IsNumber(size) => "work queue",
            ["set" or "add" or "replace" or "append" or "prepend" or "cas", _, var flags, var expiry, var bytes, ..]
                when IsNumber(flags) && IsNumber(expiry) && IsNumber(bytes) => "cache",
            _ => null,
        };

    // RFC 2812, 2.3.1: the last parameter; some verbs have no other. A colon and one letter is a smiley.
    private static bool HasTrailing(string[] words) =>
        words
            .Skip(1)
            .Take(IsOneOf(words[0], "PASS NICK QUIT CAPAB") ? 1 : words.Length)
            .Any(static word =>
                word is [':', var first, var second, ..]
                && char.IsAsciiLetterOrDigit(first)
                && char.IsAsciiLetterOrDigit(second)
            );

    private static bool IsImap(string[] words) =>
        words switch
        {
            [var tag, var verb] => IsTag(tag) && IsOneOf(verb, "CAPABILITY STARTTLS NOOP LOGOUT ID"),
            [var tag, var verb, _, ..] => IsTag(tag) && IsOneOf(verb, "LOGIN AUTHENTICATE"),
            _ => false,
        };

    private static bool IsStompHeader(string word) =>
        word.StartsWith("accept-version:", StringComparison.Ordinal)
        || word.StartsWith("login:", StringComparison.Ordinal)
        || word.StartsWith("passcode:", StringComparison.Ordinal);

    // A name and a version with a dot, such as HTTP/1.1 or SPAMC/1.2.
    private static bool IsVersion(string word)
    {
        int slash = word.IndexOf('/');
        return slash > 0
            && word[..slash].All(char.IsAsciiLetter)
            && word[(slash + 1)..] is [>= '0' and <= '9', '.', >= '0' and <= '9'];
    }

    private static bool IsOneOf(string word, string list) =>
        list.Split(' ').Contains(word, StringComparer.OrdinalIgnoreCase);

    private static bool IsNumber(string word) => word.All(char.IsAsciiDigit);

    private static bool IsDigits(ReadOnlySpan<byte> word) =>
        !word.IsEmpty && word.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    // RFC 9051, 2.2.1: clients use a letter, digits, both or a dot.
    private static bool IsTag(string word) =>
        word == "."
        || (
            word.Length <= 8
            && char.IsAsciiLetterOrDigit(word[0])
            && word.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0
        );

    private static bool IsCount(ReadOnlySpan<byte> line, byte sign) =>
        line.Length is >= 2 and <= 6
        && line[0] == sign
        && Utf8Parser.TryParse(line[1..], out uint _, out int used)
        && used == line.Length - 1;

    // METHOD target PROTOCOL/1.1, as in HTTP (RFC 9112, 3), RTSP and SIP. The target must be a path, an
    // asterisk, host:port or a whole URI; otherwise a sentence that ends in HTTP/2 would match.
    private static bool IsRequestLine(ReadOnlySpan<byte> line)
    {
        int first = line.IndexOf((byte)' '),
            last = line.LastIndexOf((byte)' ');
        if (first < 1 || last <= first)
            return false;
        ReadOnlySpan<byte> method = line[..first],
            target = line[(first + 1)..last],
            version = line[(last + 1)..];
        int slash = version.IndexOf((byte)'/');
        return IsCapitals(method)
            && !target.IsEmpty
            && target[^1] != ' '
            && (target[0] is (byte)'/' or (byte)'*' || target.Contains((byte)':') || IsFile(target, version))
            && slash > 0
            && IsCapitals(version[..slash])
            && version.Length > slash + 1
            && char.IsAsciiDigit((char)version[slash + 1]);
    }

    // GET index.html HTTP/1.0 from a client that omits the slash.
    private static bool IsFile(ReadOnlySpan<byte> target, ReadOnlySpan<byte> version) =>
        target.Contains((byte)'.') && !target.Contains((byte)' ') && version.StartsWith("HTTP/1."u8);

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
