using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Chat.Server;
using Chat.Server.Output;
using Microsoft.Extensions.Logging;

namespace Chat.Tests.Server.Output;

/// <summary>The written lines of the server's log.</summary>
public sealed class LogOutputTests
{
    [Fact]
    public void A_text_line_has_a_time_in_UTC_a_level_and_the_message() =>
        Assert.Matches(
            @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: alice joined from 192\.0\.2\.7:5000\n$",
            Written(json: false, static log => log.Joined("alice", "192.0.2.7:5000"))
        );

    [Fact]
    public void A_number_is_a_number_in_JSON()
    {
        JsonElement line = Json(static log => log.CannotAccept("no descriptors", 7, 10, 3));

        Assert.Equal(
            (7, 10, 3),
            (
                line.GetProperty("members").GetInt32(),
                line.GetProperty("limit").GetInt32(),
                line.GetProperty("times").GetInt32()
            )
        );
        Assert.Equal(
            ("warn", "CannotAccept", "chat.server"),
            (
                line.GetProperty("level").GetString(),
                line.GetProperty("event").GetString(),
                line.GetProperty("category").GetString()
            )
        );
        Assert.EndsWith("Z", line.GetProperty("time").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_without_fields_is_written_as_well()
    {
        Assert.EndsWith(
            " info: stopped\n",
            Written(json: false, static log => log.Stopped()),
            StringComparison.Ordinal
        );
        Assert.Equal("stopped", Json(static log => log.Stopped()).GetProperty("message").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Control_characters_of_a_field_reach_no_log(bool json)
    {
        string written = Written(json, static log => log.HistoryFailed("a\u001b[31m\u202eb", "x\ny"));

        Assert.Equal(1, written.Count(static c => c == '\n'));
        Assert.DoesNotContain(
            "\u001b",
            json ? JsonDocument.Parse(written).RootElement.GetProperty("file").GetString()! : written,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            "\u202e",
            json ? JsonDocument.Parse(written).RootElement.GetProperty("file").GetString()! : written,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(LogLevel.Warning, "")]
    [InlineData(LogLevel.None, "")]
    public void A_line_below_the_level_is_not_written(LogLevel level, string expected) =>
        Assert.Equal(expected, Written(json: false, static log => log.Joined("alice", "here"), level));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_log_line_allocates_nothing(bool json)
    {
        using BackgroundWriter outlet = new(Stream.Null, ServerLimits.BackgroundWriterBytes);
        ILogger log = LogOutput.To(outlet, LogLevel.Information, json, TimeProvider.System, "chat.server");
        long allocated = long.MaxValue;
        // Unoptimized code boxes once a line: the first rounds, and every debug build.
        long most = typeof(LogOutput).Assembly.GetCustomAttribute<DebuggableAttribute>()
            is { IsJITOptimizerDisabled: true }
            ? 40_000
            : 0;
        for (int round = 0; round < 200 && allocated > most; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
                log.Rejected("192.0.2.7:5000", "the room is full", i);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.InRange(allocated, 0, most);
    }

    private static JsonElement Json(Action<ILogger> write) =>
        JsonDocument.Parse(Written(json: true, write)).RootElement;

    private static string Written(bool json, Action<ILogger> write, LogLevel level = LogLevel.Information)
    {
        using MemoryStream written = new();
        using (BackgroundWriter outlet = new(written, ServerLimits.BackgroundWriterBytes))
            write(LogOutput.To(outlet, level, json, TimeProvider.System, "chat.server"));
        return Encoding.UTF8.GetString(written.ToArray());
    }
}
