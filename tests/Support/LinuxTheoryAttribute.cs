using System.Runtime.CompilerServices;

namespace Chat.Tests.Support;

/// <summary>A theory about Linux, as <see cref="LinuxFactAttribute"/> is a fact.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute(
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1
    )
        : base(sourceFilePath, sourceLineNumber) => Skip = OperatingSystem.IsLinux() ? null : "speaks of Linux";
}
