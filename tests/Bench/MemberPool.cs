using System.Diagnostics;

namespace Chat.Bench;

/// <summary>
/// The load generator: all members of one room on the thread that made it, and on one epoll. They share one receive
/// buffer.
/// </summary>
internal sealed class MemberPool : IDisposable
{
    /// <summary>How long a rich member sends nothing before it sends a ping, as the wire has it.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(7);

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    // While one room is measured or filled, the members of the others must ping.
    [ThreadStatic]
    private static List<MemberPool>? _open;

    [ThreadStatic]
    private static long _nextPings;

    private readonly MemberProtocol _protocol;
    private readonly int _port;
    private readonly int _epoll = Libc.CreateEpoll();
    private readonly byte[] _events = new byte[1024 * Libc.EventBytes],
        _received = new byte[256 * 1024],
        _outgoing = new byte[64 * 1024];
    private long _bytesReceived;
    private int _dropped;

    public MemberPool(MemberProtocol protocol, int port)
    {
        (_protocol, _port) = (protocol, port);
        (_open ??= []).Add(this);
    }

    public List<Member> Members { get; } = [];

    /// <summary>Checks every line while it is set.</summary>
    public DeliveryCheck? Check { get; set; }

    /// <summary>Ticks spent on received data by polls that do not wait.</summary>
    public long BusyTicks { get; private set; }

    /// <summary>Adds members in batches (this kind of server rejects more at once) until all joins are told.</summary>
    public void Fill(int count)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (Members.Count < count)
        {
            int first = Members.Count;
            int added = Math.Min(_protocol.LoginsAtOnce, count - first);
            Members.AddRange(Enumerable.Range(first, added).Select(static index => new Member(index)));
            Connect(Members.Skip(first));
            WaitUntil(() => Members.FindIndex(first, static member => !member.HasJoined) < 0, "join", watch);
        }
        Settle();
        // Members that joined at once would ping at once, and their pings would be part of one measurement. From here
        // on a rich pool is never silent: some member always pings.
        long now = Stopwatch.GetTimestamp();
        foreach (Member member in Members)
            member.SentAt = now - (long)(Heartbeat.TotalSeconds * Stopwatch.Frequency * member.Index / count);
    }

    public void Connect(Member member)
    {
        Libc.Watch(_epoll, member.Connect(_port, _protocol.IsEncrypted), member.Index);
        _protocol.Greet(member);
    }

    /// <summary>Connects many members, and serves those meanwhile that are connected.</summary>
    public void Connect(IEnumerable<Member> members)
    {
        foreach (Member[] some in members.Chunk(64))
        {
            Array.ForEach(some, Connect);
            Poll(0);
        }
    }

    /// <exception cref="MeasurementException">A minute has passed, or a connection has ended.</exception>
    public void WaitUntil(Func<bool> holds, string state, Stopwatch watch)
    {
        for (; !holds(); Poll(50))
        {
            ThrowIfDropped();
            if (watch.Elapsed > Timeout)
                throw new MeasurementException(
                    $"after a minute not all members {state}; "
                        + $"{Members.Count(static one => one.HasJoined)} of {Members.Count} are in the room"
                );
        }
    }

    /// <summary>Receives until nothing has come for a quarter of a second, for a minute at most.</summary>
    public void Settle()
    {
        Stopwatch watch = Stopwatch.StartNew();
        long before;
        do
        {
            before = _bytesReceived;
            Receive(TimeSpan.FromSeconds(0.25));
        } while (_bytesReceived != before && watch.Elapsed < Timeout);
    }

    /// <summary>Receives for some time.</summary>
    public void Receive(TimeSpan duration)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < duration; )
            Poll(10);
    }

    /// <summary>Sends as many messages of a sender as its window allows, in one send.</summary>
    public void SendMessages(int sender, int window)
    {
        int length = 0;
        for (int i = 0; i < window && Check!.CanSend(sender) && length < _outgoing.Length - 256; i++)
            length += _protocol.WriteMessage(Members[sender], Check.Send(sender), _outgoing.AsSpan(length));
        if (length > 0)
            Members[sender].Send(_outgoing.AsSpan(0, length));
    }

    /// <summary>Receives what has come, and waits so long for the first of it.</summary>
    public void Poll(int milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        int count = Libc.Wait(_epoll, _events, milliseconds);
        for (int i = 0; i < count; i++)
            Receive(Members[Libc.Key(_events, i)]);
        long now = Stopwatch.GetTimestamp();
        if (count > 0 && milliseconds == 0)
            BusyTicks += now - start;
        if (now >= _nextPings)
            SendPings();
    }

    /// <summary>Sends the pings that are due in all rooms. A poll does it 20 times a second.</summary>
    public static void SendPings()
    {
        long now = Stopwatch.GetTimestamp();
        _nextPings = now + (Stopwatch.Frequency / 20);
        foreach (
            Member member in _open!.Where(static pool => pool._protocol.IsRich).SelectMany(static pool => pool.Members)
        )
        {
            if (member.HasJoined && Stopwatch.GetElapsedTime(member.SentAt, now) >= Heartbeat)
                member.Send("ping 1\n"u8);
        }
    }

    public void ThrowIfDropped()
    {
        if (_dropped > 0)
            throw new MeasurementException($"the server has dropped {_dropped} of {Members.Count} members");
    }

    public void Dispose()
    {
        _open!.Remove(this);
        Members.ForEach(static member => member.Dispose());
        Libc.Close(_epoll);
    }

    private void Receive(Member member)
    {
        // The part of a line that came before stands in front, so each line is in one piece.
        byte[] header = member.Frames?.PartialHeader ?? [];
        int kept = member.PartialLine.Length;
        member.PartialLine.CopyTo(_received, 0);
        header.CopyTo(_received, kept);
        if (!member.IsConnected || member.Receive(_received.AsSpan(kept + header.Length)) is not int received)
            return;
        if (received == 0)
        {
            member.Dispose();
            _dropped++;
            return;
        }
        _bytesReceived += received;
        if (member.Frames is not null)
            received = member.Frames.Unframe(_received.AsSpan(kept, header.Length + received));
        ReadOnlySpan<byte> rest = _received.AsSpan(0, kept + received),
            last = [];
        while (rest.IndexOf((byte)'\n') is >= 0 and int end)
        {
            ReadOnlySpan<byte> line = rest[..end];
            rest = rest[(end + 1)..];
            if (!member.HasJoined)
                member.HasJoined = _protocol.ContinueJoin(member, line);
            else
                Check?.Receive(member.Index, line is [.., (byte)'\r'] ? line[..^1] : line);
            // Only lines of the log begin with a digit, which begins the offset.
            if (line is [>= (byte)'0' and <= (byte)'9', ..])
                last = line;
        }
        if (_protocol.IsRich && !last.IsEmpty)
            MemberProtocol.KeepOffset(member, last);
        if (kept > 0 || rest.Length > 0)
            member.PartialLine = rest.ToArray();
    }
}
