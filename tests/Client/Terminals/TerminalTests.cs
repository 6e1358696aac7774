using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;
using Chat.Client.Terminals;
using Chat.Client.Terminals.Unix;

namespace Chat.Tests.Client.Terminals;

public sealed class TerminalTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly AnonymousPipeServerStream _keyboard = new(PipeDirection.Out);
    private readonly AnonymousPipeServerStream _window = new(PipeDirection.In);

    public void Dispose()
    {
        _keyboard.Dispose();
        _window.Dispose();
    }

    [Fact]
    public void A_pipe_is_no_terminal_and_raw_mode_does_not_change_it()
    {
        using Terminal terminal = Open();
        Assert.False(terminal.InputIsTerminal);
        Assert.False(terminal.OutputIsTerminal);
        Assert.False(terminal.IsInteractive);
        Assert.Equal((80, 24), terminal.Size);
        terminal.EnterRaw();
        terminal.LeaveRaw();
        Assert.True(terminal.Write("x"u8));
        Assert.Equal('x', _window.ReadByte());
    }

    [Fact]
    public void The_wait_reports_input_until_it_is_read_and_its_end_until_it_is_stopped()
    {
        using Terminal terminal = Open();
        Assert.Equal(Wake.None, terminal.Wait(-1, alsoWritable: false, TimeSpan.Zero));
        _keyboard.Write("hello"u8);
        Assert.Equal(Wake.Input, terminal.Wait(-1, alsoWritable: false, Patience));
        Assert.Equal(Wake.Input, terminal.Wait(-1, alsoWritable: false, Patience));
        byte[] bytes = new byte[3];
        Assert.Equal(3, terminal.Read(bytes));
        Assert.Equal(2, terminal.Read(bytes));
        Assert.Equal(Wake.None, terminal.Wait(-1, alsoWritable: false, TimeSpan.Zero));

        _keyboard.Dispose();
        Assert.Equal(Wake.Input, terminal.Wait(-1, alsoWritable: false, Patience));
        Assert.Equal(0, terminal.Read(bytes));
        terminal.TakesInput = false;
        Assert.Equal(Wake.None, terminal.Wait(-1, alsoWritable: false, TimeSpan.Zero));
    }

    [Fact]
    public void The_wait_reports_a_socket_that_takes_bytes_has_bytes_or_has_ended()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        listener.Listen();
        using var near = new Socket(SocketType.Stream, ProtocolType.Tcp);
        near.Connect(listener.LocalEndPoint!);
        using Socket far = listener.Accept();

        using Terminal terminal = Open();
        Assert.Equal(Wake.None, terminal.Wait(near.Handle, alsoWritable: false, TimeSpan.Zero));
        Assert.Equal(Wake.SocketWritable, terminal.Wait(near.Handle, alsoWritable: true, Patience));
        far.Send("x"u8);
        Assert.Equal(Wake.SocketReadable, terminal.Wait(near.Handle, alsoWritable: false, Patience));
        near.Receive(new byte[10]);
        Assert.Equal(Wake.None, terminal.Wait(near.Handle, alsoWritable: false, TimeSpan.Zero));
        far.Close();
        Assert.Equal(Wake.SocketReadable, terminal.Wait(near.Handle, alsoWritable: false, Patience));
    }

    [Fact]
    public void A_write_longer_than_the_buffer_of_the_reader_completes()
    {
        using Terminal terminal = Open();
        byte[] sent = new byte[300_000];
        new Random(1).NextBytes(sent);
        byte[] received = new byte[sent.Length];
        var reader = new Thread(() => _window.ReadExactly(received));
        reader.Start();
        Assert.True(terminal.Write(sent));
        reader.Join();
        Assert.Equal(sent, received);
    }

    [Fact]
    public void Writing_to_a_closed_terminal_says_so()
    {
        using Terminal terminal = Open();
        _window.Dispose();
        Assert.False(terminal.Write("x"u8));
    }

    [Fact]
    public void A_changed_window_wakes_the_wait_once()
    {
        if (OperatingSystem.IsWindows())
            return;
        const int Sigwinch = 28;
        using Terminal terminal = Open();
        Assert.Equal(0, Libc.kill(Environment.ProcessId, Sigwinch));
        Assert.Equal(Wake.Resized, terminal.Wait(-1, alsoWritable: false, Patience));
        Assert.Equal(Wake.None, terminal.Wait(-1, alsoWritable: false, TimeSpan.Zero));
    }

    private Terminal Open() =>
        Terminal.Open(
            _keyboard.ClientSafePipeHandle.DangerousGetHandle(),
            _window.ClientSafePipeHandle.DangerousGetHandle()
        );
}
