using System.Text;
using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;
using Chat.Server.Log;

namespace Chat.Server.Rooms;

/// <summary>
/// Who is here, what they are called, and what they may say. It knows no sockets: members come and go by being told so, time comes in with
/// each call, and everything it has to say it appends to the log or puts into one member's lane.
/// </summary>
/// <remarks>
/// Invariant: every line in the log begins with a prefix that only this class has written, holds text that <see cref="SafeText"/> has
/// cleaned, and ends with the one line feed in it.
/// <para>
/// A rich member whose connection breaks is not gone: for <see cref="ServerOptions.GraceMilliseconds"/> the others learn nothing, and if the
/// person is back by then they never do.
/// </para>
/// </remarks>
internal sealed class Room
{
    private static readonly string CountedName = Encoding.UTF8.GetString(RichWire.Counted);

    private readonly ConversationLog _log;
    private readonly UserDirectory _people;
    private readonly int _grace;
    private readonly List<User> _away = [];
    private readonly byte[] _answer = new byte[ProtocolLimits.RelayedLineBytes];
    private readonly AnnouncementThrottle _presence = new();

    /// <param name="logBytes">Bytes of the plain log: a power of two.</param>
    /// <param name="graceMilliseconds">How long a break may last unnoticed.</param>
    /// <param name="past">The conversation so far and who is remembered.</param>
    /// <param name="now">When the room is opened.</param>
    public Room(int logBytes, int graceMilliseconds, RoomState past, ClockReading now)
    {
        (_grace, _people, Epoch) = (graceMilliseconds, past.People, past.Epoch);
        _people.EndRecall(now);
        _log = new ConversationLog(logBytes, past);
        // Who was here when the server ended may be on the way back; who came by a plain tool is not.
        _away.AddRange(_people.Here);
        if (Rich.Tail > 0)
            Notice("the server was started again", now);
    }

    /// <summary>The conversation as plain tools see it.</summary>
    public RoomLog Plain => _log.Plain;

    /// <summary>The conversation as rich clients see it; its offsets are the places to come back to.</summary>
    public RoomLog Rich => _log.Rich;

    /// <summary>Names this log among all that there ever were.</summary>
    public string Epoch { get; }

    /// <summary>Everybody here, rising by number; a person who is away for a moment counts.</summary>
    public IReadOnlyList<User> Here => _people.Here;

    /// <summary>How many that are.</summary>
    public int Count => _people.Here.Count;

    /// <summary>Milliseconds since a person joined, by the clock that stamps lines.</summary>
    public long TimeHere(User person, ClockReading now) => _log.TimeOf(now) - person.JoinedAt;

    /// <summary>The place in <see cref="Here"/> of the first person with a higher number.</summary>
    public int IndexAfter(long number) => _people.IndexAfter(number);

    /// <summary>A reader who is nobody: sees what everybody may see, from now on.</summary>
    public Feed Audience() => _log.PlainFeed(ConversationLog.Nobody);

    // ---- Coming and going ----

    /// <summary>Lets in a member at a plain tool, under a guest's name, and shows it the last lines of the conversation.</summary>
    public Member Enter(ClockReading now)
    {
        User person = _people.Add(token: 0, _people.Offer(name: null, person: null, out _), now);
        Member member = new(person, seat: null, _log.PlainFeed(person.Number));
        Answer(member, $"you are {person.Name}; /nick NAME takes a name, /help says what else there is");
        member.Feed.GoTo(member.Feed.Back(ProtocolLimits.BacklogLines));
        Arrive(member, now);
        return member;
    }

    /// <summary>Lets in a rich client, new or back from a break.</summary>
    /// <param name="hello">What it says of itself.</param>
    /// <param name="now">When.</param>
    /// <param name="torn">Half a line went to it already, as to a plain tool; to be ended before anything else.</param>
    /// <param name="ghost">The connection the same client had until now, dead or not; to be closed without a word. Null when it had none.</param>
    public Member Enter(Hello hello, ClockReading now, bool torn, out Member? ghost)
    {
        string? wanted = hello.Name is null ? null : SafeText.Clean(hello.Name);
        string? refusal = null;
        User? known = _people.Find(hello.Token);
        User person = known ?? _people.Add(hello.Token, _people.Offer(wanted, person: null, out refusal), now);
        string former = person.Name;
        refusal ??= _people.RestoreName(person, wanted);
        Seat seat = _people.SeatOf(person, hello.Secret);
        ghost = seat.Member;
        if (ghost is not null)
            Detach(ghost, now);
        // A new run with another name takes that name. A second client does not rename the first, and after a break a client may know an older name.
        if (
            known is { Connections: 0 }
            && refusal is null
            && hello.Epoch != Epoch
            && wanted is not null
            && wanted != person.Name
        )
            refusal = person.IsHere
                ? Rename(person, wanted, _log.IdOf(seat, id: 0, now), now)
                : GiveName(person, wanted);

        Member member = new(person, seat, _log.RichFeed(person.Number));
        (seat.Member, seat.HasLeft) = (member, false);
        long from = PlaceOf(hello, member.Feed);
        // The end of what this person may read: what is hidden behind it would never be seen to have come.
        long tail = Math.Max(from, Rich.LineStartAfter(member.Feed.Back(1)));
        if (torn)
            member.Feed.Answer("\n"u8);
        member.Feed.Answer(
            _answer.AsSpan(
                0,
                RichWire.Welcome(_answer, person.Name, Epoch, _log.Begun, seat.Number, from, tail, seat.Taken)
            )
        );
        if (refusal is not null)
            Answer(member, $"{refusal}; you are {person.Name}.");
        // Behind these answers, which come before the backlog.
        member.Feed.GoTo(from);
        Arrive(member, now, former != person.Name ? former : "");
        return member;
    }

    /// <summary>Somebody's connection has ended as it should.</summary>
    /// <param name="member">Whose.</param>
    /// <param name="why">What to tell the others beside the fact; null when they left in the ordinary way.</param>
    /// <param name="now">When.</param>
    public void Leave(Member member, string? why, ClockReading now)
    {
        Detach(member, now);
        if (member.Seat is Seat seat)
            seat.HasLeft = why is null;
        if (member.Person.Connections == 0)
            Depart(member.Person, why, now);
    }

    /// <summary>Somebody's connection broke. Whoever has a token may come back.</summary>
    public void Lose(Member member, string why, ClockReading now)
    {
        User person = member.Person;
        if (person.Token == 0)
        {
            Leave(member, why, now);
            return;
        }
        Detach(member, now);
        person.GoneBecause = why;
        if (person.Connections == 0)
            _away.Add(person);
    }

    /// <summary>To be called at least once a second: says what was held back, and gives up on whoever has been away for too long.</summary>
    public void Tick(ClockReading now)
    {
        for (int i = _away.Count - 1; i >= 0; i--)
        {
            User person = _away[i];
            bool gone = person.Connections == 0 && now.Uptime - person.GoneAt >= _grace;
            if (!gone && person is { Connections: 0, IsHere: true })
                continue;
            _away.RemoveAt(i);
            if (gone)
                Depart(person, person.GoneBecause, now);
        }
        AnnounceCounted(now);
    }

    // ---- What they say ----

    public void Say(Member member, ReadOnlySpan<byte> text, ClockReading now) =>
        AppendOwn(LineKind.Say, member, text, now);

    public void Act(Member member, ReadOnlySpan<byte> text, ClockReading now) =>
        AppendOwn(LineKind.Me, member, text, now);

    /// <summary>A line for two people.</summary>
    /// <returns>Null when said, otherwise why not, in words for the member.</returns>
    public string? Whisper(Member member, ReadOnlySpan<char> name, ReadOnlySpan<byte> text, ClockReading now) =>
        _people.Find(name) is { IsHere: true } to
            ? Whisper(member, to, text, now)
            : $"nobody here is called {name}; /who says who is here";

    /// <summary>A whisper back to whoever whispered last.</summary>
    /// <returns>Null when said, otherwise why not, in words for the member.</returns>
    public string? Reply(Member member, ReadOnlySpan<byte> text, ClockReading now)
    {
        if (member.Person.LastWhisperer is not User to)
            return "nobody has whispered to you yet; /msg NAME TEXT whispers first";
        return to.IsHere ? Whisper(member, to, text, now) : $"{to.Name} is not here any more";
    }

    /// <summary>Gives a member another name and says so.</summary>
    /// <returns>Null when done, otherwise why not, in words for the member.</returns>
    public string? Rename(Member member, string name, ClockReading now)
    {
        if (name == member.Name)
            return $"you are {name} already";
        if (Rename(member.Person, name, IdOf(member, now), now) is not string refusal)
        {
            member.Person.SpokeAt = now.Uptime;
            return null;
        }
        return Nickname.Refusal(name) is null
            ? $"{refusal}. {_people.Offer(name, member.Person, out _)} is free. (You are still {member.Name}.)"
            : $"{char.ToUpperInvariant(refusal[0])}{refusal[1..]}. (You are still {member.Name}.)";
    }

    /// <summary>The server's own words, to everybody.</summary>
    public void Notice(string words, ClockReading now) => _log.Append(LineKind.Notice, "-", default, words, now);

    // ---- What is for one member ----

    /// <summary>Shows a member the last lines again, its own among them.</summary>
    public void Replay(Member member, int lines)
    {
        long from = member.Feed.Back(lines, out int found);
        // A member that has not received that much yet gets more lines. A rich client gathers lines and hides those of ignored people.
        bool isCountShown = member.Seat is null && from <= member.Feed.Cursor;
        Answer(
            member,
            !isCountShown ? "the last lines again:"
                : found == 1 ? "the last line again:"
                : $"the last {found} lines again:"
        );
        member.Feed.GoTo(Math.Min(from, member.Feed.Cursor));
    }

    /// <summary>The server's own words, to one member.</summary>
    public void Answer(Member member, string words) => Answer(member, "info"u8, words);

    /// <summary>The server's own words, to one member, about what was not done.</summary>
    public void Refuse(Member member, string words) => Answer(member, "err"u8, words);

    /// <summary>An answer: at a plain tool a notice, at a rich client a line that says what kind it is and which request it answers.</summary>
    public void Answer(Member member, ReadOnlySpan<byte> verb, string words) =>
        member.Feed.Answer(
            _answer.AsSpan(
                0,
                member.Seat is null
                    ? PlainWire.Notice(_answer, words)
                    : RichWire.Answer(_answer, verb, member.Answering, words)
            )
        );

    // ---- People ----

    // Where a client that comes back goes on, and where a new one begins. Not where the news of its coming would run over it at once.
    private long PlaceOf(Hello hello, Feed feed)
    {
        if (hello.Epoch is null)
            return feed.Back((int)Math.Min(hello.Offset, int.MaxValue));
        return
            hello.Epoch == Epoch
            && Rich.IsLineStart(hello.Offset)
            && hello.Offset > Rich.Tail + ProtocolLimits.RelayedLineBytes - Rich.Size
            ? hello.Offset
            : Rich.FirstPlace;
    }

    // The former name stands in the join: to the others a rename of an absent person means nothing, but clients may have to follow them.
    private void Arrive(Member member, ClockReading now, string former = "")
    {
        User person = member.Person;
        person.Connections++;
        person.Client = member.Seat is null ? ClientKind.Plain : ClientKind.Chat;
        if (person.IsHere)
            return;
        _people.SetHere(person, true);
        (person.JoinedAt, person.SpokeAt) = (_log.TimeOf(now), now.Uptime);
        AnnounceCounted(now);
        if (!_presence.AllowsJoin(person))
        {
            // The line that says whose the seat is keeps the new name.
            if (former.Length > 0)
                _ = IdOf(member, now);
            return;
        }
        // Only for those who are told: a storm of strangers would otherwise fill the log with who they are.
        _log.Append(LineKind.Join, person.Name, IdOf(member, now), former, now);
    }

    private void AnnounceCounted(ClockReading now)
    {
        if (_presence.TakeCounted(now) is string counted)
            _log.Append(LineKind.Notice, CountedName, default, $"{counted}; {Count} here now", now);
    }

    private static void Detach(Member member, ClockReading now)
    {
        member.Person.Connections--;
        member.Person.GoneAt = now.Uptime;
        if (member.Seat is Seat seat && seat.Member == member)
            seat.Member = null;
    }

    private void Depart(User person, string? why, ClockReading now)
    {
        if (!person.IsHere)
            return;
        _people.SetHere(person, false);
        AnnounceCounted(now);
        if (_presence.AllowsLeave(person))
        {
            long seat = person.Token == 0 ? 0 : person.Seats.FindLast(static s => s.Recorded)?.Number ?? 0;
            _log.Append(LineKind.Leave, person.Name, new LineId(seat, 0), why ?? "", now);
        }
        if (person.Token == 0)
        {
            person.LastWhisperer = null;
            _people.Remove(person);
        }
        else if (!person.KeepsName)
        {
            _people.ReleaseName(person);
        }
    }

    private string? Rename(User person, string name, LineId id, ClockReading now)
    {
        string old = person.Name;
        if (GiveName(person, name) is string refusal)
            return refusal;
        _log.Append(LineKind.Rename, old, id, name, now);
        // The others know this person by the new name now: a leave in the same second does not cancel a join that was counted.
        person.Counted = 0;
        return null;
    }

    // Null when the person has the name now, otherwise why not.
    private string? GiveName(User person, string name)
    {
        if (_people.Refusal(name, person) is string refusal)
            return refusal;
        _people.Rename(person, name);
        return null;
    }

    private string? Whisper(Member member, User to, ReadOnlySpan<byte> text, ClockReading now)
    {
        if (to == member.Person)
            return "that is you";
        (member.Person.SpokeAt, member.Person.HasSpoken) = (now.Uptime, true);
        HopOverOwn(member, _log.Whisper(member.Person, to, IdOf(member, now), text, now));
        to.LastWhisperer = member.Person;
        return null;
    }

    // ---- Lines ----

    private void AppendOwn(LineKind kind, Member member, ReadOnlySpan<byte> text, ClockReading now)
    {
        (member.Person.SpokeAt, member.Person.HasSpoken) = (now.Uptime, true);
        HopOverOwn(member, _log.Append(kind, member.Name, IdOf(member, now), text, now));
    }

    // Plain people have on their screen what they typed; their cursor hops over it.
    private void HopOverOwn(Member member, long start)
    {
        if (member.Seat is null)
            member.Feed.HopOver(start, Plain.Tail);
    }

    private LineId IdOf(Member member, ClockReading now) =>
        member.Seat is Seat seat ? _log.IdOf(seat, member.Answering, now) : default;
}
