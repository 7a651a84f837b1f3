"""The guest's memory, and the kernel's containers as Python's: read by the kernel's own debug
information, so that a field may move without a line changing here. Addresses are the same everywhere
[kern/mem/layout.hh], so memory is read past the page tables: what another domain owns is seen, too."""
import contextlib
import struct

import gdb


def expression(text):
    """The value of a C++ expression in the kernel."""
    return gdb.parse_and_eval(text)


def variable(name):
    """A variable of the kernel: `images`, `(anonymous namespace)::sips`."""
    return expression(f"'singlet::kern::{name}'")


def address_of_symbol(name):
    """Where a symbol lies, also one of the assembler's; None where the kernel has none of that name. Not to
    be asked for while GDB asks for a frame: an expression may be about one."""
    try:
        return int(expression(f"(unsigned long)&{name}")) & 0xffffffff
    except gdb.error:
        return None


def read(address, size):
    """`size` bytes; gdb.MemoryError where there is no memory."""
    return bytes(gdb.selected_inferior().read_memory(address, size)) if size else b""


def word(address):
    """The 32-bit word at `address`."""
    return struct.unpack("<I", read(address, 4))[0]


def words(address, count):
    """The 32-bit words from `address` on."""
    return struct.unpack(f"<{count}I", read(address, 4 * count))


@contextlib.contextmanager
def physical():
    """Reads go past the page tables: in the memory of any domain, whichever is active."""
    connection = gdb.selected_inferior().connection
    send = getattr(connection, "send_packet", None)  # none: no target, or no remote one
    send and send("Qqemu.PhyMemMode:1")
    try:
        yield
    finally:
        send and send("Qqemu.PhyMemMode:0")


# --- Containers -----------------------------------------------------------------------------------


def vector(value):
    """The elements of a std::vector."""
    first, last = value["_M_impl"]["_M_start"], value["_M_impl"]["_M_finish"]
    return [first[i] for i in range(int(last - first))]


def records(value, *fields):
    """A std::vector of plain structs as tuples of these fields, in one read."""
    first, last = value["_M_impl"]["_M_start"], value["_M_impl"]["_M_finish"]
    element = gdb.lookup_type(first.dereference().type.strip_typedefs().name)  # whole, not just declared
    layout = [(f.bitpos // 8, f.type.sizeof) for f in map(_fields(element).__getitem__, fields)]
    memory = read(int(first), (int(last) - int(first)))
    return [tuple(int.from_bytes(memory[at + offset:at + offset + size], "little") for offset, size in layout)
            for at in range(0, len(memory), element.sizeof)]


def _fields(type_):
    return {f.name: f for f in type_.fields()}


def string(value):
    """A std::string or std::string_view."""
    names = _fields(value.type.strip_typedefs())
    if "_M_dataplus" in names:
        data, length = value["_M_dataplus"]["_M_p"], value["_M_string_length"]
    else:
        data, length = value["_M_str"], value["_M_len"]
    return read(int(data), int(length)).decode("utf-8", "replace")


def pointee(value):
    """What a std::unique_ptr or a Ref points at; None for a null one."""
    value = value["object_"] if "object_" in _fields(value.type.strip_typedefs()) else _innermost(value)
    return value.dereference() if int(value) else None


def _innermost(value):
    """The pointer inside a std::unique_ptr, whose layers have one member each."""
    while value.type.strip_typedefs().code != gdb.TYPE_CODE_PTR:
        fields = [f for f in value.type.strip_typedefs().fields() if f.type.sizeof == value.type.sizeof]
        value = value[fields[0]]
    return value


def intrusive(value):
    """The elements of a List<T, &T::link>; None where its links do not come back to the head."""
    list_type = value.type.strip_typedefs()
    element, offset = list_type.template_argument(0), link_offset(list_type)
    head, found = int(value["head_"].address), []
    at = int(value["head_"]["next_"])
    while at != head:
        if at == 0 or len(found) > 100_000:
            return None
        found.append(at_type(at - offset, element))
        at = word(at)  # next_ is a link's first member
    return found


def link_offset(list_type):
    """How far inside an element the link of this List lies: its second argument says so."""
    return int(list_type.template_argument(1).cast(gdb.lookup_type("unsigned int")))


def at_type(address, type_):
    """The object of a type (or its name) at an address."""
    if isinstance(type_, str):
        type_ = gdb.lookup_type(type_)
    return gdb.Value(address).cast(type_.pointer()).dereference()


def enumerator(value):
    """`Blocked` of State::Blocked."""
    return str(value).rsplit("::", 1)[-1]
