using System.Globalization;
using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// The wire of smallchat's server: a welcome line, `nick> text` to all other members, `/nick NAME` without an answer,
/// "Unsupported command" for every other slash. It reads 255 bytes at a time and cuts each relayed line at 255 bytes.
/// So a line that is longer with its prefix arrives without its line feed. If a chunk begins with a command, only its
/// first line counts.
/// </summary>
internal sealed class SmallchatServer(int port = 0) : ForeignServer(ChunkBytes, port)
{
    private const int ChunkBytes = 255;

    protected override void Greet(Member newcomer)
    {
        newcomer.Name = string.Create(CultureInfo.InvariantCulture, $"user:{newcomer.Number}");
        Send(newcomer, "Welcome to Simple Chat! Use /nick <nick> to set your nick.\n");
    }

    protected override void Received(Member from, ReadOnlySpan<byte> chunk)
    {
        if (chunk[0] == '/')
        {
            int end = chunk.IndexOfAny((byte)'\r', (byte)'\n');
            Command(from, Encoding.UTF8.GetString(end < 0 ? chunk : chunk[..end]));
            return;
        }

        byte[] relayed = [.. Encoding.UTF8.GetBytes(from.Name + "> "), .. chunk];
        SendToAllBut(from, relayed.AsSpan(0, Math.Min(relayed.Length, ChunkBytes)));
    }

    private static void Command(Member from, string command)
    {
        int blank = command.IndexOf(' ', StringComparison.Ordinal);
        if (blank > 0 && command[..blank] is "/nick")
            from.Name = command[(blank + 1)..];
        else
            Send(from, "Unsupported command\n");
    }
}
