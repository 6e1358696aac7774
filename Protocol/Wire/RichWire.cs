using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Chat.Protocol.Wire;

/// <summary>What a line of the rich log is about.</summary>
internal enum LineKind
{
    /// <summary>A kind this build does not know, or no line of the log at all.</summary>
    Unknown,
    Say,
    Me,
    Tell,
    Join,
    Leave,
    Rename,
    Notice,

    /// <summary>Which token and which seat a number stands for; sent to nobody.</summary>
    Key,

    /// <summary>Which two people the next whisper is for, by their numbers; sent to nobody.</summary>
    Pair,
}

/// <summary>Which client of which person said a line, and the client's own number for it; all zero when nobody counts.</summary>
/// <param name="Seat">The public number of the client.</param>
/// <param name="Id">Rises within the seat; 0 for what the client did not number.</param>
internal readonly record struct LineId(long Seat, long Id);

/// <summary>By which kind of client a person is here.</summary>
internal enum ClientKind
{
    /// <summary>A kind this build does not know, or none was told.</summary>
    Unknown,

    /// <summary>A tool that sends lines and nothing else: nc, socat, a script.</summary>
    Plain,

    /// <summary>A client that negotiates as telnet does.</summary>
    Telnet,

    /// <summary>A client that speaks the rich dialect, such as <c>chat client</c>.</summary>
    Chat,
}

/// <summary>One person who is here, as a <c>person</c> line tells it.</summary>
internal readonly ref struct PersonLine
{
    /// <summary>The number of the person, which survives a change of name.</summary>
    public long Number { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>When the person joined, in milliseconds since the log was begun.</summary>
    public long Since { get; init; }

    /// <summary>Milliseconds since the person last said something, or joined.</summary>
    public long Idle { get; init; }

    public ClientKind Client { get; init; }

    /// <summary>The person who asked.</summary>
    public bool IsReader { get; init; }
}

/// <summary>A line of the rich log, taken apart in place.</summary>
internal readonly ref struct RichLine
{
    public long Offset { get; init; }

    /// <summary>When, in milliseconds since the log was begun; negative for before that, where a clock was set back.</summary>
    public long Milliseconds { get; init; }

    public LineKind Kind { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public LineId Id { get; init; }

    public ReadOnlySpan<byte> Text { get; init; }
}

/// <summary>The first line of a rich client, taken apart.</summary>
/// <param name="Name">The name wanted; null for none.</param>
/// <param name="Token">Which person this is; zero for nobody in particular.</param>
/// <param name="Secret">Which client of that person's.</param>
/// <param name="Epoch">Of the log the place is in; null for no place.</param>
/// <param name="Offset">The place to go on from, or without one the lines of backlog wanted.</param>
internal readonly record struct Hello(string? Name, UInt128 Token, UInt128 Secret, string? Epoch, long Offset);

/// <summary>
/// The rich dialect, as the server writes and reads it: fields parted by single spaces, the text last. README.md beside this file is the
/// exact text, with an example of every line.
/// </summary>
/// <remarks>
/// A line of the log begins with its own offset, so whoever has it knows where it stands and where to go on, and nothing else has to be
/// counted. Numbers are decimal, secrets 32 hexadecimal digits.
/// </remarks>
internal static class RichWire
{
    /// <summary>Hexadecimal digits of an epoch.</summary>
    public const int EpochDigits = 16;

    private const int SecretDigits = 32;

    /// <summary>
    /// The name in a notice that counts joins and leaves instead of telling each: a list of who is here is to be asked for
    /// anew. Other notices have <c>-</c>. Clients of version 0.1.0 read no name there.
    /// </summary>
    public static ReadOnlySpan<byte> Counted => "*"u8;

    private static readonly byte[][] Kinds = WordsOf<LineKind>(),
        ClientKinds = WordsOf<ClientKind>();

    // ---- The log ----

    /// <summary>Writes a line of the log.</summary>
    /// <remarks>
    /// The time counts from the beginning of the log and not from 1970, which would be 13 digits in every line: where bytes are most of what
    /// a line costs (10 senders, 32 lines under way, 1,000 members), rich members cost 1.04 of what plain ones do that way, and 1.15 the other,
    /// in a log's first minutes. After a day a time has 8 digits, and after a year 11.
    /// </remarks>
    /// <param name="line">Holds <see cref="ProtocolLimits.RelayedLineBytes"/>.</param>
    /// <param name="offset">Where the line begins in the log.</param>
    /// <param name="milliseconds">When, since the log was begun; negative for before that.</param>
    /// <param name="kind">What it is about.</param>
    /// <param name="name">Who; <c>-</c> for nobody.</param>
    /// <param name="id">By which its sender knows it.</param>
    /// <param name="text">Clean, without a line feed.</param>
    /// <returns>Bytes written, line feed included.</returns>
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

    /// <summary>Takes a line of the log apart. False when it is none.</summary>
    /// <param name="line">Without its line feed.</param>
    /// <param name="parsed">Parts of <paramref name="line"/>.</param>
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

    /// <summary>An answer: <c>info</c>, <c>err</c> or <c>pong</c>, the number of what it answers, and words.</summary>
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

    /// <summary>One person of the answer to <c>people</c>.</summary>
    /// <param name="line">Holds <see cref="ProtocolLimits.HeadBytes"/>.</param>
    /// <param name="id">The number of the request.</param>
    /// <param name="name">Of the person.</param>
    /// <param name="person">The rest; its name is not read.</param>
    /// <returns>Bytes written, line feed included.</returns>
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
        if (person.IsReader)
            writer.PutField("you"u8);
        writer.Put("\n"u8);
        return writer.Length;
    }

    /// <summary>The last line of a page of the answer to <c>people</c>.</summary>
    /// <param name="line">Holds <see cref="ProtocolLimits.HeadBytes"/>.</param>
    /// <param name="id">The number of the request.</param>
    /// <param name="next">The number to go on after; null at the end.</param>
    /// <param name="total">How many people are here.</param>
    /// <returns>Bytes written, line feed included.</returns>
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

    /// <summary>Takes apart what follows the number of the request in a <c>person</c> line. False when it is none.</summary>
    public static bool TryPerson(ReadOnlySpan<byte> fields, out PersonLine person)
    {
        person = default;
        if (!TryNumber(Word(ref fields), out long number))
            return false;
        ReadOnlySpan<byte> name = Word(ref fields);
        if (name.IsEmpty || !TryTime(Word(ref fields), out long since) || !TryNumber(Word(ref fields), out long idle))
            return false;
        ClientKind client = (ClientKind)Math.Max(0, IndexIn(ClientKinds, Word(ref fields)));
        // A later version may add fields behind the last one known.
        bool isReader = Word(ref fields).SequenceEqual("you"u8);
        person = new PersonLine
        {
            Number = number,
            Name = name,
            Since = since,
            Idle = idle,
            Client = client,
            IsReader = isReader,
        };
        return true;
    }

    /// <summary>Takes apart what follows the number of the request in the last line of a page. False when it is none.</summary>
    public static bool TryPeopleEnd(ReadOnlySpan<byte> fields, out long? next, out long total)
    {
        ReadOnlySpan<byte> place = Word(ref fields);
        bool more = TryNumber(place, out long after);
        next = more ? after : null;
        return TryNumber(Word(ref fields), out total) && (more || place.SequenceEqual("-"u8));
    }

    // ---- From a client ----

    /// <summary>Takes the first line of a connection apart. False when it is no hello, but words.</summary>
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

    /// <summary>Whether an unfinished first line has the beginning of a secret where a hello has one. Fewer digits would give nothing away.</summary>
    public static bool IsPartOfHello(ReadOnlySpan<byte> line)
    {
        const int TellingDigits = 8;
        bool hello = Word(ref line).SequenceEqual("hello"u8) && !Word(ref line).IsEmpty;
        ReadOnlySpan<byte> secret = Word(ref line);
        // Who is nobody in particular has a secret for the client only.
        if (secret.SequenceEqual("-"u8))
            secret = Word(ref line);
        return hello
            && secret.Length >= TellingDigits
            && Utf8Parser.TryParse(secret[..TellingDigits], out uint _, out int digits, 'x')
            && digits == TellingDigits;
    }

    /// <summary>
    /// Whether a first line begins with hello and holds most of a secret at any place. Such a line is never text: a mistake in
    /// it would tell the secret to the room.
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

    /// <summary>The next field; what is left of the line begins behind the space after it.</summary>
    public static ReadOnlySpan<byte> Word(scoped ref ReadOnlySpan<byte> line)
    {
        int space = line.IndexOf((byte)' ');
        ReadOnlySpan<byte> word = space < 0 ? line : line[..space];
        line = space < 0 ? [] : line[(space + 1)..];
        return word;
    }

    /// <summary>Digits and nothing else.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> word, out long number) =>
        Utf8Parser.TryParse(word, out number, out int used) && used == word.Length && char.IsAsciiDigit((char)word[0]);

    /// <summary>A token or a seat's secret: 32 hexadecimal digits, not all of them zero.</summary>
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

    private static LineKind KindOf(ReadOnlySpan<byte> word) => (LineKind)Math.Max(0, IndexIn(Kinds, word));

    // -1 for none.
    private static int IndexIn(byte[][] words, ReadOnlySpan<byte> word)
    {
        for (int i = 1; i < words.Length; i++)
        {
            if (word.SequenceEqual(words[i]))
                return i;
        }
        return -1;
    }

    // What an enumeration's values are called on the wire; the first one, Unknown, is not.
    private static byte[][] WordsOf<T>()
        where T : struct, Enum =>
        [
            "?"u8.ToArray(),
            .. Enum.GetNames<T>().Skip(1).Select(static n => Encoding.UTF8.GetBytes(n.ToLowerInvariant())),
        ];
}
