using System.Text;
using Chat.Server.Log;
using Xunit.Sdk;

namespace Chat.Tests.Server.Log;

/// <summary>
/// One random run of a small log with readers of every pace, and a model beside it. Each piece that a feed
/// gives is compared at once, byte by byte, with the model. A difference names the seed, so that the run can be
/// repeated.
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

    // A log line and its two readers; without them it is for all.
    private sealed record Line(byte[] Bytes, long Start, (long From, long To)? Aside)
    {
        public bool IsFor(long person) => Aside is not (long from, long to) || person == from || person == to;
    }

    // A feed and its model: the next log line, the waiting answers, and the rest of a started line.
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

    /// <summary>Gives the model a wrong byte for the first reader.</summary>
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
        // The keen readers read after every step and are never overrun.
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
        if (reader.Feed.IsOvertaken)
            return;
        long place = Math.Min(Back(reader.Feed, reader.Person, lines), reader.Feed.Cursor);
        // In the middle of a line the place is no line start, so the reader stays.
        bool stays = _lines.FindLastIndex(l => l.Start == place) < 0 && place != _log.Tail;
        reader.Feed.GoTo(place);
        reader.Own.Clear();
        reader.Answers = new(reader.Answers.Select(static answer => answer with { At = 0 }));
        reader.GoTo = stays ? reader.GoTo : IndexOf(place);
        GoOn(reader);
    }

    // Only lines that this reader may read count.
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
        if (reader.Feed.IsOvertaken)
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
            Equal(false, reader.Feed.IsOvertaken, "overtaken though it reads all the time");
        else if (reader.Feed.IsOvertaken)
            CatchUp(reader);
        while (reader.Feed.Next(_gathering) is { IsEmpty: false } stretch)
        {
            Give(reader, stretch);
            reader.Feed.Advance(stretch.Length);
        }
        Equal(0, Owed(reader), "bytes owed though nothing is offered");
    }

    // A started line is lost. A started answer is not in the log and continues.
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

    // The next line for this reader: an answer if it came before the next log line; false when there is none.
    private bool Begin(Reader reader)
    {
        if (reader.Begun.Count > 0)
            return true;
        // A waiting answer comes before any hidden range at its place.
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

    // A reader can be moved at the start of a log line, or in an answer.
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
