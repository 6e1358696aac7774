using System.Globalization;

namespace Chat.Tests.Resilience;

/// <summary>
/// The central promise: no line is lost or doubled, and all clients see one order. <c>./build.sh chaos</c>
/// plays the same with more lines and prints the tally.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int UsualLines = 600;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Twenty_clients_on_a_bad_network_and_a_server_that_is_killed_again_and_again_have_one_conversation(
        bool isEncrypted
    )
    {
        int lines = int.Parse(
            Environment.GetEnvironmentVariable("CHAT_CHAOS_LINES") ?? $"{UsualLines}",
            CultureInfo.InvariantCulture
        );
        int seed = int.Parse(
            Environment.GetEnvironmentVariable("CHAT_CHAOS_SEED") ?? $"{Environment.TickCount & 0xFFFFFF}",
            CultureInfo.InvariantCulture
        );
        using ChaosRun run = new(lines, seed, isEncrypted);

        ChaosTally tally = run.Play();

        output.WriteLine($"seed {seed}: {tally}");
        if (Environment.GetEnvironmentVariable("CHAT_CHAOS_TALLY") is { Length: > 0 } file)
            File.AppendAllText(file, $"seed {seed}: {tally}\n");
        Assert.True(
            (tally.Lost, tally.Doubled, tally.Orders, tally.Disordered, tally.Gaps, tally.Errors.Length)
                == (0, 0, 1, 0, 0, 0),
            $"seed {seed}: {tally}"
        );
    }

    /// <summary>The tally itself must find faults.</summary>
    [Theory]
    [InlineData("bota says 0,botb says 0,that was all;bota says 0,botb says 0,that was all", 0, 0, 1)]
    [InlineData("bota says 0,botb says 0,that was all;botb says 0,bota says 0,that was all", 0, 0, 2)]
    [InlineData("bota says 0,that was all;bota says 0,botb says 0,botb says 0,that was all", 1, 1, 2)]
    public void Lost_doubled_and_reordered_lines_are_counted(string told, int lost, int doubled, int orders)
    {
        string[][] lines =
        [
            .. told.Split(';')
                .Select(one => one.Split(',').Select(text => $$"""{"type":"say","text":"{{text}}"}""").ToArray()),
        ];

        ChaosTally tally = new(2, 2, lines, [], "");

        Assert.Equal((lost, doubled, orders), (tally.Lost, tally.Doubled, tally.Orders));
    }
}
