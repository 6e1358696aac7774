using Chat.Protocol;

namespace Chat.Client.Display;

/// <summary>The answer to the question who is here, in words, a line each.</summary>
internal static class RosterText
{
    /// <summary>
    /// A line for each person, or, if there are many or only their names are known, their names alone.
    /// </summary>
    /// <param name="present">The answer.</param>
    /// <param name="sinceOf">Words for the time since when a person is here, in milliseconds since 1970; null to leave
    /// it out.</param>
    public static IEnumerable<string> Lines(ChatEvent present, Func<long, string?> sinceOf)
    {
        bool isLong = present.Total > ProtocolLimits.PeopleTold || present.People.Any(static p => p.Number is null);
        return isLong
            ? [Names(present, present.People.OrderBy(static p => p.IdleMilliseconds ?? 0))]
            : present.People.Select(Person).Prepend($"{present.Total} here:");

        string Person(PresentPerson person)
        {
            string? since = person.SinceUnixMilliseconds is long joined ? sinceOf(joined) : null;
            return PresenceText.Line(person.Name, person.Mine, since, person.IdleMilliseconds, person.Client);
        }
    }

    /// <summary>The greeting of a newcomer.</summary>
    public static string Greeting(ChatEvent present) =>
        present is { Total: 1, People: [{ Mine: true }] }
            ? "you are the only one here"
            : Names(present, present.People);

    private static string Names(ChatEvent present, IEnumerable<PresentPerson> people)
    {
        string[] names =
        [
            .. people.Take(ClientLimits.PeopleNamed).Select(static p => p.Mine ? $"{p.Name} (you)" : p.Name),
        ];
        string more = present.Total > names.Length ? $" and {present.Total - names.Length} more" : "";
        return $"{present.Total} here: {string.Join(", ", names)}{more}";
    }
}
