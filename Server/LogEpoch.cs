using System.Diagnostics;
using System.Globalization;
using Chat.Protocol.Wire;

namespace Chat.Server;

/// <summary>The name of a log: a place in another log is no place in this one.</summary>
internal static class LogEpoch
{
    /// <summary>
    /// A different one each time, but no secret. Without /dev/urandom the generator repeats itself within a second, so the
    /// clock is mixed in.
    /// </summary>
    public static string Create() =>
        (Random.Shared.NextInt64() ^ Stopwatch.GetTimestamp()).ToString(
            $"x{RichWire.EpochDigits}",
            CultureInfo.InvariantCulture
        );
}
