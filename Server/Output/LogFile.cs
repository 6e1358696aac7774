using Chat.Protocol;
using Chat.Protocol.Text;
using Chat.Server.History;

namespace Chat.Server.Output;

/// <summary>
/// The file that the log is appended to. Each write first checks that the file is still in place. If it was
/// moved or removed, as log rotation does, a new one is opened.
/// </summary>
internal sealed class LogFile : Stream
{
    private readonly string _file;
    private readonly Stream? _errors;
    private FileStream _stream;
    private bool _isMisplaced,
        _isReported;

    /// <param name="file">The path of the log.</param>
    /// <param name="errors">Receives one line when the log can no longer be written.</param>
    /// <exception cref="StartupException">The file cannot be opened.</exception>
    public LogFile(string file, Stream? errors = null)
    {
        (_file, _errors) = (file, errors);
        try
        {
            _stream = Open(file);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            string words = $"cannot write the log to {SafeText.Clean(file)}: {FileErrors.Words(error)}";
            throw new StartupException($"{words}; name another file with --log");
        }
    }

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => _stream.Length;

    public override long Position
    {
        get => _stream.Position;
        set => _stream.Position = value;
    }

    /// <summary>Seeks in the file that is in place now.</summary>
    public override long Seek(long offset, SeekOrigin origin)
    {
        Follow();
        return _stream.Seek(offset, origin);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            _stream.Write(buffer);
            _isReported &= _isMisplaced;
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            Report(error);
            throw;
        }
    }

    public override void SetLength(long value) => _stream.SetLength(value);

    public override void Flush() => _stream.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _stream.Dispose();
        base.Dispose(disposing);
    }

    private static FileStream Open(string file)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (Directory.Exists(file))
            throw new StartupException("it is a directory");
        // Opened for reading and writing, so that the open does not block if the path is a pipe.
        FileStream stream = new(file, options);
        if (stream.CanSeek)
            return stream;
        stream.Dispose();
        throw new StartupException("it is a pipe or a device; to log there, leave out --log and redirect stderr");
    }

    // While no new file can be opened, lines go to the old one.
    private void Follow()
    {
        try
        {
            FileSystemInfo there = new FileInfo(_file);
            if (there.LinkTarget is not null)
                there = there.ResolveLinkTarget(returnFinalTarget: true) ?? there;
            if (HistoryFile.IsInPlace(_stream, there.FullName))
            {
                _isMisplaced = false;
                return;
            }
            FileStream next = Open(_file);
            _stream.Dispose();
            (_stream, _isMisplaced) = (next, false);
        }
        catch (Exception error) when (FileErrors.IsTheSystems(error))
        {
            // The next line tries again.
            _isMisplaced = true;
            Report(error);
        }
    }

    // Reports once until the log is written to its file again. Runs on the writing thread, because stderr may block.
    private void Report(Exception error)
    {
        if (_isReported)
            return;
        _isReported = true;
        string words = $"chat: cannot write the log to {SafeText.Clean(_file)}: {FileErrors.Words(error)}";
        try
        {
            _errors?.Write(
                System.Text.Encoding.UTF8.GetBytes($"{words}; logging continues there when that is repaired\n")
            );
            _errors?.Flush();
        }
        catch (Exception gone) when (FileErrors.IsTheSystems(gone))
        {
            // The error cannot be reported; later lines are tried again all the same.
        }
    }
}
