using System.Text;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Protocol.Wire;

namespace Chat.Server.Rooms;

/// <summary>
/// Handles the requests of rich clients, one request a line. Messages, actions, whispers and renames carry a
/// number, and each number is handled once. After a reconnect a client repeats the requests without
/// acknowledgement; repeats are ignored.
/// </summary>
internal sealed class RichRequests(Room room)
{
    private readonly byte[] _text = new byte[ProtocolLimits.TextBytes];
    private readonly byte[] _snippet = new byte[2 * ProtocolLimits.SnippetBytes + ProtocolLimits.HeadBytes];
    private readonly byte[] _correction = new byte[2 * ProtocolLimits.SnippetBytes + 2 * ProtocolLimits.HeadBytes];
    private readonly byte[] _unescaped = new byte[2 * ProtocolLimits.SnippetBytes + ProtocolLimits.HeadBytes];
    private readonly byte[] _page = new byte[ServerLimits.AnswerBytes];

    /// <summary>Handles one line from a rich member.</summary>
    /// <returns>False when the member asked to leave.</returns>
    public bool Handle(Member member, ReadOnlySpan<byte> line, ClockReading now)
    {
        ReadOnlySpan<byte> rest = line,
            verb = RichWire.Word(ref rest);
        if (verb.SequenceEqual("bye"u8))
            return false;
        if (!RichWire.TryNumber(RichWire.Word(ref rest), out long id))
        {
            member.Answering = 0;
            room.Refuse(member, "a request is a word, a number, and what belongs to it");
            return true;
        }
        member.Answering = id;
        Dispatch(member, verb, id, rest, now);
        member.Answering = 0;
        return true;
    }

    private void Dispatch(Member member, ReadOnlySpan<byte> verb, long id, ReadOnlySpan<byte> rest, ClockReading now)
    {
        if (verb.SequenceEqual("ping"u8))
            room.Answer(member, "pong"u8, "");
        else if (verb.SequenceEqual("who"u8))
            RosterReply.SendNames(room, member);
        else if (verb.SequenceEqual("topic"u8))
            room.SendTopic(member);
        else if (verb.SequenceEqual("people"u8))
            SendRoster(member, rest, now);
        else if (verb.SequenceEqual("history"u8))
            Replay(member, rest);
        else if (verb.SequenceEqual("find"u8))
            Find(member, rest);
        else if (verb.SequenceEqual("host"u8))
            Prove(member, rest, now);
        else if (verb.SequenceEqual("was"u8))
            TakeOver(member, rest, now);
        else if (id >= ServerLimits.LargestNumber)
            room.Refuse(member, $"the number of a request is below {ServerLimits.LargestNumber}");
        else if (id > member.Seat!.Taken)
            HandleLogged(member, verb, id, rest, now);
    }

    private void Prove(Member member, ReadOnlySpan<byte> proof, ClockReading now)
    {
        if (proof.IsEmpty)
            room.Challenge(member);
        else if (room.Prove(member, proof, now) is string refusal)
            room.Refuse(member, refusal);
        else
            room.Answer(member, "done"u8, "");
    }

    // In the clear, others may have read the token.
    private void TakeOver(Member member, ReadOnlySpan<byte> token, ClockReading now)
    {
        if (member.IsEncrypted && RichWire.TrySecret(token, out UInt128 old))
            room.TakeOver(member, old, now);
    }

    private void SendRoster(Member member, ReadOnlySpan<byte> rest, ClockReading now)
    {
        long most = ProtocolLimits.Clients;
        bool valid =
            RichWire.TryNumber(RichWire.Word(ref rest), out long after)
            && (rest.IsEmpty || RichWire.TryNumber(rest, out most));
        if (valid)
            member.Feed.Answer(_page.AsSpan(0, RosterReply.Page(_page, room, member, after, most, now)));
        else
            room.Refuse(member, "people takes the number to go on after, 0 for the beginning, and how many are wanted");
    }

    private void Replay(Member member, ReadOnlySpan<byte> rest)
    {
        if (RichWire.TryNumber(rest, out long lines) && lines > 0)
            room.Replay(member, (int)Math.Min(lines, int.MaxValue));
        else
            room.Refuse(member, "history takes a number of lines");
    }

    private void Find(Member member, ReadOnlySpan<byte> rest)
    {
        bool isValid =
            RichWire.TryNumber(RichWire.Word(ref rest), out long before)
            & Clean(rest, out ReadOnlySpan<byte> text) is null;
        if (!isValid)
        {
            room.Refuse(member, "find takes the offset to search before, 0 for the end, and a text");
            return;
        }
        if (RichWire.FindRefusal(text.Length) is string refusal)
        {
            room.Refuse(member, refusal);
            return;
        }
        room.Answer(member, "finding"u8, "");
        room.Searches.Begin(new Search(member, before > 0 ? before : long.MaxValue, Encoding.UTF8.GetString(text)));
    }

    private void HandleLogged(
        Member member,
        ReadOnlySpan<byte> verb,
        long id,
        ReadOnlySpan<byte> rest,
        ClockReading now
    )
    {
        string? refusal = null;
        if (!verb.SequenceEqual("do"u8) && room.WordsForMuted(member, now) is string muted)
            refusal = muted;
        else if (verb.SequenceEqual("say"u8))
            refusal = Clean(rest, out ReadOnlySpan<byte> text) ?? Say(member, text, now);
        else if (verb.SequenceEqual("snippet"u8))
            refusal = SaySnippet(member, rest, now);
        else if (verb.SequenceEqual("edit"u8))
            refusal = Edit(member, rest, now);
        else if (verb.SequenceEqual("delete"u8))
            refusal = Delete(member, rest, now);
        else if (verb.SequenceEqual("re"u8))
            refusal = SayQuoting(member, rest, now);
        else if (verb.SequenceEqual("me"u8))
            refusal = Clean(rest, out ReadOnlySpan<byte> text) ?? Act(member, text, now);
        else if (verb.SequenceEqual("tell"u8))
            refusal = SendPrivate(member, rest, now);
        else if (verb.SequenceEqual("do"u8))
            refusal = Do(member, rest, now);
        else if (verb.SequenceEqual("nick"u8))
            refusal = room.Rename(member, Word(rest), now);
        else
            refusal = RichWire.UnknownRequest + Word(verb);
        if (refusal is not null)
            room.Refuse(member, refusal);
        // Set last: a key line that the request appends must not record it as taken before its own line is in the log.
        member.Seat!.Taken = id;
    }

    private string? Say(Member member, ReadOnlySpan<byte> text, ClockReading now)
    {
        room.Say(member, text, now);
        return null;
    }

    private string? Act(Member member, ReadOnlySpan<byte> text, ClockReading now)
    {
        room.Act(member, text, now);
        return null;
    }

    private string? Do(Member member, ReadOnlySpan<byte> rest, ClockReading now)
    {
        if (Clean(rest, out ReadOnlySpan<byte> text) is not null)
            return "the command is missing";
        Span<char> characters = stackalloc char[ProtocolLimits.HeadBytes];
        ReadOnlySpan<char> name = SafeText.Word(RichWire.Word(ref text), characters);
        if (RoomCommands.Find(name) is not CommandSyntax command || !command.IsForHosts(hasArguments: true))
            return $"hosts have no command called {name}";
        string? refusal = room.Hosts.Run(member, command, text, now);
        if (refusal is null)
            room.Answer(member, "done"u8, "");
        return refusal;
    }

    private string? SaySnippet(Member member, ReadOnlySpan<byte> escaped, ClockReading now) =>
        CleanEscaped(escaped, out ReadOnlySpan<byte> clean) ?? room.SaySnippet(member, clean, now);

    private string? Edit(Member member, ReadOnlySpan<byte> rest, ClockReading now)
    {
        if (!RichWire.TryNumber(RichWire.Word(ref rest), out long offset))
            return OffsetMissing;
        if (CleanEscaped(rest, out ReadOnlySpan<byte> clean) is string refusal)
            return refusal;
        LineWriter writer = new(_correction);
        writer.Put(offset);
        writer.PutField(clean);
        return room.Edit(member, offset, _correction.AsSpan(0, writer.Length), now);
    }

    private string? Delete(Member member, ReadOnlySpan<byte> rest, ClockReading now)
    {
        if (!RichWire.TryNumber(rest, out long offset))
            return OffsetMissing;
        LineWriter writer = new(_correction);
        writer.Put(offset);
        return room.Delete(member, offset, _correction.AsSpan(0, writer.Length), now);
    }

    private string? SayQuoting(Member member, ReadOnlySpan<byte> rest, ClockReading now) =>
        RichWire.TryNumber(RichWire.Word(ref rest), out long offset)
            ? Clean(rest, out ReadOnlySpan<byte> text) ?? room.SayQuoting(member, offset, text, now)
            : OffsetMissing;

    private const string OffsetMissing = "the offset of the message is missing";

    private string? CleanEscaped(ReadOnlySpan<byte> escaped, out ReadOnlySpan<byte> clean)
    {
        clean = _snippet.AsSpan(0, SafeText.Clean(escaped, _snippet));
        return SnippetText.Refusal(_unescaped.AsSpan(0, SnippetEscape.Unescape(clean, _unescaped)));
    }

    private string? SendPrivate(Member member, ReadOnlySpan<byte> rest, ClockReading now)
    {
        Span<char> characters = stackalloc char[ProtocolLimits.HeadBytes];
        ReadOnlySpan<char> name = SafeText.Word(RichWire.Word(ref rest), characters);
        return Clean(rest, out ReadOnlySpan<byte> text) ?? room.Whisper(member, name, text, now);
    }

    private string? Clean(ReadOnlySpan<byte> words, out ReadOnlySpan<byte> text)
    {
        text = _text.AsSpan(0, SafeText.Clean(words, _text));
        return text.Trim((byte)' ').IsEmpty ? "the message is empty" : null;
    }

    private static string Word(ReadOnlySpan<byte> word) =>
        SafeText.Word(word, stackalloc char[ProtocolLimits.HeadBytes]).ToString();
}
