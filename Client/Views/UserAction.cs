using Chat.Client.Commands;

namespace Chat.Client.Views;

/// <summary>The kind of a <see cref="UserAction"/>.</summary>
internal enum UserActionKind
{
    None,

    /// <summary>Say the lines in order. Each may be a command of the room.</summary>
    Say,

    /// <summary>Say lines again that were taken back. A line typed later goes before those not sent yet.</summary>
    Paste,

    /// <summary>Say a text of several rows as one message.</summary>
    Snippet,

    /// <summary>Execute a program's request.</summary>
    Request,

    /// <summary>Search the history of the room for the text, or continue the last search.</summary>
    Find,

    /// <summary>Take back the unsent lines and pass them to <see cref="View.PutBack"/>.</summary>
    TakeBack,

    /// <summary>Give the secret of the room.</summary>
    Secret,
    Leave,
    Suspend,

    /// <summary>Request the roster, so Tab can complete a name.</summary>
    AskNames,

    /// <summary>Enter on an empty line: connect at once.</summary>
    Hurry,
}

/// <summary>An action that the input requests.</summary>
/// <param name="Kind">The action.</param>
/// <param name="Lines">Of Say and Paste: the lines. Of Snippet: the whole text, with line feeds. Of Secret: the
/// secret.</param>
internal readonly record struct UserAction(UserActionKind Kind, IReadOnlyList<string> Lines)
{
    public static readonly UserAction None = new(UserActionKind.None, []),
        Leave = new(UserActionKind.Leave, []),
        Suspend = new(UserActionKind.Suspend, []),
        AskNames = new(UserActionKind.AskNames, []),
        TakeBack = new(UserActionKind.TakeBack, []),
        Hurry = new(UserActionKind.Hurry, []);

    /// <summary>Of Request: the command.</summary>
    public Command Command { get; init; }

    /// <summary>Of Say: the place of the line in the input of a pipe.</summary>
    public InputOrigin Origin { get; init; }
}
