"""C-c at the shell: what was started ends, all of it, and the prompt comes back. Over the serial line and the keyboard."""
import re
import shutil
import subprocess

import pytest
from test_processes import compile_sing
from test_shell import MODULES, PROMPT, SIPS, image, press  # noqa: F401  (image: a fixture)
from test_sip import CLEAN, MODES
from test_sip import SIPS as TEST_SIPS

# Programs that say that they run, and do not end. Mute does not even ask for its arguments, for which the shell waits.
LOUD = 'sip Loud { }\nvoid Main() { Kernel.Print("loud\\n"); for (;;) { } }\n'
MUTE = ('using "lib/sing/stream.sing";\nsip Mute { endpoint Arguments.Exp:Start arguments; endpoint Source.Exp:Start source; }\n'
        'void Main([Claims] Arguments.Exp:Start arguments, [Claims] Source.Exp:Start source) { Kernel.Print("mute\\n"); for (;;) { } }\n')


@pytest.fixture(scope="module")
def disk(image, tmp_path_factory):  # noqa: F811
    """The shell's disk, with programs that get stuck."""
    folder = tmp_path_factory.mktemp("stuck")
    path = shutil.copy(image, folder / "disk.img")
    (folder / "loud.sing").write_text(LOUD)
    (folder / "mute.sing").write_text(MUTE)
    sources = (TEST_SIPS / "stuck.sing", folder / "loud.sing", folder / "mute.sing")
    programs = [compile_sing(source, folder / f"{source.stem}.sbc") for source in sources]
    subprocess.run(["mcopy", "-i", path, *programs, "::/"], check=True)
    return path


JOBS = [
    ("run loud.sbc", "loud", 1),
    ("loud", "loud", 1),
    ("mute", "mute", 1),
    ("ls | mute", "mute", 1),
    ("cat words.txt | stuck spin", "stuck", 1),
    ("cat words.txt | stuck wait | wc", "stuck", 2),
    ("cat words.txt | head 3000 | stuck wait | sort | wc", "stuck", 3),  # head ends by itself: its reader is gone
    ("cat words.txt | stuck spin | stuck spin | stuck wait", "stuck", 3),
    ("forth", "forth> ", 1),
]


@pytest.mark.parametrize("mode", MODES)
def test_everything_comes_back(boot, disk, mode):
    """Each job is interrupted where it is stuck: its SIPs are gone, with all that they held."""
    tables = [(PROMPT, f"{table}\r") for table in ("ls | wc", "channels", "heap")]
    script = list(tables)
    for line, said, _ in JOBS:
        script += [(PROMPT, line + "\r"), (said if said.endswith(" ") else "\n" + said, "\x03")]
    script += [*tables, (PROMPT, "exit\r")]
    result = boot(f"protect={mode} run={','.join(SIPS)}", modules=MODULES, disk=disk, script=script, limit=60).expect_ok(CLEAN)
    answers = [answer.partition("\n")[2] for answer in result.console.split(PROMPT)[1:]]
    assert len(answers) == len(JOBS) + 7, result.explain()
    for (line, said, sips), answer in zip(JOBS, answers[3:-4]):
        assert said in answer and "^C\n" in answer, line
        assert len(re.findall(r"^sip \d+ was killed$", answer, re.M)) == sips, (line, answer)
    (counted, channels, heap), (counted_again, channels_again, heap_again) = answers[:3], answers[-4:-1]
    assert counted == counted_again and sorted(channels.splitlines()) == sorted(channels_again.splitlines())
    assert heap.partition(", on ")[0] == heap_again.partition(", on ")[0]  # behind that: pages of blocks, which are kept for the next ones


def test_keys_are_not_lost(boot, disk):
    """Typed ahead, they are the program's; the first one after C-c is the shell's, though a program had asked for it."""
    script = [(PROMPT, "forth\r1 2 + .\r3 4 + .\r"), ("7  ok", ""), ("forth> ", "\x03"), (PROMPT, "hello\r"), ("hello from", ""),
              (PROMPT, "wrong\x03"), (PROMPT, "hello\r"), ("hello from", ""),
              (PROMPT, "loud\r"), ("\nloud", "nobody reads this\r\x03"), ("^C", ""), (PROMPT, "exit\r")]
    result = boot(f"run={','.join(SIPS)}", modules=MODULES, disk=disk, script=script, limit=60).expect_ok(
        "3  ok\n", "7  ok\n", "forth> ^C\n", "was killed\n", PROMPT + "hello\n", PROMPT + "wrong^C\n" + PROMPT + "hello\n", CLEAN)
    assert "nobody reads this" not in result.console


def test_what_the_shell_does_itself(boot, disk):
    """A file on its way to the console."""
    script = [(PROMPT, "cat words.txt\r"), ("line 1000", "\x03"), (PROMPT, "hello\r"), (PROMPT, "exit\r")]
    boot(f"run={','.join(SIPS)}", modules=MODULES, disk=disk, script=script, limit=60).expect_ok("hello from", CLEAN)


def test_at_the_keyboard(disk, tmp_path):
    """The same keys on the keyboard, while a SIP spins."""
    script = [(PROMPT, "cat words.txt | stuck spin | wc\r"), ("^C", ""), (PROMPT, "exit\r")]
    press(tmp_path, disk, script, "stuck", ["ctrl-c"]).expect_ok("stuck\n^C\n", "was killed\n", "was killed\n", CLEAN)
