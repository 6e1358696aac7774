using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Chat.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Chat.Server.Web;

/// <summary>
/// Answers HTTP requests: the page's files, the running program, and the handshake of WebSocket. Every other request
/// gets one plain sentence.
/// </summary>
/// <param name="hosts">Names of this server beside those that only a local network resolves.</param>
internal sealed class WebSite(IReadOnlyCollection<string> hosts) : IDisposable
{
    private const string FilePrefix = "page/";

    private static readonly string[] Types =
    [
        ".html text/html; charset=utf-8",
        ".css text/css; charset=utf-8",
        ".js text/javascript; charset=utf-8",
        ".svg image/svg+xml",
    ];

    // RFC 1952, 2.3.1. The build compresses scripts and styles.
    private static ReadOnlySpan<byte> GzipMagic => [0x1F, 0x8B];

    // Read for the first browser: a room without one takes no memory for them.
    private readonly Lazy<Dictionary<string, PageFile>> _files = new(ReadFiles);
    private SafeFileHandle? _program;

    private sealed record PageFile(byte[] Bytes, string Type, string Tag);

    /// <summary>Chunks of the program that all downloads together may still send in this pass.</summary>
    public int ChunksLeft { get; set; }

    /// <param name="request">Null for one that breaks RFC 9112.</param>
    /// <param name="isRoomClosed">The room is not for this browser, which gets the program alone.</param>
    public HttpResponse Answer(HttpRequest? request, bool isRoomClosed = false)
    {
        if (request is null)
            return HttpResponse.Refusal("400 Bad Request", "this is no request that HTTP/1.1 allows");
        if (request["content-length"] is not ("" or "0") || request["transfer-encoding"].Length > 0)
            return HttpResponse.Refusal("400 Bad Request", "a request has no body here");
        if (request.Method is not ("GET" or "HEAD"))
            return HttpResponse.Refusal("405 Method Not Allowed", "only GET is answered", "Allow: GET, HEAD\r\n");
        if (request["host"] is var host && !IsOwn(host))
            return HttpResponse.Refusal(
                "400 Bad Request",
                "no name of this server is in the field Host; use its address, or start it with --web-host NAME"
            );
        string path = request.Target.Split('?')[0];
        if (isRoomClosed && path != "/download")
            return HttpResponse.Refusal(
                "403 Forbidden",
                "this room is encrypted, and a browser would reach it without encryption; use chat client, which is "
                    + "at /download"
            );
        return path switch
        {
            "/chat" => Upgrade(request),
            "/download" => Program(request),
            _ => File(request, path),
        };
    }

    /// <summary>Reads a part of the running program.</summary>
    /// <returns>The bytes read; 0 at the end.</returns>
    public int ReadProgram(Span<byte> into, long at)
    {
        try
        {
            return _program is null ? 0 : RandomAccess.Read(_program, into, at);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public void Dispose() => _program?.Dispose();

    // A page of another site could otherwise speak for its visitor: its own name may be made to resolve to this server
    // (DNS rebinding). Names that only a local network resolves cannot be.
    private bool IsOwn(string host)
    {
        string name = NameOf(host);
        if (IPAddress.TryParse(name, out _))
            return true;
        name = name.ToLowerInvariant();
        if (name.Length == 0 || name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_')))
            return false;
        return !name.Contains('.', StringComparison.Ordinal)
            || name.EndsWith(".local", StringComparison.Ordinal)
            || hosts.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    // The host of RFC 3986, 3.2.2, without a port; empty if it is none.
    private static string NameOf(string host)
    {
        int end = host.StartsWith('[')
            ? host.IndexOf(']', StringComparison.Ordinal) + 1
            : host.IndexOf(':', StringComparison.Ordinal);
        if (end < 0)
            return host;
        string port = host[end..];
        bool isPort = port.Length == 0 || (port[0] == ':' && port.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0);
        return isPort ? host[..end] : "";
    }

    private HttpResponse Upgrade(HttpRequest request)
    {
        if (
            !request.Lists("upgrade", "websocket")
            || !request.Lists("connection", "upgrade")
            || request["sec-websocket-version"] != "13"
        )
            return HttpResponse.Refusal(
                "426 Upgrade Required",
                "only WebSocket of version 13 is spoken here",
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            );
        Span<byte> nonce = stackalloc byte[24];
        string key = request["sec-websocket-key"];
        if (request.Method != "GET" || !Convert.TryFromBase64String(key, nonce, out int length) || length != 16)
            return HttpResponse.Refusal("400 Bad Request", "this is no handshake of RFC 6455");
        string origin = request["origin"];
        if (origin != $"http://{request["host"]}" && origin != $"https://{request["host"]}")
            return HttpResponse.Refusal("403 Forbidden", "only this server's own page may join");
        return HttpResponse.Upgrade(key);
    }

    private HttpResponse File(HttpRequest request, string path)
    {
        if (!_files.Value.TryGetValue(path == "/" ? "/index.html" : path, out PageFile? file))
            return HttpResponse.Refusal("404 Not Found", "there is no such page; the room is at /");
        string coding = file.Bytes.AsSpan().StartsWith(GzipMagic) ? "Content-Encoding: gzip\r\n" : "",
            fields = $"ETag: {file.Tag}\r\nCache-Control: no-cache\r\n{coding}";
        if (request.Lists("if-none-match", file.Tag))
            return HttpResponse.Of("304 Not Modified", file.Type, file.Bytes.Length, default, fields);
        ReadOnlyMemory<byte> body = request.Method == "HEAD" ? default : file.Bytes;
        return HttpResponse.Of("200 OK", file.Type, file.Bytes.Length, body, fields);
    }

    private HttpResponse Program(HttpRequest request)
    {
        _program ??= OpenProgram();
        if (_program is null)
            return HttpResponse.Refusal("404 Not Found", "this server cannot hand out its program");
        string suffix = OperatingSystem.IsWindows() ? ".exe" : "";
        HttpResponse response = HttpResponse.Of(
            "200 OK",
            "application/octet-stream",
            RandomAccess.GetLength(_program),
            default,
            $"Content-Disposition: attachment; filename=\"chat{suffix}\"\r\n"
                + $"X-Chat-System: {RuntimeInformation.RuntimeIdentifier}\r\nCache-Control: no-store\r\n"
        );
        return response with { Program = request.Method == "GET" };
    }

    // On Linux this is the program that runs, even if its file was replaced since.
    private static SafeFileHandle? OpenProgram()
    {
        if (RuntimeFeature.IsDynamicCodeSupported)
            return null;
        string? path = OperatingSystem.IsLinux() ? "/proc/self/exe" : Environment.ProcessPath;
        try
        {
            return path is null ? null : System.IO.File.OpenHandle(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static Dictionary<string, PageFile> ReadFiles()
    {
        Dictionary<string, PageFile> files = new(StringComparer.Ordinal);
        foreach (string name in typeof(WebSite).Assembly.GetManifestResourceNames())
        {
            string? type = Types.FirstOrDefault(type => name.EndsWith(type.Split(' ')[0], StringComparison.Ordinal));
            if (type is null || !name.StartsWith(FilePrefix, StringComparison.Ordinal))
                continue;
            using Stream stream = typeof(WebSite).Assembly.GetManifestResourceStream(name)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            files[$"/{name[FilePrefix.Length..]}"] = new PageFile(
                bytes,
                type[(type.IndexOf(' ', StringComparison.Ordinal) + 1)..],
                $"\"{Convert.ToHexStringLower(Sha1.Hash(bytes))}\""
            );
        }
        return files;
    }
}
