"""Languages other than shells and Python. A string that is nothing but a value, and a value that stands alone in the
code, are read from the environment. For what is among other text one would have to know the language better.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

MARKED = re.compile("\ue000(\\d+)\ue001")
"""A value in a script, by its number."""


@dataclass(frozen=True)
class Language:
    """How it reads a variable: as text and, if it can, as what JSON says. `others` are patterns of what a value cannot
    be read in: comments are the first of them; strings of other quotes, and patterns between slashes.
    """

    text: str
    json: str
    comment: str
    others: str
    body: str = r"(?:\\.|(?!(?P=quote))[^\\])*"

    @cached_property
    def parts(self) -> re.Pattern[str]:
        quoted = rf"(?P<quote>[\"'])(?P<body>{self.body})(?P=quote)"
        return re.compile(rf"(?P<comment>{self.comment})|{quoted}|(?P<other>{self.others})", re.DOTALL)


_BACKTICKS = r"`(?:\\.|[^`\\])*`"
_PATTERN = r"(?<=[=(,:!&|?;~\s])/(?![/*\s])(?:\\.|[^/\\\n])+/"
_HERE = r"<<[<~-]*\s*[\"'`]?(?P<end>[A-Za-z_]\w*).*?(?:^\s*(?P=end)\b|\Z)"
_OWN_QUOTES = r"(?:\bq[qwxr]?|%[qQwWrxi])\s*[{(\[|/!].*"
_REPLACED = r"\b(?:s|tr|y)/(?:\\.|[^/\\\n])*/(?:\\.|[^/\\\n])*/"
_HASH = r"(?:(?<=\s)|\A)#[^\n]*"
_NODE = Language(
    'process.env["{}"]',
    'JSON.parse(process.env["{}"])',
    r"//[^\n]*|/\*.*?(?:\*/|\Z)",
    f"{_BACKTICKS}|{_PATTERN}",
    r"(?:\\.|(?!(?P=quote))[^\\\n])*",
)
_RUBY = Language(
    'ENV["{}"]',
    '(require "json"; JSON.parse(ENV["{}"]))',
    _HASH,
    f"(?m:{_HERE})|{_OWN_QUOTES}|{_REPLACED}|{_BACKTICKS}|{_PATTERN}",
)
_PERL = Language('$ENV{{"{}"}}', '$ENV{{"{}"}}', _HASH, _RUBY.others)  # a text is a number there
_PHP = Language(
    'getenv("{}")',
    'json_decode(getenv("{}"), true)',
    rf"{_HASH}|//[^\n]*|/\*.*?(?:\*/|\Z)",
    f"(?m:{_HERE})|{_BACKTICKS}",
)
_R = Language('Sys.getenv("{}")', "", r"#[^\n]*", _BACKTICKS)
_PWSH = Language(
    "$env:{}",
    "(ConvertFrom-Json $env:{})",
    rf"{_HASH}|<#.*?(?:#>|\Z)",
    r"(?m:@(?P<here>[\"']).*?(?:^(?P=here)@|\Z))",
    r"(?:`.|(?!(?P=quote))[^`])*",
)
LANGUAGES = {
    "node": _NODE,
    "nodejs": _NODE,
    "bun": _NODE,
    "ruby": _RUBY,
    "perl": _PERL,
    "php": _PHP,
    "Rscript": _R,
    "pwsh": _PWSH,
    "powershell": _PWSH,
}
_ALONE = re.compile(rf"(?<![\w.$@'\"`/]){MARKED.pattern}(?![\w.$@'\"`/(])")


@dataclass(slots=True)
class Rewriting:
    """Of a script with numbered values, which are in the variables of these names. `taken` are those that it reads now;
    `leave` says what stands for one that it does not.
    """

    language: Language | None
    names: list[str]
    leave: Callable[[str], str]
    taken: list[str] = field(default_factory=list)

    def of(self, script: str) -> str:
        if self.language is None:
            return self._left_in(script)
        out, end = "", 0
        for found in self.language.parts.finditer(script):
            out += self._code(self.language, script[end : found.start()]) + self._part(self.language, found)
            end = found.end()
        return out + self._code(self.language, script[end:])

    def _part(self, language: Language, found: re.Match[str]) -> str:
        if found["comment"]:
            return MARKED.sub(lambda mark: self.names[int(mark[1])], found[0])
        if whole := MARKED.fullmatch(found["body"] or ""):
            return self._read(whole, language.text)
        return self._left_in(found[0])

    def _code(self, language: Language, code: str) -> str:
        if language.json:
            code = _ALONE.sub(lambda mark: self._read(mark, language.json), code)
        return self._left_in(code)

    def _read(self, mark: re.Match[str], way: str) -> str:
        self.taken.append(self.names[int(mark[1])])
        return way.format(self.taken[-1])

    def _left_in(self, text: str) -> str:
        return MARKED.sub(lambda mark: self.leave(self.names[int(mark[1])]), text)
