using Chat.Server.Log;

namespace Chat.Server.Rooms;

/// <summary>A connection of somebody in the room: whose, and its place in the log.</summary>
/// <param name="person">Who this is.</param>
/// <param name="seat">Which client of theirs; null at a plain tool.</param>
/// <param name="feed">What this member is still owed.</param>
internal sealed class Member(User person, Seat? seat, Feed feed)
{
    public User Person { get; } = person;

    public Seat? Seat { get; } = seat;

    public Feed Feed { get; } = feed;

    public string Name => Person.Name;

    /// <summary>The number of the request that is being answered; 0 for none.</summary>
    public long Answering { get; set; }

    /// <summary>The key of its session; nothing here knows what that is.</summary>
    public int Key { get; set; }
}
