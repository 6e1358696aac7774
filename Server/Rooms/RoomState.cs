using Chat.Server.Log;

namespace Chat.Server.Rooms;

/// <summary>
/// The state a room starts with: the rich log so far, its epoch and the people remembered. It is empty, or the
/// history restored it from the lines of a file.
/// </summary>
/// <param name="epoch">Identifies the log; no other log has the same one.</param>
/// <param name="begun">When the log began, in milliseconds since 1970. Times in lines count from there.</param>
/// <param name="log">The rich log.</param>
internal sealed class RoomState(string epoch, long begun, RoomLog log)
{
    public string Epoch { get; } = epoch;

    public long Begun { get; } = begun;

    public RoomLog Log { get; } = log;

    public UserDirectory People { get; } = new();

    /// <summary>An empty conversation with a new epoch.</summary>
    public static RoomState Empty(int logBytes, ClockReading now) =>
        new(LogEpoch.Create(), now.UnixMilliseconds, new RoomLog(logBytes));
}
