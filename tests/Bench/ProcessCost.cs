using System.Globalization;

namespace Chat.Bench;

/// <summary>What a process and its children have used so far, as /proc tells it (proc(5)).</summary>
/// <param name="CpuSeconds">Of processor, user and system.</param>
/// <param name="ResidentBytes">Of memory.</param>
/// <param name="Wakeups">Times it went to sleep and was woken.</param>
internal readonly record struct ProcessCost(double CpuSeconds, long ResidentBytes, long Wakeups)
{
    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public static ProcessCost Of(int process)
    {
        ProcessCost cost = OfOne(process);
        foreach (string task in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            foreach (
                string child in File.ReadAllText(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            )
                cost += Of(int.Parse(child, CultureInfo.InvariantCulture));
        }
        return cost;
    }

    public static ProcessCost operator +(ProcessCost a, ProcessCost b) =>
        new(a.CpuSeconds + b.CpuSeconds, a.ResidentBytes + b.ResidentBytes, a.Wakeups + b.Wakeups);

    public static ProcessCost operator -(ProcessCost a, ProcessCost b) =>
        new(a.CpuSeconds - b.CpuSeconds, a.ResidentBytes - b.ResidentBytes, a.Wakeups - b.Wakeups);

    private static ProcessCost OfOne(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        // The name in brackets may hold anything; field 3 comes behind it.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        double ticks = 0;
        // Of children that have ended: there are only ticks. Of threads there are nanoseconds.
        for (int field = 16; field <= 17; field++)
            ticks += double.Parse(fields[field - 3], CultureInfo.InvariantCulture);
        long pages = long.Parse(fields[24 - 3], CultureInfo.InvariantCulture);
        return new(
            (ticks / TicksPerSecond) + (Nanoseconds(process) / 1e9),
            pages * Environment.SystemPageSize,
            VoluntarySwitches(process)
        );
    }

    // The first number of schedstat (sched-stats.rst). A thread that has ended meanwhile is missing; none of those
    // measured has such.
    private static double Nanoseconds(int process) =>
        Directory
            .EnumerateDirectories($"/proc/{process}/task")
            .Sum(static task =>
                double.Parse(File.ReadAllText(task + "/schedstat").Split(' ')[0], CultureInfo.InvariantCulture)
            );

    private static long VoluntarySwitches(int process) =>
        Directory
            .EnumerateDirectories($"/proc/{process}/task")
            .Sum(static task =>
                long.Parse(
                    File.ReadLines(task + "/status")
                        .First(static line => line.StartsWith("voluntary", StringComparison.Ordinal))
                        .Split('\t')[1],
                    CultureInfo.InvariantCulture
                )
            );
}
