namespace Chat.Tests.Support;

/// <summary>A theory about Linux, as <see cref="LinuxFactAttribute"/> is a fact.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = OperatingSystem.IsLinux() ? null : "speaks of Linux";
}
