namespace Chat.Client.Display;

/// <summary>The stretch of the line that fits the row, with its marks, and the caret's cell in it.</summary>
/// <param name="Text">What to show; its width is at most the columns asked for.</param>
/// <param name="CaretCell">Cells before the caret, always less than the columns asked for.</param>
internal readonly record struct LineView(string Text, int CaretCell)
{
    /// <summary>With fewer columns a view is empty: two marks, a wide cluster and the caret need five.</summary>
    public const int LeastColumns = 5;
}

/// <summary>A line that can be shown in one row.</summary>
internal interface ILineSource
{
    /// <summary>
    /// The part of the line that fits so many cells. At the end of the line the caret has a cell of its own.
    /// </summary>
    public LineView View(int columns);
}
