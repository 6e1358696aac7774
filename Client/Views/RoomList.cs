using System.Globalization;
using System.Text;
using Chat.Client.Discovery;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Storage;
using Chat.Protocol;
using Chat.Protocol.Text;

namespace Chat.Client.Views;

/// <summary>The choice of a person in the list of rooms.</summary>
/// <param name="To">The address.</param>
/// <param name="Room">The found room there; null for a typed or remembered address.</param>
internal sealed record RoomPick(HostPort To, FoundRoom? Room = null);

/// <summary>
/// The list of rooms that a person chooses from while the search goes on, and the row for a typed address below it.
/// Pure: it knows no search and no terminal.
/// </summary>
internal sealed class RoomList : ILineSource
{
    // The key of an entry has the name, because two announcements may name one address.
    private sealed record Entry(RoomPick Pick, string Name, string Text)
    {
        public string Key => $"{Pick.To.Typed} {Name}";

        public string Row => $"{Pick.To.Typed} {Text}";
    }

    private const int NameCells = 20,
        PeopleCells = 12,
        LockCells = 13;

    // A warning takes the place of two columns: behind the address a window of 80 columns would cut it off.
    private const string OtherRoom = "not the room you joined before",
        OtherAddress = "not where you joined it before",
        ChangedName = "the name has hidden characters";

    private const string Keys = "arrows and Enter join; or type a number or an address; Escape leaves",
        TypingPrompt = "join> ";

    private readonly StringBuilder _draft = new();
    private List<Entry> _entries = [];
    private string _chosen = "",
        _heading = "",
        _message = "";

    /// <summary>The rows of the window.</summary>
    public int Rows { get; set; } = 24;

    /// <summary>A key was pressed, so the person decides.</summary>
    public bool IsTouched { get; private set; }

    /// <summary>The person leaves.</summary>
    public bool IsLeaving { get; private set; }

    /// <summary>The choice; null before it.</summary>
    public RoomPick? Pick { get; private set; }

    /// <summary>
    /// Shows these rooms, and the remembered ones that are not among them. A new one comes last: the numbers of the
    /// others stay, because a person may be typing one.
    /// </summary>
    /// <param name="rooms">The rooms found so far.</param>
    /// <param name="known">The remembered rooms, the newest first.</param>
    /// <param name="interfaces">The names of the interfaces searched.</param>
    /// <param name="more">The rooms found that are too many for the list.</param>
    /// <returns>Whether the list changed.</returns>
    public bool Update(
        IReadOnlyList<FoundRoom> rooms,
        IReadOnlyList<KnownRoom> known,
        IEnumerable<string> interfaces,
        int more = 0
    )
    {
        string on = string.Join(", ", interfaces);
        string heading =
            on.Length == 0 ? "this computer is on no network"
            : rooms.Count == 0 ? $"no room found yet; still looking on {on}"
            : more > 0 ? $"rooms found on {on}, and {more} more than the list holds; still looking"
            : $"rooms found on {on}; still looking";
        List<Entry> current =
        [
            .. rooms.Select(room => new Entry(new RoomPick(room.To, room), room.Name, Describe(room, known))),
            .. known
                .Where(old => !rooms.Any(room => room.IsAt(old.To.Host!, old.To.Port ?? ProtocolLimits.Port)))
                .Select(static old => new Entry(new RoomPick(old.To), old.Name, Describe(old))),
        ];
        List<Entry> entries =
        [
            .. _entries.Select(old => current.Find(entry => entry.Key == old.Key)).OfType<Entry>(),
            .. current.Where(entry => !_entries.Exists(old => old.Key == entry.Key)),
        ];
        bool hasChanged =
            heading != _heading
            || !entries
                .Select(static entry => entry.Row)
                .SequenceEqual(_entries.Select(static entry => entry.Row), StringComparer.Ordinal);
        (_heading, _entries) = (heading, entries);
        if (!IsTouched || !_entries.Exists(entry => entry.Key == _chosen))
            _chosen =
                (_entries.Find(static entry => entry.Pick.Room is not null) ?? _entries.FirstOrDefault())?.Key ?? "";
        return hasChanged;
    }

    /// <summary>Handles a key.</summary>
    public void Press(Key key)
    {
        if (key.Kind is KeyKind.None or KeyKind.FocusIn or KeyKind.FocusOut)
            return;
        IsTouched = true;
        _message = "";
        switch (key)
        {
            case { Kind: KeyKind.Escape } or { Kind: KeyKind.Character, Ctrl: true, Rune.Value: 'c' or 'd' }:
                IsLeaving = true;
                break;
            case { Kind: KeyKind.Enter }:
                Choose();
                break;
            case { Kind: KeyKind.Up } or { Kind: KeyKind.Character, Ctrl: true, Rune.Value: 'p' }:
                Move(-1);
                break;
            case { Kind: KeyKind.Down or KeyKind.Tab } or { Kind: KeyKind.Character, Ctrl: true, Rune.Value: 'n' }:
                Move(1);
                break;
            case { Kind: KeyKind.Backspace } when _draft.Length > 0:
                int[] clusters = StringInfo.ParseCombiningCharacters(_draft.ToString());
                _draft.Length = clusters[^1];
                break;
            case { Kind: KeyKind.Character, Ctrl: true, Rune.Value: 'u' }:
                _draft.Clear();
                break;
            case { Kind: KeyKind.Character, Ctrl: false, Alt: false } when !Rune.IsControl(key.Rune):
                if (_draft.Length < ClientLimits.AddressLength)
                    _draft.Append(key.Rune.ToString());
                break;
        }
    }

    /// <inheritdoc/>
    public LineView View(int columns, int mostRows = 1, int nextColumns = 0)
    {
        List<string> rows = [_heading];
        // Heading, keys, message, the typed row, and one row of the conversation.
        int room = Math.Max(1, Rows - 5);
        int chosen = ChosenIndex;
        int first = Math.Clamp(chosen - room + 1, 0, Math.Max(0, _entries.Count - room));
        for (int i = first; i < Math.Min(_entries.Count, first + room); i++)
        {
            string mark = i == chosen ? ">" : " ";
            rows.Add(string.Create(CultureInfo.InvariantCulture, $"{mark} {i + 1, 2}  {_entries[i].Text}"));
        }
        rows.Add(_message.Length > 0 ? _message : Keys);
        string draft = TypingPrompt + SafeText.Clean(_draft.ToString());
        int at = 0;
        while (CellWidth.Measure(draft.AsSpan(at)) > Math.Max(0, columns - 1))
            at += StringInfo.GetNextTextElementLength(draft.AsSpan(at));
        draft = draft[at..];
        for (int i = 0; i < rows.Count; i++)
            rows[i] = Cut(rows[i], columns);
        rows.Add(draft);
        return new LineView(string.Join('\n', rows), CellWidth.Measure(draft)) { CaretRow = rows.Count - 1 };
    }

    /// <summary>
    /// The row of a room: name, people or the need of a secret, whether it is encrypted, and the address to type.
    /// </summary>
    public static string Row(FoundRoom room) =>
        room.IsNameChanged
            ? Warned(room, ChangedName)
            : $"{Padded(room.Name, NameCells)}  {Padded(People(room), PeopleCells)}  {Padded(Lock(room), LockCells)}  "
                + room.Typed;

    // A room with a secret does not announce its people.
    private static string People(FoundRoom room) =>
        room.AsksSecret
            ? "needs secret"
            : room.Members switch
            {
                null => "",
                1 => "1 person",
                int number => string.Create(CultureInfo.InvariantCulture, $"{number} people"),
            };

    private static string Lock(FoundRoom room) => room.IsEncrypted ? "encrypted" : "not encrypted";

    private int ChosenIndex => Math.Max(0, _entries.FindIndex(entry => entry.Key == _chosen));

    private void Move(int by)
    {
        if (_entries.Count > 0)
            _chosen = _entries[Math.Clamp(ChosenIndex + by, 0, _entries.Count - 1)].Key;
    }

    private void Choose()
    {
        string text = _draft.ToString().Trim();
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (text.Length == 0 && _entries.Count > 0)
            Pick = _entries[ChosenIndex].Pick;
        else if (isNumber && number >= 1 && number <= _entries.Count)
            Pick = _entries[number - 1].Pick;
        else if (text.Length > 0)
            ChooseTyped(text);
    }

    private void ChooseTyped(string text)
    {
        Entry[] named = [.. _entries.Where(entry => entry.Pick.Room is FoundRoom room && room.IsCalled(text))];
        if (named.Length > 0)
        {
            Pick = named.Length == 1 ? named[0].Pick : null;
            _message = $"{named.Length} rooms are called {text}; type the number of one";
            return;
        }
        string[] words = text.Split(' ', 2, StringSplitOptions.TrimEntries);
        if (HostPort.Parse(words[0], words.Length > 1 ? words[1] : null, out HostPort to) is string wrong)
            _message = wrong;
        else
            Pick = new RoomPick(to);
    }

    private static string Describe(FoundRoom room, IReadOnlyList<KnownRoom> known) =>
        room.Contradicts(known) is not KnownRoom old
            ? Row(room)
            : Warned(room, room.Epoch.Length > 0 && room.Epoch == old.Epoch ? OtherAddress : OtherRoom);

    private static string Warned(FoundRoom room, string warning) =>
        $"{Padded(room.Name, NameCells)}  {warning}  {room.Typed}";

    private static string Describe(KnownRoom room) =>
        $"{Padded(room.Name, NameCells)}  {Padded("joined before", PeopleCells + 2 + LockCells)}  {room.To.Typed}";

    private static string Padded(string text, int cells)
    {
        text = Cut(text, cells);
        return text + new string(' ', Math.Max(0, cells - CellWidth.Measure(text)));
    }

    private static string Cut(string text, int cells) =>
        CellWidth.Measure(text) <= cells
            ? text
            : string.Concat(text.AsSpan(0, LineWrapper.Fitting(text, Math.Max(0, cells - 1))), "…");
}
