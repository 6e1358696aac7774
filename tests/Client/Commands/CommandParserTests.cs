using Chat.Client.Commands;
using Chat.Protocol;

namespace Chat.Tests.Client.Commands;

public sealed class CommandParserTests
{
    [Theory]
    [InlineData("hello", "say  hello")]
    [InlineData("//shrug", "say  /shrug")]
    [InlineData("  two spaces", "say    two spaces")]
    [InlineData("/me waves", "me  waves")]
    [InlineData("/ME  waves  back", "me  waves  back")]
    [InlineData("/nick robert and more", "nick  robert")]
    [InlineData("/msg bob hi there", "tell bob hi there")]
    [InlineData("/tell bob hi", "tell bob hi")]
    [InlineData("/w bob  hi", "tell bob hi")]
    [InlineData("/r yes", "tell carol yes")]
    [InlineData("/reply yes", "tell carol yes")]
    public void A_spoken_line_becomes_a_request(string line, string request)
    {
        var speech = Speech.Parse(line, lastWhisperer: "carol");

        Assert.Equal(SpeechKind.Said, speech.Kind);
        Assert.Equal(request, $"{speech.Verb} {speech.To} {speech.Text}");
    }

    [Theory]
    [InlineData("/who", nameof(SpeechKind.Asked), "who", "")]
    [InlineData("/history", nameof(SpeechKind.Asked), "history", "20")]
    [InlineData("/history 7", nameof(SpeechKind.Asked), "history", "7")]
    [InlineData("/help", nameof(SpeechKind.Help), "", "")]
    [InlineData("/quit", nameof(SpeechKind.Quit), "", "")]
    [InlineData("/exit", nameof(SpeechKind.Quit), "", "")]
    [InlineData("/names", nameof(SpeechKind.Asked), "who", "")]
    [InlineData("/users", nameof(SpeechKind.Asked), "who", "")]
    [InlineData("/list", nameof(SpeechKind.Asked), "who", "")]
    [InlineData("/h", nameof(SpeechKind.Help), "", "")]
    [InlineData("/?", nameof(SpeechKind.Help), "", "")]
    [InlineData("/JOIN #chat", nameof(SpeechKind.Refused), "", "one server is one room; there is nothing to join")]
    [InlineData(
        "/hsitory 5",
        nameof(SpeechKind.Refused),
        "",
        "there is no command /hsitory; did you mean /history? To say a line that begins with a slash, double it: //hsitory"
    )]
    [InlineData("   ", nameof(SpeechKind.Nothing), "", "")]
    [InlineData("/who bob", nameof(SpeechKind.Refused), "", "usage: /who")]
    [InlineData("/history 0", nameof(SpeechKind.Refused), "", "usage: /history [N]")]
    [InlineData("/history 99999999999", nameof(SpeechKind.Refused), "", "usage: /history [N]")]
    [InlineData("/msg bob", nameof(SpeechKind.Refused), "", "usage: /msg NAME TEXT")]
    [InlineData("/me", nameof(SpeechKind.Refused), "", "usage: /me TEXT")]
    [InlineData(
        "/r yes",
        nameof(SpeechKind.Refused),
        "",
        "there is no whisper to answer yet; /msg NAME TEXT sends one"
    )]
    [InlineData(
        "/shrug",
        nameof(SpeechKind.Refused),
        "",
        "there is no command /shrug; /help lists them. To say a line that begins with a slash, double it: //shrug"
    )]
    public void The_rest_is_asked_done_or_refused(string line, string kind, string verb, string text)
    {
        var speech = Speech.Parse(line, lastWhisperer: null);

        Assert.Equal((kind, verb, text), ($"{speech.Kind}", speech.Verb, speech.Text));
    }

    [Fact]
    public void A_reply_to_an_ignored_person_is_refused_and_says_so() =>
        Assert.Equal(
            "nobody you have not ignored has whispered; /msg NAME TEXT whispers first",
            Speech.Parse("/r yes", lastWhisperer: "").Text
        );

    [Theory]
    [InlineData("/nick ")]
    [InlineData("/msg ")]
    [InlineData("/")]
    public void A_word_without_end_makes_no_request_longer_than_a_server_takes(string command)
    {
        var speech = Speech.Parse(command + new string('漢', 60_000) + " text", lastWhisperer: null);

        Assert.InRange(speech.To.Length + speech.Text.Length, 1, ProtocolLimits.HeadBytes);
    }

    [Fact]
    public void Every_command_that_help_lists_is_understood() =>
        Assert.All(
            RoomCommand.All.SelectMany(command => command.Names),
            name =>
                Assert.DoesNotContain(
                    "no command",
                    Speech.Parse($"/{name} x y", lastWhisperer: null).Text,
                    StringComparison.Ordinal
                )
        );
}
