using System.Globalization;
using System.Text;
using Chat.Client.Display;
using Chat.Protocol;
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

    /// <summary>Enter: <see cref="LineEditor.TakeLine"/> the draft.</summary>
    Submitted,

    /// <summary>Ctrl-D or Ctrl-C on an empty line: leave the chat.</summary>
    Leave,

    /// <summary>The person confirmed a paste of several rows: send <see cref="LineEditor.TakePaste"/>.</summary>
    PasteSubmitted,

    /// <summary>The person confirmed lines that came back: send <see cref="LineEditor.TakeReturned"/>.</summary>
    ReturnedSubmitted,
}

/// <summary>The draft being typed: turns keys into text and a cursor. Pure: no terminal, no clock, no socket.</summary>
/// <remarks>
/// The text is UTF-16, with a line feed between two rows. The cursor is an index that is always between grapheme
/// clusters: a letter with its marks is one unit to move over and delete. A draft is short
/// (<see cref="ProtocolLimits.SnippetBytes"/>), so each edit makes a new string, and clusters are counted from the
/// start of the row each time. A gap buffer and a table of borders would add invariants without need.
/// <para>
/// The keys are those of Emacs, as in shells. A word is a run of letters and digits; Ctrl-W deletes back to white space
/// instead. Consecutive kills are yanked as one text. Characters that cannot be shown (invisible ones, direction
/// overrides) are not inserted; the server would remove them.
/// </para>
/// <para>
/// While a question is open (<see cref="SearchQuestion"/>, <see cref="PasteQuestion(int)"/>), it replaces the prompt
/// and receives all keys. After the answer no, the draft is unchanged.
/// </para>
/// </remarks>
internal sealed class LineEditor(int maxBytes) : ILineSource
{
    private string _killed = "";
    private bool _lastWasKill;

    /// <summary>
    /// The longest draft of one row in bytes of UTF-8. A lower value does not cut a longer line, but refuses further
    /// text. Several rows may have <see cref="ProtocolLimits.SnippetBytes"/>.
    /// </summary>
    public int MaxBytes { get; set; } = maxBytes;

    public string Text { get; private set; } = "";

    /// <summary>The cursor: an index into <see cref="Text"/>, on a cluster border.</summary>
    public int Caret { get; private set; }

    /// <summary>The free bytes of UTF-8; at least 0.</summary>
    public int BytesLeft => Math.Max(0, MostBytes(Text) - Encoding.UTF8.GetByteCount(Text));

    /// <summary>
    /// The draft as a message: a line without tabs, or several rows without blank ones at both ends
    /// (<see cref="SnippetText.Clean(string)"/>).
    /// </summary>
    public string Message
    {
        get
        {
            string text = HasRows(Text) ? SnippetText.Clean(Text) : Text;
            return HasRows(text) ? text : text.Replace('\t', ' ');
        }
    }

    /// <summary>Whether a question is open, which receives the keys.</summary>
    public bool IsAsking => IsSearching || _isPasting || _asked is not null;

    private static bool HasRows(string text) => text.Contains('\n', StringComparison.Ordinal);

    private int MostBytes(string text) => HasRows(text) ? ProtocolLimits.SnippetBytes : MaxBytes;

    private bool Fits(string text) =>
        Encoding.UTF8.GetByteCount(text) <= MostBytes(text)
        && SnippetText.CountRows(text) <= ProtocolLimits.SnippetLines;

    public Edit Press(Key key)
    {
        if (TryHandlePaste(key, out Edit pasted))
            return pasted;
        if (IsSearching && Search(key) is Edit found)
            return found;
        Step before = Snapshot;
        int? wantedCell = _wantedCell;
        _wantedCell = null;
        Edit edit = PressKey(key, wantedCell);
        KeepForUndo(key, before);
        if (edit != Edit.Ignored && key.Kind != KeyKind.Tab)
            EndCompletion();
        return edit;
    }

    private Edit PressKey(Key key, int? wantedCell)
    {
        bool wasKill = _lastWasKill;
        _lastWasKill = false;
        if (key.Kind == KeyKind.Character && !key.Ctrl && !key.Alt)
            return Insert(key.Rune.ToString());
        bool byWord = key.Ctrl || key.Alt;
        switch (key.Kind)
        {
            case KeyKind.Enter when key.Alt || key.Shift:
                return Insert("\n");
            case KeyKind.Enter:
                return Edit.Submitted;
            case KeyKind.Tab when !byWord:
                return Complete(key.Shift ? -1 : 1);
            case KeyKind.Left:
                return Move(byWord ? WordBefore(Caret) : Before(Caret));
            case KeyKind.Right:
                return Move(byWord ? WordAfter(Caret) : After(Caret));
            case KeyKind.Home:
                return Move(RowStart(Caret));
            case KeyKind.End:
                return Move(RowEnd(Caret));
            case KeyKind.Backspace:
                return byWord ? Kill(WordBefore(Caret), Caret, wasKill) : Remove(Before(Caret), Caret);
            case KeyKind.Delete:
                return byWord ? Kill(Caret, WordAfter(Caret), wasKill) : Remove(Caret, After(Caret));
            case KeyKind.Up:
                return MoveUp(wantedCell);
            case KeyKind.Down:
                return MoveDown(wantedCell);
            case KeyKind.Character when key.Ctrl && !key.Alt:
                return PressCtrl((char)key.Rune.Value, wasKill, wantedCell);
            case KeyKind.Character when key.Alt && !key.Ctrl:
                return PressAlt((char)key.Rune.Value, wasKill);
            default:
                return Edit.Ignored;
        }
    }

    /// <summary>Returns the <see cref="Message"/>, adds it to the history and begins an empty draft.</summary>
    public string TakeLine()
    {
        string line = Message;
        KeepDraft();
        Remember(line);
        Replace("", 0);
        ForgetUndo();
        EndCompletion();
        return line;
    }

    /// <summary>Makes a text the draft; Undo restores the last one.</summary>
    public void Begin(string text)
    {
        KeepForUndo(Snapshot);
        Replace(text, text.Length);
        EndCompletion();
    }

    /// <summary>Inserts text at the cursor, all of it or none.</summary>
    public Edit Insert(string text)
    {
        text = Showable(text);
        int caret = Caret;
        string whole = Text.Insert(caret, text);
        if (text.Length == 0 || !Fits(whole))
            return Edit.Refused;
        Replace(whole, caret + text.Length);
        return Edit.Done;
    }

    private Edit PressCtrl(char character, bool wasKill, int? wantedCell) =>
        character switch
        {
            'a' => Move(RowStart(Caret)),
            'e' => Move(RowEnd(Caret)),
            'b' => Move(Before(Caret)),
            'f' => Move(After(Caret)),
            'p' => MoveUp(wantedCell),
            'n' => MoveDown(wantedCell),
            'j' => Insert("\n"),
            'c' => Text.Length == 0 ? Edit.Leave : ClearLine(),
            'd' => Text.Length == 0 ? Edit.Leave : Remove(Caret, After(Caret)),
            'w' => Kill(BlankBefore(Caret), Caret, wasKill),
            'u' => Kill(RowStart(Caret), Caret, wasKill),
            'k' => Kill(Caret, RowEnd(Caret), wasKill),
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

    /// <summary>
    /// The text without the characters that <see cref="SafeText"/> would remove or replace, except line feeds and tabs.
    /// </summary>
    private static string Showable(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var kept = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            switch (CodePointRules.Classify(rune.Value))
            {
                case CodePointRule.Space or CodePointRule.Caret when rune.Value is '\n' or '\t':
                    kept.Append(rune);
                    break;
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
        _killedQuestion = null;
        if (!continues)
            _killed = piece;
        else
            _killed = to == Caret ? piece + _killed : _killed + piece;
        return Remove(from, to);
    }

    /// <summary>
    /// Swaps the clusters around the cursor and moves past them; at the end of the row, swaps the last two.
    /// </summary>
    private Edit Transpose()
    {
        int middle = Caret == RowEnd(Caret) ? Before(Caret) : Caret;
        if (middle <= RowStart(Caret))
            return Edit.Refused;
        (int from, int to) = (Before(middle), After(middle));
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
        Caret = RowStart(caret);
        while (Caret < caret)
            Caret = After(Caret);
    }

    private readonly DraftView _view = new();

    /// <inheritdoc/>
    public LineView View(int columns, int mostRows = 1, int nextColumns = 0) =>
        _view.Show(Text, Caret, columns, mostRows, nextColumns > 0 ? nextColumns : columns);

    // ---- Rows ----
    // Up and Down keep the cell of the cursor, also over shorter rows. Any other key forgets it.

    private int? _wantedCell;

    private int RowStart(int index) => Text.AsSpan(0, index).LastIndexOf('\n') + 1;

    private int RowEnd(int index) =>
        Text.AsSpan(index).IndexOf('\n') is var length and >= 0 ? index + length : Text.Length;

    private Edit MoveUp(int? wantedCell)
    {
        int start = RowStart(Caret);
        return start == 0 ? Recall(-1) : MoveToRow(RowStart(start - 1), wantedCell);
    }

    private Edit MoveDown(int? wantedCell)
    {
        int end = RowEnd(Caret);
        return end == Text.Length ? Recall(1) : MoveToRow(end + 1, wantedCell);
    }

    private Edit MoveToRow(int start, int? wantedCell)
    {
        _wantedCell = wantedCell ?? CellWidthOf(RowStart(Caret), Caret);
        RowCells row = new(Text[start..RowEnd(start)]);
        return Move(start + row.Index(row.BorderAtCell(_wantedCell.Value)));
    }

    private int CellWidthOf(int rowStart, int index)
    {
        RowCells row = new(Text[rowStart..index]);
        return row.Cell(row.Last);
    }

    // ---- Words ----
    // Borders of clusters, words and white space.

    private int After(int index)
    {
        if (index >= Text.Length)
            return Text.Length;
        // Two ASCII characters never form a cluster, except CR LF, and the draft never has a CR.
        return index + 1 < Text.Length && char.IsAscii(Text[index]) && char.IsAscii(Text[index + 1])
            ? index + 1
            : index + StringInfo.GetNextTextElementLength(Text.AsSpan(index));
    }

    private int Before(int index)
    {
        int last = RowStart(index);
        if (last == index)
            return Math.Max(0, index - 1);
        for (int next; (next = After(last)) < index; )
            last = next;
        return last;
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
    // The sent messages, under Up and Down. The draft is the newest entry. A changed entry keeps its change until a
    // message is sent, so browsing loses no text. If another entry is sent instead of the draft, the draft becomes an
    // entry for this run, the first under Up.

    private readonly List<string> _history = [];
    private readonly Dictionary<int, string> _changed = [];
    private int? _historyIndex;
    private int _historyLength;

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
        _historyLength = _history.Sum(static line => line.Length);
    }

    /// <summary>
    /// Adds a line, unless it is blank, begins with a blank or equals the last one. Of several rows, the first may be
    /// indented.
    /// </summary>
    public void Remember(string line)
    {
        LeaveHistory();
        if (
            string.IsNullOrWhiteSpace(line)
            || (line[0] == ' ' && !HasRows(line))
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
        _historyLength += line.Length;
        while (
            _history.Count > 0
            && (_history.Count == ClientLimits.InputHistoryLines || _historyLength > ClientLimits.DraftCharacters)
        )
        {
            _historyLength -= _history[0].Length;
            _history.RemoveAt(0);
        }
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
            int start = RowStart(Caret);
            string head = Text[start..Caret].Replace('\t', ' ');
            int word = Completion.WordStart(head);
            _completedFrom = start + word;
            // Only the first row can be a command. The typed word is the last candidate, so cycling brings it back.
            IEnumerable<string> found = start > 0 && head.StartsWith('/') ? [] : Completion.For(head);
            _candidates = [.. found, head[word..]];
            _candidate = _candidates.Count - 1;
        }
        if (_candidates.Count == 1)
        {
            EndCompletion();
            return Edit.Refused;
        }
        _candidate = (_candidate + step + _candidates.Count) % _candidates.Count;
        string text = string.Concat(Text.AsSpan(0, _completedFrom), _candidates[_candidate], Text.AsSpan(Caret));
        if (!Fits(text))
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

    // Keeps the found entry.
    private void EndSearch()
    {
        if (IsSearching)
            _ = Search(new Key(KeyKind.End));
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
    // Pasted text is always text: it never sends itself or becomes a command. One row is inserted at the cursor.
    // Several rows, and a row that does not fit, raise a question: y sends them as one message; e inserts several rows;
    // any other key leaves them, and a letter is typed too. The draft stays. Text left, pasted or typed ahead, is not
    // lost: Ctrl-Y inserts it. If the draft has no room for it, Ctrl-Y asks again. A leading slash would make pasted
    // text a command, so another slash goes before it. The person can delete that slash.
    // Lines that were taken back raise a similar question. They are separate messages and may be commands, so y
    // sends each as it was, and Ctrl-Y asks again.

    private readonly StringBuilder _pasted = new();
    private Question? _asked,
        _killedQuestion;
    private int _pastedBytes,
        _pastedRows;
    private int _declinedLines;
    private bool _isPasting,
        _beginsRow;

    /// <summary>An open question.</summary>
    /// <param name="Texts">The pasted text, or the texts that were taken back.</param>
    /// <param name="IsPaste">Whether the text was pasted.</param>
    private sealed record Question(IReadOnlyList<string> Texts, bool IsPaste)
    {
        /// <summary>The number of rows.</summary>
        public int Rows { get; } = Texts.Sum(static text => SnippetText.CountRows(text));

        /// <summary>The reason why no message can hold the paste, in words; null if one can.</summary>
        public string? Excess { get; init; }

        /// <summary>The paste is one row that did not fit into the draft.</summary>
        public bool IsLongRow => IsPaste && Rows == 1;

        public string Words =>
            Excess ?? (IsPaste ? $"send {Pasted} as one message to everybody? " : $"send {Texts.Count} {Noun}? ");

        private string Pasted =>
            IsLongRow
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"1 line of {Encoding.UTF8.GetByteCount(Texts[0]):N0} bytes"
                )
                : $"{Rows} lines";

        private string Noun =>
            (Texts.Any(static text => HasRows(text)) ? "message" : "line") + (Texts.Count == 1 ? "" : "s");
    }

    /// <summary>The question about a paste, shortened to fit the cells if possible; null if none is open.</summary>
    public string? PasteQuestion(int cells)
    {
        if (_isPasting)
            return "pasting; Ctrl-C ends it ";
        if (_asked is null)
            return null;
        (string choice, string letters) =
            _asked.Excess is not null ? ("n = leave it ", "[n] ")
            : _asked.IsLongRow ? ("y = yes, n = no ", "[y/n] ")
            : ("y = yes, n = no, e = edit ", "[y/n/e] ");
        return _asked.Words + (_asked.Words.Length + choice.Length <= cells ? choice : letters);
    }

    /// <summary>Removes and returns the pasted text to send as one message; empty without one.</summary>
    public string TakePaste()
    {
        string text = _asked?.Texts[0] ?? "";
        _asked = null;
        return text;
    }

    /// <summary>Removes and returns the texts that were taken back, to be sent again.</summary>
    public IReadOnlyList<string> TakeReturned()
    {
        IReadOnlyList<string> texts = _asked?.Texts ?? [];
        _asked = null;
        return texts;
    }

    /// <summary>
    /// Returns unsent texts to the editor. One becomes the draft if that is empty; otherwise they raise a question.
    /// </summary>
    /// <param name="texts">Each line as the person would type it, and each message of several rows as it is.</param>
    public void PutBack(IReadOnlyList<string> texts)
    {
        if (texts.Count == 1 && Text.Length == 0)
        {
            string draft = SnippetText.IsSnippet(texts[0]) ? AsText(texts[0]) : texts[0];
            Replace(draft, draft.Length);
        }
        else if (texts.Count > 0)
        {
            DeclinePaste();
            _asked = new Question(texts, IsPaste: false);
        }
    }

    /// <summary>The number of pasted lines left since the last call, which Ctrl-Y brings back.</summary>
    public int TakeLeftLines()
    {
        int left = _declinedLines;
        _declinedLines = 0;
        return left;
    }

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
            (_isPasting, _beginsRow, _pastedBytes, _pastedRows) = (true, true, 0, 0);
            return true;
        }
        if (!_isPasting)
            return TryAnswerPaste(key, ref edit);
        if (key.Pasted)
        {
            AddPasted(key.Rune);
            return true;
        }
        // A paste has only text: any other key ends it.
        _isPasting = false;
        edit = EndPaste();
        return key.Kind == KeyKind.PasteEnd || TryAnswerPaste(key, ref edit);
    }

    private void AddPasted(Rune rune)
    {
        // The line feed at the end begins no row.
        if (_beginsRow)
            _pastedRows++;
        _beginsRow = rune.Value == '\n';
        _pastedBytes += rune.Utf8SequenceLength;
        if (_pastedBytes <= ClientLimits.PasteBytes)
            _pasted.Append(rune.ToString());
    }

    private Edit EndPaste()
    {
        bool startsNewLine = _pasted.Length > 0 && _pasted[0] == '\n';
        string text = SnippetText.Clean(Showable(_pasted.ToString()));
        _pasted.Clear().Capacity = 0;
        if (text.Length == 0)
            return Edit.Refused;
        bool isCut = _pastedBytes > ClientLimits.PasteBytes;
        string row = startsNewLine && Caret > 0 && Text[Caret - 1] is not (' ' or '\n') ? " " + text : text;
        if (!HasRows(text) && !isCut && InsertRows(row, isPaste: true) == Edit.Done)
            return Edit.Done;
        _asked = new Question([text], IsPaste: true) { Excess = ExcessOf(text, isCut) };
        return Edit.Done;
    }

    private string? ExcessOf(string text, bool isCut)
    {
        int rows = isCut ? _pastedRows : SnippetText.CountRows(text);
        if (rows > ProtocolLimits.SnippetLines)
            return $"{rows} lines are more than a message takes ({ProtocolLimits.SnippetLines}); ";
        const int KiB = 1024;
        int bytes = isCut ? _pastedBytes : Encoding.UTF8.GetByteCount(text);
        return bytes > ProtocolLimits.SnippetBytes
            ? $"{(bytes + KiB - 1) / KiB} KiB are more than a message takes ({ProtocolLimits.SnippetBytes / KiB}); "
            : null;
    }

    /// <summary>
    /// Handles the answer to the question. Returns false without a question, or if the key also has its usual effect.
    /// </summary>
    private bool TryAnswerPaste(Key key, ref Edit edit)
    {
        if (_asked is null || key.Kind == KeyKind.PasteEnd)
            return key.Kind == KeyKind.PasteEnd;
        bool isLetter = key is { Kind: KeyKind.Character, Ctrl: false, Alt: false };
        char answer = isLetter ? (char)Rune.ToLowerInvariant(key.Rune).Value : '\0';
        // Joined to rows of a text, a whisper would be said to everybody.
        bool hasCommand =
            _asked is { IsPaste: false, Texts.Count: > 1 }
            && _asked.Texts.Any(static text => text is ['/', not '/', ..]);
        bool isInserted = _asked.Excess is null && !_asked.IsLongRow && !hasCommand;
        if ((_asked.Excess is not null && answer == 'y') || (!isInserted && answer == 'e'))
        {
            edit = Edit.Refused;
            return true;
        }
        if (answer == 'y')
        {
            edit = _asked.IsPaste ? Edit.PasteSubmitted : Edit.ReturnedSubmitted;
            return true;
        }
        edit = Edit.Done;
        if (answer == 'e' && InsertRows(string.Join('\n', _asked.Texts), _asked.IsPaste) == Edit.Done)
            _asked = null;
        else
            DeclinePaste();
        return !isLetter || answer is 'e' or 'n';
    }

    // A paste above the bounds is not kept: Ctrl-Y could not insert it.
    private void DeclinePaste()
    {
        if (_asked is { Excess: null })
        {
            (_killed, _killedQuestion, _lastWasKill) = (string.Join('\n', _asked.Texts), _asked, false);
            _declinedLines += _asked.Rows;
        }
        _asked = null;
    }

    private Edit Yank()
    {
        if (_killedQuestion is null)
            return Insert(_killed);
        if (_killedQuestion.IsPaste && Insert(Protected(_killed)) == Edit.Done)
            return Edit.Done;
        _asked = _killedQuestion;
        return Edit.Done;
    }

    /// <summary>
    /// The text with a second slash if it would begin the message with a slash: pasted text is no command.
    /// </summary>
    private string Protected(string text) =>
        Caret == RowStart(Caret) && string.IsNullOrWhiteSpace(Text[..Caret]) ? AsText(text) : text;

    /// <summary>Inserts rows at the cursor, all or none.</summary>
    private Edit InsertRows(string text, bool isPaste)
    {
        EndSearch();
        Step before = Snapshot;
        Edit edit = Insert(isPaste ? Protected(text) : text);
        if (edit == Edit.Done)
            KeepForUndo(before);
        _run = KeyKind.None;
        EndCompletion();
        return edit;
    }

    // ---- Undo ----
    // Ctrl-_ goes back step by step. A step is a whole line and its cursor, which is simple and right for any edit. A
    // run of typed characters is one step, and so is a run of Backspace or Delete; any other edit is its own step.
    // Sending the line clears the steps.

    private readonly List<Step> _steps = [];
    private int _stepsLength;
    private KeyKind _run;

    // A step has the history index too, because it is an entry of the history or the draft.
    private readonly record struct Step(string Text, int Caret, int? HistoryIndex);

    private Step Snapshot => new(Text, Caret, _historyIndex);

    private Edit Undo()
    {
        if (_steps.Count == 0)
            return Edit.Refused;
        Step step = _steps[^1];
        _stepsLength -= step.Text.Length;
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
        _steps.Add(before);
        _stepsLength += before.Text.Length;
        while (_steps.Count > ClientLimits.UndoSteps || _stepsLength > ClientLimits.DraftCharacters)
        {
            _stepsLength -= _steps[0].Text.Length;
            _steps.RemoveAt(0);
        }
    }

    private void ForgetUndo()
    {
        _steps.Clear();
        _stepsLength = 0;
        _run = KeyKind.None;
    }
}
