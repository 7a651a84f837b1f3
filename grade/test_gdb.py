"""GDB knows SIPs as it knows the kernel: functions, lines, frames; and what the kernel knows of them."""
import re
import subprocess

import pytest
from gdb_session import Session
from qemu import ROOT
from test_sip import compiled  # noqa: F401  (a fixture)
from test_sipv import SIPV

MODES = ("physical", "ring3", "microkernel")
CLEAN = "singlet: all SIPs have ended; leaked: 0 frames, 0 blocks, 0 endpoints"


def session(folder, names, append="", **options):
    """A machine with SIPs of user/, the last of them the client."""
    modules = [ROOT / f"build/user/{name}.sbc" for name in names.split(",")]
    return Session(folder, append=f"run={names} {append}", modules=modules, disk=ROOT / "build/disk.img", **options)


def functions(backtrace):
    """The functions of a backtrace, innermost first."""
    return [re.match(r"(?:0x\w+ in )?(.*?) \(", line)[1] for line in re.findall(r"^#\d+ +(.*)$", backtrace, re.M)]


def line_of(path, *texts):
    """The number of the first line of a source that holds the last of the texts, behind lines with those before."""
    lines, at = (ROOT / path).read_text().splitlines(), 0
    for text in texts:
        at = next(number for number, line in enumerate(lines[at:], at + 1) if text in line)
    return at


@pytest.mark.parametrize("mode", MODES)
def test_a_function_is_a_breakpoint_before_its_sip_exists(tmp_path, mode):
    result = session(tmp_path, "hello", f"protect={mode}").run(
        "break Main", "info breakpoints", "continue", "info breakpoints", "frame", "backtrace", "images")
    before, after = result.all("info breakpoints")
    assert "<PENDING>  Main" in before, result.explain()
    line = line_of("user/hello/hello.sing", "Kernel.Print")
    assert f"in Main at user/hello/hello.sing:{line}" in after, result.explain()
    assert "Kernel.Print(" in result["frame"], result.explain()
    assert functions(result["backtrace"])[:2] == ["Main", "start_thunk"], result.explain()
    assert re.search(r"^0x\w+ - 0x\w+  Hello, 1 functions$", result["images"], re.M), result.explain()


@pytest.mark.parametrize("mode", MODES)
def test_a_line_is_a_breakpoint(tmp_path, mode):
    line = line_of("user/hello/hello.sing", "return 0;")
    result = session(tmp_path, "hello", f"protect={mode}").run(
        f"break hello.sing:{line}", "continue", "frame", "info line", "info symbol $pc")
    assert f"Main () at user/hello/hello.sing:{line}" in result["frame"], result.explain()
    assert f'Line {line} of "user/hello/hello.sing"' in result["info line"], result.explain()
    assert re.match(r"Main \+ \d+ in section .text", result["info symbol $pc"]), result.explain()
    assert "hello from a verified SIP" in result.console


@pytest.mark.parametrize("mode", MODES)
def test_stepping_stays_in_the_source(tmp_path, mode):
    """`next` passes a kernel call as it passes any call, `step` enters a function, `finish` leaves it."""
    receive = line_of("user/fat/server.sing", "bool Serve(", "switch receive")
    call = line_of("user/fat/server.sing", "bool Serve(", "files.Open(path)")
    result = session(tmp_path, "names,ide,fat,webfiles", f"protect={mode}").run(
        f"break server.sing:{receive}", "continue", "next", "frame", "step", "backtrace", "finish", "backtrace 1", "next", "frame")
    before, after = result.all("frame")
    assert f"Serve () at user/fat/server.sing:{call}" in before, result.explain()
    assert functions(result["backtrace"])[:4] == ["Files.Open", "Serve", "ServeFiles", "Main"], result.explain()
    assert functions(result["backtrace 1"]) == ["Serve"], result.explain()
    assert re.search(rf"Serve \(\) at user/fat/server.sing:{call + 1}|{call + 2}$", after, re.M), result.explain()


# From a kernel function to who called it in Sing, at CPL 0 and at CPL 3.
GATES = {"physical": ["kernel_select", "gate_select"], "ring3": ["kernel_select", "gate_select"],
         "microkernel": ["singlet::kern::ring3_select", "ring3_call", "kernel_call_entry", "int_select"],
         "microkernel trap=sysenter": ["singlet::kern::ring3_select", "ring3_call", "sysenter_entry"]}


@pytest.mark.parametrize("mode", GATES)
def test_a_backtrace_goes_through_a_receive_into_the_kernel(tmp_path, mode):
    result = session(tmp_path, "names,ide,fat,webfiles", f"protect={mode}").run(
        "break Files.Open", "continue", "delete", "break singlet::kern::select", "continue", "backtrace")
    found = functions(result["backtrace"])
    assert found[0] == "singlet::kern::select", result.explain()
    gate, sip = found[1:1 + len(GATES[mode])], found[1 + len(GATES[mode]):]
    assert gate == GATES[mode] and sip[-2] == "start_thunk" and "Main" in sip, result.explain()


@pytest.fixture
def assembled(tmp_path):
    """assembled("deep_recursion"): a program of verifier/testdata as a boot module."""

    def assemble(name):
        target = tmp_path / f"{name}.sbc"
        subprocess.run([SIPV, "asm", f"verifier/testdata/programs/{name}.sasm", "-o", target], check=True, cwd=ROOT)
        return target

    return assemble


@pytest.mark.parametrize("mode", MODES)
def test_stack_segments_are_one_stack(tmp_path, assembled, mode):
    """At a call into a new segment, on the way there and on the way back: every frame, in order."""
    depth, at = 60, ("rt_link_segment", "rt_unlink_segment")
    result = Session(tmp_path, append=f"protect={mode}", modules=[assembled("deep_recursion")]).run(
        "break down", f"ignore 1 {depth - 1}", "continue", "backtrace", "delete", f"tbreak {at[0]}", "continue",
        "backtrace 4", "stepi 60", "backtrace 2", f"tbreak {at[1]}", "continue", "backtrace 3", "finish", "backtrace 2")
    assert functions(result["backtrace"])[:-1] == depth * ["down"] + ["main", "start_thunk"], result.explain()
    assert functions(result["backtrace 4"]) == [at[0], "rt_more_stack", "down", "down"], result.explain()
    assert functions(result["backtrace 3"]) == [at[1], "rt_unlink", "down"], result.explain()
    inside, back = result.all("backtrace 2")
    assert functions(back) == ["rt_unlink", "down"] and "corrupt" not in inside, result.explain()


def test_a_trap_that_kills_a_sip(tmp_path, assembled):
    result = Session(tmp_path, modules=[assembled("bounds_high")]).run(
        "break singlet::kern::trap_sip_at", "continue", "backtrace", "delete", "continue")
    found = functions(result["backtrace"])
    assert found[:3] == ["singlet::kern::trap_sip_at", "kernel_trap", "gate_trap"], result.explain()
    assert "rt_trap" in found and found[-3:-1] == ["main", "start_thunk"], result.explain()
    assert "trapped OutOfBounds at main+" in result.console, result.explain()


SERVICES = "names,ide,fat,webfiles"


@pytest.mark.parametrize("mode", MODES)
def test_gdb_and_the_monitor_tell_the_same(tmp_path, mode):
    """In the middle of a request: each table, line by line; GDB's table of SIPs says where each is, too."""
    tables = ("sips", "threads", "exheap", "channels", "domains")
    result = session(tmp_path, SERVICES, f"protect={mode}", typed="\n".join(("", *tables, "continue", ""))).run(
        "break Files.Open", "continue", "delete", *tables, "monitor nmi", "continue")
    told = {name: text.splitlines() for name, text in
            re.findall(r"^monitor> (\w+)\n(.*?)(?=^monitor> )", result.console, re.M | re.S)}
    for table in tables:
        seen = result[table].splitlines()
        if table == "sips":
            assert re.search(r"^ +\d+ fat +running .* Files.Open \(user/fat/files.sing:\d+\)$", result["sips"], re.M)
            assert re.search(r"^ +\d+ webfiles +waits .* \(user/webfiles/webfiles.sing:\d+\)$", result["sips"], re.M)
            assert told[table].pop() == "0 have ended", result.explain()
            seen = [line[:len(kernel)] for line, kernel in zip(seen, told[table], strict=True)]
        assert seen == told[table] and len(seen) > 1, result.explain()
    assert CLEAN in result.console, result.explain()


def test_sips_that_have_not_run_yet_are_nowhere(tmp_path):
    result = session(tmp_path, SERVICES).run("break ide.sing:Main", "continue", "sips")
    assert re.search(r"^ +2 ide +running .* Main \(user/ide/ide.sing:\d+\)$", result["sips"], re.M), result.explain()
    assert re.search(r"^ +4 webfiles +ready .* 1$", result["sips"], re.M), result.explain()
    assert "text.sing" not in result["sips"], result.explain()


@pytest.mark.parametrize("mode", MODES)
def test_the_backtrace_of_a_sip_that_waits(tmp_path, mode):
    result = session(tmp_path, SERVICES, f"protect={mode}").run(
        "break Files.Open", "continue", "threads webfiles", "threads nobody", "backtrace 1", "exheap webfiles")
    found = functions(result["threads webfiles"])
    assert "singlet::kern::select" in found and found[-2] == "start_thunk" and "Main" in found, result.explain()
    assert functions(result["backtrace 1"]) == ["Files.Open"], result.explain()
    assert result["threads nobody"] == 'error: there is no SIP "nobody"', result.explain()
    assert re.search(r"^0x\w+ endpoint FileService, 0 unread$", result["exheap webfiles"], re.M), result.explain()


@pytest.mark.parametrize("mode", MODES)
def test_the_backtraces_of_all_threads_of_a_sip(tmp_path, compiled, mode):  # noqa: F811
    """In the turn of one, the others stand in a receive or a yield, however deep, and each has begun with a thunk."""
    result = Session(tmp_path, append=f"protect={mode}", modules=[compiled("crew")]).run(
        "break Sum", "ignore 1 4", "continue", "threads crew", "sips", "threads")
    each = [functions(text) for text in re.split(r"^(?=#0 )", result["threads crew"], flags=re.M) if text.strip()]
    assert all(found[-2] == "start_thunk" for found in each), result.explain()
    stands = [next(name for name in found if name in ("Sum", "Main", "Serve", "Deep")) for found in each]
    assert stands == ["Sum", "Main", "Serve"] + (len(each) - 3) * ["Deep"] and len(each) > 4, result.explain()
    assert all(found.count("Deep") == 61 for found in each[3:]), result.explain()
    assert re.search(rf"^ +1 crew +running .* {len(each)}  Sum \(", result["sips"], re.M), result.explain()
    states = re.findall(r"^crew +(.*)$", result["threads"], re.M)
    assert states.count("running") == 1 and "in line" in states and "waits" in states, result.explain()


@pytest.mark.parametrize("mode", MODES)
def test_a_panic_tells_who_called_and_who_ran(tmp_path, mode):
    """An instruction of the kernel is made invalid: the backtrace goes out through the gate, into Sing."""
    result = session(tmp_path, "hello", f"protect={mode}").run(
        "break kernel_print", "continue", "set *(unsigned short *)$pc = 0x0b0f", "delete", "continue")
    line = line_of("user/hello/hello.sing", "Kernel.Print")
    expected = (r"panic: invalid opcode\n  eax .*\n  esi .*\n  eip .*\n  at 0x\w+ kernel_print\+0x\w+\n(?:  at .*\n)+"
                rf"  at 0x\w+ Hello: Main\+0x\w+ \(user/hello/hello.sing:{line}\)\n  at 0x\w+ Hello: start\+0x\w+\n"
                r"sip hello ran\n sip name .*\n   1 hello +running ")
    assert re.search(expected, result.console), result.explain()


def test_the_monitor_goes_on_as_if_nothing_had_been(tmp_path):
    line = line_of("user/hello/hello.sing", "Kernel.Print")
    result = session(tmp_path, "hello", typed="\nhelp\nbacktraxx\b\bce\nregisters\nnonsense\ncontinue\n").run(
        "break Main", "continue", "monitor nmi", "continue")
    for expected in (r"^monitor: `help` lists", r"^channels +the channels", rf"^  at 0x\w+ Hello: Main\+0x\w+ \(.*:{line}\)$",
                     r"^  eip \w+ cs 0008", r'^there is no command "nonsense"$', "^hello from a verified SIP$"):
        assert re.search(expected, result.console, re.M), result.explain()
    assert "there is no command \"back" not in result.console and CLEAN in result.console, result.explain()


def test_what_values_look_like(tmp_path):
    result = session(tmp_path, "hello").run(
        "break debug_image_made", "continue", "print image.code", "print singlet::kern::images", "print image.program.object_->file",
        "print image.program", "print image.code.start_")
    expected = {"print image.code": r"= 1 frames at 0x0\w{7}$", "print singlet::kern::images": r"= 1 elements = \{\s+\[0\] = ",
                "print image.program.object_->file": r'= "hello.sbc"$', "print image.program": r"= 0x\w+$",
                "print image.code.start_": r"= 0x0\w{7}$"}
    for command, pattern in expected.items():
        assert re.search(pattern, result[command]), result.explain()


def test_questions_before_there_is_an_answer(tmp_path):
    result = session(tmp_path, "hello").run("sips", "channels", "exheap hello", "images", "threads")
    assert [text for _, text in result.outputs[:4]] == [
        " sip name             state   cpl domain           pages  blocks  threads\n",
        "contract             sip importer         sip exporter         unread by each\n",
        'error: there is no SIP "hello"', ""], result.explain()


@pytest.mark.parametrize("mode", MODES)
def test_symbols_go_with_the_image(tmp_path, mode):
    result = session(tmp_path, "hello", f"protect={mode}").run(
        "break Main", "break singlet::kern::exit_machine", "continue", "continue", "backtrace", "info breakpoints", "images",
        "kill")
    assert functions(result["backtrace"])[0] == "singlet::kern::exit_machine", result.explain()
    assert "<PENDING>  Main" in result["info breakpoints"] and result["images"] == "", result.explain()
    assert CLEAN in result.console


def test_a_breakpoint_in_the_kernel(tmp_path):
    result = session(tmp_path, "hello").run("break kernel_print", "continue", "info args", "backtrace")
    assert "arguments = 0x" in result["info args"], result.explain()
    assert functions(result["backtrace"])[:4] == ["kernel_print", "gate_print", "Main", "start_thunk"], result.explain()


def test_code_is_read_as_what_it_is_while_the_machine_starts(tmp_path):
    result = session(tmp_path, "hello").run(
        "show architecture", "x/i 0xffff0", "break kernel_main", "continue", "show architecture", "backtrace")
    first, last = result.all("show architecture")
    assert '"i8086"' in first and '"i386"' in last and "ljmp" in result["x/i 0xffff0"], result.explain()
    assert functions(result["backtrace"]) == ["kernel_main", "_start"], result.explain()
