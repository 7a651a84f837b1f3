"""Stacks of SIPs are segments that calls link and returns unlink [lib/rt/stack.hh]: a function that runs
in a segment of its own returns to rt_unlink, and the segment knows where its caller's return address is.
To GDB a stack is one piece that grows down, and a frame is known by its place there; so places in segments
are counted as if they lay one below the other, the first at kTop."""
import gdb
import guest

_TOP = 0xf0000000  # above all memory, where no other frame is
_PAGE = 4096
_NOW_THREAD = 8  # offsetof(rt::Now, thread)

record_of_thread = None  # rt::Thread of a thread that does not run, while its backtrace is printed
_now = _unlink = None  # addresses of symbols
_chain = None  # of this stop, the newest first: (first address, end, return slot, place of its end)


def _read_chain():
    """The segments of the thread that runs (or record_of_thread); () where there are none."""
    if _unlink is None:
        return ()
    record = record_of_thread or guest.word(_now + _NOW_THREAD)
    found, segment = [], guest.word(record) if record else 0
    while segment:
        previous, return_slot, pages, _ = guest.words(segment, 4)
        found.append((segment, segment + pages * _PAGE, return_slot))
        segment = previous
    chain, place = [], _TOP
    for first, end, return_slot in reversed(found):
        chain.append((first, end, return_slot, place))
        place -= end - first
    return tuple(reversed(chain))


def _at(address):
    global _chain
    if _chain is None:
        try:
            _chain = _read_chain()
        except gdb.MemoryError:
            _chain = ()
    return next((segment for segment in _chain if segment[0] <= address < segment[1]), None)


def forget():
    """The machine goes on."""
    global _chain
    _chain = None


def returns_elsewhere(pc):
    """Is this the place that unlinks a segment?"""
    return pc == _unlink


def return_slot(address):
    """Where the return address lies of the call that linked the segment around `address`; None: nowhere."""
    segment = _at(address)
    return segment[2] if segment and segment[2] else None


def newest_return_slot():
    """The same of the segment that the thread runs in."""
    _at(0)
    return _chain[0][2] if _chain else None


def place(address):
    """What stands for an address when frames are compared."""
    segment = _at(address)
    return segment[3] - (segment[1] - address) if segment else address


def know_symbols():
    """Asks GDB for what must not be asked for while it asks for a frame."""
    global _now, _unlink
    _now, _unlink = guest.address_of_symbol("now_page"), guest.address_of_symbol("rt_unlink")
