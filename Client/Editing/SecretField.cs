using System.Text;
using Chat.Client.Display;
using Chat.Protocol;

namespace Chat.Client.Editing;

/// <summary>The draft of a secret. It is drawn as nothing, and no history gets it.</summary>
internal sealed class SecretField : ILineSource
{
    private readonly StringBuilder _text = new();

    /// <inheritdoc/>
    public LineView View(int columns, int mostRows = 1, int nextColumns = 0) => new("", 0);

    /// <summary>Handles a key.</summary>
    /// <returns><see cref="Edit.Submitted"/> behind Enter, if there is a text.</returns>
    public Edit Press(Key key)
    {
        switch (key)
        {
            case { Kind: KeyKind.Enter }:
                return _text.Length > 0 ? Edit.Submitted : Edit.Ignored;
            case { Kind: KeyKind.Backspace } when _text.Length > 0:
                _text.Length -= _text.Length > 1 && char.IsLowSurrogate(_text[^1]) ? 2 : 1;
                return Edit.Done;
            case var _ when key.IsCtrl('c') || (key.IsCtrl('d') && _text.Length == 0):
                return Edit.Leave;
            case var _ when key.IsCtrl('u'):
                _text.Clear();
                return Edit.Done;
            case { Kind: KeyKind.Character, Ctrl: false, Alt: false } when !Rune.IsControl(key.Rune):
                if (_text.Length < ProtocolLimits.TextBytes)
                    _text.Append(key.Rune);
                return Edit.Done;
            default:
                return Edit.Ignored;
        }
    }

    /// <summary>Takes the text; the field is empty then.</summary>
    public string Take()
    {
        string text = _text.ToString();
        _text.Clear();
        return text;
    }
}
