using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Chat.Client.Commands;
using Chat.Protocol;
using Chat.Protocol.Names;
using Chat.Protocol.Text;

namespace Chat.Client.Views;

/// <summary>Parses a program's request: one JSON object on one line of the input.</summary>
/// <remarks>
/// Parsing is strict: an unknown field makes a request invalid. A whisper with a misspelt type must not be said to the
/// whole room.
/// </remarks>
internal static class JsonRequest
{
    // Requests need one level; fields of later versions may need more.
    private const int DeepestJson = 64;

    private const string Types = "say, me, whisper, edit, delete, nick, who, history, find or quit";

    /// <summary>Parses a request.</summary>
    /// <param name="line">The line, without its end.</param>
    /// <param name="origin">The place in the input; receives the id of the request.</param>
    /// <param name="request">The parsed request; valid if the result is null.</param>
    /// <returns>The error in words; null if the request is valid.</returns>
    public static string? Read(ReadOnlySpan<byte> line, ref InputOrigin origin, out Command request)
    {
        request = default;
        Dictionary<string, object?> fields = new(StringComparer.Ordinal);
        if (ReadFields(line, fields) is string malformed)
            return malformed;
        if (fields.Remove("id", out object? id))
        {
            if (RawId(id) is not string raw)
                return "the id is neither a whole number nor 1 to 64 letters, digits, dots, colons, _ and -";
            origin = origin with { Id = raw };
        }
        if (!fields.Remove("type", out object? type) || type is not string name)
            return $"a request needs a type, a string: {Types}";
        string? error = name switch
        {
            "say" or "me" => Words(fields, name, to: "", ref request) ?? Answered(fields, name, ref request),
            "edit" or "delete" => Change(fields, name, ref request),
            "whisper" => Whisper(fields, ref request),
            "nick" => Nick(fields, ref request),
            "history" => History(fields, ref request),
            "who" => Plainly(new Command(CommandKind.Ask, "who"), ref request),
            "find" => Find(fields, ref request),
            "quit" => Plainly(new Command(CommandKind.Quit), ref request),
            _ => $"there is no request of type {Shown(name)}; a type is {Types}",
        };
        return error ?? (fields.Count > 0 ? $"{name} has no field {Shown(fields.Keys.First())}" : null);
    }

    private static string? ReadFields(ReadOnlySpan<byte> line, Dictionary<string, object?> fields)
    {
        Utf8JsonReader reader = new(line, new JsonReaderOptions { MaxDepth = DeepestJson });
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string field = reader.GetString()!;
                reader.Read();
                object? value = reader.TokenType switch
                {
                    JsonTokenType.String => reader.GetString(),
                    JsonTokenType.Number => reader.TryGetInt64(out long number) ? number : null,
                    _ => null,
                };
                reader.Skip();
                if (!fields.TryAdd(field, value))
                    return $"the field {Shown(field)} is there twice";
            }
            reader.Read();
            return null;
        }
        catch (JsonException) when (reader.CurrentDepth >= DeepestJson - 1)
        {
            return "this JSON object is nested too deeply; a request is one object with strings and numbers in it";
        }
        catch (JsonException wrong)
        {
            return $"this is no JSON object: the mistake is at byte {wrong.BytePositionInLine + 1}; a text must "
                + "not begin with a brace, use say for it";
        }
        catch (InvalidOperationException)
        {
            return "a string in this JSON object is not valid UTF-8, or holds half a surrogate pair";
        }
    }

    private static string? RawId(object? id) =>
        id switch
        {
            long number => number.ToString(CultureInfo.InvariantCulture),
            string { Length: > 0 and <= 64 } text
                when text.All(static c =>
                    char.IsAsciiLetterOrDigit(c) || "._:-".Contains(c, StringComparison.Ordinal)
                ) => $"\"{text}\"",
            _ => null,
        };

    private static string? Words(Dictionary<string, object?> fields, string type, string to, ref Command request)
    {
        if (!TryString(fields, "text", out string? text))
            return $"{type} needs a text, a string";
        bool hasRows = text.AsSpan().ContainsAny('\n', '\r');
        // A tab stays in a snippet. An answer is one line, in which it is a space.
        bool keepsTabs = type is "say" or "edit" && !fields.ContainsKey("target"),
            isSnippet = hasRows || (keepsTabs && text.Contains('\t', StringComparison.Ordinal));
        if (hasRows && type is not ("say" or "edit"))
            return $"the text holds a line break, which only say and edit may have; make one {type} of each line";
        string clean = isSnippet
            ? SnippetText.Clean(Encoding.UTF8.GetBytes(text), out int lost, keepsBlankRows: true)
            : SafeText.Clean(Encoding.UTF8.GetBytes(text), out lost);
        if (string.IsNullOrWhiteSpace(clean))
            return "the text is empty";
        if (SnippetText.Refusal(clean) is string refusal)
            return refusal;
        if (lost > 0)
            return "the text holds characters that cannot be shown: private use, unassigned, or more than four "
                + "marks on one letter";
        string verb =
            type == "whisper" ? "tell"
            : type == "say" && SnippetText.IsSnippet(clean) ? "snippet"
            : type;
        request = new Command(CommandKind.Say, verb, to, clean);
        return null;
    }

    // A say with the offset of a message answers that message.
    private static string? Answered(Dictionary<string, object?> fields, string type, ref Command request)
    {
        if (type != "say" || !fields.Remove("target", out object? target))
            return null;
        if (target is not (long and >= 0))
            return "the target is the offset of a message, a whole number";
        if (request.Verb == "snippet")
            return "an answer holds no line break";
        if (Quotation.Refusal(Encoding.UTF8.GetByteCount(request.Text)) is string refusal)
            return refusal;
        request = request with { Verb = "re", To = $"{target}" };
        return null;
    }

    private static string? Change(Dictionary<string, object?> fields, string type, ref Command request)
    {
        if (!fields.Remove("target", out object? target) || target is not (long and >= 0))
            return $"{type} needs a target, the offset of a message";
        request = new Command(CommandKind.Say, type, $"{target}");
        return type == "edit" ? Words(fields, type, request.To, ref request) : null;
    }

    private static string? Whisper(Dictionary<string, object?> fields, ref Command request)
    {
        if (!TryString(fields, "to", out string? to))
            return "whisper needs a field to, a string: the name of a person";
        // Only the server knows the names. Refuse a word here that the wire cannot carry.
        if (to.Length is 0 or > ProtocolLimits.HeadBytes / 4 || to != SafeText.Clean(to) || to.Any(char.IsWhiteSpace))
            return $"{Shown(to)} cannot be a name";
        return Words(fields, "whisper", to, ref request);
    }

    private static string? Nick(Dictionary<string, object?> fields, ref Command request)
    {
        if (!TryString(fields, "name", out string? name))
            return "nick needs a name, a string";
        if (Nickname.Refusal(name) is string rule)
            return $"{Shown(name)} cannot be a name: {rule}";
        request = new Command(CommandKind.Say, "nick", Text: name);
        return null;
    }

    private static string? History(Dictionary<string, object?> fields, ref Command request)
    {
        long lines = ProtocolLimits.BacklogLines;
        if (fields.Remove("lines", out object? value))
        {
            if (value is not (long and > 0 and <= int.MaxValue))
                return "the lines of history are a whole number from 1 on";
            lines = (long)value;
        }
        request = new Command(CommandKind.Ask, "history", Text: $"{lines}");
        return null;
    }

    // Without a text, the last search continues.
    private static string? Find(Dictionary<string, object?> fields, ref Command request)
    {
        if (fields.ContainsKey("text") && Words(fields, "find", to: "", ref request) is string error)
            return error;
        request = new Command(CommandKind.Ask, "find", Text: request.Text ?? "");
        return null;
    }

    private static string? Plainly(Command command, ref Command request)
    {
        request = command;
        return null;
    }

    private static bool TryString(
        Dictionary<string, object?> fields,
        string field,
        [NotNullWhen(true)] out string? value
    )
    {
        value = fields.Remove(field, out object? found) ? found as string : null;
        return value is not null;
    }

    private static string Shown(string text)
    {
        string clean = SafeText.Clean(
            text.Length > ProtocolLimits.HeadBytes / 4 ? text[..(ProtocolLimits.HeadBytes / 4)] : text
        );
        return $"\"{clean}\"";
    }
}
