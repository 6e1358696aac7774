using System.ComponentModel;
using System.Runtime.Versioning;
using Chat.Bench;

[assembly: SupportedOSPlatform("linux")]

try
{
    Options options = Options.Parse(args);
    Runner runner = new(options);
    Cores.UseMemberCore();
    bool isFaultless = runner.Run();
    string text = $"{Machine()}, {DateTime.UtcNow:yyyy-MM-dd}, medians of {options.Rounds} rounds\n\n{runner.Table}";
    Directory.CreateDirectory(options.Folder);
    File.WriteAllText(Path.Combine(options.Folder, "bench.md"), text);
    File.WriteAllText(Path.Combine(options.Folder, "bench.svg"), runner.DrawChart());
    Console.WriteLine(text);
    return isFaultless ? 0 : 1;
}
catch (Exception error) when (error is FormatException or IOException or UnauthorizedAccessException or Win32Exception)
{
    Console.Error.WriteLine($"bench: {error.Message}");
    return 2;
}

static string Machine()
{
    string? model = File.ReadLines("/proc/cpuinfo")
        .FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal));
    return $"{Environment.ProcessorCount} cores of {model?.Split(": ")[1] ?? "an unknown processor"}";
}
