"""GDB sessions that run by themselves: GDB starts QEMU as its remote target through a pipe, so there is no
port, nothing to wait for, and neither outlives the other.

    result = Session(modules=[...]).run("break Main", "continue", "backtrace")
    result["backtrace"]
"""
import dataclasses
import json
import os
import pathlib
import shlex
import signal
import subprocess

import qemu

# Runs inside GDB: each command's output, or GDB's error, into a file of JSON.
SCRIPT = """
import gdb, json
outputs = []
for command in json.loads({commands!r}):
    try:
        outputs.append([command, gdb.execute(command, to_string=True)])
    except gdb.error as error:
        outputs.append([command, f"error: {{error}}"])
    with open({answers!r}, "w") as file:
        json.dump(outputs, file)
"""


@dataclasses.dataclass
class Result:
    """What GDB answered to each command, and what the guest printed."""

    outputs: list  # [command, output], in order
    console: str
    stray: str  # what GDB printed besides

    def __getitem__(self, command):
        """The output of a command, which was given once."""
        return self.all(command)[0]

    def all(self, command):
        """The outputs of a command, one for each time that it was given."""
        found = [output for given, output in self.outputs if given == command]
        assert found, f"GDB did not come to {command!r}\n{self.explain()}"
        return found

    def explain(self):
        """What a person needs who reads that a session failed."""
        told = "".join(f"(gdb) {command}\n{output}\n" for command, output in self.outputs)
        return f"{told}\nthe guest printed:\n{self.console}\nGDB besides:\n{self.stray}"


@dataclasses.dataclass
class Session:
    """A machine that stands still under GDB."""

    folder: pathlib.Path  # for files that the session needs
    append: str = ""
    modules: list = dataclasses.field(default_factory=list)
    disk: pathlib.Path | None = None
    typed: str = ""  # what comes in at the serial port
    limit: float = 90  # seconds, before the machine's factor

    def run(self, *commands):
        """Gives GDB the commands, one after the other."""
        console, answers, script = (self.folder / name for name in ("serial.out", "answers.json", "script.py"))
        (self.folder / "serial.in").write_text(self.typed)
        console.write_text("")
        machine = qemu.Machine(append=self.append, modules=self.modules, disk=self.disk, extra=["-S", "-gdb", "stdio"])
        words = machine.command()
        words[words.index("-serial") + 1] = "chardev:console"
        words += ["-chardev", f"pipe,id=console,path={self.folder / 'serial'}"]  # two files are as good as pipes
        target = shlex.join(["setpriv", "--pdeathsig", "KILL", "--", *words])
        script.write_text(SCRIPT.format(commands=json.dumps(commands), answers=str(answers)))
        process = subprocess.Popen(
            ["gdb", "-batch", "-nx", "-x", "kern/debug/gdbinit", str(qemu.KERNEL), "-ex", f"target remote | {target}",
             "-x", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, cwd=qemu.ROOT)
        try:
            stray, _ = process.communicate(timeout=self.limit * qemu.time_factor())
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        outputs = json.loads(answers.read_text()) if answers.exists() else []
        return Result(outputs, console.read_text() if console.exists() else "", stray)
