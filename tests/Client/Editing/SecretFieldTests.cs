using Chat.Client.Display;
using Chat.Client.Editing;

namespace Chat.Tests.Client.Editing;

/// <summary>The draft of a secret.</summary>
public sealed class SecretFieldTests
{
    private readonly SecretField _field = new();

    private Edit Type(string text)
    {
        Edit edit = Edit.Ignored;
        foreach (System.Text.Rune rune in text.EnumerateRunes())
            edit = _field.Press(new Key(KeyKind.Character, rune));
        return edit;
    }

    [Fact]
    public void A_typed_secret_is_drawn_as_nothing_and_taken_once()
    {
        Type("open sesame");

        Assert.Equal(new LineView("", 0), _field.View(80, 4));
        Assert.Equal(Edit.Submitted, _field.Press(new Key(KeyKind.Enter)));
        Assert.Equal("open sesame", _field.Take());
        Assert.Equal(Edit.Ignored, _field.Press(new Key(KeyKind.Enter)));
    }

    [Fact]
    public void Backspace_takes_a_whole_character_and_Ctrl_U_all()
    {
        Type("ab😀");
        _field.Press(new Key(KeyKind.Backspace));
        Assert.Equal("ab", _field.Take());
        Type("ab");
        _field.Press(Key.WithCtrl('u'));
        Assert.Equal("", _field.Take());
    }

    [Fact]
    public void A_pasted_secret_has_no_line_feed()
    {
        _field.Press(new Key(KeyKind.PasteBegin));
        Type("open sesame\n");
        _field.Press(new Key(KeyKind.PasteEnd));

        Assert.Equal("open sesame", _field.Take());
    }

    [Fact]
    public void Ctrl_C_leaves_and_Ctrl_D_only_an_empty_field()
    {
        Assert.Equal(Edit.Leave, _field.Press(Key.WithCtrl('d')));
        Type("a");
        Assert.Equal(Edit.Ignored, _field.Press(Key.WithCtrl('d')));
        Assert.Equal(Edit.Leave, _field.Press(Key.WithCtrl('c')));
    }
}
