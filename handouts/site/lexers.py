"""Sing and the bytecode's text form, as Pygments reads them. Their words are the compiler's and the instruction set's own
(user/singc/tokens.def, verifier/isa.def), where the tree has those."""
import pathlib
import re

from pygments import lexers
from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def found(path, pattern):
    """What `pattern` finds in a file of the tree; nothing, if it has no such file."""
    file = ROOT / path
    return re.findall(pattern, file.read_text()) if file.exists() else []


def one_of(*names):
    """A pattern of whole words. With no words it never matches."""
    return words(names, prefix=r"(?<![\w.])", suffix=r"\b") if names else r"(?!)"


STRING = [(r'"(?:\\.|[^"\\\n])*"', String), (r"'(?:\\.|[^'\\\n])+'", String.Char)]
NUMBER = [(r"\b0x[0-9a-fA-F_]+\w*\b", Number.Hex), (r"\b\d[\d_]*[A-Za-z]?\b", Number)]


class SingLexer(RegexLexer):
    """SIPs in Sing, and classes and contracts."""

    name, aliases, filenames = "Sing", ["sing"], ["*.sing"]
    tokens = {"root": [
        (r"\s+", Text), (r"//.*?$", Comment.Single), (r"/\*(?s:.)*?\*/", Comment.Multiline), *STRING,
        (r"(\[)(\w+)(\])(?=\s*[A-Za-z(])", bygroups(Punctuation, Name.Decorator, Punctuation)),
        (one_of("bool", "byte", "int", "uint", "long", "string", "void", "object", "ESet", "TCell"), Keyword.Type),
        (one_of("true", "false", "null", "this"), Keyword.Constant),
        (one_of(*found("user/singc/tokens.def", r'KEYWORD\(\w+, "(\w+)"\)'), "sip", "contract", "rep", "state", "interface", "using",
                "receive", "select", "ports", "irq", "dma", "memory", "exchange", "listen", "endpoint", "processes", "exports"), Keyword),
        *NUMBER,
        (r"([A-Za-z_]\w*)(\s*)(\()", bygroups(Name.Function, Text, Punctuation)), (r"[A-Z]\w*", Name.Class),
        (r"[A-Za-z_]\w*", Name), (r"[-+*/%&|^!~<>=?:]+", Operator), (r"[][{}().,;@#$\\]", Punctuation), (r"[^\x00-\x7f]", Text),
    ]}


class BytecodeLexer(RegexLexer):
    """The bytecode's text form (.sasm)."""

    name, aliases, filenames = "Singlet bytecode", ["sasm"], ["*.sasm"]
    tokens = {"root": [
        (r"\s+", Text), (r";.*?$", Comment.Single), *STRING,
        (r"([A-Za-z_][\w$]*)(:)(?=\s)", bygroups(Name.Label, Punctuation)),
        (one_of("i8", "i16", "u8", "i32", "i64", "ref", "str", "array", "vec", "own", "lent", "set", "cell"), Keyword.Type),
        (one_of("func", "class", "contract", "sip", "import", "types", "source", "method", "interface", "struct", "state", "message", "in", "out",
                "entry", "ports", "irq", "dma", "memory", "exchange", "listen", "endpoint", "exports", "implements", "extends", "field"),
         Keyword.Declaration),
        (r"\br\d+\b", Name.Variable),
        (one_of(*found("verifier/isa.def", r'\bOP\(\w+,\s*"(\w+)"')), Keyword),
        *NUMBER, (r"[A-Za-z_$][\w$]*", Name), (r"[-+*/%&|^!~<>=?]+", Operator), (r"[][{}().,:@#\\]", Punctuation), (r"[^\x00-\x7f]", Text),
    ]}


def register():
    """Makes both known by their names, as an installed package would."""
    for lexer in (SingLexer, BytecodeLexer):
        lexers.LEXERS[lexer.__name__] = (__name__, lexer.name, tuple(lexer.aliases), tuple(lexer.filenames), ())
        lexers._lexer_cache[lexer.name] = lexer
