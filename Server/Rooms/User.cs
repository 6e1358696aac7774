using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server.Access;

namespace Chat.Server.Rooms;

/// <summary>
/// A person in the room or remembered: a name, and the clients (seats) of that person. The token of a rich
/// client identifies the person, so the person outlives connections and, with a history, the server. At a plain
/// tool, the person ends with the connection.
/// </summary>
/// <param name="number">Unique while the room lasts; whispers are addressed by it.</param>
/// <param name="token">The secret that identifies the person; zero for an anonymous person, who is forgotten on
/// leaving.</param>
/// <param name="name">The name that the others see.</param>
internal sealed class User(long number, UInt128 token, string name)
{
    private string? _marked;

    public long Number { get; } = number;

    public UInt128 Token { get; } = token;

    public string Name
    {
        get;
        set => (field, _marked) = (value, null);
    } = name;

    /// <summary>The name as lines have it: with the mark of a host.</summary>
    public string ShownName => IsHost ? _marked ??= HostMark.Show(Name, isHost: true) : Name;

    /// <summary>A host gave this person the rights. They last while the person is remembered.</summary>
    public bool IsOp { get; set; }

    /// <summary>
    /// A client of this person has proved the key of the host since the person joined. The rights of the key belong to
    /// that connection (<see cref="Member.HasProved"/>), and the mark to the person.
    /// </summary>
    public bool HasProved { get; set; }

    /// <summary>A connection of this person that is open now has proved the key.</summary>
    public bool HasProvedConnection => Members.Exists(static member => member.HasProved);

    /// <summary>The person has the mark of a host.</summary>
    public bool IsHost => IsOp || HasProved;

    /// <summary>A ban or mute is about this person, or was since the start.</summary>
    public bool IsSanctioned { get; set; }

    /// <summary>A host has decided something about this person. A newer one never takes its place in memory.</summary>
    public bool IsDecidedAbout => IsOp || IsSanctioned;

    /// <summary>Has sent a message, an action or a whisper.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>
    /// The name is kept while this person is away: the person has sent a message and may return. A token that
    /// equals the secret of a seat belongs to one run (--no-identity), which never returns.
    /// </summary>
    public bool KeepsName => HasSpoken && !IsOfOneRun;

    /// <summary>The open connections.</summary>
    public List<Member> Members { get; } = new(1);

    /// <summary>Others in the network can read what a connection of this person carries.</summary>
    public bool IsInClear => Members.Exists(static member => member.IsInClear);

    /// <summary>The others know that a connection of this person is or was in the clear since the join.</summary>
    public bool IsMarked { get; set; }

    /// <summary>The number of open connections.</summary>
    public int Connections => Members.Count;

    /// <summary>
    /// Has joined and not left, as the others see it. A connection broken for less than the grace period does
    /// not change it.
    /// </summary>
    public bool IsHere { get; set; }

    /// <summary>When this person joined, in milliseconds since the log began.</summary>
    public long JoinedAt { get; set; }

    /// <summary>Uptime in milliseconds of the last message, or of the join.</summary>
    public long SpokeAt { get; set; }

    /// <summary>The kind of client that connected last.</summary>
    public ClientKind Client { get; set; }

    /// <summary>
    /// What <see cref="AnnouncementThrottle"/> has counted for this person: 1 a join, -1 a leave, 0 neither or
    /// both.
    /// </summary>
    public int Counted { get; set; }

    /// <summary>The second of <see cref="AnnouncementThrottle"/> that <see cref="Counted"/> belongs to.</summary>
    public long CountedIn { get; set; }

    /// <summary>Uptime in milliseconds at which the last connection broke or ended.</summary>
    public long GoneAt { get; set; }

    /// <summary>The other end of the last connection; null if there was none since the start.</summary>
    public PeerAddress? Peer { get; set; }

    /// <summary>Whether an open connection of this person, or its last one, is from this address.</summary>
    public bool Has(AddressRange address) =>
        Peer?.Range == address || Members.Exists(member => member.Address == address);

    /// <summary>
    /// Uptime in milliseconds at which a client of this person was last refused. The start value lets the first
    /// refusal through.
    /// </summary>
    public long RefusedAt { get; set; } = -ServerLimits.LogEveryMilliseconds;

    /// <summary>The person belongs to one run, so a token does not recognize it later.</summary>
    public bool IsOfOneRun => Token == 0 || Seats.Exists(s => s.Secret == Token);

    /// <summary>Why the last connection broke.</summary>
    public string? GoneBecause { get; set; }

    /// <summary>The clients remembered, oldest first.</summary>
    public List<Seat> Seats => field ??= new(1);

    /// <summary>The person whose whisper came last, for /reply.</summary>
    public User? LastWhisperer { get; set; }
}

/// <summary>One run of a rich client. The numbers of its requests rise, so no request is handled twice.</summary>
/// <param name="person">The owner of the client.</param>
/// <param name="number">The public number of the client, unique while the room lasts.</param>
/// <param name="secret">Identifies the client when it reconnects.</param>
internal sealed class Seat(User person, long number, UInt128 secret)
{
    public User Person { get; } = person;

    public long Number { get; } = number;

    public UInt128 Secret { get; } = secret;

    /// <summary>The data by which a restarted server recognizes the seat.</summary>
    public SeatRecord Record => new(Person.Number, Person.Token, Secret);

    /// <summary>The highest request number handled.</summary>
    public long Taken { get; set; }

    /// <summary>The log names the owner of this seat, so a restart recognizes the seat.</summary>
    public bool Recorded { get; set; }

    /// <summary>A host has removed the client. It does not come back; a new run of it may.</summary>
    public bool IsKicked { get; set; }

    /// <summary>The client said goodbye: all its requests were handled, and it is unlikely to return.</summary>
    public bool HasLeft { get; set; }

    /// <summary>The current connection.</summary>
    public Member? Member { get; set; }
}
