using System.Text;

namespace Chat.Server.Web;

/// <summary>The head of an HTTP/1.1 request (RFC 9112), read strictly. Requests have no body here.</summary>
/// <param name="Method">Such as <c>GET</c>.</param>
/// <param name="Target">The path, with its query.</param>
/// <param name="Fields">The values by names in lower case.</param>
internal sealed record HttpRequest(string Method, string Target, Dictionary<string, string> Fields)
{
    // Methods of RFC 9110, 9.3, and RFC 5789. Others are no HTTP for the purposes of the first bytes.
    private static readonly byte[][] Methods =
    [
        "GET "u8.ToArray(),
        "HEAD "u8.ToArray(),
        "POST "u8.ToArray(),
        "PUT "u8.ToArray(),
        "PATCH "u8.ToArray(),
        "DELETE "u8.ToArray(),
        "OPTIONS "u8.ToArray(),
        "TRACE "u8.ToArray(),
    ];

    private static ReadOnlySpan<byte> EndOfHead => "\r\n\r\n"u8;

    /// <summary>Whether the first bytes of a connection are HTTP; null if later bytes decide.</summary>
    /// <remarks>A person may type <c>GET well soon</c>, but a request names a path.</remarks>
    public static bool? Recognize(ReadOnlySpan<byte> bytes)
    {
        foreach (byte[] method in Methods)
        {
            if (bytes.Length <= method.Length && method.AsSpan().StartsWith(bytes))
                return null;
            if (bytes.StartsWith(method))
                return bytes[method.Length] is (byte)'/' or (byte)'*';
        }
        return false;
    }

    /// <summary>The first line is whole and no request line of HTTP/1.1, so the head need not end.</summary>
    public static bool IsBroken(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)'\n');
        return end >= 0 && !bytes[..end].EndsWith(" HTTP/1.1\r"u8) && !bytes[..end].EndsWith(" HTTP/1.0\r"u8);
    }

    /// <summary>Where the head ends, or -1 while it has not.</summary>
    public static int EndOf(ReadOnlySpan<byte> bytes) =>
        bytes.IndexOf(EndOfHead) is >= 0 and int end ? end + EndOfHead.Length : -1;

    /// <summary>Reads a whole head.</summary>
    /// <param name="head">The bytes up to <see cref="EndOf"/>.</param>
    /// <returns>Null if the head breaks RFC 9112.</returns>
    public static HttpRequest? Read(ReadOnlySpan<byte> head)
    {
        string[] lines = Encoding.Latin1.GetString(head[..^EndOfHead.Length]).Split("\r\n");
        if (lines[0].Split(' ') is not [string method, string target, "HTTP/1.1" or "HTTP/1.0"])
            return null;
        if (!IsToken(method) || target.Length == 0 || !target.All(static c => c is > ' ' and < '\x7F'))
            return null;
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        foreach (string line in lines.AsSpan(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || !IsToken(line.AsSpan(0, colon)))
                return null;
            string name = line[..colon].ToLowerInvariant();
            string value = line[(colon + 1)..].Trim(' ', '\t');
            if (value.Any(static c => char.IsControl(c) && c != '\t'))
                return null;
            // RFC 9110, 5.3: lists may be split; Host and the rest may not.
            if (fields.TryGetValue(name, out string? before))
            {
                if (name is "host" or "origin" || name.StartsWith("sec-websocket-key", StringComparison.Ordinal))
                    return null;
                value = $"{before}, {value}";
            }
            fields[name] = value;
        }
        return new HttpRequest(method, target, fields);
    }

    /// <summary>The value of a field; empty if it is absent.</summary>
    public string this[string name] => Fields.GetValueOrDefault(name, "");

    /// <summary>Whether a field that is a list holds this element, without regard to case.</summary>
    public bool Lists(string name, string element) =>
        this[name].Split(',').Any(one => one.Trim(' ', '\t').Equals(element, StringComparison.OrdinalIgnoreCase));

    // RFC 9110, 5.6.2.
    private static bool IsToken(ReadOnlySpan<char> word)
    {
        foreach (char c in word)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
                return false;
        }
        return true;
    }
}
