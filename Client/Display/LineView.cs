namespace Chat.Client.Display;

/// <summary>The part of a line that fits the row, with its marks, and the cursor's cell in it.</summary>
/// <param name="Text">The text to show, at most as wide as the requested columns.</param>
/// <param name="CaretCell">The cells before the cursor, fewer than the requested columns.</param>
internal readonly record struct LineView(string Text, int CaretCell)
{
    /// <summary>With fewer columns a view is empty: two marks, a wide cluster and the cursor need five.</summary>
    public const int LeastColumns = 5;
}

/// <summary>A line that is shown in one row.</summary>
internal interface ILineSource
{
    /// <summary>The part of the line that fits so many cells. The cursor at the end of the line takes a cell.</summary>
    public LineView View(int columns);
}
