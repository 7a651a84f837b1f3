"""Services that are gone and come back, and the second disk: what their clients see, in the system that `make qemu` starts."""
import re
import shutil
import subprocess

import pytest
from qemu import ROOT
from test_processes import compile_sing
from test_shell import PROMPT, WORDS, image  # noqa: F401  (a fixture)
from test_sip import CLEAN

SIPS = ("names", "ide", "fat", "ramdisk", "ramfs", "serial", "keyboard", "console", "processes", "shell")
MODULES = [ROOT / f"build/user/{name}.sbc" for name in SIPS]
SOME_MODES = ("physical", "ring3", "microkernel")


def test_these_are_the_ones_of_make_qemu():
    shown = subprocess.run(["make", "-s", "-n", "qemu-nox", "NO_INSTALL=1"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"run={','.join(SIPS)} " in shown


# A file server that dies after the second block.
MORTAL = """using "lib/sing/names.sing";
using "lib/sing/file.sing";
sip Mortal { endpoint NameService.Imp:Start names; exchange 64; }
void Main([Claims] NameService.Imp:Start names) {
  ServiceProvider.Exp:Ready provider = RegisterService(names, "/fs");
  delete names;
  provider.RecvConnect(out ticket, out endpoint);
  provider.SendAccepted(ticket);
  FileService.Exp:Start? client = endpoint as FileService.Exp:Start;
  if (client == null) trap(1);
  client.SendMounted();
  for (int block = 0; block < 3; ) {
    switch receive {
      case client.Open(path): client.SendOpened(path, 7, 100000L, KindFile);
      case client.Read(_, _, buffer):
        if (block == 2) trap(2);
        Text line = new Text(16);
        for (int i = 0; i < 1024; i++) {
          for (int n = 1000; n > i && n > 1; n /= 10) line.AddByte(' ');
          for (int k = 0; k < 11; k++) line.AddByte(' ');
          line.AddInt(i);
          line.AddByte('\\n');
          Bytes.Copy(buffer, 16 * i, line.bytes, 0, 16);
          line.Clear();
        }
        block++;
        client.SendData(buffer, 16384);
      case client.List(_, _, buffer): trap(3);
      case client.Close(_): trap(3);
      case client.Create(path): trap(3);
      case client.Write(_, _, buffer, _): trap(3);
      case client.Truncate(_, _): trap(3);
      case client.MakeDirectory(path): trap(3);
      case client.Remove(path): trap(3);
      case client.Rename(from, to): trap(3);
      case client.AskSpace(): trap(3);
      case client.ChannelClosed(): trap(3);
    }
  }
  delete client;
  delete provider;
}
"""


@pytest.fixture(scope="module")
def disk(image, tmp_path_factory):  # noqa: F811
    """The shell's disk, with that one on it."""
    folder = tmp_path_factory.mktemp("mortal")
    path = shutil.copy(image, folder / "disk.img")
    (folder / "mortal.sing").write_text(MORTAL)
    (folder / "filler").write_bytes(b"x" * (17 << 20))
    subprocess.run(["mcopy", "-i", path, folder / "filler", compile_sing(folder / "mortal.sing", folder / "mortal.sbc"), "::/"], check=True)
    return path


@pytest.fixture
def session(boot, disk):
    """session([(what to wait for, what to type), ...]): the answers, one for each prompt."""

    def run(script, mode="physical"):
        result = boot(f"protect={mode} run={','.join(SIPS)}", modules=MODULES, disk=disk, script=script, limit=60).expect_ok(CLEAN)
        return [answer.partition("\n")[2] for answer in result.console.split(PROMPT)[1:]], result

    return run


def typed(*lines):
    return [(PROMPT, line + "\r") for line in lines]


@pytest.mark.parametrize("mode", SOME_MODES)
def test_the_file_server_while_idle(session, mode):
    """The shell finds the next one, and so do a program and the process server; nobody waits for one that is gone."""
    answers, result = session(
        [*typed("ls | wc", "kill 3", "ls", "ls", "hello", "cat words.txt | wc", "restart 3"), ("fat: a volume of", "ls | wc\r"),
         *typed("hello", "forth primes.f", "kill 12", "restart 12"), ("fat: a volume of", "cat words.txt | wc\r"), *typed("exit")], mode)
    listing, _, first, second, program, pipe, again, same, hello, forth, *_, words, _ = answers
    assert first == "ls: the file service is gone\n" and second == "ls: there is no file service\n", result.explain()
    assert program == "hello: there is no file service\n" and pipe == "wc: there is no file service\n"
    assert again.startswith("sip 12\n") and same.endswith(listing)
    assert hello == "hello from a verified SIP\n" and forth.startswith("2 3 5 7 ")
    assert words.endswith(f"3000 9000 {len(WORDS)}\n")


@pytest.mark.parametrize("mode", SOME_MODES)
def test_the_file_server_in_the_middle(session, mode):
    """One that dies while a file is read from it: `cat` says that the rest is missing, and the next one is found."""
    answers, result = session(
        typed("run mortal.sbc &", "kill 3", "cat words.txt", "cat words.txt", "cat words.txt | wc", "restart 3", "cat words.txt | wc", "exit"), mode)
    text = "".join(f"{n:>15}\n" for n in range(1024))
    shown, died, told = answers[2].rpartition("sip mortal: trapped Explicit 2 ")
    assert shown == 2 * text and died and told.endswith("\ncat: the file service is gone\n"), result.explain()
    assert answers[3] == "cat: there is no file service\n" and answers[4] == "wc: there is no file service\n"
    assert answers[-2].endswith(f"3000 9000 {len(WORDS)}\n")


@pytest.mark.parametrize("mode", SOME_MODES)
def test_driver_and_file_server(session, mode):
    """Both are gone; the file server comes back first and waits for no driver, the driver second."""
    answers, result = session(
        [*typed("kill 2", "kill 3", "restart 3"), ("fat: cannot use the disk: the disk driver is gone", "ls\r"),
         *typed("kill 11", "restart 11"), ("fat: cannot use the disk: the disk driver is gone", "ls\r"),
         *typed("restart 2"), ("fat: a volume of", "cat words.txt | wc\r"), *typed("exit")], mode)
    told = [line for answer in answers for line in answer.splitlines(keepends=True) if line.startswith("ls: ")]
    assert told == ["ls: no usable volume\n"] * 2 and answers[-2].endswith(f"3000 9000 {len(WORDS)}\n"), result.explain()


def test_the_disk_in_memory_gets_full(session):
    answers, _ = session(typed(*(f"cp words.txt /ram/{n}" for n in range(3)), "cp filler /ram/filler", "cp words.txt /ram/more", "cat /ram/2 | wc", "exit"))
    assert answers[3] == answers[4] == "cp: the disk is full\n" and answers[5] == f"3000 9000 {len(WORDS)}\n"


@pytest.mark.parametrize("mode", SOME_MODES)
def test_the_disk_in_memory(session, mode):
    """Files go over to it and back, programs run from it, and it is another disk."""
    answers, result = session(
        typed("ls /ram", "mkdir /ram/bin", "cp hello.sbc /ram/bin/h.sbc", "run /ram/bin/h.sbc", "install /ram/bin/h.sbc", "cp words.txt /ram/w",
              "cat /ram/w | wc", "mv /ram/w words2.txt", "mv /ram/w /ram/bin/w", "ls /ram/bin", "ls ram", "cat /rambling", "cp /ram/bin/w back.txt",
              "cat back.txt | wc", "rm /ram/bin", "exit"), mode)
    empty, _, _, hello, manifest, _, count, across, _, listing, same, other, _, back, full, _ = answers
    assert empty == "" and hello == "hello from a verified SIP\n" and "hello" in manifest, result.explain()
    assert count == back == f"3000 9000 {len(WORDS)}\n" and across == "mv: the other name is on another disk\n"
    assert re.fullmatch(r" +\d+  h\.sbc\n +49000  w\n", listing.replace(str(len(WORDS)), "49000")) and same == "         -  bin/\n"
    assert other == "cat: no such file\n" and full == "rm: the directory is not empty\n"
