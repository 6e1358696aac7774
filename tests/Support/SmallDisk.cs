using System.Globalization;
using System.Runtime.CompilerServices;

namespace Chat.Tests.Support;

/// <summary>A small disk in memory that fills up soon and can grow.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-disk-").FullName;

    public SmallDisk(int kilobytes) => Run("mount", "-t", "tmpfs", "-o", Size(kilobytes), "none", _folder);

    /// <summary>The reason that no disk can be mounted here; null if one can.</summary>
    public static string? Absent { get; } = WhyAbsent();

    public string this[string file] => Path.Combine(_folder, file);

    /// <summary>Fills the disk to the last byte.</summary>
    public void Fill()
    {
        using FileStream filler = new(this["filler"], FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                filler.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void MakeRoom() => File.Delete(this["filler"]);

    public void MakeReadOnly() => Run("mount", "-o", "remount,ro", _folder);

    public void Resize(int kilobytes) => Run("mount", "-o", $"remount,{Size(kilobytes)}", _folder);

    public void Dispose()
    {
        Run("umount", "--lazy", _folder);
        Directory.Delete(_folder);
    }

    private static string Size(int kilobytes) => string.Create(CultureInfo.InvariantCulture, $"size={kilobytes}k");

    private static void Run(string tool, params string[] args)
    {
        using RunningProgram program = ToolProcess.Start(tool, args);
        Assert.True(program.WaitForExit() == 0, program.Describe());
    }

    private static string? WhyAbsent()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return "disks are mounted by root on Linux";
        using RunningProgram trial = ToolProcess.Start(
            "unshare",
            "--mount",
            "mount",
            "-t",
            "tmpfs",
            "none",
            Path.GetTempPath()
        );
        return trial.WaitForExit() == 0 ? null : "this machine does not allow mounts";
    }
}

/// <summary>A fact about a full disk. If none can be mounted, it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute(
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1
    )
        : base(sourceFilePath, sourceLineNumber) => Skip = SmallDisk.Absent;
}
