using System.Globalization;
using System.Text;

namespace Chat.Client.Editing;

/// <summary>Borders in the line: of clusters, of words, of white space.</summary>
internal sealed partial class LineEditor
{
    private int After(int index)
    {
        if (index >= Text.Length)
            return Text.Length;
        // Nothing joins two characters of ASCII; only controls would, and none gets in.
        return index + 1 < Text.Length && char.IsAscii(Text[index]) && char.IsAscii(Text[index + 1])
            ? index + 1
            : index + StringInfo.GetNextTextElementLength(Text.AsSpan(index));
    }

    private int Before(int index)
    {
        (int last, int next) = (0, After(0));
        while (next < index)
            (last, next) = (next, After(next));
        return index == 0 ? 0 : last;
    }

    private int WordAfter(int index)
    {
        while (index < Text.Length && !IsWord(index))
            index = After(index);
        while (index < Text.Length && IsWord(index))
            index = After(index);
        return index;
    }

    private int WordBefore(int index) => LastStart(index, IsWord);

    private int BlankBefore(int index) => LastStart(index, at => !char.IsWhiteSpace(Text[at]));

    /// <summary>Where the last run of such clusters before a place begins; 0 when there is none. One walk from the start, since there is no walking back.</summary>
    private int LastStart(int index, Func<int, bool> isSuch)
    {
        (int start, bool wasSuch) = (0, false);
        for (int at = 0; at < index; at = After(at))
        {
            bool such = isSuch(at);
            if (such && !wasSuch)
                start = at;
            wasSuch = such;
        }
        return start;
    }

    private bool IsWord(int index) =>
        Rune.TryGetRuneAt(Text, index, out Rune rune) && (Rune.IsLetterOrDigit(rune) || rune.Value == '_');
}
