using Chat.Protocol.Wire;

namespace Chat.Server.Rooms;

/// <summary>
/// Somebody, whether here or remembered: a name, and the clients (seats) this person has come by. A rich client proves by its token who it is,
/// so a person outlives connections and, with a history, the server; whoever came by a plain tool is a person until the connection ends.
/// </summary>
/// <param name="number">Never given to another while the room lasts; what whispers are for.</param>
/// <param name="token">The secret that shows who this is; zero for nobody in particular, who is forgotten when gone.</param>
/// <param name="name">What the others see.</param>
internal sealed class User(long number, UInt128 token, string name)
{
    public long Number { get; } = number;

    public UInt128 Token { get; } = token;

    public string Name { get; set; } = name;

    /// <summary>Has said, done or whispered something.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>
    /// The name is kept while this person is away: the person has said something and may return. A token that equals the secret of a seat
    /// is of one run alone (--no-identity) and never returns.
    /// </summary>
    public bool KeepsName => HasSpoken && !Seats.Exists(s => s.Secret == Token);

    /// <summary>Connections open now.</summary>
    public int Connections { get; set; }

    /// <summary>Has joined and not left, as far as the others know. During a short break nobody learns of it.</summary>
    public bool IsHere { get; set; }

    /// <summary>When this person joined, in milliseconds since the log was begun.</summary>
    public long JoinedAt { get; set; }

    /// <summary>Uptime in milliseconds at which this person last said something, or joined.</summary>
    public long SpokeAt { get; set; }

    /// <summary>By which kind of client this person came last.</summary>
    public ClientKind Client { get; set; }

    /// <summary>What <see cref="AnnouncementThrottle"/> has counted of this person: 1 joined, -1 left, 0 neither or both.</summary>
    public int Counted { get; set; }

    /// <summary>In which second of <see cref="AnnouncementThrottle"/> that was.</summary>
    public long CountedIn { get; set; }

    /// <summary>Uptime in milliseconds at which the last connection broke or ended.</summary>
    public long GoneAt { get; set; }

    /// <summary>Why the last connection broke.</summary>
    public string? GoneBecause { get; set; }

    /// <summary>The clients remembered, oldest first.</summary>
    public List<Seat> Seats => field ??= [];

    /// <summary>Who whispered to this person last, for /reply.</summary>
    public User? LastWhisperer { get; set; }
}

/// <summary>One run of a rich client: the numbers of what it says rise within it, which is how nothing it says is taken twice.</summary>
/// <param name="person">Whose it is.</param>
/// <param name="number">What the others see of it; never given to another while the room lasts.</param>
/// <param name="secret">By which the client shows, coming back, that it is the same.</param>
internal sealed class Seat(User person, long number, UInt128 secret)
{
    public User Person { get; } = person;

    public long Number { get; } = number;

    public UInt128 Secret { get; } = secret;

    /// <summary>The highest number taken from it.</summary>
    public long Taken { get; set; }

    /// <summary>The log says whose this is, so the seat is known again after a restart.</summary>
    public bool Recorded { get; set; }

    /// <summary>It said goodbye, so everything it said was taken, and it will hardly be back.</summary>
    public bool HasLeft { get; set; }

    /// <summary>The connection it has now.</summary>
    public Member? Member { get; set; }
}
