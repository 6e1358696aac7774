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
    [InlineData("/topic  the build ", "do  topic the build")]
    [InlineData("/topic -", "do  topic -")]
    [InlineData("/r yes", "reply  yes")]
    [InlineData("/reply yes", "reply  yes")]
    public void A_typed_line_becomes_a_request(string line, string request)
    {
        Command parsed = CommandParser.Parse(line, CommandSets.Room);

        Assert.Equal(CommandKind.Say, parsed.Kind);
        Assert.Equal(request, $"{parsed.Verb} {parsed.To} {parsed.Text}");
    }

    [Theory]
    [InlineData("/who", nameof(CommandKind.Ask), "who", "")]
    [InlineData("/topic ", nameof(CommandKind.Ask), "topic", "")]
    [InlineData("/history", nameof(CommandKind.Ask), "history", "20")]
    [InlineData("/history 7", nameof(CommandKind.Ask), "history", "7")]
    [InlineData("/help", nameof(CommandKind.Help), "", "")]
    [InlineData("/quit", nameof(CommandKind.Quit), "", "")]
    [InlineData("/exit", nameof(CommandKind.Quit), "", "")]
    [InlineData("/names", nameof(CommandKind.Ask), "who", "")]
    [InlineData("/users", nameof(CommandKind.Ask), "who", "")]
    [InlineData("/list", nameof(CommandKind.Ask), "who", "")]
    [InlineData("/h", nameof(CommandKind.Help), "", "")]
    [InlineData("/?", nameof(CommandKind.Help), "", "")]
    [InlineData("/JOIN #chat", nameof(CommandKind.Refused), "", "one server is one room; there is nothing to join")]
    [InlineData(
        "/hsitory 5",
        nameof(CommandKind.Refused),
        "",
        "there is no command /hsitory; did you mean /history? To say a line that begins with a slash, double it: //hsitory"
    )]
    [InlineData("   ", nameof(CommandKind.Empty), "", "")]
    [InlineData("/who bob", nameof(CommandKind.Refused), "", "usage: /who")]
    [InlineData("/history 0", nameof(CommandKind.Refused), "", "usage: /history [N]")]
    [InlineData("/history 99999999999", nameof(CommandKind.Refused), "", "usage: /history [N]")]
    [InlineData("/msg bob", nameof(CommandKind.Refused), "", "usage: /msg NAME TEXT")]
    [InlineData("/me", nameof(CommandKind.Refused), "", "usage: /me TEXT")]
    [InlineData(
        "/shrug",
        nameof(CommandKind.Refused),
        "",
        "there is no command /shrug; /help lists them. To say a line that begins with a slash, double it: //shrug"
    )]
    public void Other_commands_become_a_question_an_action_or_a_refusal(
        string line,
        string kind,
        string verb,
        string text
    )
    {
        Command parsed = CommandParser.Parse(line, CommandSets.Room);

        Assert.Equal((kind, verb, text), ($"{parsed.Kind}", parsed.Verb, parsed.Text));
    }

    [Theory]
    [InlineData("/clear", nameof(CommandKind.Local), "clear", "")]
    [InlineData("/IGNORE bob", nameof(CommandKind.Local), "ignore", "bob")]
    [InlineData("/ignore", nameof(CommandKind.Local), "ignore", "")]
    [InlineData("/find  a  word ", nameof(CommandKind.Local), "find", "a  word")]
    [InlineData("/clear all", nameof(CommandKind.Refused), "", "usage: /clear")]
    [InlineData("/find", nameof(CommandKind.Local), "find", "")]
    [InlineData("/unignore ", nameof(CommandKind.Refused), "", "usage: /unignore NAME")]
    [InlineData("/save", nameof(CommandKind.Refused), "", "usage: /save [-f] [N] FILE")]
    [InlineData("/me waves", nameof(CommandKind.Say), "me", "waves")]
    [InlineData("/help", nameof(CommandKind.Help), "", "")]
    [InlineData("/quit", nameof(CommandKind.Quit), "", "")]
    public void A_terminal_also_accepts_the_commands_of_the_client(string line, string kind, string verb, string text)
    {
        Command parsed = CommandParser.Parse(line, CommandSets.Client | CommandSets.Room);

        Assert.Equal((kind, verb, text), ($"{parsed.Kind}", parsed.Verb, parsed.Text));
    }

    [Theory]
    [InlineData("/clear", nameof(CommandKind.Local), "")]
    [InlineData("/h", nameof(CommandKind.Help), "")]
    [InlineData("/exit", nameof(CommandKind.Quit), "")]
    [InlineData("/quit now", nameof(CommandKind.Say), "/quit now")]
    [InlineData("/me waves", nameof(CommandKind.Say), "/me waves")]
    [InlineData("/nosuch", nameof(CommandKind.Say), "/nosuch")]
    [InlineData("//shrug", nameof(CommandKind.Say), "//shrug")]
    public void On_a_foreign_server_every_other_line_is_text(string line, string kind, string text)
    {
        Command parsed = CommandParser.Parse(line, CommandSets.Client);

        Assert.Equal((kind, text), ($"{parsed.Kind}", parsed.Text));
    }

    [Theory]
    [InlineData("/quit")]
    [InlineData("//shrug")]
    public void Without_commands_every_line_is_text(string line) =>
        Assert.Equal(new Command(CommandKind.Say, "say", Text: line), CommandParser.Parse(line, CommandSets.None));

    [Theory]
    [InlineData(" /nick bob", true)]
    [InlineData("／quit", true)]
    [InlineData("/nick bob", false)]
    [InlineData("and/or", false)]
    [InlineData("", false)]
    public void A_text_that_begins_almost_like_a_command_is_doubtful(string line, bool isDoubtful) =>
        Assert.Equal(isDoubtful, CommandParser.LooksLikeCommand(line));

    [Theory]
    [InlineData("/nick ")]
    [InlineData("/msg ")]
    [InlineData("/")]
    public void An_endless_word_makes_no_request_longer_than_the_limit(string command)
    {
        Command parsed = CommandParser.Parse(command + new string('漢', 60_000) + " text", CommandSets.Room);

        Assert.InRange(parsed.To.Length + parsed.Text.Length, 1, ProtocolLimits.HeadBytes);
    }

    [Fact]
    public void Every_command_that_help_lists_is_understood() =>
        Assert.All(
            RoomCommands.All.SelectMany(command => command.Names),
            name =>
                Assert.DoesNotContain(
                    "no command",
                    CommandParser.Parse($"/{name} x y", CommandSets.Room).Text,
                    StringComparison.Ordinal
                )
        );
}
