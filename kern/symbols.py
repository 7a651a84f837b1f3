"""Turns `nm -C` of the kernel (stdin) into the symbol table for backtraces (stdout, assembly).

The table is what kern/cpu/backtrace.cc reads: a count, then for each function its address and the
offset of its name, by ascending address; then the names.
"""
import re
import sys


def readable(name):
    """The name as a person would say it: template arguments and a template's result type left out."""
    name = name.replace("std::basic_string_view<char, std::char_traits<char> >", "std::string_view")
    before = None
    while before != name and "operator" not in name:
        before, name = name, re.sub(r"<[^<>]*>", "", name)
    return name.removeprefix("void ")


def functions(lines):
    found = {}
    for line in lines:
        address, kind, name = line.rstrip("\n").split(" ", 2)
        if kind in "tTwW" and not name.startswith((".L", "__kernel_", "__text_", "__rt_")):
            name = readable(name)
            # Of several names at one address, the shortest is the one people wrote.
            old = found.get(int(address, 16))
            if old is None or (len(name), name) < (len(old), old):
                found[int(address, 16)] = name
    return sorted(found.items())


def main():
    table = functions(line for line in sys.stdin if line[0] != " ")
    print('.section .symbols, "a"\n.balign 4\n.global __symbols\n__symbols:')
    print(f".long {len(table)}")
    for number, (address, _) in enumerate(table):
        print(f".long 0x{address:x}, .Lname{number} - .Lnames")
    print(".Lnames:")
    for number, (_, name) in enumerate(table):
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        print(f'.Lname{number}: .asciz "{quoted}"')


if __name__ == "__main__":
    main()
