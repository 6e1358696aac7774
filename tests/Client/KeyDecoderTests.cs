using System.Text;
using Chat.Client;

namespace Chat.Tests.Client;

public class KeyDecoderTests
{
    /// <summary>What terminals send, and what it is called here; '^' before a name is Ctrl, '!' Alt, '+' Shift.</summary>
    public static TheoryData<string, string> Keys => new()
    {
        { "a", "a" },
        { "é漢👍", "é 漢 👍" },
        { "\r", "Enter" },
        { "\n", "Enter" },
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
        { "\e[200~one\r\ntwo\tx\e[201~z", "PasteBegin o n e \\n t w o space x z" },
        { "\e[200~a\u0003\e[Ab\e]0;t\u0007c\ed\e[201~", "PasteBegin a b ] 0 ; t c d" },
        { "\e[200~a\r\r\n\nb\e[201~", "PasteBegin a \\n \\n \\n b" },
        { "\e[200~a\e[201~\r/me\e[200~b\e[201~\r", "PasteBegin a \\n / m e b \\n" },
        { "\e[11~\eOP\e[[Ax\e[24;2~\e[15~y", "x y" },
        { "\e[?1;2cx\e[>0;276;0cy\e[12;40Rz", "x y z" },
        { "\e]0;title\u0007x\e]11;rgb:0/0/0\e\\y\eP1$r0m\e\\z", "x y z" },
        { "\e[M !!x\e[<0;1;1My\e[Iz", "x y z" },
        { "\e[99999999999999999999;5Ax", "^Up x" },
        { "\e[1;2;3;4;5;6;7;8Ax", "+Up x" },
    };

    /// <summary>Bytes that are not UTF-8: one U+FFFD for each ill-formed part, and what follows is heard.</summary>
    public static TheoryData<byte[], string> IllFormed => new()
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
    public void Bytes_become_keys_however_they_are_cut(string bytes, string keys)
    {
        var all = Encoding.UTF8.GetBytes(bytes);
        Assert.Equal(keys, Names(new KeyDecoder(), all));
        for (var cut = 1; cut < all.Length; cut++)
        {
            var decoder = new KeyDecoder();
            Assert.Equal(keys, $"{Names(decoder, all.AsSpan(0, cut))} {Names(decoder, all.AsSpan(cut))}".Trim());
        }
        var byBytes = new KeyDecoder();
        Assert.Equal(keys, string.Join(' ', all.Select(b => Names(byBytes, [b])).Where(name => name.Length > 0)));
    }

    [Theory]
    [MemberData(nameof(IllFormed))]
    public void Ill_formed_bytes_become_replacement_characters(byte[] bytes, string keys) => Assert.Equal(keys, Names(new KeyDecoder(), bytes));

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
        Assert.Equal(keys, decoder.Flush(out var key) ? Name(key) : "");
        Assert.False(decoder.IsUndecided);
        Assert.Equal("x", Names(decoder, "x"u8));
    }

    [Fact]
    public void Silence_in_the_middle_of_a_paste_does_not_end_it()
    {
        var decoder = new KeyDecoder();
        Assert.Equal("PasteBegin a", Names(decoder, "\e[200~a\e"u8));
        Assert.False(decoder.IsUndecided);
        Assert.False(decoder.Flush(out _));
        Assert.Equal("", Names(decoder, "[201~"u8));
        Assert.True(decoder.IsUndecided);
        Assert.True(decoder.Flush(out var end));
        Assert.Equal(new Key(KeyKind.PasteEnd), end);
        Assert.Equal("x", Names(decoder, "x"u8));
    }

    [Fact]
    public void A_paste_whose_end_never_comes_is_ended_by_ctrl_c_and_silence()
    {
        var decoder = new KeyDecoder();
        Assert.Equal("PasteBegin a b", Names(decoder, "\e[200~a\u0003b"u8));
        Assert.False(decoder.Flush(out _));
        Assert.Equal("", Names(decoder, "\u0003"u8));
        Assert.True(decoder.Flush(out var end));
        Assert.Equal(KeyKind.PasteEnd, end.Kind);
        Assert.Equal("^c", Names(decoder, "\x03"u8));
    }

    [Fact]
    public void A_report_without_end_is_given_up_at_its_bound()
    {
        var decoder = new KeyDecoder();
        Assert.Equal("", Names(decoder, "\e]"u8));
        var keys = Names(decoder, Encoding.ASCII.GetBytes(new string('x', 5000))).Split(' ').Length;
        Assert.InRange(keys, 1, 1000);
    }

    [Fact]
    public void Random_bytes_never_yield_a_control_character_and_always_leave_a_decoder_that_hears()
    {
        var random = new Random(20260101);
        var bytes = new byte[64];
        for (var run = 0; run < 3000; run++)
        {
            var decoder = new KeyDecoder();
            random.NextBytes(bytes);
            if (run % 2 == 0)
            {
                for (var i = 0; i < bytes.Length; i += 3) bytes[i] = "\e[O];~201m"u8[random.Next(10)];
            }
            ReadOnlySpan<byte> left = bytes;
            while (decoder.Next(ref left, out var key))
            {
                Assert.NotEqual(KeyKind.None, key.Kind);
                if (key.Kind == KeyKind.Character && key.Rune.Value != '\n') Assert.False(Rune.IsControl(key.Rune));
            }
            decoder.Flush(out _);
            _ = Names(decoder, "\e[201~\e[201~"u8);
            decoder.Flush(out _);
            Assert.EndsWith("x", Names(decoder, "x"u8), StringComparison.Ordinal);
        }
    }

    private static string Names(KeyDecoder decoder, ReadOnlySpan<byte> bytes)
    {
        var names = new List<string>();
        while (decoder.Next(ref bytes, out var key)) names.Add(Name(key));
        return string.Join(' ', names);
    }

    private static string Name(Key key)
    {
        var name = key.Kind != KeyKind.Character ? key.Kind.ToString() : key.Rune.Value switch
        {
            ' ' => "space",
            '\n' => "\\n",
            _ => key.Rune.ToString(),
        };
        return $"{(key.Ctrl ? "^" : "")}{(key.Alt ? "!" : "")}{(key.Shift ? "+" : "")}{name}";
    }
}
