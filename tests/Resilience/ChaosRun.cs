using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Chat.Tests.Support;
using Xunit.Sdk;

namespace Chat.Tests.Resilience;

/// <summary>
/// Twenty clients of the published binary talk through a bad network to a server that is killed every few
/// seconds and restarted from its history. Afterwards each client's output must hold the same conversation.
/// Each line appears once, and each speaker's lines are in order.
/// </summary>
/// <remarks>
/// The delays in it are the faults themselves and no synchronisation: at the end the run waits for each
/// condition.
/// </remarks>
internal sealed class ChaosRun : IDisposable
{
    private const int Clients = 20;

    /// <summary>Lines a second, all clients together.</summary>
    private const int Pace = 40;

    private static readonly TimeSpan KillEvery = TimeSpan.FromSeconds(4),
        CutEvery = TimeSpan.FromMilliseconds(600);

    /// <summary>An unlucky client waits up to 30 s for its next attempt, which may fail once more.</summary>
    private static readonly TimeSpan CalmDeadline = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-chaos-");
    private readonly List<RunningProgram> _clients = [];
    private readonly int _lines,
        _port;
    private readonly Random _random;
    private readonly ChaosProxy _proxy;
    private ChatServerProcess _server;
    private readonly bool _isEncrypted;
    private int _kills;

    public ChaosRun(int lines, int seed, bool isEncrypted)
    {
        (_lines, _random, _port) = (lines, new Random(seed), ChatServerProcess.FreePort());
        _isEncrypted = isEncrypted;
        _server = StartServer();
        _proxy = new ChaosProxy(_server.EndPoint, seed, hidesTls: !isEncrypted) { Calm = true };
    }

    private string History => Path.Combine(_folder.FullName, "history");

    /// <summary>Plays the whole run.</summary>
    public ChaosTally Play()
    {
        var watch = Stopwatch.StartNew();
        Gather();
        _proxy.Calm = false;
        Talk();
        _proxy.Calm = true;
        List<string> troubles = Settle();
        string[][] told = [.. _clients.Select(static client => client.Out.Lines.ToArray())];
        return new ChaosTally(
            _lines,
            Clients,
            told,
            troubles,
            $"{(_isEncrypted ? "inside TLS" : "in the clear")}, {_kills} kills of the server, {_proxy.Tally}, "
                + $"{watch.Elapsed.TotalSeconds:0} s"
        );
    }

    public void Dispose()
    {
        _clients.ForEach(static client => client.Dispose());
        _proxy.Dispose();
        _server.Dispose();
        _folder.Delete(recursive: true);
    }

    private ChatServerProcess StartServer() =>
        ChatServerProcess.StartOn(_port, "--rate", "0", "--history", History, "--grace", "600");

    private void Gather()
    {
        for (int i = 0; i < Clients; i++)
        {
            _clients.Add(
                ChatProcess.Start(
                    "client",
                    "127.0.0.1",
                    $"{_proxy.EndPoint.Port}",
                    "--name",
                    ChaosTally.NameOf(i),
                    "--json",
                    "--listen",
                    "--no-history"
                )
            );
            _clients[i]
                .Out.WaitForLine(line =>
                    line.Contains("\"state\":\"joined\"", StringComparison.Ordinal)
                    && line.Contains($"\"encrypted\":{(_isEncrypted ? "true" : "false")}", StringComparison.Ordinal)
                );
        }
    }

    private void Talk()
    {
        var watch = Stopwatch.StartNew();
        TimeSpan nextKill = KillEvery,
            nextCut = CutEvery;
        for (int said = 0; said < _lines; said++)
        {
            _clients[said % Clients].SendLine(ChaosTally.TextOf(said % Clients, said / Clients));
            while (watch.Elapsed < TimeSpan.FromSeconds((double)said / Pace))
                Thread.Sleep(1);
            if (watch.Elapsed >= nextKill)
            {
                KillAndRestart();
                nextKill = watch.Elapsed + KillEvery * (0.5 + _random.NextDouble());
            }
            if (watch.Elapsed >= nextCut)
            {
                _proxy.CutOne(_random);
                nextCut = watch.Elapsed + CutEvery * (0.5 + _random.NextDouble());
            }
        }
    }

    private void KillAndRestart()
    {
        _kills++;
        _server.Program.Kill();
        _server.Dispose();
        Thread.Sleep(_random.Next(0, 500));
        _server = StartServer();
    }

    // The last line is sent when its speaker has read everything, so no line follows it. Then every client
    // reads up to it.
    private List<string> Settle()
    {
        List<string> troubles = [];
        Wait(_clients[0], said: _lines, troubles);
        _clients[0].SendLine(ChaosTally.LastWord);
        foreach (RunningProgram client in _clients)
            Wait(client, said: null, troubles);
        return troubles;
    }

    private static void Wait(RunningProgram client, int? said, List<string> troubles)
    {
        try
        {
            for (int i = 0; i < said; i++)
                client.Out.WaitForLine(
                    static line => ChaosTally.IsSaid(line),
                    $"line {i.ToString(CultureInfo.InvariantCulture)} of {said}",
                    CalmDeadline
                );
            if (said is null)
                client.Out.WaitForLine(
                    static line =>
                        ChaosTally.IsSaid(line) && line.Contains(ChaosTally.LastWord, StringComparison.Ordinal),
                    "the last word",
                    CalmDeadline
                );
        }
        catch (XunitException vain)
        {
            troubles.Add(vain.Message.Split('\n')[0] + " " + string.Join(" | ", client.Out.Lines.TakeLast(3)));
        }
    }
}

/// <summary>The counts at the end of a run.</summary>
internal sealed class ChaosTally
{
    public const string LastWord = "that was all";

    private readonly string _words;

    /// <param name="lines">Lines sent.</param>
    /// <param name="clients">The number of clients, which speak in turns.</param>
    /// <param name="told">The output of each client.</param>
    /// <param name="troubles">The conditions that did not come true.</param>
    /// <param name="course">A summary of the run.</param>
    public ChaosTally(int lines, int clients, string[][] told, List<string> troubles, string course)
    {
        string[] due = [.. Enumerable.Range(0, lines).Select(said => TextOf(said % clients, said / clients)), LastWord];
        string[][] texts = [.. told.Select(static one => one.Where(IsSaid).Select(TextIn).ToArray())];
        Lost = texts.Sum(one => due.Except(one, StringComparer.Ordinal).Count());
        Doubled = texts.Sum(static one => one.Length - one.Distinct(StringComparer.Ordinal).Count());
        Orders = texts.Select(static one => string.Join('\n', one)).Distinct(StringComparer.Ordinal).Count();
        Disordered = Enumerable.Range(0, clients).Sum(speaker => texts.Count(one => !IsInOrder(one, speaker)));
        Gaps = told.Sum(static one =>
            one.Count(static line => line.StartsWith("{\"type\":\"gap\"", StringComparison.Ordinal))
        );
        Errors =
        [
            .. told.SelectMany(static one =>
                    one.Where(static line => line.StartsWith("{\"type\":\"error\"", StringComparison.Ordinal))
                )
                .Distinct(StringComparer.Ordinal),
            .. troubles,
        ];
        _words =
            string.Create(
                CultureInfo.InvariantCulture,
                $"{lines} lines to {clients} clients: {Lost} lost, {Doubled} doubled, {Orders} order{(Orders == 1 ? "" : "s")}"
            )
            + $", {Gaps} gaps, {Disordered} speakers out of order; {course}"
            + string.Concat(Errors.Take(20).Select(static error => "\n  " + error));
    }

    public int Lost { get; }

    public int Doubled { get; }

    /// <summary>The number of different orders at the clients; 1 in a correct run.</summary>
    public int Orders { get; }

    public int Disordered { get; }

    public int Gaps { get; }

    public string[] Errors { get; }

    public override string ToString() => _words;

    public static string NameOf(int client) => $"bot{(char)('a' + client)}";

    public static string TextOf(int client, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{NameOf(client)} says {number}");

    public static bool IsSaid(string line) => line.StartsWith("{\"type\":\"say\"", StringComparison.Ordinal);

    private static string TextIn(string line)
    {
        using JsonDocument said = JsonDocument.Parse(line);
        return said.RootElement.GetProperty("text").GetString()!;
    }

    private static bool IsInOrder(string[] texts, int speaker)
    {
        string prefix = $"{NameOf(speaker)} says ";
        int[] numbers =
        [
            .. texts
                .Where(text => text.StartsWith(prefix, StringComparison.Ordinal))
                .Select(text => int.Parse(text.AsSpan(prefix.Length), CultureInfo.InvariantCulture)),
        ];
        return numbers.SequenceEqual(numbers.Order());
    }
}
