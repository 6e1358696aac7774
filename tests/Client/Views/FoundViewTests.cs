using System.Text;
using System.Text.RegularExpressions;
using Chat.Client;
using Chat.Client.Storage;
using Chat.Client.Views;

namespace Chat.Tests.Client.Views;

/// <summary>/find at a server of ours, on the screen.</summary>
public sealed class FoundViewTests
{
    private ViewSession _session = new(80, 12);

    [Fact]
    public void The_command_is_a_request_at_a_server_of_ours_and_local_without_one()
    {
        UserAction action = _session.Type("/find the tea\r");
        Assert.Equal((UserActionKind.Find, "the tea"), (action.Kind, Assert.Single(action.Lines)));
        Assert.Equal((UserActionKind.Find, ""), (_session.Type("/find\r").Kind, _session.Type("/find\r").Lines[0]));

        _session.Status(LinkState.Waiting);
        Assert.Equal(UserActionKind.None, _session.Type("/find tea\r").Kind);
        Assert.Contains("-- not found in the last 0 lines: tea", _session.Rows);
    }

    [Fact]
    public void Without_a_connection_there_is_no_search_to_continue()
    {
        _session.Status(LinkState.Waiting);
        Assert.Equal(UserActionKind.None, _session.Type("/find\r").Kind);
        Assert.Contains("-- there is no search to continue here; /find TEXT searches this window", _session.Rows);
    }

    [Fact]
    public void Lines_stand_below_a_head_with_the_newest_last_and_an_older_day_in_front()
    {
        Show(
            hasMore: true,
            Line("bob", "old tea") with
            {
                UnixMilliseconds = ViewSession.Noon - 86_400_000,
            },
            Line("cy", "makes Tea") with
            {
                Kind = EventKind.Me,
            },
            Line("bob", "tea") with
            {
                Kind = EventKind.Whisper,
                To = "alice",
            },
            Line("bob", "if:\n\tmake(tea)\n")
        );
        Assert.Equal(
            [
                "-- found 4 in the room's history; /find shows older ones:",
                "--   2026-11-22 12:00 bob: old tea",
                "--   12:00 * cy makes Tea",
                "--   12:00 bob -> alice: tea",
                "--   12:00 bob:     make(tea)",
                "alice>",
            ],
            _session.Rows
        );
        string sent = Regex.Replace(Encoding.UTF8.GetString(_session.Sent), "\e\\[(?!7m|0m)[0-9;]*m", "");
        Assert.Contains("old \e[7mtea\e[0m", sent, StringComparison.Ordinal);
        Assert.Contains("makes \e[7mTea\e[0m", sent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_head_tells_what_was_not_found_and_what_is_older()
    {
        Show(hasMore: false);
        _session.Show(
            new ChatEvent(EventKind.Found)
            {
                Text = "tea",
                IsContinued = true,
                Found = [Line("bob", "tea")],
            }
        );
        _session.Show(new ChatEvent(EventKind.Found) { Text = "tea", IsContinued = true });
        Assert.Equal(
            [
                "-- not found in the room's history: tea",
                "-- found 1 older in the room's history:",
                "--   12:00 bob: tea",
                "-- no older line has: tea",
                "alice>",
            ],
            _session.Rows
        );
    }

    [Fact]
    public void Lines_of_ignored_people_are_hidden()
    {
        IgnoreList ignored = new(null);
        ignored.Add("bob");
        _session = new ViewSession(80, 12, new TerminalViewOptions { Ignored = ignored });
        Show(hasMore: true, Line("bob", "tea 1"), Line("cy", "tea 2"));
        Show(hasMore: true, Line("bob", "tea 3"));
        Assert.Equal(
            [
                "-- found 1 in the room's history; /find shows older ones:",
                "--   12:00 cy: tea 2",
                "-- not found in the room's history: tea; /find shows older ones",
                "alice>",
            ],
            _session.Rows
        );
    }

    [Fact]
    public void At_an_older_server_the_window_is_searched()
    {
        _session.Say("bob", "green tea");
        _session.Show(new ChatEvent(EventKind.Found) { Text = "tea", IsUnsupported = true });
        Assert.Equal(
            [
                "12:00 bob: green tea",
                "-- this server cannot search its history; in this window:",
                "-- found 1:",
                "--   12:00 bob: green tea",
                "alice>",
            ],
            _session.Rows
        );
    }

    private static ChatEvent Line(string name, string text) =>
        new(EventKind.Say)
        {
            Name = name,
            Text = text,
            Offset = 1,
            UnixMilliseconds = ViewSession.Noon,
            IsHistory = true,
        };

    private void Show(bool hasMore, params ChatEvent[] lines) =>
        _session.Show(
            new ChatEvent(EventKind.Found)
            {
                Text = "tea",
                Found = lines,
                HasMore = hasMore,
            }
        );
}
