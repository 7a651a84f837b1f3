"""Singlet under GDB: sourced by kern/debug/gdbinit, in the folder of the whole tree.

    guest.py      the guest's memory and the kernel's containers, read by their debug information
    images.py     symbols of SIPs: an image that the kernel makes becomes a symbol file
    dwarf.py      ... which is written here
    unwind.py     frames that GDB cannot know: SIPs, gates, traps, the run-time
    stack_model.py, segments.py   ... what lies on the stack at an instruction, and stacks in pieces
    boot.py       16-bit code while the machine starts
    printers.py   what a List, a Frames, a cell of the exchange heap look like
    commands.py   sips, threads, exheap, channels, domains, images
    facts.py, threads.py          ... from what the kernel has in memory

What the kernel does for all this is two empty functions, debug_image_made and debug_image_gone
(kern/install/make_image.cc): it trusts GDB with nothing, and keeps no table that it would not need itself.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import gdb  # noqa: E402

import boot  # noqa: E402
import commands  # noqa: E402
import images  # noqa: E402
import printers  # noqa: E402
import unwind  # noqa: E402

# `step` in Sing passes kernel calls and allocation; a breakpoint goes in.
for files in ("*kern/abi/*", "*lib/rt/*"):
    gdb.execute(f"skip -gfi {files}", to_string=True)
for part in (images, unwind, boot, printers, commands):
    part.install()
