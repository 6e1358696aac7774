namespace Chat.Client.Commands;

/// <summary>The place of a line in a pipe's input, so an error can name it.</summary>
/// <param name="Line">The number of the line, from 1; 0 for a typed line.</param>
/// <param name="Id">The id in a program's request, as JSON; null for none.</param>
internal readonly record struct InputOrigin(int Line, string? Id = null);
