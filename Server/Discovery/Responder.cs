using System.Numerics;
using Chat.Protocol.Discovery;

namespace Chat.Server.Discovery;

/// <summary>
/// The announcement of a room on one interface: probes for its name, announces it, answers questions and keeps the
/// limits of RFC 6762. Callers pass packets and the time, and <see cref="IMulticast"/> sends.
/// </summary>
internal sealed class Responder
{
    private const int Probes = 3,
        Announcements = 2;

    private const long Never = long.MaxValue;

    private readonly IMulticast _network;
    private readonly Random _random;
    private readonly byte[] _message;
    private readonly long[] _sentAt,
        _dueAt;
    private readonly Waiting[] _waiting = new Waiting[ServerLimits.DiscoveryWaitingAskers];
    private int _step;
    private long _stepAt;
    private bool _hasFailed,
        _isAnnounced;

    /// <param name="network">Sends.</param>
    /// <param name="at">The interface, with the addresses to announce.</param>
    /// <param name="records">The records.</param>
    /// <param name="message">A buffer for messages; responders share it.</param>
    /// <param name="random">Chooses the random times.</param>
    public Responder(IMulticast network, LocalInterface at, RoomRecords records, byte[] message, Random random)
    {
        (_network, At, Records, _message, _random) = (network, at, records, message, random);
        (_sentAt, _dueAt) = (new long[records.Count], new long[records.Count]);
    }

    public LocalInterface At { get; }

    public RoomRecords Records { get; private set; }

    /// <summary>The name is this room's here: the probes are over.</summary>
    public bool HasName => _step >= Probes;

    /// <summary>Uptime of the next work.</summary>
    public long NextDue
    {
        get
        {
            long due = _step < Probes + Announcements ? _stepAt : Never;
            foreach (long at in _dueAt)
                due = Math.Min(due, at);
            foreach (Waiting asker in _waiting)
                due = Math.Min(due, asker.Wanted == 0 ? Never : asker.Until);
            return due;
        }
    }

    /// <summary>Begins to probe.</summary>
    /// <param name="records">The records, perhaps under another name; as many as before.</param>
    /// <param name="at">Uptime of the first probe.</param>
    public void Probe(RoomRecords records, long at)
    {
        Records = records;
        (_step, _stepAt, _hasFailed) = (0, at, false);
        Array.Fill(_sentAt, -ServerLimits.DiscoveryAgainMilliseconds);
        Array.Fill(_dueAt, Never);
        Array.Clear(_waiting);
    }

    /// <summary>
    /// Announces again if the system refused to send. An IPv6 address cannot send for its first second or two.
    /// </summary>
    public void Retry(long now)
    {
        if (!_hasFailed || _step < Probes)
            return;
        (_step, _stepAt, _hasFailed) = (Probes, now, false);
    }

    /// <summary>Sends the TXT record, whose data has changed.</summary>
    public void AnnounceText(long now)
    {
        if (HasName)
            Schedule(1u << RoomRecords.Text, now, ServerLimits.DiscoveryAgainMilliseconds);
    }

    /// <summary>Withdraws the records, if they were announced. They may be while it probes again.</summary>
    public void Withdraw()
    {
        if (!_isAnnounced)
            return;
        _isAnnounced = false;
        DnsWriter writer = new(_message, isResponse: true);
        // Other rooms of this network have the same record of the services.
        foreach (int place in PlacesOf(Records.Announced & ~(1u << RoomRecords.Services)))
            Write(ref writer, DnsSection.Answer, place, mostTtl: 0);
        _network.Send(At, _message.AsSpan(0, writer.Length));
    }

    /// <summary>Does what is due.</summary>
    public void Tick(long now)
    {
        if (_step < Probes + Announcements && now >= _stepAt)
        {
            if (_step < Probes)
            {
                SendProbe();
            }
            else
            {
                Array.Fill(_dueAt, now, 0, RoomRecords.InstanceTypes);
                Array.Fill(_dueAt, now, RoomRecords.FirstAddress, Records.Count - RoomRecords.FirstAddress);
                _isAnnounced = true;
            }
            _stepAt = now + (_step < Probes ? ServerLimits.ProbeMilliseconds : ServerLimits.AnnounceMilliseconds);
            _step++;
        }
        for (int i = 0; i < _waiting.Length; i++)
        {
            if (_waiting[i].Wanted == 0 || now < _waiting[i].Until)
                continue;
            Schedule(_waiting[i].Wanted, now, ServerLimits.DiscoveryAgainMilliseconds);
            _waiting[i] = default;
        }
        SendDue(now);
    }

    /// <summary>Handles a response of another machine, or an own one that came back.</summary>
    /// <returns>Whether another machine has the name of this room.</returns>
    public bool HandleResponse(ref DnsReader reader, long now)
    {
        for (int i = reader.Questions; i > 0; i--)
        {
            if (!reader.TryReadQuestion(out _))
                return false;
        }
        for (int i = reader.Answers + reader.Authorities + reader.Additionals; i > 0; i--)
        {
            if (!reader.TryReadRecord(out DnsRecord record))
                return false;
            if (IsConflict(ref reader, record))
                return true;
            foreach (int place in PlacesOf(HasName ? Records.Same(ref reader, record, Records.Announced) : 0))
            {
                // A full record answers for this server too (7.4). A short one would expire everywhere (6.6).
                if (record.Ttl >= Records[place].Ttl)
                    _dueAt[place] = Never;
                else if (record.Ttl < Records[place].Ttl / 2)
                    Schedule(1u << place, now, ServerLimits.DiscoveryAgainMilliseconds);
            }
        }
        return false;
    }

    // The server record has the random name of this server's host, so an equal one is always an own one. The text
    // of an own one may be older, and another interface of this machine on the same network has other addresses.
    private bool IsConflict(ref DnsReader reader, DnsRecord record) =>
        record is { Type: DnsType.Srv, Ttl: > 0 }
        && reader.HasName(record.NameAt, Records.Instance)
        && !reader.HasData(record, Records[RoomRecords.Server].Data);

    /// <summary>Handles a query.</summary>
    /// <param name="reader">The query.</param>
    /// <param name="origin">Its sender.</param>
    /// <param name="canReply">The limit of unicast answers is not reached.</param>
    /// <param name="now">Uptime.</param>
    /// <returns>Whether a unicast answer was sent.</returns>
    public bool HandleQuery(ref DnsReader reader, PacketOrigin origin, bool canReply, long now)
    {
        DnsReader questions = reader;
        uint wanted = 0;
        bool wantsUnicast = true;
        for (int i = reader.Questions; i > 0; i--)
        {
            if (!reader.TryReadQuestion(out DnsQuestion question))
                return false;
            uint answers = Records.Answers(ref reader, question);
            wanted |= answers;
            wantsUnicast &= question.WantsUnicast || answers == 0;
        }
        int waiting = origin.IsFromSharedPort ? IndexOf(origin.Sender) : -1;
        if (waiting >= 0)
            wanted |= _waiting[waiting].Wanted;
        if (wanted == 0 || !TrySuppress(ref reader, ref wanted))
            return false;
        bool isProbe = reader.Authorities > 0 && (wanted & RoomRecords.Proposed) != 0;
        if (!HasName)
        {
            if (isProbe)
                BreakTie(ref reader, now);
            return false;
        }
        if (!origin.IsFromSharedPort)
            return canReply && wanted != 0 && SendForeignReply(wanted, ref questions);
        if (waiting >= 0)
        {
            _waiting[waiting].Wanted = wanted;
            return false;
        }
        if (reader.IsTruncated && TryWait(origin.Sender, wanted, now))
            return false;
        bool isReply = canReply && wantsUnicast && !isProbe && wanted != 0 && IsRecent(wanted, now);
        if (isReply)
            SendReply(wanted);
        else
            Schedule(wanted, now, isProbe ? ServerLimits.ProbeMilliseconds : ServerLimits.DiscoveryAgainMilliseconds);
        return isReply;
    }

    // RFC 6762, 7.1: the asker knows these for at least half of their time.
    private bool TrySuppress(ref DnsReader reader, ref uint wanted)
    {
        for (int i = reader.Answers; i > 0; i--)
        {
            if (!reader.TryReadRecord(out DnsRecord record))
                return false;
            foreach (int place in PlacesOf(Records.Same(ref reader, record, wanted)))
                wanted &= record.Ttl >= Records[place].Ttl / 2 ? ~(1u << place) : uint.MaxValue;
        }
        return true;
    }

    // RFC 6762, 7.2: more known answers follow. Without a free place it is answered now.
    private bool TryWait(UInt128 sender, uint wanted, long now)
    {
        int free = Array.FindIndex(_waiting, static asker => asker.Wanted == 0);
        if (free >= 0)
            _waiting[free] = new Waiting
            {
                Sender = sender,
                Wanted = wanted,
                Until = now + Between(ServerLimits.KnownAnswersLeast, ServerLimits.KnownAnswersMost),
            };
        return free >= 0;
    }

    private int IndexOf(UInt128 sender)
    {
        for (int i = 0; i < _waiting.Length; i++)
        {
            if (_waiting[i].Wanted != 0 && _waiting[i].Sender == sender)
                return i;
        }
        return -1;
    }

    // RFC 6762, 8.2: two machines probe for one name at once. The one whose records are less waits a second.
    private void BreakTie(ref DnsReader reader, long now)
    {
        Span<DnsRecord> theirs = stackalloc DnsRecord[ServerLimits.ProposedRecords];
        int count = 0;
        for (int i = reader.Authorities; i > 0; i--)
        {
            if (!reader.TryReadRecord(out DnsRecord record))
                return;
            if (count < theirs.Length && reader.HasName(record.NameAt, Records.Instance))
                theirs[count++] = record;
        }
        Span<byte> data = stackalloc byte[ServerLimits.DiscoveryTextBytes],
            best = stackalloc byte[ServerLimits.DiscoveryTextBytes];
        theirs = theirs[..count];
        // In the order of types, and of data within a type.
        foreach (int place in (ReadOnlySpan<int>)[RoomRecords.Text, RoomRecords.Server])
        {
            int least = LeastOf(ref reader, theirs, best, data, out int length);
            if (least < 0)
                return;
            OwnRecord own = Records[place];
            int order = own.Type.CompareTo(theirs[least].Type);
            if (order == 0)
                order = own.Data.AsSpan().SequenceCompareTo(best[..length]);
            if (order < 0)
                (_step, _stepAt) = (0, now + ServerLimits.TieMilliseconds);
            if (order != 0)
                return;
            theirs[least] = theirs[^1];
            theirs = theirs[..^1];
        }
        if (theirs.Length > 0)
            (_step, _stepAt) = (0, now + ServerLimits.TieMilliseconds);
    }

    private static int LeastOf(
        ref DnsReader reader,
        scoped ReadOnlySpan<DnsRecord> records,
        scoped Span<byte> best,
        scoped Span<byte> data,
        out int length
    )
    {
        int least = -1;
        length = 0;
        for (int i = 0; i < records.Length; i++)
        {
            int bytes = reader.CopyData(records[i], data);
            int order = least < 0 ? -1 : records[i].Type.CompareTo(records[least].Type);
            if (order > 0 || (order == 0 && data[..bytes].SequenceCompareTo(best[..length]) >= 0))
                continue;
            data[..bytes].CopyTo(best);
            (least, length) = (i, bytes);
        }
        return least;
    }

    // RFC 6762, 5.4: each was sent to the group within a quarter of its time.
    private bool IsRecent(uint wanted, long now)
    {
        foreach (int place in PlacesOf(wanted))
        {
            if (now - _sentAt[place] >= Records[place].Ttl * 250L)
                return false;
        }
        return true;
    }

    // RFC 6762, 6: a record that others have too waits for a random time; none is sent again within a second.
    private void Schedule(uint wanted, long now, int pause)
    {
        const uint Shared = 1u << RoomRecords.Pointer | 1u << RoomRecords.Services;
        long at = now;
        if ((wanted & Shared) != 0)
            at += Between(ServerLimits.SharedAnswerLeast, ServerLimits.SharedAnswerMost);
        foreach (int place in PlacesOf(wanted))
            _dueAt[place] = Math.Min(_dueAt[place], Math.Max(at, _sentAt[place] + pause));
    }

    private void SendProbe()
    {
        DnsWriter writer = new(_message, isResponse: false);
        // Not for a unicast answer: another program of this machine could receive it, because they share the port.
        writer.TryWriteQuestion(Records.Instance, DnsType.Any);
        foreach (int place in PlacesOf(RoomRecords.Proposed))
        {
            OwnRecord record = Records[place];
            writer.TryWriteRecord(
                DnsSection.Authority,
                record.Name,
                record.Type,
                record.Ttl,
                isUnique: false,
                record.Data
            );
        }
        Send(ref writer);
    }

    private void SendDue(long now)
    {
        uint due = 0;
        for (int i = 0; i < _dueAt.Length; i++)
            due |= _dueAt[i] <= now ? 1u << i : 0;
        if (due == 0)
            return;
        DnsWriter writer = new(_message, isResponse: true);
        uint sent = WriteAnswers(ref writer, due, mostTtl: uint.MaxValue);
        foreach (int place in PlacesOf(due | sent))
            (_dueAt[place], _sentAt[place]) = (Never, now);
        Send(ref writer);
    }

    private void Send(ref DnsWriter writer) => _hasFailed |= !_network.Send(At, _message.AsSpan(0, writer.Length));

    private void SendReply(uint wanted)
    {
        DnsWriter writer = new(_message, isResponse: true);
        WriteAnswers(ref writer, wanted, mostTtl: uint.MaxValue);
        _network.Reply(_message.AsSpan(0, writer.Length));
    }

    // An asker that speaks no multicast DNS gets its questions and its number back, and short times (6.7).
    private bool SendForeignReply(uint wanted, ref DnsReader questions)
    {
        DnsWriter writer = new(_message, isResponse: true, questions.Id);
        Span<byte> name = stackalloc byte[DnsName.MostBytes];
        for (int i = questions.Questions; i > 0 && questions.TryReadQuestion(out DnsQuestion question); i--)
        {
            if (Records.Answers(ref questions, question) != 0)
                writer.TryWriteQuestion(name[..questions.CopyName(question.NameAt, name)], question.Type);
        }
        WriteAnswers(ref writer, wanted, ServerLimits.ForeignTtl);
        _network.Reply(_message.AsSpan(0, writer.Length));
        return true;
    }

    private uint WriteAnswers(ref DnsWriter writer, uint wanted, uint mostTtl)
    {
        uint more = Records.Additional(wanted);
        foreach (int place in PlacesOf(wanted))
            Write(ref writer, DnsSection.Answer, place, mostTtl);
        foreach (int place in PlacesOf(more))
            Write(ref writer, DnsSection.Additional, place, mostTtl);
        return wanted | more;
    }

    private void Write(ref DnsWriter writer, DnsSection section, int place, uint mostTtl)
    {
        OwnRecord record = Records[place];
        writer.TryWriteRecord(
            section,
            record.Name,
            record.Type,
            Math.Min(record.Ttl, mostTtl),
            record.IsUnique && mostTtl != ServerLimits.ForeignTtl,
            record.Data
        );
    }

    private long Between(int least, int most) => _random.Next(least, most + 1);

    private static Places PlacesOf(uint set) => new(set);

    // An asker that sends its known answers in several messages.
    private struct Waiting
    {
        public UInt128 Sender;
        public uint Wanted;
        public long Until;
    }

    // The places of a set of records, in order.
    private struct Places(uint set)
    {
        private uint _rest = set;

        public int Current { get; private set; }

        public readonly Places GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest == 0)
                return false;
            Current = BitOperations.TrailingZeroCount(_rest);
            _rest &= _rest - 1;
            return true;
        }
    }
}
