using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Chat.Protocol.Wire;

/// <summary>The kind of a line of the rich log.</summary>
internal enum LineKind
{
    /// <summary>A kind unknown to this build, or not a line of the log.</summary>
    Unknown,
    Say,
    Me,
    Tell,
    Join,
    Leave,
    Rename,
    Notice,

    /// <summary>A message of several rows; its text is escaped (<see cref="SnippetEscape"/>).</summary>
    Snippet,

    /// <summary>
    /// Corrects an earlier message. The text is the offset of that message, a space and the new text, escaped.
    /// </summary>
    Edit,

    /// <summary>Withdraws an earlier message. The text is the offset of that message.</summary>
    Delete,

    /// <summary>
    /// Answers an earlier message. The text is the offset of that message, a space, a quotation and the answer.
    /// </summary>
    Re,

    /// <summary>Internal: the token and the secret of a seat. Sent to no client.</summary>
    Key,

    /// <summary>Internal: the numbers of the two people of the next whisper. Sent to no client.</summary>
    Pair,

    /// <summary>Internal: a decision of a host about a person or an address. Sent to no client.</summary>
    Rule,
}

/// <summary>
/// Identifies a line: the client that sent it, and the client's own number for it. All zero for lines without a
/// number.
/// </summary>
/// <param name="Seat">The public number of the client.</param>
/// <param name="Id">Rises within the seat; 0 for a line that the client did not number.</param>
internal readonly record struct LineId(long Seat, long Id);

/// <summary>The kind of client of a person.</summary>
internal enum ClientKind
{
    /// <summary>A kind unknown to this build, or none.</summary>
    Unknown,

    /// <summary>A tool that only sends lines: nc, socat, a script.</summary>
    Plain,

    /// <summary>A client that negotiates as telnet does.</summary>
    Telnet,

    /// <summary>A client that speaks the rich protocol, such as <c>chat client</c>.</summary>
    Chat,
}

/// <summary>One person in the room, from a <c>person</c> line.</summary>
internal readonly ref struct PersonLine
{
    /// <summary>The number of the person, which survives a rename.</summary>
    public long Number { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>When the person joined, in milliseconds since the log began.</summary>
    public long Since { get; init; }

    /// <summary>Milliseconds since the person's last message or join.</summary>
    public long Idle { get; init; }

    public ClientKind Client { get; init; }

    /// <summary>Whether this is the person that asked.</summary>
    public bool IsReader { get; init; }

    /// <summary>A connection of the person is without encryption, and others can read along.</summary>
    public bool IsInClear { get; init; }
}

/// <summary>A parsed line of the rich log. Its fields are parts of the line.</summary>
internal readonly ref struct RichLine
{
    public long Offset { get; init; }

    /// <summary>
    /// The time, in milliseconds since the log began; negative if a clock was set back to before that.
    /// </summary>
    public long Milliseconds { get; init; }

    public LineKind Kind { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public LineId Id { get; init; }

    public ReadOnlySpan<byte> Text { get; init; }
}

/// <summary>The parsed first line of a rich client.</summary>
/// <param name="Name">The name asked for; null for none.</param>
/// <param name="Token">Identifies the person; zero for an anonymous one.</param>
/// <param name="Secret">Identifies the client of the person.</param>
/// <param name="Epoch">The epoch of the log that the offset belongs to; null without an offset.</param>
/// <param name="Offset">The offset to resume at; without an epoch, the number of backlog lines asked for.</param>
internal readonly record struct Hello(string? Name, UInt128 Token, UInt128 Secret, string? Epoch, long Offset);

/// <summary>The parsed first line of a connection that asks for an export.</summary>
/// <param name="Token">Identifies the person whose whispers are exported, too.</param>
/// <param name="Epoch">The epoch of the log that the offset belongs to; null without an offset.</param>
/// <param name="Offset">The offset at which to begin.</param>
internal readonly record struct ExportHello(UInt128 Token, string? Epoch, long Offset);

/// <summary>
/// Writes and parses the rich protocol: fields separated by single spaces, the text last. Protocol/README.md is
/// the exact description, with an example of every line.
/// </summary>
/// <remarks>
/// A line of the log begins with its own offset, so a client with that line knows where to resume and needs to
/// count nothing. Numbers are decimal, secrets 32 hexadecimal digits.
/// </remarks>
internal static class RichWire
{
    /// <summary>Hexadecimal digits of an epoch.</summary>
    public const int EpochDigits = 16;

    /// <summary>The words of the refusal of an unknown request, before its verb.</summary>
    public const string UnknownRequest = "this server knows no request called ";

    private const int SecretDigits = 32;

    /// <summary>Why a text cannot be searched for; null if it can.</summary>
    /// <param name="bytes">The bytes of the text.</param>
    public static string? FindRefusal(int bytes) =>
        bytes > ProtocolLimits.FindBytes
            ? $"a text to find has at most {ProtocolLimits.FindBytes} bytes, and this one has {bytes}"
            : null;

    /// <summary>
    /// The name in a notice that counts joins and leaves: the client should request the list of people again.
    /// Other notices have <c>-</c>. Clients of version 0.1.0 ignore this name.
    /// </summary>
    public static ReadOnlySpan<byte> Counted => "*"u8;

    private static ReadOnlySpan<byte> InClear => "clear"u8;

    private static readonly byte[][] Kinds = WordsOf<LineKind>(),
        ClientKinds = WordsOf<ClientKind>(),
        RuleKinds = WordsOf<RuleKind>();

    // ---- The log ----

    /// <summary>Bytes of the longest line of a kind, including its line feed.</summary>
    public static int MostBytes(LineKind kind) =>
        kind is LineKind.Snippet or LineKind.Edit ? ProtocolLimits.SnippetLineBytes : ProtocolLimits.RelayedLineBytes;

    /// <summary>Writes a line of the log.</summary>
    /// <remarks>
    /// The time counts from the beginning of the log. Counted from 1970 it would take 13 digits in every line.
    /// Where bytes dominate the cost of a line (10 senders, 32 lines under way, 1,000 members), rich members
    /// cost 1.04 times as much as plain ones in a new log; with 13 digits it was 1.15. After a day a time has 8
    /// digits, after a year 11.
    /// </remarks>
    /// <param name="line">Holds the longest line of this kind (<see cref="MostBytes"/>).</param>
    /// <param name="offset">The offset of the line in the log.</param>
    /// <param name="milliseconds">The time since the log began; negative for before that.</param>
    /// <param name="kind">The kind of the line.</param>
    /// <param name="name">The name of the person; <c>-</c> for the server.</param>
    /// <param name="id">The number that the sending client gave the line.</param>
    /// <param name="text">Clean, without a line feed.</param>
    /// <returns>Bytes written, including the line feed.</returns>
    public static int Line(
        Span<byte> line,
        long offset,
        long milliseconds,
        LineKind kind,
        string name,
        LineId id,
        ReadOnlySpan<byte> text
    )
    {
        LineWriter writer = new(line);
        writer.Put(offset);
        writer.PutField(milliseconds);
        writer.PutField(Kinds[(int)kind]);
        writer.PutField(name);
        writer.PutField(id);
        if (!text.IsEmpty)
            writer.PutField(text);
        writer.Put("\n"u8);
        return writer.Length;
    }

    /// <summary>Parses a line of the log. False when it is not one.</summary>
    /// <param name="line">The line without its line feed.</param>
    /// <param name="parsed">Its fields, which are parts of <paramref name="line"/>.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, out RichLine parsed)
    {
        parsed = default;
        if (!TryNumber(Word(ref line), out long offset) || !TryTime(Word(ref line), out long time))
            return false;
        LineKind kind = KindOf(Word(ref line));
        ReadOnlySpan<byte> name = Word(ref line);
        if (name.IsEmpty || !TryId(Word(ref line), out LineId id))
            return false;
        parsed = new RichLine
        {
            Offset = offset,
            Milliseconds = time,
            Kind = kind,
            Name = name,
            Id = id,
            Text = line,
        };
        return true;
    }

    // ---- For one client ----

    public static int Welcome(
        Span<byte> line,
        string name,
        string epoch,
        long begun,
        long seat,
        long from,
        long tail,
        long taken
    )
    {
        LineWriter writer = new(line);
        writer.Put("welcome"u8);
        writer.PutField(name);
        writer.PutField(epoch);
        foreach (long number in (ReadOnlySpan<long>)[begun, seat, from, tail, taken])
            writer.PutField(number);
        writer.Put("\n"u8);
        return writer.Length;
    }

    /// <summary>
    /// Writes an answer: <c>info</c>, <c>err</c> or <c>pong</c>, the number of the request, and text.
    /// </summary>
    public static int Answer(Span<byte> line, ReadOnlySpan<byte> verb, long id, string words)
    {
        LineWriter writer = new(line);
        writer.Put(verb);
        writer.PutField(id);
        if (words.Length > 0)
            writer.PutField(words);
        writer.Put("\n"u8);
        return writer.Length;
    }

    /// <summary>Writes a line of the answer to <c>find</c>.</summary>
    /// <param name="answer">Holds the line and <see cref="ProtocolLimits.HeadBytes"/>.</param>
    /// <param name="id">The number of the request.</param>
    /// <param name="line">The line of the log, without its line feed.</param>
    /// <returns>Bytes written, including the line feed.</returns>
    public static int Found(Span<byte> answer, long id, ReadOnlySpan<byte> line)
    {
        LineWriter writer = new(answer);
        writer.Put("found"u8);
        writer.PutField(id);
        writer.PutField(line);
        writer.Put("\n"u8);
        return writer.Length;
    }

    /// <summary>Writes the last line of the answer to <c>find</c>.</summary>
    /// <param name="answer">Holds <see cref="ProtocolLimits.HeadBytes"/>.</param>
    /// <param name="id">The number of the request.</param>
    /// <param name="next">The offset before which the search goes on; null at the beginning of the log.</param>
    /// <returns>Bytes written, including the line feed.</returns>
    public static int FindEnd(Span<byte> answer, long id, long? next)
    {
        LineWriter writer = new(answer);
        writer.Put("find"u8);
        writer.PutField(id);
        if (next is long before)
            writer.PutField(before);
        else
            writer.PutField("-"u8);
        writer.Put("\n"u8);
        return writer.Length;
    }

    /// <summary>Writes the line of an export that stands for bytes of the log that cannot be read any more.</summary>
    /// <param name="line">Holds <see cref="ProtocolLimits.HeadBytes"/>.</param>
    /// <param name="bytes">The number of bytes.</param>
    /// <returns>Bytes written, including the line feed.</returns>
    public static int Lost(Span<byte> line, long bytes)
    {
        LineWriter writer = new(line);
        writer.Put("lost"u8);
        writer.PutField(bytes);
        writer.Put("\n"u8);
        return writer.Length;
    }

    /// <summary>The last line of an export.</summary>
    public static ReadOnlySpan<byte> ExportEnd => "end\n"u8;

    /// <summary>Writes one person of the answer to <c>people</c>.</summary>
    /// <param name="line">Holds <see cref="ProtocolLimits.HeadBytes"/>.</param>
    /// <param name="id">The number of the request.</param>
    /// <param name="name">The name of the person.</param>
    /// <param name="person">The other fields; its name is ignored.</param>
    /// <returns>Bytes written, including the line feed.</returns>
    public static int Person(Span<byte> line, long id, string name, PersonLine person)
    {
        LineWriter writer = new(line);
        writer.Put("person"u8);
        writer.PutField(id);
        writer.PutField(person.Number);
        writer.PutField(name);
        writer.PutField(person.Since);
        writer.PutField(person.Idle);
        writer.PutField(ClientKinds[(int)person.Client]);
        if (person.IsReader || person.IsInClear)
            writer.PutField(person.IsReader ? "you"u8 : "-"u8);
        if (person.IsInClear)
            writer.PutField(InClear);
        writer.Put("\n"u8);
        return writer.Length;
    }

    /// <summary>Writes the last line of a page of the answer to <c>people</c>.</summary>
    /// <param name="line">Holds <see cref="ProtocolLimits.HeadBytes"/>.</param>
    /// <param name="id">The number of the request.</param>
    /// <param name="next">The number after which the next page starts; null on the last page.</param>
    /// <param name="total">The number of people in the room.</param>
    /// <returns>Bytes written, including the line feed.</returns>
    public static int PeopleEnd(Span<byte> line, long id, long? next, int total)
    {
        LineWriter writer = new(line);
        writer.Put("people"u8);
        writer.PutField(id);
        if (next is long after)
            writer.PutField(after);
        else
            writer.PutField("-"u8);
        writer.PutField(total);
        writer.Put("\n"u8);
        return writer.Length;
    }

    /// <summary>The text of a join: the former name or <c>-</c>, and whether the member is in the clear.</summary>
    public static string JoinText(string former, bool isInClear) =>
        isInClear ? $"{(former.Length > 0 ? former : "-")} {Encoding.UTF8.GetString(InClear)}" : former;

    /// <summary>Whether the text of a join says that the member is in the clear.</summary>
    public static bool IsJoinInClear(ReadOnlySpan<byte> text)
    {
        _ = Word(ref text);
        return Word(ref text).SequenceEqual(InClear);
    }

    /// <summary>The former name in the text of a join; empty without one.</summary>
    public static ReadOnlySpan<byte> FormerOf(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> former = Word(ref text);
        return former.SequenceEqual("-"u8) ? [] : former;
    }

    /// <summary>
    /// Parses the part of a <c>person</c> line after the number of the request. False when it is malformed.
    /// </summary>
    public static bool TryPerson(ReadOnlySpan<byte> fields, out PersonLine person)
    {
        person = default;
        if (!TryNumber(Word(ref fields), out long number))
            return false;
        ReadOnlySpan<byte> name = Word(ref fields);
        if (name.IsEmpty || !TryTime(Word(ref fields), out long since) || !TryNumber(Word(ref fields), out long idle))
            return false;
        ClientKind client = (ClientKind)Math.Max(0, IndexIn(ClientKinds, Word(ref fields)));
        // A later version may add fields after the last known one.
        bool isReader = Word(ref fields).SequenceEqual("you"u8);
        bool isInClear = Word(ref fields).SequenceEqual(InClear);
        person = new PersonLine
        {
            Number = number,
            Name = name,
            Since = since,
            Idle = idle,
            Client = client,
            IsReader = isReader,
            IsInClear = isInClear,
        };
        return true;
    }

    /// <summary>
    /// Parses the part of the last line of a page after the number of the request. False when it is malformed.
    /// </summary>
    public static bool TryPeopleEnd(ReadOnlySpan<byte> fields, out long? next, out long total)
    {
        ReadOnlySpan<byte> place = Word(ref fields);
        bool more = TryNumber(place, out long after);
        next = more ? after : null;
        return TryNumber(Word(ref fields), out total) && (more || place.SequenceEqual("-"u8));
    }

    /// <summary>
    /// Parses the part of the last line of an answer to <c>find</c> after the number of the request. False when it is
    /// malformed.
    /// </summary>
    public static bool TryFindEnd(ReadOnlySpan<byte> fields, out long? next)
    {
        bool hasMore = TryNumber(fields, out long before);
        next = hasMore ? before : null;
        return hasMore || fields.SequenceEqual("-"u8);
    }

    // ---- From a client ----

    /// <summary>Parses the first line of a connection. False when it is text instead of a hello.</summary>
    public static bool TryHello(ReadOnlySpan<byte> line, out Hello hello)
    {
        hello = default;
        if (!Word(ref line).SequenceEqual("hello"u8))
            return false;
        ReadOnlySpan<byte> name = Word(ref line),
            token = Word(ref line),
            secret = Word(ref line),
            epoch = Word(ref line);
        bool anybody = token.SequenceEqual("-"u8),
            anywhere = epoch.SequenceEqual("-"u8);
        UInt128 person = 0;
        if (
            name.IsEmpty
            || name.Length > ProtocolLimits.HeadBytes / 2
            || !(anybody || TrySecret(token, out person))
            || !TrySecret(secret, out UInt128 seat)
            || !(anywhere || epoch.Length == EpochDigits)
            || !TryNumber(line, out long place)
        )
        {
            return false;
        }
        hello = new Hello(
            name.SequenceEqual("-"u8) ? null : Encoding.UTF8.GetString(name),
            person,
            seat,
            anywhere ? null : Encoding.ASCII.GetString(epoch),
            place
        );
        return true;
    }

    /// <summary>
    /// Formats a proof of the room's secret, with the line's end. No code parses one: the line that came is compared
    /// with the line that should come.
    /// </summary>
    public static byte[] Proof(ReadOnlySpan<byte> proof) =>
        Encoding.ASCII.GetBytes($"secret {Convert.ToHexStringLower(proof)}\n");

    /// <summary>
    /// Parses the first line of a connection that asks for an export. An older server takes it for a malformed hello
    /// with a secret: it refuses the line, and the room sees nothing.
    /// </summary>
    public static bool TryExportHello(ReadOnlySpan<byte> line, out ExportHello hello)
    {
        hello = default;
        if (!Word(ref line).SequenceEqual("hello"u8) || !Word(ref line).SequenceEqual("export"u8))
            return false;
        ReadOnlySpan<byte> token = Word(ref line),
            epoch = Word(ref line);
        bool isWhole = epoch.SequenceEqual("-"u8);
        if (
            !TrySecret(token, out UInt128 person)
            || !(isWhole || epoch.Length == EpochDigits)
            || !TryNumber(line, out long offset)
        )
            return false;
        hello = new ExportHello(person, isWhole ? null : Encoding.ASCII.GetString(epoch), offset);
        return true;
    }

    /// <summary>
    /// Whether an unfinished first line has the beginning of a secret at its place in a hello. Fewer digits
    /// would reveal nothing.
    /// </summary>
    public static bool IsPartOfHello(ReadOnlySpan<byte> line)
    {
        const int TellingDigits = 8;
        bool hello = Word(ref line).SequenceEqual("hello"u8) && !Word(ref line).IsEmpty;
        ReadOnlySpan<byte> secret = Word(ref line);
        // An anonymous client has only the secret of its seat.
        if (secret.SequenceEqual("-"u8))
            secret = Word(ref line);
        return hello
            && secret.Length >= TellingDigits
            && Utf8Parser.TryParse(secret[..TellingDigits], out uint _, out int digits, 'x')
            && digits == TellingDigits;
    }

    /// <summary>
    /// Whether a first line begins with hello and contains most of a secret at any place. Such a line is never
    /// text: otherwise a malformed hello would tell the room the secret.
    /// </summary>
    public static bool IsHelloWithSecret(ReadOnlySpan<byte> line)
    {
        const int MostOfSecret = SecretDigits * 3 / 4;
        line = line.TrimStart(" \t"u8);
        if (
            line.Length < 6
            || line[5] is not ((byte)' ' or (byte)'\t')
            || !Ascii.EqualsIgnoreCase(line[..5], "hello"u8)
        )
            return false;
        int run = 0;
        foreach (byte b in line[6..])
        {
            run = char.IsAsciiHexDigit((char)b) ? run + 1 : 0;
            if (run == MostOfSecret)
                return true;
        }
        return false;
    }

    // ---- Fields ----

    /// <summary>Reads the next field. The rest of the line begins after the space that follows it.</summary>
    public static ReadOnlySpan<byte> Word(scoped ref ReadOnlySpan<byte> line)
    {
        int space = line.IndexOf((byte)' ');
        ReadOnlySpan<byte> word = space < 0 ? line : line[..space];
        line = space < 0 ? [] : line[(space + 1)..];
        return word;
    }

    /// <summary>Parses a number that consists of digits only.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> word, out long number) =>
        Utf8Parser.TryParse(word, out number, out int used) && used == word.Length && char.IsAsciiDigit((char)word[0]);

    /// <summary>Parses a token or the secret of a seat: 32 hexadecimal digits, not all of them zero.</summary>
    public static bool TrySecret(ReadOnlySpan<byte> word, out UInt128 secret)
    {
        secret = 0;
        return word.Length == SecretDigits
            && UInt128.TryParse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out secret)
            && secret != 0;
    }

    private static bool TryTime(ReadOnlySpan<byte> word, out long time)
    {
        bool before = word.StartsWith("-"u8);
        bool valid = TryNumber(before ? word[1..] : word, out time);
        time = before ? -time : time;
        return valid;
    }

    private static bool TryId(ReadOnlySpan<byte> word, out LineId id)
    {
        int dot = word.IndexOf((byte)'.');
        (long seat, long number) = (0, 0);
        bool valid =
            dot < 0
                ? word.SequenceEqual("0"u8)
                : TryNumber(word[..dot], out seat) && TryNumber(word[(dot + 1)..], out number);
        id = new LineId(seat, number);
        return valid;
    }

    /// <summary>The word of a decision in a <see cref="RuleRecord"/>.</summary>
    public static ReadOnlySpan<byte> WordOf(RuleKind kind) => RuleKinds[(int)kind];

    /// <summary>The decision of a word in a <see cref="RuleRecord"/>.</summary>
    public static RuleKind RuleKindOf(ReadOnlySpan<byte> word) => (RuleKind)Math.Max(0, IndexIn(RuleKinds, word));

    private static LineKind KindOf(ReadOnlySpan<byte> word) => (LineKind)Math.Max(0, IndexIn(Kinds, word));

    // Returns -1 for none.
    private static int IndexIn(byte[][] words, ReadOnlySpan<byte> word)
    {
        for (int i = 1; i < words.Length; i++)
        {
            if (word.SequenceEqual(words[i]))
                return i;
        }
        return -1;
    }

    // The words for the values of an enumeration on the wire; the first value, Unknown, has none.
    private static byte[][] WordsOf<T>()
        where T : struct, Enum =>
        [
            "?"u8.ToArray(),
            .. Enum.GetNames<T>().Skip(1).Select(static n => Encoding.UTF8.GetBytes(n.ToLowerInvariant())),
        ];
}
