using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Chat.Client;
using Chat.Client.Commands;
using Chat.Client.Views;
using Chat.Protocol;
using Chat.Protocol.Wire;
using Chat.Server;
using Chat.Server.History;
using Chat.Server.Rooms;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Tests.Documentation;

/// <summary>
/// Parses each example of the rich protocol, in conversations, tables, history files and JSON, and writes it
/// again with the program's code. Both forms must be equal. <see cref="ConversationTests"/> shows that the
/// server sends them.
/// </summary>
public sealed partial class WireExamplesTests
{
    private const string Page = "Protocol/README.md";

    private static IEnumerable<string> Conversations =>
        DocumentationTests.Fences(Page, "conversation").SelectMany(lines => lines);

    [Fact]
    public void Every_log_line_of_the_wire_page_is_parsed_and_written_unchanged()
    {
        string[] lines =
        [
            .. Conversations
                .Select(line => Logged().Match(line))
                .Where(match => match.Success)
                .Select(match => match.Groups["line"].Value),
            .. DocumentationTests
                .Table(Page, "line")
                .Select(row => DocumentationTests.Code(row[0]))
                .Where(line => char.IsAsciiDigit(line[0])),
        ];

        Assert.All(lines, line => Assert.Equal(line, WrittenAgain(line)));
        IOrderedEnumerable<string> kinds = lines
            .Select(line => line.Split(' ')[2])
            .Distinct()
            .Order(StringComparer.Ordinal);
        Assert.Equal(
            ["delete", "edit", "join", "leave", "me", "notice", "re", "rename", "say", "snippet", "tell"],
            kinds
        );
    }

    [Fact]
    public void Every_hello_of_the_wire_page_is_valid()
    {
        string[] hellos =
        [
            .. Conversations
                .Select(line => Said().Match(line))
                .Where(match => match.Success)
                .Select(match => match.Groups["line"].Value),
        ];

        Assert.NotEmpty(hellos);
        Assert.All(hellos, line => Assert.True(RichWire.TryHello(Encoding.UTF8.GetBytes(line), out _), line));
    }

    [Fact]
    public void The_requests_of_the_wire_page_are_those_that_the_server_accepts()
    {
        ClockReading now = new(0, 0);
        Room room = new(
            ServerLimits.SmallestLogBytes,
            ServerLimits.GraceMilliseconds,
            RoomState.Empty(ServerLimits.SmallestLogBytes, now),
            now
        );
        Member member = room.Join(new Hello("alice", 1, 1, null, 0), plain: null, now, out _);
        RichRequests requests = new(room);

        List<string[]> rows = DocumentationTests.Table(Page, "request");
        Assert.NotEmpty(rows);
        Assert.All(
            rows,
            row =>
            {
                bool goesOn = requests.Handle(
                    member,
                    Encoding.UTF8.GetBytes(
                        DocumentationTests.Code(row[0]).Replace("ID", "1", StringComparison.Ordinal)
                    ),
                    now
                );
                Assert.Equal(DocumentationTests.Code(row[0]) != "bye", goesOn);
            }
        );
        Assert.DoesNotContain(
            "knows no request",
            Encoding.UTF8.GetString(member.Feed.Next()),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_history_files_of_the_wire_page_are_read()
    {
        var files = DocumentationTests.Fences(Page, "history").ToList();

        Assert.Equal(2, files.Count);
        foreach (string[]? lines in files)
        {
            string[] log = lines[(Array.IndexOf(lines, "") + 1)..];
            string path = Path.GetTempFileName();
            try
            {
                File.WriteAllText(path, string.Join('\n', lines) + "\n");
                using RoomHistory history = RoomHistory.Open(
                    path,
                    ServerLimits.SmallestLogBytes,
                    long.MaxValue,
                    default,
                    NullLogger.Instance
                );

                Assert.Equal(lines[0].Split(' ')[2], history.State.Epoch);
                Assert.Equal(lines[0].Split(' ')[3], history.State.Begun.ToString(CultureInfo.InvariantCulture));
                Assert.Equal("alice", Assert.Single(history.State.People.Remembered).Name);
                Assert.True(history.State.People.Remembered.Single().IsHere);
                long at = long.Parse(lines[0].Split(' ')[4], CultureInfo.InvariantCulture);
                Assert.All(
                    log,
                    line =>
                    {
                        Assert.StartsWith(
                            string.Create(CultureInfo.InvariantCulture, $"{at} "),
                            line,
                            StringComparison.Ordinal
                        );
                        Assert.Equal(line, WrittenAgain(line));
                        at += Encoding.UTF8.GetByteCount(line) + 1;
                    }
                );
                Assert.Equal(at, history.State.Log.Tail);
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    [Fact]
    public void The_JSON_objects_of_the_client_page_are_those_that_the_client_writes()
    {
        string[] objects = DocumentationTests.Fences(DocumentationTests.Client, "json").Last();
        JsonLines json = new();

        Assert.All(objects, line => Assert.Equal(line + "\n", Encoding.UTF8.GetString(json.Format(EventIn(line)))));
        IEnumerable<EventKind> types = objects.Select(line => EventIn(line).Kind).Distinct();
        Assert.Equal([EventKind.Info, EventKind.Line], Enum.GetValues<EventKind>().Except(types));
    }

    [Fact]
    public void The_JSON_requests_of_the_client_page_are_understood() =>
        Assert.All(
            DocumentationTests.Fences(DocumentationTests.Client, "requests").Single(),
            static line =>
            {
                InputOrigin origin = default;
                Assert.Null(JsonRequest.Read(Encoding.UTF8.GetBytes(line), ref origin, out _));
            }
        );

    private static string WrittenAgain(string line)
    {
        Assert.True(RichWire.TryParse(Encoding.UTF8.GetBytes(line), out RichLine parsed), line);
        byte[] again = new byte[ProtocolLimits.RelayedLineBytes];
        int length = RichWire.Line(
            again,
            parsed.Offset,
            parsed.Milliseconds,
            parsed.Kind,
            Encoding.UTF8.GetString(parsed.Name),
            parsed.Id,
            parsed.Text
        );
        return Encoding.UTF8.GetString(again.AsSpan(0, length - 1));
    }

    private static ChatEvent EventIn(string line)
    {
        using var json = JsonDocument.Parse(line);
        return EventIn(json.RootElement);
    }

    private static ChatEvent EventIn(JsonElement root)
    {
        string Text(string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetString()! : "";
        long? Number(string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : null;
        return new ChatEvent(Enum.Parse<EventKind>(Text("type"), ignoreCase: true))
        {
            Offset = Number("offset"),
            UnixMilliseconds = Text("time") is { Length: > 0 } time
                ? DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds()
                : null,
            Name = Text("name"),
            To = Text("to"),
            Target = Number("target"),
            Quoted = Text("quoted"),
            Text = Text("text"),
            Mine = root.TryGetProperty("mine", out JsonElement mine) && mine.GetBoolean(),
            Bytes = Number("bytes"),
            IsHistory = root.TryGetProperty("history", out _),
            Origin = new InputOrigin(
                (int?)Number("line") ?? 0,
                root.TryGetProperty("id", out JsonElement id) ? id.GetRawText() : null
            ),
            Total = Number("total") ?? 0,
            People = root.TryGetProperty("people", out JsonElement people)
                ? [.. people.EnumerateArray().Select(PersonIn)]
                : [],
            Found = root.TryGetProperty("lines", out JsonElement found)
                ? [.. found.EnumerateArray().Select(EventIn)]
                : [],
            HasMore = root.TryGetProperty("more", out JsonElement more) && more.GetBoolean(),
            State = Text("state") is { Length: > 0 } state ? Enum.Parse<LinkState>(state, ignoreCase: true) : null,
            RetryMilliseconds = (int?)Number("retry_ms"),
            Security = root.TryGetProperty("encrypted", out _)
                ? new LinkSecurity(new Lazy<string>(Text("key")), root.GetProperty("known").GetBoolean(), false)
                : null,
        };
    }

    private static PresentPerson PersonIn(JsonElement person) =>
        new(
            person.GetProperty("name").GetString()!,
            person.GetProperty("number").GetInt64(),
            person.GetProperty("since").GetDateTimeOffset().ToUnixTimeMilliseconds(),
            1000 * person.GetProperty("idle_s").GetInt64(),
            Enum.Parse<ClientKind>(person.GetProperty("client").GetString()!, ignoreCase: true),
            person.GetProperty("me").GetBoolean()
        );

    [GeneratedRegex(@"^\S+ +gets {1,2}(?<line>\d+ \d+ .*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Logged();

    [GeneratedRegex(@"^\S+ +sends {1,2}(?<line>hello (?:\S+ ){4}\d+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Said();
}
