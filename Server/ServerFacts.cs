using System.Globalization;
using Chat.Protocol;

namespace Chat.Server;

/// <summary>The answers to /limits and /stats.</summary>
internal static class ServerFacts
{
    private const double Megabyte = 1024 * 1024;

    /// <summary>The bounds, a line each.</summary>
    public static IReadOnlyList<string> Limits(ServerOptions options) =>
        [
            options.LinesPerSecond == 0
                ? "no limit on lines and bytes of one member"
                : $"{options.LinesPerSecond} lines and {options.BytesPerSecond} bytes a second from one member, "
                    + $"{options.BurstLines} lines at once after a pause",
            $"{options.Clients} members, {options.ClientsPerAddress} from one address",
            $"{ProtocolLimits.LineBytes} bytes a line; {ProtocolLimits.SnippetBytes} bytes and "
                + $"{ProtocolLimits.SnippetLines} rows a message of several rows",
            $"{options.LogBytes} bytes of conversation in memory, and so far a member may fall behind",
            $"{options.GraceMilliseconds / 1000} s for a broken connection to come back before the others are told",
        ];

    /// <summary>The state since the start, a line each.</summary>
    /// <param name="people">People in the room.</param>
    /// <param name="connections">Open connections.</param>
    /// <param name="lines">Lines of the log.</param>
    /// <param name="bytes">Bytes of the log.</param>
    /// <param name="milliseconds">The time since the start.</param>
    public static IEnumerable<string> Statistics(int people, int connections, long lines, long bytes, long milliseconds)
    {
        string cpu = Environment.CpuUsage.TotalTime.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture),
            memory = (Environment.WorkingSet / Megabyte).ToString("0.0", CultureInfo.InvariantCulture);
        return
        [
            $"{people} people, {connections} connections, for {PresenceText.Duration(milliseconds)}",
            $"{lines} lines with {bytes} bytes in the log since then",
            $"{cpu} s of processor time, {memory} MiB of memory",
        ];
    }
}
