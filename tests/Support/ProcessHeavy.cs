namespace Chat.Tests.Support;

/// <summary>
/// The collection of test classes that start programs: <c>[Collection(ProcessHeavy.Collection)]</c>. They run
/// one after another, so that two cores do not run ten programs at once. All other classes run beside them.
/// </summary>
internal static class ProcessHeavy
{
    public const string Collection = "starts programs";
}
