using System.Text;
using Chat.Server;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Sessions;

/// <summary>First packets of common clients, from their specifications, and first lines that people type.</summary>
public sealed class FirstPacketsTests
{
    /// <summary>Protocol and packet; a packet that begins with <c>0x</c> is hexadecimal.</summary>
    public static TheoryData<string, string> Packets { get; } =
        new()
        {
            { "RFC 2812, 3.1: a password first", "PASS swordfish\r\nCAP LS 302\r\nNICK zed\r\nUSER zed 0 * :Zed\r\n" },
            { "RFC 2812, 3.1.2: the nickname first", "NICK zed\r\nUSER zed 0 * :Zed\r\n" },
            { "RFC 2812, 2.3.1: a password with blanks", "PASS :my pass word\r\nNICK foo\r\nUSER f 0 * :F\r\n" },
            { "RFC 2812: blanks at the end", "NICK foo \r\nUSER foo 0 * :Foo Bar\r\n" },
            { "IRCv3: WEBIRC", "WEBIRC secret cgiirc host 192.0.2.1\r\nNICK a\r\nUSER a 0 * :a\r\n" },
            { "TS6: a server links", "PASS secret TS 6 :0AB\r\nCAPAB :QS EX\r\nSERVER a.b 1 :x\r\n" },
            { "RFC 2813, 4.1.2: a server links", "SERVER test.oulu.fi 1 1 :Experimental server\r\n" },
            { "RFC 2812, 3.1.6: a service", "SERVICE dict * *.fr 0 0 :French Dictionary\r\n" },
            { "RFC 2812: line feeds alone", "NICK zed\nUSER zed 0 * :Zed\n" },
            { "RFC 2812: lower case", "nick zed\nuser zed 0 * :Zed\n" },
            { "RFC 1459, 4.1.3: four parameters", "USER zed host server :Zed the Second\r\n" },
            { "RFC 2812, 2.3: a prefix", ":zed NICK zed\r\n" },
            { "IRCv3 capability negotiation", "CAP LS 302\r\n" },
            { "IRCv3: lower case", "cap ls 302\nnick zed\n" },
            { "IRCv3: REQ", "CAP REQ :sasl\r\n" },
            { "RFC 5321, 4.1.1.1: EHLO", "EHLO mail.example.org\r\n" },
            { "RFC 5321: HELO", "HELO box\r\n" },
            { "RFC 2033: LHLO", "LHLO box\r\n" },
            { "RFC 1939: POP3", "USER alice\r\nPASS secret\r\n" },
            { "RFC 2449: POP3 CAPA", "CAPA\r\n" },
            { "RFC 959: FTP", "USER anonymous\r\n" },
            { "RFC 4217: FTP", "AUTH TLS\r\n" },
            { "RFC 9051: IMAP", "a001 CAPABILITY\r\n" },
            { "Redis, inline", "PING\r\n" },
            { "Redis, RESP", "*1\r\n$4\r\nPING\r\n" },
            { "Redis, RESP from a script", "*1\n$4\nPING\n" },
            { "memcached protocol.txt: version", "version\r\n" },
            { "memcached protocol.txt: stats", "stats\r\n" },
            { "RFC 9112: HTTP", "GET / HTTP/1.1\r\nHost: box:8082\r\n\r\n" },
            { "RFC 9112: another method", "BREW /pot-1 HTTP/1.1\r\n\r\n" },
            { "HTTP/0.9", "GET /\r\n" },
            { "RFC 9113, 3.4: HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
            { "RFC 6455: WebSocket", "GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n" },
            { "RFC 7826: RTSP", "OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n" },
            { "RFC 3261: SIP", "OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm\r\n\r\n" },
            { "RFC 4253: SSH", "SSH-2.0-OpenSSH_9.2p1\r\n" },
            { "RFC 8446: TLS", "0x16030102000100" },
            { "SSL 2 hello", "0x802e0100020015000000100100800200800300" },
            { "RFC 6120: XMPP", "<?xml version='1.0'?><stream:stream to='box'" },
            { "RFC 6120: XMPP without a declaration", "<stream:stream to='box' version='1.0'>" },
            { "MQTT 3.1.1, 3.1: CONNECT", "0x101000044d5154540402003c000461626364" },
            { "AMQP 0-9-1, 4.2.2", "0x414d515000000901" },
            { "PostgreSQL: SSLRequest", "0x0000000804d2162f" },
            { "PostgreSQL: startup", "0x0000001500030000757365720061 6c69636500 00" },
            { "RFC 4511: LDAP bind", "0x300c020101600702010304008000" },
            { "SMB negotiate", "0x00000085ff534d4272000000" },
            { "MS-RDPBCGR: RDP", "0x0300001302e000000000000100080003000000" },
            { "RFC 6143: VNC", "RFB 003.008\n" },
            { "RFC 1928: SOCKS5", "0x050100" },
            { "SOCKS4", "0x0401005000000001 00" },
            { "BEP 3: BitTorrent", "0x13426974546f7272656e742070726f746f636f6c0000000000000000" },
            { "Minecraft handshake", "0x1000f40509 6c6f63616c686f7374 63dd01" },
            { "RFC 7766: DNS over TCP", "0x001e0006010000010000000000000776657273696f6e0462696e6400001000 03" },
            { "Modbus/TCP", "0x000100000006010300000001" },
            { "NATS", "CONNECT {\"verbose\":false}\r\n" },
            { "STOMP 1.2", "0x434f4e4e4543540a6163636570742d76657273696f6e3a312e320a0a00" },
            { "Bitcoin version", "0xf9beb4d976657273696f6e000000000064000000" },
            { "Git daemon", "0x303033326769742d75706c6f61642d7061636b202f7000686f73743d6800" },
            { "PROXY protocol 1", "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n" },
            { "PROXY protocol 2", "0x0d0a0d0a000d0a515549540a21110000" },
            { "ADB", "0x434e584e000000010010000007000000" },
            { "RFC 1413: ident", "6191, 23\r\n" },
            { "PJL", "@PJL INFO STATUS\r\n" },
            { "PJL with its escape", "\e%-12345X@PJL\r\n" },
            { "rsync", "@RSYNCD: 31.0\n" },
            { "ZMTP 3.0", "0xff00000000000000017f03000000" },
            { "X11 setup, least byte first", "0x6c000b000000000000000000" },
            { "Java RMI", "0x4a524d4900024b" },
            { "RFC 5531: RPC", "0x8000002872fe1d130000000000000002" },
            { "nmap: GenericLines", "\r\n\r\n" },
            { "nmap: Help", "HELP\r\n" },
            { "nmap: LPDString", "0x0164656661756c740a" },
            { "nmap: NotesRPC", "0x3a0000002f000000020000400f000300" },
            { "nmap: NCP", "0x446d645400000017000000010000000011110 0ff01ff13" },
            { "MongoDB", "0x3a000000010000000000000 0d40700000000 0000" },
            { "RFC 2812: a password of several words", "PASS :my pass word\r\nNICK foo\r\nUSER f 0 * :F\r\n" },
            {
                "RFC 2812: a password of several words, line feeds alone",
                "PASS :my pass word\nNICK foo\nUSER f 0 * :F\n"
            },
            { "RFC 2812: a password with blanks and no colon", "PASS my pass word\nNICK foo\nUSER f 0 * :F\n" },
            { "RFC 2812: an empty line behind the password", "pass my pass word\n\nnick foo\n" },
            { "RFC 2812: a blank at the end", "NICK foo \r\nUSER foo 0 * :Foo\r\n" },
            { "RFC 2812, 4.1.2: a server", "SERVER test.oulu.fi 1 1 :Exp\r\n" },
            { "RFC 2812, 3.1.6: a service", "SERVICE dict * *.fr 0 0 :French\r\n" },
            { "WEBIRC gateway", "WEBIRC pw cgiirc host 1.2.3.4\r\nNICK a\r\nUSER a 0 * :a\r\n" },
            { "TS6: a server", "PASS pw TS 6 :0AB\r\nCAPAB :QS EX\r\nSERVER a.b 1 :x\r\n" },
            { "RFC 2812: a nickname behind a colon", "NICK :foo\r\n" },
            { "RFC 5321: EHLO alone", "EHLO\r\n" },
            { "RFC 4954: SMTP", "AUTH PLAIN AGEAYg==\r\n" },
            { "Redis: SET", "SET a b\r\n" },
            { "Redis: GET", "GET key\r\n" },
            { "Redis: CONFIG", "CONFIG GET *\r\n" },
            { "Redis: HELLO", "HELLO 3\r\n" },
            { "Redis: a login", "HELLO 3 AUTH default secret\r\n" },
            { "Redis: a login of two words", "AUTH default secret\r\n" },
            { "memcached protocol.txt: set", "set foo 0 0 3\r\nabc\r\n" },
            { "beanstalkd protocol.txt: put", "put 0 0 60 3\r\nabc\r\n" },
            { "LSP 3.17: a request", "Content-Length: 17\r\n\r\n{\"jsonrpc\":\"2.0\"}" },
            { "JSON-RPC 2.0, a line each", "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"id\":1}\n" },
            { "RFC 5424: syslog", "<34>1 2003-10-11T22:14:15.003Z box su - ID47 - failed\n" },
            { "RFC 3164: syslog", "<13>Oct 11 22:14:15 box su: failed\n" },
            { "RFC 3977: NNTP CAPABILITIES", "CAPABILITIES\r\n" },
            { "RFC 3977: NNTP MODE", "MODE READER\r\n" },
            { "RFC 3977: NNTP GROUP", "GROUP misc.test\r\n" },
            { "RFC 4643: NNTP AUTHINFO", "AUTHINFO USER wilma\r\n" },
            { "RFC 1939: APOP", "APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n" },
            { "RFC 2389: FTP OPTS", "OPTS UTF8 ON\r\n" },
            { "RFC 9051: a letter as tag", "a STARTTLS\r\n" },
            { "RFC 9051: a point as tag", ". CAPABILITY\r\n" },
            { "RFC 9051: a number as tag", "1 CAPABILITY\r\n" },
            { "RFC 9051: a login", "a LOGIN joe \"pass word\"\r\n" },
            { "spamd PROTOCOL", "PING SPAMC/1.2\r\n" },
            { "cvsclient, 3", "BEGIN AUTH REQUEST\n/cvs\nanonymous\nA\nEND AUTH REQUEST\n" },
            { "STOMP 1.2 behind STOMP", "STOMP\naccept-version:1.2\nhost:box\n\n" },
            { "RFC 9112, 2.2: an empty line first", "\r\nGET / HTTP/1.1\r\n" },
            { "RFC 6120: an empty line first", "\n<?xml version='1.0'?><stream:stream to='box'" },
            { "HTTP without a slash", "GET index.html HTTP/1.0\r\n" },
            { "HTTP in lower case", "get / http/1.1\r\n" },
            { "RFC 4511, 4.14: StartTLS", "0x301d02010177188016312e332e362e312e342e312e313436362e3230303337" },
            { "Minecraft ping before 1.7", "0xfe01" },
            { "NBD", "NBDMAGICIHAVEOPT" },
            { "JDWP", "JDWP-Handshake" },
            { "gdb remote serial protocol", "$qSupported:multiprocess+#c6" },
            { "gpsd", "?WATCH={\"enable\":true}\r\n" },
            { "RFC 2229: DICT", "CLIENT dictclient\r\n" },
            { "Gemini", "gemini://box/\r\n" },
            { "Git daemon, a long path", "0032git-upload-pack /a/path/that/goes/on/for/more/than/the/first/bytes" },
            { "Subversion", "( 2 ( edit-pipeline svndiff1 ) 12:svn://box/a " },
            { "an unknown line before lines of IRC", "FOO bar\r\nSETNAME x y z\r\nPASS :my pass word\r\nNICK foo\r\n" },
        };

    [Theory]
    [MemberData(nameof(Packets))]
    public void The_first_packet_of_another_protocol_gets_one_line_and_the_room_sees_nothing(
        string source,
        string packet
    )
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        Peer lost = server.Connect();
        lost.SendBytes(BytesOf(packet));
        lost.WaitForEnd();
        server.Advance(TimeSpan.FromMilliseconds(2 * ServerLimits.HelloMilliseconds));
        Assert.Equal(2, lost.Lines.Count);
        Assert.Matches("^-- no [A-Za-z ]+ here: this is a chat room; use chat client, nc or telnet$", lost.Lines[1]);
        Assert.True(server.News(alice).Length == 0, source);
    }

    [Theory]
    [MemberData(nameof(Packets))]
    public void A_first_packet_cut_after_its_first_line_is_still_recognized(string source, string packet)
    {
        byte[] bytes = BytesOf(packet);
        int cut = Array.IndexOf(bytes, (byte)'\n') + 1;
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        Peer lost = server.Connect();
        bool isEmpty =
            packet.StartsWith("\r\n\r\n", StringComparison.Ordinal)
            || packet.StartsWith("0x0d", StringComparison.Ordinal);
        // An unknown line alone may be typed.
        if (cut > 0 && !isEmpty && !packet.StartsWith("FOO", StringComparison.Ordinal))
        {
            lost.SendBytes(bytes.AsSpan(0, cut));
            server.Settle();
            bytes = bytes[cut..];
        }
        if (bytes.Length > 0)
            lost.SendBytes(bytes);
        lost.WaitForEnd();
        Assert.StartsWith("-- no ", lost.Lines[1], StringComparison.Ordinal);
        Assert.True(server.News(alice).Length == 0, source);
    }

    [Theory]
    [InlineData("nick of time\n")]
    [InlineData("<3 you all\n")]
    [InlineData("<3> May be\n")]
    [InlineData("{\"json\": 1}\n")]
    [InlineData("Content-Length: is missing\n")]
    [InlineData("put 2 and 2 together\r\n")]
    [InlineData("ping me\n")]
    [InlineData("ping me\r\n")]
    [InlineData("user error\n")]
    [InlineData("user error\r\n")]
    [InlineData("user bob 0 * :x is how IRC logs in\n")]
    [InlineData("HELP\n")]
    [InlineData("get lunch\n")]
    [InlineData("get lunch\r\n")]
    [InlineData("PASS the salt\n")]
    [InlineData("PASS the salt\r\n")]
    [InlineData("EHLO\n")]
    [InlineData("set lunch for 2\r\n")]
    [InlineData("set the table\r\n")]
    [InlineData("hello 3\r\n")]
    [InlineData("my login\r\n")]
    [InlineData("a login\r\n")]
    [InlineData("SERVER is down :(\r\n")]
    [InlineData("PASS the :salt: please :D\n")]
    [InlineData("( 2 things )\n")]
    [InlineData("0032 is my seat\n")]
    [InlineData("30 people are here\n")]
    [InlineData("PING\n")]
    [InlineData("NICK CAVE\n")]
    [InlineData("CAPS LOCK\r\n")]
    [InlineData("*sigh*\r\n")]
    [InlineData("$5 for coffee\r\n")]
    [InlineData("version 2 is out\r\n")]
    [InlineData("a001 is my seat\r\n")]
    [InlineData("6191, 23 or so\r\n")]
    [InlineData(":wq\r\n")]
    [InlineData("SSH-keys are there\r\n")]
    [InlineData("CAP LS is what IRC says\n")]
    [InlineData("pass me the salt\r\n")]
    [InlineData("server room 5 is cold\r\n")]
    [InlineData("hello bob\n")]
    [InlineData("hello world how are you\n")]
    public void A_first_line_that_a_person_may_type_is_relayed(string line)
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        server.Connect().SendText(line);
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds + 100));
        Assert.Equal(["-- guest joined", $"<guest> {line.TrimEnd()}"], server.News(alice));
    }

    /// <summary>Lines near the exact form of another protocol.</summary>
    public static TheoryData<string> NearLines { get; } =
    [
        "SSH-keys are there",
        "SSH- what",
        "SSH-2 is the one",
        "<?xml is ugly",
        "RFB 00",
        "RFB 007 is a spy",
        "@PJL what",
        "@PJLs",
        "CONNECT { is what",
        "PROXY TCP is slow",
        "PROXY UNKNOWN to me",
        "CAP LS is what IRC says",
        "POST /foo?  HTTP/1.1",
        "GET it from HTTP/2",
        "WE LOVE HTTP/2",
        "BEGIN AUTH REQUEST now",
        "gemini: the sign",
        "NBD is a block device",
        "$q",
        "?WATCH this",
        "git-upload-pack hangs",
        "SERVER is down :D",
        "USER error :(",
        "PASS me the :salt",
        "NICK of time",
        "QUIT smoking :P",
        "set a b c d e",
        "a STARTTLS b",
        "MODE of transport",
        "GROUP of ten",
        "hello bob",
        "hello world how are you",
    ];

    [Theory]
    [MemberData(nameof(NearLines))]
    public void A_line_similar_to_a_protocol_is_relayed_from_nc_early_and_from_nc_and_telnet_late(string line)
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        Peer[] late = [server.Join(), server.Join()];
        Peer early = server.Connect();
        server.Skip(alice);
        early.SendText(line + "\n");
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds + 100));
        late[0].SendText(line + "\n");
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds + 100));
        late[1].SendText(line + "\r\n");
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds + 100));
        Assert.Equal(3, server.News(alice).Count(news => news.EndsWith($"> {line}", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n\n\r\n")]
    public void Empty_lines_before_the_first_text_change_nothing(string empty)
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        server.Connect().SendText(empty + "good morning\n");
        Assert.Equal(["-- guest joined", "<guest> good morning"], server.News(alice));
    }

    [Theory]
    [InlineData("PING")]
    [InlineData("HELP")]
    [InlineData("NICK CAVE")]
    [InlineData("EHLO box")]
    [InlineData("user error")]
    public void A_line_typed_after_the_hello_time_counts_as_typed_also_from_telnet(string line)
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        Peer bob = server.Join();
        server.Skip(alice);
        bob.SendText(line + "\r\n");
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds + 100));
        Assert.Equal([$"<guest> {line}"], server.News(alice));
    }

    [Theory]
    [InlineData("EHLO mail.example.org\r\n")]
    [InlineData("HELO [192.0.2.1]\r\n")]
    [InlineData("MAIL FROM:<a@example.org>\r\n")]
    [InlineData("USER zed 0 * :Zed the Second\r\n")]
    [InlineData("CAP REQ :sasl\r\n")]
    [InlineData("a001 CAPABILITY\r\n")]
    [InlineData("AUTH TLS\r\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("NICK zed\r\nUSER zed 0 * :Zed\r\n")]
    public void Lines_that_no_person_types_are_not_relayed_after_the_hello_time(string lines)
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        Peer lost = server.Join();
        server.Skip(alice);
        lost.SendText(lines);
        lost.WaitForEnd();
        Assert.EndsWith(
            "here: this is a chat room; use chat client, nc or telnet",
            lost.Lines[^1],
            StringComparison.Ordinal
        );
        Assert.Equal(["-- guest left (sent away)"], server.News(alice));
    }

    [Theory]
    [InlineData("EHLO mail.example.org\n")]
    [InlineData("ehlo mail.example.org\r\n")]
    [InlineData("USER zed 0 * Zed\r\n")]
    [InlineData("MAIL FROM: my mother\r\n")]
    [InlineData("JOIN #chat\r\n")]
    public void A_line_that_a_person_may_type_is_relayed_after_the_hello_time(string line)
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        Peer bob = server.Join();
        server.Skip(alice);
        bob.SendText(line);
        server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds + 100));
        Assert.Equal([$"<guest> {line.TrimEnd()}"], server.News(alice));
    }

    [Fact]
    public void A_protocol_line_after_words_of_a_person_is_relayed()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        Peer bob = server.Join();
        server.Skip(alice);
        bob.SendText("a mail server is told\r\nEHLO mail.example.org\r\n");
        Assert.Equal(["<guest> a mail server is told", "<guest> EHLO mail.example.org"], server.News(alice));
    }

    [Fact]
    public void A_held_line_precedes_the_text_after_it()
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        server.Connect().SendText("NICK CAVE\nis who I listen to\n");
        Assert.Equal(["-- guest joined", "<guest> NICK CAVE", "<guest> is who I listen to"], server.News(alice));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_held_line_is_relayed_when_its_sender_leaves(bool reset)
    {
        using SteppedServer server = new(Readiness.Epoll);
        Peer alice = server.Join("alice");
        server.Skip(alice);
        Peer bob = server.Connect();
        bob.SendText("NICK CAVE\n");
        server.Settle();
        if (reset)
            server.Reset(bob);
        else
            bob.HalfClose();
        server.Settle();
        Assert.Equal(["-- guest joined", "<guest> NICK CAVE"], server.News(alice)[..2]);
    }

    [Fact]
    public void A_scanner_is_logged_at_most_once_a_second()
    {
        using SteppedServer server = new(Readiness.Epoll);
        for (int i = 0; i < 50; i++)
        {
            Peer lost = server.Connect();
            lost.SendText("GET / HTTP/1.1\r\n");
            lost.WaitForEnd();
        }
        Assert.Single(server.Log.Lines, static line => line.StartsWith("rejected", StringComparison.Ordinal));
    }

    private static byte[] BytesOf(string packet) =>
        packet.StartsWith("0x", StringComparison.Ordinal)
            ? Convert.FromHexString(packet[2..].Replace(" ", "", StringComparison.Ordinal))
            : Encoding.UTF8.GetBytes(packet);
}
