using System.Globalization;

namespace Chat.Tests.Support;

/// <summary>
/// Machines on one or more networks: network namespaces, connected by bridges in another one. Machine 0 has the
/// address 10.98.0.1 on network 0 and 10.98.1.1 on network 1, machine 1 has 10.98.0.2, and so on. Facts that use it are
/// marked with <see cref="TwoHostsFactAttribute"/>.
/// </summary>
internal sealed class Lan : IDisposable
{
    private static int _last;

    private readonly string _switches;
    private readonly string[] _machines;
    private readonly List<Avahi> _avahis = [];

    /// <summary>Makes machines; all are connected to network 0.</summary>
    public Lan(int machines, int networks = 1)
    {
        string number = string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessId % 100_000}x{Interlocked.Increment(ref _last)}"
        );
        _switches = $"chat-lan-{number}";
        _machines = [.. Enumerable.Range(0, machines).Select(i => $"chat-lan-{number}-{i}")];
        foreach (string name in _machines.Prepend(_switches))
            Run("ip", "netns", "add", name);
        Configure(
            _switches,
            [
                .. Enumerable
                    .Range(0, networks)
                    .SelectMany(static i => new[] { $"link add sw{i} type bridge", $"link set sw{i} up" }),
            ]
        );
        for (int i = 0; i < machines; i++)
        {
            Configure(_machines[i], "link set lo up");
            Connect(i, network: 0);
        }
    }

    /// <summary>Adds an interface <c>lanN</c> of a machine, connected to network N.</summary>
    public void Connect(int machine, int network)
    {
        Configure(
            _machines[machine],
            $"link add lan{network} type veth peer name port{machine}x{network} netns {_switches}",
            $"address add 10.98.{network}.{machine + 1}/24 dev lan{network}"
        );
        Configure(_switches, $"link set port{machine}x{network} master sw{network} up");
        Configure(_machines[machine], $"link set lan{network} up");
    }

    /// <summary>Removes that interface.</summary>
    public void Disconnect(int machine, int network) => Configure(_machines[machine], $"link delete lan{network}");

    /// <summary>Starts a program on a machine.</summary>
    public RunningProgram Start(int machine, string program, params IEnumerable<string> args) =>
        StartWith(new Dictionary<string, string?>(StringComparer.Ordinal), machine, program, args);

    /// <summary>Starts a program on a machine, with variables of its environment.</summary>
    public RunningProgram StartWith(
        IReadOnlyDictionary<string, string?> env,
        int machine,
        string program,
        params IEnumerable<string> args
    ) => ToolProcess.StartWith(env, "ip", ["netns", "exec", _machines[machine], ToolProcess.Find(program), .. args]);

    /// <summary>Starts a program on a machine in this terminal.</summary>
    public void StartAt(
        Pty terminal,
        int machine,
        string program,
        IEnumerable<string> args,
        IReadOnlyDictionary<string, string?>? env = null
    ) => terminal.Start("ip", ["netns", "exec", _machines[machine], program, .. args], env);

    /// <summary>Starts avahi on a machine; it stops with this.</summary>
    public Avahi StartAvahi(int machine)
    {
        Avahi avahi = new(this, machine);
        _avahis.Add(avahi);
        return avahi;
    }

    public void Dispose()
    {
        _avahis.ForEach(static avahi => avahi.Dispose());
        foreach (string name in _machines.Append(_switches))
            Run("ip", "netns", "delete", name);
    }

    private static void Configure(string machine, params string[] commands)
    {
        using RunningProgram ip = ToolProcess.Start("ip", "-n", machine, "-batch", "-");
        Array.ForEach(commands, ip.SendLine);
        ip.CloseInput();
        Assert.True(ip.WaitForExit() == 0, ip.Describe());
    }

    private static void Run(string program, params string[] args)
    {
        using RunningProgram running = ToolProcess.Start(program, args);
        Assert.True(running.WaitForExit() == 0, running.Describe());
    }
}
