using System.Globalization;
using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Client.Display;

/// <summary>Formats an event as the line that a plain tool would get, for pipes.</summary>
internal static class PlainLine
{
    /// <summary>The line; null for an event outside the conversation.</summary>
    /// <param name="event">The event.</param>
    /// <param name="zone">The reader's time zone.</param>
    public static string? Format(ChatEvent @event, LocalTimeZone zone) =>
        @event.Kind switch
        {
            EventKind.Line => @event.Text,
            EventKind.Info or EventKind.Error => Notice(@event.Text),
            EventKind.Gap => Notice(Gap(@event, zone)),
            EventKind.Present when !@event.IsAsked => null,
            EventKind.Present => string.Join(
                '\n',
                RosterText.Lines(@event, since => Since(since, zone)).Select(Notice)
            ),
            EventKind.Link => null,
            EventKind.Rename when @event.IsMarkOnly => null,
            EventKind.Rename => Rendered(LineKind.Rename, @event.ShownName, HostMark.Show(@event.Text, @event.IsHost)),
            EventKind.Say when SnippetText.IsSnippet(@event.Text) => Rows(LineKind.Snippet, @event, ""),
            EventKind.Say when @event.Quoted.Length > 0 => Rendered(
                LineKind.Say,
                @event.ShownName,
                $"({@event.Quoted}) {@event.Text}"
            ),
            EventKind.Edit => Rows(LineKind.Edit, @event, "0 "),
            EventKind.Join => Rendered(LineKind.Join, @event.ShownName, RichWire.JoinText("", @event.IsInClear)),
            EventKind.Whisper => Rendered(LineKind.Tell, @event.ShownName, $"{@event.ShownTo} {@event.Text}"),
            _ => Rendered(KindOf(@event.Kind), @event.ShownName, @event.Text),
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
            EventKind.Leave => LineKind.Leave,
            EventKind.Rename => LineKind.Rename,
            EventKind.Delete => LineKind.Delete,
            _ => LineKind.Notice,
        };

    // As plain tools receive it: each row with the prefix of its author.
    private static string Rows(LineKind kind, ChatEvent message, string target)
    {
        byte[] text = Encoding.UTF8.GetBytes(message.Text),
            escaped = new byte[target.Length + 2 * text.Length],
            line = new byte[PlainWire.LongestBytes];
        int length = Encoding.UTF8.GetBytes(target, escaped);
        length += SnippetEscape.Escape(text, escaped.AsSpan(length));
        length = PlainWire.Line(line, kind, message.ShownName, escaped.AsSpan(0, length));
        return Encoding.UTF8.GetString(line.AsSpan(0, length - 1));
    }

    private static string Notice(string words) => Rendered(LineKind.Notice, "", words);

    private static string Rendered(LineKind kind, string name, string text)
    {
        // The name and the marks around it come on top of the text, which may be as long as a line of the rich dialect.
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> line = new byte[bytes.Length + Encoding.UTF8.GetByteCount(name) + ProtocolLimits.HeadBytes];
        return Encoding.UTF8.GetString(line[..(PlainWire.Line(line, kind, name, bytes) - 1)]);
    }
}
