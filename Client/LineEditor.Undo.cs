using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// Ctrl-_: back by steps, each a whole line and its caret, the simplest thing that cannot be wrong about an edit. What is typed in one run is one
/// step, and so is a run of Backspace or Delete; everything else is a step of its own. The steps end when the line is sent.
/// </summary>
internal sealed partial class LineEditor
{
    private readonly List<(string Text, int Caret)> _steps = [];
    private KeyKind _run;

    private Edit Undo()
    {
        if (_steps.Count == 0) return Edit.Refused;
        var (text, caret) = _steps[^1];
        _steps.RemoveAt(_steps.Count - 1);
        Replace(text, caret);
        return Edit.Done;
    }

    /// <summary>Keeps what the line was before this key, unless the key goes on with a run or is Ctrl-_ itself.</summary>
    private void KeepForUndo(Key key, string text, int caret)
    {
        var run = key.Ctrl || key.Alt ? KeyKind.None : key.Kind;
        var goesOn = run == _run && run is (KeyKind.Character or KeyKind.Backspace or KeyKind.Delete or KeyKind.Tab);
        _run = run;
        if (!goesOn && !key.IsCtrl('_') && !string.Equals(Text, text, StringComparison.Ordinal)) KeepForUndo(text, caret);
    }

    private void KeepForUndo(string text, int caret)
    {
        if (_steps.Count == Limits.UndoSteps) _steps.RemoveAt(0);
        _steps.Add((text, caret));
    }

    private void ForgetUndo()
    {
        _steps.Clear();
        _run = KeyKind.None;
    }
}
