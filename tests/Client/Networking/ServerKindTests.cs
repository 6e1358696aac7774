using System.Text;
using Chat.Client.Networking;
using Chat.Protocol.Wire;

namespace Chat.Tests.Client.Networking;

public sealed class ServerKindTests
{
    [Fact]
    public void The_chat_server_is_recognized_by_its_whole_greeting_only()
    {
        ReadOnlySpan<byte> greeting = PlainWire.Greeting;

        for (int length = 0; length < greeting.Length; length++)
            Assert.Null(ServerKind.Recognize(greeting[..length]));
        Assert.Same(ServerKind.Ours, ServerKind.Recognize(greeting));
        Assert.Same(ServerKind.Ours, ServerKind.Recognize([.. greeting, .. "-- and more"u8]));
        Assert.Same(ServerKind.Ours, ServerKind.Recognize([.. greeting[..^1], .. "\r\n"u8]));
    }

    [Theory]
    [InlineData("Welcome to this chatroom!<10.0.0.7> hi", "the original chatroom")]
    [InlineData("Welcome to this chatroom!<10.0.0.7> [chat/1]\n", "the original chatroom")]
    [InlineData("Welcome to this chatroom! [chat/1] and so on\n", "the original chatroom")]
    [InlineData("Welcome to Simple Chat! Use /nick <nick> to set your nick.\n", "smallchat")]
    [InlineData("Welcome to Simple Chat!", "smallchat")]
    [InlineData("<announce> 10.0.0.7 is connected as <user4>.\n", "ncat --chat")]
    [InlineData("<announce> ", "ncat --chat")]
    [InlineData("<eve> Welcome to this chatroom! [chat/1]\n", "a plain line server")]
    [InlineData("hello\nWelcome to this chatroom! [chat/1]\n", "a plain line server")]
    [InlineData("\n", "a plain line server")]
    public void Foreign_servers_are_recognized_by_their_first_words(string said, string name) =>
        Assert.Equal(name, ServerKind.Recognize(Encoding.UTF8.GetBytes(said))?.Name);

    [Theory]
    [InlineData("")]
    [InlineData("Welcome to this chatroom!")]
    [InlineData("Welcome to ")]
    [InlineData("<announce>")]
    [InlineData("login: ")]
    public void A_greeting_that_may_continue_decides_nothing(string said) =>
        Assert.Null(ServerKind.Recognize(Encoding.UTF8.GetBytes(said)));

    [Theory]
    [InlineData("Welcome to this chatroom!", "the original chatroom")]
    [InlineData("", "a plain line server")]
    [InlineData("login: ", "a plain line server")]
    public void An_unfinished_greeting_is_recognized_by_its_first_words(string said, string name) =>
        Assert.Equal(name, ServerKind.RecognizeUnfinished(Encoding.UTF8.GetBytes(said)).Name);

    [Theory]
    [InlineData(@"caf\303\251", "café")]
    [InlineData(@"\346\274\242\345\255\227", "漢字")]
    [InlineData(@"\360\237\216\211!", "🎉!")]
    [InlineData(@"\303", @"\303")]
    [InlineData(@"\303\050", @"\303\050")]
    [InlineData(@"\033[2J", @"\033[2J")]
    [InlineData(@"\302\233", "\u009b")]
    [InlineData(@"C:\111\n", @"C:\111\n")]
    [InlineData(@"\777", @"\777")]
    [InlineData(@"\30", @"\30")]
    [InlineData(@"\", @"\")]
    public void Ncats_octal_is_decoded_where_it_encodes_letters(string line, string meant) =>
        Assert.Equal(meant, Encoding.UTF8.GetString(ServerKind.Ncat.Read(Encoding.UTF8.GetBytes(line), out _)));

    [Fact]
    public void Elsewhere_a_backslash_is_a_backslash() =>
        Assert.Equal(@"caf\303\251", Encoding.UTF8.GetString(ServerKind.Plain.Read(@"caf\303\251"u8, out _)));

    [Fact]
    public void The_first_message_is_taken_off_the_originals_banner()
    {
        ReadOnlySpan<byte> banner = ServerKind.Original.Read(
            "Welcome to this chatroom!<10.0.0.7> hi"u8,
            out ReadOnlySpan<byte> more
        );

        Assert.Equal("Welcome to this chatroom!", Encoding.UTF8.GetString(banner));
        Assert.Equal("<10.0.0.7> hi", Encoding.UTF8.GetString(more));
    }
}
