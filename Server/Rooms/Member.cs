using Chat.Server.Log;

namespace Chat.Server.Rooms;

/// <summary>A connection that is in the room.</summary>
/// <param name="person">The person behind the connection.</param>
/// <param name="seat">The client of that person; null for a plain tool.</param>
/// <param name="feed">The output that this member has not received yet.</param>
internal sealed class Member(User person, Seat? seat, Feed feed)
{
    public User Person { get; } = person;

    public Seat? Seat { get; } = seat;

    public Feed Feed { get; } = feed;

    public string Name => Person.Name;

    /// <summary>The number of the request that is being answered; 0 for none.</summary>
    public long Answering { get; set; }
}
