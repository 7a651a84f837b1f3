"""A symbol file for an image: ELF with the code's addresses, DWARF with its functions and lines.

    .text          the code as the kernel linked it, so that GDB need not ask the guest for it
    .symtab        a symbol for each function
    .debug_info    a compilation unit, and in it a subprogram for each function
    .debug_line    which line each address belongs to: in each function, so that none reaches further

GDB is told no variables: bytecode has none. Frames are unwind.py's business.
"""
import dataclasses
import struct

# ELF [System V ABI, i386].
ET_EXEC, EM_386, PROGBITS, SYMTAB, STRTAB, NOBITS = 2, 3, 1, 2, 3, 8
ALLOCATED, EXECUTABLE = 2, 4
GLOBAL_FUNCTION = 1 << 4 | 2

# DWARF 4, section 7: tags, attributes, forms, line-number opcodes.
TAG_COMPILE_UNIT, TAG_SUBPROGRAM = 0x11, 0x2e
AT_NAME, AT_STMT_LIST, AT_LOW_PC, AT_HIGH_PC, AT_LANGUAGE = 0x03, 0x10, 0x11, 0x12, 0x13
AT_COMP_DIR, AT_PRODUCER, AT_DECL_FILE, AT_DECL_LINE, AT_EXTERNAL = 0x1b, 0x25, 0x3a, 0x3b, 0x3f
FORM_ADDR, FORM_DATA2, FORM_DATA4, FORM_STRING, FORM_UDATA, FORM_SEC_OFFSET, FORM_FLAG_PRESENT = (
    0x01, 0x05, 0x06, 0x08, 0x0f, 0x17, 0x19)
LANGUAGE_C = 0x02
LNS_COPY, LNS_ADVANCE_PC, LNS_ADVANCE_LINE, LNS_SET_FILE = 1, 2, 3, 4
LNE_END_SEQUENCE, LNE_SET_ADDRESS = 1, 2
STANDARD_OPCODE_LENGTHS = bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])


@dataclasses.dataclass
class Function:
    name: str
    begin: int  # addresses
    end: int
    file: int  # which of the unit's files
    lines: list  # (address, line), ascending


@dataclasses.dataclass
class Unit:
    """What is known of an image."""

    name: str
    folder: str  # that file names start from
    start: int
    code: bytes
    files: list
    functions: list


def uleb(number):
    """Unsigned LEB128."""
    out = bytearray()
    while number > 0x7f:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def sleb(number):
    """Signed LEB128."""
    out = bytearray()
    while not -0x40 <= number < 0x40:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes(out + bytes([number & 0x7f]))


def text(string):
    """A string and its zero."""
    return string.encode() + b"\0"


def lengthened(body):
    """A unit behind its length."""
    return struct.pack("<I", len(body)) + body


def abbreviations():
    """The two kinds of entry: number, tag, has children, (attribute, form)..."""
    unit = [(AT_PRODUCER, FORM_STRING), (AT_LANGUAGE, FORM_DATA2), (AT_NAME, FORM_STRING),
            (AT_COMP_DIR, FORM_STRING), (AT_STMT_LIST, FORM_SEC_OFFSET), (AT_LOW_PC, FORM_ADDR),
            (AT_HIGH_PC, FORM_DATA4)]
    function = [(AT_NAME, FORM_STRING), (AT_LOW_PC, FORM_ADDR), (AT_HIGH_PC, FORM_DATA4),
                (AT_DECL_FILE, FORM_UDATA), (AT_DECL_LINE, FORM_UDATA), (AT_EXTERNAL, FORM_FLAG_PRESENT)]
    out = b""
    for number, tag, children, attributes in ((1, TAG_COMPILE_UNIT, 1, unit), (2, TAG_SUBPROGRAM, 0, function)):
        out += uleb(number) + uleb(tag) + bytes([children])
        for pair in [*attributes, (0, 0)]:
            out += uleb(pair[0]) + uleb(pair[1])
    return out + b"\0"


def information(unit):
    """.debug_info: the unit and its functions."""
    out = uleb(1) + text("Singlet's installer") + struct.pack("<H", LANGUAGE_C) + text(unit.name)
    out += text(unit.folder) + struct.pack("<III", 0, unit.start, len(unit.code))
    for f in unit.functions:
        out += uleb(2) + text(f.name) + struct.pack("<II", f.begin, f.end - f.begin)
        out += uleb(f.file + 1) + uleb(f.lines[0][1] if f.lines else 0)
    return lengthened(struct.pack("<HIB", 4, 0, 4) + out + b"\0")


def line_table(unit):
    """.debug_line: one sequence over the whole image."""
    header = bytes([1, 1, 1, 256 - 5, 14, len(STANDARD_OPCODE_LENGTHS) + 1]) + STANDARD_OPCODE_LENGTHS
    header += b"\0"  # no folders: names start from the unit's
    header += b"".join(text(name) + b"\0\0\0" for name in unit.files) + b"\0"
    return lengthened(struct.pack("<HI", 4, len(header)) + header + line_program(unit))


def line_program(unit):
    """The opcodes that build the table's rows, a sequence a function."""
    out = bytearray()
    for f in filter(lambda function: function.lines, unit.functions):
        out += b"\0" + uleb(5) + bytes([LNE_SET_ADDRESS]) + struct.pack("<I", f.begin)
        out += bytes([LNS_SET_FILE]) + uleb(f.file + 1)
        at, line = f.begin, 1
        for address, number in f.lines:
            out += bytes([LNS_ADVANCE_PC]) + uleb(address - at)
            out += bytes([LNS_ADVANCE_LINE]) + sleb(number - line) + bytes([LNS_COPY])
            at, line = address, number
        out += bytes([LNS_ADVANCE_PC]) + uleb(f.end - at) + b"\0" + uleb(1) + bytes([LNE_END_SEQUENCE])
    return bytes(out)


def symbols(unit):
    """.symtab and its .strtab; section 1 is .text."""
    table, names = bytearray(16), bytearray(1)
    for f in unit.functions:
        table += struct.pack("<IIIBBH", len(names), f.begin, f.end - f.begin, GLOBAL_FUNCTION, 0, 1)
        names += text(f.name)
    return bytes(table), bytes(names)


def symbol_file(unit):
    """The file's bytes."""
    table, names = symbols(unit)
    # name, type, flags, address, contents, link, info, size of an entry
    sections = [(".text", PROGBITS, ALLOCATED | EXECUTABLE, unit.start, unit.code, 0, 0, 0),
                (".symtab", SYMTAB, 0, 0, table, 3, 1, 16),
                (".strtab", STRTAB, 0, 0, names, 0, 0, 0),
                (".debug_info", PROGBITS, 0, 0, information(unit), 0, 0, 0),
                (".debug_abbrev", PROGBITS, 0, 0, abbreviations(), 0, 0, 0),
                (".debug_line", PROGBITS, 0, 0, line_table(unit), 0, 0, 0)]
    section_names = b"\0" + b"".join(text(s[0]) for s in sections) + text(".shstrtab")
    sections.append((".shstrtab", STRTAB, 0, 0, section_names, 0, 0, 0))
    contents, headers, name_at = bytearray(), bytearray(40), 1
    for name, kind, flags, address, data, link, info, entry in sections:
        headers += struct.pack("<10I", name_at, kind, flags, address, 52 + len(contents), len(data), link, info,
                               4 if kind == SYMTAB else 1, entry)
        contents += data
        name_at += len(name) + 1
    identity = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9)
    return identity + struct.pack("<HHIIIIIHHHHHH", ET_EXEC, EM_386, 1, unit.start, 0, 52 + len(contents), 0, 52, 0, 0,
                                  40, len(sections) + 1, len(sections)) + contents + headers
