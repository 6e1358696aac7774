using System.Globalization;
using System.Text;
using Chat.Client.Display;
using Chat.Protocol.Text;

namespace Chat.Client.Editing;

/// <summary>The effect of a key on the line.</summary>
internal enum Edit
{
    /// <summary>The editor does not use the key; the caller may handle it.</summary>
    Ignored,

    /// <summary>The line or the cursor may have changed: repaint.</summary>
    Done,

    /// <summary>The key had no effect, or the line has no room; the line is unchanged.</summary>
    Refused,

    /// <summary>Enter: <see cref="LineEditor.TakeLine"/> the line.</summary>
    Submitted,

    /// <summary>Ctrl-D or Ctrl-C on an empty line: leave the chat.</summary>
    Leave,

    /// <summary>The person confirmed a paste of several lines: send <see cref="LineEditor.TakePaste"/>.</summary>
    PasteSubmitted,

    /// <summary>The paste did not fit: the line has its beginning at most.</summary>
    Cut,
}

/// <summary>The line being typed: turns keys into text and a cursor. Pure: no terminal, no clock, no socket.</summary>
/// <remarks>
/// The text is UTF-16. The cursor is an index that is always between grapheme clusters: a letter with its marks is one
/// unit to move over and delete. A line is short (<see cref="MaxBytes"/>), so each edit makes a new string, and
/// clusters are counted from the start each time. A gap buffer and a table of borders would add invariants without
/// need.
/// <para>
/// The keys are those of Emacs, as in shells. A word is a run of letters and digits; Ctrl-W deletes back to white space
/// instead. Consecutive kills are yanked as one text. Characters that cannot be shown (invisible ones, direction
/// overrides) are not inserted; the server would remove them.
/// </para>
/// <para>
/// While a question is open (<see cref="SearchQuestion"/>, <see cref="PasteQuestion(int)"/>), it replaces the prompt
/// and receives all keys. After the answer no, the line is unchanged.
/// </para>
/// </remarks>
internal sealed class LineEditor(int maxBytes) : ILineSource
{
    private string _killed = "";
    private bool _lastWasKill;

    /// <summary>
    /// The longest line in bytes of UTF-8. A lower value does not cut a longer line, but refuses further text.
    /// </summary>
    public int MaxBytes { get; set; } = maxBytes;

    public string Text { get; private set; } = "";

    /// <summary>The cursor: an index into <see cref="Text"/>, on a cluster border.</summary>
    public int Caret { get; private set; }

    /// <summary>The free bytes of UTF-8; at least 0.</summary>
    public int BytesLeft => Math.Max(0, MaxBytes - Encoding.UTF8.GetByteCount(Text));

    /// <summary>Whether a question is open, which receives the keys.</summary>
    public bool IsAsking => IsSearching || _isPasting || _pastedLines is not null;

    public Edit Press(Key key)
    {
        if (TryHandlePaste(key, out Edit pasted))
            return pasted;
        if (IsSearching && Search(key) is Edit found)
            return found;
        Step before = Snapshot;
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

    /// <summary>Returns the line, adds it to the history and begins an empty one.</summary>
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

    /// <summary>Inserts text at the cursor, all of it or none.</summary>
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
            'c' => Text.Length == 0 ? Edit.Leave : ClearLine(),
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

    /// <summary>The text without the characters that <see cref="SafeText"/> would remove or replace.</summary>
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

    /// <summary>Begins an empty line, as after sending; Undo restores the text.</summary>
    private Edit ClearLine()
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
        // A kill without effect does not end a run of kills.
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

    /// <summary>
    /// Swaps the clusters around the cursor and moves past them; at the end of the line, swaps the last two.
    /// </summary>
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

    /// <summary>
    /// Sets text and cursor. Joined text may form new clusters, so the cursor moves forward to a border.
    /// </summary>
    private void Replace(string text, int caret)
    {
        Text = text;
        Caret = 0;
        while (Caret < caret)
            Caret = After(Caret);
    }

    // ---- View ----
    // The view shows one row of a line that may be longer. It scrolls only if the cursor would leave it, and then far
    // enough to keep some context visible. A mark of one cell at an end shows that the line continues there. A wide
    // cluster that does not fit is left out whole.

    public const char MoreBefore = '<';
    public const char MoreAfter = '>';

    private int _viewStart;

    /// <inheritdoc/>
    public LineView View(int columns)
    {
        if (columns < LineView.LeastColumns)
            return new LineView("", 0);
        SnapViewStart(columns);
        if (Caret <= _viewStart || !CaretFits(_viewStart, columns))
            Scroll(columns);
        while (_viewStart > 0 && EndFits(Before(_viewStart), columns))
            _viewStart = Before(_viewStart);
        return Cut(columns);
    }

    /// <summary>
    /// After an edit, moves the start of the view to a cluster border, or to 0 if the whole line fits.
    /// </summary>
    private void SnapViewStart(int columns)
    {
        int border = 0;
        if (Cells(0, Text.Length) < columns)
            _viewStart = 0;
        while (border < _viewStart && border < Text.Length)
            border = After(border);
        _viewStart = border;
    }

    private void Scroll(int columns)
    {
        if (CaretFits(0, columns))
        {
            _viewStart = 0;
            return;
        }
        // Show a quarter of the row before the cursor after moving left, three quarters after moving right.
        int wanted = Caret <= _viewStart ? columns / 4 : columns * 3 / 4;
        _viewStart = Caret;
        for (int cells = 0; _viewStart > 0; )
        {
            int before = Before(_viewStart);
            cells += CellWidth.MeasureCluster(Text.AsSpan(before, _viewStart - before));
            if (cells > wanted || !CaretFits(before, columns))
                break;
            _viewStart = before;
        }
    }

    /// <summary>Whether a view from this start has room for the rest of the line and the cursor at its end.</summary>
    private bool EndFits(int first, int columns) => Cells(first, Text.Length) + (first > 0 ? 2 : 1) <= columns;

    /// <summary>Whether a view from this start has room for the cursor and a mark after it, if needed.</summary>
    private bool CaretFits(int first, int columns)
    {
        int used = Cells(first, Caret) + (first > 0 ? 1 : 0);
        int under = Caret == Text.Length ? 1 : Math.Max(1, Cells(Caret, After(Caret)));
        return used + under + (After(Caret) < Text.Length ? 1 : 0) <= columns;
    }

    private LineView Cut(int columns)
    {
        int head = _viewStart > 0 ? 1 : 0;
        int room = columns - head;
        int end = _viewStart;
        for (int cells = 0; end < Text.Length; end = After(end))
        {
            int next = After(end);
            cells += Cells(end, next);
            if (cells + (next < Text.Length || next == Caret ? 1 : 0) > room)
                break;
        }
        string text =
            (head > 0 ? MoreBefore.ToString() : "")
            + Text[_viewStart..end]
            + (end < Text.Length ? MoreAfter.ToString() : "");
        return new LineView(text, head + Cells(_viewStart, Caret));
    }

    private int Cells(int from, int to) => CellWidth.Measure(Text.AsSpan(from, to - from));

    // ---- Words ----
    // Borders of clusters, words and white space.

    private int After(int index)
    {
        if (index >= Text.Length)
            return Text.Length;
        // Two ASCII characters never form a cluster, except control characters, which the line never has.
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

    /// <summary>
    /// The start of the last run of such clusters before an index; 0 without one. It walks from the start: clusters
    /// cannot be found backwards.
    /// </summary>
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

    // ---- History ----
    // The sent lines, under Up and Down. The draft is the newest entry. A changed entry keeps its change until a line
    // is sent, so browsing loses no text. If another entry is sent instead of the draft, the draft becomes an entry for
    // this run, the first under Up.

    private readonly List<string> _history = [];
    private readonly Dictionary<int, string> _changed = [];
    private int? _historyIndex;

    /// <summary>The sent lines, oldest first.</summary>
    public IReadOnlyList<string> History => _history;

    /// <summary>Called with each line added to the history.</summary>
    public Action<string>? Remembered { get; set; }

    /// <summary>Adds lines of earlier runs before those of this run, oldest first.</summary>
    public void Restore(IEnumerable<string> lines)
    {
        _historyIndex = null;
        _history.InsertRange(0, lines);
        if (_history.Count > ClientLimits.InputHistoryLines)
            _history.RemoveRange(0, _history.Count - ClientLimits.InputHistoryLines);
    }

    /// <summary>Adds a line, unless it is blank, begins with a blank or equals the last one.</summary>
    public void Remember(string line)
    {
        LeaveHistory();
        if (
            string.IsNullOrWhiteSpace(line)
            || line[0] == ' '
            || (_history.Count > 0 && string.Equals(_history[^1], line, StringComparison.Ordinal))
        )
            return;
        Keep(line);
        Remembered?.Invoke(line);
    }

    private void KeepDraft()
    {
        if (
            _historyIndex is int index
            && index < _history.Count
            && _changed.TryGetValue(_history.Count, out string? draft)
            && !string.IsNullOrWhiteSpace(draft)
        )
            Keep(draft);
    }

    private void LeaveHistory()
    {
        _historyIndex = null;
        _changed.Clear();
    }

    private void Keep(string line)
    {
        if (_history.Count == ClientLimits.InputHistoryLines)
            _history.RemoveAt(0);
        _history.Add(line);
    }

    private Edit Recall(int step)
    {
        int to = (_historyIndex ?? _history.Count) + step;
        if (to < 0 || to > _history.Count)
            return Edit.Refused;
        GoTo(to);
        // Undo may have returned to an entry whose draft no longer exists.
        string text =
            _changed.TryGetValue(to, out string? changed) ? changed
            : to < _history.Count ? _history[to]
            : "";
        Replace(text, text.Length);
        return Edit.Done;
    }

    private void GoTo(int index)
    {
        _changed[_historyIndex ?? _history.Count] = Text;
        _historyIndex = index;
    }

    // ---- Completion ----
    // Tab replaces the word before the cursor with its next candidate. After the last of several candidates, it
    // restores the typed word. A single candidate stays. If it is a folder or a command, the next Tab completes after
    // it, as in a shell.

    private IReadOnlyList<string>? _candidates;
    private int _candidate,
        _completedFrom;

    /// <summary>The source of candidates; without one the editor ignores Tab.</summary>
    public Completion? Completion { get; set; }

    private Edit Complete(int step)
    {
        if (Completion is null)
            return Edit.Ignored;
        if (IsSingleCandidateIn)
        {
            if (!GoesOnBehind(_candidates![0]))
                return Edit.Refused;
            EndCompletion();
        }
        if (_candidates is null)
        {
            string head = Text[..Caret];
            _completedFrom = Completion.WordStart(head);
            // The typed word is the last candidate, so that cycling brings it back.
            _candidates = [.. Completion.For(head), head[_completedFrom..]];
            _candidate = _candidates.Count - 1;
        }
        if (_candidates.Count == 1)
        {
            EndCompletion();
            return Edit.Refused;
        }
        _candidate = (_candidate + step + _candidates.Count) % _candidates.Count;
        string text = string.Concat(Text.AsSpan(0, _completedFrom), _candidates[_candidate], Text.AsSpan(Caret));
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
            return Edit.Refused;
        Replace(text, _completedFrom + _candidates[_candidate].Length);
        return Edit.Done;
    }

    // The second candidate is the typed word.
    private bool IsSingleCandidateIn => _candidates is { Count: 2 } && _candidate == 0;

    private bool GoesOnBehind(string candidate) =>
        candidate.EndsWith('/') || (_completedFrom == 0 && candidate.StartsWith('/'));

    private void EndCompletion() => _candidates = null;

    // ---- Search ----
    // Ctrl-R finds the newest history line with the typed text; Ctrl-R again the next older one, Ctrl-S the next newer
    // one. Enter sends the found line. Escape, Ctrl-G and Ctrl-C restore the draft. Any other key puts the found line
    // into the editor and then has its usual effect.

    private Step _draft;
    private string? _sought;
    private int _found;
    private bool _isMissing;

    private bool IsSearching => _sought is not null;

    /// <summary>The search question, shown in place of the prompt; null outside a search.</summary>
    public string? SearchQuestion =>
        !IsSearching ? null
        : _isMissing ? $"(not found: {_sought}) "
        : $"(search '{_sought}') ";

    private Edit BeginSearch()
    {
        (_draft, _sought, _found, _isMissing) = (Snapshot, "", _history.Count, false);
        return Edit.Done;
    }

    /// <summary>
    /// The effect of the key on the search; null if it ends the search and then has its usual effect.
    /// </summary>
    private Edit? Search(Key key)
    {
        if (key.Kind == KeyKind.Character && !key.Ctrl && !key.Alt)
        {
            string sought = _sought + Showable(key.Rune.ToString());
            return sought.Length > ClientLimits.SearchLength
                ? Edit.Refused
                : Find(sought, Math.Min(_found, _history.Count - 1), -1);
        }
        if (key.Kind == KeyKind.Backspace && _sought!.Length > 0)
            return Find(_sought[..StringInfo.ParseCombiningCharacters(_sought)[^1]], _history.Count - 1, -1);
        if (key.IsCtrl('r'))
            return Find(_sought!, _found - 1, -1);
        if (key.IsCtrl('s'))
            return Find(_sought!, _found + 1, 1);
        bool isCancel = key.Kind == KeyKind.Escape || key.IsCtrl('g') || key.IsCtrl('c');
        if (isCancel)
            Replace(_draft.Text, _draft.Caret);
        else if (!string.Equals(Text, _draft.Text, StringComparison.Ordinal))
            AcceptMatch();
        _sought = null;
        return isCancel ? Edit.Done : null;
    }

    // Goes to the found entry as Up does.
    private void AcceptMatch()
    {
        KeepForUndo(_draft);
        (string? text, int caret) = (Text, Caret);
        Replace(_draft.Text, _draft.Caret);
        GoTo(_found);
        Replace(text, caret);
    }

    private Edit Find(string sought, int from, int step)
    {
        _sought = sought;
        _isMissing = false;
        if (sought.Length == 0)
            return Edit.Done;
        for (int index = from; index >= 0 && index < _history.Count; index += step)
        {
            int at = _history[index].IndexOf(sought, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                continue;
            _found = index;
            Replace(_history[index], at);
            return Edit.Done;
        }
        _isMissing = true;
        return Edit.Done;
    }

    // ---- Paste ----
    // Pasted text is always text: it never sends itself or becomes a command. One line is inserted at the cursor.
    // Several lines raise a question: y sends them one by one; e inserts them, joined by spaces; any other key leaves
    // them, and a letter is typed too. The draft stays. Lines left, pasted or typed ahead, are not lost: Ctrl-Y inserts
    // them, joined by spaces. If the line has no room for them, Ctrl-Y asks again. A leading slash would make pasted
    // text a command, so another slash goes before it. The person can delete that slash.

    private readonly StringBuilder _pasted = new();
    private List<string>? _pastedLines;
    private int _pastedBytes;
    private List<string>? _killedLines;
    private int _declinedLines;
    private bool _isPasting,
        _pasteIsCut;

    /// <summary>The question about a paste, shortened to fit the cells if possible; null if none is open.</summary>
    public string? PasteQuestion(int cells)
    {
        if (_isPasting)
            return "pasting; Ctrl-C ends it ";
        if (_pastedLines is null)
            return null;
        string question =
            $"send {_pastedLines.Count} "
            + $"line{(_pastedLines.Count == 1 ? "" : "s")}"
            + $"{(_pasteIsCut ? $" (cut at {ClientLimits.PasteBytes / 1024} KiB)" : "")}? ";
        const string Choice = "y = yes, n = no, e = edit as one line ";
        return question + (question.Length + Choice.Length <= cells ? Choice : "[y/n/e] ");
    }

    /// <summary>The bytes of the last paste that did not fit into the line.</summary>
    public int CutBytes { get; private set; }

    /// <summary>Removes and returns the pasted lines to send, each as the person would type it.</summary>
    public IReadOnlyList<string> TakePaste()
    {
        List<string> lines = _pastedLines ?? [];
        _pastedLines = null;
        return [.. lines.Select(AsText)];
    }

    /// <summary>
    /// Returns unsent lines to the editor. One becomes the line if that is empty; several raise the question again.
    /// </summary>
    /// <param name="lines">The lines as the person would type them.</param>
    public void PutBack(IReadOnlyList<string> lines)
    {
        if (lines.Count == 1 && Text.Length == 0)
            Replace(lines[0], lines[0].Length);
        else if (lines.Count > 0)
            (_pastedLines, _pasteIsCut) = ([.. lines.Select(AsPasted)], false);
    }

    /// <summary>The number of pasted lines left since the last call, which Ctrl-Y brings back.</summary>
    public int TakeLeftLines()
    {
        int left = _declinedLines;
        _declinedLines = 0;
        return left;
    }

    // The inverse of AsText.
    private static string AsPasted(string line) => line.StartsWith("//", StringComparison.Ordinal) ? line[1..] : line;

    private static string AsText(string line) => line.StartsWith('/') ? "/" + line : line;

    /// <summary>
    /// Handles a key that belongs to a paste or answers its question. Returns false for any other key.
    /// </summary>
    private bool TryHandlePaste(Key key, out Edit edit)
    {
        edit = Edit.Done;
        if (key.Kind is KeyKind.PasteBegin or KeyKind.BurstBegin)
        {
            DeclinePaste();
            _pasted.Clear();
            (_isPasting, _pasteIsCut, _pastedBytes, _pastedLines) = (true, false, 0, null);
            return true;
        }
        if (!_isPasting)
            return TryAnswerPaste(key, ref edit);
        if (key.Pasted)
        {
            _pastedBytes += key.Rune.Utf8SequenceLength;
            if (_pastedBytes <= ClientLimits.PasteBytes)
                _pasted.Append(key.Rune.ToString());
            else
                _pasteIsCut = true;
            return true;
        }
        // A paste has only text: any other key ends it.
        _isPasting = false;
        edit = EndPaste();
        return key.Kind == KeyKind.PasteEnd || TryAnswerPaste(key, ref edit);
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

    /// <summary>
    /// Handles the answer to the question. Returns false without a question, or if the key also has its usual effect.
    /// </summary>
    private bool TryAnswerPaste(Key key, ref Edit edit)
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
            DeclinePaste();
        _pastedLines = null;
        return !isLetter || answer is 'e' or 'n';
    }

    private void DeclinePaste()
    {
        if (_pastedLines is null)
            return;
        (_killed, _killedLines, _lastWasKill) = (string.Join(' ', _pastedLines), _pastedLines, false);
        _declinedLines += _pastedLines.Count;
    }

    private Edit Yank()
    {
        // Yanked paste is not a command either.
        Edit edit = Insert(_killedLines is not null && Caret == 0 ? AsText(_killed) : _killed);
        if (edit != Edit.Refused || _killedLines is null)
            return edit;
        (_pastedLines, _pasteIsCut) = (_killedLines, false);
        return Edit.Done;
    }

    /// <summary>Inserts as much of the text at the cursor as fits.</summary>
    private Edit InsertPasted(string text)
    {
        if (_sought is not null)
            _ = Search(new Key(KeyKind.End));
        if (Caret == 0)
            text = AsText(text);
        byte[] bytes = new byte[BytesLeft];
        Step before = Snapshot;
        string fitting = Encoding.UTF8.GetString(bytes.AsSpan(0, SafeText.Clean(Encoding.UTF8.GetBytes(text), bytes)));
        Edit edit = Insert(fitting);
        if (edit == Edit.Done)
            KeepForUndo(before);
        _run = KeyKind.None;
        EndCompletion();
        CutBytes = Encoding.UTF8.GetByteCount(text) - Encoding.UTF8.GetByteCount(fitting);
        return CutBytes > 0 ? Edit.Cut : edit;
    }

    // ---- Undo ----
    // Ctrl-_ goes back step by step. A step is a whole line and its cursor, which is simple and right for any edit. A
    // run of typed characters is one step, and so is a run of Backspace or Delete; any other edit is its own step.
    // Sending the line clears the steps.

    private readonly List<Step> _steps = [];
    private KeyKind _run;

    // A step has the history index too, because it is an entry of the history or the draft.
    private readonly record struct Step(string Text, int Caret, int? HistoryIndex);

    private Step Snapshot => new(Text, Caret, _historyIndex);

    private Edit Undo()
    {
        if (_steps.Count == 0)
            return Edit.Refused;
        Step step = _steps[^1];
        _steps.RemoveAt(_steps.Count - 1);
        _historyIndex = step.HistoryIndex;
        Replace(step.Text, step.Caret);
        return Edit.Done;
    }

    /// <summary>Adds the line before this key as a step, unless the key continues a run or is Ctrl-_ itself.</summary>
    private void KeepForUndo(Key key, Step before)
    {
        KeyKind run = key.Ctrl || key.Alt ? KeyKind.None : key.Kind;
        bool goesOn = run == _run && run is (KeyKind.Character or KeyKind.Backspace or KeyKind.Delete or KeyKind.Tab);
        _run = run;
        if (!goesOn && !key.IsCtrl('_') && !string.Equals(Text, before.Text, StringComparison.Ordinal))
            KeepForUndo(before);
    }

    private void KeepForUndo(Step before)
    {
        if (_steps.Count == ClientLimits.UndoSteps)
            _steps.RemoveAt(0);
        _steps.Add(before);
    }

    private void ForgetUndo()
    {
        _steps.Clear();
        _run = KeyKind.None;
    }
}
