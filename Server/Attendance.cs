using System.Text;
using Chat.Protocol;

namespace Chat.Server;

/// <summary>Who is here, as an answer: in several lines when there are many, cut where the longest answer allowed ends.</summary>
internal static class Attendance
{
    public static void Tell(Room room, Member member)
    {
        string[] names = [.. room.Here.Select(static p => p.Name).Order(StringComparer.OrdinalIgnoreCase)];
        StringBuilder line = new($"{names.Length} here:");
        int told = 0, bytes = 0;
        foreach (string name in names)
        {
            if (bytes + line.Length * 4 > Limits.AnswerBytes - Limits.LineBytes)
                break;
            line.Append(told == 0 ? " " : line.Length == 0 ? "" : ", ").Append(name);
            if (++told == names.Length || line.Length < Limits.WhoLineLength)
                continue;
            line.Append(',');
            bytes += Encoding.UTF8.GetByteCount(line.ToString());
            room.Answer(member, line.ToString());
            line.Clear();
        }
        if (told < names.Length)
            line.Append(line.Length == 0 ? "and " : " and ").Append(names.Length - told).Append(" more");
        if (line.Length > 0)
            room.Answer(member, line.ToString());
    }
}
