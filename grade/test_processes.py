"""Power over processes: what a SIP does that was granted it, in every mode, and what everybody else is refused."""
import subprocess

import pytest
from qemu import ROOT, End
from test_sip import CLEAN, MODES, SIPS, compile_sing

SIPV = ROOT / "build/host/bin/sipv"

HELLO = 'sip Hello { }\nint Main() { Kernel.Print("hello from a child\\n"); return 7; }\n'
DIES = "sip Dies { }\nint Main() { trap(5); }\n"
SPINNER = "sip Spinner { }\nvoid Main() { for (;;) { } }\n"
DOUBLE = """contract Double {
  out message Ready();
  in  message Number(int n);
  out message Twice(int n);
  state Start: one { Ready! -> Idle; }
  state Idle: one { Number? -> Twice! -> Idle; }
}
"""
SERVER = DOUBLE + """
sip Server { endpoint Double.Exp:Start client; }
int Main([Claims] Double.Exp:Start client) {
  client.SendReady();
  for (;;) {
    switch receive {
      case client.Number(n): client.SendTwice(2 * n);
      case client.ChannelClosed(): delete client; return 3;
    }
  }
}
"""
ORPHAN = DOUBLE + """
sip Orphan { endpoint Double.Imp:Start server; }
void Main([Claims] Double.Imp:Start server) { delete server; }
"""
GREEDY = "sip Greedy { ports p(0x3f8, 8); ports q(0x3f9, 1); }\nvoid Main(Ports p, Ports q) { }\n"
AMBITIOUS = "sip Ambitious { processes all; }\nvoid Main(Processes all) { }\n"
CHILDREN = {"Hello": HELLO, "Dies": DIES, "Spinner": SPINNER, "Server": SERVER, "Orphan": ORPHAN, "Greedy": GREEDY,
            "Ambitious": AMBITIOUS}


def as_string(data):
    return "".join(f"\\x{byte:02x}" for byte in data)


@pytest.fixture(scope="session")
def child(tmp_path_factory):
    """child("Hello", source): the .sbc file's bytes."""
    folder = tmp_path_factory.mktemp("children")

    def make(name, source):
        (folder / f"{name}.sing").write_text(source)
        return compile_sing(folder / f"{name}.sing", folder / f"{name}.sbc").read_bytes()

    return make


@pytest.fixture(scope="session")
def tester(child, tmp_path_factory):
    """grade/sips/processes.sing with its children, compiled."""
    folder = tmp_path_factory.mktemp("tester")
    (folder / "lib").symlink_to(ROOT / "lib")
    files = {name: child(name, source) for name, source in CHILDREN.items()}
    files["Bad"] = files["Hello"][:-9]
    (folder / "children.sing").write_text(
        "".join(f'string {name}() {{ return "{as_string(data)}"; }}\n' for name, data in files.items()))
    return compile_sing(SIPS / "processes.sing", folder / "processes.sbc", folder)


@pytest.mark.parametrize("mode", MODES)
def test_who_was_granted_processes(boot, tester, mode):
    result = boot(f"protect={mode} run=processes", modules=[tester]).expect_ok(
        "SIP Hello, from ", "entry Main", "is given nothing", "calls print",
        "hello from a child", "reason 0", "status 7",
        "[module.format]",
        "a program's name has 1 to 32 letters, digits or . _ -",
        "greedy: q: ports 0x3f9 to 0x3f9 belong to greedy",
        "orphan: server: no SIP that runs serves the contract Double",
        "ambitious: all: power over processes is given only to SIPs of run=",
        "sip dies: trapped Explicit 5 at ", "reason 10", "status 5",
        "killed 1", "killed 1", "reason 12", "program 0", "killed 0", "there is no SIP of that number",
        "given 1", "given 0", "double: its manifest asks for no such endpoint", "started 1",
        "twice 42", "reason -1", "reason 0", "status 3",
        "created 0", "there is no program of that number",
        " sip name ", "   1 processes        running", "have ended", "bytes", "contract", "zone", "domain", "thread", "installer",
        "zone       free", "calls the kernel by", CLEAN)
    assert result.console.count("hello from a child") == 1


@pytest.mark.parametrize("call", ("sip_kill", "program_of"))
def test_nobody_else_has_power(boot, tmp_path, call):
    """A number in place of the capability is refused by the verifier, and at CPL 3 by the kernel as well."""
    source = tmp_path / "thief.sasm"
    source.write_text("sip thief { entry main }\nfunc main() {\n    ldi r0, 0\n    ldi r1, 1\n"
                      f"    callk r2, r0, {call}\n    retv\n}}\n")
    target = tmp_path / "thief.sbc"
    subprocess.run([SIPV, "asm", source, "-o", target], check=True, cwd=ROOT)
    boot(modules=[target]).expect(End.FAILED, "install thief.sbc: refused: ", "callk needs processes in r0", "[reg.type]")


def test_a_program_does_not_choose_its_place_by_its_name(boot, child, tester, tmp_path):
    """What counts is what it is started as: boot module or name of the program, not `sip Adder`."""
    (tmp_path / "impostor.sbc").write_bytes(child("Impostor", SPINNER.replace("Spinner", "Adder")))
    (tmp_path / "policy.txt").write_text("Adder  trusted  0\nimpostor  jail  3\n*  rest  0\n")
    boot("protect=paging policy=policy.txt run=impostor,processes",
         modules=[tmp_path / "impostor.sbc", tester, tmp_path / "policy.txt"]).expect_ok(" impostor ", " 3 jail ", CLEAN)


ECHO = """contract Echo {
  in  message Ping();
  out message Pong();
  state Start: one { Ping? -> Pong! -> Start; }
}
"""
DEAF = ECHO + """
sip Deaf { listen Echo.Exp:Start clients; exports Echo; }
void Main([Claims] ESet<Echo.Exp:Start> clients) {
  delete clients;
  Echo.NewChannel(out imp, out exp);      // where the set was
  imp.SendPing();
  for (int i = 0; i < 1000; i++) Kernel.Yield();
  delete imp;
  delete exp;
}
"""
CALLER = ECHO + """
sip Caller { endpoint Echo.Imp:Start server; }
void Main([Claims] Echo.Imp:Start server) {
  server.SendPing();
  server.RecvPong() else { delete server; return; }
  delete server;
}
"""


@pytest.mark.parametrize("mode", ("physical", "ring3"))
def test_a_server_that_has_given_up_its_clients(boot, child, tmp_path, mode):
    """Its set is freed, and something else is where it was: a SIP that is started now finds nobody who serves it."""
    (tmp_path / "lib").symlink_to(ROOT / "lib")
    (tmp_path / "children.sing").write_text(f'string Caller() {{ return "{as_string(child("Caller", CALLER))}"; }}\n')
    (tmp_path / "deaf.sbc").write_bytes(child("Deaf", DEAF))
    late = compile_sing(SIPS / "calls_late.sing", tmp_path / "late.sbc", tmp_path)
    boot(f"protect={mode} run=deaf,late", modules=[tmp_path / "deaf.sbc", late]).expect_ok(
        "caller: server: no SIP that runs serves the contract Echo", CLEAN)
