using System.Text;
using Chat.Client;
using Chat.Client.Views;

namespace Chat.Tests.Client.Views;

/// <summary>Links, /copy and /raw.</summary>
public sealed class CopyTests
{
    private readonly ViewSession _session = new(40, 20, new TerminalViewOptions { TakesOsc = true });

    [Theory]
    [InlineData("see https://host.example/a?b=c#d for more", "https://host.example/a?b=c#d")]
    [InlineData("(http://a.example/x), then", "http://a.example/x")]
    [InlineData("http://a.example/x_(y).", "http://a.example/x_(y)")]
    [InlineData("ftp://a.example http://b.example!", "ftp://a.example http://b.example")]
    [InlineData("xhttp://a.example", "")]
    [InlineData("file:///etc/passwd javascript://x", "")]
    [InlineData("http:// nothing", "")]
    [InlineData("https://a.example/;ü", "https://a.example/")]
    public void An_address_is_a_link_to_exactly_its_visible_text(string text, string links)
    {
        _session.Say("bob", text);

        Assert.Equal(links, string.Join(' ', _session.Grid.Links.Select(link => link.Target)));
        Assert.All(_session.Grid.Links, link => Assert.Equal(link.Target, link.Text));
    }

    [Fact]
    public void An_address_that_names_the_reader_or_fills_rows_is_one_link()
    {
        string address = "http://host.example/alice/" + new string('x', 90);
        _session.Say("bob", "alice: " + address + " ok");

        Assert.Equal((address, address), Assert.Single(_session.Grid.Links));
    }

    [Fact]
    public void Without_operating_system_commands_there_are_no_links_and_no_clipboard()
    {
        ViewSession session = new(80, 12);
        session.Say("bob", "http://a.example");
        session.Type("/copy\r");

        Assert.DoesNotContain((byte)']', session.Sent);
        Assert.Contains(
            "-- this terminal is not known to take a clipboard; /raw prints the message bare",
            session.Rows
        );
    }

    [Theory]
    [InlineData("/copy", "the last, it’s 漢字 and 👩‍👩‍👧")]
    [InlineData("/copy 3", "the last, it’s 漢字 and 👩‍👩‍👧")]
    [InlineData("/copy 1", "first")]
    public void Copy_puts_exactly_a_message_on_the_clipboard(string command, string text)
    {
        _session.Say("bob", "first");
        _session.Show(
            new ChatEvent(EventKind.Whisper)
            {
                Name = "bob",
                To = "alice",
                Text = "between",
            }
        );
        _session.Show(new ChatEvent(EventKind.Join) { Name = "carol" });
        _session.Say("alice", "the last, it’s 漢字 and 👩‍👩‍👧");
        _session.Type($"{command}\r");

        Assert.Equal(text, _session.Grid.Clipboard);
    }

    [Theory]
    [InlineData("/copy 2", "-- there is no message 2; the last is 1")]
    [InlineData("/show 2", "-- there is no message 2; the last is 1")]
    [InlineData("/save 2 x", "-- there is no message 2; the last is 1")]
    [InlineData("/show -1", "-- usage: /show [N]")]
    [InlineData("/copy 0", "-- usage: /copy [N]")]
    [InlineData("/raw x", "-- usage: /raw [N]")]
    public void A_number_that_names_no_message_is_refused(string command, string answer)
    {
        _session.Say("bob", "only one");
        _session.Type($"{command}\r");

        Assert.Contains(answer, _session.Rows);
        Assert.Equal("", _session.Grid.Clipboard);
    }

    [Fact]
    public void Raw_prints_messages_bare_between_two_marks()
    {
        string key = new('k', 100);
        _session.Say("bob", "one");
        _session.Say("bob", key);
        int before = _session.Sent.Length;
        _session.Type("/raw 9\r");

        string sent = Encoding.UTF8.GetString(_session.Sent[before..]);
        Assert.Contains(
            $"-- the last 2 messages, bare:\r\none\r\n{key}\r\n-- end of the bare messages",
            sent.Replace("\e[0m", "", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Only_the_last_messages_are_kept()
    {
        for (int i = 0; i <= ClientLimits.RecentMessages; i++)
            _session.Say("bob", $"{i}");
        _session.Type("/copy 2\r");
        Assert.Equal("1", _session.Grid.Clipboard);
        _session.Type("/copy 1\r");
        Assert.Equal("1", _session.Grid.Clipboard);
        Assert.Contains("-- message 1 is gone; the oldest is 2", _session.Rows[^2], StringComparison.Ordinal);
    }
}
