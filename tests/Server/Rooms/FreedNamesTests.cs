using Chat.Server;
using Chat.Tests.Server.History;
using Chat.Tests.Support;

namespace Chat.Tests.Server.Rooms;

/// <summary>A name is kept for an absent person with at least one message, and for no other.</summary>
public sealed class FreedNamesTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(ServerLimits.GraceMilliseconds);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_name_without_a_message_is_free_when_its_owner_leaves(int firstToken)
    {
        using SteppedServer server = new(Readiness.Epoll);
        for (int run = 0; run < 3; run++)
        {
            RichPeer ci = server.JoinRich("ci", person: firstToken == 0 ? 0 : firstToken + run, seat: run + 1);
            Assert.Equal("ci", ci.Name);
            ci.Send("who 1", "bye");
        }
    }

    [Theory]
    [InlineData("say 1 green")]
    [InlineData("me 1 is green")]
    [InlineData("tell 1 bob green")]
    public void A_name_with_a_message_is_kept(string request)
    {
        using SteppedServer server = new(Readiness.Epoll);
        server.JoinRich("bob", person: 9);
        RichPeer ci = server.JoinRich("ci", person: 1);
        ci.Send(request, "bye");
        Assert.Equal("ci2", server.JoinRich("ci", person: 2).Name);
        Assert.Equal("ci", server.JoinRich("ci", person: 1).Name);
    }

    [Fact]
    public void A_person_of_one_run_keeps_no_name_after_it_even_with_messages()
    {
        using SteppedServer server = new(Readiness.Epoll);
        for (int run = 1; run <= 3; run++)
        {
            RichPeer ci = server.JoinRich("ci", person: -run);
            Assert.Equal("ci", ci.Name);
            ci.Send("say 1 green", "bye");
        }
    }

    [Fact]
    public void A_person_of_one_run_keeps_name_and_numbers_through_a_break()
    {
        using SteppedServer server = new(Readiness.Epoll);
        RichPeer ci = server.JoinRich("ci", person: -1);
        ci.Send("say 1 green");
        server.Reset(ci.Peer);
        Assert.Equal("ci2", server.JoinRich("ci", person: 2).Name);
        RichPeer back = server.JoinRich("ci", person: -1, place: ci.Place);
        Assert.Equal(("ci", 1), (back.Name, back.Taken));
        server.Reset(back.Peer);
        server.Advance(Grace + TimeSpan.FromSeconds(1));
        Assert.Equal("ci", server.JoinRich("ci", person: 3).Name);
    }

    [Fact]
    public void During_the_grace_the_name_of_a_silent_person_is_kept_and_then_it_is_free()
    {
        using SteppedServer server = new(Readiness.Epoll);
        server.Reset(server.JoinRich("alice", person: 1).Peer);
        RichPeer early = server.JoinRich("alice", person: 2);
        Assert.Equal("alice2", early.Name);
        early.Send("bye");
        server.Advance(Grace + TimeSpan.FromSeconds(1));
        Assert.Equal("alice", server.JoinRich("alice", person: 3).Name);
        RichPeer back = server.JoinRich("alice", person: 1);
        Assert.Equal("alice2", back.Name);
        Assert.Contains(back.News(), static line => line.EndsWith("you are alice2.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_returning_silent_person_has_the_old_name_when_it_is_free()
    {
        using SteppedServer server = new(Readiness.Epoll);
        server.JoinRich("alice", person: 1).Send("bye");
        Assert.Equal("alice", server.JoinRich("-", person: 1).Name);
    }

    [Fact]
    public void A_history_frees_the_names_of_silent_persons_and_keeps_the_others()
    {
        using HistoryFolder folder = new();
        using (SteppedServer server = folder.Start(graceMilliseconds: 0))
        {
            server.JoinRich("silent", person: 1).Send("bye");
            server.JoinRich("talker", person: 2).Send("say 1 hello", "bye");
        }

        using SteppedServer again = folder.Start(graceMilliseconds: 0);
        Assert.Equal("silent", again.JoinRich("silent", person: 3).Name);
        Assert.Equal("talker2", again.JoinRich("talker", person: 4).Name);
        Assert.Equal("talker", again.JoinRich("talker", person: 2).Name);
        Assert.Equal("silent2", again.JoinRich("silent", person: 1).Name);
    }

    [Theory]
    [InlineData("nick 1 bob")]
    [InlineData("say 1  ")]
    public void A_rewritten_file_keeps_no_name_that_the_old_one_would_have_freed(string request)
    {
        using HistoryFolder folder = new();
        string[] names = ["", ""];
        for (int run = 0; run < 2; run++)
        {
            using (SteppedServer server = folder.Start(graceMilliseconds: 0))
            {
                server.JoinRich("bob2", person: 1).Send(request, "bye");
                server.JoinRich("carol", person: 2).Send("say 1 hello", "bye");
                if (run == 1)
                {
                    File.Delete(folder.File);
                    Eventually.Is(
                        () =>
                        {
                            server.Advance(TimeSpan.FromMilliseconds(ServerLimits.TickMilliseconds));
                            return File.Exists(folder.File);
                        },
                        "a new file"
                    );
                }
            }
            using (SteppedServer again = folder.Start(graceMilliseconds: 0))
                names[run] =
                    again.JoinRich("bob", person: 3).Name
                    + again.JoinRich("bob2", person: 4).Name
                    + again.JoinRich("carol", person: 5).Name;
            File.Delete(folder.File);
        }
        Assert.Equal(["bobbob2carol2", "bobbob2carol2"], names);
    }

    [Theory]
    [InlineData("guest")]
    [InlineData("guest2")]
    public void A_returning_silent_guest_is_a_guest_without_a_notice_about_the_name(string former)
    {
        using SteppedServer server = new(Readiness.Epoll);
        RichPeer? before = former == "guest" ? null : server.JoinRich("-", person: 8);
        RichPeer guest = server.JoinRich("-", person: 1);
        Assert.Equal(former, guest.Name);
        guest.Send("bye");
        server.Settle();
        Assert.Equal(former, server.JoinRich("-", person: 2).Name);

        RichPeer back = server.JoinRich("-", person: 1);

        Assert.Equal(former == "guest" ? "guest2" : "guest3", back.Name);
        Assert.DoesNotContain(back.News(), static line => line.Contains("you are", StringComparison.Ordinal));
        GC.KeepAlive(before);
    }

    [Fact]
    public void An_offered_name_can_be_requested()
    {
        using SteppedServer server = new(Readiness.Epoll);
        RichPeer[] taken =
        [
            .. Enumerable
                .Range(1, 10)
                .Select(number => server.JoinRich(number == 1 ? "a" : $"a{number}", person: number)),
        ];
        Assert.Equal("a10", taken[^1].Name);
        RichPeer bob = server.JoinRich("bob", person: 11);
        bob.News();
        bob.Send("nick 1 a");
        // a11 looks like all, which is reserved.
        Assert.Equal(["err 1 a is taken. a12 is free. (You are still bob.)"], bob.News());
    }
}
