using Chat.Protocol;
using Chat.Protocol.Tls;
using Chat.Protocol.Wire;

namespace Chat.Client.Networking;

/// <summary>
/// Proves the secret of the room to a server, and has the server prove it, too. It lasts for a run, so a reconnect
/// proves it again.
/// </summary>
internal sealed class SecretProof
{
    /// <summary>The words before the question to a person.</summary>
    public const string Question = "this room asks for its secret; the host of the room knows it";

    /// <summary>The words for a wrong secret.</summary>
    public const string Wrong = "that is not the secret of this room";

    /// <summary>The words for a missing secret in a pipe.</summary>
    public const string Missing =
        "this room asks for its secret; name its file with --secret-file FILE, or set CHAT_SECRET";

    private RoomSecret? _room;

    /// <summary>The secret; null if it is not known.</summary>
    public string? Text { get; set; }

    /// <summary>The line that proves the secret. The first one for a room takes 80 ms.</summary>
    /// <param name="publicKey">The public key of the room.</param>
    /// <param name="exported">The bytes that both ends export from their TLS connection.</param>
    public byte[] Request(byte[] publicKey, byte[] exported)
    {
        if (_room is null || _room.Text != Text || !_room.PublicKey.AsSpan().SequenceEqual(publicKey))
            _room = new RoomSecret(Text!, publicKey);
        return RichWire.Proof(_room.ClientProof(exported));
    }

    /// <summary>Judges a line that comes before the proof of the server.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="exported">The bytes that both ends export from their TLS connection.</param>
    public ProofAnswer Judge(ReadOnlySpan<byte> line, byte[] exported)
    {
        if (RoomSecret.IsSame(line, RichWire.Proof(_room!.ServerProof(exported)).AsSpan(..^1)))
            return ProofAnswer.Right;
        return IsNotice(line, PlainWire.WrongSecret) ? ProofAnswer.Wrong
            : line.StartsWith(PlainWire.NoticePrefix) ? ProofAnswer.Notice
            : ProofAnswer.False;
    }

    /// <summary>Whether the server asks for the secret.</summary>
    public static bool IsQuestion(ReadOnlySpan<byte> line) => IsNotice(line, PlainWire.AsksSecret);

    private static bool IsNotice(ReadOnlySpan<byte> line, string words)
    {
        Span<byte> notice = stackalloc byte[ProtocolLimits.HeadBytes];
        return line.SequenceEqual(notice[..(PlainWire.Notice(notice, words) - 1)]);
    }
}

/// <summary>The answer of a server to a proof.</summary>
internal enum ProofAnswer
{
    /// <summary>A notice, such as a refusal. It decides nothing.</summary>
    Notice,

    /// <summary>The server knows the secret, too.</summary>
    Right,

    /// <summary>The server says that the secret is wrong.</summary>
    Wrong,

    /// <summary>The server does not know the secret.</summary>
    False,
}
