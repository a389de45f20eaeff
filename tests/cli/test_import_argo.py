"""`sluice import argo`: files, folders and standard input, the report and the exit code."""

from click.testing import CliRunner

from sluice.cli.main import main

DOCUMENT = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: hello-}
spec: {entrypoint: main, templates: [{name: main, container: {image: busybox, command: [echo, hello]}}]}
"""
MANIFEST = """\
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: hello}
spec:
  tasks:
  - name: main
    image: busybox
    command: [echo, hello]
"""


def run(*arguments, **options):
    return CliRunner().invoke(main, ["import", "argo", *map(str, arguments)], **options)


def test_standard_input():
    found = run("-", input=DOCUMENT)
    assert (found.exit_code, found.stdout, found.stderr) == (0, MANIFEST, "1 task: 1 exact\n")


def test_a_folder_is_read_with_all_that_is_in_it(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "a.yml").write_text(DOCUMENT)
    (tmp_path / "in" / "notes.txt").write_text("{{")
    found = run(tmp_path / "in", "-o", tmp_path / "out")
    assert found.exit_code == 0
    assert (tmp_path / "out" / "hello.yaml").read_text() == MANIFEST


def test_losses_and_refusals_have_their_lines(tmp_path):
    lossy = DOCUMENT.replace("command:", "volumeMounts: [], command:").replace(
        "name: main, c", "name: main, retryStrategy: {}, c"
    )
    (tmp_path / "a.yaml").write_text(lossy)
    found = run(tmp_path / "a.yaml", "--check")
    assert (found.exit_code, found.stdout) == (3, "")
    assert "a.yaml:4: nearly: a retryStrategy without limit: tried again 100 times\n" in found.stderr
    (tmp_path / "b.yaml").write_text("[")
    assert run(tmp_path).exit_code == 1


def test_a_file_that_is_not_there(tmp_path):
    found = run(tmp_path / "none.yaml")
    assert (found.exit_code, "No such file" in found.stderr) == (2, True)
