"""Figure 5's program on canned runs, without QEMU: what it prints, writes and refuses."""

import json
import pathlib

import figure5
import measure
import pytest
import qemu
import series
import sensitivity
from clock import parameters

GOLDEN = pathlib.Path(__file__).parent / "golden/figure5.txt"
FACTOR = {"nochecks": 96, "physical": 100, "paging": 107, "domain": 118, "ring3": 131, "microkernel": 140, "native": 103}


def canned_span(mode, noise=0):
    """A Span of 100 reads; the base cost shrinks and grows with the mode."""
    scale = FACTOR[mode.name]
    costly = scale > 100
    counts = {key: 0 for key in parameters.load("k8").cost}
    counts |= {f"{cache}.{f}": 0 for cache in ("code", "data", "walk_reads") for f in ("accesses", "l2", "memory")}
    counts |= {f"{tlb}.{f}": 0 for tlb in ("code_tlb", "data_tlb") for f in ("l2", "walks", "centicycles")}
    counts |= {"branches": 0, "mispredicted": 0, "interrupt": 500 if scale > 120 else 0,
               "load_cr3": 300 if scale > 110 else 0}
    breakdown = dict.fromkeys(measure.CATEGORIES, 0)
    breakdown |= {"instructions": 10_000 * scale + noise, "branches": 50_000, "data_cache": 4_000 * scale,
                  "fetch_cache": 1_000, "tlb": 500 * (scale - 100) if costly else 0,
                  "traps": 91 * counts["interrupt"], "switches": 90 * counts["load_cr3"], "io": 100_000}
    return measure.Span(sum(breakdown.values()), 12_000 * scale, breakdown, counts)


def canned(mode):
    return figure5.Run(mode, canned_span(mode), figure5.Work(100, 512_345, "0BADF00D"))


def run(tmp_path, *arguments, once=canned):
    return figure5.main(["--reads", "100", "--out", str(tmp_path), *arguments], once)


def test_prints_table_chart_and_who_counted(tmp_path, capsys):
    assert run(tmp_path) == 0
    printed = capsys.readouterr().out.replace(str(tmp_path), "OUT")
    assert printed == GOLDEN.read_text(encoding="utf-8")


def test_json_has_what_readers_of_it_rely_on(tmp_path):
    assert run(tmp_path) == 0
    data = json.loads((tmp_path / "figure5.json").read_text())
    assert data["clock"] == "model"
    assert data["model"]["name"] == "k8" and data["model"]["cost"]["interrupt"]["source"]
    assert data["workload"] == {"name": "webfiles", "reads": 100, "bytes": 512345, "checksum": "0BADF00D", "repeat": 1,
                                "trap": "int"}
    assert [bar["mode"] for bar in data["bars"]] == list(FACTOR)
    for bar in data["bars"]:
        assert bar["cycles"] == sum(bar["breakdown"].values())
        assert set(bar["breakdown"]) == {"instructions", "cache", "tlb", "traps", "switches", "io"}
    physical = data["bars"][1]
    assert physical["relative"] == 0 and physical["cycles_per_read"] == physical["cycles"] / 100


def test_pictures_repeat_to_the_byte(tmp_path):
    for folder in ("a", "b"):
        assert run(tmp_path / folder) == 0
    for name in ("figure5.svg", "figure5.png", "figure5.json"):
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("a", "b"))
        assert one == two and len(one) > 1000
    svg = (tmp_path / "a/figure5.svg").read_text(encoding="utf-8")
    assert "<svg" in svg


def test_bars_come_in_the_papers_order_whatever_was_asked(tmp_path):
    assert run(tmp_path, "--modes", "ring3,physical,nochecks") == 0
    data = json.loads((tmp_path / "figure5.json").read_text())
    assert [bar["mode"] for bar in data["bars"]] == ["nochecks", "physical", "ring3"]


def test_without_the_baseline_there_is_no_tax(tmp_path, capsys):
    assert run(tmp_path, "--modes", "ring3") == 0
    data = json.loads((tmp_path / "figure5.json").read_text())
    assert data["bars"][0]["relative"] is None
    assert "█" not in capsys.readouterr().out


def test_another_order_than_the_papers_is_said(tmp_path, capsys):
    def upside_down(mode):
        opposite = dict(zip(series.MODES, reversed(series.MODES))).get(mode, mode)
        return figure5.Run(mode, canned_span(opposite),
                           figure5.Work(100, 1, "00000000"))
    assert run(tmp_path, once=upside_down) == 0
    assert "The order is not the paper's: microkernel < ring3" in capsys.readouterr().out


def test_median_and_spread_of_repetitions(tmp_path):
    noise = {mode: iter((0, 3000, 1000)) for mode in FACTOR}

    def noisy(mode):
        return figure5.Run(mode, canned_span(mode, next(noise[mode.name])), figure5.Work(100, 1, "00000000"))
    assert run(tmp_path, "--repeat", "3", "--jobs", "1", once=noisy) == 0
    data = json.loads((tmp_path / "figure5.json").read_text())
    plain = canned_span(series.MODES[1]).cycles
    assert data["bars"][1]["cycles"] == plain + 1000
    assert data["bars"][1]["spread"] == round(100 * 3000 / (plain + 1000), 3)


def test_different_checksums_draw_nothing(tmp_path, capsys):
    def one_differs(mode):
        checksum = "FFFFFFFF" if mode.name == "domain" else "0BADF00D"
        return figure5.Run(mode, canned_span(mode), figure5.Work(100, 512_345, checksum))
    assert run(tmp_path, once=one_differs) == 1
    said = capsys.readouterr()
    assert "the modes did not read the same bytes" in said.err and "domain: 512345 bytes, checksum FFFFFFFF" in said.err
    assert not (tmp_path / "figure5.json").exists() and "tax" not in said.out


def test_a_failed_run_shows_the_console(tmp_path, capsys):
    def fails(mode):
        if mode.name == "ring3":
            raise measure.MeasureError("the kernel panicked", "panic: no more frames")
        return canned(mode)
    assert run(tmp_path, once=fails) == 1
    said = capsys.readouterr().err
    assert "figure5: ring3: the kernel panicked" in said and "    panic: no more frames" in said
    assert not (tmp_path / "figure5.json").exists()


def test_an_exercise_that_is_missing_is_one_sentence(tmp_path, capsys):
    missing = "lab 7, exercise 1 (domain) is not done yet: kern/proc/domain.cc:19"

    def comes_to_it(mode):
        raise measure.MeasureError("the kernel reported a failure", f"Singlet\n\n{missing}\n")
    assert run(tmp_path, "--modes", "domain", once=comes_to_it) == 1
    assert capsys.readouterr().err == f"figure5: domain: {missing}\n"


@pytest.mark.parametrize("end, sentence", [
    (qemu.End.HANG, "did not end within 7 s"), (qemu.End.PANIC, "panicked"),
    (qemu.End.TRIPLE_FAULT, "triple fault"), (qemu.End.FAILED, "reported a failure"),
    (qemu.End.QEMU_ERROR, "QEMU ended with status 1: no such device")])
def test_each_way_to_fail_has_its_sentence(end, sentence):
    result = qemu.Result(end, "last words", 1, "no such device\n", [], 1.0, 7.0)
    with pytest.raises(measure.MeasureError, match=sentence) as error:
        measure.finished(result)
    assert error.value.tail == "last words"


def test_a_killed_machine_is_named():
    with pytest.raises(measure.MeasureError, match="^QEMU was killed by signal 9$"):
        measure.finished(qemu.Result(qemu.End.QEMU_ERROR, "", -9, "", [], 1.0, 7.0))


def test_a_folder_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run(tmp_path / "file") == 1
    assert capsys.readouterr().err.endswith("file: File exists\n")


def test_the_way_into_the_kernel_is_part_of_the_workload(tmp_path, capsys):
    assert run(tmp_path, "--trap", "sysenter") == 0
    assert json.loads((tmp_path / "figure5.json").read_text())["workload"]["trap"] == "sysenter"
    assert "kernel calls from CPL 3 by SYSENTER" in capsys.readouterr().out


def test_the_workloads_line_is_required():
    work = figure5.work_done("noise\nwebfiles: reads=5 bytes=77 checksum=00c0ffee\nbye\n")
    assert work == figure5.Work(5, 77, "00C0FFEE")
    with pytest.raises(measure.MeasureError, match="printed no line"):
        figure5.work_done("webfiles: reads=5 bytes=77\n")


def test_the_kernel_is_asked_for_the_whole_road():
    assert figure5.command_line(series.MODES[4], 50) == "protect=ring3 run=names,ide,fat,webfiles reads=50 trap=int"


def test_the_processes_have_a_machine_of_their_own():
    assert figure5.command_line(figure5.NATIVE, 50) == "protect=microkernel run=ide.elf,fat.elf,webfiles.elf reads=50"
    modules = ["names.sbc", "x/ide.sbc", "x/native/ide.elf"]
    assert figure5.modules_for(figure5.NATIVE, modules) == ["x/native/ide.elf"]
    assert figure5.modules_for(series.MODES[0], modules) == ["names.sbc", "x/ide.sbc"]


def test_what_is_not_the_papers_has_no_bar_of_it(tmp_path, capsys):
    assert run(tmp_path) == 0
    said = capsys.readouterr().out
    assert "native is no bar of the paper's" in said
    assert run(tmp_path, "--modes", "physical,ring3") == 0
    assert "native" not in capsys.readouterr().out


def test_marks_that_never_come_are_named():
    measurement = measure.Measurement([{"mark": 1, "cycles": 5}, {"mark": 3, "cycles": 9}], "console")
    assert measurement.between(1, 3) == measure.Span(4)
    with pytest.raises(measure.MeasureError, match="mark 7 never came"):
        measurement.between(7, 8)
    with pytest.raises(measure.MeasureError, match="mark 2 did not come after mark 1"):
        measurement.between(1, 2)


def test_bad_arguments_are_refused(tmp_path, capsys):
    for arguments, sentence in ((["--modes", "ring4"], "no mode 'ring4'"), (["--reads", "0"], "'0' is not a number from 1"),
                                (["--reads", "abc"], "'abc' is not a number"), (["--repeat", "-3"], "'-3' is not a number"),
                                (["--clock", "sundial"], "invalid choice"), (["--trap", "door"], "invalid choice")):
        with pytest.raises(SystemExit) as ended:
            figure5.main(arguments)
        said = capsys.readouterr().err
        assert ended.value.code == 2 and sentence in said and said.count("\n") == 1
    assert figure5.main(["--model", "vax"]) == 1
    assert "no processor model 'vax'" in capsys.readouterr().err
    assert figure5.main(["--kernel", str(tmp_path / "none")]) == 1
    assert "none does not exist" in capsys.readouterr().err


def test_a_guest_without_the_workload_is_a_failed_run(tmp_path, capsys):
    guest = qemu.ROOT / "build/clock/guest.elf"
    arguments = ["--kernel", str(guest), "--memory", "64", "--modes", "physical", "--out", str(tmp_path / "out")]
    assert figure5.main(arguments) == 1
    assert "physical: the workload printed no line 'webfiles: reads=N" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_sensitivity_follows_from_the_counts(tmp_path, capsys):
    assert run(tmp_path) == 0
    capsys.readouterr()
    data = json.loads((tmp_path / "figure5.json").read_text())
    ring3, physical = data["bars"][4], data["bars"][1]
    rows = {(key, factor): taxes for key, factor, taxes in sensitivity.changes(data)}
    doubled = 100 * ((ring3["cycles"] + 500 * 91) / physical["cycles"] - 1)
    assert rows["interrupt", 2]["ring3"] == pytest.approx(doubled)
    assert figure5.main(["--sensitivity", str(tmp_path / "figure5.json")]) == 0
    said = capsys.readouterr().out
    assert "interrupt" in said and "No bar moves by 0.05 points for:" in said
    assert (tmp_path / "sensitivity.txt").read_text(encoding="utf-8") == said


def test_sensitivity_of_nothing_is_refused(tmp_path, capsys):
    (tmp_path / "x.json").write_text("{")
    assert figure5.main(["--sensitivity", str(tmp_path / "x.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "x.json").write_text('{"clock": "icount", "bars": []}')
    assert figure5.main(["--sensitivity", str(tmp_path / "x.json")]) == 1
    assert "no figure of the clock 'model'" in capsys.readouterr().err
