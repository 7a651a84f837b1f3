"""What `make tcb` counts, and that the README says the same."""
import re

import pytest
import qemu
import tcb

OBJECTS = qemu.ROOT / "build/kern"
# Of sources that are still there: an old build may hold more.
DEPENDENCIES = [d for d in sorted(OBJECTS.rglob("*.d"))
                if any((qemu.ROOT / d.relative_to(OBJECTS)).with_suffix(s).exists() for s in (".cc", ".S"))]
TOLERANCE = 0.05  # of a line of the README's table: not every commit has to write it anew


def rows(text):
    return {name.strip(" *"): int(number.replace(",", ""))
            for name, number in re.findall(r"^\| (.+?) +\| +\**([\d,]+)\** \|$", text, re.M)}


def test_the_kernel_is_linked_from_the_verifier_but_not_from_host_tools():
    linked = tcb.linked_files(DEPENDENCIES)
    assert {"verifier/transfer.cc", "verifier/isa.def", "verifier/x86/lower.cc", "kern/ipc/channel.cc",
            "lib/rt/layout.hh", "kern/abi/gates.S"} <= linked
    assert not [f for f in linked if re.match(r"verifier/(asm\.|asm_code|interpret|sipv)|user/|grade/|.*_test\.cc", f)]


def test_a_file_of_no_group_is_named():
    with pytest.raises(SystemExit, match="kern/new/thing.cc belongs to no group"):
        tcb.sum_up({"kern/new/thing.cc": 7}, {"kern/new/thing.cc"}, tcb.TRUSTED)


def test_the_readme_says_what_is_counted():
    readme = tcb.README.read_text()
    begin, end = tcb.in_readme(readme)
    said, counted = rows(readme[begin:end]), rows(tcb.table(*tcb.count(DEPENDENCIES)))
    assert said.keys() == counted.keys(), "run `make tcb-table`"
    for name, lines in counted.items():
        assert abs(said[name] - lines) <= TOLERANCE * lines + 20, f"{name}: run `make tcb-table`"
