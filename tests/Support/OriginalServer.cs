using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// The wire of the original chat_server.py: at once a banner of 25 bytes without a line feed, then what one recv of at most 2,048 bytes brought,
/// behind the sender's address, to everybody else. It never says anything else: no join, no leave.
/// </summary>
internal sealed class OriginalServer(int port = 0) : ForeignServer(chunkBytes: 2048, port)
{
    public const string Banner = "Welcome to this chatroom!";

    protected override void Greet(Member newcomer) => Send(newcomer, Banner);

    protected override void Received(Member from, ReadOnlySpan<byte> chunk) =>
        SendToAllBut(from, [.. Encoding.ASCII.GetBytes($"<{from.Address}> "), .. chunk]);
}
