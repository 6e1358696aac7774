using Chat.Server;
using Chat.Server.Sessions;

namespace Chat.Tests.Server.Sessions;

public sealed class RateLimitTests
{
    private static readonly ServerOptions Options = new()
    {
        BurstLines = 20,
        LinesPerSecond = 5,
        BytesPerSecond = 8192,
    };

    [Fact]
    public void After_a_rest_twenty_lines_pass_at_once_and_then_five_a_second()
    {
        RateLimit limit = default;
        Assert.Equal(20, LinesTaken(ref limit, from: 0, to: 0));
        Assert.Equal(0, LinesTaken(ref limit, from: 1, to: 199));
        Assert.Equal(5, LinesTaken(ref limit, from: 200, to: 1000));
        Assert.Equal(50, LinesTaken(ref limit, from: 1001, to: 11_000));
    }

    [Fact]
    public void A_long_silence_saves_one_burst_and_no_more()
    {
        RateLimit limit = default;
        LinesTaken(ref limit, from: 0, to: 0);
        Assert.Equal(10, LinesTaken(ref limit, from: 2000, to: 2000));
        Assert.Equal(20, LinesTaken(ref limit, from: 1_000_000, to: 1_000_000));
    }

    [Fact]
    public void Long_lines_are_held_to_the_rate_of_bytes()
    {
        RateLimit limit = default;
        // Two seconds of the rate, and the line that exceeds it.
        Assert.Equal(5, LinesTaken(ref limit, from: 0, to: 0, bytes: 4096));
        Assert.Equal(0, LinesTaken(ref limit, from: 1, to: 499, bytes: 4096));
        Assert.Equal(2 * 10, LinesTaken(ref limit, from: 500, to: 10_000, bytes: 4096));
    }

    [Fact]
    public void Zero_lines_a_second_means_no_bound_at_all()
    {
        ServerOptions off = Options with { LinesPerSecond = 0 };
        RateLimit limit = default;
        for (int i = 0; i < 1000; i++)
            limit.Spend(4096, off, new ClockReading(0, 0));
        Assert.True(limit.NextAt(off) <= 0);
    }

    private static int LinesTaken(ref RateLimit limit, long from, long to, int bytes = 10)
    {
        int taken = 0;
        for (long now = from; now <= to; now++)
        {
            while (limit.NextAt(Options) <= now)
            {
                limit.Spend(bytes, Options, new ClockReading(now, 0));
                taken++;
            }
        }
        return taken;
    }
}
