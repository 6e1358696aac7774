namespace Chat.Client;

/// <summary>Whether others can read what goes over a link.</summary>
/// <param name="Key">The words of the room's key, made when shown, as they cost 80 ms; null in the clear.</param>
/// <param name="IsKnown">The key was known before this connection.</param>
/// <param name="IsExposed">The link is in the clear and leaves this computer.</param>
internal sealed record LinkSecurity(Lazy<string>? Key, bool IsKnown, bool IsExposed)
{
    /// <summary>The words for a link that others can read.</summary>
    public const string ExposedWords = "not encrypted: everybody on this network can read along";

    /// <summary>In the clear, on this computer.</summary>
    public static readonly LinkSecurity Local = new(null, IsKnown: false, IsExposed: false);

    /// <summary>In the clear, over a network.</summary>
    public static readonly LinkSecurity Exposed = new(null, IsKnown: false, IsExposed: true);
}
