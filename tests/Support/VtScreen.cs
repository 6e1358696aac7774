using System.Buffers;
using System.Globalization;
using System.Text;
using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// A terminal's screen that accepts a short list of sequences. It throws on every other sequence or control, and on
/// bytes that are not UTF-8. So a test that draws on it shows two things: the place of each character, and that no
/// other sequence reached the terminal. The list:
///
///     CR  LF  BS  BEL (counted)
///     ESC [ n D   ESC [ n C   ESC [ n G   ESC [ H        left, right, to column, home (without parameters)
///     ESC [ A                                             a row up
///     ESC [ K   0 1 2     ESC [ J   0 2                   erase in the row, on the screen
///     ESC [ ... m                                         SGR, kept per cell as text
///     ESC [ ? 2004 h/l    ESC [ ? 25 h/l                  bracketed paste, caret shown
///     ESC [ ? 1004 h/l                                    reports of the focus
///     ESC [ 22 ; 2 t      ESC [ 23 ; 2 t    ESC ] 2 ;     the title kept, put back, set
///     ESC ] 8 ; ;         ESC ] 52 ; c ;                  a link, the clipboard
///     ESC ] 9 ;           ESC ] 777 ; notify ;    ESC ] 99 ; ;    desktop notices
///
/// <see cref="Also"/> accepts further sequences without effect, for foreign programs. All members may be used from
/// several threads. After the first offence every further call of <see cref="Feed(ReadOnlySpan{byte})"/> throws the
/// same exception.
/// </summary>
internal sealed class VtScreen
{
    private readonly Lock _gate = new();
    private readonly VtGrid _grid;
    private readonly HashSet<string> _also = new(StringComparer.Ordinal);
    private readonly StringBuilder _escape = new();
    private readonly Stack<string> _titles = [];
    private readonly StringBuilder _linked = new();
    private string? _link;
    private readonly byte[] _unfinished = new byte[4];
    private readonly StringBuilder _recent = new();
    private int _unfinishedBytes;
    private XunitException? _offence;

    /// <summary>An empty screen, the caret at home.</summary>
    /// <param name="columns">At least 2, so that a wide character has a place.</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="width">Cells of a grapheme cluster, 0 to 2; null: <see cref="VtWidth.Of"/>.</param>
    public VtScreen(int columns, int rows, Func<string, int>? width = null) =>
        _grid = new VtGrid(columns, rows, width ?? VtWidth.Of);

    public int Columns => Locked(() => _grid.Columns);

    public int Rows => Locked(() => _grid.Rows);

    /// <summary>Row and column of the caret, from 0.</summary>
    public (int Row, int Column) Cursor => Locked(() => (_grid.Row, _grid.Column));

    /// <summary>The last column was just written; the next character goes to the next row.</summary>
    /// <inheritdoc cref="VtGrid.IsResizing"/>
    public bool IsResizing
    {
        set
        {
            lock (_gate)
                _grid.IsResizing = value;
        }
    }

    public bool WrapPending => Locked(() => _grid.WrapPending);

    public bool CursorIsVisible { get; private set; } = true;

    public bool PasteIsBracketed { get; private set; }

    public int Bells { get; private set; }

    /// <summary>The program asked for reports of the focus (DECSET 1004).</summary>
    public bool ReportsFocus { get; private set; }

    /// <summary>The title of the window.</summary>
    public string Title { get; private set; } = "shell";

    /// <summary>The text of the clipboard; empty until one is set.</summary>
    public string Clipboard { get; private set; } = "";

    /// <summary>The links that have ended: the target, and the text behind it.</summary>
    public List<(string Target, string Text)> Links { get; } = [];

    /// <summary>The desktop notices, each from its number on: <c>9;text</c>.</summary>
    public List<string> Notices { get; } = [];

    /// <summary>Neither a sequence nor a character is half written.</summary>
    public bool AtRest => Locked(() => _escape.Length == 0 && _unfinishedBytes == 0);

    /// <summary>
    /// All rows shown and not erased, oldest first, without trailing blanks.
    /// </summary>
    public IReadOnlyList<string> ScrollbackAndScreen => Locked(() => _grid.AllRows.ToArray());

    /// <summary>The text of one row of the screen, from 0 at the top, without trailing blanks.</summary>
    /// <summary>The same, with wrapped rows joined, as the terminal copies them.</summary>
    public IReadOnlyList<string> Lines => Locked(() => _grid.AllLines.ToArray());

    public string Row(int row) => Locked(() => _grid.RowText(row));

    /// <summary>
    /// The SGR parameters in force where this cell was written, such as <c>1;31</c>; empty when plain.
    /// </summary>
    public string Style(int row, int column) => Locked(() => _grid.StyleAt(row, column));

    /// <summary>Some row, in the scrollback or on the screen, holds this text.</summary>
    public bool Shows(string text) => ScrollbackAndScreen.Any(row => row.Contains(text, StringComparison.Ordinal));

    /// <summary>Accepts these exact sequences, each from its ESC on, without effect.</summary>
    public void Also(params ReadOnlySpan<string> sequences)
    {
        lock (_gate)
        {
            foreach (string sequence in sequences)
                _also.Add(sequence);
        }
    }

    public void Resize(int columns, int rows)
    {
        lock (_gate)
            _grid.Resize(columns, rows);
    }

    public void Feed(string text) => Feed(Encoding.UTF8.GetBytes(text));

    /// <summary>Draws these bytes; a sequence or a character may be split between two calls.</summary>
    /// <exception cref="XunitException">Something that is not on the list; the message shows it and the
    /// screen.</exception>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (byte b in bytes)
            {
                if (_offence is not null)
                    throw _offence;
                _unfinished[_unfinishedBytes++] = b;
                OperationStatus status = Rune.DecodeFromUtf8(
                    _unfinished.AsSpan(0, _unfinishedBytes),
                    out Rune rune,
                    out _
                );
                if (status == OperationStatus.NeedMoreData)
                    continue;
                _unfinishedBytes = 0;
                Take(status == OperationStatus.Done ? rune : throw Offence($"a byte that is not UTF-8: {b:x2}"));
            }
        }
    }

    /// <summary>The screen in a frame, the caret's place below it; for messages.</summary>
    public string Draw()
    {
        lock (_gate)
        {
            var text = new StringBuilder($"+{new string('-', _grid.Columns)}+ {_grid.Columns}x{_grid.Rows}\n");
            for (int row = 0; row < _grid.Rows; row++)
                text.Append('|').Append(_grid.RowText(row)).Append(row == _grid.Row ? "   <- caret\n" : "\n");
            return text.Append($"+{new string('-', _grid.Columns)}+ caret in row {_grid.Row}, column {_grid.Column}")
                .ToString();
        }
    }

    /// <summary>The text with its controls made visible, also those above ASCII.</summary>
    public static string Visible(string text)
    {
        var visible = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
            visible.Append(Rune.IsControl(rune) ? $"\\x{rune.Value:x2}" : rune.ToString());
        return visible.ToString();
    }

    private void Take(Rune rune)
    {
        _recent.Append(rune);
        if (_recent.Length > 200)
            _recent.Remove(0, 100);
        try
        {
            if (_escape.Length > 0)
                Escape(rune);
            else if (Rune.IsControl(rune))
                Control(rune);
            else
                Put(rune);
        }
        catch (XunitException offence) when (_offence is null)
        {
            throw Offence(offence.Message);
        }
    }

    private void Put(Rune rune)
    {
        if (_link is not null)
            _linked.Append(rune);
        _grid.Put(rune);
    }

    private void Control(Rune control)
    {
        switch (control.Value)
        {
            case '\e':
                _escape.Append('\e');
                break;
            case '\r':
                _grid.MoveTo(0);
                break;
            case '\n':
                _grid.LineFeed();
                break;
            case '\b':
                _grid.MoveBy(-1);
                break;
            case '\a':
                Bells++;
                break;
            default:
                throw Offence($"the control \\x{control.Value:x2}");
        }
    }

    private void Escape(Rune next)
    {
        _escape.Append(next);
        string sequence = _escape.ToString();
        if (_also.Contains(sequence))
        {
            _escape.Clear();
            return;
        }

        if (sequence.StartsWith("\e]", StringComparison.Ordinal))
        {
            if (!sequence.EndsWith('\a') && !sequence.EndsWith("\e\\", StringComparison.Ordinal))
                return;
            Osc(sequence[2..^(sequence.EndsWith('\a') ? 1 : 2)]);
            _escape.Clear();
            return;
        }

        bool isCsi = sequence.StartsWith("\e[", StringComparison.Ordinal);
        if (isCsi && sequence.Length > 2 && next.Value is >= 0x40 and <= 0x7E)
        {
            Csi(sequence[2..^1], (char)next.Value);
            _escape.Clear();
        }
        else if (
            !(isCsi && (sequence.Length == 2 || next.Value is >= 0x20 and <= 0x3F))
            && !_also.Any(known => known.StartsWith(sequence, StringComparison.Ordinal))
        )
        {
            throw Offence($"the sequence {Visible(sequence)}");
        }
    }

    private void Csi(string parameters, char final)
    {
        switch (final, parameters)
        {
            case ('D', _) when Count(parameters) is int n:
                _grid.MoveBy(-n);
                break;
            case ('C', _) when Count(parameters) is int n:
                _grid.MoveBy(n);
                break;
            case ('A', ""):
                _grid.MoveUp();
                break;
            case ('G', _) when Count(parameters) is int n:
                _grid.MoveTo(n - 1);
                break;
            case ('H', ""):
                _grid.Home();
                break;
            case ('K', "" or "0"):
                _grid.EraseInRow(0);
                break;
            case ('K', "1"):
                _grid.EraseInRow(1);
                break;
            case ('K', "2"):
                _grid.EraseInRow(2);
                break;
            case ('J', "" or "0"):
                _grid.EraseInScreen(0);
                break;
            case ('J', "2"):
                _grid.EraseInScreen(2);
                break;
            case ('m', _) when parameters.All(c => char.IsAsciiDigit(c) || c is ';' or ':'):
                Paint(parameters);
                break;
            case ('h' or 'l', "?2004"):
                PasteIsBracketed = final == 'h';
                break;
            case ('h' or 'l', "?1004"):
                ReportsFocus = final == 'h';
                break;
            case ('t', "22;2"):
                _titles.Push(Title);
                break;
            case ('t', "23;2"):
                Title = _titles.Count > 0 ? _titles.Pop() : Title;
                break;
            case ('h' or 'l', "?25"):
                CursorIsVisible = final == 'h';
                break;
            default:
                throw Offence($"the sequence \\x1b[{parameters}{final}");
        }
    }

    private void Osc(string command)
    {
        if (command.StartsWith("8;;", StringComparison.Ordinal))
            Link(command[3..]);
        else if (command.StartsWith("52;c;", StringComparison.Ordinal))
            Clipboard = Encoding.UTF8.GetString(Convert.FromBase64String(command[5..]));
        else if (command.StartsWith("2;", StringComparison.Ordinal))
            Title = command[2..];
        else if (
            command.StartsWith("9;", StringComparison.Ordinal)
            || command.StartsWith("777;notify;", StringComparison.Ordinal)
            || command.StartsWith("99;;", StringComparison.Ordinal)
        )
            Notices.Add(command);
        else
            throw Offence($"the command {Visible(command)}");
    }

    private void Link(string target)
    {
        if (_link is not null)
            Links.Add((_link, _linked.ToString()));
        _link = target.Length > 0 ? target : null;
        _linked.Clear();
    }

    private void Paint(string parameters)
    {
        if (parameters is "" or "0")
            _grid.Style = "";
        else if (parameters.StartsWith("0;", StringComparison.Ordinal))
            _grid.Style = parameters[2..];
        else
            _grid.Style = _grid.Style.Length == 0 ? parameters : $"{_grid.Style};{parameters}";
    }

    /// <summary>The distance: absent and 0 mean 1, as in ECMA-48's common reading.</summary>
    private static int? Count(string parameter)
    {
        if (parameter.Length == 0)
            return 1;
        return int.TryParse(parameter, NumberStyles.None, CultureInfo.InvariantCulture, out int n)
            ? Math.Max(n, 1)
            : null;
    }

    private XunitException Offence(string what) =>
        _offence ??= new XunitException($"The terminal was sent {what}\nafter {Visible(_recent.ToString())}\n{Draw()}");

    private T Locked<T>(Func<T> read)
    {
        lock (_gate)
            return read();
    }
}
