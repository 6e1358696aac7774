using System.Text;
using Chat.Protocol.Text;

namespace Chat.Protocol.Discovery;

/// <summary>
/// The name of a room, as others find it: one label of DNS in UTF-8, with spaces and signs as people write it.
/// </summary>
internal static class RoomName
{
    /// <summary>The name if the machine has none.</summary>
    private const string Unnamed = "chat";

    /// <summary>The reason why a name cannot be used, and what to do; null if it can.</summary>
    public static string? Refusal(string name)
    {
        string cleaned = SafeText.Clean(name);
        if (string.IsNullOrWhiteSpace(cleaned))
            return "the name of the room is empty";
        if (cleaned != name)
            return "the name of the room contains characters that cannot be shown; use letters, digits, spaces and "
                + "signs";
        return Encoding.UTF8.GetByteCount(name) > DnsName.MostLabelBytes
            ? $"the name of the room is too long: it has at most {DnsName.MostLabelBytes} bytes"
            : null;
    }

    /// <summary>The name for a room on a machine: that of the machine, without its domain.</summary>
    public static string Of(string machine) => Clean(Encoding.UTF8.GetBytes(machine.Split('.')[0]));

    /// <summary>Makes a name from any sender safe to show.</summary>
    public static string Clean(ReadOnlySpan<byte> name)
    {
        Span<byte> cleaned = stackalloc byte[DnsName.MostLabelBytes];
        string text = Encoding.UTF8.GetString(cleaned[..SafeText.Clean(name, cleaned)]).Trim();
        return text.Length > 0 ? text : Unnamed;
    }

    /// <summary>The name of a room whose name is taken already, such as <c>lab (2)</c>.</summary>
    public static string Numbered(string name, int number)
    {
        string suffix = $" ({number})";
        Span<byte> start = stackalloc byte[DnsName.MostLabelBytes - suffix.Length];
        int length = SafeText.Clean(Encoding.UTF8.GetBytes(name), start);
        return Encoding.UTF8.GetString(start[..length]).TrimEnd() + suffix;
    }
}
