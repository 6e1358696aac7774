using System.Globalization;
using Chat.Protocol.Names;

namespace Chat.Server.Rooms;

/// <summary>
/// Names for members who have not chosen one: <c>guest</c>, <c>guest2</c>, <c>guest3</c>. The lowest free number is given,
/// so names stay short however often members come and go.
/// </summary>
/// <remarks>
/// A member may choose a name such as <c>guest7</c>. The caller therefore says which names are free, and a name in use is
/// passed over.
/// </remarks>
internal sealed class GuestNames
{
    private const string Stem = Nickname.Guest;

    // Numbers up to the highest that may be free: they were given back. A set, because a number may come back twice.
    private readonly SortedSet<int> _free = [];
    private int _highest;

    /// <summary>The lowest name that is free. It is the same until it is in use.</summary>
    /// <param name="isFree">Whether no member has this name.</param>
    public string Lowest(Func<string, bool> isFree)
    {
        while (_free.Count > 0)
        {
            if (NameOf(_free.Min) is string name && isFree(name))
                return name;
            _free.Remove(_free.Min);
        }
        while (true)
        {
            if (NameOf(_highest + 1) is string name && isFree(name))
                return name;
            _highest++;
        }
    }

    /// <summary>Takes back a name that is free again. A name that is no guest's is ignored.</summary>
    public void Return(string name)
    {
        if (!TryNumber(name, out int number) || number > _highest)
            return;
        _free.Add(number);
        while (_free.Remove(_highest))
            _highest--;
    }

    /// <summary>Whether a name is one of those that are given here.</summary>
    public static bool IsGuestName(string name) => TryNumber(name, out _);

    private static string NameOf(int number) => number == 1 ? Stem : $"{Stem}{number}";

    private static bool TryNumber(string name, out int number)
    {
        number = 1;
        return name.StartsWith(Stem, StringComparison.Ordinal)
            && (
                name.Length == Stem.Length
                || (
                    int.TryParse(name.AsSpan(Stem.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number)
                    && NameOf(number) == name
                )
            );
    }
}
