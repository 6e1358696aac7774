using Chat.Protocol;

namespace Chat.Server;

/// <summary>
/// Who is here, what they are called, and what becomes a line of the log. It knows no sockets: members come and go by being told so, time
/// comes in with each call, and everything it has to say it appends to the log or puts into one member's lane.
/// </summary>
/// <remarks>
/// Invariant: every line in the log begins with a prefix that only this class writes, holds text that <see cref="SafeText"/> has cleaned, and
/// ends with the one line feed in it.
/// <para>
/// Joins and leaves past <see cref="Limits.PresenceLinesPerSecond"/> are counted and told as one line when the second is over: a thousand
/// people coming in at once would otherwise cost a thousand lines to a thousand people.
/// </para>
/// </remarks>
internal sealed class Room(int logBytes)
{
    private readonly Dictionary<string, Member> _byName = [];
    private readonly Guests _guests = new();
    private readonly byte[] _line = new byte[Limits.RelayedLineBytes];
    private long _people;
    private long _presenceSecond;
    private int _presenceTold, _joinsUntold, _leavesUntold;

    /// <summary>The conversation as plain tools see it.</summary>
    public RoomLog Plain { get; } = new(logBytes);

    public Whispers PlainWhispers { get; } = new();

    public int Count => _byName.Count;

    /// <summary>Everybody here, in no order.</summary>
    public IReadOnlyCollection<Member> Members => _byName.Values;

    /// <summary>A reader who is nobody: sees what everybody may see, from now on.</summary>
    public Feed Audience() => new(Plain, PlainWhispers, person: 0, Plain.Tail);

    /// <summary>Lets somebody in under the name of their address, with the last lines of the conversation before them.</summary>
    public Member Enter(string address, Moment now)
    {
        long person = ++_people;
        string name = _guests.Take(address);
        Member member = new(person, name, new Feed(Plain, PlainWhispers, person, Plain.Back(Limits.BacklogLines)));
        _byName.Add(name, member);
        Answer(member, $"you are {name}; /nick NAME takes a name, /help says what else there is");
        Tell(name, " joined", ref _joinsUntold, now);
        return member;
    }

    /// <summary>Somebody is gone.</summary>
    /// <param name="why">What to tell the others beside the fact; null when they left in the ordinary way.</param>
    public void Leave(Member member, string? why, Moment now)
    {
        Forget(member);
        Tell(member.Name, why is null ? " left" : $" left ({why})", ref _leavesUntold, now);
    }

    /// <summary>To be called at least once a second: says what was held back.</summary>
    public void Tick(Moment now)
    {
        if (now.Uptime - _presenceSecond < 1000)
            return;
        _presenceSecond = now.Uptime;
        _presenceTold = 0;
        if (_joinsUntold + _leavesUntold == 0)
            return;
        string[] parts = [_joinsUntold > 0 ? $"{_joinsUntold} joined" : "", _leavesUntold > 0 ? $"{_leavesUntold} left" : ""];
        (_joinsUntold, _leavesUntold) = (0, 0);
        Notice($"{string.Join(", ", parts.Where(p => p.Length > 0))}; {Count} here now");
    }

    /// <summary>Whether <see cref="Tick"/> has something to say when the second is over.</summary>
    public bool HoldsBack => _joinsUntold + _leavesUntold > 0;

    public void Say(Member member, ReadOnlySpan<byte> text) => AppendOwn(member, PlainWire.Say(_line, member.Name, text));

    public void Act(Member member, ReadOnlySpan<byte> text) => AppendOwn(member, PlainWire.Act(_line, member.Name, text));

    public void Whisper(Member from, Member to, ReadOnlySpan<byte> text)
    {
        long start = Plain.Tail;
        AppendOwn(from, PlainWire.Whisper(_line, from.Name, to.Name, text));
        PlainWhispers.Add(start, Plain.Tail, from.Person, to.Person, Plain.Head);
        to.LastWhisperer = from;
    }

    /// <summary>Shows a member the last lines again, its own among them.</summary>
    public void Replay(Member member, int lines)
    {
        Answer(member, lines == 1 ? "the last line again:" : $"the last {lines} lines again:");
        // Whoever has not even seen that much yet misses nothing by it.
        member.Feed.GoTo(Math.Min(Plain.Back(lines), member.Feed.Cursor));
    }

    /// <summary>The server's own words, to everybody.</summary>
    public void Notice(string words) => Plain.Append(_line.AsSpan(0, PlainWire.Notice(_line, words)));

    /// <summary>The server's own words, to one member.</summary>
    public void Answer(Member member, string words) => member.Feed.Answer(_line.AsSpan(0, PlainWire.Notice(_line, words)));

    /// <summary>Who answers to this name, spelled as it may be; null when nobody does.</summary>
    public Member? Find(string name) => _byName.GetValueOrDefault(KeyOf(name));

    /// <summary>Gives a member another name and says so.</summary>
    /// <returns>Null when done, otherwise why not, in words for the member.</returns>
    public string? Rename(Member member, string name)
    {
        if (name == member.Name)
            return $"you are {name} already";
        if (Nickname.Refusal(name) is string rule)
            return $"{rule}; you are still {member.Name}";
        if (Find(name) is Member other && other != member)
            return $"{other.Name} is here already, and names must not look alike; you are still {member.Name}";

        string old = member.Name;
        Forget(member);
        member.Name = name;
        _byName.Add(KeyOf(name), member);
        Notice($"{old} is now {name}");
        return null;
    }

    private static string KeyOf(string name) => Guests.IsGuest(name) ? name : Nickname.LookAlikeKey(name);

    private void Forget(Member member)
    {
        _byName.Remove(KeyOf(member.Name));
        if (Guests.IsGuest(member.Name))
            _guests.Return(member.Name);
    }

    // Plain people have on their screen what they typed; their cursor hops over it.
    private void AppendOwn(Member member, int length)
    {
        long start = Plain.Tail;
        Plain.Append(_line.AsSpan(0, length));
        member.Feed.HopOver(start, Plain.Tail);
    }

    private void Tell(string name, string what, ref int untold, Moment now)
    {
        Tick(now);
        if (_presenceTold++ < Limits.PresenceLinesPerSecond)
            Notice(name + what);
        else
            untold++;
    }
}
