using System.Text;
using Chat.Client.Editing;

namespace Chat.Tests.Client.Editing;

public class KeyDecoderTests
{
    /// <summary>
    /// Sequences from terminals and the names of their keys; '^' before a name is Ctrl, '!' Alt, '+' Shift.
    /// </summary>
    public static TheoryData<string, string> Keys =>
        new()
        {
            { "a", "a" },
            { "é漢👍", "é 漢 👍" },
            { "\r", "Enter" },
            { "\n", "^j" },
            { "\e\r\e\n", "!Enter ^!j" },
            { "\e[27;2;13~\e[13;3u\e[106;5u\e[27;5;106~", "+Enter !Enter ^j ^j" },
            { "\t", "Tab" },
            { "\x7f", "Backspace" },
            { "\b", "Backspace" },
            { "\x01", "^a" },
            { "\x1a", "^z" },
            { "\x1f", "^_" },
            { "\0", "^space" },
            { "\e[A\e[B\e[C\e[D", "Up Down Right Left" },
            { "\eOA\eOB\eOC\eOD", "Up Down Right Left" },
            { "\e[H\e[F\e[1~\e[4~\e[7~\e[8~\eOH\eOF", "Home End Home End Home End Home End" },
            { "\e[3~\e[5~\e[6~", "Delete PageUp PageDown" },
            { "\e[1;5C\e[1;5D\e[1;3C\e[1;2D", "^Right ^Left !Right +Left" },
            { "\e[3;5~\e[1;7A", "^Delete ^!Up" },
            { "\e\e[C\e\e[D", "!Right !Left" },
            { "\eOc\eOd\e[c\e[d\e[3^\e[3$\e[3@", "^Right ^Left +Right +Left ^Delete +Delete ^+Delete" },
            { "\e[1;1A", "Up" },
            { "\e[Z", "+Tab" },
            { "\ef\eb\ed\e\x7f", "!f !b !d !Backspace" },
            { "\eé", "!é" },
            { "\eOM", "Enter" },
            { "\e[27;5;9~\e[97;5u\e[13;2u", "^Tab ^a +Enter" },
            { "\e[27;2;65~\e[27;5;109~\e[27;6;67~", "A Enter ^c" },
            { "h\e[104;1:3ui\e[105;1:3u", "h i" },
            { "\e[104;1:1u\e[104;1:2u\e[104;1:3u", "h h" },
            { "\e[104u\e[104;u\e[104;;u\e[104::;:u", "h h h h" },
            { "\e[97;2u\e[97:65;2u\e[49:33;2u\e[97;65u\e[97;66u\e[97;129u", "A A ! A a a" },
            { "\e[97;;97u\e[97;2;65u\e[0;;28450:23383u\e[13;;13u", "a A \u6f22 \u5b57 Enter" },
            {
                "\e[1089::99;5u\e[1080::98;3u\e[45:95;6u\e[47;5u\e[91;5u\e[104;5u\e[32;5u",
                "^c !b ^_ ^_ Escape Backspace ^space"
            },
            { "\e[57441;2u\e[57441;1:3u\e[57358;65u\e[57444u\e[57428u\e[63743u\e[57344ux", "x" },
            { "\e[57399u\e[57408u\e[57409u\e[57413u\e[57400;;49u\e[57414u\e[57414;1:3u", "0 9 . + 1 Enter" },
            {
                "\e[57417u\e[57418;5u\e[57419u\e[57420u\e[57421u\e[57422u\e[57423u\e[57424u\e[57426u\e[57425u",
                "Left ^Right Up Down PageUp PageDown Home End Delete"
            },
            { "\e[1;1:1A\e[1;1:3A\e[1;5:2C\e[1;5:3C\e[1;129D\e[1;1:3H\e[1;1:3F\e[1;1:1P", "Up ^Right Left F1" },
            { "\e[3;1:1~\e[3;1:3~\e[5;1:3~\e[11;1:1~\e[9;2:1u\e[9;2:3u\e[127;1:3u\e[27;1:3u", "Delete F1 +Tab" },
            { "\e[97;9u\e[97;33u", "!a !a" },
            { "\e[200~one\r\ntwo\tx\e[201~z", "PasteBegin o n e \\n t w o \\t x PasteEnd z" },
            { "\e[200~a\u0003\e[Ab\e]0;t\u0007c\ed\e[201~", "PasteBegin a b ] 0 ; t c d PasteEnd" },
            { "\e[200~a\r\r\n\nb\e[201~", "PasteBegin a \\n \\n \\n b PasteEnd" },
            {
                "\e[200~a\e[201~\r\e[200~b\e[201~\u0003c\e[201~",
                "PasteBegin a PasteEnd Enter PasteBegin b PasteEnd ^c c PasteEnd"
            },
            { "\e[11~\eOP\e[P\e[[A", "F1 F1 F1 F1" },
            { "\e[24;2~\e[15~\eOQ\e[[By", "y" },
            { "\e[?1;2cx\e[>0;276;0cy\e[12;40Rz", "x y z" },
            { "\e]0;title\u0007x\e]11;rgb:0/0/0\e\\y\eP1$r0m\e\\z", "x y z" },
            { "\e[M !!x\e[<0;1;1My\e[Iz", "x y FocusIn z" },
            { "\e[99999999999999999999;5Ax", "^Up x" },
            { "\e[1;2;3;4;5;6;7;8Ax", "+Up x" },
        };

    /// <summary>Invalid UTF-8: one U+FFFD for each ill-formed part, and the input after it is decoded.</summary>
    public static TheoryData<byte[], string> IllFormed =>
        new()
        {
            { [0xFF, (byte)'a'], "\uFFFD a" },
            { [0xC3, (byte)'a'], "\uFFFD a" },
            { [0xE2, 0x82, (byte)'\r'], "\uFFFD Enter" },
            { [0xF0, 0x9F, 0x1B, (byte)'[', (byte)'A'], "\uFFFD Up" },
            { [0xED, 0xA0, 0x80], "\uFFFD \uFFFD \uFFFD" },
            { [0xC2, 0x9B, (byte)'A'], "A" },
        };

    [Theory]
    [MemberData(nameof(Keys))]
    public void Bytes_become_keys_however_they_are_split(string bytes, string keys)
    {
        byte[] all = Encoding.UTF8.GetBytes(bytes);
        Assert.Equal(keys, Names(new KeyDecoder(), all));
        for (int cut = 1; cut < all.Length; cut++)
        {
            var decoder = new KeyDecoder();
            Assert.Equal(keys, $"{Names(decoder, all.AsSpan(0, cut))} {Names(decoder, all.AsSpan(cut))}".Trim());
        }
        var byBytes = new KeyDecoder();
        Assert.Equal(keys, string.Join(' ', all.Select(b => Names(byBytes, [b])).Where(name => name.Length > 0)));
    }

    [Theory]
    [MemberData(nameof(IllFormed))]
    public void Ill_formed_bytes_become_replacement_characters(byte[] bytes, string keys) =>
        Assert.Equal(keys, Names(new KeyDecoder(), bytes));

    [Theory]
    [InlineData("\e", "Escape")]
    [InlineData("\e\e", "!Escape")]
    [InlineData("\e[", "![")]
    [InlineData("\eO", "!O")]
    [InlineData("\e[1;", "")]
    [InlineData("\e]0;ti", "")]
    public void After_silence_the_beginning_of_a_sequence_is_a_key_or_nothing(string bytes, string keys)
    {
        var decoder = new KeyDecoder();
        Assert.Equal("", Names(decoder, Encoding.UTF8.GetBytes(bytes)));
        Assert.True(decoder.IsUndecided);
        Assert.Equal(keys, decoder.Flush(out Key key) ? Name(key) : "");
        Assert.False(decoder.IsUndecided);
        Assert.Equal("x", Names(decoder, "x"u8));
    }

    [Theory]
    [InlineData("\e[200~a")]
    [InlineData("\e[200~a\e")]
    [InlineData("\e[200~a\e[201")]
    [InlineData("\e[200~a\e[M")]
    [InlineData("\e[200~a\e[[")]
    public void After_silence_a_paste_without_its_end_mark_has_ended(string bytes)
    {
        var decoder = new KeyDecoder();
        Assert.Equal("PasteBegin a", Names(decoder, Encoding.UTF8.GetBytes(bytes)));
        Assert.True(decoder.IsUndecided);
        Assert.True(decoder.Flush(out Key end));
        Assert.Equal(new Key(KeyKind.PasteEnd), end);
        Assert.Equal("x Enter ^c", Names(decoder, "x\r\u0003"u8));
    }

    [Theory]
    [InlineData("\e[1;\u0003", "^c")]
    [InlineData("\e[\r", "Enter")]
    [InlineData("\eO\u0003", "^c")]
    [InlineData("\e[M \u0003", "^c")]
    [InlineData("\e]0;title\u0003x", "^c x")]
    [InlineData("\eP1$r\r", "Enter")]
    [InlineData("\e]0;title\e[200~a\e[201~", "PasteBegin a PasteEnd")]
    [InlineData("\e]0;title\e[A", "Up")]
    [InlineData("\e[1;é", "é")]
    [InlineData("\eOé", "é")]
    public void A_key_after_an_endless_sequence_is_recognized(string bytes, string keys) =>
        Assert.Equal(keys, Names(new KeyDecoder(), Encoding.UTF8.GetBytes(bytes)));

    [Fact]
    public void After_silence_half_a_character_is_dropped()
    {
        var decoder = new KeyDecoder();
        Assert.Equal("", Names(decoder, [0xE2, 0x82]));
        Assert.True(decoder.IsUndecided);
        Assert.False(decoder.Flush(out _));
        Assert.Equal("x", Names(decoder, "x"u8));
    }

    [Fact]
    public void An_endless_report_is_dropped_at_its_bound()
    {
        var decoder = new KeyDecoder();
        Assert.Equal("", Names(decoder, "\e]"u8));
        int keys = Names(decoder, Encoding.ASCII.GetBytes(new string('x', 5000))).Split(' ').Length;
        Assert.InRange(keys, 1, 1000);
    }

    [Fact]
    public void Random_bytes_never_yield_a_control_character_and_never_block_the_decoder()
    {
        var random = new Random(20260101);
        byte[] bytes = new byte[64];
        for (int run = 0; run < 3000; run++)
        {
            var decoder = new KeyDecoder();
            random.NextBytes(bytes);
            if (run % 2 == 0)
            {
                for (int i = 0; i < bytes.Length; i += 3)
                    bytes[i] = "\e[O];~201m"u8[random.Next(10)];
            }
            ReadOnlySpan<byte> left = bytes;
            while (decoder.Next(ref left, out Key key))
            {
                Assert.NotEqual(KeyKind.None, key.Kind);
                if (key.Kind == KeyKind.Character && key.Rune.Value is not ('\n' or '\t'))
                    Assert.False(Rune.IsControl(key.Rune));
            }
            decoder.Flush(out _);
            Assert.Equal("h e l l o Enter ^c", Names(decoder, "hello\r\u0003"u8));
        }
    }

    private static string Names(KeyDecoder decoder, ReadOnlySpan<byte> bytes)
    {
        var names = new List<string>();
        while (decoder.Next(ref bytes, out Key key))
            names.Add(Name(key));
        return string.Join(' ', names);
    }

    private static string Name(Key key)
    {
        string name =
            key.Kind != KeyKind.Character
                ? key.Kind.ToString()
                : key.Rune.Value switch
                {
                    ' ' => "space",
                    '\n' => "\\n",
                    '\t' => "\\t",
                    _ => key.Rune.ToString(),
                };
        return $"{(key.Ctrl ? "^" : "")}{(key.Alt ? "!" : "")}{(key.Shift ? "+" : "")}{name}";
    }
}
