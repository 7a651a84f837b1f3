"""How GDB shows the kernel's own types: an address, frames, a list's elements, what an owner points at; and
a string, where the libstdc++ of this machine brings no printers."""
import gdb
import gdb.printing
import guest


class Line:
    """A value that is one line: `tell` makes it."""

    def __init__(self, value, tell):
        self.value, self.tell = value, tell

    def to_string(self):
        return self.tell(self.value)


class Elements:
    """A List: its elements' addresses, one a line."""

    def __init__(self, value):
        self.found = guest.intrusive(value)

    def to_string(self):
        return "a list that is broken" if self.found is None else f"{len(self.found)} elements"

    def children(self):
        return ((f"[{i}]", element.address) for i, element in enumerate(self.found or []))


def frames(value):
    """`2 frames at 0x08000000`."""
    count = int(value["count_"])
    return f"{count} frames at {int(value['start_']['raw_']):#010x}" if count else "no frames"


def owned(value):
    """`Vector 0x0ffbe008 in a Party, 4128 bytes`: a cell of the exchange heap, in short."""
    kind, holder = guest.enumerator(value["kind"]), guest.enumerator(value["held_by"])
    return f"{kind} {int(value['address']):#010x} in a {holder}, {int(value['bytes'])} bytes"


LINES = {"Address": ("^singlet::kern::Address<.*>$", lambda v: f"{int(v['raw_']):#010x}"),
         "Frames": ("^singlet::kern::Frames$", frames),
         "Owned": ("^singlet::kern::Owned$", owned),
         "Ref": ("^singlet::Ref<.*>$", lambda v: str(v["object_"])),
         "string": ("^std::(__cxx11::)?basic_string<char, .*>$", lambda v: f'"{guest.string(v)}"')}


def install():
    """Registers them all."""
    printers = gdb.printing.RegexpCollectionPrettyPrinter("singlet")
    printers.add_printer("List", "^singlet::List<.*>$", Elements)
    for name, (pattern, tell) in LINES.items():
        printers.add_printer(name, pattern, lambda value, tell=tell: Line(value, tell))
    gdb.printing.register_pretty_printer(None, printers, replace=True)
