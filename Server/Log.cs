using System.Text.Json;
using Chat.Protocol;
using Microsoft.Extensions.Logging;

namespace Chat.Server;

/// <summary>
/// Where log lines go: to stderr or a file, as text or as JSON, one line each. This is the one file that names a logging provider.
/// </summary>
/// <remarks>
/// The rest of the server knows only Microsoft.Extensions.Logging's ILogger, which ZLogger serves too: to take it, this file becomes
/// <c>LoggerFactory.Create(b =&gt; b.SetMinimumLevel(level).AddZLoggerStream(stream, o =&gt; o.UseJsonFormatter()))</c>, and nothing else
/// changes. The console provider of Microsoft's is not used because it blocks when the terminal does, stops for good at the first failed
/// write, and knows no files.
/// </remarks>
internal sealed class Log(Outlet outlet, bool json, TimeProvider clock) : ILoggerProvider
{
    private int _dropped;

    /// <summary>A logger that writes lines of at least this level.</summary>
    /// <param name="outlet">Takes whole lines.</param>
    /// <param name="level">The least that is written.</param>
    /// <param name="json">One JSON object a line instead of text.</param>
    /// <param name="clock">Stamps the lines.</param>
    /// <param name="category">What the lines are about.</param>
    public static ILogger To(Outlet outlet, LogLevel level, bool json, TimeProvider clock, string category)
    {
        LoggerFactory factory = new([new Log(outlet, json, clock)], new LoggerFilterOptions { MinLevel = level });
        return factory.CreateLogger(category);
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose()
    {
        // The outlet is its owner's.
    }

    private void Write(string category, LogLevel level, EventId id, string message, object? state)
    {
        if (_dropped > 0 && Offer(category, LogLevel.Warning, default, $"{_dropped} lines of the log were dropped: nobody took them", state: null))
            _dropped = 0;
        if (!Offer(category, level, id, message, state))
            _dropped++;
    }

    private bool Offer(string category, LogLevel level, EventId id, string message, object? state)
    {
        using MemoryStream line = new();
        if (json)
            WriteJson(line, category, level, id, message, state);
        else
            line.Write(System.Text.Encoding.UTF8.GetBytes($"{clock.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {Word(level)}: {SafeText.Clean(message)}"));
        line.WriteByte((byte)'\n');
        return outlet.OfferWhole(line.GetBuffer().AsSpan(0, (int)line.Length));
    }

    private void WriteJson(Stream line, string category, LogLevel level, EventId id, string message, object? state)
    {
        using Utf8JsonWriter writer = new(line);
        writer.WriteStartObject();
        writer.WriteString("time", clock.GetUtcNow().UtcDateTime);
        writer.WriteString("level", Word(level));
        writer.WriteString("category", category);
        writer.WriteString("event", id.Name);
        writer.WriteString("message", SafeText.Clean(message));
        if (state is IEnumerable<KeyValuePair<string, object?>> fields)
        {
            foreach ((string name, object? value) in fields)
            {
                if (name != "{OriginalFormat}")
                    writer.WriteString(JsonNamingPolicy.CamelCase.ConvertName(name), SafeText.Clean(value?.ToString() ?? ""));
            }
        }
        writer.WriteEndObject();
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error or LogLevel.Critical => "error",
        _ => "debug",
    };

    private sealed class Category(Log log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Write(name, logLevel, eventId, formatter(state, exception), state);
    }
}
