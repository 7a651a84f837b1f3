"""The model clock against a bare guest (grade/clock/guest) whose costs can be worked out on paper.

Names in a span's counts: classes of grade/clock/classes.def, then code/data (caches), code_tlb and
data_tlb, walk_reads (the walker's own accesses).
"""

import dataclasses
import json
import re
import subprocess

import measure
import pytest
import qemu
from clock import parameters

GUEST = qemu.ROOT / "build/clock/guest.elf"
MACHINE = qemu.Machine(kernel=GUEST, memory=64)
K8 = parameters.load("k8")


@pytest.fixture(scope="module")
def modelled():
    assert GUEST.exists(), "there is no guest: run `make build/clock/guest.elf` first"
    return measure.Clock("model", K8).measure(MACHINE)


def cost(section, key):
    return getattr(K8, section)[key].value


def counts(modelled, first, last):
    """What was counted between two marks, without the zeros."""
    return {k: v for k, v in modelled.between(first, last).counts.items() if v}


def test_two_runs_are_identical(modelled):
    again = measure.Clock("model", K8).measure(MACHINE)
    assert json.dumps(again.records) == json.dumps(modelled.records)
    assert again.console == modelled.console


def test_marks_come_in_order(modelled):
    marks = [record["mark"] for record in modelled.records]
    assert marks[0] == 1 and marks == sorted(marks)
    assert marks[-1] == 93  # its number stood in ClockPage; mark 0xffff before it is no record
    cycles = [record["cycles"] for record in modelled.records]
    assert cycles == sorted(cycles)


def test_nothing_is_counted_before_the_first_mark(modelled):
    assert modelled.records[0]["cycles"] == 0
    assert modelled.records[0]["instructions"] == 0


def test_a_mark_costs_nothing(modelled):
    span = modelled.between(10, 11)
    assert span.cycles == 0 and span.instructions == 0


def test_categories_add_up(modelled):
    for record in modelled.records:
        parts = dict(record["centicycles"])
        assert parts.pop("total") == sum(parts.values())


def test_int_and_iret_cost_what_the_parameters_say(modelled):
    span = modelled.between(20, 21)
    assert span.counts["interrupt"] == span.counts["interrupt_return"] == 100
    assert span.counts["delivery"] == 0  # each entry is explained by its INT
    assert span.breakdown["traps"] == 100 * (cost("cost", "interrupt") + cost("cost", "interrupt_return"))


def test_interrupts_are_counted_at_the_handlers_entry(modelled):
    span = modelled.between(80, 81)
    assert span.counts["delivery"] == span.counts["interrupt_return"] == 3
    assert span.counts["interrupt"] == 0


def test_idle_time_costs_nothing(modelled):
    assert modelled.between(80, 81).cycles < 1000  # three ticks of the timer are about 0.01 s


def test_cold_lines_miss_and_warm_lines_hit(modelled):
    cold, warm = modelled.between(30, 31), modelled.between(31, 32)
    assert (cold.counts["data.accesses"], cold.counts["data.memory"]) == (64, 64)
    assert cold.breakdown["data_cache"] == 64 * cost("penalty", "memory")
    assert (warm.counts["data.accesses"], warm.counts["data.memory"], warm.counts["data.l2"]) == (64, 0, 0)


def test_what_a_device_wrote_is_cold_again(modelled):
    found = modelled.between(35, 36).counts
    assert (found["data.accesses"], found["data.memory"], found["data.l2"]) == (64, 512 // 64, 0)


def test_three_lines_in_a_set_of_two_ways_never_hit(modelled):
    found = modelled.between(40, 41).counts
    assert (found["data.accesses"], found["data.memory"], found["data.l2"]) == (30, 3, 27)


def test_an_access_across_lines_touches_both(modelled):
    found = counts(modelled, 45, 46)
    assert (found["data.accesses"], found["data.memory"]) == (2, 2)


def test_without_paging_there_are_no_walks(modelled):
    assert modelled.between(50, 51).breakdown["tlb"] == 0


def test_each_page_is_walked_once_after_a_new_cr3(modelled):
    found = modelled.between(60, 61).counts
    assert found["load_cr3"] == 1
    assert (found["data_tlb.walks"], found["data_tlb.l2"]) == (64, 0)
    assert found["walk_reads.accesses"] == 2 * 64
    assert found["code_tlb.walks"] == 0  # the code's large page is global


def test_the_second_level_holds_what_the_first_cannot(modelled):
    found = modelled.between(61, 62).counts
    assert (found["data_tlb.walks"], found["data_tlb.l2"]) == (0, 64)
    assert modelled.between(61, 62).breakdown["tlb"] == 64 * cost("penalty", "tlb2_hit")


def test_global_pages_survive_a_new_cr3(modelled):
    found = modelled.between(64, 65).counts
    assert found["load_cr3"] == 1 and found["data_tlb.walks"] == 0


def test_invlpg_costs_one_walk(modelled):
    found = modelled.between(65, 66).counts
    assert (found["invalidate_page"], found["data_tlb.walks"]) == (1, 1)


def test_a_large_page_is_one_short_walk(modelled):
    found = modelled.between(68, 69).counts
    assert (found["data_tlb.walks"], found["walk_reads.accesses"]) == (1, 1)


def test_paging_makes_the_same_walk_over_memory_dearer(modelled):
    off, warm, cold = (modelled.between(*marks).cycles for marks in ((50, 51), (61, 62), (60, 61)))
    assert off < warm < cold


def test_a_repeated_string_instruction_counts_once_and_by_element(modelled):
    found = modelled.between(70, 71).counts
    assert (found["rep_start"], found["rep_step"], found["data.accesses"]) == (1, 1024, 2048)


def test_a_loop_is_mispredicted_twice(modelled):
    found = modelled.between(75, 76).counts
    assert (found["branches"], found["mispredicted"]) == (1000, 2)


def test_the_guest_reads_the_cycles_counted_so_far(modelled):
    at_mark, at_rdtsc = (int(line, 16) for line in modelled.console.split())
    at = {record["mark"]: record["cycles"] for record in modelled.records}
    assert at_mark == at[90]
    assert at[91] <= at_rdtsc < at[92]


def test_another_processor_gives_other_cycles_for_the_same_counts(modelled):
    other = measure.Clock("model", parameters.load("modern")).measure(MACHINE)
    mine, theirs = modelled.between(20, 21), other.between(20, 21)
    assert mine.counts["interrupt"] == theirs.counts["interrupt"]
    assert mine.cycles != theirs.cycles


def test_kvm_without_hardware_is_refused(tmp_path):
    (tmp_path / "kvm").write_text("")
    (tmp_path / "cpuinfo").write_text("flags : fpu sse2\n")
    with pytest.raises(measure.MeasureError, match="neither VMX nor SVM"):
        measure.require_kvm(tmp_path / "kvm", tmp_path / "cpuinfo")
    (tmp_path / "cpuinfo").write_text("flags : fpu svm sse2\n")
    measure.require_kvm(tmp_path / "kvm", tmp_path / "cpuinfo")


def test_icount_counts_instructions_alone():
    counted = measure.Clock("icount").measure(MACHINE)
    span = counted.between(75, 76)
    assert span.cycles == span.instructions == 2000
    assert counted.records[-1]["mark"] == 93


# --- The kernel's side of the agreement: kern/mem/clock_ktest.cc -------------------------------------


@pytest.fixture(scope="module")
def kernel():
    machine = qemu.Machine(append="test=model_clock")
    assert machine.kernel.exists(), "there is no kernel: run `make` first"
    return measure.Clock("model", K8).measure(machine)


SLACK = 16  # pages of the kernel's own that a change may need as well


def test_the_kernel_announces_its_page_tables(kernel):
    off, known, unknown = (kernel.between(*marks).counts for marks in ((1, 2), (3, 4), (4, 5)))
    assert off["data_tlb.walks"] == off["data_tlb.l2"] == 0
    assert known["data_tlb.walks"] == 0 and 64 <= known["data_tlb.l2"] < 64 + SLACK
    assert unknown["load_cr3"] == 1 and 64 <= unknown["data_tlb.walks"] < 64 + SLACK


def test_the_kernel_announces_invlpg(kernel):
    found = kernel.between(5, 6).counts
    assert found["invalidate_page"] == 1 and 1 <= found["data_tlb.walks"] < 1 + SLACK


def test_the_kernel_announces_dma(kernel):
    assert kernel.between(6, 7).counts["data.memory"] == 2


# --- What is refused, and how ----------------------------------------------------------------------


def plugin_refuses(arguments):
    """What QEMU says when the plugin gets `arguments`."""
    machine = dataclasses.replace(MACHINE, plugin=f"{measure.PLUGIN},{arguments}")
    result = machine.run()
    assert result.end is qemu.End.QEMU_ERROR, result.explain()
    return result.stderr


def test_bad_arguments_are_named(tmp_path):
    (tmp_path / "bad").write_text("l2_kb=many\n")
    (tmp_path / "short").write_text("l2_kb=512\n")
    out = tmp_path / "out"
    assert "unknown argument 'colour=red'" in plugin_refuses("colour=red")
    assert "out=FILE is missing" in plugin_refuses("mode=icount")
    assert "cannot read the parameters" in plugin_refuses(f"out={out},params={tmp_path}/none")
    assert "the value of 'l2_kb' is not a number" in plugin_refuses(f"out={out},params={tmp_path}/bad")
    assert "is missing" in plugin_refuses(f"out={out},params={tmp_path}/short")
    assert "cannot write" in plugin_refuses(f"out={tmp_path}/no/folder,mode=icount")


def test_a_wrong_clock_page_ends_the_run(tmp_path):
    (tmp_path / "params").write_text(K8.lines())
    memory = tmp_path / "memory"
    machine = dataclasses.replace(
        MACHINE, machine="pc,memory-backend=ram",
        extra=["-object", f"memory-backend-file,id=ram,size=64M,mem-path={memory},share=on"],
        plugin=f"{measure.PLUGIN},out={tmp_path}/out,params={tmp_path}/params,memory={memory},clock_page=0x5000")
    result = machine.run()
    assert result.end is qemu.End.QEMU_ERROR
    assert "no ClockPage" in result.stderr


def test_clocks_are_not_chosen_silently(monkeypatch):
    with pytest.raises(measure.MeasureError, match="no clock 'sundial'"):
        measure.Clock("sundial")
    with pytest.raises(measure.MeasureError, match="needs a processor model"):
        measure.Clock("model")
    monkeypatch.setattr(measure.os, "access", lambda *_: False)
    with pytest.raises(measure.MeasureError, match="needs /dev/kvm"):
        measure.Clock("kvm").measure(MACHINE)


def test_a_guest_that_prints_no_tsc_is_an_error():
    with pytest.raises(measure.MeasureError, match="printed no line 'mark N tsc=T'"):
        measure.Clock("tcg").measure(MACHINE)


def test_the_guests_memory_goes_where_there_is_room(tmp_path):
    assert measure.folder_for_memory(1, str(tmp_path)) == str(tmp_path)
    assert measure.folder_for_memory(1 << 30, str(tmp_path)) is None
    assert measure.folder_for_memory(1, str(tmp_path / "none")) is None


class Printing(qemu.Machine):
    """A machine that does not run, but prints its command line and two marks."""

    def run(self, on_line=None):
        console = f"{self.append} {self.accel}\nmark 1 tsc=1000\nnoise\nmark 2 tsc=12345678901\n"
        return qemu.Result(qemu.End.OK, console, 33, "", [], 0.0, 1.0)


def test_tsc_lines_are_the_records_where_the_guest_counts():
    measurement = measure.Clock("tcg").measure(Printing(append="run=x"))
    assert measurement.console.startswith("run=x clock=tsc tcg\n")
    assert measurement.between(1, 2) == measure.Span(12345677901)


# --- Parameters ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", parameters.names())
def test_every_value_has_a_source(name):
    model = parameters.load(name)
    for table in (model.shape, model.penalty, model.cost):
        assert all(value.source.strip() for value in table.values())


@pytest.mark.parametrize("name", parameters.names())
def test_every_class_has_a_cost(name):
    text = (qemu.ROOT / "grade/clock/classes.def").read_text()
    classes = re.findall(r"^CLASS\(\w+, (\w+), \w+\)", text, re.M)
    assert list(parameters.load(name).cost) == classes


def test_bad_models_are_named(tmp_path):
    with pytest.raises(parameters.ModelError, match="no processor model 'vax' .there are: k8, modern"):
        parameters.load("vax")
    text = (qemu.ROOT / "grade/clock/k8.toml").read_text()
    for old, new, message in (
            ('{ value = 12, source = "[lab] beyond', '{ value = 12, comment = "[lab] beyond', "penalty.l2_hit must be"),
            ("value = 12,", "value = -12,", "must be a number that is not negative"),
            ("[penalty]", "[penalties]", "penalty missing"),
            ("value = 12,", "value =,", "Invalid")):
        assert old in text
        path = tmp_path / "bad.toml"
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(parameters.ModelError, match=message):
            parameters.load(str(path))


def test_costs_have_two_decimals():
    assert "cost.simple=67\n" in K8.lines()
    with pytest.raises(parameters.ModelError, match="more than two decimals"):
        K8.scaled("cost", "simple", 0.5).scaled("cost", "simple", 0.5).lines()


def test_the_plugin_shows_only_its_entry_points():
    listing = subprocess.run(["nm", "-D", "--defined-only", measure.PLUGIN], capture_output=True, text=True, check=True)
    names = {line.split()[-1] for line in listing.stdout.splitlines() if " T " in line or " D " in line}
    assert names == {"qemu_plugin_install", "qemu_plugin_version"}
