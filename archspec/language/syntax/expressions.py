"""Text to expression: Python's arithmetic, a fixed set of functions, nothing that runs.

choice    = or ["if" or "else" choice]
or        = and {"or" and}
and       = not {"and" not}
not       = "not" not | compare
compare   = sum {("==" | "!=" | "<" | "<=" | ">" | ">=" | ["not"] "in") sum}
sum       = product {("+" | "-") product}
product   = sign {("*" | "/" | "//" | "%") sign}
sign      = ("-" | "+") sign | power
power     = item ["**" sign]
item      = atom {"[" choice "]"}
atom      = number | "true" | "false" | text | name ["(" arguments ")"] | "(" choice ")" | "[" choices "]"
name      = identifier {"." (identifier | digits)}
"""

from __future__ import annotations

import re

from archspec.graph.effort import weighed
from archspec.graph.expr import Apply, Binary, Expr, IfElse, Index, Items, Lit, Sym, Unary
from archspec.graph.symbols import SizeOf
from archspec.records import dataclass
from archspec.source.kinds import Code
from archspec.source.mistakes import expression_budget, expression_syntax

MAX_LENGTH, MAX_DEPTH, MAX_DIGITS = 1_000, 40, 40
MAX_DEEP = 100  # parts in one another: of a sum of a hundred, each stands in the next
KEYWORDS = frozenset({"and", "or", "not", "if", "else", "in", "true", "false"})
# what stands outside quotes in an expression, as a class of characters
CHARACTERS = r"\w\s.+\-*/%<>=!()\[\],"

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d]\w*(?:\.(?:[^\W\d]\w*|\d+))*)
  | (?P<text>"[^"\\]*"|'[^'\\]*')
  | (?P<op>\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\],=])
  )""",
    re.VERBOSE,
)


class SyntaxProblem(Exception):
    """Text that is no expression; `start` and `end` are offsets in it."""

    def __init__(self, code: Code, message: str, start: int, end: int, hint: str | None = None):
        super().__init__(message)
        self.code, self.message, self.start, self.end, self.hint = code, message, start, end, hint


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: its kind (number, name, text, op, end), itself, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The pieces of an expression, closed by one of kind `end`; raises SyntaxProblem."""
    if len(text) > MAX_LENGTH:
        message = f"an expression of more than {MAX_LENGTH} characters"
        raise SyntaxProblem(expression_budget, message, 0, MAX_LENGTH)
    pieces: list[Token] = []
    at, stop = 0, len(text.rstrip())
    while at < stop:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            message = f"`{text[start]}` has no meaning here"
            raise SyntaxProblem(expression_syntax, message, start, start + 1)
        kind = match.lastgroup
        pieces.append(Token(kind, match[kind], match.start(kind), match.end(kind)))
        at = match.end()
    return [*pieces, Token("end", "", stop, stop + 1)]


_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}")


def parse(text: str) -> Expr:
    """The expression that `text` writes; raises SyntaxProblem."""
    if _WHOLE.fullmatch(text):  # lists are full of them
        return Lit(int(text))
    parser = _Parser(tokens(text))
    expr = parser.choice(0)
    parser.expect_end()
    if len(parser.tokens) > MAX_DEPTH and weighed(expr, MAX_LENGTH, MAX_DEEP) is None:
        message = f"more than {MAX_DEEP} signs and brackets in one another"
        raise SyntaxProblem(expression_budget, message, 0, len(text))
    return expr


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at = tokens, 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def fail(self, message: str, hint: str | None = None) -> SyntaxProblem:
        token = self.token
        return SyntaxProblem(expression_syntax, message, token.start, token.end, hint)

    def take(self, *texts: str) -> str | None:
        """The next token's text, if it is one of these, and on."""
        token = self.token
        if token.kind in ("op", "name") and token.text in texts:
            self.at += 1
            return token.text
        return None

    def expect(self, text: str) -> None:
        if self.take(text) is None:
            raise self.fail(f"`{text}` expected before {self.named()}")

    def expect_end(self) -> None:
        if self.token.kind != "end":
            hint = (
                "`==` compares"
                if self.token.text == "="
                else "an operator or a comma may be missing"
            )
            raise self.fail(f"{self.named()} was not expected here", hint)

    def named(self) -> str:
        return "the end" if self.token.kind == "end" else f"`{self.token.text}`"

    def choice(self, depth: int) -> Expr:
        if depth > MAX_DEPTH:
            raise SyntaxProblem(
                expression_budget,
                f"an expression nested deeper than {MAX_DEPTH}",
                self.token.start,
                self.token.end,
            )
        body = self.either(depth + 1)
        if not self.take("if"):
            return body
        test = self.either(depth + 1)
        self.expect("else")
        return IfElse(body, test, self.choice(depth + 1))

    def either(self, depth: int) -> Expr:
        left = self.both(depth)
        while self.take("or"):
            left = Binary("or", left, self.both(depth))
        return left

    def both(self, depth: int) -> Expr:
        left = self.negation(depth)
        while self.take("and"):
            left = Binary("and", left, self.negation(depth))
        return left

    def negation(self, depth: int) -> Expr:
        count = 0
        while self.take("not"):
            count += 1
        if count > MAX_DEPTH:
            raise self.fail("too many `not`")
        expr = self.compare(depth)
        for _ in range(count):
            expr = Unary("not", expr)
        return expr

    def comparison(self) -> str | None:
        if self.token.text == "not" and self.tokens[self.at + 1].text == "in":
            self.at += 2
            return "not in"
        return self.take("==", "!=", "<", "<=", ">", ">=", "in")

    def compare(self, depth: int) -> Expr:
        left = self.sum(depth)
        comparisons: list[Expr] = []
        while op := self.comparison():
            right = self.sum(depth)
            comparisons.append(Binary(op, left, right))
            left = right
        if not comparisons:
            return left
        expr = comparisons[0]
        for link in comparisons[1:]:
            expr = Binary("and", expr, link)
        return expr

    def sum(self, depth: int) -> Expr:
        left = self.product(depth)
        while op := self.take("+", "-"):
            left = Binary(op, left, self.product(depth))
        return left

    def product(self, depth: int) -> Expr:
        left = self.sign(depth)
        while op := self.take("*", "/", "//", "%"):
            left = Binary(op, left, self.sign(depth))
        return left

    def sign(self, depth: int) -> Expr:
        if depth > 2 * MAX_DEPTH:
            raise self.fail("too many signs")
        if op := self.take("-", "+"):
            operand = self.sign(depth + 1)
            number = isinstance(operand, Lit) and isinstance(operand.value, int | float)
            return Lit(-operand.value) if op == "-" and number else Unary(op, operand)  # type: ignore[union-attr, operator]
        return self.power(depth)

    def power(self, depth: int) -> Expr:
        base = self.item(depth)
        return Binary("**", base, self.sign(depth + 1)) if self.take("**") else base

    def item(self, depth: int) -> Expr:
        expr = self.atom(depth)
        while self.take("["):
            expr = Index(expr, self.choice(depth + 1))
            self.expect("]")
        return expr

    def atom(self, depth: int) -> Expr:
        token = self.token
        if self.take("("):
            expr = self.choice(depth + 1)
            self.expect(")")
            return expr
        if self.take("["):
            items = self.several("]", depth)[0]
            return Items(items)
        if token.kind == "number":
            self.at += 1
            return Lit(_number(token))
        if token.kind == "text":
            self.at += 1
            return Lit(token.text[1:-1])
        if token.kind == "name" and token.text not in KEYWORDS - {"true", "false"}:
            self.at += 1
            return self.named_atom(token, depth)
        raise self.fail(f"a value expected before {self.named()}")

    def named_atom(self, token: Token, depth: int) -> Expr:
        if token.text in ("true", "false"):
            return Lit(token.text == "true")
        if self.token.text == "(" and self.token.kind == "op":
            self.at += 1
            args, keywords = self.several(")", depth)
            return Apply(token.text, args, keywords)
        label, dot, axis = token.text.rpartition(".")
        return Sym(SizeOf(label, axis) if dot else axis)

    def several(
        self, close: str, depth: int
    ) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
        """Values, then `name=value` pairs in calls, up to the closing bracket."""
        args: list[Expr] = []
        keywords: list[tuple[str, Expr]] = []
        while not self.take(close):
            key = self.token
            if close == ")" and key.kind == "name" and self.tokens[self.at + 1].text == "=":
                self.at += 2
                keywords.append((key.text, self.choice(depth + 1)))
            elif keywords:
                raise self.fail("a plain argument after a named one")
            else:
                args.append(self.choice(depth + 1))
            if not self.take(",") and self.token.text != close:
                raise self.fail(f"`,` or `{close}` expected before {self.named()}")
        return tuple(args), tuple(keywords)


def _number(token: Token) -> int | float:
    text = token.text.replace("_", "")
    if len(text) > MAX_DIGITS:
        message = f"a number of more than {MAX_DIGITS} digits"
        raise SyntaxProblem(expression_budget, message, token.start, token.end)
    if text.isdigit():
        if len(text) > 1 and text.startswith("0"):
            hint = f"write {text.lstrip('0') or '0'}"
            message = "a number does not begin with 0"
            raise SyntaxProblem(expression_syntax, message, token.start, token.end, hint)
        return int(text)
    value = float(text)
    if value == float("inf"):
        raise SyntaxProblem(expression_budget, "the number is too large", token.start, token.end)
    return value
