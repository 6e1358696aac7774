using System.Globalization;

namespace Chat.Bench;

/// <summary>
/// What the server costs, measured from outside and beside others. Prints Markdown and leaves it, with a picture, in a
/// folder. Exit codes: 0, 1 when a bound was not held, and 2 for a command line that cannot be understood.
/// </summary>
internal static class Program
{
    // Two rooms of ten thousand members here, as many at a server, and what else there is.
    private const int Descriptors = 32_768;

    public static int Main(string[] words)
    {
        Plan plan;
        try
        {
            plan = Plan.Parse(words);
        }
        catch (FormatException trouble)
        {
            Console.Error.WriteLine($"bench: {trouble.Message}");
            return 2;
        }
        int descriptors = Libc.RaiseDescriptors(Descriptors);
        int most = descriptors - 100,
            wanted = plan.Members.Max();
        if (wanted > most)
            Console.Error.WriteLine(
                $"bench: {descriptors} open files are allowed here, so no room has more than {most} members"
            );
        plan = plan with
        {
            MostMembers = most,
            Members = [.. plan.Members.Select(members => Math.Min(members, most)).Distinct()],
        };
        // What is held to a limit in the largest room was then not.
        return Run(plan) && plan.Members.Max() >= wanted ? 0 : 1;
    }

    // Whether every bound was held.
    private static bool Run(Plan plan)
    {
        IEnumerable<Contender> contenders =
        [
            .. Contender.Ours(plan.Binary),
            .. plan.WithPeers ? Contender.Peers() : [],
        ];
        Contest contest = new(
            plan,
            [.. contenders.Where(contender => plan.Servers.Length == 0 || plan.Servers.Any(contender.Name.Contains))]
        );
        Directory.CreateDirectory(plan.Folder);
        using StreamWriter file = new(Path.Combine(plan.Folder, "bench.md"));
        Tell(
            file,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Machine()}, {DateTime.UtcNow:yyyy-MM-dd}, medians of {plan.Rounds} and more; idle, storm and resume are measured once\n"
            )
        );
        try
        {
            foreach (string mode in plan.Modes)
                Tell(file, Measure(contest, mode, plan.Folder));
        }
        finally
        {
            Tell(file, contest.Verdict.ToString());
        }
        return contest.Verdict.AllHeld;
    }

    private static string Measure(Contest contest, string mode, string folder)
    {
        switch (mode)
        {
            case "fan-out":
                FanOutResults results = contest.MeasureFanOut();
                File.WriteAllText(Path.Combine(folder, "bench.svg"), Plot.Draw(results));
                return $"{results.ToTable()}";
            case "rate":
                return $"{contest.MeasureRate()}";
            case "idle":
                return $"{contest.MeasureIdle()}";
            case "storm":
                return $"{contest.MeasureStorm()}";
            case "resume":
                return $"{contest.MeasureResume()}";
            case "client":
                return $"{contest.MeasureClient()}";
            default:
                return $"{contest.MeasureStartUp()}";
        }
    }

    private static void Tell(StreamWriter file, string text)
    {
        Console.WriteLine(text);
        file.WriteLine(text);
        file.Flush();
    }

    private static string Machine()
    {
        string model =
            File.ReadLines("/proc/cpuinfo")
                .FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(": ")[1]
            ?? "processor unknown";
        return $"{Environment.ProcessorCount} cores of {model}";
    }
}
