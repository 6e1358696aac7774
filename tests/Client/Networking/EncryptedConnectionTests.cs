using System.Net.Sockets;
using System.Text;
using Chat.Client.Networking;
using Chat.Protocol.Tls;
using Chat.Tests.EndToEnd;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Networking;

/// <summary>A connection of the client under TLS, against a peer that is stepped by hand.</summary>
public sealed class EncryptedConnectionTests : IDisposable
{
    private static readonly RoomKey Key = new(new byte[RoomKey.Bytes]);

    private readonly Listener _listener = new();
    private readonly Socket _peer;
    private readonly TlsConnection _server = TlsConnection.Accept(Key);
    private readonly LinkConnection _client;
    private readonly byte[] _bytes = new byte[256 * 1024],
        _payload = new byte[256 * 1024 + TlsConnection.ExtraPayloadBytes];
    private readonly StringBuilder _heard = new();

    public EncryptedConnectionTests()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { SendBufferSize = 4096 };
        socket.Connect(_listener.EndPoint);
        socket.Blocking = false;
        _peer = _listener.Accept();
        _client = new LinkConnection(socket, TimeProvider.System, TlsConnection.Connect(static _ => true));
    }

    public void Dispose()
    {
        _client.Dispose();
        _peer.Dispose();
        _server.Dispose();
        _listener.Dispose();
    }

    // Lets the peer read what has arrived and send what it owes.
    private void Step()
    {
        while (_peer.Available > 0)
        {
            int count = _peer.Receive(_bytes);
            int length = _server.Decrypt(_bytes.AsSpan(0, count), _payload, uptime: 0);
            _heard.Append(Encoding.UTF8.GetString(_payload, 0, length));
        }
        while (_server.HasOutput)
            _server.Sent(_peer.Send(_server.Output));
    }

    private void Say(string text)
    {
        _server.Keep(_server.Seal(Encoding.UTF8.GetBytes(text)));
        while (_server.HasOutput)
            _server.Sent(_peer.Send(_server.Output));
    }

    private string Receive(out SocketError error)
    {
        string text = "";
        SocketError last = SocketError.WouldBlock;
        Eventually.Is(
            () =>
            {
                bool isAny = _client.TryReceive(out ReadOnlySpan<byte> bytes, out last);
                text = Encoding.UTF8.GetString(bytes);
                Step();
                return isAny;
            },
            "something to read"
        );
        error = last;
        return text;
    }

    private void Shake()
    {
        _client.Flush();
        Eventually.Is(
            () =>
            {
                Step();
                _client.TryReceive(out _, out _);
                return _server.IsEstablished;
            },
            "the handshake"
        );
    }

    [Fact]
    public void Payload_arrives_whole_although_the_socket_was_full()
    {
        Shake();
        string text = string.Concat(Enumerable.Range(0, 400_000).Select(static i => $"{i} "));
        bool isSent = _client.Send(Encoding.UTF8.GetBytes(text));
        Assert.False(isSent);
        Assert.True(_client is { IsWriteBlocked: true, HasUnsent: true });

        Eventually.Is(
            () =>
            {
                Step();
                _client.RetrySending();
                return _client.Flush();
            },
            "the rest to be sent"
        );
        Eventually.Is(
            () =>
            {
                Step();
                return _heard.Length == text.Length;
            },
            "the whole text"
        );
        Assert.Equal(text, _heard.ToString());
    }

    [Fact]
    public void An_end_without_a_notice_is_a_broken_connection()
    {
        Shake();
        Say("hello\n");
        Assert.Equal("hello\n", Receive(out _));

        _peer.Shutdown(SocketShutdown.Send);

        Assert.Equal("", Receive(out SocketError error));
        Assert.Equal(SocketError.ConnectionReset, error);
        Assert.False(_client.HasEncryptionEnded);
    }

    [Fact]
    public void A_notice_behind_payload_ends_the_connection_in_order()
    {
        Shake();
        _server.Keep(_server.Seal("bye\n"u8));
        _server.Finish();
        Step();

        Assert.Equal("bye\n", Receive(out SocketError error));
        Assert.True(_client.HasEncryptionEnded);
        Assert.Null(_client.EncryptionFailure);
        Assert.Equal(SocketError.Success, error);
    }

    [Fact]
    public void A_client_that_leaves_says_so()
    {
        Shake();

        _client.Dispose();

        Eventually.Is(
            () =>
            {
                Step();
                return _server.HasEnded;
            },
            "the notice"
        );
        Assert.Null(_server.Failure);
    }

    [Fact]
    public void An_answer_in_the_clear_is_recognized_and_gets_no_word()
    {
        _client.Flush();
        _peer.Send("Welcome to this chatroom! [chat/1] [tls]\n"u8);

        Assert.StartsWith("Welcome", Receive(out _), StringComparison.Ordinal);

        Assert.True(_client.IsAnsweredInTheClear);
        Assert.False(_client.HasUnsent);
    }

    [Fact]
    public void A_changed_record_ends_the_connection_with_a_reason()
    {
        Shake();
        byte[] record = _server.Seal("hello\n"u8).ToArray();
        record[^1] ^= 1;
        _peer.Send(record);

        Assert.Equal("", Receive(out _));

        Assert.Equal("the encryption failed: bad_record_mac", _client.EncryptionFailure);
    }
}
