using System.Globalization;

namespace Chat.Bench;

/// <summary>What to measure, and how long.</summary>
internal sealed record Plan
{
    /// <summary>In the order in which they are measured.</summary>
    public static readonly string[] AllModes = ["start-up", "fan-out", "rate", "idle", "storm", "resume", "client"];

    public required string Binary { get; init; }

    /// <summary>Where the table and the plot go.</summary>
    public required string Folder { get; init; }

    public bool WithPeers { get; init; }

    public string[] Modes { get; init; } = AllModes;

    /// <summary>Sizes of the room.</summary>
    public int[] Members { get; init; } = [10, 100, 1000, 10_000];

    /// <summary>Of one measurement in the closed loop, at least.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Of each figure the median of so many is told, an odd number, and where lines are said of more: <see
    /// cref="RoundsWith"/>, <see cref="PacedRounds"/>.
    /// </summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Names of those to be measured, or parts of names; none for all.</summary>
    public string[] Servers { get; init; } = [];

    /// <summary>The size of the room in the open loop.</summary>
    public int PacedMembers { get; init; } = 1000;

    /// <summary>
    /// How often to fill a room for the open loop: where the machine stands still for a moment, two of three may well
    /// be bad, and seldom three of five.
    /// </summary>
    public int PacedRounds => (2 * Rounds) - 1;

    /// <summary>Of one measurement in the open loop, and of a storm.</summary>
    public TimeSpan PacedDuration => Duration * 5;

    /// <summary>
    /// Of one measurement in the closed loop: long enough for thirty messages, one after the other, each of which is 10
    /// µs for every member.
    /// </summary>
    public TimeSpan DurationWith(int members)
    {
        TimeSpan thirty = TimeSpan.FromMicroseconds(30 * 10 * members);
        return thirty > Duration ? thirty : Duration;
    }

    /// <summary>
    /// How often to fill a room with so many for the closed loop: an odd number, too, so that a median is a measurement
    /// and favours nobody. More often where a room of a hundred is filled in no time, and where those of both our
    /// dialects cannot be open at a time.
    /// </summary>
    public int RoundsWith(int members, bool ours) =>
        members == 100 || (ours && !SideBySide(members)) ? (2 * Rounds) + 1 : Rounds;

    /// <summary>Members there can be at once.</summary>
    public int MostMembers { get; init; } = int.MaxValue;

    /// <summary>Whether two rooms of so many can be open at a time, one of each of our dialects.</summary>
    public bool SideBySide(int members) => members <= MostMembers / 2;

    /// <summary>
    /// How often to measure a load in rooms that are filled: one measurement is off by a tenth on a machine that is
    /// shared. Members of both our dialects are held to each other most closely; and with one sender in a room of a
    /// hundred all servers are near to each other, a send a member and nothing else. In a smaller room no cost is held
    /// to a limit.
    /// </summary>
    public int TurnsWith(Load load, bool sideBySide) =>
        load switch
        {
            { Members: < 100 } => 1,
            { Members: 100, Senders: 1 } => Rounds,
            { Members: 100 } => sideBySide ? Rounds : 1,
            _ => sideBySide ? (2 * Rounds) - 1 : 1,
        };

    /// <summary>
    /// Reads the command line: <c>BINARY FOLDER [peers] [--modes A,B] [--members N,M] [--seconds S] [--rounds R]
    /// [--servers NAME;NAME]</c>.
    /// </summary>
    /// <exception cref="FormatException">It cannot be understood.</exception>
    public static Plan Parse(string[] words)
    {
        if (words.Length < 2)
            throw new FormatException("the binary and a folder for what is measured are needed");
        Plan plan = new() { Binary = words[0], Folder = words[1] };
        for (int i = 2; i < words.Length; i++)
        {
            if (words[i] == "peers")
                plan = plan with { WithPeers = true };
            else if (i + 1 < words.Length)
                plan = plan.With(words[i], words[++i]);
            else
                throw new FormatException($"{words[i]} needs a value");
        }
        return plan;
    }

    private Plan With(string option, string value) =>
        option switch
        {
            "--modes" when value.Split(',') is string[] modes && modes.Except(AllModes).FirstOrDefault() is null =>
                this with
                {
                    Modes = modes,
                },
            "--modes" => throw new FormatException($"--modes takes any of {string.Join(',', AllModes)}"),
            "--members" => this with { Members = Array.ConvertAll(value.Split(','), Number) },
            "--seconds" => this with { Duration = TimeSpan.FromSeconds(Number(value)) },
            "--rounds" when Number(value) is int rounds && int.IsOddInteger(rounds) => this with { Rounds = rounds },
            "--rounds" => throw new FormatException("--rounds takes an odd number, of which there is a median"),
            "--servers" => this with { Servers = value.Split(';') },
            _ => throw new FormatException(
                $"there is no option {option}; there are --modes, --members, --seconds, --rounds and --servers"
            ),
        };

    private static int Number(string word) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new FormatException($"{word} is no number above 0");
}
