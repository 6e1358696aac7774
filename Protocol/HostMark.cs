namespace Chat.Protocol;

/// <summary>
/// The mark before the name of a person with the rights of a host: <c>@alice</c>. No name contains it, so no other
/// person can imitate it. Each line has the mark that its author had at the time.
/// </summary>
internal static class HostMark
{
    /// <summary>The mark.</summary>
    public const char Sign = '@';

    /// <summary>Whether a shown name begins with the mark.</summary>
    public static bool IsOn(ReadOnlySpan<char> shown) => shown is [Sign, _, ..];

    /// <summary>Whether a shown name begins with the mark.</summary>
    public static bool IsOn(ReadOnlySpan<byte> shown) => shown is [(byte)Sign, _, ..];

    /// <summary>The name as it is shown.</summary>
    public static string Show(string name, bool isHost) => isHost ? Sign + name : name;

    /// <summary>The name without the mark.</summary>
    public static ReadOnlySpan<char> Strip(ReadOnlySpan<char> shown) => IsOn(shown) ? shown[1..] : shown;

    /// <summary>The name without the mark.</summary>
    public static ReadOnlySpan<byte> Strip(ReadOnlySpan<byte> shown) => IsOn(shown) ? shown[1..] : shown;

    /// <summary>The name without the mark.</summary>
    public static string Strip(string shown) => IsOn(shown) ? shown[1..] : shown;
}
