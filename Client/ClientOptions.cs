namespace Chat.Client;

/// <summary>What whoever starts a client may set.</summary>
/// <param name="Link">Where to, and as whom.</param>
internal sealed record ClientOptions(LinkOptions Link)
{
    /// <summary>Everything that happens as JSON, an object a line; never a terminal's prompt.</summary>
    public bool Json { get; init; }

    /// <summary>Stays when the input has ended.</summary>
    public bool Listen { get; init; }

    /// <summary>What the person should know before anything else; null for nothing.</summary>
    public string? Warning { get; init; }
}
