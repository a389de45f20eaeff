"""A template's program: a script or a command, its values as environment variables, and what surrounds it.

What has to happen before (an artifact is put in place) and after (an output is taken from a file) becomes lines of the
script. A command that is no script becomes one where there are such lines.
"""

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sluice.core import Json
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import FILL_IN, Ref, Resolve, Text, parse, placeholders, references, text_of
from sluice.importers.argo.pod.copies import Copy, keep, put
from sluice.importers.argo.pod.scripts import SHELLS, Written, is_python, written


@dataclass(slots=True)
class Around:
    """What surrounds a program. `outputs` are the files of output parameters, by key."""

    before: list[Copy] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    json_as: str = ""
    """The key for its standard output, which is JSON."""
    all_as: str = ""
    """The key that has all outputs as a map."""
    after: list[Copy] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.before or self.outputs or self.after or self.json_as)


@dataclass(slots=True)
class TaskProgram:
    """`fields` of the task, `refs` by the variable that it reads, and what is lost."""

    fields: Json = field(default_factory=dict)
    refs: dict[str, Ref] = field(default_factory=dict)
    losses: list[tuple[str, str, bool]] = field(default_factory=list)
    """What is lost, what is done instead, and whether it is left to somebody."""

    def takes(self, script: Written) -> str:
        self.refs |= script.refs
        for name in dict.fromkeys(script.as_code):
            words = f"it is read from ${name}, as text, or as JSON where it stood alone"
            self.lose(f"a value written into the script as code ({name})", words)
        for name in dict.fromkeys(script.left):
            words = f"{FILL_IN}_{name}; read the variable {name} there, in the way of its language"
            self.lose(f"a value among the script's text ({name})", words, left=True)
        return script.text

    def lose(self, what: str, instead: str, *, left: bool = False) -> None:
        self.losses.append((what, instead, left))


def program_of(
    container: Map, resolve: Resolve, around: Around, *, result: bool, taken: Collection[str]
) -> TaskProgram:
    """The program of a `container` or `script`. `result`: its standard output is read. Raises what `resolve` does.

    `taken` are the names of its own environment variables.
    """
    made = TaskProgram()
    words = [parse(text_of(each), resolve) for key in ("command", "args") for each in container.values_of(key)]
    command = [placeholders(parse(text_of(each), resolve)) for each in container.values_of("command")]
    if source := container.text("source"):
        _script(made, written(parse(source, resolve), _program(command), taken), command, around, result=result)
    elif (at := _code_at(words)) is not None and (around or result or references(words[at])):
        program = _base(placeholders(words[0]))
        script = made.takes(written(words[at], program, taken))
        if is_python(program) and (around or result):
            made.fields["python"] = _python_around(script, around)
        elif around or result:
            flags = "".join(placeholders(word).lstrip("-") for word in words[1:at]).replace("c", "")
            _as_script(made, script.strip() if "\n" not in script.strip() else script, program, flags, around)
        else:
            _command(made, container, [*words[:at], (script,), *words[at + 1 :]])
    elif around and command and not any(isinstance(part, Ref) and part.source for word in words for part in word):
        script = made.takes(_quoted(words, taken))
        made.lose("a program without a shell", "its command is run by a shell script, so the image needs sh")
        made.fields["bash"] = _shell_around(script, around, plain=True)
    else:
        _command(made, container, words)
        if around:
            words_ = "nothing; the image's own entry point is not known here, so write a script"
            made.lose("artifacts or output parameters of an image without a command", words_, left=True)
    return made


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _code_at(words: Sequence[Text]) -> int | None:
    """Where the code stands in `sh -c CODE` or `python -c CODE`; None if it is no such command."""
    if len(words) < 3 or any(references(word) for word in words[:2]):  # noqa: PLR2004  # sh -c CODE
        return None
    program = _base(placeholders(words[0]))
    flags = [at for at, word in enumerate(words[1:-1], start=1) if re.fullmatch(r"-[a-z]*c[a-z]*", placeholders(word))]
    known = program in SHELLS or is_python(program)
    return flags[0] + 1 if known and flags and flags[0] + 2 == len(words) else None


def _command(made: TaskProgram, container: Map, words: Sequence[Text]) -> None:
    """As the template has it: `command` and `args` apart."""
    count = len(container.values_of("command"))
    texts = [placeholders(word) for word in words]
    made.fields |= {"command": texts[:count]} if count else {}
    made.fields |= {"args": texts[count:]} if texts[count:] else {}
    for word in words:
        made.refs |= {ref.variable: ref for ref in references(word) if ref.source is not None}


def _program(command: list[str]) -> str:
    """The name of the program that reads the script, of `/usr/bin/env bash` as well."""
    named = command[1:] if command and _base(command[0]) == "env" else command
    return _base(named[0]) if named else "sh"


def _script(made: TaskProgram, source: Written, command: list[str], around: Around, *, result: bool) -> None:
    program = _program(command)
    script = made.takes(source)
    flags = "".join(word.lstrip("-") for word in command[1:])
    simple_flags = all(re.fullmatch(r"-[a-z]+", word) for word in command[1:])
    if program in SHELLS and simple_flags:
        needs_launcher = bool(around) or result or not _lasts(script, flags)
        _as_script(made, script, program, flags, around)
        if not needs_launcher and flags:
            made.fields = {"bash": script, "shell": command}
    elif is_python(program) and len(command) == 1:
        made.fields["python"] = _python_around(script, around)
    else:
        made.fields |= {"bash": script, "shell": command}
        if around:
            what = f"artifacts or output parameters of a script for {program}"
            made.lose(what, "nothing; write them in the script", left=True)


def _lasts(script: str, flags: str) -> bool:
    return "e" in flags or not _goes_on(script)


def _as_script(made: TaskProgram, script: str, program: str, flags: str, around: Around) -> None:
    settings = _settings(script, program, flags)
    start = "".join(f"{line}\n" for line in settings)
    if around.json_as:  # what is set is set for the script alone
        made.fields["bash"] = _shell_around(start + script, around, plain=True)
    else:
        made.fields["bash"] = start + _shell_around(script, around, plain=not settings)


_PIPE = re.compile(r"(?<![|>])\|(?!\|)")
_NO_PIPEFAIL = "(set +o pipefail) 2>/dev/null && set +o pipefail"
"""For sh, which need not know it: dash ends at an option that it does not know."""


def _settings(script: str, program: str, flags: str) -> list[str]:
    """`bash` tasks end at the first command that fails, and at one before a pipe, where the image has bash. Argo's
    shells do not, unless told.
    """
    goes_on = "e" not in flags and _goes_on(script)
    has_pipe = _PIPE.search(script) is not None and "pipefail" not in script
    settings = []
    if has_pipe and program == "bash":
        settings.append("set +eo pipefail" if goes_on else "set +o pipefail")
    elif goes_on:
        settings.append("set +e")
    if has_pipe and program != "bash":
        settings.append(_NO_PIPEFAIL)
    if others := "".join(flag for flag in flags if flag in "xu"):
        settings.append(f"set -{others}")
    return settings


_SAFE = re.compile(r"(echo|printf|sleep|date|true|:)\b[^&]*$")
_SETS = re.compile(r"^\s*set\s+-\w*e", re.MULTILINE)


def _goes_on(script: str) -> bool:
    """Does it go on after a command that fails? Not if it is a single one, or those before its last cannot fail."""
    commands = [
        each.strip() for each in re.split(r"[;\n]", script) if each.strip() and not each.lstrip().startswith("#")
    ]
    return not _SETS.search(script) and ("|" in script or any(not _SAFE.match(each) for each in commands[:-1]))


def _quoted(words: Sequence[Text], taken: Collection[str]) -> Written:
    made = Written(taken=taken)
    texts = []
    for word in words:
        parts = [f'"${{{made.variable(part)}}}"' if isinstance(part, Ref) else shlex.quote(part) for part in word]
        texts.append("".join(parts) or "''")
    made.text = " ".join(texts)
    return made


def _shell_around(script: str, around: Around, *, plain: bool) -> str:
    """`plain`: the script ends at its first failure, so what stands after it happens only if it succeeded."""
    if not around:
        return script
    if around.json_as:
        script, plain = _printing_json(script, around.json_as), True
    before = [line for copy in around.before for line in put(copy)]
    after = _set_outputs_as_map(around) if around.all_as else [_set_output(*each) for each in around.outputs.items()]
    after += [line for copy in around.after for line in keep(copy)]
    body = script if script.endswith("\n") else f"{script}\n"
    if not after or not re.search(r"\b(exit|exec|trap|return)\b", script):
        if after and not plain:
            after.insert(0, "code=$?; [ $code = 0 ] || exit $code; set -e")
        return "".join(f"{line}\n" for line in before) + body + "".join(f"{line}\n" for line in after)
    inside = "".join(f"  {line}\n" for line in after)
    trap = f"at_exit() {{\n{inside}}}\ntrap 'code=$?; [ $code -ne 0 ] || at_exit; exit $code' EXIT\n" if after else ""
    return "".join(f"{line}\n" for line in before) + trap + body


def _set_output(key: str, path: str) -> str:
    """What is not there is not handed on: then the output has its default, or the task has failed, as in Argo."""
    path = shlex.quote(path)
    return f'[ ! -e {path} ] || printf \'{key}<<EOF\\n%s\\nEOF\\n\' "$(cat {path})" >> "$SLUICE_OUTPUTS"'


def _printing_json(script: str, key: str) -> str:
    """Its standard output goes to the log as well."""
    output = f'printf \'{{"{key}": %s}}\' "${key}" > "$SLUICE_OUTPUTS"'
    return f"{key}=$(\n{script.rstrip()}\n)\nprintf '%s\\n' \"${key}\"\n{output}\n"


_TO_JSON = r"""json() {
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/\t/\\t/g' "$1" |
    awk 'BEGIN { printf "\"" } NR > 1 { printf "\\n" } { printf "%s", $0 } END { printf "\"" }'
}"""


def _set_outputs_as_map(around: Around) -> list[str]:
    """All outputs as one JSON object: each by its key, and the map of all."""
    keys = ", ".join(f'"{key}": %s' for key in around.outputs)
    values = [f'"$(json {shlex.quote(path)})"' for path in around.outputs.values()]
    form = shlex.quote(f'{{{keys}, "{around.all_as}": {{{keys}}}}}')
    return [_TO_JSON, f'printf {form} {" ".join(values * 2)} > "$SLUICE_OUTPUTS"']


def _python_around(script: str, around: Around) -> str:
    if not around:
        return script
    copies = [f"subprocess.run({line!r}, shell=True, check=True)" for copy in around.after for line in keep(copy)]
    after = [*copies, *(_FILES_TO_JSON if around.outputs else ()), *(_PRINTED_TO_JSON if around.json_as else ())]
    values = {
        "FILES": ", ".join(f"{key!r}: {path!r}" for key, path in around.outputs.items()),
        "ALL": f'found["{around.all_as}"] = dict(found)' if around.all_as else "",
        "KEY": around.json_as,
    }
    text = "\n".join(after)
    needed = {*(["subprocess"] if around.before else ()), *(["tempfile", "os"] if around.json_as else ())}
    modules = [name for name in _MODULES if name in needed or re.search(rf"\b{name}\.", text)]
    lines = [f"import {', '.join(['atexit', *modules] if after else modules)}", ""]
    lines += [f"subprocess.run({line!r}, shell=True, check=True)" for copy in around.before for line in put(copy)]
    if around.json_as:
        lines += ["printed, log = tempfile.TemporaryFile(), os.dup(1)", "os.dup2(printed.fileno(), 1)"]
    if after:
        given = "printed=printed, log=log" if around.json_as else ""
        lines += ["", "@atexit.register", f"def at_exit({given}):"]
        lines += [f"    {each}" for line in after if (each := _FILL.sub(lambda found: values[found[0]], line))]
        lines.append("")
    return "\n".join(lines) + "\n" + script


_MODULES = ("json", "os", "subprocess", "sys", "tempfile")
_FILL = re.compile("FILES|ALL|KEY")
_FILES_TO_JSON = (
    "paths = {FILES}",
    "there = {key: path for key, path in paths.items() if os.path.exists(path)}",
    "found = {key: open(path).read().removesuffix('\\n') for key, path in there.items()}",
    "ALL",
    'json.dump(found, open(os.environ["SLUICE_OUTPUTS"], "w"))',
)
_PRINTED_TO_JSON = (
    "sys.stdout.flush()",
    "printed.seek(0)",
    "text = printed.read()",
    "os.write(log, text)",
    'json.dump({"KEY": json.loads(text)}, open(os.environ["SLUICE_OUTPUTS"], "w"))',
)
