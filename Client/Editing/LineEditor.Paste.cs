using System.Text;
using Chat.Protocol.Text;

namespace Chat.Client.Editing;

/// <summary>
/// Pasted text is text, whatever it looks like: it neither sends itself nor becomes a command. One line goes in at the caret. Several lines raise a
/// question: y says them, one after the other; e puts them into the line, joined by spaces; every other key leaves them, and a letter is typed as well.
/// The draft is there before and after.
///
/// Nothing of lines that were left is lost, typed ahead or pasted: Ctrl-Y puts them into the line, joined by spaces. If the line has no room for them,
/// Ctrl-Y asks the question again.
///
/// A slash at the head of the line would make a command of pasted text, so another slash is put before it, which the person may take away again.
/// </summary>
internal sealed partial class LineEditor
{
    private readonly StringBuilder _pasted = new();
    private List<string>? _pastedLines;
    private int _pastedBytes;
    private List<string>? _killedLines;
    private int _leftLines;
    private bool _isPasting,
        _pasteIsCut;

    /// <summary>What to do with a paste, in at most so many cells where that is possible, to stand in the place of prompt and line; null when nothing is asked.</summary>
    public string? PasteQuestion(int cells)
    {
        if (_isPasting)
            return "pasting; Ctrl-C ends it ";
        if (_pastedLines is null)
            return null;
        string question =
            $"send {_pastedLines.Count} line{(_pastedLines.Count == 1 ? "" : "s")}{(_pasteIsCut ? $" (cut at {ClientLimits.PasteBytes / 1024} KiB)" : "")}? ";
        const string Choice = "y = yes, n = no, e = edit as one line ";
        return question + (question.Length + Choice.Length <= cells ? Choice : "[y/n/e] ");
    }

    /// <summary>Bytes of the last paste that found no room in the line.</summary>
    public int CutBytes { get; private set; }

    /// <summary>Gives the pasted lines away that are to be said, each as it must be typed to be said.</summary>
    public IReadOnlyList<string> TakePaste()
    {
        List<string> lines = _pastedLines ?? [];
        _pastedLines = null;
        return [.. lines.Select(AsText)];
    }

    /// <summary>
    /// Gives lines back that were not sent: one becomes the line again if that is empty; of several the question is asked again.
    /// </summary>
    /// <param name="lines">As they are typed to be said.</param>
    public void PutBack(IReadOnlyList<string> lines)
    {
        if (lines.Count == 1 && Text.Length == 0)
            Replace(lines[0], lines[0].Length);
        else if (lines.Count > 0)
            (_pastedLines, _pasteIsCut) = ([.. lines.Select(AsPasted)], false);
    }

    /// <summary>How many lines the keys since the last call left unsent, for Ctrl-Y to bring back.</summary>
    public int TakeLeftLines()
    {
        int left = _leftLines;
        _leftLines = 0;
        return left;
    }

    // Of what AsText makes the typed line.
    private static string AsPasted(string line) => line.StartsWith("//", StringComparison.Ordinal) ? line[1..] : line;

    private static string AsText(string line) => line.StartsWith('/') ? "/" + line : line;

    /// <summary>Whether the key belongs to a paste or answers the question about one.</summary>
    private bool TakesPaste(Key key, out Edit edit)
    {
        edit = Edit.Done;
        if (key.Kind is KeyKind.PasteBegin or KeyKind.BurstBegin)
        {
            LeavePaste();
            _pasted.Clear();
            (_isPasting, _pasteIsCut, _pastedBytes, _pastedLines) = (true, false, 0, null);
            return true;
        }
        if (!_isPasting)
            return AnswersPaste(key, ref edit);
        if (key.Pasted)
        {
            _pastedBytes += key.Rune.Utf8SequenceLength;
            if (_pastedBytes <= ClientLimits.PasteBytes)
                _pasted.Append(key.Rune.ToString());
            else
                _pasteIsCut = true;
            return true;
        }
        // Nothing but text belongs to a paste: any other key ends it.
        _isPasting = false;
        edit = EndPaste();
        return key.Kind == KeyKind.PasteEnd || AnswersPaste(key, ref edit);
    }

    private Edit EndPaste()
    {
        bool startsNewLine = _pasted.Length > 0 && _pasted[0] == '\n';
        List<string> lines =
        [
            .. _pasted
                .ToString()
                .Split('\n')
                .Select(static line => SafeText.Clean(Showable(line)))
                .Where(line => !string.IsNullOrWhiteSpace(line)),
        ];
        _pasted.Clear().Capacity = 0;
        if (lines.Count > 1)
        {
            _pastedLines = lines;
            return Edit.Done;
        }
        if (lines.Count == 0)
            return Edit.Refused;
        return InsertPasted(startsNewLine && Caret > 0 && Text[Caret - 1] != ' ' ? " " + lines[0] : lines[0]);
    }

    /// <summary>Takes the answer to the question. False when nothing is asked, or the key is to be pressed besides.</summary>
    private bool AnswersPaste(Key key, ref Edit edit)
    {
        if (_pastedLines is null || key.Kind == KeyKind.PasteEnd)
            return key.Kind == KeyKind.PasteEnd;
        bool isLetter = key is { Kind: KeyKind.Character, Ctrl: false, Alt: false };
        char answer = isLetter ? (char)Rune.ToLowerInvariant(key.Rune).Value : '\0';
        if (answer == 'y')
        {
            edit = Edit.PasteSubmitted;
            return true;
        }
        edit = answer == 'e' ? InsertPasted(string.Join(' ', _pastedLines)) : Edit.Done;
        if (answer != 'e')
            LeavePaste();
        _pastedLines = null;
        return !isLetter || answer is 'e' or 'n';
    }

    private void LeavePaste()
    {
        if (_pastedLines is null)
            return;
        (_killed, _killedLines, _lastWasKill) = (string.Join(' ', _pastedLines), _pastedLines, false);
        _leftLines += _pastedLines.Count;
    }

    private Edit Yank()
    {
        // Pasted text is no command here either.
        Edit edit = Insert(_killedLines is not null && Caret == 0 ? AsText(_killed) : _killed);
        if (edit != Edit.Refused || _killedLines is null)
            return edit;
        (_pastedLines, _pasteIsCut) = (_killedLines, false);
        return Edit.Done;
    }

    /// <summary>Puts it in at the caret, as much of it as there is room for.</summary>
    private Edit InsertPasted(string text)
    {
        if (_sought is not null)
            _ = Search(new Key(KeyKind.End));
        if (Caret == 0)
            text = AsText(text);
        byte[] bytes = new byte[BytesLeft];
        Step before = Now;
        string fitting = Encoding.UTF8.GetString(bytes.AsSpan(0, SafeText.Clean(Encoding.UTF8.GetBytes(text), bytes)));
        Edit edit = Insert(fitting);
        if (edit == Edit.Done)
            KeepForUndo(before);
        _run = KeyKind.None;
        EndCompletion();
        CutBytes = Encoding.UTF8.GetByteCount(text) - Encoding.UTF8.GetByteCount(fitting);
        return CutBytes > 0 ? Edit.Cut : edit;
    }
}
