namespace Chat.Server.Log;

/// <summary>
/// The output one member has not received yet: a cursor in the log, and a private lane.
/// </summary>
/// <remarks>
/// The lane is a small bounded buffer of whole lines for this member alone (answers, errors). An answer goes
/// out when the cursor reaches the offset that was the end of the log when it was given. So answers and log
/// lines arrive in the order of events. That offset is the start of a line, so an answer never cuts a line,
/// however little the socket accepts.
/// <para>
/// The cursor hops over ranges that are not for this member: its own lines, and whispers between others. Hops
/// cut the output into pieces. Short pieces are copied into one, because a copy of kilobytes costs less than a
/// tenth of a send.
/// </para>
/// <para>
/// Call <see cref="Next"/> and <see cref="Advance"/> in turn. A feed does not depend on how the bytes are sent.
/// </para>
/// </remarks>
/// <param name="log">The log in the form that this member receives.</param>
/// <param name="whispers">The ranges of the log that only two people can read.</param>
/// <param name="person">The reader's number in <paramref name="whispers"/>.</param>
/// <param name="cursor">The start of the first line to send.</param>
internal sealed class Feed(RoomLog log, HiddenRanges whispers, long person, long cursor)
{
    // A constant instead of a nullable, which takes eight bytes more in every member.
    private const long NoTarget = -1;

    private byte[] _lane = [];
    private int _laneStart,
        _laneEnd;

    // The first answers in the lane, this many bytes, go out at this offset of the log; later answers at later offsets.
    private long _laneAt;
    private int _laneFirst;
    private List<(long At, int Length)>? _laneRest;

    // Ranges before the index lie behind the cursor.
    private List<(long Start, long End)>? _own;
    private int _ownAt;
    private long _end = long.MaxValue;
    private bool _insideLine,
        _insideAnswer;
    private long _goTo = NoTarget;

    /// <summary>The offset of the next log byte to send, before pending hops.</summary>
    public long Cursor { get; private set; } = cursor;

    /// <summary>The log has overwritten the place of the cursor; the lines to send are lost.</summary>
    public bool IsOvertaken => Cursor < log.Head;

    /// <summary>The bytes sent so far end inside a line, or inside the answers given at one time.</summary>
    public bool IsInsideLine => _insideLine || _insideAnswer;

    /// <summary>Free bytes in the lane.</summary>
    public int LaneFree => ServerLimits.LaneBytes - (_laneEnd - _laneStart);

    /// <summary>
    /// Adds bytes for this member alone: whole lines, or whole telnet sequences, which have no line end. Bytes
    /// that do not fit <see cref="LaneFree"/> are dropped as a whole.
    /// </summary>
    public void Answer(ReadOnlySpan<byte> lines)
    {
        if (lines.Length > LaneFree)
            return;
        if (_laneEnd + lines.Length > _lane.Length)
        {
            ReadOnlySpan<byte> waiting = _lane.AsSpan(_laneStart, _laneEnd - _laneStart);
            byte[] larger = new byte[Math.Max(2 * waiting.Length, waiting.Length + lines.Length)];
            waiting.CopyTo(larger);
            (_lane, _laneStart, _laneEnd) = (larger, 0, waiting.Length);
        }
        lines.CopyTo(_lane.AsSpan(_laneEnd));
        _laneEnd += lines.Length;
        if (_laneFirst == 0)
            _laneAt = End;
        if (_laneAt == End)
            _laneFirst += lines.Length;
        else if (_laneRest is [.., var last] && last.At == End)
            _laneRest[^1] = (End, last.Length + lines.Length);
        else
            (_laneRest ??= []).Add((End, lines.Length));
    }

    /// <summary>
    /// Marks a range of the log as not for this member. Ranges come in order and consist of whole lines.
    /// </summary>
    public void HopOver(long start, long end)
    {
        bool none = _own is null || _ownAt == _own.Count;
        if (none && start == Cursor)
        {
            Cursor = end;
            return;
        }
        // Ranges behind the cursor are dropped in bulk, which makes the cost per line negligible.
        if (none || _ownAt > Math.Max(64, _own!.Count / 2))
        {
            _own?.RemoveRange(0, _ownAt);
            _ownAt = 0;
        }
        (_own ??= []).Add((start, end));
    }

    /// <summary>
    /// Moves the cursor to an earlier line once the current line is finished, or leaves it in place. Hops ahead
    /// are forgotten, and waiting answers go out before that line.
    /// </summary>
    public void GoTo(long lineStart)
    {
        (_own, _ownAt) = (null, 0);
        (_laneAt, _laneFirst) = (0, _laneEnd - _laneStart);
        _laneRest?.Clear();
        if (!_insideLine)
            Cursor = lineStart;
        else if (lineStart < Cursor)
            _goTo = lineStart;
    }

    /// <summary>
    /// The start of the last given number of lines that this member may read, or the earliest line still safe
    /// to start at.
    /// </summary>
    public long Back(int lines) => Back(lines, out _);

    /// <inheritdoc cref="Back(int)"/>
    /// <param name="lines">The most lines to go back.</param>
    /// <param name="found">How many lines there are.</param>
    public long Back(int lines, out int found)
    {
        long first = log.FirstPlace;
        long at = log.Tail;
        for (found = 0; found < lines && at > first; )
        {
            at = log.LineStartBefore(at);
            if (!whispers.Hides(at, person))
                found++;
        }
        return at;
    }

    /// <summary>The overwritten bytes that <see cref="CatchUp"/> skips.</summary>
    public long Lag => log.FirstLine - Cursor;

    /// <summary>Continues at the earliest line that is still whole, after the log has overwritten the cursor.</summary>
    public void CatchUp()
    {
        Cursor = log.FirstLine;
        _goTo = NoTarget;
        _insideLine = false;
    }

    /// <summary>Excludes lines that are appended from now on.</summary>
    public void EndHere() => _end = Math.Min(_end, log.Tail);

    /// <summary>
    /// The next bytes to send, in one piece; empty when there are none. Do not call it while
    /// <see cref="IsOvertaken"/>.
    /// </summary>
    /// <param name="gathering">A buffer to join pieces between hops; the result may lie in it. Without it, the
    /// result is the first piece.</param>
    public ReadOnlySpan<byte> Next(Span<byte> gathering = default)
    {
        if (IsLaneDue)
            return _lane.AsSpan(_laneStart, _laneFirst);
        long end = Hop();
        if (IsLaneDue)
            return _lane.AsSpan(_laneStart, _laneFirst);

        bool isAnswerNext = _laneFirst > 0 && _laneAt <= Cursor;
        long limit = _laneFirst > 0 && !isAnswerNext ? _laneAt : long.MaxValue;
        ReadOnlySpan<byte> piece = log.Read(Cursor, Math.Min(end, limit));
        if (isAnswerNext || _goTo != NoTarget)
            return piece.IndexOf((byte)'\n') is >= 0 and int lineEnd ? piece[..(lineEnd + 1)] : piece;
        return piece.Length >= gathering.Length / 2 || Cursor + piece.Length == Math.Min(End, limit)
            ? piece
            : Gather(gathering, limit);
    }

    /// <summary>Reports how many bytes of <see cref="Next"/> were sent. Nothing may be added in between.</summary>
    public void Advance(int sent)
    {
        if (sent == 0)
            return;
        if (IsLaneDue)
        {
            AdvanceLane(sent);
            return;
        }
        for (long left = sent, taken; left > 0; left -= taken)
        {
            taken = Math.Min(left, Hop() - Cursor);
            Cursor += taken;
        }
        _insideLine = log.Read(Cursor - 1, Cursor)[0] != '\n';
        if (_insideLine || _goTo == NoTarget)
            return;
        Cursor = _goTo;
        _goTo = NoTarget;
    }

    // The end offset of the lines to send.
    private long End => Math.Min(log.Tail, _end);

    private bool IsLaneDue => _laneFirst > 0 && !_insideLine && _laneAt <= Cursor;

    private void AdvanceLane(int sent)
    {
        (_laneStart, _laneFirst) = (_laneStart + sent, _laneFirst - sent);
        // The last answer is complete, with or without a line end.
        _insideAnswer = _laneFirst > 0 && _lane[_laneStart - 1] != '\n';
        if (_laneFirst > 0)
            return;
        if (_laneRest is [var next, ..])
        {
            (_laneAt, _laneFirst) = next;
            _laneRest.RemoveAt(0);
            return;
        }
        (_lane, _laneStart, _laneEnd, _laneRest) = (
            _lane.Length <= ServerLimits.KeptLaneBytes ? _lane : [],
            0,
            0,
            null
        );
    }

    private ReadOnlySpan<byte> Gather(Span<byte> gathering, long limit)
    {
        int length = 0,
            own = _ownAt;
        for (long at = Cursor; length < gathering.Length; )
        {
            long end = Math.Min(Hop(ref at, ref own), limit);
            if (at >= end)
                break;
            ReadOnlySpan<byte> piece = log.Read(at, end);
            piece = piece[..Math.Min(piece.Length, gathering.Length - length)];
            piece.CopyTo(gathering[length..]);
            length += piece.Length;
            at += piece.Length;
        }
        return gathering[..length];
    }

    private long Hop()
    {
        long at = Cursor;
        long end = Hop(ref at, ref _ownAt);
        Cursor = at;
        return end;
    }

    // Moves a cursor, and its index in the own ranges, over ranges that are not for this member. Returns the
    // start of the next such range, or the end of the lines to send.
    private long Hop(ref long at, ref int own)
    {
        while (true)
        {
            long end = End;
            if (_own is not null && own < _own.Count)
            {
                (long start, long after) = _own[own];
                if (start <= at)
                {
                    own++;
                    at = Math.Max(at, after);
                    continue;
                }
                end = Math.Min(end, start);
            }
            if (whispers.NextHidden(at, person, out long hidden, out long afterHidden))
            {
                if (hidden <= at)
                {
                    at = afterHidden;
                    continue;
                }
                end = Math.Min(end, hidden);
            }
            return Math.Max(end, at);
        }
    }
}
