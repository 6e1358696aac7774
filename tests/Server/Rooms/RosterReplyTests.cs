using System.Globalization;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server;
using Chat.Server.Rooms;
using Chat.Tests.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Rooms;

/// <summary>The answer to <c>people</c>: the members in a form for programs, page by page.</summary>
public sealed class RosterReplyTests : IDisposable
{
    private readonly SteppedServer _server = new(Readiness.Epoll, SteppedServer.Unbounded);

    public void Dispose() => _server.Dispose();

    [Fact]
    public void Each_person_has_a_line_with_times_client_and_a_mark_at_the_reader()
    {
        RichPeer alice = _server.JoinRich("alice", person: 1);
        _server.Advance(TimeSpan.FromSeconds(5));
        RichPeer bob = _server.JoinRich("bob", person: 2);
        _server.Advance(TimeSpan.FromSeconds(2));
        alice.Send("say 1 hello");
        _server.Advance(TimeSpan.FromSeconds(3));
        alice.News();
        bob.News();

        bob.Send("people 7 0");

        string[] news = bob.News();
        Assert.Equal(3, news.Length);
        (long aliceJoined, long bobJoined) = (Since(news[0]), Since(news[1]));
        Assert.Equal($"person 7 1 alice {aliceJoined} 3000 chat", news[0]);
        Assert.Equal($"person 7 2 bob {bobJoined} 5000 chat you", news[1]);
        Assert.Equal("people 7 - 2", news[2]);
        // The same clock as the lines of the log.
        Assert.Equal(bob.TimesOf("join bob 2.0")[0], bobJoined.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(5000, bobJoined - aliceJoined);
    }

    [Theory]
    [InlineData("say 1 hello", 0)]
    [InlineData("me 1 waves", 0)]
    [InlineData("tell 1 bob psst", 0)]
    [InlineData("nick 1 alicia", 0)]
    [InlineData("say 1  ", 5000)]
    [InlineData("tell 1 zoe psst", 5000)]
    [InlineData("nick 1 bob", 5000)]
    [InlineData("nick 1 alice", 5000)]
    [InlineData("ping 1", 5000)]
    [InlineData("who 1", 5000)]
    [InlineData("people 1 0", 5000)]
    [InlineData("history 1 1", 5000)]
    public void Only_a_request_that_others_see_resets_the_idle_time(string request, int idle)
    {
        RichPeer alice = _server.JoinRich("alice", person: 1),
            bob = _server.JoinRich("bob", person: 2);
        _server.Advance(TimeSpan.FromSeconds(5));
        alice.Send(request);
        bob.News();
        bob.Send("people 1 0");
        Assert.Matches($@"^person 1 1 alic\w+ \d+ {idle} chat$", bob.News()[0]);
    }

    [Fact]
    public void A_plain_connection_that_negotiates_is_telnet()
    {
        RichPeer alice = _server.JoinRich("alice", person: 1);
        Peer early = _server.Connect(),
            late = _server.Join(),
            nc = _server.Join();
        early.SendBytes([0xFF, 0xFD, 0x03]);
        _server.Settle();
        _server.Advance(TimeSpan.FromMilliseconds(ServerLimits.HelloMilliseconds));
        late.SendBytes([0xFF, 0xF4, 0xFF, 0xFD, 0x06]);
        nc.SendBytes([0xFF, 0xE4, (byte)'\n']);
        _server.Settle();
        alice.News();

        alice.Send("people 1 0");

        string[] kinds = [.. alice.News().SkipLast(1).Select(static line => line.Split(' ')[6])];
        Assert.Equal(["chat", "plain", "telnet", "telnet"], kinds.Order(StringComparer.Ordinal));
        GC.KeepAlive(early);
    }

    [Fact]
    public void Pages_continue_after_the_last_number_and_the_last_page_has_no_successor()
    {
        for (int person = 1; person <= 5; person++)
            _server.JoinRich($"{(char)('a' + person)}nn", person);
        RichPeer reader = _server.JoinRich("reader", person: 9);
        reader.News();

        reader.Send("people 1 0 2", "people 2 2 2", "people 3 4 2", "people 4 6 2", "people 5 99");

        Assert.Equal(
            ["bnn", "cnn", "2 6", "dnn", "enn", "4 6", "fnn", "reader", "- 6", "- 6", "- 6"],
            reader
                .News()
                .Select(static line =>
                    line.StartsWith("person ", StringComparison.Ordinal) ? line.Split(' ')[3] : line.Split(' ', 3)[2]
                )
        );
    }

    [Theory]
    [InlineData("people 1")]
    [InlineData("people 1 x")]
    [InlineData("people 1 -1")]
    [InlineData("people 1 0 many")]
    [InlineData("people 1 0 1 1")]
    public void A_people_request_without_a_number_is_refused(string request)
    {
        RichPeer alice = _server.JoinRich("alice", person: 1);
        alice.News();
        alice.Send(request);
        Assert.Equal(
            ["err 1 people takes the number to go on after, 0 for the beginning, and how many are wanted"],
            alice.News()
        );
    }

    [Fact]
    public void Ten_thousand_people_are_listed_in_pages_that_fit_an_answer()
    {
        ClockReading now = new(0, 0);
        Room room = new(
            ServerLimits.LogBytes,
            ServerLimits.GraceMilliseconds,
            RoomState.Empty(ServerLimits.LogBytes, now),
            now
        );
        Member reader = room.Join(new Hello("reader", 1, 1, null, 0), plain: null, now, out _);
        for (int i = 1; i < ProtocolLimits.Clients; i++)
            room.JoinPlain(now);
        RichRequests requests = new(room);
        reader.Feed.CatchUp();
        HashSet<string> numbers = [];
        string next = "0";
        for (int pages = 0; next != "-"; pages++)
        {
            Assert.InRange(pages, 0, 100);
            requests.Handle(reader, Encoding.UTF8.GetBytes($"people 1 {next}"), now);
            string[] page = TakeAnswers(reader);
            Assert.InRange(page.Sum(static line => Encoding.UTF8.GetByteCount(line) + 1), 1, ServerLimits.AnswerBytes);
            Assert.All(page.SkipLast(1), line => Assert.True(numbers.Add(line.Split(' ')[2]), line));
            Assert.Equal($"{ProtocolLimits.Clients}", page[^1].Split(' ')[3]);
            next = page[^1].Split(' ')[2];
        }
        Assert.Equal(ProtocolLimits.Clients, numbers.Count);
    }

    [Fact]
    public void A_person_that_returns_after_a_restart_keeps_the_time_of_joining()
    {
        using HistoryFolder folder = new();
        string since;
        using (SteppedServer first = folder.Start())
        {
            RichPeer alice = first.JoinRich("alice", person: 1);
            first.Advance(TimeSpan.FromSeconds(9));
            alice.News();
            alice.Send("people 1 0");
            since = alice.News()[0].Split(' ')[4];
        }
        using SteppedServer second = folder.Start();
        RichPeer again = second.JoinRich("alice", person: 1);
        again.News();
        again.Send("people 1 0");
        Assert.Equal(since, again.News()[0].Split(' ')[4]);
    }

    private static string[] TakeAnswers(Member member)
    {
        List<byte> all = [];
        while (member.Feed.Next() is { IsEmpty: false } stretch)
        {
            all.AddRange(stretch);
            member.Feed.Advance(stretch.Length);
        }
        return
        [
            .. Encoding
                .UTF8.GetString([.. all])
                .Split('\n')
                .Where(static line => line.StartsWith("pe", StringComparison.Ordinal)),
        ];
    }

    private static long Since(string line) => long.Parse(line.Split(' ')[4], CultureInfo.InvariantCulture);
}
