using System.Buffers.Text;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;
using Chat.Server.Access;

namespace Chat.Server.Rooms;

/// <summary>A ban or a mute.</summary>
/// <param name="Kind">Ban or Mute.</param>
/// <param name="Name">The name of the person at the time; <c>-</c> for an address alone.</param>
/// <param name="Person">The number of the person; 0 for none.</param>
/// <param name="Range">The addresses; null for none.</param>
/// <param name="Until">When it ends, in milliseconds since the log began; 0 for never.</param>
internal sealed record Sanction(RuleKind Kind, string Name, long Person, AddressRange? Range, long Until)
{
    /// <summary>The person with this number. It is remembered as long as the sanction lasts.</summary>
    public User? Owner { get; init; }

    /// <summary>How long it lasts, in words.</summary>
    public string Term(long time) => Until == 0 ? "" : $" for {PresenceText.Duration(Until - time)}";

    /// <summary>The record that restores it.</summary>
    public RuleRecord Record => new(Kind, Person, Range is AddressRange range ? $"{range}" : "-", Until);
}

/// <summary>
/// What hosts have decided about people. It is a function of the <see cref="RuleRecord"/> lines of the log, so a
/// history restores it. Times are those of the log.
/// </summary>
/// <param name="people">The people, by their numbers.</param>
internal sealed class Moderation(UserDirectory people)
{
    private readonly List<Sanction> _sanctions = [];

    /// <summary>The bans and mutes, oldest first. Those that are over stay until they are looked up.</summary>
    public IReadOnlyList<Sanction> Sanctions => _sanctions;

    /// <summary>The topic of the room; null for none.</summary>
    public string? Topic { get; private set; }

    /// <summary>The decision for a topic, or for none.</summary>
    public static RuleRecord RecordOf(string? topic) =>
        new(
            RuleKind.Topic,
            Person: 0,
            topic is null ? "-" : Base64Url.EncodeToString(Encoding.UTF8.GetBytes(topic)),
            Until: 0
        );

    /// <summary>The decisions in force, as lines for the head of a new history.</summary>
    public IEnumerable<(string Name, RuleRecord Rule)> Rules =>
        people
            .Remembered.Where(static p => p.IsOp)
            .Select(static p => (p.Name, new RuleRecord(RuleKind.Op, p.Number, "-", Until: 0)))
            .Concat(_sanctions.Select(static s => (s.Name, s.Record)))
            .Concat(Topic is null ? [] : [("-", RecordOf(Topic))]);

    /// <summary>Applies a decision.</summary>
    /// <param name="name">The name of the person at the time; <c>-</c> for none.</param>
    /// <param name="rule">The decision.</param>
    public void Apply(string name, RuleRecord rule)
    {
        people.MarkUsed(rule.Person, seat: 0);
        User? person = rule.Person == 0 ? null : people.Find(rule.Person);
        AddressRange? range = AddressRange.TryParse(rule.Range, out AddressRange parsed) ? parsed : null;
        switch (rule.Kind)
        {
            case RuleKind.Op or RuleKind.Deop when person is not null:
                person.IsOp = rule.Kind == RuleKind.Op;
                break;
            case RuleKind.Free when person is not null:
                person.HasSpoken = false;
                break;
            case RuleKind.Ban or RuleKind.Mute:
                Drop(rule.Kind, rule.Person, range);
                Add(new Sanction(rule.Kind, name, rule.Person, range, rule.Until) { Owner = person });
                break;
            case RuleKind.Topic:
                Topic = TopicIn(rule.Range);
                break;
            case RuleKind.Unban:
                Drop(RuleKind.Ban, rule.Person, range);
                break;
            case RuleKind.Unmute:
                Drop(RuleKind.Mute, rule.Person, range);
                break;
        }
    }

    /// <summary>Finds the ban or mute of a person or an address; null for none.</summary>
    /// <param name="kind">Ban or Mute.</param>
    /// <param name="person">The number of the person; 0 for none.</param>
    /// <param name="address">The address.</param>
    /// <param name="time">The time of the log.</param>
    public Sanction? Find(RuleKind kind, long person, AddressRange address, long time)
    {
        for (int i = _sanctions.Count - 1; i >= 0; i--)
        {
            Sanction sanction = _sanctions[i];
            if (sanction.Until > 0 && sanction.Until <= time)
                _sanctions.RemoveAt(i);
            else if (sanction.Kind == kind && IsAbout(sanction, person, address))
                return sanction;
        }
        return null;
    }

    /// <summary>Finds the ban of a person with this token, or of the owner of a seat with this secret.</summary>
    public Sanction? FindBan(UInt128 token, UInt128 secret, long time)
    {
        foreach (Sanction ban in _sanctions)
        {
            if (ban.Kind != RuleKind.Ban || ban.Owner is not User person || (ban.Until > 0 && ban.Until <= time))
                continue;
            if (person.Token == token)
                return ban;
            foreach (Seat seat in person.Seats)
            {
                if (seat.Secret == secret)
                    return ban;
            }
        }
        return null;
    }

    /// <summary>Finds the persons of the sanctions that a history restored before them.</summary>
    public void EndRecall()
    {
        foreach (Sanction sanction in _sanctions.ToArray())
        {
            if (sanction.Owner is null && sanction.Person > 0)
            {
                _sanctions.Remove(sanction);
                Add(sanction with { Owner = people.Find(sanction.Person) });
            }
        }
    }

    private void Add(Sanction sanction)
    {
        _sanctions.Add(sanction);
        sanction.Owner?.IsSanctioned = true;
    }

    /// <summary>Forgets a person that never returns. Decisions about an address stay.</summary>
    public void Forget(User person) => _sanctions.RemoveAll(s => s.Person == person.Number && s.Range is null);

    // The line of a damaged file is cleaned as a typed one.
    private static string? TopicIn(string word)
    {
        if (word == "-" || !Base64Url.IsValid(word))
            return null;
        string topic = SafeText.Clean(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(word)));
        return Encoding.UTF8.GetByteCount(topic) is > 0 and <= ServerLimits.TopicBytes ? topic : null;
    }

    private static bool IsAbout(Sanction sanction, long person, AddressRange address) =>
        (person > 0 && sanction.Person == person) || (sanction.Range is AddressRange range && range.Contains(address));

    private void Drop(RuleKind kind, long person, AddressRange? range) =>
        _sanctions.RemoveAll(s => s.Kind == kind && s.Person == person && (person > 0 || s.Range == range));
}
