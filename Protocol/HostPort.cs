using System.Globalization;
using Chat.Protocol.Text;

namespace Chat.Protocol;

/// <summary>
/// The address of a server as people write it: <c>192.168.1.65</c>, <c>192.168.1.65:8082</c>, <c>somebox</c>,
/// <c>somebox:8082</c>, <c>fe80::1</c>, <c>[fe80::1]:8082</c>, or only a port. This only parses it; the system
/// resolves the host later.
/// </summary>
/// <param name="Host">A name, or an address without brackets; null when none was given.</param>
/// <param name="Port">1 to 65535; null when none was given.</param>
internal readonly record struct HostPort(string? Host, int? Port)
{
    // RFC 1035, 2.3.4: 255 octets, which is two more than the written name.
    private const int HostLength = 253,
        LabelLength = 63;

    private const string EmptyAddress = "the address is empty; give a name or an address, such as 192.168.1.65";

    /// <summary>Parses the arguments.</summary>
    /// <param name="address">The first argument; null when there is none.</param>
    /// <param name="port">The second argument; null when there is none.</param>
    /// <param name="result">Host and port.</param>
    /// <returns>Null on success; otherwise the error and what to type instead.</returns>
    public static string? Parse(string? address, string? port, out HostPort result)
    {
        result = default;
        if (address is null)
            return null;
        if (string.IsNullOrWhiteSpace(address))
            return EmptyAddress;
        if (port is null && address.Length > 0 && address.All(char.IsAsciiDigit))
            (address, port) = ("", address);

        (string host, string? glued) = Split(address.Trim());
        // A name may end in a dot (RFC 1034, 3.1), such as one at the end of a sentence. Addresses and hosts
        // files do not allow it.
        if (host is [.., not '.', '.'])
            host = host[..^1];
        if (glued is not null && port is not null && glued != port)
            return $"'{address}' and '{port}' give two ports; give one";
        port ??= glued;
        int? number = null;
        if (port is not null)
        {
            if (
                !int.TryParse(port.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int parsed)
                || parsed is < 1 or > 65535
            )
                return $"'{SafeText.Clean(port)}' is no port; a port is a number from 1 to 65535, such as "
                    + $"{ProtocolLimits.Port}";
            number = parsed;
        }
        if (host.Length == 0 && number is null)
            return EmptyAddress;
        if (host.Length > HostLength)
            return $"'{SafeText.Clean(host[..16])}...' is no address: a name has at most {HostLength} characters";
        if (host.StartsWith('-'))
            return $"there is no option {SafeText.Clean(host)}";
        if (host.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '/' or '[' or ']' or '@'))
            return $"'{SafeText.Clean(host)}' is no address; give a name or an address, such as 192.168.1.65 or "
                + "somebox";
        result = new HostPort(host.Length == 0 ? null : host, number);
        return null;
    }

    /// <summary>Whether this is a host name (RFC 1123, 2.1; underscores are allowed) and no address.</summary>
    public static bool IsName(string text)
    {
        string[] labels = text.Split('.');
        return text.Length <= HostLength && labels.All(IsLabel) && !labels[^1].All(char.IsAsciiDigit);
    }

    /// <summary>
    /// The error for a link-local address (fe80::/10) without an interface of this machine, and what to type
    /// instead.
    /// </summary>
    public string InterfaceRefusal()
    {
        string[] parts = SafeText.Clean(Host!).Split('%', 2);
        string advice = $"name one, such as {parts[0]}%eth0; ip link, ifconfig or ipconfig lists those of this machine";
        return parts is [_, { Length: > 0 } name]
            ? $"this machine has no network interface called {name}; {advice}"
            : $"{parts[0]} is an address behind one network interface; {advice}";
    }

    /// <summary>The error for a host that has several colons and is no address; null for any other host.</summary>
    public string? ColonsRefusal() =>
        Host?.Count(static c => c == ':') > 1
            ? $"'{SafeText.Clean(Host)}' is no address; an IPv6 address with a port is typed like "
                + $"[fd00::1]:{ProtocolLimits.Port}"
            : null;

    /// <summary>The shortest form to type after <c>chat client</c>: the usual port is left out.</summary>
    public string Typed => (Port ?? ProtocolLimits.Port) == ProtocolLimits.Port ? Host ?? "" : $"{Host} {Port}".Trim();

    /// <summary>The form to type after <c>nc</c> or <c>chat client</c>: host, space, port.</summary>
    public override string ToString() => $"{Host} {Port}";

    private static bool IsLabel(string text) =>
        text.Length is > 0 and <= LabelLength
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
        && !text.StartsWith('-')
        && !text.EndsWith('-');

    private static (string Host, string? Port) Split(string address)
    {
        if (address.StartsWith('[') && address.IndexOf(']', StringComparison.Ordinal) is > 0 and int close)
        {
            string after = address[(close + 1)..];
            return (
                address[1..close],
                after.StartsWith(':') ? after[1..]
                : after.Length > 0 ? after
                : null
            );
        }
        int colon = address.IndexOf(':', StringComparison.Ordinal);
        // Several colons and no brackets: the whole text is an IPv6 address.
        return colon < 0 || address.IndexOf(':', colon + 1) >= 0
            ? (address, null)
            : (address[..colon], address[(colon + 1)..]);
    }
}
