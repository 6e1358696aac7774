using System.Globalization;

namespace Chat.Client.Editing;

/// <summary>
/// Ctrl-R: the newest line of the history that holds what is typed, again Ctrl-R the next older, Ctrl-S back. Enter sends what was found, Escape,
/// Ctrl-G and Ctrl-C bring the draft back, and every other key takes what was found into the line and does what it always does.
/// </summary>
internal sealed partial class LineEditor
{
    private Step _draft;
    private string? _sought;
    private int _found;
    private bool _missed;

    private bool IsSearching => _sought is not null;

    /// <summary>What is looked for, to stand in the prompt's place; null when nothing is.</summary>
    public string? SearchQuestion =>
        !IsSearching ? null
        : _missed ? $"(not found: {_sought}) "
        : $"(search '{_sought}') ";

    private Edit BeginSearch()
    {
        (_draft, _sought, _found, _missed) = (Now, "", _history.Count, false);
        return Edit.Done;
    }

    /// <summary>What the key does to the search; null when it ends it and is to be pressed again.</summary>
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
}
