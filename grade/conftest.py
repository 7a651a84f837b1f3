"""What every test may ask for: `boot`, which runs the kernel and gives back how that ended, and `chromium`."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import qemu  # noqa: E402  (found through the line above)


@pytest.hookimpl(tryfirst=True)  # before xdist, which looks for the mark in the same hook
def pytest_collection_modifyitems(items):
    """What runs in one process when several run tests: a file's tests share boots and folders, and of what is asked of
    every lab (a parameter `number`) a lab's share is enough."""
    for item in items:
        lab = getattr(item, "callspec", None) and item.callspec.params.get("number")
        stem = item.path.stem.removesuffix("_bugs")  # which works on the trees of test_labs
        item.add_marker(pytest.mark.xdist_group(f"{stem}-{lab}" if lab else stem))


@pytest.fixture
def boot():
    """boot("protect=ring3", modules=[...], memory=512): a qemu.Result."""

    def run(append="", **options):
        assert qemu.KERNEL.exists(), "there is no kernel: run `make` first"
        script = options.pop("script", ())
        return qemu.Machine(append=append, **options).run(script=script)

    return run


@pytest.fixture(scope="module")
def chromium():
    """A headless browser without a network. Only the tests of pages need its packages."""
    import browser
    driver = browser.start()
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def root():
    """The folder of the whole tree."""
    return qemu.ROOT


@pytest.fixture(scope="session")
def workshops(tmp_path_factory):
    """workshops(2): lab 2's folder, one for all tests, since building a lab takes minutes."""
    from workshop import Workshop
    made = {}

    def workshop(number):
        if number not in made:
            made[number] = Workshop(tmp_path_factory.mktemp(f"lab{number}") / "tree", number)
        return made[number]

    return workshop
