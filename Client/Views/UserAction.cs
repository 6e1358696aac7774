using Chat.Client.Commands;

namespace Chat.Client.Views;

/// <summary>The kind of a <see cref="UserAction"/>.</summary>
internal enum UserActionKind
{
    None,

    /// <summary>Say the lines, in their order. Each may be a command for the server.</summary>
    Say,

    /// <summary>Say pasted lines: a line typed later goes before those that were not sent yet.</summary>
    Paste,

    /// <summary>Carry out the command of a program.</summary>
    Request,

    /// <summary>Take back what was not sent yet; <see cref="View.PutBack"/> gets it.</summary>
    TakeBack,
    Leave,
    Suspend,

    /// <summary>Ask for the list of people: Tab needs it to complete a name.</summary>
    AskNames,

    /// <summary>Enter was pressed and says nothing: connect at once.</summary>
    Hurry,
}

/// <summary>What the input asks the client to do.</summary>
/// <param name="Kind">The action.</param>
/// <param name="Lines">Of Say and Paste: the lines.</param>
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
