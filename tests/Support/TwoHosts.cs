using System.Globalization;
using System.Runtime.CompilerServices;

namespace Chat.Tests.Support;

/// <summary>
/// Two machines and the cable between them: network namespaces and a pair of virtual interfaces. Each has its
/// own loopback. Pulling the cable takes the near host's interface down, so neither end learns of the break.
/// </summary>
internal sealed class TwoHosts : IDisposable
{
    /// <summary>The near host's address on the far host.</summary>
    public const string NearAddress = "10.99.0.1";

    private const string FarAddress = "10.99.0.2";

    private static int _last;

    private readonly string _near,
        _far,
        _cable;

    public TwoHosts()
    {
        // Names of interfaces have at most fifteen characters.
        string number = string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessId % 100_000}x{Interlocked.Increment(ref _last)}"
        );
        (_near, _far, _cable) = ($"chat-near-{number}", $"chat-far-{number}", $"cc{number}");
        foreach (string host in (string[])[_near, _far])
        {
            Ip("netns", "add", host);
            Ip("-n", host, "link", "set", "lo", "up");
        }

        Ip("-n", _near, "link", "add", _cable, "type", "veth", "peer", "name", _cable, "netns", _far);
        HasNearAddress(true);
        HasFarAddress(true);
        Ip("-n", _far, "link", "set", _cable, "up");
        PlugIn();
    }

    /// <summary>The reason that no namespaces can be made here; null if they can.</summary>
    public static string? Absent { get; } = WhyAbsent();

    public RunningProgram StartNear(string program, params IEnumerable<string> args) => Start(_near, program, args);

    public RunningProgram StartFar(string program, params IEnumerable<string> args) => Start(_far, program, args);

    public void PullOut() => Ip("-n", _near, "link", "set", _cable, "down");

    public void PlugIn() => Ip("-n", _near, "link", "set", _cable, "up");

    /// <summary>
    /// Takes the near host's address away or gives it back. The far host sees no change: its packets stay unanswered.
    /// </summary>
    public void HasNearAddress(bool has) => Has(_near, NearAddress, has);

    /// <summary>Takes the far host's address away or gives it back.</summary>
    public void HasFarAddress(bool has) => Has(_far, FarAddress, has);

    private void Has(string host, string address, bool has) =>
        Ip("-n", host, "address", has ? "add" : "delete", $"{address}/24", "dev", _cable);

    public void Dispose()
    {
        foreach (string host in (string[])[_near, _far])
            Ip("netns", "delete", host);
    }

    private static RunningProgram Start(string host, string program, IEnumerable<string> args) =>
        ToolProcess.Start("ip", ["netns", "exec", host, program, .. args]);

    private static void Ip(params string[] args)
    {
        using RunningProgram ip = ToolProcess.Start("ip", args);
        Assert.True(ip.WaitForExit() == 0, ip.Describe());
    }

    private static string? WhyAbsent()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return "network namespaces are made by root on Linux";
        string name = $"chat-trial-{Environment.ProcessId}";
        using RunningProgram trial = ToolProcess.Start("ip", "netns", "add", name);
        if (trial.WaitForExit() != 0)
            return "this machine allows no new network namespaces";
        Ip("netns", "delete", name);
        return null;
    }
}

/// <summary>A fact that needs <see cref="TwoHosts"/>. If they cannot be made, it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TwoHostsFactAttribute : FactAttribute
{
    public TwoHostsFactAttribute(
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1
    )
        : base(sourceFilePath, sourceLineNumber) => Skip = TwoHosts.Absent;

    /// <summary>
    /// Takes minutes, so it runs only when CHAT_CHAOS_LINES is set, as <c>./build.sh chaos</c> does.
    /// </summary>
    public bool IsLong
    {
        get;
        init
        {
            field = value;
            if (value && Environment.GetEnvironmentVariable("CHAT_CHAOS_LINES") is null)
                Skip ??= "./build.sh chaos plays it";
        }
    }
}

/// <summary>A theory that needs <see cref="TwoHosts"/>. If they cannot be made, it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TwoHostsTheoryAttribute : TheoryAttribute
{
    public TwoHostsTheoryAttribute(
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1
    )
        : base(sourceFilePath, sourceLineNumber) => Skip = TwoHosts.Absent;
}
