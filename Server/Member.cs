namespace Chat.Server;

/// <summary>Somebody in the room: a name, and a place in the log.</summary>
/// <param name="person">Who this is, for whispers; never given to another while the room lasts.</param>
/// <param name="name">What the others see.</param>
/// <param name="feed">What this member is still owed.</param>
internal sealed class Member(long person, string name, Feed feed)
{
    public long Person { get; } = person;

    public string Name { get; set; } = name;

    public Feed Feed { get; } = feed;

    /// <summary>Who whispered to this member last, for /reply.</summary>
    public Member? LastWhisperer { get; set; }
}
