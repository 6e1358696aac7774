using System.Globalization;
using System.Text;
using Chat.Client.Display;
using Chat.Protocol.Text;

namespace Chat.Client.Editing;

/// <summary>The effect of a key on the line.</summary>
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

    /// <summary>The paste did not fit; at most its beginning is in the line.</summary>
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
/// While something is asked (<see cref="SearchQuestion"/>, <see cref="PasteQuestion(int)"/>) it stands in the prompt's
/// place and all keys go to it; the line is as it was when the answer is no.
/// </summary>
internal sealed class LineEditor(int maxBytes) : ILineSource
{
    private string _killed = "";
    private bool _lastWasKill;

    /// <summary>
    /// Bytes of UTF-8 the line may hold. Lowering it leaves a longer line as it is, but nothing more goes in.
    /// </summary>
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

    /// <summary>
    /// Sets text and caret. What is put together may form other clusters than its parts did: the caret moves on to a
    /// border.
    /// </summary>
    private void Replace(string text, int caret)
    {
        Text = text;
        Caret = 0;
        while (Caret < caret)
            Caret = After(Caret);
    }

    // ---- View ----
    // One row on a line that may be longer: a window that moves only when the caret would leave it, and then far
    // enough that some context is visible on the side the caret came from. Where the line goes on beyond an end
    // there is a mark of one cell. A wide cluster that is cut by an end is left out whole.

    public const char MoreBefore = '<';
    public const char MoreAfter = '>';

    private int _first;

    /// <inheritdoc/>
    public LineView View(int columns)
    {
        if (columns < LineView.LeastColumns)
            return new LineView("", 0);
        SnapFirst(columns);
        if (Caret <= _first || !CaretFits(_first, columns))
            Scroll(columns);
        while (_first > 0 && EndFits(Before(_first), columns))
            _first = Before(_first);
        return Cut(columns);
    }

    /// <summary>
    /// The line may have changed under the window's start: bring it back to a border, or home when the whole line fits.
    /// </summary>
    private void SnapFirst(int columns)
    {
        int border = 0;
        if (Cells(0, Text.Length) < columns)
            _first = 0;
        while (border < _first && border < Text.Length)
            border = After(border);
        _first = border;
    }

    private void Scroll(int columns)
    {
        if (CaretFits(0, columns))
        {
            _first = 0;
            return;
        }
        // Going left a quarter of the row is shown before the caret, going right three quarters.
        int wanted = Caret <= _first ? columns / 4 : columns * 3 / 4;
        _first = Caret;
        for (int cells = 0; _first > 0; )
        {
            int before = Before(_first);
            cells += CellWidth.MeasureCluster(Text.AsSpan(before, _first - before));
            if (cells > wanted || !CaretFits(before, columns))
                break;
            _first = before;
        }
    }

    /// <summary>
    /// Whether all of the line behind the window's start, and the caret at the line's end, have room when the window
    /// starts there.
    /// </summary>
    private bool EndFits(int first, int columns) => Cells(first, Text.Length) + (first > 0 ? 2 : 1) <= columns;

    /// <summary>
    /// Whether the caret, and a mark behind it where one is due, have room when the window starts there.
    /// </summary>
    private bool CaretFits(int first, int columns)
    {
        int used = Cells(first, Caret) + (first > 0 ? 1 : 0);
        int under = Caret == Text.Length ? 1 : Math.Max(1, Cells(Caret, After(Caret)));
        return used + under + (After(Caret) < Text.Length ? 1 : 0) <= columns;
    }

    private LineView Cut(int columns)
    {
        int head = _first > 0 ? 1 : 0;
        int room = columns - head;
        int end = _first;
        for (int cells = 0; end < Text.Length; end = After(end))
        {
            int next = After(end);
            cells += Cells(end, next);
            if (cells + (next < Text.Length || next == Caret ? 1 : 0) > room)
                break;
        }
        string text =
            (head > 0 ? MoreBefore.ToString() : "")
            + Text[_first..end]
            + (end < Text.Length ? MoreAfter.ToString() : "");
        return new LineView(text, head + Cells(_first, Caret));
    }

    private int Cells(int from, int to) => CellWidth.Measure(Text.AsSpan(from, to - from));

    // ---- Words ----
    // Borders in the line: of clusters, of words, of white space.

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

    /// <summary>
    /// Where the last run of such clusters before a place begins; 0 when there is none. One walk from the start, since
    /// there is no walking back.
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
    // What was sent before, under Up and Down. The draft is the newest entry of it, and an entry that was changed
    // keeps its change while one walks past, so nothing typed is lost by looking around; the changes end when a line
    // is sent. A draft that another entry was sent in place of becomes an entry itself, for this run: it is the next
    // one up.

    private readonly List<string> _history = [];
    private readonly Dictionary<int, string> _changed = [];
    private int? _place;

    /// <summary>The lines sent, oldest first.</summary>
    public IReadOnlyList<string> History => _history;

    /// <summary>Told of each line that is worth keeping.</summary>
    public Action<string>? Remembered { get; set; }

    /// <summary>Puts lines from earlier runs under Up, oldest first.</summary>
    public void Restore(IEnumerable<string> lines)
    {
        _place = null;
        _history.InsertRange(0, lines);
        if (_history.Count > ClientLimits.InputHistoryLines)
            _history.RemoveRange(0, _history.Count - ClientLimits.InputHistoryLines);
    }

    /// <summary>
    /// Adds a line; one that is empty, blank at its head or the same as the last is not worth a place.
    /// </summary>
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
            _place is int place
            && place < _history.Count
            && _changed.TryGetValue(_history.Count, out string? draft)
            && !string.IsNullOrWhiteSpace(draft)
        )
            Keep(draft);
    }

    private void LeaveHistory()
    {
        _place = null;
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
        int to = (_place ?? _history.Count) + step;
        if (to < 0 || to > _history.Count)
            return Edit.Refused;
        GoTo(to);
        // Undo may lead to an entry whose draft has ended meanwhile.
        string text =
            _changed.TryGetValue(to, out string? changed) ? changed
            : to < _history.Count ? _history[to]
            : "";
        Replace(text, text.Length);
        return Edit.Done;
    }

    private void GoTo(int place)
    {
        _changed[_place ?? _history.Count] = Text;
        _place = place;
    }

    // ---- Completion ----
    // Tab replaces the word before the caret with its next candidate. Behind the last of several candidates it
    // brings back the typed word. A single candidate stays. If it is a folder or a command, the next Tab goes on
    // behind it, as in a shell.

    private IReadOnlyList<string>? _candidates;
    private int _candidate,
        _completedFrom;

    /// <summary>Knows what the line up to the caret may go on with; without one Tab is left to the owner.</summary>
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

    // The other candidate is the typed word.
    private bool IsSingleCandidateIn => _candidates is { Count: 2 } && _candidate == 0;

    private bool GoesOnBehind(string candidate) =>
        candidate.EndsWith('/') || (_completedFrom == 0 && candidate.StartsWith('/'));

    private void EndCompletion() => _candidates = null;

    // ---- Search ----
    // Ctrl-R: the newest line of the history that holds what is typed, again Ctrl-R the next older, Ctrl-S back.
    // Enter sends what was found, Escape, Ctrl-G and Ctrl-C bring the draft back, and every other key takes what was
    // found into the line and does what it always does.

    private Step _draft;
    private string? _sought;
    private int _found;
    private bool _missed;

    private bool IsSearching => _sought is not null;

    /// <summary>The search question, shown in place of the prompt; null outside a search.</summary>
    public string? SearchQuestion =>
        !IsSearching ? null
        : _missed ? $"(not found: {_sought}) "
        : $"(search '{_sought}') ";

    private Edit BeginSearch()
    {
        (_draft, _sought, _found, _missed) = (Now, "", _history.Count, false);
        return Edit.Done;
    }

    /// <summary>The effect of the key on the search; null when it ends the search and must be pressed again.</summary>
    private Edit? Search(Key key)
    {
        if (key.Kind == KeyKind.Character && !key.Ctrl && !key.Alt)
        {
            string sought = _sought + Showable(key.Rune.ToString());
            return sought.Length > ClientLimits.SearchLength
                ? Edit.Refused
                : Look(sought, Math.Min(_found, _history.Count - 1), -1);
        }
        if (key.Kind == KeyKind.Backspace && _sought!.Length > 0)
            return Look(_sought[..StringInfo.ParseCombiningCharacters(_sought)[^1]], _history.Count - 1, -1);
        if (key.IsCtrl('r'))
            return Look(_sought!, _found - 1, -1);
        if (key.IsCtrl('s'))
            return Look(_sought!, _found + 1, 1);
        bool isCancel = key.Kind == KeyKind.Escape || key.IsCtrl('g') || key.IsCtrl('c');
        if (isCancel)
            Replace(_draft.Text, _draft.Caret);
        else if (!string.Equals(Text, _draft.Text, StringComparison.Ordinal))
            TakeFound();
        _sought = null;
        return isCancel ? Edit.Done : null;
    }

    // As if one had gone there with Up.
    private void TakeFound()
    {
        KeepForUndo(_draft);
        (string? text, int caret) = (Text, Caret);
        Replace(_draft.Text, _draft.Caret);
        GoTo(_found);
        Replace(text, caret);
    }

    private Edit Look(string sought, int from, int step)
    {
        _sought = sought;
        _missed = false;
        if (sought.Length == 0)
            return Edit.Done;
        for (int place = from; place >= 0 && place < _history.Count; place += step)
        {
            int at = _history[place].IndexOf(sought, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                continue;
            _found = place;
            Replace(_history[place], at);
            return Edit.Done;
        }
        _missed = true;
        return Edit.Done;
    }

    // ---- Paste ----
    // Pasted text is text, whatever it looks like: it neither sends itself nor becomes a command. One line goes in
    // at the caret. Several lines raise a question: y says them, one after the other; e puts them into the line,
    // joined by spaces; every other key leaves them, and a letter is typed as well. The draft is there before and
    // after. Nothing of lines that were left is lost, typed ahead or pasted: Ctrl-Y puts them into the line, joined
    // by spaces. If the line has no room for them, Ctrl-Y asks the question again. A slash at the head of the line
    // would make a command of pasted text, so another slash is put before it, which the person may take away again.

    private readonly StringBuilder _pasted = new();
    private List<string>? _pastedLines;
    private int _pastedBytes;
    private List<string>? _killedLines;
    private int _leftLines;
    private bool _isPasting,
        _pasteIsCut;

    /// <summary>
    /// The question about a paste, shortened to so many cells where possible; null when none is open.
    /// </summary>
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
    /// Gives lines back that were not sent: one becomes the line again if that is empty; of several the question is
    /// asked again.
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

    /// <summary>
    /// Takes the answer to the question. False when nothing is asked, or the key is to be pressed besides.
    /// </summary>
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

    // ---- Undo ----
    // Ctrl-_: back by steps, each a whole line and its caret, the simplest thing that cannot be wrong about an edit.
    // What is typed in one run is one step, and so is a run of Backspace or Delete; everything else is a step of its
    // own. The steps end when the line is sent.

    private readonly List<Step> _steps = [];
    private KeyKind _run;

    // The place in the history, too: what one goes back to is an entry of it, or the draft.
    private readonly record struct Step(string Text, int Caret, int? Place);

    private Step Now => new(Text, Caret, _place);

    private Edit Undo()
    {
        if (_steps.Count == 0)
            return Edit.Refused;
        Step step = _steps[^1];
        _steps.RemoveAt(_steps.Count - 1);
        _place = step.Place;
        Replace(step.Text, step.Caret);
        return Edit.Done;
    }

    /// <summary>
    /// Keeps what the line was before this key, unless the key goes on with a run or is Ctrl-_ itself.
    /// </summary>
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
