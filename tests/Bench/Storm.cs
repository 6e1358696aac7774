using System.Diagnostics;

namespace Chat.Bench;

/// <summary>People who come in and leave again.</summary>
internal static class Storm
{
    /// <summary>How many are in before they leave.</summary>
    public const int Size = 500;

    public static void Blow(Crowd crowd, TimeSpan patience)
    {
        long until = Stopwatch.GetTimestamp() + (long)(patience.TotalSeconds * Stopwatch.Frequency);
        for (int at = 0; at < Size; at += crowd.Dialect.LoginsAtOnce)
        {
            List<Member> wave = [];
            for (int i = at; i < Math.Min(Size, at + crowd.Dialect.LoginsAtOnce); i++)
            {
                if (crowd.Members.Count == i)
                    crowd.Members.Add(new Member(i));
                crowd.Connect(crowd.Members[i]);
                wave.Add(crowd.Members[i]);
            }
            crowd.WaitFor(() => wave.TrueForAll(static member => member.IsIn), until, "in");
        }
        foreach (Member member in crowd.Members)
            Crowd.Leave(member);
    }
}
