using System.Net;
using Microsoft.Extensions.Logging;

namespace Chat.Server;

/// <summary>Every line the server's log can have. What people say is never among them.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "listening on {EndPoint}")]
    public static partial void Listening(this ILogger log, EndPoint endPoint);

    [LoggerMessage(2, LogLevel.Information, "{Name} joined from {Address}")]
    public static partial void Joined(this ILogger log, string name, EndPoint? address);

    [LoggerMessage(3, LogLevel.Information, "{Name} left from {Address}: {Reason}")]
    public static partial void Left(this ILogger log, string name, EndPoint? address, string reason);

    [LoggerMessage(5, LogLevel.Warning, "cannot accept: {Reason}; {Members} members are connected, {Limit} is the limit; {Times} refused since the last such line")]
    public static partial void CannotAccept(this ILogger log, string reason, int members, int limit, int times);

    [LoggerMessage(6, LogLevel.Information, "stopping: {Members} members have {Milliseconds} ms to take what they are owed")]
    public static partial void Stopping(this ILogger log, int members, int milliseconds);

    [LoggerMessage(7, LogLevel.Information, "stopped")]
    public static partial void Stopped(this ILogger log);

    [LoggerMessage(8, LogLevel.Warning, "{Members} members at most, because the system allows {Descriptors} open files; ulimit -n raises it")]
    public static partial void FewDescriptors(this ILogger log, int members, int descriptors);

    [LoggerMessage(9, LogLevel.Information, "{Name} is away, from {Address}: {Reason}; may come back")]
    public static partial void Away(this ILogger log, string name, EndPoint? address, string reason);

    [LoggerMessage(10, LogLevel.Warning, "{File} ended in the middle of a line; the last {Bytes} bytes were cut off")]
    public static partial void HistoryTorn(this ILogger log, string file, long bytes);

    [LoggerMessage(11, LogLevel.Error, "the history is not written to {File}: {Reason}; the room goes on, and it is tried again every second")]
    public static partial void HistoryFails(this ILogger log, string file, string reason);

    [LoggerMessage(12, LogLevel.Information, "the history is written to {File} again, with everything since")]
    public static partial void HistoryGoesOn(this ILogger log, string file);

    [LoggerMessage(13, LogLevel.Information, "{File} begins anew, with the conversation from offset {Offset} on")]
    public static partial void HistoryBegun(this ILogger log, string file, long offset);

    [LoggerMessage(14, LogLevel.Information, "turned away {Address}: {Reason}; {Times} turned away since the last such line")]
    public static partial void TurnedAwaySome(this ILogger log, EndPoint? address, string reason, int times);

    [LoggerMessage(15, LogLevel.Debug, "memory was given back after {Turnover} comings and goings")]
    public static partial void Swept(this ILogger log, long turnover);

    [LoggerMessage(16, LogLevel.Warning, "{File} is damaged from line {Line} on: {Kept} lines of the conversation were kept and numbered anew, {Dropped} could not be read; the file as it was is kept as {Aside}")]
    public static partial void HistoryMended(this ILogger log, string file, long line, long kept, long dropped, string aside);

    [LoggerMessage(17, LogLevel.Warning, "{File} was removed, replaced or changed by another program{Kept}")]
    public static partial void HistoryReplaced(this ILogger log, string file, string kept);
}
