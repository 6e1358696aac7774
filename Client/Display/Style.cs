namespace Chat.Client.Display;

/// <summary>The meaning of a run of text. <see cref="Palette"/> gives it a colour.</summary>
internal enum Role : byte
{
    Plain,

    /// <summary>The name of a person, in the colour of <see cref="Style.Hue"/>.</summary>
    Name,

    /// <summary>The own name.</summary>
    Own,

    /// <summary>Text that mentions the reader.</summary>
    Mention,
    Whisper,

    /// <summary>Less important text: joins, notices.</summary>
    Quiet,
    Error,
    Time,

    /// <summary>The match of a search.</summary>
    Found,

    /// <summary>An own line that the server has not acknowledged.</summary>
    Pending,
}

/// <summary>The style of a run of text.</summary>
/// <param name="Role">The meaning of the text.</param>
/// <param name="Hue">The index of a name's colour in the palette.</param>
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
