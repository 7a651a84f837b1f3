"""GDB knows SIPs as it knows the kernel: functions, lines, frames; and what the kernel knows of them."""
import re

import pytest
from gdb_session import Session
from qemu import ROOT

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
GATES = {"physical": ["gate_select"], "ring3": ["gate_select"],
         "microkernel": ["ring3_call", "kernel_call_entry", "int_select"],
         "microkernel trap=sysenter": ["ring3_call", "sysenter_entry"]}


@pytest.mark.parametrize("mode", GATES)
def test_a_backtrace_goes_through_a_receive_into_the_kernel(tmp_path, mode):
    result = session(tmp_path, "names,ide,fat,webfiles", f"protect={mode}").run(
        "break Files.Open", "continue", "delete", "break singlet::kern::select", "continue", "backtrace")
    found = functions(result["backtrace"])
    assert found[:2] == ["singlet::kern::select", "kernel_select"], result.explain()
    gate, sip = found[2:2 + len(GATES[mode])], found[2 + len(GATES[mode]):]
    assert gate == GATES[mode] and sip[-2] == "start_thunk" and "Main" in sip, result.explain()


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
