#!/usr/bin/env python3
"""Measures what a script costs the others that reconnects a thousand times a second and talks each time.

usage: tests/Bench/flood.py BINARY [SECONDS]    (Linux; needs an address of this machine beside the loopback)

It starts `BINARY server`, and times lines between two members at the loopback: in a quiet room, then while the script
comes from the other address: as it is, muted, kicked again and again, and banned. It counts the lines of the log.
"""
import hashlib, hmac, os, socket, subprocess, sys, tempfile, threading, time

binary, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 5
RATE, LINE_EVERY = 1000, 0.02

if len(sys.argv) > 4 and sys.argv[3] == "--flooder":
    address, port = sys.argv[4], int(sys.argv[5])
    began, tries, served = time.perf_counter(), 0, 0
    while (elapsed := time.perf_counter() - began) < seconds:
        if tries >= elapsed * RATE:
            time.sleep(0.0005)
            continue
        tries += 1
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1, source_address=(address, 0)) as peer:
                peer.sendall(b"buy my things\nbuy more\n")
                served += 1
        except OSError:
            pass
    print(f"{tries / seconds:.0f}")
    sys.exit()

folder = tempfile.TemporaryDirectory()
key_file, log_file = os.path.join(folder.name, "key"), os.path.join(folder.name, "log")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.connect(("192.0.2.1", 9))
    own = probe.getsockname()[0]
with socket.socket() as free:
    free.bind(("0.0.0.0", 0))
    port = free.getsockname()[1]
server = subprocess.Popen(
    [binary, "server", "0.0.0.0", str(port), "--host-key", key_file, "--log", log_file]
    + ["--no-announce", "--rate", "100"],
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
)


class Rich:
    """A member at the loopback that reads all the time."""

    def __init__(self, name, person):
        for _ in range(100):
            try:
                self.peer = socket.create_connection(("127.0.0.1", port))
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines, self.seen, self.last_id = [], {}, 0
        self.peer.sendall(f"hello {name} {person:032x} {person + 99:032x} - 0\n".encode())
        threading.Thread(target=self.read, daemon=True).start()
        self.epoch = self.wait("welcome ").split(" ")[2]

    def read(self):
        for line in self.peer.makefile("rb"):
            at, text = time.perf_counter(), line.decode().rstrip("\n")
            self.seen[text.rsplit(" ", 1)[-1]] = at
            self.lines.append(text)

    def wait(self, beginning):
        for _ in range(1000):
            for line in list(self.lines):
                if line.startswith(beginning):
                    return line
            time.sleep(0.01)
        raise SystemExit(f"no {beginning} came: {self.lines[-5:]}")

    def request(self, verb, text):
        self.last_id += 1
        self.peer.sendall(f"{verb} {self.last_id} {text}\n".encode())
        return self.last_id

    def ping(self):
        self.peer.sendall(b"ping 0\n")


def prove(rich):
    rich.peer.sendall(b"host 0\n")
    challenge = rich.wait("challenge 0 ").split(" ")[2]
    key = bytes.fromhex(open(key_file).read().strip())
    proof = hmac.new(key, f"chat host {challenge} {rich.epoch}".encode(), hashlib.sha1).hexdigest()
    rich.peer.sendall(f"host 0 {proof}\n".encode())
    rich.wait("done 0")


def flooder_alone():
    """One plain member at the other address, for a command with its name."""
    peer = socket.create_connection((own, port))
    peer.sendall(b"/nick flooder\n")
    host.wait_name = time.sleep(0.5)
    return peer


def measure(what, flooding, meanwhile=None):
    before = sum(1 for _ in open(log_file))
    flooder = subprocess.Popen(
        [sys.executable, __file__, binary, str(seconds), "--flooder", own, str(port)], stdout=subprocess.PIPE, text=True
    ) if flooding else None
    sent, until, number = {}, time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        number += 1
        word = f"{what}-{number}"
        sent[word] = time.perf_counter()
        alice.request("say", word)
        if meanwhile and number % 10 == 0:
            meanwhile()
        if number % 100 == 0:
            for each in (alice, bob, host):
                each.ping()
        time.sleep(LINE_EVERY)
    time.sleep(1)
    rate = flooder.communicate()[0].strip() if flooder else "0"
    times = sorted(bob.seen[word] - at for word, at in sent.items() if word in bob.seen)
    lost = len(sent) - len(times)
    logged = (sum(1 for _ in open(log_file)) - before) / (seconds + 1)
    print(
        f"{what:10} {rate:>5}/s  p50 {1000 * times[len(times) // 2]:6.2f} ms  "
        f"p99 {1000 * times[int(len(times) * 0.99)]:6.2f} ms"
        f"  lost {lost}  log {logged:.1f} lines/s"
    )


try:
    host, alice, bob = Rich("hilda", 1), Rich("alice", 2), Rich("bob", 3)
    prove(host)
    measure("quiet", flooding=False)
    measure("as-it-is", flooding=True)
    measure("kicked", flooding=True, meanwhile=lambda: host.request("do", "kick guest"))
    alone = flooder_alone()
    host.request("do", "mute flooder 1h")
    measure("muted", flooding=True)
    alone.close()
    host.request("do", f"ban {own} 1h")
    measure("banned", flooding=True)
    print(open(log_file).read()[-600:])
finally:
    server.terminate()
    server.wait()
