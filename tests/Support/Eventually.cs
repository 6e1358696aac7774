using System.Diagnostics;
using Xunit.Sdk;

namespace Chat.Tests.Support;

/// <summary>
/// Waits for a condition: the only way in which a test waits for another thread or process. The deadline
/// matters to failures alone. A loaded machine does not reach it, and a passing test never waits for it.
/// </summary>
internal static class Eventually
{
    /// <summary>The longest wait in a test.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until the condition holds, or fails.</summary>
    /// <param name="condition">Evaluated on this thread until it holds.</param>
    /// <param name="what">Ends the sentence "waited 30 s in vain for ...".</param>
    /// <param name="deadline">Null: <see cref="Deadline"/>.</param>
    /// <param name="seen">The actual state, read only when the wait fails.</param>
    public static void Is(Func<bool> condition, string what, TimeSpan? deadline = null, Func<string>? seen = null)
    {
        TimeSpan limit = deadline ?? Deadline;
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > limit)
                throw InVain(what, limit, seen?.Invoke());
            Thread.Sleep(LookAgainAfter);
        }
    }

    /// <summary>The exception of a failed wait, for classes with their own wait.</summary>
    public static XunitException InVain(string what, TimeSpan limit, string? seen)
    {
        string sentence = $"Waited {limit.TotalSeconds:0.###} s in vain for {what}.";
        return new XunitException(seen is null ? sentence : $"{sentence}\nSeen so far:\n{seen}");
    }
}
