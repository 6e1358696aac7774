using System.Text;
using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Views;
using Chat.Protocol;
using Chat.Tests.Support;
using static Chat.Tests.Support.ScriptedServer;

namespace Chat.Tests.Client.Display;

/// <summary>
/// A server that breaks the rich protocol: no call throws, no buffer grows, no unsafe byte is shown.
/// </summary>
public sealed class HostileLineTests
{
    [Theory]
    [InlineData(" ")]
    [InlineData("hello")]
    [InlineData("100")]
    [InlineData("100 1000")]
    [InlineData("100 1000 say")]
    [InlineData("100 1000 say bob")]
    [InlineData("100 1000 say  0 no name")]
    [InlineData("-1 1000 say bob 0 negative")]
    [InlineData("+1 1000 say bob 0 signed")]
    [InlineData("0x10 1000 say bob 0 hexadecimal")]
    [InlineData("99999999999999999999 1000 say bob 0 beyond long")]
    [InlineData("9223372036854775807 1000 say bob 0 so far that there is no place after it")]
    [InlineData("100 99999999999999999999 say bob 0 a time beyond long")]
    [InlineData("100 1000 say bob 7 a number without a dot")]
    [InlineData("100 1000 say bob 7.99999999999999999999 beyond long")]
    [InlineData("welcome eve 0123456789abcdef 0 1 0 0 0")]
    [InlineData("nonsense 0 words")]
    public void A_line_outside_the_protocol_is_shown_unchanged(string line)
    {
        using ScriptedServer server = WithMember();
        int before = server.Words(EventKind.Line).Count();

        server.Send(line + "\n100 1000 say bob 0 still here\n");
        server.Until(() => server.Words(EventKind.Say).Any());

        Assert.Equal(line, server.Words(EventKind.Line).ElementAt(before));
        Assert.Equal("alice", server.Link.Name);
    }

    [Theory]
    [InlineData("100 9223372036854775807 say bob 0 a time no calendar has")]
    [InlineData("100 1000 tell bob 0")]
    [InlineData("100 1000 rename alice 0")]
    [InlineData("100 1000 rename alice 0 \t\t")]
    [InlineData("100 1000 join \u202E 0")]
    [InlineData("err")]
    [InlineData("err 99999999999999999999 words")]
    [InlineData("info")]
    [InlineData("pong")]
    [InlineData("pong pong")]
    public void Empty_and_huge_fields_are_harmless(string line)
    {
        using ScriptedServer server = WithMember();
        server.Link.Say("mine");
        server.Hear();

        server.Send(line + "\n300 1000 say bob 0 still here\n");
        server.Until(() => server.Words(EventKind.Say).Contains("still here"));

        Assert.Equal(1, server.Link.UnsentCount);
        Assert.Equal("alice", server.Link.Name);
        Assert.All(server.Events, e => Assert.True(e.UnixMilliseconds is null or 1000));
        Assert.All(server.Events, e => Assert.NotEqual(0, new JsonLines().Format(e).Length));
        Assert.All(server.Events, e => PlainLine.Format(e, TimeZoneInfo.Utc));
    }

    [Theory]
    [InlineData("welcome")]
    [InlineData("welcome alice")]
    [InlineData("welcome alice 0123456789abcdef 0 7 100 100")]
    [InlineData("welcome alice 0123456789abcdef 0 7 100 100 0 and more")]
    [InlineData("welcome alice 0123 0 7 100 100 0")]
    [InlineData("welcome alice 0123456789abcdef 0 7 100 -100 0")]
    [InlineData("welcome alice 0123456789abcdef -1 7 100 100 0")]
    [InlineData("welcome alice 0123456789abcdef 7 100 100 0")]
    [InlineData("welcome alice 0123456789abcdef 0 7 100 99999999999999999999 0")]
    [InlineData("welcome  0123456789abcdef 0 7 100 100 0")]
    public void A_malformed_welcome_does_not_join(string line)
    {
        using ScriptedServer server = new();
        server.Greet();

        server.Send(line + "\n");
        server.EndSpeech();
        server.Until(() => server.Words(EventKind.Line).Contains(line));

        Assert.False(server.Link.IsRich);
    }

    [Fact]
    public void An_offset_that_decreases_repeats_nothing_and_does_not_move_the_resume_offset()
    {
        using ScriptedServer server = WithMember();
        server.Send(
            "200 1000 say bob 0 one\n"
                + "100 1000 say bob 0 zero\n"
                + "200 1000 say bob 0 one\n"
                + "223 1000 say bob 0 two\n"
        );
        server.Until(() => server.Words(EventKind.Say).Contains("two"));

        Assert.Equal(["one", "two"], server.Words(EventKind.Say));
        server.Break();
        Assert.EndsWith($" {Epoch} 246", server.Greet(), StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_and_names_are_safe_and_bounded_and_names_are_one_word()
    {
        using ScriptedServer server = WithMember();
        string name = new string('n', 4000);
        server.Send(
            $"100 1000 say e\tve\e[2J 0 \e[2J\u009b\u202Etext\n"
                + $"200 1000 join {name} 0\n"
                + "4500 1000 notice - 0 \e]0;title\a\n"
        );
        server.Until(() => server.Words(EventKind.Notice).Any());

        Assert.Equal(
            ("e", @"^[[2J\x9btext"),
            server.Events.Where(e => e.Kind == EventKind.Say).Select(e => (e.Name, e.Text)).Single()
        );
        Assert.InRange(
            server.Events.Single(e => e.Kind == EventKind.Join).Name.Length,
            1,
            ProtocolLimits.HeadBytes / 2
        );
        Assert.Equal("^[]0;title^G", Assert.Single(server.Words(EventKind.Notice)));
    }

    /// <summary>Cleaning makes some bytes longer, and the own name goes out again in the next hello.</summary>
    [Fact]
    public void A_name_that_cleaning_makes_longer_still_fits_into_the_next_hello()
    {
        using ScriptedServer server = new();
        server.Greet();
        server.Send([
            .. "welcome "u8,
            .. Enumerable.Repeat((byte)0xC0, 200),
            .. Encoding.ASCII.GetBytes($" {Epoch} 0 7 0 0 0\n"),
        ]);
        server.Until(() => server.Link.State == LinkState.Joined);

        server.Break();

        Assert.StartsWith("hello ", server.Greet(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_endless_line_is_cut_and_the_next_line_is_intact()
    {
        using ScriptedServer server = WithMember();
        server.Send("100 1000 say bob 0 ");
        for (int block = 0; block < 100; block++)
        {
            server.Send(new string('x', 10_000));
            server.Pass(0);
        }

        server.Send("\n1000200 1000 say bob 0 short\n");
        server.Until(() => server.Words(EventKind.Say).Contains("short"));

        Assert.All(server.Events, e => Assert.InRange(e.Text.Length, 0, ProtocolLimits.RelayedLineBytes));
    }

    [Fact]
    public void A_line_that_arrives_byte_by_byte_is_parsed_when_complete()
    {
        using ScriptedServer server = WithMember();
        foreach (char letter in "100 1000 say bob 0 drip\n")
        {
            Assert.Empty(server.Words(EventKind.Say));
            server.Send($"{letter}");
            server.Pass(0);
        }

        server.Until(() => server.Words(EventKind.Say).Any());
        Assert.Equal("drip", Assert.Single(server.Words(EventKind.Say)));
    }

    [Fact]
    public void Half_a_line_at_the_end_of_a_connection_is_no_line()
    {
        using ScriptedServer server = WithMember();
        server.Send("100 1000 say bob 0 we will not att");
        server.EndSpeech();
        server.Until(() => server.Link.State == LinkState.Waiting);

        Assert.Empty(server.Words(EventKind.Say));
        server.Clock.Advance(TimeSpan.FromMilliseconds(server.Link.RetryMilliseconds));
        Assert.EndsWith($" {Epoch} 100", server.Greet(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_acknowledgement_of_an_unsent_line_acknowledges_nothing()
    {
        using ScriptedServer server = WithMember();
        server.Link.Say("mine");
        server.Hear();

        server.Send(
            "100 1000 say alice 8.1 of another client\n" + "150 1000 say alice 7.2 of nobody\n" + "err 0 in general\n"
        );
        server.Until(() => server.Words(EventKind.Error).Any());

        Assert.Equal(1, server.Link.UnsentCount);
    }
}
