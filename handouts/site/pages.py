"""What MkDocs has to be told of this tree (a hook of mkdocs.yml).

The pages are the Markdown files beside it, whichever a tree has: labs in order, then the reference. The tree's README is the first
page. A link to a file that is no page of the site, as kern/abi/abi.def, becomes that file's name, if it exists. The index that search
needs is also written as a script, for browsers that read the site from files.
"""
import importlib.util
import json
import logging
import pathlib
import re
import sys

from mkdocs.structure.files import File

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FIRST = ["sing.md", "bytecode.md", "verifier.md"]  # of the reference; the others follow by name
LAST = ["references.md"]
LINK = re.compile(r"(?<!!)\[([^][]*)\]\(([^()\s]+)\)")


def load_lexers():
    """lexers.py by its place: MkDocs loads hooks without a path to import from."""
    spec = importlib.util.spec_from_file_location("singlet_lexers", HERE / "lexers.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["singlet_lexers"] = module
    spec.loader.exec_module(module)
    module.register()


def pages():
    """(labs, reference): the names of pages in order."""
    names = sorted(path.name for path in HERE.parent.glob("*.md"))
    labs = [name for name in names if re.fullmatch(r"lab\d+\.md", name)]
    rank = lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name in LAST, name)  # noqa: E731
    return labs, sorted(set(names) - set(labs), key=rank)


def on_config(config):
    logging.getLogger("mkdocs").setLevel(logging.WARNING)
    load_lexers()
    labs, reference = pages()
    config["nav"] = [{"Singlet": "index.md"}, *([{"Labs": labs}] if labs else []), {"Reference": reference}]
    return config


def on_files(files, config):
    """Not the site's own files; and the README as the first page."""
    for file in [f for f in files if f.src_path.startswith("site/") or f.src_path == "Makefrag"]:
        files.remove(file)
    made = ROOT / "build/handouts-made"
    made.mkdir(parents=True, exist_ok=True)
    (made / "index.md").write_text(first_page())
    files.append(File("index.md", str(made), config["site_dir"], config["use_directory_urls"]))
    return files


def first_page():
    """The README, with the way to each page from here."""
    text = (ROOT / "README.md").read_text()
    return re.sub(r"\]\((?:\./)?handouts/", "](", re.sub(r"\]\((?!\w+:|#|handouts/)(?:\./)?", "](../", text))


class DeadLink(Exception):
    """A link to what does not exist; the text is a sentence."""


ITEM = re.compile(r"\s{0,3}(?:[-*]|\d+\.) ")


def with_blank_lines(markdown):
    """Lists and tables may follow a paragraph's text at once in our Markdown; this one's wants a blank line between them."""
    out, fence, within = [], False, ""  # what the paragraph that we are in began with
    for line in markdown.split("\n"):
        if line.lstrip().startswith("```"):
            fence = not fence
        kind = "item" if ITEM.match(line) else "row" if line.startswith("|") else "text"
        if fence or not line.strip():
            within = ""
        elif not within:
            within = kind
        elif within != kind and kind != "text":
            out.append("")
            within = kind
        out.append(line)
    return "\n".join(out)


def on_page_markdown(markdown, page, **_):
    def link(found):
        label, to = found[1], found[2]
        if not to.startswith("../"):
            return found[0]
        if not (ROOT / to.removeprefix("../").split("#")[0]).exists():
            raise DeadLink(f"{page.file.src_path}: there is no {to}")
        return label if label.startswith("`") else f"`{label}`"
    return LINK.sub(link, with_blank_lines(markdown))


def on_post_build(config):
    index = pathlib.Path(config["site_dir"]) / "search/search_index.json"
    text = json.dumps(json.loads(index.read_text()), sort_keys=True).replace("</", "<\\/")
    index.with_suffix(".js").write_text(f"window.searchIndex = {text};\n")
