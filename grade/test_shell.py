"""The shell, typed at over the serial line: each key is typed when the prompt says that it is awaited."""
import os
import re
import shutil
import subprocess

import pytest
from qemu import ROOT, Machine
from test_processes import compile_sing
from test_sip import CLEAN, MODES
from test_sip import SIPS as TEST_SIPS

SIPS = ("names", "ide", "fat", "serial", "keyboard", "console", "processes", "shell")
MODULES = [ROOT / f"build/user/{name}.sbc" for name in SIPS]
PROMPT = "singlet> "
WORDS = "".join(f"{n * 7919 % 3001:04} line {n}\n" for n in range(3000))  # no two lines begin alike; 49 KB


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A small disk with programs, good and bad."""
    path = tmp_path_factory.mktemp("disk") / "disk.img"
    subprocess.run(["/usr/sbin/mkfs.fat", "-C", "-F", "32", "-s", "1", path, "40960"], check=True, capture_output=True)
    programs = [ROOT / f"build/user/{name}.sbc" for name in ("hello", "spinner", "hostile", "ide", "wc", "sort", "grep", "head", "forth", "peer", "bench", "edit")]
    programs += [ROOT / f"user/forth/{name}.f" for name in ("primes", "itself")]
    broken = path.with_name("broken.sbc")
    broken.write_bytes(programs[0].read_bytes()[:-7])
    breaks = compile_sing(TEST_SIPS / "breaks.sing", path.with_name("breaks.sbc"))
    sleeper = compile_sing(TEST_SIPS / "sleeper.sing", path.with_name("sleeper.sbc"))
    text = path.with_name("words.txt")
    text.write_text(WORDS)
    subprocess.run(["mcopy", "-i", path, *programs, broken, breaks, sleeper, text, "::/"], check=True)
    return path


@pytest.fixture
def shell(boot, image):
    """shell(["ls", ...], mode="ring3"): each line typed at its prompt, and `exit` at the last; what each one printed."""

    def run(lines, mode="physical", disk=image, **options):
        script = [(PROMPT, line + "\r") for line in [*lines, "exit"]]
        result = boot(f"protect={mode} run={','.join(SIPS)}", modules=MODULES, disk=disk, script=script, limit=60, **options)
        result.expect_ok("This is Singlet", CLEAN)
        answers = result.console.split(PROMPT)[1:]
        assert len(answers) == len(lines) + 1, result.explain()
        return [answer.partition("\n")[2] for answer in answers[:-1]]

    return run


@pytest.mark.parametrize("mode", MODES)
def test_programs_from_the_disk(shell, mode):
    listing, hello, bad, broken, manifest, again, sips, gone = shell(
        ["ls", "run hello.sbc", "install hostile.sbc", "install broken.sbc", "install hello.sbc", "run hello.sbc", "ps", "run nobody.sbc"],
        mode)
    assert re.search(r"^ +\d+  hello\.sbc$", listing, re.M)
    assert hello == again == "hello from a verified SIP\n"
    assert bad.startswith("install: grade/sips/hostile.sasm:10: in main, ") and "[reg.type]" in bad
    assert broken.startswith("install: ") and "[module.format]" in broken
    assert manifest == subprocess.run([ROOT / "build/host/bin/sipv", "manifest", ROOT / "build/user/hello.sbc"],
                                      capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in sips.splitlines()[1:9]] == list(SIPS)
    assert "2 have ended" in sips and gone == "run: no such file\n"


def test_a_sip_is_killed_and_its_peer_told(shell):
    number, sips, killed, after, again, dead, told = shell(
        ["run spinner.sbc &", "ps", "kill 9", "ps", "kill 9", "kill 2", "cat hostile.sbc"])
    assert number == "sip 9\n" and killed == dead == ""
    assert " 9 spinner " in sips and " 9 spinner " not in after
    assert again == "kill: there is no SIP of that number\n"
    assert "cat: the disk failed\n" in told


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_a_driver_that_was_killed_is_started_again(boot, image, mode):
    """From the boot module: there is no disk to read it from. The file server finds it by its name, and mounts the disk anew."""
    script = [(PROMPT, "cat words.txt | wc\r"), (PROMPT, "kill 2\r"), (PROMPT, "cat words.txt\r"), (PROMPT, "restart 2\r"),
              ("fat: a volume of", "cat words.txt | wc\r"), ("3000 9000 ", "restart 10\r"), ("ide: a disk of", "cat words.txt\r"),
              ("fat: a volume of", "cat words.txt | wc\r"), ("3000 9000 ", "restart 2\r"),
              ("restart: there is no SIP of that number", "exit\r")]
    result = boot(f"protect={mode} run={','.join(SIPS)}", modules=MODULES, disk=image, script=script, limit=60).expect_ok(
        "3000 9000 ", "cat: the disk failed\n", "sip 10\n", "3000 9000 ", "cat: the disk failed\n", "3000 9000 ", CLEAN)
    assert result.console.count("ide: a disk of") == 3, result.explain()


def test_a_driver_is_not_installed_beside_another(shell):
    conflict, missing = shell(["install ide.sbc", "kill"])
    assert conflict == "install: ide: taskfile: ports 0x1f0 to 0x1f7 belong to ide\n"
    assert missing == "kill: which SIP? `ps` shows their numbers\n"


def test_files(shell, image, tmp_path):
    disk = shutil.copy(image, tmp_path / "disk.img")
    answers = shell(["mkdir a", "cp hello.sbc a/x.sbc", "run a/x.sbc", "mv a/x.sbc a/y.sbc", "ls a", "rm a", "rm ide.sbc", "cat ide.sbc"],
                    disk=disk, disk_snapshot=False)
    assert answers[2] == "hello from a verified SIP\n" and answers[4].split()[1] == "y.sbc"
    assert answers[5] == "rm: the directory is not empty\n" and answers[7] == "cat: no such file\n"
    copy = subprocess.run(["mtype", "-i", disk, "::/a/y.sbc"], capture_output=True, check=True).stdout
    assert copy == (ROOT / "build/user/hello.sbc").read_bytes()
    assert subprocess.run(["/usr/sbin/fsck.fat", "-n", disk], capture_output=True).returncode == 0


def test_tables(shell):
    heap, channels, memory, fragments, domains, threads, manifests, commands = shell(
        ["heap", "channels", "mem", "frag", "domains", "threads", "manifests", "help"], "microkernel")
    assert re.search(r"^ +3 fat +\d+ +4194304 ", heap, re.M)
    assert re.search(r"^Disk +3 fat +2 ide +0 +0$", channels, re.M)
    assert re.search(r"^SIPs +\d+ +\d+$", memory, re.M)
    free, runs, largest = map(int, re.search(r"^SIPs +(\d+) +(\d+) +(\d+)$", fragments, re.M).groups())
    lengths = [[int(n) for n in re.findall(r"\d+", line)] for line in fragments.splitlines()[4:]]
    assert sum(line[-1] for line in lengths) == runs and largest <= free < largest + sum(2 * line[-1] * line[0] for line in lengths)
    assert [line.split() for line in domains.splitlines()[1:]] == [[name, "3", "own", "1"] for name in SIPS]
    assert re.search(r"^shell +waits$", threads, re.M) and re.search(r"^installer +new$", threads, re.M)
    assert "is given line: interrupt line 14\n" in manifests and "is given all: power over processes" in manifests
    assert "install FILE" in commands


def test_where_a_program_lives_is_said_for_its_next_start(shell):
    """The same file at CPL 0, then at CPL 3 by either trap, and at CPL 0 again: what is said last counts."""
    before, none, _, within, _, after, _, _, back, wrong, level, places = shell(
        ["run sleeper.sbc &", "protect sleeper jail 3 int", "run sleeper.sbc &", "protect | grep sleeper",
         "protect sleeper own 3 heap=own sysenter", "run sleeper.sbc &", "protect sleeper all 0", "run sleeper.sbc &",
         "protect | grep sleeper", "protect sleeper", "protect sleeper all 0 int", "ps | grep sleeper"], "paging")
    assert before == "sip 9\n" and none == ""
    first, second = [line.split() for line in within.splitlines()]
    assert first[1:] == ["sleeper", "all", "0", "shared", "call"] and second[1:] == ["sleeper", "jail", "3", "jail", "int"]
    assert [line.split()[1:] for line in back.splitlines()] == [
        first[1:], second[1:], ["sleeper", "sleeper", "3", "sleeper", "sysenter"], first[1:]]
    assert wrong.startswith('protect: expected "<sip> <domain> <level 0 or 3>') and wrong.endswith('found "sleeper"\n')
    assert level == "protect: level 0 calls the kernel without a trap\n" and len(places.splitlines()) == 4


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_bench(shell, mode):
    """Rows with numbers, and whose numbers they are; the peer is gone afterwards."""
    rows, sips = shell(["bench", "ps"], mode)
    assert re.findall(r"^(kernel call|two yields|ping/pong of 1 byte|channel, and its end|there and back, \d+ B) +[1-9]\d*$", rows, re.M) == [
        "kernel call", "two yields", "ping/pong of 1 byte", "channel, and its end",
        "there and back, 1 B", "there and back, 256 B", "there and back, 65536 B"]
    assert rows.endswith("`make table1` has the figures, by the model clock.\n") and " peer " not in sips and "bench" not in sips


def test_no_ring_3_without_paging(shell):
    ring3, apart, hello, wc = shell(["protect hello jail 3", "protect wc apart 0 heap=own", "run hello.sbc", "cat words.txt | wc"])
    assert ring3 == "protect: level 3 needs paging, which protect=physical has not\n" and apart == ""
    assert hello == "hello from a verified SIP\n" and wc == f"3000 9000 {len(WORDS)}\n"


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_pipes(shell, mode):
    counts, some, first, ordered, names, tables, empty, alone, hello = shell(
        ["cat words.txt | wc", "cat words.txt|grep  9 |  grep line 9|sort", "cat words.txt | head 2", "cat words.txt | sort | head",
         "ls | grep words | wc", "ps | grep shell | wc", "wc", "hello | wc", "hello"], mode)
    lines = WORDS.splitlines(keepends=True)
    assert counts == f"{len(lines)} {len(WORDS.split())} {len(WORDS)}\n"
    assert some == "".join(sorted(line for line in lines if "line 9" in line))
    assert first == "".join(lines[:2]) and ordered == "".join(sorted(lines)[:10])
    assert names == "1 2 22\n" and tables.startswith("1 8 ") and empty == "0 0 0\n"
    assert "hello: its manifest asks for no such endpoint\n" in alone and hello == "hello from a verified SIP\n"


def test_nobody_copies_what_goes_through_a_pipe(shell):
    """From the driver's buffer through three SIPs to the console, over one exchange heap."""
    text, heap = shell(["cat words.txt | head 4000 | head 4000 | head 4000", "heap"])
    assert text == WORDS and heap.endswith("; 0 bytes were copied\n")


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_a_pipe_of_which_one_dies(shell, mode):
    """Who writes to it stops, and who reads from it is told that there should have been more."""
    middle, last, channels, sips = shell(
        ["cat words.txt | head 3000 | breaks | sort", "cat words.txt | head 3000 | breaks", "channels | grep Stream", "ps"], mode)
    assert "sort: the input broke off\n" in middle
    assert re.search(r"^sip \d+ trapped 5\nsip \d+ ended with 1\n$", middle.replace("sort: the input broke off\n", ""), re.M)
    assert last.startswith(WORDS[:1000]) and re.search(r"sip \d+ trapped 5\n$", last)
    assert " breaks " not in sips and " head " not in sips and " sort " not in sips
    assert all("grep" in line or "shell" in line for line in channels.splitlines())


def test_a_pipe_that_cannot_begin(shell):
    shape, missing, nothing, directory, command = shell(["ls | | wc", "cat words.txt | nobody", "cat none | wc", "cat / | wc", "nobody 1 2"])
    assert shape == "shell: a pipe is up to eight commands with a | between each two\n"
    assert missing == command == "nobody: not a command; `help` lists them\n"
    assert nothing == "cat: no such file\n" and directory == "cat: a directory instead of a file, or the reverse\n"


@pytest.mark.parametrize("line, said", [
    ("ls a b", "ls: it takes at most a directory\n"), ("cat", "cat: it takes a file\n"), ("cp a", "cp: it takes a file and a name for the copy\n"),
    ("mv", "mv: it takes a name and another one\n"), ("rm a b", "rm: it takes a file or an empty directory\n"), ("mkdir", "mkdir: it takes a name\n"),
    ("ls | cat", "cat: it cannot stand here in a pipe\n"), ("cat a b | wc", "cat: it cannot stand here in a pipe\n"),
    ("kill 1 | wc", "kill: it cannot stand here in a pipe\n")])
def test_what_help_lists_is_a_command(shell, line, said):
    assert shell([line]) == [said]


def test_a_program_is_written_and_run(boot, image, tmp_path):
    """Typed into the editor, changed, saved over the first version, run by the interpreter, and as it should be on the disk."""
    disk = shutil.copy(image, tmp_path / "disk.img")
    edit = "edit> "
    script = [
        (PROMPT, "edit new.f\r"), (edit, "a\r"), ("   1  ", ": twice dup + ;\r"), ("   2  ", "21 twice . cr\r"), ("   3  ", ".\r"),
        (edit, "w\r"), (edit, "q\r"), (PROMPT, "forth new.f\r"),
        (PROMPT, "edit new.f\r"), (edit, "2c\r"), ("21 twice . cr", f"{HOME}{DELETE}{DELETE}50\r"), (edit, "1i\r"),
        ("   1  ", "\\ doubles\r"), ("   2  ", ".\r"), (edit, "3a\r"), ("   4  ", "too much\r"), ("   5  ", ".\r"), (edit, "4d\r"),
        (edit, "p\r"), (edit, "9d\r"), (edit, "x\r"), (edit, "3xx\r"), (edit, "q\r"), (edit, "w\r"), (edit, "q\r"),
        (PROMPT, "forth new.f\r"), (PROMPT, "edit\r"), (PROMPT, "edit words.txt\r"), (edit, "2999,3000p\r"), (edit, "2,2999d\r"),
        (edit, "q\r"), (edit, "q\r"), (PROMPT, "exit\r")]
    boot(f"run={','.join(SIPS)}", modules=MODULES, disk=disk, disk_snapshot=False, script=script, limit=60).expect_ok(
        "a new file\n", "2 lines, 30 bytes\n", "42 \n", "   1  \\ doubles\n   2  : twice dup + ;\n   3  50 twice . cr\n",
        "edit: there are no such lines\n", "edit: not a command; h lists them\n",
        "edit: a command is a letter behind at most two numbers; h lists them\n",
        "edit: the text is not saved: w saves it, and another q leaves without\n", "3 lines, 40 bytes\n", "100 \n", "edit: which file?\n",
        "2999  ", "3000  ", "edit: the text is not saved", CLEAN)
    assert read(disk, "new.f") == "\\ doubles\n: twice dup + ;\n50 twice . cr\n" and read(disk, "words.txt") == WORDS
    assert subprocess.run(["/usr/sbin/fsck.fat", "-n", disk], capture_output=True).returncode == 0
    assert "new" not in subprocess.run(["mdir", "-b", "-i", disk, "::/"], capture_output=True, text=True, check=True).stdout.replace("new.f\n", "")


def read(disk, name):
    """A file of the disk image."""
    return subprocess.run(["mtype", "-i", disk, f"::/{name}"], capture_output=True, text=True, check=True).stdout


# What one types at the Forth, and what it says.
FORTH = [
    ("1 2 + .", "3  ok\n"),
    (": square dup * ; 7 square .", "49  ok\n"),
    (": twice", " ...\n"),
    ("square square ; 3 twice . $ff . -7 .", "81 255 -7  ok\n"),
    (": down begin dup . 1 - dup 0= until drop ; 3 down", "3 2 1  ok\n"),
    (": fib dup 1 > if dup 1 - recurse swap 2 - recurse + then ;", " ok\n"),
    ("15 fib .", "610  ok\n"),
    (": stars 0 do 42 emit loop ; 5 stars 10 0 = .", "*****0  ok\n"),
    ("+", "forth: +: the stack is empty\n"),
    ("1 0 /", "forth: /: division by zero\n"),
    ("nonsense", "forth: nonsense: not a word\n"),
    ("99999999999", "forth: 99999999999: too large a number\n"),
    ("1 -1 !", "forth: !: the address is outside of the memory\n"),
    ("1234567 @", "forth: @: the address is outside of the memory\n"),
    ("here 777 , execute", "forth: execute: a cell was to be run that holds no instruction\n"),
    (": forever begin again ; forever", "forth: forever: stopped after five million steps\n"),
    (": deeper 1 recurse ; deeper", "forth: deeper: the return stack is full\n"),
    (": then", " ...\n"),
    ("if ;", "forth: ;: an `if`, `begin` or `do` has no end\n"),
    ("1 if", "forth: if: only in a definition\n"),
    (": x then", "forth: then: what it should end was not begun\n"),
    ('." open', 'forth: .": its end is missing on the line\n'),
    ("40000 allot", "forth: allot: the address is outside of the memory\n"),
    ("variable v 5 v ! 2 v +! v @ . .s", "7  ok\n"),
]


@pytest.mark.parametrize("mode", ("physical", "microkernel"))
def test_forth(boot, image, mode):
    """A line at a time; what goes wrong is said, and the next line finds everything in order."""
    script = [(PROMPT, "forth\r"), *(("forth> ", line + "\r") for line, _ in FORTH), ("forth> ", "bye\r"), (PROMPT, "exit\r")]
    result = boot(f"protect={mode} run={','.join(SIPS)}", modules=MODULES, disk=image, script=script, limit=60).expect_ok(CLEAN)
    answers = result.console.split("forth> ")[1:-1]
    assert [answer.partition("\n")[2] for answer in answers] == [said for _, said in FORTH], result.explain()


def test_forth_from_the_disk(shell):
    primes, itself, wrong, missing, pipe = shell(["forth primes.f", "forth itself.f", "forth words.txt", "forth none.f", "ls | forth"])
    assert primes == "2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79 83 89 97 \n"
    assert itself == "before: 41 \nafter: 42 \none one \ntwo one \n"
    assert wrong.startswith("forth: line 1: line: not a word\n") and missing.startswith("forth: no such file\n")
    assert pipe == "forth: forth: its manifest asks for no such endpoint\n"


UP, DOWN, LEFT, RIGHT, HOME, END, DELETE = (f"\x1b[{c}" for c in ("A", "B", "D", "C", "H", "F", "3~"))


@pytest.mark.parametrize("typed, done", [
    ("rux\x7fn hello.sbc", "hello from"),
    (f"un hello.sbcc{LEFT}{DELETE}{HOME}r{END}{RIGHT}", "hello from"),
    (f"{UP}", "which SIP?"),
    (f"{UP}{UP}{UP}{DOWN}{UP}", "no such file"),
    (f"{UP}{DOWN}run hello.sbc", "hello from"),
], ids=("backspace", "in the middle", "last line", "up and down", "line of its own"))
def test_a_line_is_edited(shell, typed, done):
    assert done in shell(["cat none", "kill", typed])[2]


def press(tmp_path, disk, script, when, keys):
    """Runs the shell with a script, and presses keys of the PS/2 keyboard, through QEMU's monitor, when a line begins with `when`."""
    monitor = tmp_path / "monitor"
    for end in ("in", "out"):
        os.mkfifo(f"{monitor}.{end}")
    ends = [os.open(f"{monitor}.{end}", os.O_RDWR | os.O_NONBLOCK) for end in ("in", "out")]

    def on_line(line):
        if line.startswith(when):
            os.write(ends[0], "".join(f"sendkey {key}\n" for key in keys).encode())

    machine = Machine(deterministic=False, append=f"run={','.join(SIPS)}", modules=MODULES, disk=disk, limit=60,
                      extra=["-chardev", f"pipe,id=monitor,path={monitor}", "-mon", "chardev=monitor"])
    try:
        return machine.run(on_line=on_line, script=script)
    finally:
        for end in ends:
            os.close(end)


def test_the_keyboard(image, tmp_path):
    """Its keys do what those of the serial line do."""
    keys = ["shift-h", "backspace", *"helx", "backspace", "p", "ret"]
    script = [("exit           stop", ""), (PROMPT, "exit\r")]
    press(tmp_path, image, script, "This is Singlet", keys).expect_ok(
        "singlet> H\b \bhelx\b \bp\n", "exit           stop the machine", CLEAN)
