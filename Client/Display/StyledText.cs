namespace Chat.Client.Display;

/// <summary>
/// A line of text in runs, each with one style. It is reused for each line, so a flood leaves no garbage; a list of
/// strings with styles would.
/// </summary>
internal sealed class StyledText
{
    private readonly List<(int End, Style Style)> _runs = [];
    private char[] _text = new char[256];
    private int _length;

    public ReadOnlySpan<char> Text => _text.AsSpan(0, _length);

    public bool IsEmpty => _length == 0;

    /// <summary>The indent in cells of the rows after the first, if the line is wider than the window.</summary>
    public int Indent { get; set; }

    /// <summary>
    /// The length in characters of the line's head, such as time and name. No row breaks after the head.
    /// </summary>
    public int Head { get; set; }

    /// <summary>Begins the next line.</summary>
    public StyledText Clear()
    {
        (_length, Indent, Head) = (0, 0, 0);
        _runs.Clear();
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
        if (_runs.Count > 0 && _runs[^1].Style == style)
            _runs.RemoveAt(_runs.Count - 1);
        _runs.Add((_length, style));
        return this;
    }

    /// <summary>The style at an index, and the end index of its run.</summary>
    /// <param name="at">The index.</param>
    /// <param name="run">The run to search from; receives the run found, so a walk from left to right visits each
    /// run once.</param>
    public (int End, Style Style) At(int at, ref int run)
    {
        while (_runs[run].End <= at)
            run++;
        return _runs[run];
    }

    public override string ToString() => Text.ToString();
}
