#!/usr/bin/python3
"""Makes a copy of the verifier in which each check can be switched off.

The verifier itself has no test switches. This tool reads its sources as clang does and writes them to another folder, where
each check has a number N and asks verifier/mutants/switch.hh whether it is the one that is off:

    if (a || b) return refuse(...);     if (fails(1, a) || fails(2, b)) return refuse(...);
    return i32(i.b) && set(i.a, kInt);  return holds(3, i32(i.b)) && holds(4, set(i.a, kInt));
    if (fits(...)) return true;         if (fits(...)) return true;
    return wrong(...);                  return holds(5, wrong(...));
    TRY(check_types(m));                TRY(passed(6, check_types(m)));

A condition is taken apart as far as each part alone can refuse: what is joined by `||` where it refuses, and by `&&` where it
accepts. A check that is off is still evaluated, so what it does besides stays as it is. Beside the sources, checks.json lists
number, file, line, function and text of all checks, and checks.inc has the same for C++.

How code is recognised:
  checking functions   return Checked<...>; or are methods, not const, that return bool (they leave a diagnosis) or call fail...
  refusals             a value of type std::unexpected, a call named refuse..., wrong... or fail..., `false` in a checking function
  predicates           the free functions named below, whose answer some check believes
"""
import argparse
import json
import multiprocessing
import pathlib
import re

import clang.cindex
from clang.cindex import CursorKind as K

# Functions that only answer a question; true permits (or, for those in DENIALS, true refuses).
PREDICATES = {"fits", "describes", "same_thing", "passable", "valid_name", "is_object", "safe_to_hand_over"}
DENIALS = {"is_pinned", "loses"}
REFUSING_CALL = re.compile(r"(refuse|wrong|fail)\w*$")
FLAGS = ["-std=c++23", "-I."]


class File:
    """One source: finds its checks and inserts the switches."""

    def __init__(self, path):
        self.path, self.bytes = path, pathlib.Path(path).read_bytes()
        self.checks = []  # {"line", "function", "text"}; insertions name a check by its index here
        self.insertions = []  # (offset, order among those at the same offset, text before the number, check or None)
        self.function = None
        unit = clang.cindex.Index.create().parse(path, FLAGS, options=clang.cindex.TranslationUnit.
                                                 PARSE_DETAILED_PROCESSING_RECORD)
        errors = [str(d) for d in unit.diagnostics if d.severity >= clang.cindex.Diagnostic.Error]
        if errors:
            raise SystemExit(f"rewrite: {path} cannot be parsed:\n" + "\n".join(errors))
        functions = [c for c in self.inside(unit.cursor) if c.is_definition() and c.kind in
                     (K.FUNCTION_DECL, K.FUNCTION_TEMPLATE, K.CXX_METHOD)]
        for f in functions:
            self.read_function(f)
        for macro in unit.cursor.get_children():
            if macro.kind == K.MACRO_INSTANTIATION and macro.spelling == "TRY" and self.mine(macro):
                self.read_try(macro, functions)

    # ---- the tree
    def mine(self, cursor):
        return cursor.location.file is not None and cursor.location.file.name == self.path

    def inside(self, cursor):
        """All declarations of this file, and what is in them."""
        for child in cursor.get_children():
            if self.mine(child):
                yield child
                if child.kind in (K.NAMESPACE, K.CLASS_DECL, K.STRUCT_DECL):
                    yield from self.inside(child)

    def text(self, cursor):
        return self.bytes[cursor.extent.start.offset:cursor.extent.end.offset].decode()

    def core(self, cursor):
        """Without parentheses and what the compiler put around an expression."""
        children = list(cursor.get_children())
        while len(children) == 1 and (cursor.kind in (K.UNEXPOSED_EXPR, K.PAREN_EXPR)
                                      or cursor.extent == children[0].extent):
            cursor, children = children[0], list(children[0].get_children())
        return cursor

    def operator(self, cursor):
        """`&&`, `||`, `!` or nothing; and the operands."""
        operands = list(cursor.get_children())
        if cursor.kind == K.BINARY_OPERATOR:
            left, right = operands
            between = self.bytes[left.extent.end.offset:right.extent.start.offset].decode().strip()
            if between in ("&&", "||"):
                return between, operands
        if cursor.kind == K.UNARY_OPERATOR and re.match(r"!(?!=)", self.text(cursor)):  # no `!=` written as `!(a == b)`
            return "!", operands
        return "", operands

    def name(self, function):
        owner = function.semantic_parent
        return (f"{owner.spelling}::" if owner.kind != K.NAMESPACE else "") + function.spelling

    # ---- what code is
    def refusing(self, expression):
        """Never anything but a refusal?"""
        expression = self.core(expression)
        if expression.type.get_canonical().spelling.startswith("std::unexpected<"):
            return True
        if expression.kind == K.CXX_BOOL_LITERAL_EXPR:
            return self.text(expression) == ("true" if self.denies else "false")
        if expression.kind == K.BINARY_OPERATOR:  # fail(), 0
            return self.refusing(next(expression.get_children()))
        return expression.kind == K.CALL_EXPR and bool(REFUSING_CALL.match(expression.spelling))

    def refuses(self, statement):
        while statement.kind in (K.COMPOUND_STMT, K.UNEXPOSED_STMT):  # or one with [[unlikely]]
            statement = list(statement.get_children())[-1]
        if statement.kind == K.RETURN_STMT:
            value = next(statement.get_children(), None)
            return self.refusing(value) if value else self.result == "void"
        return self.core(statement).kind == K.CALL_EXPR and self.refusing(statement)

    def splits(self, expression, accepts):
        """Has the condition parts of which each alone can refuse?"""
        what, operands = self.operator(self.core(expression))
        if what == ("&&" if accepts else "||"):
            return True
        return any(self.splits(o, accepts != (what == "!")) for o in operands) if what else False

    # ---- insertions
    def check(self, cursor, before, after=")"):
        number = len(self.checks)
        self.checks.append({"file": self.path, "line": cursor.extent.start.line, "function": self.function,
                            "text": " ".join(self.text(cursor).split())})
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        # Outer ones come first, so they open first and close last.
        self.insertions.append((start, number + 1, f"::singlet::verifier::mutants::{before}", number))
        self.insertions.append((end, -number - 1, after, None))

    def condition(self, expression, accepts):
        """Numbers the parts of a condition that has to hold (accepts) or must not."""
        inner = self.core(expression)
        what, operands = self.operator(inner)
        if what == "!":
            return self.condition(operands[0], not accepts)
        if what == ("&&" if accepts else "||"):
            for operand in operands:
                self.condition(operand, accepts)
            return
        if what:
            parts = [o for o in operands if self.splits(o, accepts)]
            if accepts and self.refusing(operands[1]):
                parts = [o for o in parts if not self.refusing(o)]
            for part in parts:
                self.condition(part, accepts)
            if parts:
                return
        if inner.kind == K.CONDITIONAL_OPERATOR and accepts:
            condition, yes, no = operands
            if self.refusing(no) and self.splits(condition, True):
                return self.condition(condition, True)
            if not self.refusing(yes) and not self.refusing(no):
                self.condition(yes, True)
                return self.condition(no, True)
        self.check(expression, "holds({}, bool(" if accepts else "fails({}, bool(", "))")

    # ---- functions and statements
    def read_function(self, cursor):
        result = cursor.result_type.get_canonical().spelling
        method = cursor.semantic_parent.kind in (K.CLASS_DECL, K.STRUCT_DECL)
        self.denies = cursor.spelling in DENIALS
        self.result = cursor.result_type.spelling
        checking = (result.startswith("std::expected<")
                    or (result == "bool" and method and not cursor.is_const_method())
                    or cursor.spelling in PREDICATES | DENIALS or (method and "fail" in self.text(cursor)))
        body = [c for c in cursor.get_children() if c.kind == K.COMPOUND_STMT]
        if not checking or not body:
            return
        self.function = self.name(cursor)
        self.read_statement(body[0], [])

    def read_statement(self, statement, following):
        """`following` is what comes behind it in its block."""
        children = list(statement.get_children())
        if statement.kind == K.IF_STMT and self.text(statement).startswith("if"):  # not that of TRY
            self.read_if(statement, [c for c in children if not c.kind.is_declaration()
                                     and c.kind != K.DECL_STMT], following)
        elif statement.kind == K.RETURN_STMT:
            self.read_return(children[0] if children else None)
        elif statement.kind == K.LAMBDA_EXPR:
            self.read_lambda(statement, children[-1])
        else:
            for i, child in enumerate(children):  # what follows a label stands behind it in the block
                labelled = statement.kind in (K.CASE_STMT, K.DEFAULT_STMT) and i + 1 == len(children)
                self.read_statement(child, following if labelled else children[i + 1:])

    def read_if(self, statement, parts, following):
        condition, then, *otherwise = parts
        if self.refuses(then):
            self.condition(condition, self.denies)
            return
        behind = []
        for s in following:
            if s.kind in (K.CASE_STMT, K.DEFAULT_STMT):
                break
            behind.append(s)
        leaves = then.kind in (K.RETURN_STMT, K.CONTINUE_STMT)
        if leaves and any(self.refuses(s) for s in behind) and self.splits(condition, True):
            self.condition(condition, True)
        for part in [then, *otherwise]:
            self.read_statement(part, [])

    def read_return(self, value):
        if value is None:
            return
        kind = self.core(value).type.get_canonical().spelling.removeprefix("const ")
        if kind.startswith(("std::expected<", "std::unexpected<")):
            lambda_without_type = self.result is None
            if not (lambda_without_type or self.result.startswith("std::unexpected")
                    or self.core(value).kind == K.INIT_LIST_EXPR):
                if self.core(value).kind == K.CALL_EXPR and self.core(value).spelling not in ("", "expected"):
                    self.check(value, f"passed<{self.result}>({{}}, ")
        elif kind == "bool" and self.core(value).kind != K.CXX_BOOL_LITERAL_EXPR:
            self.condition(value, not self.denies)

    def read_lambda(self, cursor, body):
        outer, head = self.result, self.bytes[cursor.extent.start.offset:body.extent.start.offset].decode()
        self.result = head.split("->")[1].strip() if "->" in head else None
        self.read_statement(body, [])
        self.result = outer

    def read_try(self, macro, functions):
        """TRY(...) as a statement: its value is not used, so the check inside can be passed over."""
        start, end = macro.extent.start.offset, macro.extent.end.offset
        before, behind = self.bytes[:start].rstrip(), self.bytes[end:].lstrip()
        if not (before.endswith((b";", b"{", b"}", b")", b":", b"else")) and behind.startswith(b";")):
            return
        holder = [f for f in functions if f.extent.start.offset <= start < f.extent.end.offset][-1]
        self.function = self.name(holder)
        number = len(self.checks)
        text = " ".join(self.bytes[start:end].decode().split())
        self.checks.append({"file": self.path, "line": macro.extent.start.line, "function": self.function, "text": text})
        self.insertions.append((start + len("TRY("), number + 1, "::singlet::verifier::mutants::passed<Checked<void>>({}, ", number))
        self.insertions.append((end - 1, -number - 1, ")", None))

    def rewritten(self, first):
        """The new text, if this file's checks have the numbers from `first` on."""
        order = {check: n for n, check in enumerate(
            sorted(range(len(self.checks)), key=lambda c: next(i[0] for i in self.insertions if i[3] == c)))}
        out, at = [f'#include "verifier/mutants/switch.hh"\n#line 1 "{self.path}"\n'.encode()], 0
        for offset, _, text, check in sorted(self.insertions, key=lambda i: i[:2]):
            out.append(self.bytes[at:offset])
            out.append((text if check is None else text.format(first + order[check])).encode())
            at = offset
        out.append(self.bytes[at:])
        numbered = [dict(number=first + order[c], **self.checks[c]) for c in range(len(self.checks))]
        return b"".join(out), sorted(numbered, key=lambda c: c["number"])


def write_changed(path, content):
    """Files that stay as they are keep their date, and what depends on them is not built again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--out", type=pathlib.Path, required=True, help="for checks.json, and in src/ the copy")
    arguments.add_argument("sources", nargs="+", help="paths from the root of the tree, where this has to run")
    options = arguments.parse_args()
    with multiprocessing.Pool(2) as pool:
        files = pool.map(File, sorted(options.sources), chunksize=1)
    checks = []
    for file in files:
        # A check more or less in one file should not change the numbers, and so the text, of the next.
        first = (checks[-1]["number"] // 100 + 1) * 100 if checks else 100
        content, numbered = file.rewritten(first)
        write_changed(options.out / "src" / file.path, content)
        checks += numbered
    lines = ["{%d, %s, %d, %s, %s}," % (c["number"], json.dumps(c["file"]), c["line"], json.dumps(c["function"]),
                                      json.dumps(c["text"])) for c in checks]
    write_changed(options.out / "src/checks.inc", ("\n".join(lines) + "\n").encode())
    write_changed(options.out / "checks.json", (json.dumps(checks, indent=1) + "\n").encode())
    print(f"  {len(checks)} checks in {len(files)} files")


if __name__ == "__main__":
    main()
