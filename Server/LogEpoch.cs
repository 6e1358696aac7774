using System.Diagnostics;
using System.Globalization;
using Chat.Protocol.Wire;

namespace Chat.Server;

/// <summary>Identifies a log: an offset is valid only in the log with the same epoch.</summary>
internal static class LogEpoch
{
    /// <summary>
    /// Creates a new epoch, which is unique but no secret. Without /dev/urandom the generator repeats itself
    /// within a second, so the clock is mixed in.
    /// </summary>
    public static string Create() => NewNumber();

    /// <summary>
    /// Creates the number for a proof of the host's key. It is used once and no secret: a proof for a number that is
    /// guessed in advance is of no use, because the server takes only the one for its last number.
    /// </summary>
    public static string CreateChallenge() => NewNumber() + NewNumber();

    private static string NewNumber() =>
        (Random.Shared.NextInt64() ^ Stopwatch.GetTimestamp()).ToString(
            $"x{RichWire.EpochDigits}",
            CultureInfo.InvariantCulture
        );
}
