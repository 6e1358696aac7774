using System.Text;
using Chat.Protocol.Names;
using Chat.Protocol.Text;

namespace Chat.Tests.Protocol.Names;

public sealed class NicknameTests
{
    private const string TooLong = "a name is at most 16 characters";
    private const string Alphabet = "a name is made of letters, digits, _ and -";
    private const string FirstLetter = "a name begins with a letter";
    private const string OneScript = "a name is written in one script, not in letters of several";
    private const string Marks = "an accent or vowel sign belongs on a letter, at most 4 of them";
    private const string Address = "a name is not an address";
    private const string Spaces = "a name has no spaces in it";
    private const string Reserved = "that name is reserved, and so is what looks like it";

    public static TheoryData<string> Allowed =>
        [
            "a",
            "alice",
            "Bob_2",
            "x-ray",
            "abcdefghijklmnop",
            "José",
            "Jose\u0301",
            "Łukasz",
            "Nguyễn",
            "ñandú",
            "straße",
            "Ελένη",
            "Наталья",
            "Їжак",
            "Հայկ",
            "שרה",
            "דָּוִד",
            "محمد",
            "علی۲",
            "فاطمة٣",
            "क्षितिज",
            "सीता१",
            "สมชาย",
            "น้ำผึ้ง",
            "தமிழ்",
            "മലയാളം",
            "ქეთი",
            "አበበ",
            "សុខា",
            "ພອນ",
            "田中",
            "たなか",
            "タナカ太郎",
            "ラーメン",
            "金철수",
            "철수",
            "王ㄅㄆ",
            "王小明2",
            "𐐀𐐁𐐂",
            "ᏣᎳᎩ",
            "noah",
            "guesthouse",
            "chatty",
            "alleyn",
            "adminka",
        ];

    public static TheoryData<string, string> Refused =>
        new()
        {
            { "", "a name has at least one character" },
            { "abcdefghijklmnopq", TooLong },
            { new string('語', 17), TooLong },
            { new string('a', 100_000), TooLong },
            { "a b", Spaces },
            { " bob", Spaces },
            { "bob\u00A0", Spaces },
            { "a\tb", Spaces },
            { "a\u2028b", Spaces },
            { "1bob", FirstLetter },
            { "_bob", FirstLetter },
            { "-bob", FirstLetter },
            { "--", FirstLetter },
            { "४अ", FirstLetter },
            { "\u0301a", FirstLetter },
            { "\u094Dक", FirstLetter },
            { "a.b", Alphabet },
            { "bob!", Alphabet },
            { "<bob>", Alphabet },
            { "a/b", Alphabet },
            { "a\eb", Alphabet },
            { "a\0", Alphabet },
            { "a\u009b", Alphabet },
            { "😀", Alphabet },
            { "a😀", Alphabet },
            { "a\u200Db", Alphabet },
            { "a\u200Bb", Alphabet },
            { "bob\u202E", Alphabet },
            { "a\uFE0F", Alphabet },
            { "ㅤㅤ", Alphabet },
            { "aᅟ", Alphabet },
            { "ａｌｉｃｅ", Alphabet },
            { "𝐚𝐥𝐢𝐜𝐞", Alphabet },
            { "ﬁona", Alphabet },
            { "Ⅷ", Alphabet },
            { "a²", Alphabet },
            { "محـمد", Alphabet },
            { "a\u0378", Alphabet },
            { "\uFFFF", Alphabet },
            { "a\uE000", Alphabet },
            { "\uFFFD", Alphabet },
            { "\U0010FFFFa", Alphabet },
            { "аlice", OneScript },
            { "alicе", OneScript },
            { "aλ", OneScript },
            { "bob語", OneScript },
            { "たなか철", OneScript },
            { "שa", OneScript },
            { "aक", OneScript },
            { "क٣", OneScript },
            { "ㄅ가", OneScript },
            { "aि", OneScript },
            { "a\u0301\u0301\u0301\u0301\u0301", Marks },
            { "a_\u0301", Marks },
            { "a1\u0301", Marks },
            { "192.168.1.7", Address },
            { "192.168.1.7#2", Address },
            { "::1", Address },
            { "fe80::1", Address },
            { "[::1]", Address },
            { "10.0.0.1:8082", Address },
            { "root", Reserved },
            { "r00t", Reserved },
            { "host", Reserved },
            { "sysop", Reserved },
            { "everyone", Reserved },
            { "moderator", Reserved },
            { "server", Reserved },
            { "Server", Reserved },
            { "SYSTEM", Reserved },
            { "admin", Reserved },
            { "adrnin", Reserved },
            { "Adm1n", Reserved },
            { "me", Reserved },
            { "all", Reserved },
            { "a1I", Reserved },
            { "y0u", Reserved },
            { "ѕуѕтем", Reserved },
            { "ᴀᴅᴍɪɴ", Reserved },
            { "guest", Reserved },
            { "here", Reserved },
            { "nobody", Reserved },
        };

    public static TheoryData<string, string> LookAlikes =>
        new()
        {
            { "alice", "Alice" },
            { "alice", "ALICE" },
            { "alice", "aIice" },
            { "alice", "al1ce" },
            { "alice", "аlice" },
            { "alice", "ᴀʟɪᴄᴇ" },
            { "bob", "b0b" },
            { "coco", "сосо" },
            { "COCO", "сосо" },
            { "anna", "ΑΝΝΑ" },
            { "anna", "αννα" },
            { "tom", "TОМ" },
            { "tom", "torn" },
            { "william", "vvilliarn" },
            { "modern", "MODEM" },
            { "o", "ο" },
            { "José", "Jose\u0301" },
            { "JOSÉ", "jose\u0301" },
            { "Ελένη", "ΕΛΈΝΗ" },
            { "νίκος", "ΝΊΚΟΣ" },
            { "Наталья", "НАТАЛЬЯ" },
            { "ÇELIK", "çelik" },
            { "İstanbul", "istanbul" },
            { "ᏣᎳᎩ", "ꮳꮃꭹ" },
            { "𐐀", "𐐨" },
            { "エ", "工" },
            { "ß", "ẞ" },
        };

    public static TheoryData<string, string> Different =>
        new()
        {
            { "alice", "alicia" },
            { "bob", "rob" },
            { "nick", "vick" },
            { "sam", "fam" },
            { "uma", "yma" },
            { "dan", "ban" },
            { "eva", "ena" },
            { "jose", "josé" },
            { "a_b", "a-b" },
            { "bob", "bob_" },
            { "bob2", "bob3" },
            { "σ", "ο" },
            { "вол", "воь" },
            { "みか", "みが" },
            { "田中", "田口" },
            { "שרה", "שרי" },
            { "سارة", "سارى" },
            { "h", "n" },
        };

    [Theory, MemberData(nameof(Allowed))]
    public void A_name_in_one_writing_is_allowed(string name) => Assert.Null(Nickname.Refusal(name));

    [Theory, MemberData(nameof(Refused))]
    public void A_refusal_names_the_rule(string name, string rule) => Assert.Equal(rule, Nickname.Refusal(name));

    [Fact]
    public void Half_a_surrogate_pair_is_no_letter()
    {
        Assert.Equal(Alphabet, Nickname.Refusal("a\uD83D"));
        Assert.Equal(Alphabet, Nickname.Refusal("\uDE00a"));
    }

    [Theory, MemberData(nameof(LookAlikes))]
    public void Names_that_look_alike_have_one_key(string one, string other) =>
        Assert.Equal(Nickname.LookAlikeKey(one), Nickname.LookAlikeKey(other));

    [Theory, MemberData(nameof(Different))]
    public void Names_of_different_people_have_different_keys(string one, string other) =>
        Assert.NotEqual(Nickname.LookAlikeKey(one), Nickname.LookAlikeKey(other), StringComparer.Ordinal);

    [Fact]
    public void No_two_letters_of_one_alphabet_have_one_key_but_those_that_look_the_same()
    {
        AssertDistinct("abcdefghijkmnpqrstuvwxyz23456789o");
        AssertDistinct("αβγδεζηθικλμνξοπρστυφχψω");
        AssertDistinct("абвгдеёжзийклмнопрстуфхцчшщъыьэюя");
        AssertDistinct("աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ");
    }

    [Fact]
    public void Every_letter_has_the_key_of_its_other_case()
    {
        for (int value = 0; value < 0x20000; value++)
        {
            if (!Rune.TryCreate(value, out Rune rune) || !NicknameScripts.Know(value) || !Rune.IsLetter(rune))
                continue;
            (string? own, string? upper, string? lower) = (
                rune.ToString(),
                Rune.ToUpperInvariant(rune).ToString(),
                Rune.ToLowerInvariant(rune).ToString()
            );
            if (
                !NicknameScripts.Know(char.ConvertToUtf32(upper, 0))
                || !NicknameScripts.Know(char.ConvertToUtf32(lower, 0))
            )
                continue;
            Assert.Equal(Nickname.LookAlikeKey(own), Nickname.LookAlikeKey(upper));
            Assert.Equal(Nickname.LookAlikeKey(own), Nickname.LookAlikeKey(lower));
        }
    }

    [Fact]
    public void Folding_a_key_again_changes_nothing()
    {
        for (int value = 0; value < 0x20000; value++)
        {
            if (!Rune.IsValid(value) || !NicknameScripts.Know(value))
                continue;
            string key = Nickname.LookAlikeKey(char.ConvertFromUtf32(value));
            Assert.Equal(key, Nickname.LookAlikeKey(key));
        }
    }

    [Fact]
    public void Any_typed_name_is_accepted_or_refused_with_a_reason()
    {
        var random = new Random(7);
        for (int round = 0; round < 20_000; round++)
        {
            string name = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => (char)random.Next(0x10000)));
            string? refusal = Nickname.Refusal(name);
            Assert.True(refusal is null || (refusal.Length > 10 && char.IsLower(refusal[0])));
            Assert.NotNull(Nickname.LookAlikeKey(name));
            // SafeText passes every allowed name unchanged.
            if (refusal is null)
                Assert.Equal(name, SafeText.Clean(name));
        }
    }

    private static void AssertDistinct(string alphabet)
    {
        var keys = alphabet.Select(letter => Nickname.LookAlikeKey(letter.ToString())).ToList();
        Assert.Equal(keys.Count, keys.Distinct(StringComparer.Ordinal).Count());
    }
}
