namespace Chat.Client.Display;

/// <summary>The meaning of a stretch of text. <see cref="Palette"/> gives it a colour.</summary>
internal enum Role : byte
{
    Plain,

    /// <summary>The name of a person, in the colour of <see cref="Style.Hue"/>.</summary>
    Name,

    /// <summary>One's own name.</summary>
    Own,

    /// <summary>Words in which one is named.</summary>
    Mention,
    Whisper,

    /// <summary>Text that need not be read: joins, notices.</summary>
    Quiet,
    Error,
    Time,

    /// <summary>The text that was looked for.</summary>
    Found,

    /// <summary>One's own words that the server has not taken yet.</summary>
    Pending,
}

/// <summary>How a stretch of text is to be shown.</summary>
/// <param name="Role">What it is.</param>
/// <param name="Hue">Of a name: which of the palette's colours.</param>
internal readonly record struct Style(Role Role, byte Hue = 0)
{
    public static readonly Style Plain,
        Own = new(Role.Own),
        Mention = new(Role.Mention),
        Whisper = new(Role.Whisper),
        Quiet = new(Role.Quiet),
        Error = new(Role.Error),
        Time = new(Role.Time),
        Pending = new(Role.Pending),
        Found = new(Role.Found);
}
