using Chat.Protocol;

namespace Chat.Client.Display;

/// <summary>The wording of a roster, in lines.</summary>
internal static class RosterText
{
    /// <summary>
    /// One line per person; or one line of names, if the people are many or only their names are known.
    /// </summary>
    /// <param name="present">The roster.</param>
    /// <param name="sinceOf">Returns the words for the time of a join, from Unix milliseconds; null to omit it.</param>
    public static IEnumerable<string> Lines(ChatEvent present, Func<long, string?> sinceOf)
    {
        bool isLong = present.Total > ProtocolLimits.PeopleTold || present.People.Any(static p => p.Number is null);
        return isLong
            ? [Names(present, present.People.OrderBy(static p => p.IdleMilliseconds ?? 0))]
            : present.People.Select(Person).Prepend($"{present.Total} here:");

        string Person(PresentPerson person)
        {
            string? since = person.SinceUnixMilliseconds is long joined ? sinceOf(joined) : null;
            return PresenceText.Line(
                person.ShownName,
                person.Mine,
                since,
                person.IdleMilliseconds,
                person.Client,
                person.IsInClear
            );
        }
    }

    /// <summary>The roster shown after the join.</summary>
    public static string Greeting(ChatEvent present) =>
        present is { Total: 1, People: [{ Mine: true }] }
            ? "you are the only one here"
            : Names(present, present.People);

    private static string Names(ChatEvent present, IEnumerable<PresentPerson> people)
    {
        string[] names = [.. people.Take(ClientLimits.PeopleNamed).Select(static p => p.Listed)];
        string more = present.Total > names.Length ? $" and {present.Total - names.Length} more" : "";
        return $"{present.Total} here: {string.Join(", ", names)}{more}";
    }
}
