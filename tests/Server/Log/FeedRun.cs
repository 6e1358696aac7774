using System.Text;
using Chat.Server.Log;
using Xunit.Sdk;

namespace Chat.Tests.Server.Log;

/// <summary>
/// One random run of a small log with readers of every pace, and the model beside it. Whatever a feed hands out is compared at once, byte by
/// byte, with what the model says this reader must get next. A difference names the seed, so that the run can be repeated.
/// </summary>
internal sealed class FeedRun
{
    private const int RingBytes = 1024,
        People = 5;

    private readonly int _seed;
    private readonly Random _random;
    private readonly byte[] _gathering = new byte[512];
    private readonly RoomLog _log = new(RingBytes);
    private readonly HiddenRanges _whispers = new();
    private readonly List<Line> _lines = [];
    private readonly List<Reader> _readers = [];
    private int _answers;

    // A line of the log, and the two people it is for; for everybody when there are none.
    private sealed record Line(byte[] Bytes, long Start, (long From, long To)? Aside)
    {
        public bool IsFor(long person) => Aside is not (long from, long to) || person == from || person == to;
    }

    // A feed, and what the model knows of it: the next line of the log, the answers waiting, and what is left of the line begun.
    private sealed class Reader(Feed feed, long person, int pace, int next)
    {
        public Feed Feed => feed;
        public long Person => person;
        public int Pace => pace;
        public int Next = next;
        public int? GoTo;
        public int End = int.MaxValue;
        public bool InLog;
        public Queue<byte> Begun { get; } = [];
        public Queue<(byte[] Bytes, int At)> Answers { get; set; } = [];
        public HashSet<int> Own { get; } = [];
    }

    public FeedRun(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        for (int i = 0; i < People; i++)
            Join(pace: i);
    }

    public void Play(int steps)
    {
        try
        {
            for (int i = 0; i < steps; i++)
                Step();
            foreach (Reader reader in _readers)
                Drain(reader);
        }
        catch (Exception error)
        {
            throw new XunitException($"seed {_seed}: {error.Message}", error);
        }
    }

    /// <summary>Hands the model, for the first reader, a byte that no feed would give.</summary>
    public void GiveAWrongByte() => Give(_readers[0], [0]);

    private void Step()
    {
        Reader reader = _readers[_random.Next(_readers.Count)];
        switch (_random.Next(100))
        {
            case < 30:
                Append(aside: null, own: reader);
                break;
            case < 40:
                Append(aside: null, own: null);
                break;
            case < 55:
                Append(aside: (reader.Person, 1 + _random.Next(People)), own: reader);
                break;
            case < 65:
                Answer(reader);
                break;
            case < 70:
                Replay(reader, _random.Next(1, 12));
                break;
            case < 71:
                reader.Feed.EndHere();
                reader.End = Math.Min(reader.End, _lines.Count);
                break;
            case < 73 when _readers.Count < 12:
                Join(pace: _random.Next(People));
                break;
            default:
                Send(reader);
                break;
        }
        // The keen ones read after every step, and are never overtaken.
        foreach (Reader keen in _readers.Where(static r => r.Pace == 0))
            Drain(keen);
    }

    private void Join(int pace)
    {
        long person = _readers.Count + 1;
        Feed feed = new(_log, _whispers, person, _log.Tail);
        long place = Back(feed, person, 3);
        feed.GoTo(place);
        _readers.Add(new Reader(feed, person, pace, IndexOf(place)));
    }

    private void Append((long From, long To)? aside, Reader? own)
    {
        byte[] bytes =
        [
            .. Encoding.UTF8.GetBytes(
                $"{_lines.Count}:" + new string('x', _random.Next(_random.Next(4) == 0 ? 200 : 8))
            ),
            (byte)'\n',
        ];
        long start = _log.Tail;
        _log.Append(bytes);
        _lines.Add(new Line(bytes, start, aside));
        Equal(start + bytes.Length, _log.Tail, "tail");
        int whole = _lines.Count;
        while (whole > 0 && (_log.Head == 0 || _lines[whole - 1].Start > _log.Head))
            whole--;
        Equal(whole < _lines.Count ? _lines[whole].Start : _log.Tail, _log.FirstLine, "first line");
        Equal(
            _lines.Find(line => line.Start >= _log.Tail - (RingBytes * 5 / 8))?.Start ?? _log.Tail,
            _log.FirstPlace,
            "first place"
        );
        if (own is not null && own.End == int.MaxValue)
        {
            own.Feed.HopOver(start, _log.Tail);
            own.Own.Add(_lines.Count - 1);
        }
        if (aside is (long from, long to))
            _whispers.Add(start, _log.Tail, from, to, _log.Head);
    }

    private void Answer(Reader reader)
    {
        byte[] line = Encoding.UTF8.GetBytes($"answer {_answers++}\n");
        if (line.Length <= reader.Feed.LaneFree)
            reader.Answers.Enqueue((line, Math.Min(_lines.Count, reader.End)));
        reader.Feed.Answer(line);
    }

    private void Replay(Reader reader, int lines)
    {
        if (reader.Feed.Overtaken)
            return;
        long place = Math.Min(Back(reader.Feed, reader.Person, lines), reader.Feed.Cursor);
        // In the middle of a line, its place is no line's start: the reader stays where it is.
        bool stays = _lines.FindLastIndex(l => l.Start == place) < 0 && place != _log.Tail;
        reader.Feed.GoTo(place);
        reader.Own.Clear();
        reader.Answers = new(reader.Answers.Select(static answer => answer with { At = 0 }));
        reader.GoTo = stays ? reader.GoTo : IndexOf(place);
        GoOn(reader);
    }

    // Only lines that this reader may read are counted.
    private long Back(Feed feed, long person, int lines)
    {
        int index = _lines.Count;
        for (int counted = 0; counted < lines && index > 0 && _lines[index - 1].Start >= _log.FirstPlace; )
            counted += _lines[--index].IsFor(person) ? 1 : 0;
        long place = index < _lines.Count ? _lines[index].Start : _log.Tail;
        Equal(place, feed.Back(lines), $"{lines} lines back");
        return place;
    }

    private void Send(Reader reader)
    {
        if (reader.Feed.Overtaken)
        {
            CatchUp(reader);
            return;
        }
        ReadOnlySpan<byte> stretch = reader.Feed.Next(
            _gathering.AsSpan(0, _random.Next(2) * _random.Next(_gathering.Length))
        );
        if (stretch.IsEmpty)
        {
            Equal(0, Owed(reader), "bytes owed though nothing was offered");
            return;
        }
        int sent = reader.Pace switch
        {
            0 => stretch.Length,
            1 => _random.Next(stretch.Length + 1),
            _ => Math.Min(stretch.Length, _random.Next(1, 4 * reader.Pace)),
        };
        Give(reader, stretch[..sent]);
        reader.Feed.Advance(sent);
    }

    private void Drain(Reader reader)
    {
        if (reader is { Pace: 0, End: int.MaxValue })
            Equal(false, reader.Feed.Overtaken, "overtaken though it reads all the time");
        else if (reader.Feed.Overtaken)
            CatchUp(reader);
        while (reader.Feed.Next(_gathering) is { IsEmpty: false } stretch)
        {
            Give(reader, stretch);
            reader.Feed.Advance(stretch.Length);
        }
        Equal(0, Owed(reader), "bytes owed though nothing is offered");
    }

    // What was begun is lost; an answer is not in the log and goes on.
    private void CatchUp(Reader reader)
    {
        Equal(_log.FirstLine - reader.Feed.Cursor, reader.Feed.Lag, "lag");
        reader.Feed.CatchUp();
        Equal(_log.FirstLine, reader.Feed.Cursor, "cursor after catching up");
        if (reader.InLog)
            reader.Begun.Clear();
        reader.Next = IndexOf(_log.FirstLine);
        reader.GoTo = null;
    }

    private void Give(Reader reader, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            Equal(true, Begin(reader), $"nothing owed to {reader.Person}, and it was given '{(char)b}'; to go on");
            Equal((char)reader.Begun.Dequeue(), (char)b, $"byte for {reader.Person}");
            GoOn(reader);
        }
    }

    // The next line this reader must get, an answer if it was given before that line was said; false when there is none.
    private bool Begin(Reader reader)
    {
        if (reader.Begun.Count > 0)
            return true;
        // An answer that waits goes before any stretch that is passed over at its place.
        while (
            !IsAnswerNext()
            && reader.Next < Math.Min(_lines.Count, reader.End)
            && (reader.Own.Contains(reader.Next) || !_lines[reader.Next].IsFor(reader.Person))
        )
            reader.Next++;
        reader.InLog = !IsAnswerNext();
        if (reader.InLog && reader.Next >= Math.Min(_lines.Count, reader.End))
            return false;
        foreach (byte b in reader.InLog ? _lines[reader.Next++].Bytes : reader.Answers.Dequeue().Bytes)
            reader.Begun.Enqueue(b);
        return true;

        bool IsAnswerNext() => reader.Answers.TryPeek(out (byte[] Bytes, int At) answer) && answer.At <= reader.Next;
    }

    // At the start of a line of the log, or in an answer, a reader can be put elsewhere.
    private static void GoOn(Reader reader)
    {
        if (reader.GoTo is not int place || (reader.InLog && reader.Begun.Count > 0))
            return;
        reader.Next = place;
        reader.GoTo = null;
    }

    private int Owed(Reader reader) => Begin(reader) ? reader.Begun.Count : 0;

    private int IndexOf(long start)
    {
        int index = _lines.FindLastIndex(l => l.Start == start);
        return index >= 0 ? index
            : start == _log.Tail ? _lines.Count
            : throw new XunitException($"{start} is no line's start");
    }

    private static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new XunitException($"{what}: expected {expected}, was {actual}");
    }
}
