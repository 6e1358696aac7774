using System.Buffers;
using System.Text;

namespace Chat.Protocol.Text;

/// <summary>
/// What may reach a terminal, a log, a file or another member: one function for all of them, applied at the server's door and again
/// at the client's screen, because a client cannot know whose server it is talking to.
///
/// A line is read code point by code point, from left to right, and each gets one fate (<see cref="CodePointRule"/>): kept as it is, written
/// in a visible notation, replaced, or removed. What is removed is as if it had never been there, so two neighbours that
/// a removed character stood between are neighbours. A joiner can be judged only when what follows is known; it is held back
/// until the next kept code point decides, and a line's end decides against it.
///
/// Invariants, all of them properties under test: the output is valid UTF-8 of allowed code points only; cleaning it again changes
/// nothing; what a small destination gets is the start of what a large one gets, cut where a reader would cut, between two
/// graphemes and never behind a joiner, so that the cut text is clean as well.
///
/// Refused: dropping everything that is not ASCII, as ncat does (it makes half the world illegible); a black list of escape
/// sequences (terminals differ, and without the introducing byte there is none to list).
/// </summary>
internal static class SafeText
{
    /// <summary>The most bytes that one byte of input can become: an ill-formed byte is written as U+FFFD.</summary>
    private const int Expansion = 3;

    private const byte FirstPrintable = 0x20;
    private const byte LastPrintable = 0x7E;

    /// <summary>
    /// Cleans one line, without its line feed, into <paramref name="destination"/> and returns the bytes written; what does not fit is cut
    /// off on a grapheme border. Never throws, and allocates nothing. The two spans must not overlap.
    /// </summary>
    public static int Clean(ReadOnlySpan<byte> text, Span<byte> destination) => Clean(text, destination, out _);

    /// <summary>The same, and tells how many characters a reader misses.</summary>
    /// <param name="text">One line, without its line feed.</param>
    /// <param name="destination">Where it is written.</param>
    /// <param name="lost">
    /// Characters replaced by U+FFFD and marks left out because there were too many. Characters that draw nothing are not missed.
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

            // One U+FFFD for each maximal part that cannot begin or continue a character, as Unicode recommends (3.9, U+FFFD substitution).
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
    /// A word that somebody typed, cleaned, as characters. No name and no command is longer than what is kept of it: half of
    /// <see cref="ProtocolLimits.HeadBytes"/>. Allocates nothing.
    /// </summary>
    /// <param name="word">As it came.</param>
    /// <param name="characters">As many as <see cref="ProtocolLimits.HeadBytes"/> says.</param>
    /// <returns>The part of <paramref name="characters"/> that was filled.</returns>
    public static ReadOnlySpan<char> Word(ReadOnlySpan<byte> word, Span<char> characters)
    {
        Span<byte> kept = stackalloc byte[ProtocolLimits.HeadBytes / 2];
        return characters[..Encoding.UTF8.GetChars(kept[..Clean(word, kept)], characters)];
    }

    /// <summary>The same for a short text that is already a string: names, words for errors. Nothing is cut; allocates.</summary>
    // Half a surrogate pair becomes U+FFFD here.
    public static string Clean(string text) => Clean(Encoding.UTF8.GetBytes(text), out _);

    /// <summary>The same for one line of bytes.</summary>
    /// <param name="text">One line, without its line feed.</param>
    /// <param name="lost">Characters that a reader misses.</param>
    public static string Clean(ReadOnlySpan<byte> text, out int lost)
    {
        byte[] cleaned = new byte[text.Length * Expansion];
        return Encoding.UTF8.GetString(cleaned.AsSpan(0, Clean(text, cleaned, out lost)));
    }
}
