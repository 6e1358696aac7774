using System.Text;
using Chat.Client.Storage;
using Chat.Protocol;

namespace Chat.Client.Views;

/// <summary>The events that ring the bell (<c>--bell</c>, /bell).</summary>
[Flags]
internal enum BellMode
{
    Off = 0,
    Mention = 1,
    Whisper = 2,

    /// <summary>Any said line.</summary>
    Talk = 4,
    All = Mention | Whisper | Talk,
}

/// <summary>
/// Decides when the bell rings: never for earlier lines or own lines, and at most once in
/// <see cref="ClientLimits.BellMilliseconds"/>. The mode set by /bell is saved for the next run.
/// </summary>
/// <param name="mode">The initial mode.</param>
/// <param name="path">The file of the mode; null for no file.</param>
internal sealed class Bell(BellMode mode = Bell.Usual, string? path = null)
{
    /// <summary>The default mode.</summary>
    public const BellMode Usual = BellMode.Mention | BellMode.Whisper;

    private long? _last;

    /// <summary>The name of each mode, as typed.</summary>
    public static IReadOnlyDictionary<string, BellMode> Modes { get; } =
        new Dictionary<string, BellMode>(StringComparer.Ordinal)
        {
            ["off"] = BellMode.Off,
            ["mention"] = BellMode.Mention,
            ["whisper"] = BellMode.Whisper,
            ["mention,whisper"] = BellMode.Mention | BellMode.Whisper,
            ["all"] = BellMode.All,
        };

    /// <summary>Parses a mode, in any case and with its parts in any order.</summary>
    public static bool TryRead(string text, out BellMode mode)
    {
        if (Modes.TryGetValue(text.ToLowerInvariant(), out mode))
            return true;
        foreach (string part in text.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries))
        {
            if (!Modes.TryGetValue(part, out BellMode known) || known is BellMode.Off or BellMode.All)
                return false;
            mode |= known;
        }
        return true;
    }

    public BellMode Mode { get; private set; } = mode;

    /// <summary>The mode as typed.</summary>
    public string ModeName => Modes.First(known => known.Value == Mode).Key;

    /// <summary>Reads the saved mode. Returns the default without a file or with an invalid one.</summary>
    public static BellMode Kept(string? path)
    {
        if (path is null || !File.Exists(path))
            return Usual;
        try
        {
            using FileStream file = UserPaths.OpenToRead(path);
            List<string> lines = file.CanSeek ? UserPaths.ReadLines(file, ProtocolLimits.HeadBytes) : [];
            return lines.Count > 0 && Modes.TryGetValue(lines[0].Trim(), out BellMode mode) ? mode : Usual;
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            return Usual;
        }
    }

    /// <summary>Sets the mode and saves it for the next run.</summary>
    /// <returns>The error in words if the mode was not saved; otherwise null.</returns>
    public string? Choose(BellMode chosen)
    {
        Mode = chosen;
        if (path is null)
            return null;
        try
        {
            using FileStream file = UserPaths.Open(path);
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(ModeName + "\n"));
            return null;
        }
        catch (Exception e) when (FileErrors.IsTheSystems(e))
        {
            return $"this is not saved for the next run: {FileErrors.Words(e, "client")}";
        }
    }

    /// <summary>Whether to ring now.</summary>
    /// <param name="event">The event.</param>
    /// <param name="isMention">Whether the text mentions the person.</param>
    /// <param name="now">The milliseconds of a monotonic clock.</param>
    public bool Rings(ChatEvent @event, bool isMention, long now)
    {
        BellMode reason = @event.Kind switch
        {
            EventKind.Whisper => BellMode.Whisper | (isMention ? BellMode.Mention : BellMode.Off),
            EventKind.Say or EventKind.Me or EventKind.Line => BellMode.Talk
                | (isMention ? BellMode.Mention : BellMode.Off),
            _ => BellMode.Off,
        };
        if (
            @event.IsHistory
            || @event.Mine
            || (Mode & reason) == BellMode.Off
            || now - _last < ClientLimits.BellMilliseconds
        )
            return false;
        _last = now;
        return true;
    }
}
