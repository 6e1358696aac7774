using System.Text;
using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Networking;
using Chat.Client.Views;
using Chat.Protocol;

namespace Chat.Tests.Client.Networking;

/// <summary>The mark of a host, from a line of the server to a pipe, to JSON and to the client's rights.</summary>
public sealed class HostMarkTests
{
    private const string Epoch = "00112233aabbccdd";

    private readonly Queue<ChatEvent> _events = [];
    private readonly RosterQuery _roster = new();
    private readonly HostProofQuery _proof = new(0x1111);
    private readonly UnacknowledgedQueue _queue = new();
    private readonly RichSession _session;

    public HostMarkTests() => _session = new RichSession(_queue, _roster, find: null, _proof);

    [Fact]
    public void A_marked_name_is_shown_with_the_mark_and_is_bare_in_JSON()
    {
        Welcome("alice");
        Hear(
            "0 1 say @bob 2.1 hello",
            "100 1 me @bob 2.2 waves",
            "200 1 tell @bob 2.3 alice psst",
            "300 1 rename @bob 2.4 @rob",
            "400 1 leave @rob 2.0 gone"
        );
        ChatEvent[] said = [.. _events.Where(static e => e.Offset is not null)];

        Assert.Equal(
            ["<@bob> hello", "* @bob waves", "<@bob -> alice> psst", "-- @bob is now @rob", "-- @rob left (gone)"],
            said.Select(static e => PlainLine.Format(e, TimeZoneInfo.Utc))
        );
        Assert.All(
            said,
            static e =>
            {
                string json = Encoding.UTF8.GetString(new JsonLines().Format(e));
                Assert.Contains("\"host\":true", json, StringComparison.Ordinal);
                Assert.DoesNotContain("@", json, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public void A_rename_that_changes_the_mark_alone_changes_the_rights_and_prints_nothing()
    {
        Welcome("alice");
        Assert.False(_session.IsHost);

        Hear("0 1 rename alice 1.0 @alice");

        Assert.True(_session.IsHost);
        Assert.Equal("alice", _session.Name);
        Assert.Null(PlainLine.Format(_events.Last(), TimeZoneInfo.Utc));
        Hear("100 1 rename @alice 1.0 alice");
        Assert.False(_session.IsHost);
    }

    [Fact]
    public void Each_welcome_begins_a_proof_and_lines_wait_for_its_answer()
    {
        Welcome("alice");

        Assert.StartsWith("host 0\n", Encoding.UTF8.GetString(_proof.TakeRequest()!), StringComparison.Ordinal);
        Hear("challenge 0 cafe", $"pong {RequestIds.Host}");
        Assert.Equal(
            $"host 0 {HostProof.Create(0x1111, "cafe", Epoch)}\n",
            Encoding.UTF8.GetString(_proof.TakeRequest()!)
        );
        Assert.True(_proof.IsAwaited);
        Hear("done 0");
        Assert.False(_proof.IsAwaited);
        Welcome("@alice");
        Assert.True(_proof.IsAwaited);
    }

    [Fact]
    public void A_server_that_knows_no_hosts_holds_no_line_up()
    {
        Welcome("alice");

        Hear($"pong {RequestIds.Host}");

        Assert.False(_proof.IsAwaited);
    }

    [Fact]
    public void A_done_acknowledges_the_command_of_a_host_and_gone_ends_the_link()
    {
        Welcome("alice");
        _queue.Say("do", "", "kick bob");
        Assert.Equal("do 1 kick bob\n", Encoding.UTF8.GetString(_queue.TakeNext()));
        Assert.Equal(["/kick bob"], _queue.Texts);

        Hear("done 1", "gone 0 @bob removed you from the room");

        Assert.Equal(0, _queue.Count);
        Assert.Equal("@bob removed you from the room", _session.Removal);
    }

    private void Welcome(string name) =>
        Assert.True(_session.TryWelcome(Encoding.UTF8.GetBytes($"welcome {name} {Epoch} 0 1 0 0 0"), _events));

    private void Hear(params string[] lines)
    {
        foreach (string line in lines)
            _session.HandleLine(Encoding.UTF8.GetBytes(line), _events);
    }
}
