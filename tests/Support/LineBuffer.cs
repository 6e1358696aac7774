using System.Text;

namespace Chat.Tests.Support;

/// <summary>
/// Received bytes as lines, with a read position: a search continues after the last found line, as `expect` does. So
/// a line that arrives twice is found twice. Not thread-safe; the owner locks.
/// </summary>
internal sealed class LineBuffer
{
    private readonly List<byte> _bytes = [];
    private readonly List<string> _lines = [];
    private int _lineStart;
    private int _place;

    /// <summary>Every whole line so far, without its LF (a CR stays), decoded as UTF-8.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>Every byte so far.</summary>
    public byte[] Bytes => [.. _bytes];

    /// <summary>The bytes after the last LF.</summary>
    public string Rest => Decode(_lineStart, _bytes.Count);

    public string Text => Decode(0, _bytes.Count);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            _bytes.Add(b);
            if (b != '\n')
                continue;
            _lines.Add(Decode(_lineStart, _bytes.Count - 1));
            _lineStart = _bytes.Count;
        }
    }

    /// <summary>
    /// The next matching line; the read position moves behind it. Null if there is none yet; then the position stays.
    /// </summary>
    public string? Find(Func<string, bool> fits)
    {
        for (int i = _place; i < _lines.Count; i++)
        {
            if (!fits(_lines[i]))
                continue;
            _place = i + 1;
            return _lines[i];
        }

        return null;
    }

    /// <summary>All text so far with visible controls and the read position, for messages.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        for (int i = 0; i < _lines.Count; i++)
            text.Append(i == _place ? "--> looked from here on\n" : "")
                .Append("    ")
                .Append(VtScreen.Visible(_lines[i]))
                .Append('\n');
        if (_place == _lines.Count)
            text.Append("--> looked from here on\n");
        return text.Append("    ").Append(VtScreen.Visible(Rest)).Append("(no line feed yet)").ToString();
    }

    private string Decode(int from, int to) => Encoding.UTF8.GetString(_bytes.GetRange(from, to - from).ToArray());
}
