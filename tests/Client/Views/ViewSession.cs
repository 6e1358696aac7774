using Chat.Client;
using Chat.Client.Display;
using Chat.Client.Editing;
using Chat.Client.Views;
using Chat.Tests.Client.Display;
using Chat.Tests.Client.Editing;
using Chat.Tests.Support;

namespace Chat.Tests.Client.Views;

/// <summary>A <see cref="TerminalView"/> in front of a grid: each call is a turn whose frame is drawn.</summary>
internal sealed class FaceSession
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

    public FaceSession(int columns, int rows, TerminalViewOptions? options = null)
    {
        Face = new TerminalView(options ?? new TerminalViewOptions(), Noon);
        Grid = new VtScreen(columns, rows, cluster => CellWidth.MeasureCluster(cluster));
        Face.Resize(columns, rows);
        Face.Status(LinkState.Joined, "alice", 0, []);
        Face.Appear();
        Flush();
    }

    public TerminalView Face { get; }

    public VtScreen Grid { get; }

    /// <summary>Every byte the terminal was sent.</summary>
    public byte[] Sent => [.. _sent];

    public long Now { get; private set; }

    /// <summary>Everything shown so far, without the blank rows at the end.</summary>
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
        UserAction wish = UserAction.None;
        foreach ((byte[]? bytes, Key? key) in Typing.Of(_keys, keys))
        {
            Face.HandleInput(bytes);
            if (key is Key pressed)
                wish = Face.Press(pressed) is { Kind: not UserActionKind.None } asked ? asked : wish;
            else if (_keys.IsBetweenKeys)
                Face.HandleSilence();
        }

        Flush();
        return wish;
    }

    public void Say(string name, string text) => Show(new ChatEvent(EventKind.Say) { Name = name, Text = text });

    public void Show(ChatEvent @event)
    {
        Face.Show(@event with { UnixMilliseconds = Noon });
        Flush();
    }

    public void Status(LinkState state, int retry = 0, IReadOnlyList<string>? pending = null)
    {
        Face.Status(state, "alice", retry, pending ?? []);
        Flush();
    }

    public void Pass(long milliseconds)
    {
        Face.Tick(Now += milliseconds, Noon);
        Flush();
    }

    public void Resize(int columns, int rows)
    {
        Grid.Resize(columns, rows);
        Face.Resize(columns, rows);
        Flush();
    }

    public void Flush()
    {
        _sent.AddRange(Face.Frame);
        Grid.Feed(Face.Frame);
        Face.FrameWritten();
    }

    /// <summary>Everything shown and the caret.</summary>
    public (string Rows, (int Row, int Column) Cursor) Look() => (string.Join('\n', Rows), Grid.Cursor);

    /// <summary>Takes what belongs to the person off the screen and puts it there again.</summary>
    public void Repaint()
    {
        Face.Withdraw();
        Flush();
        Face.Appear();
        Flush();
    }
}
