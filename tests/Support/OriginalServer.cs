using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// The wire of the original chat_server.py: first a banner of 25 bytes without a line feed. Then each recv of
/// at most 2,048 bytes goes to all others behind the sender's address. It sends nothing else: no join, no
/// leave.
/// </summary>
internal sealed class OriginalServer(int port = 0) : ForeignServer(chunkBytes: 2048, port)
{
    public const string Banner = "Welcome to this chatroom!";

    protected override void Greet(Member newcomer) => Send(newcomer, Banner);

    protected override void Received(Member from, ReadOnlySpan<byte> chunk) =>
        SendToAllBut(from, [.. Encoding.ASCII.GetBytes($"<{from.Address}> "), .. chunk]);
}
