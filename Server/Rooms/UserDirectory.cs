using System.Text;
using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Wire;

namespace Chat.Server.Rooms;

/// <summary>
/// The people in the room, and the people remembered by their tokens: their names and their clients. A name
/// belongs to its person while the person is remembered, present or not. No two people have names that look
/// alike.
/// </summary>
/// <remarks>
/// The directory is bounded (<see cref="ServerLimits.PeopleRemembered"/>,
/// <see cref="ServerLimits.SeatsRemembered"/>). The person away for longest is forgotten first; a person who is
/// here never is.
/// </remarks>
internal sealed class UserDirectory
{
    private readonly Dictionary<string, User> _byName = [];

    // A dictionary would keep the tokens twice: 60 bytes a person more.
    private readonly HashSet<User> _byToken = new(new TokenComparer());
    private readonly GuestNames _guests = new();

    // Sorted by number: the next page of an answer starts behind the last one.
    private readonly List<User> _here = [];
    private readonly Func<string, bool> _isFree;
    private long _lastPerson,
        _lastSeat;

    public UserDirectory() => (_isFree, Moderation) = (name => Find(name) is null, new Moderation(this));

    /// <summary>What hosts have decided about these people.</summary>
    public Moderation Moderation { get; }

    /// <summary>The people in the room, including those in their grace period.</summary>
    public IReadOnlyList<User> Here => _here;

    /// <summary>Sets whether this person is here. The caller announces it.</summary>
    public void SetHere(User person, bool isHere)
    {
        if (person.IsHere == isHere)
            return;
        person.IsHere = isHere;
        int place = IndexAfter(person.Number - 1);
        if (isHere)
            _here.Insert(place, person);
        else
            _here.RemoveAt(place);
    }

    /// <summary>The index in <see cref="Here"/> of the first person with a higher number.</summary>
    public int IndexAfter(long number)
    {
        int low = 0,
            high = _here.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_here[middle].Number > number)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    /// <summary>The people with a token.</summary>
    public IReadOnlyCollection<User> Remembered => _byToken;

    /// <summary>
    /// The person with this name, or one that looks like it, present or remembered; null for none. The name may have
    /// the mark of a host.
    /// </summary>
    public User? Find(ReadOnlySpan<char> name)
    {
        Span<char> key = stackalloc char[ProtocolLimits.HeadBytes];
        _byName
            .GetAlternateLookup<ReadOnlySpan<char>>()
            .TryGetValue(Nickname.LookAlikeKey(HostMark.Strip(name), key), out User? person);
        return person;
    }

    /// <summary>The remembered person with this number; null for none.</summary>
    public User? Find(long number) => _byToken.FirstOrDefault(person => person.Number == number);

    /// <summary>The person with this token; null for none.</summary>
    public User? Find(UInt128 token)
    {
        User? person = null;
        return token != 0 && _byToken.GetAlternateLookup<UInt128>().TryGetValue(token, out person) ? person : null;
    }

    /// <summary>Adds a person under a free name.</summary>
    public User Add(UInt128 token, string name, ClockReading now)
    {
        User person = new(++_lastPerson, token, name) { GoneAt = now.Uptime };
        if (token != 0)
        {
            if (_byToken.Count >= ServerLimits.PeopleRemembered)
                ForgetOldest();
            AddToken(person);
        }
        _byName.Add(Nickname.LookAlikeKey(name), person);
        return person;
    }

    /// <summary>Gives a person another name, which must be free.</summary>
    public void Rename(User person, string name)
    {
        ReleaseName(person);
        person.Name = name;
        _byName.Add(Nickname.LookAlikeKey(name), person);
    }

    /// <summary>
    /// Frees the name of a person who has left and does not keep it. The token stays known, and the person asks
    /// for the name again on return.
    /// </summary>
    public void ReleaseName(User person)
    {
        if (!HoldsName(person))
            return;
        _byName.Remove(Nickname.LookAlikeKey(person.Name));
        _guests.Return(person.Name);
    }

    /// <summary>Names a person whose name was freed: the name asked for, the old one, or one like it.</summary>
    /// <returns>Why the name is not the one asked for, in words; null when it is.</returns>
    public string? RestoreName(User person, string? wanted)
    {
        if (HoldsName(person))
            return null;
        // No reason is given for an old guest name: the person did not choose it and may not ask for it.
        bool isGuests = Nickname.Refusal(person.Name) is not null || GuestNames.IsGuestName(person.Name);
        person.Name = Offer(wanted ?? (isGuests ? null : person.Name), person, out string? refusal);
        _byName.Add(Nickname.LookAlikeKey(person.Name), person);
        return refusal;
    }

    /// <summary>Forgets a person.</summary>
    public void Remove(User person)
    {
        ReleaseName(person);
        if (person.Token != 0)
            _byToken.Remove(person);
    }

    /// <summary>The client of this person with this secret; a new one if there is none.</summary>
    public Seat SeatOf(User person, UInt128 secret)
    {
        if (person.Seats.Find(s => s.Secret == secret) is Seat known)
            return known;
        if (person.Seats.Count >= ServerLimits.SeatsRemembered)
            ForgetSeat(person);
        Seat seat = new(person, ++_lastSeat, secret);
        person.Seats.Add(seat);
        return seat;
    }

    /// <summary>
    /// The name itself if <paramref name="person"/> may have it. Otherwise the reason and a free name:
    /// <c>alice</c>, <c>alice2</c>, <c>alice3</c>... the lowest one, up to
    /// <see cref="ServerLimits.NamesTriedInTurn"/>.
    /// </summary>
    /// <param name="name">The name asked for; null for none.</param>
    /// <param name="person">The person that asks; null for a new one.</param>
    /// <param name="refusal">Null when the name is available or none was asked for.</param>
    public string Offer(string? name, User? person, out string? refusal)
    {
        refusal = name is null ? null : Refusal(name, person);
        if (name is not null && refusal is null)
            return name;
        return name is null || Nickname.Refusal(name) is not null ? _guests.Lowest(_isFree) : NumberedName(name);
    }

    private void AddToken(User person)
    {
        if (!_byToken.Add(person))
            throw new InvalidOperationException("The token has a person already.");
    }

    private string NumberedName(string stem)
    {
        int number = 1;
        // A number can turn a name into a reserved one: a11 looks like all.
        while (
            number <= ServerLimits.NamesTriedInTurn
            && !(IsFree(stem, number) && Nickname.Refusal(Numbered(stem, number)) is null)
        )
            number++;
        if (number <= ServerLimits.NamesTriedInTurn)
            return Numbered(stem, number);
        // So many similar names are a flood, and trying each number would block the room. Any free number
        // behind a taken one will do.
        int taken = number - 1;
        for (; !IsFree(stem, number); number *= 2)
            taken = number;
        while (number - taken > 1)
        {
            int middle = taken + (number - taken) / 2;
            if (IsFree(stem, middle))
                number = middle;
            else
                taken = middle;
        }
        return Numbered(stem, number);
    }

    /// <summary>Why this person may not have this name, in words; null when the name is available.</summary>
    public string? Refusal(string name, User? person)
    {
        if (Nickname.Refusal(name) is string rule)
            return rule;
        if (Find(name) is not User owner || owner == person)
            return null;
        bool isSame = owner.Name == name;
        return (isSame, owner.IsHere) switch
        {
            (true, true) => $"{name} is taken",
            (true, false) => $"{name} is kept for a person who is away",
            (false, true) => $"{name} looks like {owner.Name}, who is here",
            (false, false) => $"{name} looks like {owner.Name}, a name that is kept for a person who is away",
        };
    }

    /// <summary>Restores a seat from a history. The name replaces an earlier one.</summary>
    public Seat Recall(string name, long seat, SeatRecord record)
    {
        if (Find(record.Token) is not User person)
        {
            person = new User(record.Person, record.Token, name);
            AddToken(person);
        }
        person.Name = name;
        MarkUsed(person.Number, seat);
        if (person.Seats.Find(s => s.Number == seat) is Seat known)
            return known;
        Seat recalled = new(person, seat, record.Secret) { Recorded = true };
        person.Seats.Add(recalled);
        return recalled;
    }

    /// <summary>Marks the numbers up to these as used.</summary>
    public void MarkUsed(long person, long seat)
    {
        _lastPerson = Math.Max(_lastPerson, person);
        _lastSeat = Math.Max(_lastSeat, seat);
    }

    /// <summary>
    /// Ends the restore: each person has the last name recorded, and people above the limit are forgotten.
    /// </summary>
    public void EndRecall(ClockReading now)
    {
        Moderation.EndRecall();
        foreach (User person in _byToken.OrderByDescending(static p => p.Number).ToArray())
        {
            person.GoneAt = person.SpokeAt = now.Uptime;
            person.Client = ClientKind.Chat;
            int surplus = person.Seats.Count - ServerLimits.SeatsRemembered;
            if (surplus > 0)
                person.Seats.RemoveRange(0, surplus);
            if (person is { IsHere: false, KeepsName: false })
                continue;
            // Names are unique. If a file has two people with one name, the newer one keeps it and the other
            // asks for a name again.
            if (!_byName.TryAdd(Nickname.LookAlikeKey(person.Name), person))
                _byToken.Remove(person);
        }
        while (_byToken.Count > ServerLimits.PeopleRemembered && ForgetOldest()) { }
        _here.AddRange(_byToken.Where(static p => p.IsHere).OrderBy(static p => p.Number));
    }

    private bool IsFree(string stem, int number) => Find(Numbered(stem, number)) is null;

    private static string Numbered(string stem, int number)
    {
        string digits = number == 1 ? "" : $"{number}";
        return Shorten(stem, ProtocolLimits.NameLength - digits.Length) + digits;
    }

    // The name, cut to this many code points.
    private static string Shorten(string name, int length)
    {
        StringBuilder kept = new();
        foreach (Rune rune in name.EnumerateRunes().Take(length))
            kept.Append(rune);
        return kept.ToString();
    }

    private bool HoldsName(User person) => Find(person.Name) == person;

    // Prefers a client that said goodbye: one whose connection broke may return and repeat its last requests.
    private static void ForgetSeat(User person)
    {
        int oldest = person.Seats.FindIndex(static s => s is { Member: null, HasLeft: true });
        if (oldest < 0)
            oldest = person.Seats.FindIndex(static s => s.Member is null);
        if (oldest >= 0)
            person.Seats.RemoveAt(oldest);
    }

    // Returns false when no person can be forgotten. Many are at once, because finding the oldest reads all: a script
    // with a new identity each millisecond would otherwise take most of the loop's time.
    private bool ForgetOldest()
    {
        User[] oldest =
        [
            .. _byToken
                .Where(static p => p is { IsHere: false, IsDecidedAbout: false })
                .OrderBy(static p => p.GoneAt)
                .Take(ServerLimits.PeopleForgottenAtOnce),
        ];
        foreach (User person in oldest)
            Remove(person);
        return oldest.Length > 0;
    }

    private sealed class TokenComparer : IEqualityComparer<User>, IAlternateEqualityComparer<UInt128, User>
    {
        public bool Equals(User? x, User? y) => x?.Token == y?.Token;

        public int GetHashCode(User person) => person.Token.GetHashCode();

        public bool Equals(UInt128 token, User person) => person.Token == token;

        public int GetHashCode(UInt128 token) => token.GetHashCode();

        public User Create(UInt128 token) => throw new NotSupportedException();
    }
}
