using System.Globalization;
using System.Text;

namespace Chat.Client;

/// <summary>Borders in the line: of clusters, of words, of white space.</summary>
internal sealed partial class LineEditor
{
    private int After(int index) => index >= Text.Length ? Text.Length : index + StringInfo.GetNextTextElementLength(Text.AsSpan(index));

    private int Before(int index)
    {
        var (last, next) = (0, After(0));
        while (next < index) (last, next) = (next, After(next));
        return index == 0 ? 0 : last;
    }

    private int WordAfter(int index)
    {
        while (index < Text.Length && !IsWord(index)) index = After(index);
        while (index < Text.Length && IsWord(index)) index = After(index);
        return index;
    }

    private int WordBefore(int index)
    {
        while (index > 0 && !IsWord(Before(index))) index = Before(index);
        while (index > 0 && IsWord(Before(index))) index = Before(index);
        return index;
    }

    private int BlankBefore(int index)
    {
        while (index > 0 && char.IsWhiteSpace(Text[Before(index)])) index = Before(index);
        while (index > 0 && !char.IsWhiteSpace(Text[Before(index)])) index = Before(index);
        return index;
    }

    private bool IsWord(int index) => Rune.TryGetRuneAt(Text, index, out var rune) && (Rune.IsLetterOrDigit(rune) || rune.Value == '_');
}
