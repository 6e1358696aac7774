using System.Net.Sockets;
using Chat.Server.Networking;

namespace Chat.Server.Web;

/// <summary>
/// A connection that speaks HTTP: it makes one request, gets one answer, and passes no line to the room.
/// </summary>
/// <param name="site">Answers.</param>
/// <param name="isRoomClosed">The room needs TLS, which a browser on another computer does not speak with it.</param>
internal sealed class HttpChannel(WebSite site, bool isRoomClosed) : Channel
{
    // Shared by all connections: the loop sends to one at a time.
    private static readonly byte[] Chunk = GC.AllocateUninitializedArray<byte>(ServerLimits.DownloadChunkBytes);

    private byte[] _head = [];
    private HttpResponse? _response;
    private long _sent;
    private bool _isSent;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Head => _head;

    /// <summary>The request was answered.</summary>
    public bool IsAnswered => _response is not null;

    /// <summary>The connection speaks WebSocket from here on; null if it does not.</summary>
    public WebSocketChannel? Upgraded { get; private set; }

    /// <inheritdoc/>
    public override bool HasOutput => _response is not null && !_isSent;

    /// <inheritdoc/>
    public override void Ping()
    {
        // HTTP has none. The time to send a request is bounded instead.
    }

    /// <inheritdoc/>
    public override void Finish()
    {
        // The length in the head ends the answer.
    }

    /// <inheritdoc/>
    public override int Unframe(Span<byte> received, ClockReading now)
    {
        if (IsAnswered)
            return 0;
        _head = [.. _head, .. received];
        int end = HttpRequest.EndOf(_head);
        if (end > ServerLimits.RequestHeadBytes || (end < 0 && _head.Length > ServerLimits.RequestHeadBytes))
            _response = HttpResponse.Refusal("431 Request Header Fields Too Large", "this request is too long");
        else if (HttpRequest.IsBroken(_head))
            _response = site.Answer(null);
        else if (end >= 0)
            _response = site.Answer(HttpRequest.Read(_head.AsSpan(0, end)), isRoomClosed);
        // RFC 6455, 4.1: the client waits for the answer.
        if (_response is { IsUpgrade: true } && end < _head.Length)
            _response = HttpResponse.Refusal("400 Bad Request", "wait for the answer to the handshake");
        if (_response is { IsUpgrade: true })
            Upgraded = new WebSocketChannel(_response.Head);
        if (IsAnswered)
            _head = [];
        return 0;
    }

    /// <inheritdoc/>
    public override int Send(Poller poller, Connection connection, ReadOnlySpan<byte> payload, out SocketError error)
    {
        error = SocketError.Success;
        while (HasOutput)
        {
            // The rest waits for the next pass.
            bool isProgram = _response!.Program && _sent >= _response.Head.Length;
            if (isProgram && site.ChunksLeft-- <= 0)
                break;
            ReadOnlySpan<byte> next = Next(_response);
            _isSent = next.IsEmpty;
            int sent = _isSent ? 0 : poller.Send(connection, next, out error);
            _sent += sent;
            if (isProgram && sent == 0)
                site.ChunksLeft++;
            if (sent < next.Length)
                break;
        }
        return 0;
    }

    private ReadOnlySpan<byte> Next(HttpResponse response)
    {
        if (_sent < response.Head.Length)
            return response.Head.AsSpan((int)_sent);
        long at = _sent - response.Head.Length;
        return response.Program ? Chunk.AsSpan(0, site.ReadProgram(Chunk, at)) : response.Body.Span[(int)at..];
    }
}
