using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Views;
using Chat.Tests.Client.Display;
using Chat.Tests.Client.Editing;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Views;

/// <summary>A <see cref="TerminalView"/> in front of a grid: each call is a turn whose frame is drawn.</summary>
internal sealed class ViewSession
{
    public static readonly long Noon = new DateTimeOffset(
        2026,
        11,
        23,
        12,
        0,
        0,
        TimeSpan.Zero
    ).ToUnixTimeMilliseconds();

    private readonly KeyDecoder _keys = new();
    private readonly List<byte> _sent = [];

    public ViewSession(int columns, int rows, TerminalViewOptions? options = null)
    {
        View = new TerminalView(options ?? new TerminalViewOptions(), Noon);
        Grid = new VtScreen(columns, rows, cluster => CellWidth.MeasureCluster(cluster));
        View.Resize(columns, rows);
        View.Status(new LinkStatus(LinkState.Joined, "alice", []));
        View.Appear();
        Flush();
    }

    public TerminalView View { get; }

    public VtScreen Grid { get; }

    /// <summary>Every byte sent to the terminal.</summary>
    public byte[] Sent => [.. _sent];

    public long Now { get; private set; }

    /// <summary>All rows shown so far, without trailing blank rows.</summary>
    public IReadOnlyList<string> Rows
    {
        get
        {
            Flush();
            return ScreenBottomTests.Rows(Grid);
        }
    }

    public UserAction Type(string keys)
    {
        UserAction action = UserAction.None;
        foreach ((byte[]? bytes, Key? key) in Typing.Of(_keys, keys))
        {
            View.HandleInput(bytes);
            if (key is Key pressed)
                action = View.Press(pressed) is { Kind: not UserActionKind.None } asked ? asked : action;
            else if (_keys.IsBetweenKeys)
                View.HandleSilence();
        }

        Flush();
        return action;
    }

    public void Say(string name, string text, bool mine = false, bool isHistory = false, bool isMissed = false) =>
        Show(
            new ChatEvent(EventKind.Say)
            {
                Name = name,
                Text = text,
                Mine = mine,
                IsHistory = isHistory,
                IsMissed = isMissed,
            }
        );

    public void Show(ChatEvent @event)
    {
        View.Show(@event with { UnixMilliseconds = Noon });
        Flush();
    }

    public void Status(LinkState state, int retry = 0, IReadOnlyList<string>? pending = null, int late = 0)
    {
        View.Status(new LinkStatus(state, "alice", pending ?? []) { RetryMilliseconds = retry, Late = late });
        Flush();
    }

    /// <summary>The server is of another make, so the client alone executes /find.</summary>
    public void MeetForeignServer() => View.Status(new LinkStatus(LinkState.Joined, "alice", []) { IsOurs = false });

    public void Pass(long milliseconds)
    {
        View.Tick(Now += milliseconds, Noon);
        Flush();
    }

    public void Resize(int columns, int rows)
    {
        Grid.Resize(columns, rows);
        View.Resize(columns, rows);
        Flush();
    }

    public void Flush()
    {
        _sent.AddRange(View.Frame);
        Grid.Feed(View.Frame);
        View.FrameWritten();
    }

    /// <summary>All rows and the caret.</summary>
    public (string Rows, (int Row, int Column) Cursor) Look() => (string.Join('\n', Rows), Grid.Cursor);

    /// <summary>Erases the client's rows and draws them again.</summary>
    public void Repaint()
    {
        View.Withdraw();
        Flush();
        View.Appear();
        Flush();
    }
}
