"""sipv explain: as text, as JSON, and as a page, stepped through in headless Chromium without a network.

What the page shows at each step is computed here a second time from `sipv explain --json`.
"""
import json
import re
import subprocess

import pytest
import qemu
from worst_modules import WORST

pytest.importorskip("selenium.webdriver", reason="make check installs it: need-browser")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

SIPV = qemu.ROOT / "build/host/bin/sipv"
RULES = qemu.ROOT / "verifier/testdata/rules"
FAT = qemu.ROOT / "build/user/fat.sbc"
REFUSED, USAGE = 1, 2


def sipv(*arguments):
    return subprocess.run([SIPV, *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=qemu.ROOT)


def explain(program, *options):
    ran = sipv("explain", program, "--json", *options)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


# ---- the command


def test_text_is_about_every_function_or_the_one_asked_for():
    program = RULES / "reg.type/accept-elements.sasm"
    names = [f["name"] for f in explain(program)["functions"]]
    for wanted in names + [None]:
        ran = sipv("explain", program, *(["--function", wanted] if wanted else []))
        assert ran.returncode == 0 and ran.stderr == ""
        shown = [line.split()[1].split("(")[0] for line in ran.stdout.splitlines() if line.startswith("func ")]
        assert shown == ([wanted] if wanted else names)
        assert ran.stdout.endswith(f"{program}: accepted\n")
    assert [f["number"] for f in explain(program, "--function", "#0")["functions"]] == [0]


def test_text_of_a_refused_module_ends_in_what_verify_says():
    for program in sorted(RULES.glob("*/reject-*.sasm")):
        verified, explained = sipv("verify", program), sipv("explain", program)
        if explained.returncode == REFUSED:  # not even a module: no more is to be said than verify says
            assert (explained.stdout, explained.stderr) == ("", verified.stderr)
        else:
            assert (explained.returncode, explained.stderr) == (0, "")
            assert explained.stdout.endswith("\n" + verified.stderr) or explained.stdout == verified.stderr


def test_json_of_a_refused_module():
    data = explain(RULES / "reg.conflict/reject-lecture.sasm")
    assert data["verdict"] == "refused"
    why = data["refusal"]
    assert (why["rule"], why["letter"], why["function"], why["instruction"], why["line"]) == ("reg.conflict", "B", "main", 6, 16)
    assert [(p["instruction"], p["line"], p["text"]) for p in why["places"]] == [
        (2, 10, "new r0, SomeClass"),
        (4, 13, "ldi r0, 1000"),
    ]
    main = data["functions"][0]
    assert main["verdict"] == "refused" and main["order"] == [0, 1, 2, 3]
    (join,) = main["visits"][2]["edges"][0]["joins"]
    assert (join["register"], join["known"]["type"], join["known"]["block"]) == (0, "ref SomeClass", 1)
    assert (join["brought"]["type"], join["brought"]["block"]) == ("i32", 2)
    assert (join["result"]["type"], join["lost"]) == ("conflict", False)


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--function", "nobody"], "sipv: {} has no function nobody; it has main"),
        (["--function", "#7"], "sipv: {} has no function #7; it has main"),
        (["--html", "no/such/folder.html"], "sipv: cannot write no/such/folder.html: No such file or directory"),
        (["--html", "/"], "sipv: cannot write /: Is a directory"),
    ],
)
def test_wrong_arguments(arguments, sentence):
    program = RULES / "reg.conflict/reject-lecture.sasm"
    ran = sipv("explain", program, *arguments)
    assert (ran.returncode, ran.stdout, ran.stderr) == (USAGE, "", sentence.format(program) + "\n")


def test_file_that_cannot_be_read(tmp_path):
    ran = sipv("explain", tmp_path / "none.sbc")
    assert (ran.returncode, ran.stdout) == (USAGE, "")
    assert ran.stderr == f"sipv: cannot read {tmp_path / 'none.sbc'}: No such file or directory\n"


# ---- the page


class Page:
    """The page of one module, and what it shows."""

    SHOWN = """
        const rows = [...document.querySelectorAll('#registers tbody tr[data-register]')];
        const here = document.querySelector('.row.here');
        return {
          caption: document.getElementById('caption').textContent,
          position: document.getElementById('position').textContent,
          registers: rows.map(r => [Number(r.dataset.register), r.dataset.type, r.cells[2].textContent, r.cells[3].textContent]),
          changed: rows.filter(r => r.classList.contains('changed')).map(r => Number(r.dataset.register)),
          counts: [...document.querySelectorAll('.block .count')].map(c => c.textContent),
          joins: [...document.querySelectorAll('#joins tbody tr')].map(r => [r.cells[0].textContent, r.cells[3].textContent]),
          here: here ? Number(here.dataset.pc) : null,
          block: document.querySelector('.block.here')?.dataset.block ?? null,
        };"""

    def __init__(self, driver, program, folder, *options):
        self.driver, self.file = driver, folder / "page.html"
        ran = sipv("explain", program, "--html", self.file, *options)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
        driver.get_log("browser"), driver.get_log("performance")  # what went before
        driver.get(self.file.as_uri())

    def shown(self):
        return self.driver.execute_script(self.SHOWN)

    def text(self, identity):
        return self.driver.find_element(By.ID, identity).get_attribute("textContent")

    def press(self, key):
        self.driver.switch_to.active_element.send_keys(key)

    def click(self, identity):
        self.driver.find_element(By.ID, identity).click()

    def quiet(self):
        """No error was logged and nothing was asked for but the page itself."""
        assert self.driver.get_log("browser") == []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                assert message["params"]["request"]["url"] == self.file.as_uri()


def expectations(function, refusal):
    """What the page has to show at each step of a function."""
    steps, seen = [], [0] * len(function["blocks"])
    for number, visit in enumerate(function["visits"]):
        block = function["blocks"][visit["block"]]
        seen[visit["block"]] += 1
        counts = [
            "never visited" if not b["visits"]
            else ("visited" if s else "not yet visited") if b["visits"] == 1
            else f"visited {s} of {b['visits']} times"
            for b, s in zip(function["blocks"], seen)
        ]
        known = {r["register"]: r for r in visit["state"]}

        def step(changes, pc, edge=None):
            known.update({r["register"]: r for r in changes})
            gone = {r for r in known if known[r]["type"] == "unset"}
            changed = sorted(r["register"] for r in changes)
            steps.append({
                "caption": f"dge from block {visit['block']} to block {edge['to']}" if edge else f"instruction {pc} ",
                "registers": [[r, known[r]["type"], known[r]["owner"], known[r]["from"]] for r in sorted(known)],
                "changed": changed,
                "counts": counts,
                "joins": [[f"r{j['register']}", "refused" if j["lost"] else j["result"]["type"].replace("unset", "not set")]
                          for j in edge["joins"]] if edge else [],
                "here": pc,
                "block": str(visit["block"]),
                "visit": number + 1,
            })
            for r in gone:
                del known[r]

        step([], block["first"])
        for i, changes in enumerate(visit["steps"]):
            step(changes, block["first"] + i + 1)
        before = dict(known)
        for edge in visit["edges"]:
            known.clear()
            known.update(before)
            step(edge["changes"], block["first"] + len(visit["steps"]), edge)
    return steps


def agree(shown, expected, number, total, visits):
    assert expected["caption"] in shown["caption"]
    assert shown["position"] == f"step {number + 1} of {total} · visit {expected['visit']} of {visits}"
    for what in ("registers", "changed", "counts", "joins", "here", "block"):
        assert shown[what] == expected[what], (what, number)


PROGRAMS = [
    (RULES / "reg.conflict/reject-lecture.sasm", "main"),
    (RULES / "reg.conflict/reject-loop.sasm", "main"),
    (RULES / "own.meet/reject-loop-frees.sasm", "f"),
    (RULES / "own.lost/accept-all-ways-out.sasm", "f"),
    (RULES / "state.endpoint/accept-server-loop.sasm", "f"),
    (FAT, "Main"),
]


@pytest.mark.parametrize("program, name", PROGRAMS, ids=lambda p: getattr(p, "stem", p))
def test_page_steps_forwards_and_backwards(chromium, tmp_path, program, name):
    options = ["--function", name]
    data = explain(program, *options)
    (function,) = data["functions"]
    steps = expectations(function, data["refusal"])
    assert len(steps) > 2
    page = Page(chromium, program, tmp_path, *options)
    assert page.text("verdict") == function["verdict"]
    page.driver.find_element(By.ID, "code").click()
    last = len(steps) - 1

    def look(number):
        agree(page.shown(), steps[number], number, len(steps), len(function["order"]))

    look(0)
    for number in range(1, last + 1):
        page.press(Keys.ARROW_RIGHT) if number % 2 else page.click("forward")
        look(number)
    page.press(Keys.ARROW_RIGHT)  # there is nothing behind the end
    look(last)
    for number in reversed(range(last)):
        page.press(Keys.ARROW_LEFT) if number % 2 else page.click("back")
        look(number)
    page.press(Keys.ARROW_LEFT)  # nor before the beginning
    look(0)
    page.press(Keys.END)
    look(last)
    if function["verdict"] == "refused":
        assert page.shown()["caption"].startswith("Refused at ")
        shown = page.driver.find_element(By.CSS_SELECTOR, "#code .refusal").text
        assert data["refusal"]["rule"] in shown and data["refusal"]["sentence"] in shown
    page.quiet()


def test_page_goes_from_visit_to_visit_and_to_a_block(chromium, tmp_path):
    program = RULES / "reg.conflict/reject-loop.sasm"
    visits = explain(program, "--function", "main")["functions"][0]["visits"]
    page = Page(chromium, program, tmp_path)
    blocks = [page.shown()["block"]]
    for _ in visits[1:]:
        page.press(Keys.ARROW_DOWN)
        blocks.append(page.shown()["block"])
    assert blocks == [str(v["block"]) for v in visits]
    page.press(Keys.HOME)
    assert page.shown()["position"].startswith("step 1 of")
    page.driver.find_elements(By.CSS_SELECTOR, "#flow g.node")[1].click()
    assert page.shown()["block"] == "1" and " visit 2 " in page.shown()["position"]
    page.driver.find_elements(By.CSS_SELECTOR, "#history button")[2].click()
    assert " visit 3 " in page.shown()["position"]
    page.quiet()


def test_page_of_a_whole_program_shows_each_function(chromium, tmp_path):
    functions = explain(FAT)["functions"]
    page = Page(chromium, FAT, tmp_path)
    choices = page.driver.find_elements(By.CSS_SELECTOR, "#function option")
    assert [c.get_attribute("textContent") for c in choices] == [f["signature"] for f in functions]
    for number, function in enumerate(functions):
        chromium.execute_script(
            "const s = document.getElementById('function'); s.value = arguments[0]; s.dispatchEvent(new Event('change'));", number)
        agree(page.shown(), expectations(function, None)[0], 0, len(expectations(function, None)), len(function["order"]))
    page.quiet()


def test_page_of_a_module_refused_outside_its_functions(chromium, tmp_path):
    program = RULES / "contract.queue/reject-stream.sasm"
    page = Page(chromium, program, tmp_path)
    assert page.text("verdict") == "refused"
    assert explain(program)["refusal"]["sentence"] in page.driver.find_element(By.CSS_SELECTOR, "#notices .refusal").text
    assert not page.driver.find_element(By.TAG_NAME, "main").is_displayed()
    page.quiet()


def test_page_believes_no_name_and_no_string(chromium, tmp_path):
    evil = ["</script><script>broken = 1</script>", "<img src=x onerror='broken = 2'><!--", "&lt;b&gt;"]
    program = tmp_path / "<img src=x onerror=broken=3>.sasm"
    strings = "".join(f'    ldstr r0, "{e}"\n' for e in evil[:2])
    program.write_text(f'source "{evil[0]}{evil[1]}{evil[2]}"\nfunc main() {{\n{strings}    add r1, r0, 1\n    retv\n}}\n')
    page = Page(chromium, program, tmp_path)
    assert chromium.execute_script("return window.broken") is None
    assert not chromium.find_elements(By.TAG_NAME, "img")
    assert all(e in page.text("code") for e in evil[:2])
    assert page.text("module") == str(program)
    assert page.text("source") == "".join(evil)
    page.quiet()


def long_program(blocks):
    code = "".join(
        f"b{b}:\n" + "    add r0, r0, 1\n" * 7 + f"    brnz r0, b{b}, b{b + 1}\n" for b in range(blocks)
    )
    return f"func main() {{\n    ldi r0, 1\n    jmp b0\n{code}b{blocks}:\n    retv\n}}\n"


def test_page_of_a_long_function_is_cut_and_says_so(chromium, tmp_path):
    program = tmp_path / "long.sasm"
    program.write_text(long_program(4000))
    page = Page(chromium, program, tmp_path)
    assert page.file.stat().st_size < 12 << 20
    notice = page.driver.find_element(By.ID, "notices").text
    kept = re.match(r"This page steps through the first (\d+) of 4002 visits", notice)
    assert kept and 1000 < int(kept[1]) < 4002, notice
    page.press(Keys.END)
    assert page.shown()["position"].endswith(f"visit {kept[1]} of 4002")
    assert "visited later than this page tells of" in page.text("code")
    assert "too many to draw" in page.text("flow")
    page.quiet()
    whole = explain(program)["functions"][0]
    assert whole["whole"] and len(whole["visits"]) == 4002 and None not in whole["code"]


@pytest.mark.parametrize("worst", WORST, ids=lambda w: w.__name__)
def test_no_module_makes_a_page_that_is_too_large(tmp_path, worst):
    program, page = tmp_path / "worst.sasm", tmp_path / "worst.html"
    program.write_text(worst())
    assert sipv("explain", program, "--html", page).returncode == 0
    assert page.stat().st_size < 8 << 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_light_or_dark_as_its_reader_likes(chromium, tmp_path, scheme):
    chromium.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    Page(chromium, RULES / "reg.conflict/reject-lecture.sasm", tmp_path)
    light = {}
    for selector in ("html", "aside", ".row.refused", "button"):
        paper, ink = (
            chromium.execute_script("return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]", selector, what)
            for what in ("backgroundColor", "color"))
        brightness = lambda colour: sum(map(float, colour[colour.index("(") + 1:-1].split(",")[:3])) / 3
        light[selector] = (brightness(paper), brightness(ink))
    for paper, ink in light.values():
        assert (paper > 200 and ink < 170) if scheme == "light" else (paper < 70 and ink > 90)
