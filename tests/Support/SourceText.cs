namespace Chat.Tests.Support;

/// <summary>
/// One C# file as the walls look at it: with its comments blanked, and with its literals blanked or kept. Line ends stay
/// where they are, so a place in a view is a place in the file.
///
/// Not a compiler: it knows comments, characters and every form of string, and that the holes of an interpolated string are
/// code. That is all that separates a word one uses from a word one mentions.
/// </summary>
internal sealed class SourceText
{
    private readonly string _text;
    private readonly char[] _code;
    private readonly char[] _withLiterals;
    private int _at;

    public SourceText(string text)
    {
        _text = text;
        _code = text.ToCharArray();
        _withLiterals = text.ToCharArray();
        ScanCode(inHole: false);
    }

    /// <summary>The code alone: neither comments nor what literals say.</summary>
    public string Code => new(_code);

    /// <summary>The code and what its literals say.</summary>
    public string CodeAndLiterals => new(_withLiterals);

    private bool At(string what) => string.CompareOrdinal(_text, _at, what, 0, what.Length) == 0;

    private void ScanCode(bool inHole)
    {
        int depth = 0;
        while (_at < _text.Length)
        {
            if (At("//"))
                BlankComment(_text.IndexOf('\n', _at));
            else if (At("/*"))
                BlankComment(EndAfter("*/"));
            else if (_text[_at] == '\'')
                ScanCharacter();
            else if (StringPrefix() is var prefix and >= 0)
                ScanString(prefix);
            else if (inHole && depth == 0 && _text[_at] == '}')
                return;
            else
            {
                if (_text[_at] == '{')
                    depth++;
                if (_text[_at] == '}')
                    depth--;
                _at++;
            }
        }
    }

    /// <summary>How many <c>$</c> and <c>@</c> stand before the quote that opens a string here; -1 when none opens.</summary>
    private int StringPrefix()
    {
        int quote = _at;
        while (quote < _text.Length && _text[quote] is '$' or '@')
            quote++;
        return quote < _text.Length && _text[quote] == '"' ? quote - _at : -1;
    }

    private void ScanCharacter()
    {
        _at++;
        while (_at < _text.Length && _text[_at] is not ('\'' or '\n'))
            BlankLiteral(_text[_at] == '\\' ? 2 : 1);
        _at++;
    }

    private void ScanString(int prefix)
    {
        int holes = _text.AsSpan(_at, prefix).Count('$');
        bool verbatim = _text.AsSpan(_at, prefix).Contains('@');
        _at += prefix;
        int quotes = 0;
        while (_at + quotes < _text.Length && _text[_at + quotes] == '"')
            quotes++;
        bool raw = quotes >= 3;
        // Two quotes and no third are a string with nothing in it.
        _at += raw ? quotes : 1;
        string end = new string('"', raw ? quotes : 1);
        string opens = new string('{', Math.Max(1, holes));
        while (_at < _text.Length)
        {
            if (verbatim && At("\"\""))
                BlankLiteral(2);
            else if (At(end))
                break;
            else if (!raw && !verbatim && _text[_at] == '\\')
                BlankLiteral(2);
            else if (!raw && holes > 0 && At("{{"))
                BlankLiteral(2);
            else if (holes > 0 && At(opens))
                ScanHole(opens.Length);
            else
                BlankLiteral(1);
        }

        _at += end.Length;
    }

    private void ScanHole(int braces)
    {
        _at += braces;
        ScanCode(inHole: true);
        _at += braces;
    }

    private int EndAfter(string what)
    {
        int end = _text.IndexOf(what, _at, StringComparison.Ordinal);
        return end < 0 ? end : end + what.Length;
    }

    private void BlankComment(int end)
    {
        for (end = end < 0 ? _text.Length : end; _at < end; _at++)
        {
            if (_text[_at] == '\n')
                continue;
            _code[_at] = ' ';
            _withLiterals[_at] = ' ';
        }
    }

    private void BlankLiteral(int length)
    {
        for (int end = Math.Min(_text.Length, _at + length); _at < end; _at++)
        {
            if (_text[_at] != '\n')
                _code[_at] = ' ';
        }
    }
}
