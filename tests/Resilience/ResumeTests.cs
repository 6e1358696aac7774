namespace Chat.Tests.Resilience;

/// <summary>
/// No line lost, none doubled, one order: thousands of random schedules, each reproduced by its seed.
/// </summary>
public sealed class ResumeTests
{
    // The byte ranges of a hello with the first lines after it, and of a welcome with the first log lines. Inside TLS
    // those of a handshake are added.
    private const int Hello = 200,
        HelloInTls = 600;

    [Theory]
    [InlineData(0, 500, false)]
    [InlineData(1000, 500, false)]
    [InlineData(4000, 500, true)]
    public void Cuts_kills_and_delays_leave_every_client_every_line_once_in_one_order(
        int firstSeed,
        int seeds,
        bool usesTls
    )
    {
        // In memory where the system allows it: the test is about the bytes and not about the disk.
        string memory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        string folder = Directory.CreateDirectory(Path.Combine(memory, $"chat-{Guid.NewGuid():n}")).FullName;
        (int cuts, int restarts, int said) = (0, 0, 0);
        HashSet<int> up = [],
            down = [];
        for (int seed = firstSeed; seed < firstSeed + seeds; seed++)
        {
            using ResumeRun run = new(seed, folder, usesTls);
            run.Play(steps: 120);
            (cuts, restarts, said) = (cuts + run.Proxy.Cuts, restarts + run.Restarts, said + run.Said);
            up.UnionWith(run.Proxy.CutAfterUp);
            down.UnionWith(run.Proxy.CutAfterDown);
        }

        Directory.Delete(folder, recursive: true);
        // Almost idle schedules would prove nothing.
        Assert.InRange(cuts, seeds, int.MaxValue);
        Assert.InRange(restarts, seeds / 2, int.MaxValue);
        Assert.InRange(said, 10 * seeds, int.MaxValue);
        // The longer range needs more schedules for the same share.
        (int hello, double share) = usesTls ? (HelloInTls, 0.6) : (Hello, 0.9);
        Assert.InRange(Enumerable.Range(0, hello).Count(up.Contains), share * hello, hello);
        Assert.InRange(Enumerable.Range(0, hello).Count(down.Contains), share * hello, hello);
    }
}
