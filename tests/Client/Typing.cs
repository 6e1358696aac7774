using System.Text;
using Chat.Client;

namespace Chat.Tests.Client;

/// <summary>What somebody types and pastes, key by key. As at a real terminal there is a moment of silence behind the end of each paste, in which the decoder takes it for the end.</summary>
internal static class Typing
{
    private const string EndOfPaste = "\e[201~";

    /// <summary>Each key with the bytes that made it; last, with no key, the bytes that made none.</summary>
    public static List<(byte[] Bytes, Key? Key)> Of(KeyDecoder decoder, string typed)
    {
        List<(byte[] Bytes, Key? Key)> keys = [];
        for (var rest = typed; rest.Length > 0;)
        {
            var mark = rest.IndexOf(EndOfPaste, StringComparison.Ordinal);
            var piece = mark < 0 ? rest : rest[..(mark + EndOfPaste.Length)];
            rest = rest[piece.Length..];
            ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(piece), left = bytes;
            for (; decoder.Next(ref left, out var key); bytes = left)
                keys.Add((bytes[..^left.Length].ToArray(), key));
            keys.Add((bytes.ToArray(), null));
            if (mark >= 0 && decoder.Flush(out var end))
                keys.Add(([], end));
        }

        return keys;
    }
}
