using System.Text;
using Chat.Protocol;

namespace Chat.Client;

/// <summary>
/// What is pasted is text, whatever it looks like: it neither sends itself nor becomes a command. One line goes in at the caret. Of several lines is
/// asked what to do: y says them, one after the other; e puts them into the line, joined by spaces; anything else leaves them. The draft is there
/// before and after.
///
/// A slash at the head of the line would make a command of what somebody else wrote, so one is put before it; whoever means it takes it away again.
/// </summary>
internal sealed partial class LineEditor
{
    private readonly StringBuilder _pasted = new();
    private List<string>? _pastedLines;
    private int _pastedBytes;
    private bool _isPasting, _pasteIsCut;

    /// <summary>What to do with a paste, to stand in the place of prompt and line; null when nothing is asked.</summary>
    public string? PasteQuestion => _pastedLines is null ? null
        : $"send {_pastedLines.Count} lines{(_pasteIsCut ? $" (cut at {Limits.PasteBytes / 1024} KiB)" : "")}? [y/N/e] ";

    /// <summary>Gives the pasted lines away that are to be said, each as it must be typed to be said.</summary>
    public IReadOnlyList<string> TakePaste()
    {
        var lines = _pastedLines ?? [];
        _pastedLines = null;
        return [.. lines.Select(AsText)];
    }

    private static string AsText(string line) => line.StartsWith('/') ? "/" + line : line;

    /// <summary>Whether the key belongs to a paste or answers the question about one.</summary>
    private bool TakesPaste(Key key, out Edit edit)
    {
        edit = Edit.Done;
        if (key.Kind == KeyKind.PasteBegin)
        {
            _pasted.Clear();
            (_isPasting, _pasteIsCut, _pastedBytes, _pastedLines) = (true, false, 0, null);
        }
        else if (key.Pasted && _isPasting)
        {
            _pastedBytes += key.Rune.Utf8SequenceLength;
            if (_pastedBytes <= Limits.PasteBytes) _pasted.Append(key.Rune.ToString());
            else _pasteIsCut = true;
        }
        else if (key.Kind == KeyKind.PasteEnd && _isPasting)
        {
            _isPasting = false;
            edit = EndPaste();
        }
        else if (_pastedLines is not null)
        {
            edit = AnswerPaste(key);
        }
        else
        {
            return false;
        }
        return true;
    }

    private Edit EndPaste()
    {
        List<string> lines = [.. _pasted.ToString().Split('\n').Select(static line => SafeText.Clean(Showable(line))).Where(line => !string.IsNullOrWhiteSpace(line))];
        _pasted.Clear().Capacity = 0;
        if (lines.Count > 1)
        {
            _pastedLines = lines;
            return Edit.Done;
        }
        return lines.Count == 1 ? InsertPasted(lines[0]) : Edit.Refused;
    }

    private Edit AnswerPaste(Key key)
    {
        var lines = _pastedLines!;
        var answer = key is { Kind: KeyKind.Character, Ctrl: false, Alt: false } ? Rune.ToLowerInvariant(key.Rune).Value : 0;
        if (answer == 'y') return Edit.PasteSubmitted;
        _pastedLines = null;
        return answer == 'e' ? InsertPasted(string.Join(' ', lines)) : Edit.Done;
    }

    /// <summary>Puts it in at the caret, as much of it as there is room for.</summary>
    private Edit InsertPasted(string text)
    {
        if (_sought is not null) _ = Search(new Key(KeyKind.End));
        if (Caret == 0) text = AsText(text);
        var bytes = new byte[BytesLeft];
        var before = Now;
        var fitting = Encoding.UTF8.GetString(bytes.AsSpan(0, SafeText.Clean(Encoding.UTF8.GetBytes(text), bytes)));
        var edit = Insert(fitting);
        if (edit == Edit.Done) KeepForUndo(before);
        _run = KeyKind.None;
        EndCompletion();
        return fitting.Length < text.Length ? Edit.Cut : edit;
    }
}
