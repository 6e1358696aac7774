using System.Diagnostics.CodeAnalysis;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;
using Chat.Server.Access;
using Chat.Server.Log;

namespace Chat.Server.Rooms;

/// <summary>
/// The members, their names and what they may do. Pure: a function of its events (<see cref="IRoomEvents"/>), without
/// sockets and clock. Output goes to the log or to the private lane of one member.
/// </summary>
/// <remarks>
/// Invariant: every line in the log begins with a prefix that only this class writes. Its text is cleaned by
/// <see cref="SafeText"/>. Its only line feed is at its end.
/// <para>
/// A rich member whose connection breaks stays in the room for <see cref="ServerOptions.GraceMilliseconds"/>.
/// If the client reconnects within that time, the others see neither a leave nor a join.
/// </para>
/// </remarks>
internal sealed class Room : IRoomEvents
{
    private static readonly string CountedName = Encoding.UTF8.GetString(RichWire.Counted);

    private readonly ConversationLog _log;
    private readonly UserDirectory _people;
    private readonly PlainCommands _commands;
    private readonly RichRequests _requests;
    private readonly Queue<Member> _removed = [];
    private long? _wrongProofAt;
    private readonly Queue<string> _records = [];
    private readonly int _grace;
    private long? _endsAt;
    private bool _isEndNear;
    private readonly List<User> _away = [];
    private readonly byte[] _answer = new byte[ProtocolLimits.RelayedLineBytes + Quotation.LongestBytes];
    private readonly AnnouncementThrottle _announcements = new();

    /// <param name="logBytes">Bytes of the plain log: a power of two.</param>
    /// <param name="graceMilliseconds">How long a connection may be broken before the leave is announced.</param>
    /// <param name="state">The restored conversation and the people remembered in it.</param>
    /// <param name="now">When the room opens.</param>
    public Room(int logBytes, int graceMilliseconds, RoomState state, ClockReading now)
    {
        (_grace, _people, Epoch) = (graceMilliseconds, state.People, state.Epoch);
        (_commands, _requests, Hosts) = (new PlainCommands(this), new RichRequests(this), new HostCommands(this));
        _people.EndRecall(now);
        _log = new ConversationLog(logBytes, state);
        // Rich clients that were here when the server ended may reconnect; plain tools cannot.
        _away.AddRange(_people.Here);
        if (Rich.Tail > 0)
            Notice("the server was started again", now);
    }

    /// <summary>The conversation in the form that plain tools receive.</summary>
    public RoomLog Plain => _log.Plain;

    /// <summary>The conversation in the form that rich clients receive. Clients resume at its offsets.</summary>
    public RoomLog Rich => _log.Rich;

    /// <summary>The searches of the members, which a <see cref="SearchWorker"/> runs.</summary>
    public SearchQueue Searches { get; } = new();

    /// <summary>Identifies this log; no other log has the same epoch.</summary>
    public string Epoch { get; }

    /// <summary>The people in the room, sorted by number, including those in their grace period.</summary>
    public IReadOnlyList<User> Here => _people.Here;

    /// <summary>The commands of hosts.</summary>
    public HostCommands Hosts { get; }

    /// <summary>The keys that give the rights of a host.</summary>
    public HostKeys Keys { get; init; }

    /// <summary>Addresses of this computer beside the loopback ones.</summary>
    public IReadOnlyCollection<AddressRange> OwnAddresses { get; init; } = [];

    /// <summary>The rows that newcomers see; none without a message.</summary>
    public IReadOnlyList<string> Motd { get; init; } = [];

    /// <summary>The bounds of the server, in words.</summary>
    public IReadOnlyList<string> Limits { get; init; } = [];

    /// <summary>The state of the server, in words. It is the one answer that does not follow from the events.</summary>
    public Func<IEnumerable<string>> Statistics { get; init; } = static () => [];

    /// <summary>A host has ended the room.</summary>
    public bool IsEndDue { get; private set; }

    /// <summary>The room offers TLS.</summary>
    public bool OffersTls { get; init; }

    /// <summary>
    /// Whether addresses of this computer are among these. It has no connection to ask, as a <see cref="PeerAddress"/>
    /// has, and a wildcard listener adds no addresses. So the rights of a host need loopback there.
    /// </summary>
    public bool IsOwn(AddressRange addresses) => addresses.HasLoopback || OwnAddresses.Any(addresses.Overlaps);

    /// <summary>The number of people in the room.</summary>
    public int Count => _people.Here.Count;

    /// <summary>Milliseconds since a person joined, by the clock that stamps lines.</summary>
    public long TimeHere(User person, ClockReading now) => _log.TimeOf(now) - person.JoinedAt;

    /// <summary>The index in <see cref="Here"/> of the first person with a higher number.</summary>
    public int IndexAfter(long number) => _people.IndexAfter(number);

    /// <summary>A feed from now on for a reader that is no person; it skips every whisper.</summary>
    public Feed PublicFeed() => _log.PlainFeed(ConversationLog.NoReader);

    // ---- Events ----

    public Member JoinPlain(ClockReading now, PeerAddress? from = null, bool isEncrypted = false)
    {
        User person = _people.Add(token: 0, _people.Offer(name: null, person: null, out _), now);
        Member member = new(person, seat: null, _log.PlainFeed(person.Number))
        {
            Peer = from,
            IsInClear = IsInClear(from, isEncrypted),
        };
        Answer(member, $"you are {person.Name}; /nick NAME takes a name, /help says what else there is");
        TellNewcomer(member);
        member.Feed.GoTo(member.Feed.Back(ProtocolLimits.BacklogLines));
        Arrive(member, now);
        return member;
    }

    public Member Join(
        Hello hello,
        Member? plain,
        ClockReading now,
        out Member? replaced,
        PeerAddress? from = null,
        bool isEncrypted = false
    )
    {
        bool isInsideLine = plain is { Feed.IsInsideLine: true };
        if (plain is not null)
            Leave(plain, why: null, now);
        string? muted = WordsForMuted(_people.Find(hello.Token), from?.Range ?? default, now);
        // A muted person keeps its name: the join and the rename would carry the new one to the others.
        string? wanted = hello.Name is null || muted is not null ? null : SafeText.Clean(hello.Name);
        User person = Identify(hello.Token, wanted, now, out string former, out string? refusal);
        Member member = Attach(person, hello, from, isEncrypted, now, out replaced);
        if (refusal is null && wanted is not null && IsNewRun(person, hello))
            refusal = ChangeName(member, wanted, now);
        // The connection was sent half a line. It is ended before any other output.
        if (isInsideLine)
            member.Feed.Answer("\n"u8);
        bool isNewRun = IsNewRun(person, hello);
        Welcome(member, hello, refusal ?? muted);
        if (isNewRun)
            TellNewcomer(member);
        Arrive(member, now, former != person.Name ? former : "");
        return member;
    }

    public string? Objection(Hello hello, ClockReading now)
    {
        long time = _log.TimeOf(now);
        User? person = _people.Find(hello.Token);
        Sanction? ban = _people.Moderation.FindBan(hello.Token, hello.Secret, time);
        bool isKicked = person?.Seats.Exists(seat => seat.Secret == hello.Secret && seat.IsKicked) == true;
        if (ban is null && !isKicked)
            return null;
        person ??= ban!.Owner!;
        if (now.Uptime - person.RefusedAt < ServerLimits.LogEveryMilliseconds)
            return "";
        person.RefusedAt = now.Uptime;
        return ban is null
            ? "a host has removed you from the room; start the client again to come back"
            : HostCommands.WordsForBanned(ban, time);
    }

    public string? Objection(PeerAddress from, ClockReading now) =>
        !from.IsThisMachine
        && _people.Moderation.Find(RuleKind.Ban, person: 0, from.Range, _log.TimeOf(now)) is Sanction ban
            ? HostCommands.WordsForBanned(ban, _log.TimeOf(now))
            : null;

    public bool TryTakeRemoved([NotNullWhen(true)] out Member? member) => _removed.TryDequeue(out member);

    public bool TryTakeRecord([NotNullWhen(true)] out string? record) => _records.TryDequeue(out record);

    public Export Export(ExportHello hello, Member? plain, ClockReading now)
    {
        bool isInsideLine = plain is { Feed.IsInsideLine: true };
        if (plain is not null)
            Leave(plain, why: null, now);
        User? person = _people.Find(hello.Token);
        return new Export(
            hello,
            person?.Name ?? "-",
            person?.Number ?? ConversationLog.NoReader,
            Epoch,
            _log.Begun,
            Rich.Tail,
            isInsideLine
        );
    }

    public void NoteTelnet(Member member) => member.Person.Client = ClientKind.Telnet;

    public bool HandleLine(Member member, ReadOnlySpan<byte> line, int dropped, ClockReading now)
    {
        bool isPlain = member.Seat is null;
        bool stays = isPlain ? _commands.Handle(member, line, now) : _requests.Handle(member, line, now);
        if (!stays)
            Leave(member, why: null, now);
        else if (isPlain && dropped > 0)
            Answer(
                member,
                $"your line had {line.Length + dropped} bytes; the last {dropped} were left out, because "
                    + $"{line.Length} is the most"
            );
        return stays;
    }

    public void HangUp(Member member, ClockReading now) => Leave(member, why: null, now);

    public void Reject(Member member, string words, ClockReading now)
    {
        Refuse(member, words);
        Leave(member, "sent away", now);
    }

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
        if (_endsAt is not long end)
            return;
        IsEndDue = now.Uptime >= end;
        if (_isEndNear || end - now.Uptime > 1000 * ServerLimits.ShutdownSeconds || IsEndDue)
            return;
        _isEndNear = true;
        Notice($"the room ends in {PresenceText.Duration(end - now.Uptime)}", now);
    }

    /// <summary>Plans the end of the room, instead of an earlier plan.</summary>
    /// <param name="seconds">The time until then. Shortly before a late end, a notice goes to all members.</param>
    /// <param name="now">The time.</param>
    public void PlanEnd(int seconds, ClockReading now) =>
        (_endsAt, _isEndNear) = (now.Uptime + seconds * 1000L, seconds < 2 * ServerLimits.ShutdownSeconds);

    /// <summary>Drops the plan of <see cref="PlanEnd"/>.</summary>
    /// <returns>False without a plan.</returns>
    public bool CallOffEnd()
    {
        bool wasPlanned = _endsAt is not null;
        _endsAt = null;
        return wasPlanned;
    }

    public void Shutdown(ClockReading now) => Notice("the server is shutting down; goodbye", now);

    /// <summary>
    /// Gives a member the name that a history of 0.1.0 keeps for its identity. A person who is here keeps its name, and
    /// so does one that a host has decided about.
    /// </summary>
    /// <param name="member">The owner of the identity.</param>
    /// <param name="token">The token that 0.1.0 sent.</param>
    /// <param name="now">The time.</param>
    public void TakeOver(Member member, UInt128 token, ClockReading now)
    {
        if (_people.Find(token) is not { IsHere: false, IsDecidedAbout: false } old || old == member.Person)
            return;
        string name = old.Name;
        _people.Remove(old);
        if (member.AskedName is null || member.AskedName == name)
            _ = ChangeName(member, name, now);
    }

    // ---- Messages ----

    public void Say(Member member, ReadOnlySpan<byte> text, ClockReading now) =>
        AppendOwn(LineKind.Say, member, text, now);

    public void Act(Member member, ReadOnlySpan<byte> text, ClockReading now) =>
        AppendOwn(LineKind.Me, member, text, now);

    /// <summary>Says a text of several rows as one message.</summary>
    /// <param name="member">The author.</param>
    /// <param name="escaped">The clean text, escaped.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null on success, otherwise the reason, in words for the member.</returns>
    public string? SaySnippet(Member member, ReadOnlySpan<byte> escaped, ClockReading now) =>
        AppendRows(LineKind.Snippet, member, escaped, now);

    /// <summary>Corrects an own message.</summary>
    /// <param name="member">The author.</param>
    /// <param name="offset">The offset of the message.</param>
    /// <param name="text">The offset, a space and the new text, clean and escaped.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null on success, otherwise the reason, in words for the member.</returns>
    public string? Edit(Member member, long offset, ReadOnlySpan<byte> text, ClockReading now) =>
        RefusalToChange(member, offset, now) ?? AppendRows(LineKind.Edit, member, text, now);

    /// <summary>Withdraws an own message.</summary>
    /// <returns>Null on success, otherwise the reason, in words for the member.</returns>
    public string? Delete(Member member, long offset, ReadOnlySpan<byte> text, ClockReading now)
    {
        if (RefusalToChange(member, offset, now) is string refusal)
            return refusal;
        AppendOwn(LineKind.Delete, member, text, now);
        return null;
    }

    /// <summary>Answers a message, with a quotation of its beginning.</summary>
    /// <returns>Null on success, otherwise the reason, in words for the member.</returns>
    public string? SayQuoting(Member member, long offset, ReadOnlySpan<byte> text, ClockReading now)
    {
        if (!_log.TryRead(offset, out RichLine line) || !IsMessage(line.Kind))
            return MessageGone;
        if (Quotation.Refusal(text.Length) is string refusal)
            return refusal;
        LineWriter writer = new(_answer);
        writer.Put(offset);
        writer.Put(" "u8);
        Span<byte> name = stackalloc byte[ProtocolLimits.HeadBytes];
        line.Name.CopyTo(name);
        name = name[..line.Name.Length];
        // The newest text of the message counts.
        if (_log.ChangeOf(offset) is long change && (!_log.TryRead(change, out line) || line.Kind == LineKind.Delete))
            return MessageGone;
        Span<byte> words = stackalloc byte[ProtocolLimits.HeadBytes],
            quotation = stackalloc byte[Quotation.LongestBytes];
        writer.Put(quotation[..Quotation.Write(quotation, name, words[..Beginning(line, words)])]);
        writer.Put(text);
        AppendOwn(LineKind.Re, member, _answer.AsSpan(0, writer.Length), now);
        return null;
    }

    // Copies the beginning of a message and returns its length. An answer has its own words, without its quotation.
    private static int Beginning(RichLine line, Span<byte> into)
    {
        ReadOnlySpan<byte> text = line.Text;
        if (line.Kind is LineKind.Re or LineKind.Edit)
            _ = RichWire.Word(ref text);
        if (line.Kind == LineKind.Re)
            _ = Quotation.TryParse(text, out _, out text);
        text = text[..Math.Min(text.Length, into.Length)];
        if (line.Kind is LineKind.Snippet or LineKind.Edit)
            return SnippetEscape.Unescape(text, into);
        text.CopyTo(into);
        return text.Length;
    }

    /// <summary>Sends a whisper to the person with this name.</summary>
    /// <returns>Null on success, otherwise the reason, in words for the member.</returns>
    public string? Whisper(Member member, ReadOnlySpan<char> name, ReadOnlySpan<byte> text, ClockReading now) =>
        _people.Find(name) is { IsHere: true } to
            ? Whisper(member, to, text, now)
            : $"there is no {name} here; /who lists the people here";

    /// <summary>Sends a whisper to the last person that whispered to this member.</summary>
    /// <returns>Null on success, otherwise the reason, in words for the member.</returns>
    public string? Reply(Member member, ReadOnlySpan<byte> text, ClockReading now)
    {
        if (member.Person.LastWhisperer is not User to)
            return RoomCommands.NoWhisper;
        return to.IsHere ? Whisper(member, to, text, now) : $"{to.Name} is not here any more";
    }

    /// <summary>Renames a member and announces it.</summary>
    /// <returns>Null on success, otherwise the reason, in words for the member.</returns>
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

    // Sends a notice of the server to all members.
    private void Notice(string words, ClockReading now) => _log.Append(LineKind.Notice, "-", default, words, now);

    // ---- Hosts ----

    /// <summary>Sends a member a number for the proof of the host's key.</summary>
    public void Challenge(Member member)
    {
        member.Challenge = LogEpoch.CreateChallenge();
        Answer(member, "challenge"u8, member.Challenge);
    }

    /// <summary>Gives a member the rights of a host if it proves the key.</summary>
    /// <returns>Null on success, otherwise the reason, in words for the member.</returns>
    public string? Prove(Member member, ReadOnlySpan<byte> proof, ClockReading now)
    {
        if (member.WrongProofs >= ServerLimits.WrongProofs)
            return "too many proofs of the host's key were wrong; connect again";
        if (member.Challenge is not string challenge)
            return "ask for a number to prove the host's key with first: host";
        member.Challenge = null;
        bool isRight =
            Keys.Everywhere is UInt128 key && HostProof.IsRight(proof, key, challenge, Epoch)
            || Keys.Loopback is UInt128 local
                && IsOwn(member.Address)
                && HostProof.IsRight(proof, local, challenge, Epoch);
        if (!isRight)
        {
            member.WrongProofs++;
            // A script may send wrong proofs all the time.
            if (!(now.Uptime - _wrongProofAt < ServerLimits.LogEveryMilliseconds))
            {
                Record($"{member.Name} did not prove the key of the host");
                _wrongProofAt = now.Uptime;
            }
            return "this is not the key of the host of this room";
        }
        member.HasProved = true;
        Record($"{member.Name} has proved the key of the host");
        SetRights(member.Person, member.Person.IsOp, hasProved: true, now);
        return null;
    }

    /// <summary>Finds the person in the room with this name; otherwise gives the reason, in words.</summary>
    public bool TryFindHere(string name, [NotNullWhen(true)] out User? person, [NotNullWhen(false)] out string? refusal)
    {
        person = _people.Find(name);
        refusal = person is { IsHere: true } ? null : $"there is no {name} here; /who lists the people here";
        return refusal is null;
    }

    /// <summary>Gives a person the rights of a host, or takes them, and remembers it.</summary>
    public void SetOp(User person, bool isOp, ClockReading now)
    {
        RuleRecord rule = new(isOp ? RuleKind.Op : RuleKind.Deop, person.Number, "-", Until: 0);
        if (person.Token != 0)
        {
            Recognize(person, now);
            _log.Rule(person.Name, rule, now);
        }
        SetRights(person, isOp, person.HasProved, now);
    }

    /// <summary>The topic; null for none.</summary>
    public string? Topic => _people.Moderation.Topic;

    /// <summary>Answers a question for the topic.</summary>
    public void SendTopic(Member member)
    {
        if (member.Seat is null)
            Answer(member, RoomCommands.WordsForTopic(Topic ?? ""));
        else
            Answer(member, "topic"u8, Topic ?? "");
    }

    // A client that reconnects has been told.
    private void TellNewcomer(Member member)
    {
        foreach (string row in Motd)
            Answer(member, row);
        if (Topic is string topic)
            Answer(member, RoomCommands.WordsForTopic(topic));
    }

    /// <summary>The bans and mutes.</summary>
    public IReadOnlyList<Sanction> Sanctions => _people.Moderation.Sanctions;

    /// <summary>The time of the log, in which bans and mutes end.</summary>
    public long TimeOf(ClockReading now) => _log.TimeOf(now);

    /// <summary>The person with this name, present or remembered; null for none.</summary>
    public User? Find(string name) => _people.Find(name);

    /// <summary>Applies a decision about a person or an address, and remembers it.</summary>
    public void Decide(string name, User? person, RuleRecord rule, ClockReading now)
    {
        if (person is not null)
            Recognize(person, now);
        _log.Rule(name, rule, now);
        _people.Moderation.Apply(name, rule);
    }

    /// <summary>Frees the name of a person who is away. The person asks for it again on return.</summary>
    public void Free(User person, ClockReading now)
    {
        Decide(person.Name, person, new RuleRecord(RuleKind.Free, person.Number, "-", Until: 0), now);
        _people.ReleaseName(person);
    }

    /// <summary>Why a member may say nothing, in words; null if it may.</summary>
    public string? WordsForMuted(Member member, ClockReading now) => WordsForMuted(member.Person, member.Address, now);

    private string? WordsForMuted(User? person, AddressRange address, ClockReading now)
    {
        if (Sanctions.Count == 0 || person is { IsOp: true } or { HasProvedConnection: true })
            return null;
        long time = _log.TimeOf(now);
        return _people.Moderation.Find(RuleKind.Mute, person?.Number ?? 0, address, time) is Sanction mute
            ? $"you are muted{mute.Term(time)}; the others do not see what you say"
            : null;
    }

    /// <summary>Sends an answer to every host, beside the answer to the one that asked.</summary>
    public void TellHosts(Member host, string words)
    {
        foreach (User person in Here)
        {
            foreach (Member member in person.Members)
            {
                if (member.IsHost && member != host)
                    Answer(member, words);
            }
        }
        Answer(host, words);
        Record(words);
    }

    /// <summary>Ends the connections of a person. Their clients do not come back by themselves.</summary>
    /// <param name="person">The person.</param>
    /// <param name="words">Why, for the person.</param>
    /// <param name="why">Why, for the others.</param>
    /// <param name="now">The time.</param>
    public void Remove(User person, string words, string why, ClockReading now)
    {
        foreach (Seat seat in person.Seats)
            seat.IsKicked = true;
        while (person.Members is [.., Member member])
        {
            member.Answering = 0;
            member.RemovedBecause = why;
            Answer(member, "gone"u8, words);
            Leave(member, why, now);
            _removed.Enqueue(member);
        }
        // In the grace period the person has no connection.
        Depart(person, why, now);
    }

    /// <summary>Tells all members what a host did, as a line of that host's request.</summary>
    public void Announce(Member host, string words, ClockReading now)
    {
        _log.Append(LineKind.Notice, "-", IdOf(host, now), Bounded(words), now);
        Record(words);
    }

    /// <summary>Keeps words for the log of the server.</summary>
    public void Record(string words)
    {
        if (_records.Count < ServerLimits.RecordsWaiting)
            _records.Enqueue(words);
    }

    // The others learn of the mark by a rename.
    private void SetRights(User person, bool isOp, bool hasProved, ClockReading now)
    {
        string before = person.ShownName;
        (person.IsOp, person.HasProved) = (isOp, hasProved);
        if (person.IsHere && person.ShownName != before)
            _log.Append(LineKind.Rename, before, IdOf(person), person.ShownName, now);
    }

    // Takes the mark when no connection has proved the key: the identity alone is not enough.
    private void DropMark(User person, ClockReading now)
    {
        if (person.HasProved && !person.HasProvedConnection)
            SetRights(person, person.IsOp, hasProved: false, now);
    }

    // The log names the owner of each seat, so a restart recognizes the person.
    private void Recognize(User person, ClockReading now)
    {
        foreach (Seat seat in person.Seats)
            _ = _log.IdOf(seat, id: 0, now);
    }

    // ---- Output for one member ----

    /// <summary>Sends a member the last lines again, including its own.</summary>
    public void Replay(Member member, int lines)
    {
        long from = member.Feed.Back(lines, out int found);
        // If the member has not received all of these lines yet, more than this count follow. A rich client
        // collects lines and hides those of ignored people.
        bool isCountShown = member.Seat is null && from <= member.Feed.Cursor;
        Answer(
            member,
            !isCountShown ? "the last lines again:"
                : found == 1 ? "the last line again:"
                : $"the last {found} lines again:"
        );
        member.Feed.GoTo(Math.Min(from, member.Feed.Cursor));
    }

    /// <summary>Sends a notice of the server to one member.</summary>
    public void Answer(Member member, string words) => Answer(member, "info"u8, words);

    /// <summary>Tells one member why a request was refused.</summary>
    public void Refuse(Member member, string words) => Answer(member, "err"u8, words);

    /// <summary>
    /// Sends an answer: a notice for a plain tool; for a rich client a line with its kind and the number of the
    /// request.
    /// </summary>
    public void Answer(Member member, ReadOnlySpan<byte> verb, string words)
    {
        words = Bounded(words);
        int length = member.Seat is null
            ? PlainWire.Notice(_answer, words)
            : RichWire.Answer(_answer, verb, member.Answering, words);
        member.Feed.Answer(_answer.AsSpan(0, length));
    }

    // Words with names and texts of members, cut where a line ends.
    private static string Bounded(string words)
    {
        const int Most = ProtocolLimits.TextBytes;
        if (words.Length <= Most / 3 || Encoding.UTF8.GetByteCount(words) <= Most)
            return words;
        byte[] cut = new byte[Most];
        Encoding.UTF8.GetEncoder().Convert(words, cut, flush: false, out _, out int length, out _);
        return Encoding.UTF8.GetString(cut, 0, length);
    }

    // ---- People ----

    // The person with this token, or a new one. A person whose name was freed is named again.
    private User Identify(UInt128 token, string? wanted, ClockReading now, out string former, out string? refusal)
    {
        refusal = null;
        User person = _people.Find(token) ?? _people.Add(token, _people.Offer(wanted, person: null, out refusal), now);
        former = person.Name;
        refusal ??= _people.RestoreName(person, wanted);
        return person;
    }

    // Makes a member at the seat with the secret of the hello. A seat has one connection, and a newer one replaces it.
    private Member Attach(
        User person,
        Hello hello,
        PeerAddress? from,
        bool isEncrypted,
        ClockReading now,
        out Member? replaced
    )
    {
        Seat seat = _people.SeatOf(person, hello.Secret);
        replaced = seat.Member;
        if (replaced is not null)
            Detach(replaced, now);
        Member member = new(person, seat, _log.RichFeed(person.Number))
        {
            Peer = from,
            AskedName = hello.Name,
            IsEncrypted = isEncrypted,
            IsInClear = IsInClear(from, isEncrypted),
        };
        (seat.Member, seat.HasLeft) = (member, false);
        return member;
    }

    // A connection of this computer crosses no network.
    private bool IsInClear(PeerAddress? from, bool isEncrypted) =>
        OffersTls && !isEncrypted && from is not { IsThisMachine: true };

    // A second client does not rename the first, and a reconnecting client may know an older name.
    private bool IsNewRun(User person, Hello hello) => person.Connections == 0 && hello.Epoch != Epoch;

    // Returns null when the person has the name now, otherwise the reason.
    private string? ChangeName(Member member, string name, ClockReading now)
    {
        User person = member.Person;
        if (name == person.Name)
            return null;
        return person.IsHere ? Rename(person, name, IdOf(member, now), now) : GiveName(person, name);
    }

    // Answers with the name, the seat and the place, and puts the cursor there. These answers precede the backlog.
    private void Welcome(Member member, Hello hello, string? refusal)
    {
        (Seat seat, Feed feed) = (member.Seat!, member.Feed);
        long from = PlaceOf(hello, feed);
        // The end of what this person may read. A hidden line beyond it would never be acknowledged.
        long tail = Math.Max(from, Rich.LineStartAfter(feed.Back(1)));
        int length = RichWire.Welcome(
            _answer,
            member.Person.ShownName,
            Epoch,
            _log.Begun,
            seat.Number,
            from,
            tail,
            seat.Taken
        );
        feed.Answer(_answer.AsSpan(0, length));
        if (refusal is not null)
            Answer(member, $"{refusal}; you are {member.Name}.");
        feed.GoTo(from);
    }

    // Where a client resumes, or where a new one begins. The place is not so old that the announcement of the
    // join would overwrite it at once.
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

    // The join carries the former name: the others have seen no rename, but their clients may have to follow
    // the person.
    private void Arrive(Member member, ClockReading now, string former = "")
    {
        User person = member.Person;
        person.Members.Add(member);
        person.Peer = member.Peer;
        person.Client = member.Seat is null ? ClientKind.Plain : ClientKind.Chat;
        bool isNewlyInClear = member.IsInClear && !person.IsMarked;
        person.IsMarked |= member.IsInClear;
        if (person.IsHere)
        {
            if (isNewlyInClear)
                Notice($"{person.ShownName} is here in the clear, too", now);
            return;
        }
        _people.SetHere(person, true);
        (person.JoinedAt, person.SpokeAt) = (_log.TimeOf(now), now.Uptime);
        AnnounceCounted(now);
        if (!_announcements.AllowsJoin(person))
        {
            // The line that names the owner of the seat keeps the new name.
            if (former.Length > 0)
                _ = IdOf(member, now);
            return;
        }
        // Written only for announced joins: otherwise a storm of connections would fill the log with key lines.
        string text = RichWire.JoinText(former, member.IsInClear);
        _log.Append(LineKind.Join, person.ShownName, IdOf(member, now), text, now);
    }

    private void AnnounceCounted(ClockReading now)
    {
        if (_announcements.EndSecond(now) is string counted)
            _log.Append(LineKind.Notice, CountedName, default, $"{counted}; {Count} here now", now);
    }

    // A connection that ended in the ordinary way, or that the server ended for this reason.
    private void Leave(Member member, string? why, ClockReading now)
    {
        Detach(member, now);
        if (member.Seat is Seat seat)
            seat.HasLeft = why is null;
        if (member.Person.Connections == 0)
            Depart(member.Person, why, now);
    }

    // The member is sent no line that is appended from now on, such as the announcement of its leave.
    private void Detach(Member member, ClockReading now)
    {
        member.Feed.EndHere();
        member.Person.Members.Remove(member);
        // A host whose only connection broke may return. Another client of the person does not inherit the mark.
        if (member.Person.Members.Count > 0)
            DropMark(member.Person, now);
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
        if (_announcements.AllowsLeave(person))
        {
            _log.Append(LineKind.Leave, person.ShownName, IdOf(person), why ?? "", now);
        }
        (person.HasProved, person.IsMarked) = (false, false);
        if (person.Token == 0)
        {
            person.LastWhisperer = null;
            _people.Moderation.Forget(person);
            _people.Remove(person);
        }
        else if (!person.KeepsName)
        {
            _people.ReleaseName(person);
        }
    }

    private string? Rename(User person, string name, LineId id, ClockReading now)
    {
        string old = person.ShownName;
        if (GiveName(person, name) is string refusal)
            return refusal;
        _log.Append(LineKind.Rename, old, id, person.ShownName, now);
        // The others now know this person by the new name, so a leave in the same second must not cancel a
        // counted join.
        person.Counted = 0;
        return null;
    }

    // Returns null when the person has the name now, otherwise the reason.
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
        DropMark(member.Person, now);
        HopOverOwn(member, _log.Whisper(member, to, IdOf(member, now), text, now));
        to.LastWhisperer = member.Person;
        return null;
    }

    // ---- Lines ----

    private void AppendOwn(LineKind kind, Member member, ReadOnlySpan<byte> text, ClockReading now)
    {
        (member.Person.SpokeAt, member.Person.HasSpoken) = (now.Uptime, true);
        DropMark(member.Person, now);
        HopOverOwn(member, _log.Append(kind, member.ShownName, IdOf(member, now), text, now));
    }

    private const string MessageGone = "there is no such message in the log of the room any more";

    private string? AppendRows(LineKind kind, Member member, ReadOnlySpan<byte> text, ClockReading now)
    {
        if (!_log.HasRoom(kind, member.Person.ShownName, text))
            return $"the log of this server is too small for it; it takes {_log.SnippetRoom} bytes at once";
        AppendOwn(kind, member, text, now);
        return null;
    }

    private static bool IsMessage(LineKind kind) =>
        kind is LineKind.Say or LineKind.Me or LineKind.Snippet or LineKind.Re;

    private string? RefusalToChange(Member member, long offset, ClockReading now)
    {
        if (!_log.TryRead(offset, out RichLine line) || !IsMessage(line.Kind))
            return MessageGone;
        if (!IsOwn(member.Person, line))
            return "that message is not yours";
        long age = _log.TimeOf(now) - line.Milliseconds;
        if (
            _log.ChangeOf(offset) is long change
            && _log.TryRead(change, out RichLine last)
            && last.Kind == LineKind.Delete
        )
            return MessageGone;
        return age > ServerLimits.EditMilliseconds
            ? $"a message can be changed for {ServerLimits.EditMilliseconds / 60_000} minutes"
            : null;
    }

    private static bool IsOwn(User person, RichLine line)
    {
        foreach (Seat seat in person.Seats)
        {
            if (seat.Number == line.Id.Seat)
                return true;
        }
        return false;
    }

    // A plain terminal already shows what its user typed, so the cursor skips those lines.
    private void HopOverOwn(Member member, long start)
    {
        if (member.Seat is null)
            member.Feed.HopOver(start, Plain.Tail);
    }

    // For a line that is no request of the person. It lets a restarted server recognize the person.
    private static LineId IdOf(User person) =>
        new(person.Token == 0 ? 0 : person.Seats.FindLast(static s => s.Recorded)?.Number ?? 0, 0);

    private LineId IdOf(Member member, ClockReading now) =>
        member.Seat is Seat seat ? _log.IdOf(seat, member.Answering, now) : default;
}
