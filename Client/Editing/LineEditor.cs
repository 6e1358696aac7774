using System.Text;
using Chat.Client.Display;
using Chat.Protocol.Text;

namespace Chat.Client.Editing;

/// <summary>What a key did to the line.</summary>
internal enum Edit
{
    /// <summary>The key is not the editor's; its owner may give it a meaning.</summary>
    Ignored,

    /// <summary>The line or the caret may have changed: repaint.</summary>
    Done,

    /// <summary>There was nothing to do or no room for it; the line is as it was.</summary>
    Refused,

    /// <summary>Enter: <see cref="LineEditor.TakeLine"/> the line.</summary>
    Submitted,

    /// <summary>Ctrl-D or Ctrl-C on an empty line: the person wants to go.</summary>
    Leave,

    /// <summary>Several lines were pasted and are to be said: <see cref="LineEditor.TakePaste"/>.</summary>
    PasteSubmitted,

    /// <summary>What was pasted did not fit; only its beginning is in the line, if any.</summary>
    Cut,
}

/// <summary>
/// The one line that belongs to the person typing: keys in, text and caret out. Pure: no terminal, no clock, no socket.
///
/// The text is a string of UTF-16 and the caret an index into it that always stands between grapheme clusters, so a
/// family of emoji or a letter with its marks is entered, passed and deleted as the one thing a person sees. A line is
/// short (its bytes are bounded by <see cref="MaxBytes"/>), so each edit makes a new string and clusters are counted
/// from the start each time; a gap buffer and a table of borders were not worth their invariants.
///
/// The keys are Emacs's, as in every shell. Words are runs of letters and digits, except for Ctrl-W, which takes
/// everything back to white space. What is killed in one go is yanked in one go. What could not be shown as it is
/// (invisible characters, direction overrides) does not get in; the server would take it out again.
///
/// While something is asked (<see cref="SearchQuestion"/>, <see cref="PasteQuestion(int)"/>) it stands in the prompt's place and all keys go to it; the line
/// is as it was when the answer is no.
/// </summary>
internal sealed partial class LineEditor(int maxBytes) : ILineSource
{
    private string _killed = "";
    private bool _lastWasKill;

    /// <summary>Bytes of UTF-8 the line may hold. Lowering it leaves a longer line as it is, but nothing more goes in.</summary>
    public int MaxBytes { get; set; } = maxBytes;

    public string Text { get; private set; } = "";

    /// <summary>Index into <see cref="Text"/>, on a cluster border.</summary>
    public int Caret { get; private set; }

    /// <summary>Bytes of UTF-8 that still go in; never negative.</summary>
    public int BytesLeft => Math.Max(0, MaxBytes - Encoding.UTF8.GetByteCount(Text));

    /// <summary>Whether something is asked, and keys are the answer.</summary>
    public bool IsAsking => IsSearching || _isPasting || _pastedLines is not null;

    public Edit Press(Key key)
    {
        if (TakesPaste(key, out Edit pasted))
            return pasted;
        if (IsSearching && Search(key) is Edit found)
            return found;
        Step before = Now;
        Edit edit = PressKey(key);
        KeepForUndo(key, before);
        if (edit != Edit.Ignored && key.Kind != KeyKind.Tab)
            EndCompletion();
        return edit;
    }

    private Edit PressKey(Key key)
    {
        bool wasKill = _lastWasKill;
        _lastWasKill = false;
        if (key.Kind == KeyKind.Character && !key.Ctrl && !key.Alt)
            return Insert(key.Rune.ToString());
        bool byWord = key.Ctrl || key.Alt;
        switch (key.Kind)
        {
            case KeyKind.Enter when !key.Alt:
                return Edit.Submitted;
            case KeyKind.Tab when !byWord:
                return Complete(key.Shift ? -1 : 1);
            case KeyKind.Left:
                return Move(byWord ? WordBefore(Caret) : Before(Caret));
            case KeyKind.Right:
                return Move(byWord ? WordAfter(Caret) : After(Caret));
            case KeyKind.Home:
                return Move(0);
            case KeyKind.End:
                return Move(Text.Length);
            case KeyKind.Backspace:
                return byWord ? Kill(WordBefore(Caret), Caret, wasKill) : Remove(Before(Caret), Caret);
            case KeyKind.Delete:
                return byWord ? Kill(Caret, WordAfter(Caret), wasKill) : Remove(Caret, After(Caret));
            case KeyKind.Up:
                return Recall(-1);
            case KeyKind.Down:
                return Recall(1);
            case KeyKind.Character when key.Ctrl && !key.Alt:
                return PressCtrl((char)key.Rune.Value, wasKill);
            case KeyKind.Character when key.Alt && !key.Ctrl:
                return PressAlt((char)key.Rune.Value, wasKill);
            default:
                return Edit.Ignored;
        }
    }

    /// <summary>Gives the line away, remembers it in the history and begins an empty one.</summary>
    public string TakeLine()
    {
        string line = Text;
        KeepDraft();
        Remember(line);
        Replace("", 0);
        ForgetUndo();
        EndCompletion();
        return line;
    }

    /// <summary>Puts text in at the caret, all of it or none.</summary>
    public Edit Insert(string text)
    {
        text = Showable(text);
        if (text.Length == 0 || Encoding.UTF8.GetByteCount(text) > BytesLeft)
            return Edit.Refused;
        int caret = Caret;
        Replace(Text.Insert(caret, text), caret + text.Length);
        return Edit.Done;
    }

    private Edit PressCtrl(char character, bool wasKill) =>
        character switch
        {
            'a' => Move(0),
            'e' => Move(Text.Length),
            'b' => Move(Before(Caret)),
            'f' => Move(After(Caret)),
            'p' => Recall(-1),
            'n' => Recall(1),
            'c' => Text.Length == 0 ? Edit.Leave : Drop(),
            'd' => Text.Length == 0 ? Edit.Leave : Remove(Caret, After(Caret)),
            'w' => Kill(BlankBefore(Caret), Caret, wasKill),
            'u' => Kill(0, Caret, wasKill),
            'k' => Kill(Caret, Text.Length, wasKill),
            'y' => Yank(),
            't' => Transpose(),
            'r' => BeginSearch(),
            '_' => Undo(),
            _ => Edit.Ignored,
        };

    private Edit PressAlt(char character, bool wasKill) =>
        character switch
        {
            'b' => Move(WordBefore(Caret)),
            'f' => Move(WordAfter(Caret)),
            'd' => Kill(Caret, WordAfter(Caret), wasKill),
            _ => Edit.Ignored,
        };

    /// <summary>The text without what <see cref="SafeText"/> would take out of it or make another.</summary>
    private static string Showable(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var kept = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            switch (CodePointRules.Classify(rune.Value))
            {
                case CodePointRule.Space:
                    kept.Append(' ');
                    break;
                case CodePointRule.Replace:
                    kept.Append((char)CodePointRules.Replacement);
                    break;
                case CodePointRule.Remove or CodePointRule.Caret or CodePointRule.Hex:
                    break;
                default:
                    kept.Append(rune);
                    break;
            }
        }
        return kept.ToString();
    }

    /// <summary>Begins an empty line, as if the last one had been sent; Undo brings its text back.</summary>
    private Edit Drop()
    {
        KeepDraft();
        LeaveHistory();
        Replace("", 0);
        return Edit.Done;
    }

    private Edit Move(int to)
    {
        if (to == Caret)
            return Edit.Refused;
        Caret = to;
        return Edit.Done;
    }

    private Edit Remove(int from, int to)
    {
        if (from == to)
            return Edit.Refused;
        Replace(Text.Remove(from, to - from), from);
        return Edit.Done;
    }

    private Edit Kill(int from, int to, bool continues)
    {
        // A kill that finds nothing still belongs to the run of kills around it.
        _lastWasKill = continues || from != to;
        if (from == to)
            return Edit.Refused;
        string piece = Text[from..to];
        _killedLines = null;
        if (!continues)
            _killed = piece;
        else
            _killed = to == Caret ? piece + _killed : _killed + piece;
        return Remove(from, to);
    }

    /// <summary>Swaps the clusters around the caret and steps on; at the end of the line, the last two.</summary>
    private Edit Transpose()
    {
        int middle = Caret == Text.Length ? Before(Caret) : Caret;
        (int from, int to) = (Before(middle), After(middle));
        if (from == middle || middle == to)
            return Edit.Refused;
        Replace(
            string.Concat(
                Text.AsSpan(0, from),
                Text.AsSpan(middle, to - middle),
                Text.AsSpan(from, middle - from),
                Text.AsSpan(to)
            ),
            to
        );
        return Edit.Done;
    }

    /// <summary>Sets text and caret. What is put together may form other clusters than its parts did: the caret moves on to a border.</summary>
    private void Replace(string text, int caret)
    {
        Text = text;
        Caret = 0;
        while (Caret < caret)
            Caret = After(Caret);
    }
}
