using System.Text;
using Chat.Client;
using Chat.Client.Networking;
using Chat.Client.Views;
using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Views;

/// <summary>The lines of a pipe become texts of a link that has not reached a server yet.</summary>
public sealed class PipeViewTests : IDisposable
{
    private readonly StringWriter _errors = new();
    private readonly Link _link = new(
        new LinkOptions(new HostPort("127.0.0.1", 1)) { Literal = true },
        new TestClock()
    );

    public void Dispose()
    {
        _link.Dispose();
        _errors.Dispose();
    }

    [Theory]
    [MemberData(nameof(LinesAroundTheBound))]
    public void A_first_line_is_cut_exactly_when_it_is_too_long(string mark, int filler, string last, string end)
    {
        string text = new string('x', filler) + last;
        int bytes = Encoding.UTF8.GetByteCount(text);
        Take(mark + text + end);

        string said = Assert.Single(_link.Unsent);
        Assert.StartsWith(said, text, StringComparison.Ordinal);
        int kept = Encoding.UTF8.GetByteCount(said);
        if (bytes <= ProtocolLimits.UnterminatedBytes)
        {
            Assert.Equal(text, said);
            Assert.Empty(_errors.ToString());
        }
        else
        {
            Assert.InRange(kept, ProtocolLimits.UnterminatedBytes - 3, ProtocolLimits.UnterminatedBytes);
            string words = $"chat: line 1: {bytes} bytes are too long; only the first {kept} are said";
            Assert.Equal(words + Environment.NewLine, _errors.ToString());
        }
    }

    public static TheoryData<string, int, string, string> LinesAroundTheBound()
    {
        TheoryData<string, int, string, string> lines = [];
        foreach (string mark in (string[])["", "\uFEFF"])
        {
            foreach (string end in (string[])["\n", "\r\n", ""])
            {
                // The limit falls before, inside and after a character of four bytes.
                for (
                    int filler = ProtocolLimits.UnterminatedBytes - 5;
                    filler <= ProtocolLimits.UnterminatedBytes + 5;
                    filler++
                )
                    lines.Add(mark, filler, "\U0001F600", end);
                lines.Add(mark, ProtocolLimits.UnterminatedBytes, "", end);
                lines.Add(mark, ProtocolLimits.UnterminatedBytes, "x", end);
            }
        }
        return lines;
    }

    [Fact]
    public void The_length_of_a_line_that_is_cut_does_not_count_its_end()
    {
        Take(new string('x', 100_000) + "\r\n");
        Assert.Contains(
            "100000 bytes are too long; only the first 65536",
            _errors.ToString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("{\"type\":\"quit\"}\n", true)]
    [InlineData("/quit\n", false)]
    public void Input_after_a_quit_is_ignored(string quit, bool isJson)
    {
        using ScriptedServer server = new(options => options with { Literal = isJson });
        PipeView view = new(isJson, isQuiet: false, new Diagnostics(_errors), TimeZoneInfo.Utc);
        view.Feed(Encoding.UTF8.GetBytes($"one\n{quit}{{bad\n/hlep\n"));
        Say(view, server.Link);
        view.Feed([0xFF, (byte)'\n', 0xFF]);
        Say(view, server.Link);
        server.Greet();
        server.Send($"welcome alice {ScriptedServer.Epoch} 0 7 100 100 0\n");
        server.Until(() => server.Link.State == LinkState.Joined);
        view.EndInput();
        Say(view, server.Link);

        Assert.Equal("say 1 one", server.Hear());
        Assert.Equal(0, view.ErrorCount);
        Assert.Empty(_errors.ToString());
        Assert.Empty(server.Words(EventKind.Error));
    }

    [Fact]
    public void A_plain_server_receives_a_quit_as_text_and_the_lines_after_it()
    {
        using ScriptedServer server = new();
        PipeView view = new(isJson: false, isQuiet: false, new Diagnostics(_errors), TimeZoneInfo.Utc);
        view.Feed("/quit\none\ntw"u8);
        Say(view, server.Link);
        server.Accept();
        server.Send("hello\n");
        Assert.Equal("/quit", server.Hear());
        view.Feed("o\n"u8);
        Say(view, server.Link);

        server.Pass(ClientLimits.ForeignGapMilliseconds);
        Assert.Equal("one", server.Hear());
        server.Pass(ClientLimits.ForeignGapMilliseconds);
        Assert.Equal("two", server.Hear());
    }

    [Fact]
    public void The_greeting_of_a_server_that_let_the_client_in_is_not_given_as_a_reason()
    {
        PipeView view = new(isJson: false, isQuiet: true, new Diagnostics(_errors), TimeZoneInfo.Utc);
        view.Show(new ChatEvent(EventKind.Line) { Text = "Welcome to this chatroom!" });
        view.Show(new ChatEvent(EventKind.Link) { State = LinkState.Joined });
        Assert.Null(view.Withheld);

        view.Show(new ChatEvent(EventKind.Line) { Text = "the server closes for the night" });
        Assert.Equal("the server closes for the night", view.Withheld);
    }

    [Fact]
    public void A_program_gets_the_list_of_people_at_once_and_again_a_while_later()
    {
        PipeView view = new(isJson: true, isQuiet: false, new Diagnostics(_errors), TimeZoneInfo.Utc);
        view.Tick(0, 0);
        view.Show(new ChatEvent(EventKind.Link) { State = LinkState.Joined });
        Assert.Equal(ClientLimits.PeopleListed, view.PeopleWanted);

        view.PeopleWanted = 0;
        view.Show(new ChatEvent(EventKind.Notice) { IsCount = true });
        Assert.Equal(0, view.PeopleWanted);
        Assert.Equal(ClientLimits.ListMilliseconds, view.Due);
        view.Tick(ClientLimits.ListMilliseconds, 0);
        Assert.Equal(ClientLimits.PeopleListed, view.PeopleWanted);
        Assert.Null(view.Due);
    }

    [Fact]
    public void Words_beside_the_conversation_hold_no_control_or_direction_characters()
    {
        new PipeView(isJson: false, isQuiet: false, new Diagnostics(_errors), TimeZoneInfo.Utc).Warn(
            "/home/\e[31m\u202Egpj/\u2066x\n chat: all is well"
        );

        string told = _errors.ToString().TrimEnd();
        Assert.Equal(told, SafeText.Clean(told));
        Assert.DoesNotContain('\e', told);
    }

    private void Take(string input)
    {
        PipeView view = new(isJson: false, isQuiet: false, new Diagnostics(_errors), TimeZoneInfo.Utc);
        view.Feed(Encoding.UTF8.GetBytes(input));
        view.EndInput();
        Say(view, _link);
    }

    // As the loop of the client does it.
    private static void Say(View view, Link link)
    {
        while (!link.IsFinishing && !link.AwaitsQuit && view.TryTake(out UserAction action))
        {
            if (action.Kind == UserActionKind.Request)
                link.Request(action.Command);
            foreach (string line in action.Lines)
                link.Say(line, origin: action.Origin);
        }
    }
}
