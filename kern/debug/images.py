"""Symbols of SIPs. The kernel compiles them while it runs, so no file knows their functions; the
kernel's own tables do (verifier::NativeImage). When an image is made or goes, the kernel calls
debug_image_made or debug_image_gone, where breakpoints of ours stand: the tables are read, written as a
symbol file (dwarf.py), and given to GDB, which then finds breakpoints that waited for it."""
import bisect
import dataclasses
import pathlib
import tempfile

import dwarf
import gdb
import guest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

@dataclasses.dataclass
class Shape:
    """verifier::NativeFunction, as addresses."""

    begin: int
    end: int
    cold: int
    body: int


@dataclasses.dataclass
class Image:
    """An image that GDB knows."""

    address: int  # of the kernel's Image
    sip: str
    start: int  # of its code, and its end
    end: int
    shapes: list
    thunk: Shape  # the start thunk
    path: str  # of the symbol file
    states: dict = dataclasses.field(default_factory=dict)  # unwind.py's, by the first address of a function


known = {}  # by the address of the kernel's Image
_folder = None


def at(pc):
    """The image whose code holds `pc`, or None."""
    return next((image for image in known.values() if image.start <= pc < image.end), None)


def shape_at(image, pc):
    """The function or thunk at `pc`; None between functions, where trap stubs are."""
    if pc >= image.thunk.begin:
        return image.thunk
    i = bisect.bisect_right(image.shapes, pc, key=lambda s: s.begin) - 1
    return image.shapes[i] if i >= 0 and pc < image.shapes[i].end else None


def _shapes(image, start):
    return [Shape(*(start + offset for offset in offsets))
            for offsets in guest.records(image["native"]["functions"], "begin", "end", "cold", "body")]


def _functions(image, module, shapes, lines):
    """dwarf.Function of each function and of the start thunk."""
    addresses = [address for address, _ in lines]
    for shape, function in zip(shapes, guest.vector(module["functions"])):
        first = bisect.bisect_left(addresses, shape.begin)
        last = bisect.bisect_left(addresses, shape.end)
        yield dwarf.Function(guest.string(function["name"]), shape.begin, shape.end, int(function["source"]),
                             lines[first:last])


def _unit(image, shapes, thunk, start, code):
    module = guest.pointee(image["program"])["verified"]["module_"]
    lines = [(start + offset, line) for offset, line in guest.records(image["native"]["lines"], "offset", "line")]
    files = [guest.string(source) for source in guest.vector(module["sources"])]
    functions = list(_functions(image, module, shapes, lines))
    functions.append(dwarf.Function("start_thunk", thunk.begin, thunk.end, 0, []))
    name = guest.string(module["manifest"]["sip"])
    return name, dwarf.Unit(files[0] if files else name, str(ROOT), start, code, files or [name], functions)


def add(image):
    """Makes GDB know the kernel's Image."""
    global _folder
    address = int(image.address)
    forget(address)
    _folder = _folder or tempfile.TemporaryDirectory(prefix="singlet-gdb-")
    with guest.physical():
        start, size = int(image["code"]["start_"]["raw_"]), int(image["code_size"])
        shapes, begin = _shapes(image, start), int(image["start"])
        thunk = Shape(begin, start + size, start + size, begin)
        name, unit = _unit(image, shapes, thunk, start, guest.read(start, size))
    path = f"{_folder.name}/{name}-{address:x}.elf"
    pathlib.Path(path).write_bytes(dwarf.symbol_file(unit))
    known[address] = Image(address, name, start, start + size, shapes, thunk, path)
    gdb.execute(f"add-symbol-file {path}", to_string=True)


def forget(address):
    """The image is gone: GDB forgets its symbols, and breakpoints in it wait again."""
    image = known.pop(address, None)
    if image:
        gdb.execute(f"remove-symbol-file {image.path}", to_string=True)


def add_all():
    """Every image there is: for a GDB that connects while SIPs run."""
    for address in list(known):
        forget(address)
    try:
        images = guest.intrusive(guest.variable("images"))
    except gdb.error:
        return  # the machine has not loaded the kernel yet
    for image in images or ():
        if int(image["start"]):
            add(image)


class _Hook(gdb.Breakpoint):
    """A breakpoint that users do not see, and at which the machine does not stay stopped."""

    def __init__(self, function, act):
        super().__init__(function, internal=True)
        self.silent, self.act = True, act

    def stop(self):
        self.act(gdb.selected_frame().read_var("image"))
        return False


_hooks = []


def install():
    """Places the hooks as soon as GDB has the kernel's symbols."""
    gdb.events.new_objfile.connect(_place_hooks)
    _place_hooks(None)


def _place_hooks(_event):
    if not _hooks and guest.address_of_symbol("debug_image_made"):
        _hooks.append(_Hook("debug_image_made", add))
        _hooks.append(_Hook("debug_image_gone", lambda image: forget(int(image.address))))
