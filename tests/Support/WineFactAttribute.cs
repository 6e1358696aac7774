namespace Chat.Tests.Support;

/// <summary>A fact about the program for Windows. Where wine or that program is not there, it is counted as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class WineFactAttribute : FactAttribute
{
    public WineFactAttribute() => Skip = Wine.Absent;
}
