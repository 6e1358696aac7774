namespace Chat.Client.Commands;

/// <summary>Where in the input of a pipe a line stands, so that its refusal can name it.</summary>
/// <param name="Line">The number of the line, from 1; 0 for a line that was typed.</param>
/// <param name="Id">The id that a program gave its request, as JSON; null for none.</param>
internal readonly record struct InputOrigin(int Line, string? Id = null);
