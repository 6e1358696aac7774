using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Chat.Protocol.Tls;

/// <summary>The secret of a room, with which server and client prove each other that they know it.</summary>
/// <remarks>
/// A proof holds for one TLS connection: it covers the bytes that both ends export from it. A man in the middle
/// has two connections, so its proofs fit neither. Scrypt derives the key of the proofs, so a guess costs 80 ms.
/// </remarks>
internal sealed class RoomSecret
{
    /// <summary>The form of a secret, for an error.</summary>
    public static readonly string Form =
        $"one line of at least {ProtocolLimits.SecretCharacters} characters, or of "
        + $"{ProtocolLimits.SecretWords} words of the list";

    private readonly byte[] _key,
        _digest;

    /// <summary>Derives the key of the proofs. It takes 80 ms.</summary>
    /// <param name="text">The secret, as it was typed.</param>
    /// <param name="publicKey">The public key of the room.</param>
    public RoomSecret(string text, byte[] publicKey)
    {
        Text = Normalize(text);
        PublicKey = publicKey;
        _key = Scrypt.Derive(Encoding.UTF8.GetBytes(Text), publicKey, Hkdf.KeyBytes);
        _digest = Digest(Text);
    }

    /// <summary>The secret, normalized.</summary>
    public string Text { get; }

    /// <summary>The public key of the room that the proofs are for.</summary>
    public byte[] PublicKey { get; }

    /// <summary>The client's proof, which comes first: no stranger gets one of the server to guess from.</summary>
    /// <param name="exported">The bytes that both ends export from their TLS connection.</param>
    public byte[] ClientProof(ReadOnlySpan<byte> exported) => Proof("client"u8, exported);

    /// <summary>The server's proof.</summary>
    /// <param name="exported">The bytes that both ends export from their TLS connection.</param>
    public byte[] ServerProof(ReadOnlySpan<byte> exported) => Proof("server"u8, exported);

    /// <summary>Compares two proofs in constant time.</summary>
    public static bool IsSame(ReadOnlySpan<byte> proof, ReadOnlySpan<byte> other) =>
        CryptographicOperations.FixedTimeEquals(proof, other);

    /// <summary>Whether this is the secret, as a person types it. Digests are compared, in constant time.</summary>
    public bool Matches(ReadOnlySpan<byte> typed) =>
        typed.Length <= 2 * ProtocolLimits.SecretBytes
        && IsSame(Digest(Normalize(Encoding.UTF8.GetString(typed))), _digest);

    /// <summary>The form that is compared: no spaces around it, and words of the list in canonical form.</summary>
    public static string Normalize(string typed) =>
        RoomKeyWords.Join(typed, ProtocolLimits.SecretWords) ?? typed.Trim();

    /// <summary>Reads the secret of a file.</summary>
    /// <returns>False if it has not the <see cref="Form"/>.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? secret)
    {
        secret = Normalize(text);
        return (
                secret.Length >= ProtocolLimits.SecretCharacters
                || RoomKeyWords.Join(text, ProtocolLimits.SecretWords) is not null
            )
            && Encoding.UTF8.GetByteCount(secret) <= ProtocolLimits.SecretBytes
            && !secret.Any(char.IsControl);
    }

    private byte[] Proof(ReadOnlySpan<byte> side, ReadOnlySpan<byte> exported) =>
        Hkdf.Mac(_key, [.. side, .. exported]);

    private byte[] Digest(string text) => Hkdf.Mac(_key, Encoding.UTF8.GetBytes(text));
}
