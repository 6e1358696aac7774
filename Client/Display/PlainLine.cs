using System.Globalization;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Client.Display;

/// <summary>Formats an event as the line that a plain tool would get, for pipes.</summary>
internal static class PlainLine
{
    /// <summary>The line; null for an event outside the conversation.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="zone">The reader's time zone.</param>
    public static string? Format(ChatEvent happened, LocalTimeZone zone) =>
        happened.Kind switch
        {
            EventKind.Line => happened.Text,
            EventKind.Info or EventKind.Error => Notice(happened.Text),
            EventKind.Gap => Notice(Gap(happened, zone)),
            EventKind.Present when !happened.IsAsked => null,
            EventKind.Present => string.Join(
                '\n',
                RosterText.Lines(happened, since => Since(since, zone)).Select(Notice)
            ),
            EventKind.Link => null,
            EventKind.Whisper => Rendered(LineKind.Tell, happened.Name, $"{happened.To} {happened.Text}"),
            _ => Rendered(KindOf(happened.Kind), happened.Name, happened.Text),
        };

    private static string Gap(ChatEvent gap, LocalTimeZone zone) =>
        EventText.ForGap(
            gap,
            gap.UnixMilliseconds is (> 0 and long last) && last <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
                ? zone.At(last).ToString("HH:mm:ss", CultureInfo.InvariantCulture)
                : ""
        );

    // The output of a pipe may be read on another day, so the time has a date.
    private static string Since(long unixMilliseconds, LocalTimeZone zone)
    {
        DateTime time = zone.At(unixMilliseconds);
        return $"since {time.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}";
    }

    private static LineKind KindOf(EventKind kind) =>
        kind switch
        {
            EventKind.Say => LineKind.Say,
            EventKind.Me => LineKind.Me,
            EventKind.Join => LineKind.Join,
            EventKind.Leave => LineKind.Leave,
            EventKind.Rename => LineKind.Rename,
            _ => LineKind.Notice,
        };

    private static string Notice(string words) => Rendered(LineKind.Notice, "", words);

    private static string Rendered(LineKind kind, string name, string text)
    {
        // A text of the server may be as long as a whole line, and the prefix comes on top.
        Span<byte> line = new byte[2 * ProtocolLimits.RelayedLineBytes];
        return Encoding.UTF8.GetString(line[..(PlainWire.Line(line, kind, name, Encoding.UTF8.GetBytes(text)) - 1)]);
    }
}
