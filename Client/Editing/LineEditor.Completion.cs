using System.Text;

namespace Chat.Client.Editing;

/// <summary>
/// Tab replaces the word before the caret with its next candidate. Behind the last of several candidates it brings back the typed word.
/// A single candidate stays. If it is a folder or a command, the next Tab goes on behind it, as in a shell.
/// </summary>
internal sealed partial class LineEditor
{
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
            // What was typed is the last candidate, so that going round brings it back.
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
}
