"""The one owner of QEMU: builds its command line, reads the console, enforces a limit, and is sure
that the process is gone afterwards.

    result = Machine(append="test=frames").run()
    result.expect_ok()

How a run ended is a class of its own (`End`), looked at before anything the guest printed: output
that happens to match proves nothing when the machine then hung.
"""
import dataclasses
import enum
import os
import pathlib
import re
import selectors
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
KERNEL = ROOT / "build/kern/kernel.elf"
QEMU = "qemu-system-i386"

# What makes a run repeat (same console, same instruction counts).
DETERMINISTIC = ["-icount", "shift=0,sleep=off", "-rtc", "base=2020-01-01T00:00:00,clock=vm", "-seed", "1"]


class End(enum.Enum):
    """How a machine ended. The kernel's statuses are those of kern/cpu/exit.hh."""

    OK = "ok"
    FAILED = "failed"
    PANIC = "panic"
    TRIPLE_FAULT = "triple fault"
    HANG = "hang"
    FLOOD = "endless output"
    QEMU_ERROR = "QEMU error"


STATUS = {33: End.OK, 35: End.FAILED, 37: End.PANIC, 0: End.TRIPLE_FAULT}


def time_factor():
    """How much slower than a usual machine this one is, for limits: SINGLET_TIME_FACTOR, or 1."""
    return float(os.environ.get("SINGLET_TIME_FACTOR", "1"))


@dataclasses.dataclass
class Result:
    """What is left of a machine: how it ended and what it said."""

    end: End
    console: str
    status: int | None  # QEMU's process status, None when it had to be killed
    stderr: str
    command: list[str]
    seconds: float
    limit: float
    eip: int | None = None  # where a machine that hung was, if `ask_where` was set

    def lines(self):
        """The console's lines, without their ends."""
        return self.console.splitlines()

    def explain(self):
        """What a person needs who reads that a run failed."""
        ended = {End.HANG: f"did not end within {self.limit:.0f} s"}.get(self.end, f"ended: {self.end.value}")
        tail = "\n".join("    " + line for line in self.lines()[-40:])
        return f"the machine {ended}\n  {' '.join(self.command)}\n{tail}\n{self.stderr}".rstrip()

    def expect(self, end, *markers):
        """Asserts how it ended and that the console has each marker, in this order."""
        assert self.end == end, self.explain()
        at = 0
        for marker in markers:
            found = self.console.find(marker, at)
            assert found >= 0, f"the console lacks {marker!r}\n{self.explain()}"
            at = found + len(marker)
        return self

    def expect_ok(self, *markers):
        """As expect(End.OK, ...)."""
        return self.expect(End.OK, *markers)


@dataclasses.dataclass
class Machine:
    """A machine that is about to run. Every field has the value that most runs want."""

    append: str = ""  # the kernel's command line
    modules: list = dataclasses.field(default_factory=list)  # files, or "file arguments"
    kernel: pathlib.Path | None = KERNEL
    memory: int = 256  # MB
    disk: pathlib.Path | None = None  # a raw image, on the first IDE channel
    disk_snapshot: bool = True  # what the guest writes is forgotten
    cdrom: pathlib.Path | None = None  # boot from this image instead of `kernel`
    plugin: str | None = None  # "path.so,key=value"
    deterministic: bool = True
    extra: list = dataclasses.field(default_factory=list)  # further QEMU arguments
    machine: str = "pc"  # -machine, with its properties
    accel: str = "tcg"
    limit: float = 30  # seconds, before the machine's factor
    ask_where: bool = False  # where a machine is that does not end
    most_output: int = 64 << 20  # bytes on the console, then the machine is ended

    def command(self):
        """QEMU's command line."""
        words = [QEMU, "-machine", self.machine, "-accel", self.accel, "-m", str(self.memory)]
        words += ["-nodefaults", "-vga", "std", "-display", "none", "-no-reboot", "-serial", "stdio"]
        words += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
        if self.deterministic:
            words += DETERMINISTIC
        if self.cdrom:
            words += ["-cdrom", str(self.cdrom), "-boot", "d"]
        elif self.kernel:
            words += ["-kernel", str(self.kernel), "-append", self.append]
            if self.modules:
                words += ["-initrd", ",".join(str(m) for m in self.modules)]
        if self.disk:
            snapshot = "on" if self.disk_snapshot else "off"
            # The guest has each write flushed; a test needs no image that outlives the host.
            words += ["-drive", f"file={self.disk},format=raw,if=ide,index=0,media=disk,snapshot={snapshot},cache=unsafe"]
        if self.plugin:
            words += ["-plugin", self.plugin]
        return words + list(self.extra)

    def run(self, on_line=None, script=()):
        """Runs to the end and returns the Result. `on_line(text)` sees each console line as it comes.

        `script` is typed on the serial line: pairs (text to wait for, keys to type then). What is waited for has to
        come after what was typed before it.
        """
        command = self.command()
        if not self.ask_where:
            return self._run(command, None, on_line, script)
        with tempfile.TemporaryDirectory(prefix="singlet-monitor-") as folder:
            monitor = f"{folder}/socket"
            return self._run([*command, "-monitor", f"unix:{monitor},server=on,wait=off"], monitor, on_line, script)

    def _run(self, command, monitor, on_line, script):
        limit = self.limit * time_factor()
        start = time.monotonic()
        eip = None
        # Whatever becomes of this process, QEMU does not outlive it.
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command], stdin=subprocess.PIPE if script else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, cwd=ROOT)
        try:
            out, err, ended, flood = _collect(process, start + limit, self.most_output, on_line, Typist(process.stdin, script))
            if monitor and not ended:
                eip = _where(monitor)
        finally:
            _kill(process)
        text = out.decode("utf-8", "replace").replace("\r\n", "\n")
        status = process.returncode if ended else None
        end = STATUS.get(status, End.QEMU_ERROR) if ended else End.FLOOD if flood else End.HANG
        return Result(end, text, status, err.decode("utf-8", "replace"), command, time.monotonic() - start, limit, eip)


def _where(monitor):
    """EIP of the machine with this monitor, or None where it gives no answer."""
    said = b""
    try:
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(2)
            talk.connect(monitor)
            talk.sendall(b"info registers\n")
            while not (found := re.search(rb"EIP=([0-9a-f]{8})", said)) and (more := talk.recv(4096)):
                said += more
    except OSError:
        return None
    return int(found[1], 16) if found else None


class Typist:
    """Types a script, each piece when the console says what it waits for."""

    def __init__(self, pipe, script):
        self.pipe = pipe
        self.script = list(script)
        self.seen = 0  # of the console, up to what was last waited for

    def look(self, console):
        """Types whatever is due now that the console reads so."""
        while self.script:
            text, keys = self.script[0]
            found = console.find(text.encode(), self.seen)
            if found < 0:
                return
            self.seen = found + len(text.encode())
            self.script.pop(0)
            try:
                self.pipe.write(keys.encode())
                self.pipe.flush()
            except BrokenPipeError:  # the machine has ended
                self.script.clear()


def _collect(process, deadline, most, on_line, typist):
    """Reads both pipes until the process ends, the deadline is there or there is too much: (stdout,
    stderr, ended, too much)."""
    texts = {process.stdout: bytearray(), process.stderr: bytearray()}
    shown = 0
    with selectors.DefaultSelector() as selector:
        for pipe in texts:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0, deadline - time.monotonic()))
            if not ready:
                return texts[process.stdout], texts[process.stderr], False, False
            for key, _ in ready:
                data = os.read(key.fd, 65536)
                texts[key.fileobj] += data
                if not data:
                    selector.unregister(key.fileobj)
            typist.look(texts[process.stdout])
            if max(map(len, texts.values())) > most:
                return texts[process.stdout], texts[process.stderr], False, True
            if on_line:
                *whole, _ = bytes(texts[process.stdout][shown:]).split(b"\n")
                for line in whole:
                    shown += len(line) + 1
                    on_line(line.decode("utf-8", "replace").rstrip("\r"))
    try:
        process.wait(max(0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return texts[process.stdout], texts[process.stderr], False, False
    return texts[process.stdout], texts[process.stderr], True, False


def _kill(process):
    """Ends QEMU and whatever it started: it leads a process group of its own."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()
    if process.stdin:
        process.stdin.close()
    process.stdout.close()
    process.stderr.close()
