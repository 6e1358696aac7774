using System.Runtime.CompilerServices;

namespace Chat.Tests.Support;

/// <summary>A fact about Linux: static binaries, /proc, chroot. Elsewhere it is counted as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute(
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1
    )
        : base(sourceFilePath, sourceLineNumber) => Skip = OperatingSystem.IsLinux() ? null : "speaks of Linux";
}
