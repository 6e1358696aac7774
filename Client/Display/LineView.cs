namespace Chat.Client.Display;

/// <summary>The part of a draft that fits the window, with its marks, and the cursor in it.</summary>
/// <param name="Text">The rows to show, between line feeds, each at most as wide as the requested columns.</param>
/// <param name="CaretCell">The cells before the cursor in its row, fewer than the requested columns.</param>
internal readonly record struct LineView(string Text, int CaretCell)
{
    /// <summary>With fewer columns a view is empty: two marks, a wide cluster and the cursor need five.</summary>
    public const int LeastColumns = 5;

    /// <summary>The row of the cursor, from 0.</summary>
    public int CaretRow { get; init; }

    /// <summary>The draft has rows above the shown ones.</summary>
    public bool HasMoreAbove { get; init; }

    /// <summary>The draft has rows below the shown ones.</summary>
    public bool HasMoreBelow { get; init; }
}

/// <summary>A draft that is shown in a few rows.</summary>
internal interface ILineSource
{
    /// <summary>The part of the draft that fits. The cursor at the end of a row takes a cell.</summary>
    /// <param name="columns">The cells of the first shown row.</param>
    /// <param name="mostRows">The rows to show at most.</param>
    /// <param name="nextColumns">The cells of each further row; 0 for those of the first.</param>
    public LineView View(int columns, int mostRows = 1, int nextColumns = 0);
}
