"""16-bit code. The machine starts in real mode, where the same bytes are other instructions; QEMU says
"i386" all the time. At each stop CR0.PE decides how GDB reads code, and as long as it is off, GDB shows
CS:IP, since EIP alone is no address there [SDM3A 9.1]."""
import gdb

_PROTECTION_ENABLE = 1
_real = False


def _register(name):
    return int(gdb.selected_frame().read_register(name)) & 0xffffffff


def _look(_event):
    global _real
    try:
        real = not _register("cr0") & _PROTECTION_ENABLE
    except (gdb.error, ValueError):
        return  # no machine, or one that does not tell CR0
    if real != _real:
        _real = real
        gdb.execute("set architecture " + ("i8086" if real else "i386"), to_string=True)
    if real:
        cs, ip = _register("cs"), _register("eip")
        gdb.execute(f"printf \"real mode, %04x:%04x\\n\", {cs}, {ip}")
        gdb.execute(f"x/i {cs * 16 + ip}")


def install():
    """Looks at each stop."""
    gdb.events.stop.connect(_look)
