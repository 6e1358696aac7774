using Chat.Protocol;
using Chat.Protocol.Wire;

namespace Chat.Server.Rooms;

/// <summary>A member's search of the log, from the newest line to the oldest, and the lines found so far.</summary>
/// <param name="member">The rich member that asks.</param>
/// <param name="before">Only lines that begin before this offset are searched.</param>
/// <param name="text">The text to find, clean.</param>
internal sealed class Search(Member member, long before, string text)
{
    private readonly long _id = member.Answering;
    private readonly List<byte[]> _found = [];
    private int _bytes;
    private bool _hasMore;

    public Member Member { get; } = member;

    public string Text { get; } = text;

    /// <summary>Lines that begin before this offset are still to be searched.</summary>
    public long Before { get; set; } = before;

    /// <summary>The page is full, or the beginning of the log was reached.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>How often the slice before <see cref="Before"/> could not be read.</summary>
    public int Failures { get; set; }

    /// <summary>Completes the search: the beginning of the log was reached.</summary>
    public void Complete() => IsComplete = true;

    /// <summary>Adds a line, older than the last one.</summary>
    /// <param name="line">The line without its line feed.</param>
    /// <param name="offset">Its offset.</param>
    /// <returns>False when the page is full. The next page begins before <see cref="Before"/>.</returns>
    public bool Add(ReadOnlySpan<byte> line, long offset)
    {
        Span<byte> answer = stackalloc byte[ProtocolLimits.RelayedLineBytes + ProtocolLimits.HeadBytes];
        answer = answer[..RichWire.Found(answer, _id, line)];
        if (_bytes + answer.Length > ServerLimits.AnswerBytes - ProtocolLimits.HeadBytes)
        {
            (IsComplete, _hasMore) = (true, true);
            return false;
        }
        _found.Add(answer.ToArray());
        (_bytes, Before) = (_bytes + answer.Length, offset);
        _hasMore = _found.Count == ProtocolLimits.FoundLines;
        IsComplete = _hasMore;
        return !IsComplete;
    }

    /// <summary>Writes the answer: the lines, newest first, and a last line.</summary>
    /// <param name="page">Holds <see cref="ServerLimits.AnswerBytes"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> page)
    {
        int length = 0;
        foreach (byte[] line in _found)
        {
            line.CopyTo(page[length..]);
            length += line.Length;
        }
        return length + RichWire.FindEnd(page[length..], _id, _hasMore ? Before : null);
    }
}
