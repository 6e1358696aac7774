namespace Chat.Bench;

/// <summary>The command line.</summary>
internal sealed record Options
{
    public const string Usage = """
        usage: bench BINARY FOLDER [peers] [OPTION VALUE]...

          BINARY             the chat to measure
          FOLDER             where bench.md and bench.svg go
          peers              also measure ngircd, inspircd, nats-server and ncat, as far as they are installed
          --baseline BINARY  another chat, measured side by side; the table shows new/old
          --modes A,B        of fan-out, memory, idle, resume and reconnect; default: all
          --members N,M      sizes of the room; default: 100,1000,10000
          --rounds R         the table shows the median of R rounds; default: 5
          --seconds S        of one fan-out measurement, at least; default: 1
          --servers A;B      only columns whose name contains one of these
        """;

    public static readonly string[] AllModes = ["idle", "fan-out", "memory", "resume", "reconnect"];

    public required string Binary { get; init; }

    public required string Folder { get; init; }

    public bool WithPeers { get; init; }

    public string? Baseline { get; init; }

    public string[] Modes { get; init; } = AllModes;

    public int[] Members { get; init; } = [100, 1000, 10_000];

    public int Rounds { get; init; } = 5;

    public int Seconds { get; init; } = 1;

    public string[] Servers { get; init; } = [""];

    /// <summary>Long enough for thirty messages one after the other, at 10 µs for each member.</summary>
    public TimeSpan FanOutDuration(int members) => TimeSpan.FromSeconds(Math.Max(Seconds, 30 * 10e-6 * members));

    /// <exception cref="FormatException">The command line is wrong.</exception>
    public static Options Parse(string[] words)
    {
        if (words.Length < 2)
            throw new FormatException(Usage);
        Options options = new() { Binary = Program(words[0]), Folder = words[1] };
        for (int i = 2; i < words.Length; i++)
        {
            if (words[i] == "peers")
                options = options with { WithPeers = true };
            else if (i + 1 < words.Length)
                options = options.With(words[i], words[++i]);
            else
                throw new FormatException($"unknown argument, or an option without its value: {words[i]}\n{Usage}");
        }
        return options;
    }

    private Options With(string option, string value) =>
        option switch
        {
            "--baseline" => this with { Baseline = Program(value) },
            "--modes" when value.Split(',').Except(AllModes).FirstOrDefault() is string unknown =>
                throw new FormatException($"unknown mode: {unknown}; there are {string.Join(", ", AllModes)}"),
            "--modes" => this with { Modes = value.Split(',') },
            "--members" => this with { Members = [.. value.Split(',').Select(Number)] },
            "--rounds" => this with { Rounds = Number(value) },
            "--seconds" => this with { Seconds = Number(value) },
            "--servers" => this with { Servers = value.Split(';') },
            _ => throw new FormatException($"unknown option: {option}\n{Usage}"),
        };

    private static string Program(string path) =>
        File.Exists(path) ? Path.GetFullPath(path) : throw new FormatException($"no such file: {path}");

    private static int Number(string word) =>
        int.TryParse(word, out int number) && number > 0
            ? number
            : throw new FormatException($"not a whole number above 0: {word}");
}
