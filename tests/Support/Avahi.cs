namespace Chat.Tests.Support;

/// <summary>avahi-daemon on a machine of a <see cref="Lan"/>, with a message bus of its own.</summary>
internal sealed class Avahi : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chat-avahi-");
    private readonly Dictionary<string, string?> _env;
    private readonly Lan _lan;
    private readonly int _machine;
    private readonly RunningProgram _bus,
        _daemon;

    public Avahi(Lan lan, int machine)
    {
        (_lan, _machine) = (lan, machine);
        string bus = $"unix:path={_folder.FullName}/bus";
        _env = new(StringComparer.Ordinal) { ["DBUS_SYSTEM_BUS_ADDRESS"] = bus };
        string busFile = Path.Combine(_folder.FullName, "bus.conf"),
            daemonFile = Path.Combine(_folder.FullName, "avahi.conf");
        File.WriteAllText(
            busFile,
            $"""
            <busconfig>
              <type>system</type>
              <listen>{bus}</listen>
              <auth>EXTERNAL</auth>
              <policy context="default">
                <allow user="*"/>
                <allow own="*"/>
                <allow send_destination="*"/>
                <allow send_type="method_call"/>
                <allow send_type="signal"/>
                <allow receive_type="method_call"/>
                <allow receive_type="method_return"/>
                <allow receive_type="error"/>
                <allow receive_type="signal"/>
              </policy>
            </busconfig>
            """
        );
        File.WriteAllText(daemonFile, $"[server]\nhost-name=machine{machine}\n[wide-area]\nenable-wide-area=no\n");
        _bus = ToolProcess.Start("dbus-daemon", $"--config-file={busFile}", "--nofork", "--print-address");
        _bus.Out.WaitForLine("unix:path=");
        // It has a /run of its own for its number of a process, of which a system has one.
        const string Command =
            "mount -t tmpfs tmpfs /run && exec \"$0\" -f \"$1\" --no-drop-root --no-chroot --no-rlimits";
        string[] args = ["--mount", "sh", "-c", Command, ToolProcess.Find("/usr/sbin/avahi-daemon"), daemonFile];
        _daemon = lan.StartWith(_env, machine, "unshare", args);
        _daemon.Err.WaitForLine("Server startup complete");
    }

    /// <summary>Starts avahi-browse for rooms. It writes a line for each that comes, and for each that goes.</summary>
    public RunningProgram Browse() => Start("avahi-browse", "--resolve", "--parsable", "_chat._tcp");

    /// <summary>Starts a tool of avahi.</summary>
    public RunningProgram Start(string tool, params IEnumerable<string> args) =>
        _lan.StartWith(_env, _machine, tool, args);

    public void Dispose()
    {
        _daemon.Dispose();
        _bus.Dispose();
        _folder.Delete(recursive: true);
    }
}
