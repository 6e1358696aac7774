using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Chat.Client.Views;

/// <summary>
/// Formats an event as one JSON object a line. Programs get every event, own lines and link states included.
/// </summary>
internal sealed class JsonLines
{
    // The output is not HTML, so letters of all scripts need no escapes.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _line = new();

    /// <summary>The object and its line feed; valid until the next call.</summary>
    public ReadOnlySpan<byte> Format(ChatEvent @event)
    {
        _line.ResetWrittenCount();
        using (Utf8JsonWriter json = new(_line, Options))
        {
            Write(json, @event);
        }
        _line.Write("\n"u8);
        return _line.WrittenSpan;
    }

    private static void Write(Utf8JsonWriter json, ChatEvent @event)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, NameOf(@event.Kind));
        if (@event.Offset is long offset)
            json.WriteNumber("offset"u8, offset);
        if (TimeOf(@event.UnixMilliseconds) is string time)
            json.WriteString("time"u8, time);
        WriteDetails(json, @event);
        WriteOrigin(json, @event);
        json.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter json, ChatEvent @event)
    {
        switch (@event.Kind)
        {
            case EventKind.Link:
                WriteLink(json, @event);
                return;
            case EventKind.Gap:
                if (@event.Bytes is long bytes)
                    json.WriteNumber("bytes"u8, bytes);
                return;
            case EventKind.Present:
                json.WriteNumber("total"u8, @event.Total);
                json.WriteStartArray("people"u8);
                foreach (PresentPerson person in @event.People)
                    WritePerson(json, person);
                json.WriteEndArray();
                return;
            case EventKind.Found:
                json.WriteString("text"u8, @event.Text);
                json.WriteStartArray("lines"u8);
                foreach (ChatEvent line in @event.Found)
                    Write(json, line);
                json.WriteEndArray();
                json.WriteBoolean("more"u8, @event.HasMore);
                return;
        }
        if (@event.Name.Length > 0)
            json.WriteString("name"u8, @event.Name);
        if (@event.IsHost)
            json.WriteBoolean("host"u8, true);
        if (@event.Kind == EventKind.Whisper)
            json.WriteString("to"u8, @event.To);
        if (@event.Target is long target)
            json.WriteNumber("target"u8, target);
        if (@event.Quoted.Length > 0)
            json.WriteString("quoted"u8, @event.Quoted);
        if (@event.Text.Length > 0)
            json.WriteString("text"u8, @event.Text);
        if (
            @event.Kind
            is EventKind.Say
                or EventKind.Me
                or EventKind.Whisper
                or EventKind.Join
                or EventKind.Leave
                or EventKind.Rename
                or EventKind.Edit
                or EventKind.Delete
        )
            json.WriteBoolean("mine"u8, @event.Mine);
        if (@event.IsInClear)
            json.WriteBoolean("clear"u8, true);
    }

    private static void WriteLink(Utf8JsonWriter json, ChatEvent link)
    {
        json.WriteString("state"u8, NameOf(link.State.GetValueOrDefault()));
        if (link.Security is LinkSecurity security)
            WriteSecurity(json, security);
        if (link.RetryMilliseconds is int retry)
            json.WriteNumber("retry_ms"u8, retry);
        if (link.Text.Length > 0)
            json.WriteString("text"u8, link.Text);
    }

    private static void WriteSecurity(Utf8JsonWriter json, LinkSecurity security)
    {
        json.WriteBoolean("encrypted"u8, security.Key is not null);
        if (security.Key is null)
            return;
        json.WriteString("key"u8, security.Key.Value);
        json.WriteBoolean("known"u8, security.IsKnown);
    }

    private static void WritePerson(Utf8JsonWriter json, PresentPerson person)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, person.Name);
        if (person.Number is long number)
            json.WriteNumber("number"u8, number);
        if (TimeOf(person.SinceUnixMilliseconds) is string since)
            json.WriteString("since"u8, since);
        if (person.IdleMilliseconds is long idle)
            json.WriteNumber("idle_s"u8, idle / 1000);
        json.WriteString("client"u8, NameOf(person.Client));
        json.WriteBoolean("me"u8, person.Mine);
        if (person.IsHost)
            json.WriteBoolean("host"u8, true);
        if (person.IsInClear)
            json.WriteBoolean("clear"u8, true);
        json.WriteEndObject();
    }

    private static void WriteOrigin(Utf8JsonWriter json, ChatEvent @event)
    {
        if (@event is { IsHistory: true, Offset: not null })
            json.WriteBoolean("history"u8, true);
        if (@event.Kind == EventKind.Error && @event.Origin.Line > 0)
            json.WriteNumber("line"u8, @event.Origin.Line);
        if (@event.Origin.Id is string id)
        {
            json.WritePropertyName("id"u8);
            json.WriteRawValue(id);
        }
    }

    private static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string? TimeOf(long? unixMilliseconds) =>
        unixMilliseconds is >= 0 and long time && time <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset
                .FromUnixTimeMilliseconds(time)
                .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            : null;
}
