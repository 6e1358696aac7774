using System.Globalization;

namespace Chat.Client.Commands;

/// <summary>The arguments of /save: <c>[-f] [N] FILE</c>. A file whose name begins so is named as ./FILE.</summary>
/// <param name="Overwrites">-f was given.</param>
/// <param name="Number">The number of a message; null for the whole window.</param>
/// <param name="PathStart">The index at which the path begins.</param>
internal readonly record struct SaveArguments(bool Overwrites, int? Number, int PathStart)
{
    private const string Force = "-f";

    /// <summary>Parses the text after the command.</summary>
    public static SaveArguments Parse(ReadOnlySpan<char> text)
    {
        int start = 0;
        bool overwrites = text is Force || text.StartsWith(Force + " ");
        if (overwrites)
            start = SkipBlanks(text, Force.Length);
        int blank = text[start..].IndexOf(' ');
        if (
            blank > 0
            && int.TryParse(text.Slice(start, blank), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        )
            return new SaveArguments(overwrites, number, SkipBlanks(text, start + blank));
        return new SaveArguments(overwrites, null, start);
    }

    private static int SkipBlanks(ReadOnlySpan<char> text, int index)
    {
        while (index < text.Length && text[index] == ' ')
            index++;
        return index;
    }
}
