using System.Diagnostics;
using System.Net;

namespace Chat.Bench;

/// <summary>
/// The generator: any number of members of one room, on one thread and one epoll. Each pump takes what has come for
/// whomever, line by line, and hands it to the ledger; what is to be said is given to <see cref="SayAll"/> in between.
/// </summary>
/// <remarks>
/// All members share one receive buffer. Only who was sent half a line keeps that half, because a server that sends
/// whole lines leaves none.
/// </remarks>
internal sealed class Crowd : IDisposable
{
    private const int ReceiveBytes = 256 * 1024;
    private const int EventsAtOnce = 1024;

    // A source address has 28,000 ports, and some servers ask who else came from there.
    private const int MembersPerAddress = 2000;

    private readonly int _epoll = Libc.CreateEpoll();
    private readonly byte[] _events = new byte[EventsAtOnce * Libc.EventBytes];
    private readonly byte[] _received = new byte[ReceiveBytes];
    private readonly byte[] _composed = new byte[64 * 1024];
    private readonly int _port;
    private long _nextRound;

    /// <summary>How long a rich member says nothing before it says that it is there, by the wire.</summary>
    public static TimeSpan Heartbeat { get; } = TimeSpan.FromSeconds(7);

    public Crowd(Dialect dialect, int port) => (Dialect, _port) = (dialect, port);

    public Dialect Dialect { get; }

    public List<Member> Members { get; } = [];

    /// <summary>Who is told of every line; null while nobody counts.</summary>
    public Ledger? Ledger { get; set; }

    /// <summary>Bytes received in all.</summary>
    public long Received { get; private set; }

    /// <summary>Ticks of the stopwatch for which there was something to take, where nobody waited for it.</summary>
    public long Busy { get; private set; }

    /// <summary>Members whose connection ended though nobody here ended it.</summary>
    public int Dropped { get; private set; }

    public bool HasUnsent => Members.Exists(static member => member.Unsent.Length > 0);

    // ---- Coming and going ----

    /// <summary>
    /// Brings in members until there are so many, no more of them at the door at once than this kind of server bears.
    /// </summary>
    public void Grow(int count, TimeSpan patience)
    {
        long until = Stopwatch.GetTimestamp() + (long)(patience.TotalSeconds * Stopwatch.Frequency);
        while (Members.Count < count)
        {
            int first = Members.Count;
            for (int i = 0; i < Dialect.LoginsAtOnce && Members.Count < count; i++)
            {
                Members.Add(new Member(Members.Count));
                Connect(Members[^1]);
            }
            WaitFor(() => Dropped > 0 || Members.FindIndex(first, static member => !member.IsIn) < 0, until, "in");
            if (Dropped > 0)
                throw new TimeoutException($"{Dropped} of {Members.Count} members were dropped");
        }
    }

    /// <summary>Connects a member, for the first time or again; that it is in shows later.</summary>
    public void Connect(Member member)
    {
        member.Begin(
            Libc.Connect(new IPAddress([127, 0, 1, (byte)(1 + (member.Index / MembersPerAddress % 250))]), _port)
        );
        Libc.Watch(_epoll, member.Socket, member.Index);
        Dialect.Connected(member);
    }

    /// <summary>Ends a member's connection with a reset.</summary>
    public static void Cut(Member member)
    {
        Libc.Reset(member.Socket);
        member.Socket = -1;
    }

    /// <summary>Ends a member's connection in the ordinary way.</summary>
    public static void Leave(Member member)
    {
        Libc.Close(member.Socket);
        member.Socket = -1;
    }

    /// <summary>
    /// A member goes on without reading what it is sent; so little comes in the open loop that the system keeps it for
    /// it.
    /// </summary>
    public void StopReading(Member member) => Libc.Unwatch(_epoll, member.Socket);

    /// <summary>Pumps until something holds.</summary>
    public void WaitFor(Func<bool> holds, long until, string what)
    {
        while (!holds())
        {
            if (Stopwatch.GetTimestamp() > until)
                throw new TimeoutException(
                    $"{Members.Count(static member => !member.IsIn)} of {Members.Count} members are not {what}, {Dropped} were dropped"
                );
            Pump(50);
        }
    }

    /// <summary>Pumps until nothing has come for a while.</summary>
    public void Settle(TimeSpan patience)
    {
        long until = Stopwatch.GetTimestamp() + (long)(patience.TotalSeconds * Stopwatch.Frequency);
        long before;
        do
        {
            before = Received;
            long quiet = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 4);
            while (Stopwatch.GetTimestamp() < quiet)
                Pump(50);
        } while (Received != before && Stopwatch.GetTimestamp() < until);
    }

    /// <summary>Goes on listening for a moment: a line that comes once too often may be the last to come.</summary>
    public void ListenOn()
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < 100; )
            Pump(10);
    }

    // ---- Speaking ----

    /// <summary>
    /// From now on signs of life come evenly, as of people who came at different times; from a crowd that came at once
    /// they would come at once, and be the cost of whatever is measured just then.
    /// </summary>
    public void SpreadSigns()
    {
        long now = Stopwatch.GetTimestamp();
        foreach (Member member in Members)
            member.SentAt = now - (long)(Heartbeat.TotalSeconds * Stopwatch.Frequency * member.Index / Members.Count);
    }

    /// <summary>Says as much for this sender as its window allows, in one send.</summary>
    public void SayAll(int sender, int most)
    {
        Member member = Members[sender];
        int length = 0;
        long now = Stopwatch.GetTimestamp();
        for (int i = 0; i < most && Ledger!.MaySay(sender) && length < _composed.Length - 256; i++)
            length += Dialect.Say(member, Ledger.Say(sender, now), _composed.AsSpan(length));
        if (length > 0)
            Send(member, _composed.AsSpan(0, length));
    }

    /// <summary>Says one thing that was due at a certain time, from which its way is measured.</summary>
    public void SayAt(int sender, long due)
    {
        int length = Dialect.Say(Members[sender], Ledger!.Say(sender, due), _composed);
        Send(Members[sender], _composed.AsSpan(0, length));
    }

    /// <summary>Sends, now or as soon as the connection takes it.</summary>
    public static void Send(Member member, ReadOnlySpan<byte> bytes)
    {
        if (member.Socket < 0)
            return;
        member.SentAt = Stopwatch.GetTimestamp();
        int sent = member.Unsent.Length > 0 ? 0 : Math.Max(0, Libc.Send(member.Socket, bytes));
        if (sent < bytes.Length)
            member.Unsent = [.. member.Unsent, .. bytes[sent..]];
    }

    // ---- Hearing ----

    /// <summary>Takes what has come, waiting at most so long for the first of it.</summary>
    public void Pump(int milliseconds)
    {
        long began = Stopwatch.GetTimestamp();
        int count = Libc.Wait(_epoll, _events, milliseconds);
        for (int i = 0; i < count; i++)
        {
            Member member = Members[Libc.Key(_events, i)];
            if (member.Socket >= 0)
                Receive(member);
        }
        long now = Stopwatch.GetTimestamp();
        if (count > 0 && milliseconds == 0)
            Busy += now - began;
        if (now >= _nextRound)
            GoRound();
    }

    public void Dispose()
    {
        foreach (Member member in Members.Where(static member => member.Socket >= 0))
            Libc.Reset(member.Socket);
        Libc.Close(_epoll);
    }

    private void Receive(Member member)
    {
        // What was left of a line stands before what has come, so that a line is always in one piece.
        int kept = member.Half.Length;
        member.Half.CopyTo(_received, 0);
        int received = Libc.Receive(member.Socket, _received.AsSpan(kept));
        if (received == -1)
            return;
        if (received <= 0)
        {
            Cut(member);
            Dropped++;
            return;
        }
        Received += received;
        ReadOnlySpan<byte> rest = _received.AsSpan(0, kept + received),
            placed = [];
        while (rest.IndexOf((byte)'\n') is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = rest[..end];
            rest = rest[(end + 1)..];
            Hear(member, line is [.., (byte)'\r'] ? line[..^1] : line);
            if (Dialect.HasPlace(line))
                placed = line;
        }
        // The last one says it all.
        if (!placed.IsEmpty)
            Dialect.Place(member, placed);
        if (kept > 0 || rest.Length > 0)
            member.Half = rest.ToArray();
    }

    private void Hear(Member member, ReadOnlySpan<byte> line)
    {
        if (member.IsIn && Ledger is not null)
            Ledger.Hear(member.Index, line);
        else if (!member.IsIn)
            member.IsIn = Dialect.IsIn(member, line);
    }

    /// <summary>Sends what could not be sent, and signs of life. Done several times a second by itself.</summary>
    public void GoRound()
    {
        long now = Stopwatch.GetTimestamp();
        _nextRound = now + (Stopwatch.Frequency / 20);
        foreach (Member member in Members)
        {
            if (member.Socket < 0)
                continue;
            if (member.Unsent.Length > 0 && Libc.Send(member.Socket, member.Unsent) is > 0 and int sent)
                member.Unsent = member.Unsent[sent..];
            if (member.IsIn && Dialect.Ping.Length > 0 && Stopwatch.GetElapsedTime(member.SentAt, now) >= Heartbeat)
                Send(member, Dialect.Ping);
        }
    }
}
