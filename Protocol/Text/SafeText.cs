using System.Buffers;
using System.Text;

namespace Chat.Protocol.Text;

/// <summary>
/// Makes text safe for terminals, logs, files and other members. The server cleans all input, and the client
/// cleans all output again, because it cannot trust the server.
/// <para>
/// A line is read code point by code point, from left to right, and each has one rule
/// (<see cref="CodePointRule"/>): kept, written in a visible notation, replaced, or removed. The neighbours of
/// a removed character become neighbours of each other. A joiner depends on the character after it. It is held
/// back until the next kept code point decides; at the end of a line it is dropped.
/// </para>
/// <para>
/// Invariants, each tested as a property. The output is valid UTF-8 of allowed code points only. Cleaning it
/// again changes nothing. Output for a small destination is a prefix of that for a large one, cut between two
/// graphemes and never after a joiner, so the cut text is clean as well.
/// </para>
/// <para>
/// Refused: dropping all non-ASCII text, as ncat does (half the world could not be read); a deny list of escape
/// sequences (terminals differ, and without the introducing byte there is no sequence to list).
/// </para>
/// </summary>
internal static class SafeText
{
    /// <summary>The most bytes that one byte of input can become: an ill-formed byte becomes U+FFFD.</summary>
    private const int Expansion = 3;

    private const byte FirstPrintable = 0x20;
    private const byte LastPrintable = 0x7E;

    /// <summary>
    /// Cleans one line, without its line feed, into <paramref name="destination"/> and returns the bytes
    /// written. Text that does not fit is cut at a grapheme boundary. Never throws and allocates nothing. The
    /// two spans must not overlap.
    /// </summary>
    public static int Clean(ReadOnlySpan<byte> text, Span<byte> destination) => Clean(text, destination, out _);

    /// <summary>The same, with the number of characters lost to the reader.</summary>
    /// <param name="text">One line, without its line feed.</param>
    /// <param name="destination">Receives the clean text.</param>
    /// <param name="lost"> Characters replaced by U+FFFD, and marks above the limit. Characters that draw
    /// nothing are not counted.
    /// </param>
    public static int Clean(ReadOnlySpan<byte> text, Span<byte> destination, out int lost)
    {
        lost = 0;
        if (text.Length <= destination.Length && !text.ContainsAnyExceptInRange(FirstPrintable, LastPrintable))
        {
            text.CopyTo(destination);
            return text.Length;
        }

        var cleaner = new SafeTextCleaner(destination);
        while (!text.IsEmpty && !cleaner.Full)
        {
            int printable = text.IndexOfAnyExceptInRange(FirstPrintable, LastPrintable);
            if (printable != 0)
            {
                ReadOnlySpan<byte> run = printable < 0 ? text : text[..printable];
                cleaner.AddPrintable(run);
                text = text[run.Length..];
                continue;
            }

            // One U+FFFD for each maximal part that cannot begin or continue a character, as Unicode recommends
            // (3.9, U+FFFD substitution).
            if (Rune.DecodeFromUtf8(text, out Rune rune, out int consumed) == OperationStatus.Done)
                cleaner.Add(rune.Value);
            else
                cleaner.AddIllFormed();
            text = text[consumed..];
        }

        lost = cleaner.Lost;
        return cleaner.Written;
    }

    /// <summary>
    /// Cleans a typed word into characters, cut to half of <see cref="ProtocolLimits.HeadBytes"/>; every name
    /// and command is shorter. Allocates nothing.
    /// </summary>
    /// <param name="word">The word as received.</param>
    /// <param name="characters">Holds <see cref="ProtocolLimits.HeadBytes"/> characters.</param>
    /// <returns>The filled part of <paramref name="characters"/>.</returns>
    public static ReadOnlySpan<char> Word(ReadOnlySpan<byte> word, Span<char> characters)
    {
        Span<byte> kept = stackalloc byte[ProtocolLimits.HeadBytes / 2];
        return characters[..Encoding.UTF8.GetChars(kept[..Clean(word, kept)], characters)];
    }

    /// <summary>The same for a short string, such as a name or an error. Nothing is cut; allocates.</summary>
    // A lone surrogate becomes U+FFFD here.
    public static string Clean(string text)
    {
        string cleaned = Clean(Encoding.UTF8.GetBytes(text), out _);
        // Clean text stays one object: a member keeps its name and the one that it asked for.
        return cleaned == text ? text : cleaned;
    }

    /// <summary>The same for one line of bytes.</summary>
    /// <param name="text">One line, without its line feed.</param>
    /// <param name="lost">Characters lost to the reader.</param>
    public static string Clean(ReadOnlySpan<byte> text, out int lost)
    {
        byte[] cleaned = new byte[text.Length * Expansion];
        return Encoding.UTF8.GetString(cleaned.AsSpan(0, Clean(text, cleaned, out lost)));
    }
}
