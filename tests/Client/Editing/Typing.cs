using System.Text;
using Chat.Client.Editing;

namespace Chat.Tests.Client.Editing;

/// <summary>Typed and pasted input, key by key.</summary>
internal static class Typing
{
    /// <summary>Each key with its bytes; last, without a key, the bytes that made none.</summary>
    public static List<(byte[] Bytes, Key? Key)> Of(KeyDecoder decoder, string typed)
    {
        List<(byte[] Bytes, Key? Key)> keys = [];
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(typed),
            left = bytes;
        for (; decoder.Next(ref left, out Key key); bytes = left)
            keys.Add((bytes[..^left.Length].ToArray(), key));
        keys.Add((bytes.ToArray(), null));
        return keys;
    }
}
