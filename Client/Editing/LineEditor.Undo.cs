namespace Chat.Client.Editing;

/// <summary>
/// Ctrl-_: back by steps, each a whole line and its caret, the simplest thing that cannot be wrong about an edit. What is typed in one run is one
/// step, and so is a run of Backspace or Delete; everything else is a step of its own. The steps end when the line is sent.
/// </summary>
internal sealed partial class LineEditor
{
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

    /// <summary>Keeps what the line was before this key, unless the key goes on with a run or is Ctrl-_ itself.</summary>
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
