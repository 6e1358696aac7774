using System.Reflection;
using System.Text;
using Chat.Protocol.Wire;
using Chat.Server;
using Chat.Server.Log;
using Chat.Server.Rooms;
using Chat.Server.Sessions;

namespace Chat.Tests.Server.Rooms;

/// <summary>The room is a function of its events and their times.</summary>
public sealed class RoomEventsTests
{
    private static readonly string[] Names = ["alice", "bob", "аlice", "alice2", "all", "guest2", "not a name"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_same_events_make_the_same_logs_however_much_of_them_is_sent(int seed)
    {
        (string rich, string plain) = Play(seed, isSent: false);
        Assert.InRange(rich.Length, 40_000, ServerLimits.LogBytes);

        Assert.Equal((rich, plain), Play(seed, isSent: true));
        Assert.Contains(" rename ", rich, StringComparison.Ordinal);
        Assert.Contains(" pair ", rich, StringComparison.Ordinal);
        Assert.Contains("connection lost", plain, StringComparison.Ordinal);
    }

    [Fact]
    public void A_goodbye_is_the_last_line_for_its_sender_and_a_leave_for_the_others()
    {
        Room room = NewRoom();
        Member alice = room.JoinPlain(default),
            bob = room.JoinPlain(default);
        Read(alice);
        Read(bob);

        Assert.False(room.HandleLine(alice, "/quit"u8, dropped: 0, default));

        Assert.Equal("-- goodbye\n", Read(alice));
        Assert.Equal("-- guest left\n", Read(bob));
    }

    [Fact]
    public void A_rejected_member_reads_the_reason_and_nothing_after_it()
    {
        Room room = NewRoom();
        Member alice = room.JoinPlain(default),
            bob = room.JoinPlain(default);
        Read(alice);
        Read(bob);

        room.Reject(alice, "enough", default);
        room.HandleLine(bob, "did she go?"u8, dropped: 0, default);

        Assert.Equal("-- enough\n", Read(alice));
        Assert.Equal("-- guest left (sent away)\n", Read(bob));
    }

    [Fact]
    public void The_sessions_hold_the_events_of_the_room_and_not_the_room()
    {
        IEnumerable<string> held = typeof(Session)
            .Assembly.GetTypes()
            .Where(static type => type.Namespace == typeof(Session).Namespace)
            .SelectMany(static type =>
                type.GetFields(
                    BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic
                )
            )
            .Select(static field => field.FieldType)
            .Where(static type => type.Namespace == typeof(Room).Namespace)
            .Select(static type => type.Name)
            .Distinct()
            .Order(StringComparer.Ordinal);

        Assert.Equal([nameof(Export), nameof(IRoomEvents), nameof(Member)], held);
    }

    private static Room NewRoom() =>
        new(
            ServerLimits.LogBytes,
            ServerLimits.GraceMilliseconds,
            new RoomState("0123456789abcdef", begun: 0, new RoomLog(ServerLimits.LogBytes)),
            default
        );

    // The logs after some thousand random events.
    private static (string Rich, string Plain) Play(int seed, bool isSent)
    {
        Random random = new(seed);
        Room room = NewRoom();
        List<Member> members = [];
        long time = 0,
            id = 0;
        for (int i = 0; i < 4000; i++)
        {
            time += random.Next(4) == 0 ? random.Next(3000) : 0;
            ClockReading now = new(time, 5000 + time);
            Member? member = members.Count == 0 ? null : members[random.Next(members.Count)];
            string name = Names[random.Next(Names.Length)];
            switch (random.Next(20))
            {
                case 0 or 1:
                    members.Add(room.JoinPlain(now));
                    break;
                case 2 or 3 or 4:
                    UInt128 secret = (UInt128)random.Next(1, 6);
                    string? epoch = random.Next(2) == 0 ? room.Epoch : null;
                    Member? plain = member is { Seat: null } && random.Next(3) == 0 ? member : null;
                    if (plain is not null)
                        members.Remove(plain);
                    Hello hello = new(name, random.Next(3) == 0 ? 0 : secret, secret, epoch, random.Next(100));
                    members.Add(room.Join(hello, plain, now, out Member? replaced));
                    if (replaced is not null)
                        Assert.True(members.Remove(replaced));
                    break;
                case 5 when member is not null:
                    members.Remove(member);
                    room.HangUp(member, now);
                    break;
                case 6 when member is not null:
                    members.Remove(member);
                    room.Lose(member, "connection lost", now);
                    break;
                case 7 when member is not null:
                    members.Remove(member);
                    room.Reject(member, "enough", now);
                    break;
                case 8:
                    room.Tick(now);
                    break;
                case > 8 when member is not null:
                    byte[] line = Encoding.UTF8.GetBytes(Line(random, member.Seat is null, name, id++));
                    if (!room.HandleLine(member, line, dropped: random.Next(2), now))
                        members.Remove(member);
                    break;
            }
            if (isSent && member is not null)
                Read(member);
        }
        room.Shutdown(new ClockReading(time, time));
        return (Text(room.Rich), Text(room.Plain));
    }

    private static string Line(Random random, bool isPlain, string name, long id)
    {
        string[] lines = isPlain
            ? ["hello", "/me waves", $"/msg {name} psst", "/reply psst", $"/nick {name}", "/who", "/history 3", "/quit"]
            :
            [
                $"say {id} hi",
                $"me {id} nods",
                $"tell {id} {name} psst",
                $"nick {id} {name}",
                "people 0 0",
                "ping 0",
                "bye",
            ];
        return lines[random.Next(lines.Length)];
    }

    private static string Text(RoomLog log) =>
        Encoding.UTF8.GetString(log.Copy(log.FirstLine, log.Tail, new byte[log.Size]));

    private static string Read(Member member)
    {
        StringBuilder text = new();
        while (member.Feed.Next() is { IsEmpty: false } bytes)
        {
            text.Append(Encoding.UTF8.GetString(bytes));
            member.Feed.Advance(bytes.Length);
        }
        return text.ToString();
    }
}
