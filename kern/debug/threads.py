"""Threads: which there are, where they are, and the backtrace of one that does not run."""
import contextlib

import gdb
import guest
import images
import segments
import unwind

# What switch_context left on the stack, the newest first [kern/proc/switch.S].
SAVED = ("edi", "esi", "ebx", "ebp")
STATES = {"New": "new", "Ready": "ready", "Running": "running", "Blocked": "waits", "Dead": "dead", "Away": "waits", "InLine": "in line"}
MOST_FRAMES = 200


def every():
    """All threads, in order of their creation."""
    return guest.intrusive(guest.expression("'singlet::kern::Thread::all_'")) or []


def state(thread):
    """As kern/proc/facts.cc says it."""
    return STATES[guest.enumerator(thread["state_"])]


def is_running(thread):
    """Is it on the processor?"""
    return int(guest.variable("(anonymous namespace)::running")) == int(thread.address)


def registers(thread):
    """Those that a thread will go on with."""
    if is_running(thread):
        names = [(n, "pc" if n == "eip" else n) for n in (*unwind.NAMES, "eip")]
        frame = gdb.newest_frame()
        return unwind.Registers({to: int(frame.read_register(name)) & 0xffffffff for name, to in names})
    esp = int(thread["saved_esp_"])
    values = guest.words(esp, 5)
    return unwind.Registers(zip((*SAVED, "pc"), values), esp=esp + 20)


def place(thread):
    """`Serve (user/fat/fat.sing:98)`: the newest function in Sing that it is in; empty for none."""
    with _stack_of(thread):
        at, exact = registers(thread), is_running(thread)
        for _ in range(MOST_FRAMES):
            if not at["pc"]:
                return ""  # it has not run yet, or is none of a SIP
            if images.at(at["pc"]):
                return _in_words(at["pc"] - (not exact))
            stepped = unwind.step(at, exact)
            at = stepped[0] if stepped else _by_ebp(at)
            exact = unwind.is_interrupted(at)
    return ""


def _by_ebp(at):
    """C++ of the kernel and the run-time keeps the chain of EBPs."""
    if not at["ebp"]:
        return unwind.Registers(pc=0)
    ebp, pc = guest.words(at["ebp"], 2)
    return unwind.caller(at, pc, at["ebp"] + 8, ebp=ebp)


def _in_words(pc):
    place_ = gdb.find_pc_line(pc)
    block = gdb.block_for_pc(pc)
    if not block or not block.function:
        return ""
    return f"{block.function.name} ({place_.symtab.filename}:{place_.line})" if place_.symtab else block.function.name


def of_sip(sip):
    """(thread, its rt::Thread) of each thread of a SIP: those of the one that has the turn are the SIP's own."""
    found = [(sip["thread"].dereference(), int(sip["stack"]["record"]))] if int(sip["thread"]) else []
    # <since lab6>
    if several := guest.pointee(sip["threads"]):
        records = several["records_"]["_M_elems"]
        first, last = records.type.strip_typedefs().range()
        found += [(records[i]["thread"].dereference(), int(records[i]["stack"]["record"])) for i in range(first, last + 1)
                  if int(records[i]["thread"]) not in (0, int(sip["thread"]))]
    # </since>
    return found


def _record(sip, thread):
    """Where the run-time keeps the thread's segments."""
    return next((record for other, record in of_sip(sip) if int(other.address) == int(thread.address)), None)


@contextlib.contextmanager
def _stack_of(thread):
    """Frames are looked for on this thread's stack, in the memory of any domain."""
    owner = int(thread["owner"])
    sip = guest.at_type(owner, "singlet::kern::Sip") if owner else None
    segments.forget()
    segments.record_of_thread = _record(sip, thread) if sip is not None and not is_running(thread) else None
    try:
        with guest.physical():
            yield
    finally:
        segments.record_of_thread = None
        segments.forget()


def backtrace(thread):
    """GDB's own backtrace of a thread: for as long as that takes, the processor has the thread's registers."""
    if is_running(thread):
        return gdb.execute("backtrace", to_string=True)
    before = {name: int(gdb.newest_frame().read_register(name)) & 0xffffffff for name in (*unwind.NAMES, "eip")}
    with _stack_of(thread):
        wanted = registers(thread)
        wanted["eip"] = wanted.pop("pc")
        try:
            _load(wanted)
            return gdb.execute("backtrace", to_string=True)
        finally:
            _load(before)


def _load(values):
    for name, value in values.items():
        gdb.execute(f"set ${name} = {value}", to_string=True)
