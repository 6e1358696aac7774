using System.Buffers;
using System.Text;
using System.Text.Json;
using Chat.Protocol.Text;
using Microsoft.Extensions.Logging;
using ZLogger;

namespace Chat.Server.Output;

/// <summary>Writes log lines through ZLogger to stderr or a file, as text or JSON, one line each.</summary>
/// <remarks>
/// ZLogger formats on the calling thread and passes the entry to <see cref="Post"/>; a line allocates nothing.
/// ZLogger's stream providers are not used. Measured with version 2.6.1, they lose lines at an exit without
/// dispose, hang on a blocked stream, and tear a line on a full disk; <see cref="BackgroundWriter"/> does not.
/// </remarks>
internal sealed class LogOutput : IAsyncLogProcessor
{
    private readonly BackgroundWriter _output;
    private readonly bool _json;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _message = new(1024),
        _line = new(1024);
    private readonly byte[] _clean = new byte[ServerLimits.LogMessageBytes];
    private readonly Utf8JsonWriter _writer;
    private int _dropped;

    private LogOutput(BackgroundWriter output, bool json, TimeProvider clock)
    {
        (_output, _json, _clock) = (output, json, clock);
        _writer = new Utf8JsonWriter(_line);
    }

    /// <summary>A logger that writes lines of at least this level.</summary>
    /// <param name="output">Receives whole lines.</param>
    /// <param name="level">The lowest level that is written.</param>
    /// <param name="json">One JSON object a line instead of text.</param>
    /// <param name="clock">Stamps the lines.</param>
    /// <param name="category">The field of that name in JSON.</param>
    public static ILogger To(BackgroundWriter output, LogLevel level, bool json, TimeProvider clock, string category) =>
        new Filter(
            new ZLoggerLogger(
                category,
                new LogOutput(output, json, clock),
                new ZLoggerOptions { TimeProvider = clock },
                null
            ),
            level
        );

    /// <summary>
    /// Writes the entry as one line. If the buffer is full the line is dropped, and a later line reports the
    /// count.
    /// </summary>
    public void Post(IZLoggerEntry log)
    {
        lock (_lock)
        {
            _message.ResetWrittenCount();
            log.ToString(_message);
            if (_dropped > 0 && TryWriteDropped(log.LogInfo.Category))
                _dropped = 0;
            if (!TryWrite(log.LogInfo, _message.WrittenSpan, log))
                _dropped++;
        }
        log.Return();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool TryWriteDropped(LogCategory category)
    {
        LogInfo info = new(
            category,
            new Timestamp(_clock),
            LogLevel.Warning,
            default,
            null,
            null,
            default,
            null,
            null,
            null,
            0
        );
        return TryWrite(
            info,
            Encoding.UTF8.GetBytes($"{_dropped} lines of the log were dropped: the output is blocked"),
            null
        );
    }

    private bool TryWrite(LogInfo info, ReadOnlySpan<byte> message, IZLoggerEntry? fields)
    {
        _line.ResetWrittenCount();
        if (_json)
            WriteJson(info, message, fields);
        else
            WriteText(info, message);
        _line.Write("\n"u8);
        return _output.TryWriteWhole(_line.WrittenSpan);
    }

    private void WriteText(LogInfo info, ReadOnlySpan<byte> message)
    {
        _ = info.Timestamp.Utc.TryFormat(_line.GetSpan(32), out int written, "yyyy-MM-ddTHH:mm:ss.fffZ");
        _line.Advance(written);
        _line.Write(" "u8);
        _line.Write(Word(info.LogLevel));
        _line.Write(": "u8);
        _line.Write(Clean(message));
    }

    private void WriteJson(LogInfo info, ReadOnlySpan<byte> message, IZLoggerEntry? fields)
    {
        _writer.Reset(_line);
        _writer.WriteStartObject();
        _writer.WriteString("time"u8, info.Timestamp.Utc.UtcDateTime);
        _writer.WriteString("level"u8, Word(info.LogLevel));
        _writer.WriteString("category"u8, info.Category.JsonEncoded);
        _writer.WriteString("event"u8, info.EventId.Name);
        _writer.WriteString("message"u8, Clean(message));
        for (int i = 0; i < fields?.ParameterCount; i++)
            WriteField(fields, i);
        _writer.WriteEndObject();
        _writer.Flush();
    }

    // Fields are strings and numbers only: another type would need JsonSerializer, which fails at run time in
    // native code.
    private void WriteField(IZLoggerEntry fields, int index)
    {
        ReadOnlySpan<byte> name = fields.GetParameterKey(index);
        Type type = fields.GetParameterType(index);
        if (type == typeof(int))
            _writer.WriteNumber(name, fields.GetParameterValue<int>(index));
        else if (type == typeof(long))
            _writer.WriteNumber(name, fields.GetParameterValue<long>(index));
        else if (type == typeof(string) && !name.StartsWith("{"u8))
            _writer.WriteString(name, Clean(fields.GetParameterValue<string>(index)));
    }

    private ReadOnlySpan<byte> Clean(string? text)
    {
        _message.ResetWrittenCount();
        Encoding.UTF8.GetBytes(text, _message);
        return Clean(_message.WrittenSpan);
    }

    private ReadOnlySpan<byte> Clean(ReadOnlySpan<byte> text) => _clean.AsSpan(0, SafeText.Clean(text, _clean));

    private static ReadOnlySpan<byte> Word(LogLevel level) =>
        level switch
        {
            LogLevel.Information => "info"u8,
            LogLevel.Warning => "warn"u8,
            LogLevel.Error or LogLevel.Critical => "error"u8,
            _ => "debug"u8,
        };

    // Replaces LoggerFactory, which would add dependency injection and its options.
    private sealed class Filter(ILogger logger, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
                logger.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
