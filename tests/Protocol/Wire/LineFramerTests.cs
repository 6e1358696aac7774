using System.Text;
using Chat.Protocol.Wire;

namespace Chat.Tests.Protocol.Wire;

/// <summary>
/// The framer by table, at every cut of the input into two or three, and by random input against <see
/// cref="Model"/>. The model reads one byte at a time and copies everything: it is too simple to share a fault.
/// </summary>
public sealed class LineFramerTests
{
    private const int Roomy = 4095;

    public static TheoryData<string, string[], string> Inputs =>
        new()
        {
            { "one\n", ["one"], "" },
            { "one\ntwo\r\nthree\r\0four", ["one", "two", "three"], "four" },
            { "\n\r\n\r\0", ["", "", ""], "" },
            { "a\rb\n", ["a\rb"], "" },
            { "a\r\rb\r\r\n", ["a\r\rb\r"], "" },
            { "a\0b\n\0\n", ["a\0b", "\0"], "" },
            { "a\r", [], "a\r" },
            // telnet says WILL, WONT, DO, DONT, NOP, and a terminal type in a subnegotiation with an IAC of its own and
            // a line feed
            { "\xFF\xFB\x01" + "a\xFF\xFC\x02" + "b\xFF\xFD\x03" + "c\xFF\xFE\x04" + "d\n", ["abcd"], "" },
            { "x\xFF\xF1y\xFF\xF9\n", ["xy"], "" },
            { "x\xFF\xFA\x18\x00vt\n100\xFF\xFF\xF0\xFF\xF0y\n", ["xy"], "" },
            { "a\xFF\xFD\nb\n", ["ab"], "" },
            { "a\xFF\xFF" + "b\n", ["a\xFF" + "b"], "" },
            // FF before a letter is a letter of Latin-1, and before an end of line too
            { "\xFFmlaut\n", ["\xFFmlaut"], "" },
            { "na\xFF\nna\xFF\r\nna\xFF\r\0", ["na\xFF", "na\xFF", "na\xFF"], "" },
            { "a\r\xFF\xF1\nb", ["a\r"], "b" },
            { "caf\xC3\xA9 \xF0\x9F\x98\x80\nnext", ["caf\xC3\xA9 \xF0\x9F\x98\x80"], "next" },
        };

    [Theory]
    [MemberData(nameof(Inputs))]
    public void The_same_lines_come_out_wherever_the_input_is_cut(string input, string[] lines, string rest)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(input);
        for (int first = 0; first <= bytes.Length; first++)
        {
            for (int second = first; second <= bytes.Length; second++)
            {
                List<string> framed = Frame(
                    new LineFramer(Roomy),
                    [bytes[..first], bytes[first..second], bytes[second..]],
                    out string left
                );
                Assert.Equal(lines, framed);
                Assert.Equal(rest, left);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Input_byte_by_byte_gives_the_same_keys(string input, string[] lines, string rest)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(input);
        Assert.Equal(lines, Frame(new LineFramer(Roomy), [.. bytes.Select(static b => new[] { b })], out string left));
        Assert.Equal(rest, left);
    }

    [Fact]
    public void A_line_of_the_limit_is_whole_and_a_longer_one_is_cut_and_the_rest_counted()
    {
        for (int length = 6; length <= 10; length++)
        {
            for (int cut = 0; cut <= length + 1; cut++)
            {
                byte[] bytes = Encoding.Latin1.GetBytes("0123456789"[..length] + "\nnext\n");
                LineFramer framer = new(8);
                List<(string, int)> lines = [];
                foreach (byte[] piece in new[] { bytes[..cut], bytes[cut..] })
                {
                    ReadOnlySpan<byte> input = piece;
                    while (framer.Next(ref input, out ReadOnlySpan<byte> line))
                        lines.Add((Encoding.Latin1.GetString(line), framer.Dropped));
                }
                Assert.Equal([("0123456789"[..Math.Min(length, 8)], Math.Max(0, length - 8)), ("next", 0)], lines);
            }
        }
    }

    [Fact]
    public void Telnet_commands_do_not_count_against_the_limit()
    {
        LineFramer framer = new(4);
        ReadOnlySpan<byte> input = [255, 251, 1, (byte)'a', 255, 255, (byte)'b', 255, 241, (byte)'c', (byte)'\n'];
        Assert.True(framer.Next(ref input, out ReadOnlySpan<byte> line));
        Assert.Equal([(byte)'a', 255, (byte)'b', (byte)'c'], line.ToArray());
        Assert.Equal(0, framer.Dropped);
    }

    [Fact]
    public void Bytes_without_an_end_are_counted_kept_or_not_until_the_end_comes()
    {
        LineFramer framer = new(10);
        for (int i = 1; i <= 100; i++)
        {
            ReadOnlySpan<byte> input = i % 10 == 0 ? [255, 251, 1] : "abc"u8;
            Assert.False(framer.Next(ref input, out _));
            Assert.True(input.IsEmpty);
            Assert.Equal(3 * i, framer.Unterminated);
        }
        ReadOnlySpan<byte> end = "\nde"u8;
        Assert.True(framer.Next(ref end, out ReadOnlySpan<byte> line));
        Assert.Equal("abcabcabca", Encoding.Latin1.GetString(line));
        Assert.Equal(90 * 3 - 10, framer.Dropped);
        Assert.Equal(0, framer.Unterminated);
        Assert.False(framer.Next(ref end, out _));
        Assert.Equal(2, framer.Unterminated);
    }

    [Fact]
    public void A_subnegotiation_that_never_ends_is_counted_too()
    {
        LineFramer framer = new(10);
        ReadOnlySpan<byte> input = [255, 250, .. new byte[70_000]];
        Assert.False(framer.Next(ref input, out _));
        Assert.Equal(70_002, framer.Unterminated);
    }

    [Fact]
    public void Finish_returns_an_unfinished_line_once()
    {
        LineFramer framer = new(10);
        Assert.False(framer.Finish(out _));
        ReadOnlySpan<byte> input = "whole\nhalf"u8;
        Assert.True(framer.Next(ref input, out _));
        Assert.False(framer.Next(ref input, out _));
        Assert.True(framer.Finish(out ReadOnlySpan<byte> line));
        Assert.Equal("half", Encoding.Latin1.GetString(line));
        Assert.False(framer.Finish(out _));
    }

    [Fact]
    public void No_buffer_is_kept_between_whole_lines()
    {
        LineFramer framer = new(Roomy);
        ReadOnlySpan<byte> warm = "warm\n"u8;
        framer.Next(ref warm, out _);
        // The least of several rounds: a collection of another thread may add to one.
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                ReadOnlySpan<byte> input = "one\ntwo\r\nthree\r\0"u8;
                while (framer.Next(ref input, out _))
                    continue;
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    [Fact]
    public void Random_input_in_random_pieces_gives_what_the_model_gives()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            Random random = new(seed);
            byte[] alphabet = [(byte)'a', (byte)'b', (byte)'\n', (byte)'\r', 0, 255, 250, 240, 251, 254, 241, 0xC3];
            byte[] bytes = new byte[random.Next(1, 60)];
            for (int i = 0; i < bytes.Length; i++)
                bytes[i] = alphabet[random.Next(alphabet.Length)];
            int limit = random.Next(1, 12);

            List<string> expected = Model(bytes, limit);
            List<string> seen = [];
            LineFramer framer = new(limit);
            for (int at = 0; at < bytes.Length; )
            {
                int take = random.Next(1, bytes.Length - at + 1);
                ReadOnlySpan<byte> input = bytes.AsSpan(at, take);
                at += take;
                while (framer.Next(ref input, out ReadOnlySpan<byte> line))
                    seen.Add(Describe(line, framer.Dropped));
            }
            if (framer.Finish(out ReadOnlySpan<byte> last))
                seen.Add(Describe(last, framer.Dropped));
            Assert.True(
                expected.SequenceEqual(seen),
                $"seed {seed}: {Convert.ToHexString(bytes)}, limit {limit}\nexpected {string.Join(" | ", expected)}\nseen     {string.Join(" | ", seen)}"
            );
        }
    }

    private static List<string> Frame(LineFramer framer, byte[][] pieces, out string rest)
    {
        List<string> lines = [];
        foreach (byte[] piece in pieces)
        {
            ReadOnlySpan<byte> input = piece;
            while (framer.Next(ref input, out ReadOnlySpan<byte> line))
                lines.Add(Encoding.Latin1.GetString(line));
        }
        rest = framer.Finish(out ReadOnlySpan<byte> left) ? Encoding.Latin1.GetString(left) : "";
        return lines;
    }

    // The model first removes telnet's sequences and marks their places, because CR, IAC NOP, LF is not CR LF.
    // Then it splits lines.
    private static List<string> Model(byte[] bytes, int limit)
    {
        const int Gap = -1;
        List<int> text = [];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != 255)
            {
                text.Add(bytes[i]);
                continue;
            }
            int command = i + 1 < bytes.Length ? bytes[i + 1] : Gap;
            if (command is >= 0 and < 240)
            {
                text.Add(255);
                continue;
            }
            text.Add(Gap);
            if (command == 255)
                text.Add(255);
            i += command is >= 251 and <= 254 ? 2 : 1;
            if (command != 250)
                continue;
            for (i++; i < bytes.Length; i++)
            {
                if (bytes[i] == 255 && ++i < bytes.Length && bytes[i] == 240)
                    break;
            }
        }

        List<string> lines = [];
        List<byte> line = [];
        for (int i = 0; i < text.Count; i++)
        {
            bool pair = text[i] == '\r' && i + 1 < text.Count && text[i + 1] is '\n' or 0 && text[i] == '\r';
            if (pair)
                i++;
            if (pair || text[i] == '\n')
                Take();
            else if (text[i] != Gap)
                line.Add((byte)text[i]);
        }
        if (line.Count > 0)
            Take();
        return lines;

        void Take()
        {
            int kept = Math.Min(limit, line.Count);
            lines.Add(Describe(line.Take(kept).ToArray(), line.Count - kept));
            line.Clear();
        }
    }

    private static string Describe(ReadOnlySpan<byte> line, int dropped) => $"{Convert.ToHexString(line)}+{dropped}";
}
