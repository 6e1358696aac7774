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

    [LoggerMessage(4, LogLevel.Information, "turned away {Address}: {Reason}")]
    public static partial void TurnedAway(this ILogger log, EndPoint? address, string reason);

    [LoggerMessage(5, LogLevel.Warning, "cannot accept: {Reason}; {Members} members are connected, {Limit} is the limit; {Times} refused since the last such line")]
    public static partial void CannotAccept(this ILogger log, string reason, int members, int limit, int times);

    [LoggerMessage(6, LogLevel.Information, "stopping: {Members} members have {Milliseconds} ms to take what they are owed")]
    public static partial void Stopping(this ILogger log, int members, int milliseconds);

    [LoggerMessage(7, LogLevel.Information, "stopped")]
    public static partial void Stopped(this ILogger log);

    [LoggerMessage(8, LogLevel.Warning, "{Members} members at most, because the system allows {Descriptors} open files; ulimit -n raises it")]
    public static partial void FewDescriptors(this ILogger log, int members, int descriptors);
}
