namespace Chat.Bench;

internal static class Program
{
    public static int Main(string[] args)
    {
        Libc.RaiseDescriptors(65_536);
        int seconds = int.Parse(args[1]);
        foreach (int n in args[2].Split(',').Select(int.Parse))
            foreach (var contender in Contender.Ours(args[0]).Concat(Contender.Peers()).Where(c => args.Length < 4 || c.Name.Contains(args[3])))
            {
                if (n > contender.MostMembers) continue;
                using RunningServer server = new(contender);
                using Crowd crowd = new(contender.Dialect, server.Port);
                var w = System.Diagnostics.Stopwatch.StartNew();
                crowd.Grow(n, TimeSpan.FromSeconds(120));
                crowd.Settle(TimeSpan.FromSeconds(30));
                Console.WriteLine($"{contender.Name} {n} in after {w.Elapsed} rss {server.Cost.ResidentBytes}");
                foreach (var (s, win) in new[] { (1, 1), (10, 1), (100, 1), (10, 32) })
                {
                    if (s > n) continue;
                    var o = FanOut.Measure(crowd, server, new Load(s, win, n), TimeSpan.FromSeconds(seconds));
                    Console.WriteLine($"{contender.Name,-12} {n,6} {s,4} {win,3}  cpu {o.CpuMicroseconds:F3} own {o.OwnMicroseconds:F3} us  {o.Deliveries:F0}/s  {o.Messages:F0} msg/s {o.Faults}");
                }
            }
        return 0;
    }
}
