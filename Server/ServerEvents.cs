using Microsoft.Extensions.Logging;
using ZLogger;

namespace Chat.Server;

/// <summary>The messages of the server's log. They never contain what people say.</summary>
internal static partial class ServerEvents
{
    [ZLoggerMessage(1, LogLevel.Information, "listening on {endPoint}")]
    public static partial void Listening(this ILogger log, string endPoint);

    [ZLoggerMessage(2, LogLevel.Information, "{name} joined from {address}")]
    public static partial void Joined(this ILogger log, string name, string address);

    [ZLoggerMessage(3, LogLevel.Information, "{name} left from {address}: {reason}")]
    public static partial void Left(this ILogger log, string name, string address, string reason);

    [ZLoggerMessage(
        5,
        LogLevel.Warning,
        "cannot accept: {reason}; {members} members are connected, {limit} is the limit; {times} refused since "
            + "the last such line"
    )]
    public static partial void CannotAccept(this ILogger log, string reason, int members, int limit, int times);

    [ZLoggerMessage(
        6,
        LogLevel.Information,
        "stopping: {members} members have {milliseconds} ms to receive their remaining output"
    )]
    public static partial void Stopping(this ILogger log, int members, int milliseconds);

    [LoggerMessage(7, LogLevel.Information, "stopped")]
    public static partial void Stopped(this ILogger log);

    [ZLoggerMessage(
        8,
        LogLevel.Warning,
        "{members} members at most, because the system allows {descriptors} open files; ulimit -n raises it"
    )]
    public static partial void FewDescriptors(this ILogger log, int members, int descriptors);

    [ZLoggerMessage(9, LogLevel.Information, "{name} is away, from {address}: {reason}; may come back")]
    public static partial void Away(this ILogger log, string name, string address, string reason);

    [ZLoggerMessage(10, LogLevel.Warning, "{file} ended in the middle of a line; the last {bytes} bytes were cut off")]
    public static partial void HistoryCut(this ILogger log, string file, long bytes);

    [ZLoggerMessage(
        11,
        LogLevel.Error,
        "the history is not written to {file}: {reason}; the room continues, and the write is retried every second"
    )]
    public static partial void HistoryFailed(this ILogger log, string file, string reason);

    [ZLoggerMessage(12, LogLevel.Information, "the history is written to {file} again, with everything since")]
    public static partial void HistoryRecovered(this ILogger log, string file);

    [ZLoggerMessage(13, LogLevel.Information, "{file} is new, with the conversation from offset {offset} on")]
    public static partial void HistoryStarted(this ILogger log, string file, long offset);

    [ZLoggerMessage(
        14,
        LogLevel.Information,
        "rejected {address}: {reason}; {times} rejected since the last such line"
    )]
    public static partial void Rejected(this ILogger log, string address, string reason, int times);

    [ZLoggerMessage(25, LogLevel.Information, "wrong secret from {address}; {times} since the last such line")]
    public static partial void WrongSecret(this ILogger log, string address, int times);

    [ZLoggerMessage(15, LogLevel.Debug, "memory was returned after {turnover} connects and disconnects")]
    public static partial void MemoryTrimmed(this ILogger log, long turnover);

    [ZLoggerMessage(
        16,
        LogLevel.Warning,
        "{file} is damaged from line {line} on: {kept} lines of the conversation were kept and renumbered, "
            + "{dropped} could not be read; the file as it was is kept as {aside}"
    )]
    public static partial void HistoryRepaired(
        this ILogger log,
        string file,
        long line,
        long kept,
        long dropped,
        string aside
    );

    [ZLoggerMessage(17, LogLevel.Warning, "{file} was removed, replaced or changed by another program{kept}")]
    public static partial void HistoryReplaced(this ILogger log, string file, string kept);

    [ZLoggerMessage(24, LogLevel.Warning, "{loss}")]
    public static partial void HasTemporaryKey(this ILogger log, string loss);

    [ZLoggerMessage(18, LogLevel.Information, "the conversation is exported to {address}")]
    public static partial void Exported(this ILogger log, string address);

    [ZLoggerMessage(19, LogLevel.Warning, "the room is not announced in the network: {reason}")]
    public static partial void NotAnnounced(this ILogger log, string reason);

    [ZLoggerMessage(
        23,
        LogLevel.Warning,
        "the network interfaces cannot be read: {reason}; the room stays announced on those known before"
    )]
    public static partial void InterfacesUnknown(this ILogger log, string reason);

    [ZLoggerMessage(20, LogLevel.Warning, "another room of this network is called {taken}; this one is {name} now")]
    public static partial void Renamed(this ILogger log, string taken, string name);

    [ZLoggerMessage(22, LogLevel.Information, "{times} joins and leaves before this were not logged")]
    public static partial void ArrivalsWithheld(this ILogger log, int times);

    [ZLoggerMessage(21, LogLevel.Information, "{words}")]
    public static partial void Hosted(this ILogger log, string words);
}
