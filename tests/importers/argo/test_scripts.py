"""Values in scripts: as environment variables, by where they stand."""

# a case reads best in one line

import os
import subprocess
import sys

import pytest

from sluice.importers.argo.documents.text import Ref, parse
from sluice.importers.argo.pod.scripts import written


def resolve(words, is_expression):  # noqa: ARG001  # the signature of `text.Resolve`
    return (Ref.to("tasks", "a", "outputs", words),)


@pytest.mark.parametrize(
    ("program", "script", "made", "as_code"),
    [
        ("sh", "echo {{x}}", "echo $A_X", 0),
        ("sh", "echo {{x}}.txt {{x}}_y", "echo $A_X.txt ${A_X}_y", 0),
        ("bash", 'echo "say {{x}}"', 'echo "say ${A_X}"', 0),
        ("bash", "echo 'say {{x}}'", "echo 'say '\"$A_X\"", 0),
        ("sh", "echo '{{x}}' '{{x}}{{x}}' '{{x}} b' c'{{x}}'d", 'echo "$A_X" "$A_X""$A_X" "$A_X"\' b\' c"$A_X"d', 0),
        ("bash", 'echo "$(cat "{{x}}")" it\\\'s {{x}}', 'echo "$(cat "${A_X}")" it\\\'s $A_X', 0),
        ("sh", "# it's {{x}}\necho {{x}}", "# it's A_X\necho $A_X", 0),
        ("sh", "cat <<EOF\nit's {{x}}\nEOF\necho '{{x}}'", 'cat <<EOF\nit\'s ${A_X}\nEOF\necho "$A_X"', 0),
        ("sh", "cat <<'EOF'\n{{x}} $1\nEOF\necho '{{x}}'", 'cat <<EOF\n${A_X} \\$1\nEOF\necho "$A_X"', 0),
        ("sh", "cat <<-'THE-END'\n\t{{x}}\n\tTHE-END\n", "cat <<-THE-END\n\t${A_X}\n\tTHE-END\n", 0),
        ("sh", "cat <<'EOF'\n'$1\nEOF\necho '{{x}}'", "cat <<'EOF'\n'$1\nEOF\necho \"$A_X\"", 0),
        ("bash", "echo $((1<<2))\necho '{{x}}'", 'echo $((1<<2))\necho "$A_X"', 0),
        ("bash", "echo $'{{x}}\\n'", "echo \"$A_X\"$'\\n'", 0),
        ("sh", "echo \"`echo '{{x}}'`\"", 'echo "`echo "$A_X"`"', 0),
        ("sh", "{{x}}", 'eval "$A_X"', 0),
        ("python", "import os\nprint('{{x}}')", 'import os\nprint(os.environ["A_X"])', 0),
        ("python3", 'print("""{{x}}""")', 'import os\nprint(os.environ["A_X"])', 0),
        ("python", "print(f'a {{x}}')", "import os\nprint((f'a ' + os.environ[\"A_X\"]))", 1),
        ("python", "print({{x}} + 1)  # {{x}}", 'import json, os\nprint(json.loads(os.environ["A_X"]) + 1)  # A_X', 1),
        (
            "python",
            "from __future__ import annotations\nx = '{{x}}'",
            'from __future__ import annotations\nimport os\nx = os.environ["A_X"]',
            0,
        ),
        ("python", "print(b'{{x}}')", 'import os\nprint(os.environ["A_X"].encode())', 0),
        ("node", 'console.log("{{x}}")', 'console.log(process.env["A_X"])', 1),
        ("node", "// it's {{x}}\nconst x = {{x}};", '// it\'s A_X\nconst x = JSON.parse(process.env["A_X"]);', 1),
        ("ruby", "puts '{{x}}'", 'puts ENV["A_X"]', 1),
        ("perl", 'print "{{x}}", {{x}} + 1;', 'print $ENV{"A_X"}, $ENV{"A_X"} + 1;', 2),
        ("php", "<?php echo '{{x}}';", '<?php echo getenv("A_X");', 1),
        ("pwsh", 'Write-Host "{{x}}"', "Write-Host $env:A_X", 1),
        ("Rscript", 'cat("{{x}}")', 'cat(Sys.getenv("A_X"))', 1),
    ],
)
def test_written(program, script, made, as_code):
    found = written(parse(script, resolve), program)
    assert (found.text, len(found.as_code), found.left) == (made, as_code, [])
    assert found.refs == {"A_X": Ref.to("tasks", "a", "outputs", "x")}


@pytest.mark.parametrize(
    ("program", "script"),
    [
        ("sh", "cat <<'THE END'\n{{x}}\nTHE END"),
        ("python", "print(f'{ {{x}} }')"),
        ("python", "print(r'\\{{x}}')"),
        ("node", "console.log('lim {{x}}')"),
        ("node", "console.log(`lim ${1} {{x}}`)"),
        ("node", 'console.log(`say "{{x}}"`)'),
        ("node", "text.replace(/'{{x}}'/g, '')"),
        ("ruby", "puts <<~EOF\n  '{{x}}'\nEOF\n"),
        ("ruby", "puts %q(the '{{x}}')"),
        ("perl", "$x =~ s/'/{{x}}/;"),
        ("pwsh", "$x = @\"\n'{{x}}'\n\"@\n"),
        ("Rscript", 'cat("v {{x}}")'),
        ("Rscript", "x <- {{x}}"),
        ("awk", "{ print {{x}} }"),
    ],
)
def test_what_nothing_reads_is_left(program, script):
    found = written(parse(script, resolve), program)
    assert (found.text, found.as_code) == (script.replace("{{x}}", "FILL_IN_A_X"), [])
    assert (found.left, list(found.refs)) == (["A_X"], ["A_X"])


@pytest.mark.parametrize(
    "script",
    [
        "echo 'a {{x}} b' \"{{x}}\"",
        "echo '{{x}}' '{{x}}{{x}}' 'a{{x}}' b'{{x}}''{{x}}'c",
        'cat <<EOF\n{{x}}\nEOF\necho "$(echo "{{x}}")"',
        "cat <<'EOF'\n$1 `it's` \\\\ {{x}}\nEOF\necho '{{x}}'",
        "x=$(cat <<'EOF'\n{{x}}\nEOF\n)\necho \"$x\" '{{x}}' \"$((1<<2)) {{x}}\"",
        "cat <<'A' - <<\"B\"\n{{x}}\nA\n{{x}}\nB\necho '{{x}}'",
        'echo "`echo \'{{x}}\'`" "\\\\{{x}} \\{{x}}" ',
    ],
)
def test_a_shell_prints_the_value_as_it_is(script):
    value = 'it\'s $HOME `id` "q" \\ *'
    made = written(parse(script, resolve), "sh").text
    lines = subprocess.run(
        ["sh", "-c", made], env={**os.environ, "A_X": value}, capture_output=True, text=True, check=True
    )
    is_unread = "<<'A' -" in script  # of two here documents of a command the last is read
    assert lines.stdout.count(value) == script.count("{{x}}") - is_unread


def test_all_else_in_a_quoted_here_document_stays_as_it_is():
    text = '$1 ${HOME} `id` \\$ \\\\ \\n "q" it\'s'
    made = written(parse(f"cat <<'EOF'\n{text} {{{{x}}}}\nEOF\n", resolve), "sh").text
    lines = subprocess.run(["sh", "-c", made], env={"A_X": "v"}, capture_output=True, text=True, check=True)
    assert lines.stdout == f"{text} v\n"


def test_python_reads_the_value_as_it_is():
    made = written(parse("print('{{x}}', 'a{{x}}b', {{x}})", resolve), "python").text
    found = subprocess.run([sys.executable, "-c", made], env={"A_X": "[1]"}, capture_output=True, text=True, check=True)
    assert found.stdout == "[1] a[1]b [1]\n"
