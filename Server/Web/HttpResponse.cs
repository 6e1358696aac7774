using System.Globalization;
using System.Text;
using Chat.Protocol;

namespace Chat.Server.Web;

/// <summary>The answer to one request. The connection closes after it, unless it is an upgrade.</summary>
/// <param name="Head">The status line and the fields.</param>
/// <param name="Body">The body; empty for HEAD.</param>
/// <param name="Program">The body is the running program instead.</param>
internal sealed record HttpResponse(byte[] Head, ReadOnlyMemory<byte> Body, bool Program = false)
{
    /// <summary>The server speaks WebSocket from here on.</summary>
    public bool IsUpgrade { get; private init; }

    // No page of this server runs foreign scripts, talks to another server, or appears inside another page.
    private const string Policy =
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
        + "X-Content-Type-Options: nosniff\r\n"
        + "Referrer-Policy: no-referrer\r\n";

    /// <summary>A file, a text or nothing.</summary>
    /// <param name="status">The code and the phrase.</param>
    /// <param name="type">The media type of the body.</param>
    /// <param name="length">Bytes of the body, also if it is not sent.</param>
    /// <param name="body">The body to send.</param>
    /// <param name="fields">More fields, each with CR LF.</param>
    public static HttpResponse Of(string status, string type, long length, ReadOnlyMemory<byte> body, string fields) =>
        new(
            Encoding.ASCII.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {length}\r\n{fields}{Policy}"
                        + $"Connection: close\r\n\r\n"
                )
            ),
            body
        );

    /// <summary>A refusal with one plain sentence.</summary>
    public static HttpResponse Refusal(string status, string sentence, string fields = "")
    {
        byte[] body = Encoding.UTF8.GetBytes($"{sentence}\n");
        return Of(status, "text/plain; charset=utf-8", body.Length, body, fields);
    }

    /// <summary>The answer to the handshake of WebSocket (RFC 6455, 4.2.2).</summary>
    /// <param name="key">The field Sec-WebSocket-Key.</param>
    public static HttpResponse Upgrade(string key)
    {
        byte[] accept = Sha1.Hash(Encoding.ASCII.GetBytes($"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
        return new HttpResponse(
            Encoding.ASCII.GetBytes(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + $"Sec-WebSocket-Accept: {Convert.ToBase64String(accept)}\r\n\r\n"
            ),
            default
        )
        {
            IsUpgrade = true,
        };
    }
}
