namespace Chat.Client.Display;

/// <summary>
/// A line of text in stretches of one style each. Made once and filled again for each line, so that a flood of lines
/// leaves no garbage behind: a list of strings with a style each was refused for that.
/// </summary>
internal sealed class StyledText
{
    private readonly List<(int End, Style Style)> _stretches = [];
    private char[] _text = new char[256];
    private int _length;

    public ReadOnlySpan<char> Text => _text.AsSpan(0, _length);

    public bool IsEmpty => _length == 0;

    /// <summary>Cells that its further rows are set in by when it is wider than the window.</summary>
    public int Indent { get; set; }

    /// <summary>
    /// Characters of what it begins with, such as a time and a name, behind which no row is to be broken.
    /// </summary>
    public int Head { get; set; }

    /// <summary>Begins the next line.</summary>
    public StyledText Clear()
    {
        (_length, Indent, Head) = (0, 0, 0);
        _stretches.Clear();
        return this;
    }

    public StyledText Add(ReadOnlySpan<char> text, Style style = default)
    {
        if (text.IsEmpty)
            return this;
        if (_length + text.Length > _text.Length)
            Array.Resize(ref _text, Math.Max(2 * _text.Length, _length + text.Length));
        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
        if (_stretches.Count > 0 && _stretches[^1].Style == style)
            _stretches.RemoveAt(_stretches.Count - 1);
        _stretches.Add((_length, style));
        return this;
    }

    /// <summary>The style at a place in the text, and where it ends.</summary>
    /// <param name="at">A place in the text.</param>
    /// <param name="stretch">Where to look first; comes back as the stretch it was found in, so that a walk from left
    /// to right looks at each once.</param>
    public (int End, Style Style) At(int at, ref int stretch)
    {
        while (_stretches[stretch].End <= at)
            stretch++;
        return _stretches[stretch];
    }

    public override string ToString() => Text.ToString();
}
