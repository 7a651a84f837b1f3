"""The handouts' site, read from files: no dead link or anchor, code in colours, and in headless Chromium without a network its search,
its dark mode and its figures."""
import html.parser
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.parse

import pytest
from qemu import ROOT

pytest.importorskip("mkdocs", reason="make check installs it: need-site")
pytest.importorskip("selenium.webdriver", reason="make check installs it: need-browser")
from pygments.token import Error  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

sys.path[:0] = [str(ROOT / "labs"), str(ROOT / "handouts/site")]
import cut  # noqa: E402
import lexers  # noqa: E402

ALL = cut.load_all()


def build(tree):
    ran = subprocess.run(["mkdocs", "build", "--strict", "--clean", "-f", tree / "handouts/site/mkdocs.yml"],
                         capture_output=True, text=True, timeout=120)
    return ran, tree / "build/handouts"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of this tree, built in a copy of what it is made from."""
    tree = tmp_path_factory.mktemp("site")
    for name in cut.tracked():
        if name.startswith("handouts/") or name in ("README.md", "verifier/isa.def", "user/singc/tokens.def"):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
        else:  # links to it are looked at, and nothing else
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).touch()
    ran, out = build(tree)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return out


class Page(html.parser.HTMLParser):
    """What a page refers to, and what can be referred to in it."""

    def __init__(self, path):
        super().__init__()
        self.refers, self.anchors, self.classes = [], set(), set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        self.classes |= set((given.get("class") or "").split())
        for key in ("href", "src"):
            if tag in ("a", "img", "script", "link", "iframe") and given.get(key):
                self.refers.append((tag, given[key]))


def dead(site):
    """[(page, what it refers to in vain)]"""
    pages = {path: Page(path) for path in site.glob("**/*.html")}
    found = []
    for path, page in pages.items():
        for tag, to in page.refers:
            place = urllib.parse.urlsplit(to)
            if place.scheme:
                if tag != "a":
                    found.append((path.name, to))  # nothing is fetched
                continue
            target = (path.parent / urllib.parse.unquote(place.path)).resolve() if place.path else path
            if path.name == "404.html" and place.path.startswith("/"):
                target = site / place.path.lstrip("/")
            if not target.exists() or place.fragment and target in pages and urllib.parse.unquote(place.fragment) not in pages[target].anchors:
                found.append((path.name, to))
    return found


def test_every_link_leads_somewhere(site):
    assert dead(site) == []
    (site / "bad.html").write_text('<a href="none.html">x</a><a href="lab1.html#none">x</a><img src="https://example.org/x.png"><a href="#here" id="there">')
    try:
        assert [to for _, to in dead(site)] == ["none.html", "lab1.html#none", "https://example.org/x.png", "#here"]
    finally:
        (site / "bad.html").unlink()


def test_every_page_is_in_the_site(site):
    made = {path.stem for path in site.glob("*.html")} - {"404"}
    assert made == {path.stem for path in (ROOT / "handouts").glob("*.md")} | {"index"}
    home = Page(site / "index.html").refers
    assert {f"{page}.html" for page in made} <= {to.split("#")[0] for _, to in home} | {"index.html"}


def test_lists_and_tables_are_such(site):
    """Also where they follow a paragraph at once, as they may on GitHub."""
    lab, shell = (site / "lab1.html").read_text(), (site / "figure5.html").read_text()
    assert "<li>give out and take back physical frames" in lab and "<table>" in shell
    for page in site.glob("*.html"):
        text = page.read_text()
        assert not [line for line in text.split("\n") if line.startswith(("<p>- ", "<p>| ", "|-", "| "))], page


def test_code_is_in_colours(site):
    """Sing's keywords and the bytecode's operations and registers, by the classes that Pygments gives them."""
    sing, bytecode = (site / "sing.html").read_text(), (site / "bytecode.html").read_text()
    assert '<span class="k">using</span>' in sing and '<span class="kt">int</span>' in sing
    assert '<span class="nv">r0</span>' in bytecode and '<span class="k">ret</span>' in bytecode


@pytest.mark.parametrize("lexer, pattern", [(lexers.SingLexer, "**/*.sing"), (lexers.BytecodeLexer, "**/*.sasm")], ids=["sing", "sasm"])
def test_lexers_know_every_character_of_every_program(lexer, pattern):
    programs = [path for folder in ("user", "lib", "grade/sips", "verifier/testdata/programs") for path in (ROOT / folder).glob(pattern)
                if "reject" not in path.parts]
    assert len(programs) > 10
    for path in programs:
        text = path.read_text()
        tokens = list(lexer(stripnl=False, ensurenl=False).get_tokens(text))
        assert "".join(value for _, value in tokens) == text
        assert not [value for kind, value in tokens if kind is Error], path


def test_a_link_to_a_file_that_is_gone_is_refused(tmp_path):
    for name in cut.tracked():
        if name.startswith("handouts/site/"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "README.md").write_text("# Home\n[a](handouts/a.md)\n")
    (tmp_path / "handouts/a.md").write_text("# A\n[it](../README.md)\n")
    ran, out = build(tmp_path)
    assert ran.returncode == 0 and "<code>it</code>" in (out / "a.html").read_text(), ran.stderr
    for text, sentence in (("[it](../kern/gone.cc)", "a.md: there is no ../kern/gone.cc"), ("[it](b.md)", "b.md")):
        (tmp_path / "handouts/a.md").write_text(f"# A\n{text}\n")
        ran, _ = build(tmp_path)
        assert ran.returncode != 0 and sentence in ran.stdout + ran.stderr


def test_students_have_their_labs_and_no_answers(tmp_path):
    for solved, answers in ((set(), False), ({1}, True)):
        tree = tmp_path / ("sol" if solved else "lab")
        for name, (_, data) in cut.tree(ALL, 1, solved)[0].items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(data)
        ran, out = build(tree)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert dead(out) == [] and [path.name for path in out.glob("lab*.html")] == ["lab1.html"]
        assert ("Answer." in (out / "lab1.html").read_text()) == answers and not (out / "sing.html").exists()


# ---- As people see it


def wait(driver, condition):
    return WebDriverWait(driver, 30 * float(os.environ.get("SINGLET_TIME_FACTOR", "1"))).until(condition)


def errors(driver):
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def test_search_works_from_files(site, chromium):
    chromium.get((site / "lab1.html").as_uri())
    box = chromium.find_element(By.CSS_SELECTOR, "input.md-search__input")
    chromium.execute_script("document.getElementById('__search').click(); arguments[0].focus();", box)
    wait(chromium, lambda d: d.find_element(By.CSS_SELECTOR, "input.md-search__input").is_displayed())
    box.send_keys("fixpoint")
    links = wait(chromium, lambda d: [a.get_attribute("href") for a in d.find_elements(By.CSS_SELECTOR, "a.md-search-result__link")])
    assert any("/verifier.html" in link for link in links) and all(link.startswith("file:") for link in links)
    assert errors(chromium) == []


def test_dark_mode_and_figures(site, chromium):
    chromium.get((site / "lab1.html").as_uri())
    scheme = lambda: chromium.find_element(By.TAG_NAME, "body").get_attribute("data-md-color-scheme")  # noqa: E731
    ground = lambda: chromium.execute_script("return getComputedStyle(document.body).backgroundColor")  # noqa: E731
    first, colour = scheme(), ground()
    toggle = next(e for e in chromium.find_elements(By.CSS_SELECTOR, "form[data-md-component=palette] label") if e.is_displayed())
    toggle.click()
    wait(chromium, lambda _: scheme() != first)
    assert {first, scheme()} == {"default", "slate"}
    wait(chromium, lambda _: ground() != colour)
    widths = chromium.execute_script("return [...document.querySelectorAll('article img')].map(i => i.naturalWidth)")
    assert len(widths) == 2 and all(widths)
    pictured = pathlib.Path(os.environ.get("SINGLET_PICTURES", ""))
    if pictured.name:
        chromium.save_screenshot(str(pictured / "lab1.png"))
    assert errors(chromium) == []


def test_code_has_more_than_one_colour(site, chromium):
    for page in ("sing", "bytecode"):
        chromium.get((site / f"{page}.html").as_uri())
        colours = chromium.execute_script(
            "return [...new Set([...document.querySelectorAll('.highlight code span[class]')].map(s => getComputedStyle(s).color))]")
        assert len(colours) >= 3, page
    assert errors(chromium) == []
