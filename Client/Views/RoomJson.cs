using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Chat.Client.Discovery;

namespace Chat.Client.Views;

/// <summary>Formats a found room as one JSON object a line.</summary>
internal static class RoomJson
{
    // The output is not HTML, so letters of all scripts need no escapes.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The object and its line feed.</summary>
    public static ReadOnlySpan<byte> Format(FoundRoom room)
    {
        ArrayBufferWriter<byte> line = new();
        using (Utf8JsonWriter json = new(line, Options))
        {
            json.WriteStartObject();
            json.WriteString("name"u8, room.Name);
            if (room.IsNameChanged)
                json.WriteBoolean("hiddenCharacters"u8, true);
            if (room.Members is int members)
                json.WriteNumber("members"u8, members);
            json.WriteString("address"u8, room.Addresses[0].Text);
            json.WriteNumber("port"u8, room.Port);
            json.WriteBoolean("encrypted"u8, room.IsEncrypted);
            json.WriteBoolean("secret"u8, room.AsksSecret);
            if (room.Topic.Length > 0)
                json.WriteString("topic"u8, room.Topic);
            if (room.Epoch.Length > 0)
                json.WriteString("epoch"u8, room.Epoch);
            json.WriteStartArray("addresses"u8);
            foreach (RoomAddress address in room.Addresses)
                json.WriteStringValue(address.Text);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        line.Write("\n"u8);
        return line.WrittenSpan;
    }
}
