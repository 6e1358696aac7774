using System.Globalization;
using Chat.Protocol;

namespace Chat.Client.Commands;

/// <summary>The meaning of a typed line.</summary>
internal enum SpeechKind
{
    /// <summary>Nothing but spaces.</summary>
    Nothing,

    /// <summary>Said: numbered, acknowledged, sent again after a break.</summary>
    Said,

    /// <summary>A question to the server.</summary>
    Asked,

    /// <summary>It cannot be done; the text says why.</summary>
    Refused,

    /// <summary>The list of commands is wanted.</summary>
    Help,

    /// <summary>The person wants to go.</summary>
    Quit,
}

/// <summary>
/// The meaning of a line typed on a server of ours: text for everybody, or, behind a slash, a command.
/// </summary>
/// <param name="Kind">What becomes of it.</param>
/// <param name="Verb">The request's.</param>
/// <param name="To">Of a whisper, to whom.</param>
/// <param name="Text">The words; of a refusal, why.</param>
internal readonly record struct Speech(SpeechKind Kind, string Verb = "", string To = "", string Text = "")
{
    /// <summary>Where in the input it stands.</summary>
    public InputOrigin Origin { get; init; }

    /// <summary>Words for everybody, whatever they begin with.</summary>
    public static Speech Literal(string text) =>
        string.IsNullOrWhiteSpace(text)
            ? new Speech(SpeechKind.Nothing)
            : new Speech(SpeechKind.Said, "say", Text: text);

    /// <summary>Reads a line.</summary>
    /// <param name="line">Clean.</param>
    /// <param name="lastWhisperer">The sender of the last whisper; null without one, empty if that person is
    /// ignored.</param>
    public static Speech Parse(string line, string? lastWhisperer)
    {
        if (line.StartsWith("//", StringComparison.Ordinal))
            return Literal(line[1..]);
        if (line.Length == 0 || line[0] != '/')
            return Literal(line);
        string name = FirstWord(line[1..], out string rest);
        if (RoomCommand.Find(name) is not RoomCommand command)
            return new Speech(SpeechKind.Refused, Text: RoomCommand.NoSuch(name, []));
        Speech speech = Parse(command.Names[0], rest, lastWhisperer);
        return speech.Kind == SpeechKind.Nothing ? new Speech(SpeechKind.Refused, Text: command.UsageAnswer) : speech;
    }

    // Nothing when arguments are missing.
    private static Speech Parse(string command, string rest, string? lastWhisperer)
    {
        switch (command)
        {
            case "help":
                return new Speech(SpeechKind.Help);
            case "quit":
                return new Speech(SpeechKind.Quit);
            case "who" when rest.Length == 0:
                return new Speech(SpeechKind.Asked, "who");
            case "history":
                int lines = ProtocolLimits.BacklogLines;
                bool valid =
                    rest.Length == 0
                    || (int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out lines) && lines > 0);
                return valid ? new Speech(SpeechKind.Asked, "history", Text: $"{lines}") : default;
            case "nick" when rest.Length > 0:
                return new Speech(SpeechKind.Said, "nick", Text: FirstWord(rest, out _));
            case "me" when rest.Length > 0:
                return new Speech(SpeechKind.Said, "me", Text: rest);
            case "msg" when FirstWord(rest, out string words) is { Length: > 0 } to && words.Length > 0:
                return new Speech(SpeechKind.Said, "tell", to, words);
            case "reply" when rest.Length > 0:
                return string.IsNullOrEmpty(lastWhisperer)
                    ? new Speech(
                        SpeechKind.Refused,
                        Text: lastWhisperer is null
                            ? "there is no whisper to answer yet; /msg NAME TEXT sends one"
                            : "nobody you have not ignored has whispered; /msg NAME TEXT whispers first"
                    )
                    : new Speech(SpeechKind.Said, "tell", lastWhisperer, rest);
            default:
                return default;
        }
    }

    private static string FirstWord(string text, out string rest)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        rest = space < 0 ? "" : text[space..].Trim(' ');
        string word = space < 0 ? text : text[..space];
        // No name and no command is longer than what is kept; with more, a request could be longer than a server takes.
        return word[..Math.Min(word.Length, ProtocolLimits.HeadBytes / 4)];
    }
}
