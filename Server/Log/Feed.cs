namespace Chat.Server.Log;

/// <summary>
/// What one member is still owed: a place in the log, and what has no place there.
/// </summary>
/// <remarks>
/// The cursor says everything about the conversation. Beside it stands the private lane, a small bounded buffer of whole lines for this
/// member alone (answers, errors). An answer goes out when the cursor has reached the place that was the end of the log when it was
/// given, so answers and lines of the log come in the order of what happened. That place is the start of a line: so no line is ever
/// cut by another, whatever the socket takes. And the cursor hops over stretches that are not for this member: what it typed itself, and whispers
/// between others. Such hops cut what is owed into pieces; short ones are copied into one, because a copy of kilobytes costs less than a tenth of a send.
/// <para>
/// <see cref="Next"/> and <see cref="Advance"/> are used in turn; a feed neither knows nor cares what carries the bytes.
/// </para>
/// </remarks>
/// <param name="log">The log of the dialect this member speaks.</param>
/// <param name="whispers">Its stretches for two people.</param>
/// <param name="person">Who reads, in <paramref name="whispers"/>.</param>
/// <param name="cursor">The start of the first line owed.</param>
internal sealed class Feed(RoomLog log, HiddenRanges whispers, long person, long cursor)
{
    // Not a nullable, which takes eight bytes more of every member.
    private const long Nowhere = -1;

    private byte[] _lane = [];
    private int _laneStart,
        _laneEnd;

    // The first answers in the lane, so many bytes, go out at this place of the log; those behind them at later places.
    private long _laneAt;
    private int _laneFirst;
    private List<(long At, int Length)>? _laneRest;

    // Those before the index lie behind the cursor.
    private List<(long Start, long End)>? _own;
    private int _ownAt;
    private long _end = long.MaxValue;
    private bool _insideLine,
        _insideAnswer;
    private long _goTo = Nowhere;

    /// <summary>The offset of the next byte of the log to be sent, hops not yet taken.</summary>
    public long Cursor { get; private set; } = cursor;

    /// <summary>The log has run over our place: what is owed is gone.</summary>
    public bool Overtaken => Cursor < log.Head;

    /// <summary>What was sent so far ends in the middle of a line, or of the answers given at one time.</summary>
    public bool IsInsideLine => _insideLine || _insideAnswer;

    /// <summary>Bytes the lane can still take.</summary>
    public int LaneFree => ServerLimits.LaneBytes - (_laneEnd - _laneStart);

    /// <summary>
    /// Adds bytes for this member alone: whole lines, or whole sequences of telnet, which have no line end. They must fit
    /// <see cref="LaneFree"/>; what does not is dropped whole.
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

    /// <summary>Marks a stretch of the log as not for this member. Stretches come in order and each is whole lines.</summary>
    public void HopOver(long start, long end)
    {
        bool none = _own is null || _ownAt == _own.Count;
        if (none && start == Cursor)
        {
            Cursor = end;
            return;
        }
        // What lies behind is dropped in bulk, so that it costs nothing per line.
        if (none || _ownAt > Math.Max(64, _own!.Count / 2))
        {
            _own?.RemoveRange(0, _ownAt);
            _ownAt = 0;
        }
        (_own ??= []).Add((start, end));
    }

    /// <summary>
    /// Puts the cursor on an earlier line, once the line begun is finished, or leaves it where it stands. The hops that lay ahead are
    /// forgotten, and the answers that wait go out before that line.
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

    /// <summary>Where the last so many lines begin that this member may read, or the earliest that it can still be put on.</summary>
    public long Back(int lines) => Back(lines, out _);

    /// <inheritdoc cref="Back(int)"/>
    /// <param name="lines">At most so many.</param>
    /// <param name="found">How many there are.</param>
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

    /// <summary>Bytes that were overtaken: what <see cref="CatchUp"/> gives up.</summary>
    public long Lag => log.FirstLine - Cursor;

    /// <summary>After being overtaken: goes on with the earliest line that is still whole.</summary>
    public void CatchUp()
    {
        Cursor = log.FirstLine;
        _goTo = Nowhere;
        _insideLine = false;
    }

    /// <summary>Nothing that is appended from now on is owed.</summary>
    public void EndHere() => _end = Math.Min(_end, log.Tail);

    /// <summary>The next bytes to send, in one piece; empty when nothing is owed. Not to be called when <see cref="Overtaken"/>.</summary>
    /// <param name="gathering">Where pieces between hops may be put together; what is returned may lie there. Without it there is no more than the first.</param>
    public ReadOnlySpan<byte> Next(Span<byte> gathering = default)
    {
        if (IsLaneDue)
            return _lane.AsSpan(_laneStart, _laneFirst);
        long end = Hop();
        if (IsLaneDue)
            return _lane.AsSpan(_laneStart, _laneFirst);

        bool isAnswerNext = _laneFirst > 0 && _laneAt <= Cursor;
        long limit = _laneFirst > 0 && !isAnswerNext ? _laneAt : long.MaxValue;
        ReadOnlySpan<byte> stretch = log.Read(Cursor, Math.Min(end, limit));
        if (isAnswerNext || _goTo != Nowhere)
            return stretch.IndexOf((byte)'\n') is >= 0 and int lineEnd ? stretch[..(lineEnd + 1)] : stretch;
        return stretch.Length >= gathering.Length / 2 || Cursor + stretch.Length == Math.Min(End, limit)
            ? stretch
            : Gather(gathering, limit);
    }

    /// <summary>Says how much of what <see cref="Next"/> gave was sent. Nothing may have been added in between.</summary>
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
        if (_insideLine || _goTo == Nowhere)
            return;
        Cursor = _goTo;
        _goTo = Nowhere;
    }

    // The offset after the last byte that can be owed.
    private long End => Math.Min(log.Tail, _end);

    private bool IsLaneDue => _laneFirst > 0 && !_insideLine && _laneAt <= Cursor;

    private void AdvanceLane(int sent)
    {
        (_laneStart, _laneFirst) = (_laneStart + sent, _laneFirst - sent);
        // The last of them is whole, line end or not.
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

    // Moves a cursor, and its place among the own stretches, over what is not for this member; returns where the next such stretch begins, or the end
    // of what is owed.
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
