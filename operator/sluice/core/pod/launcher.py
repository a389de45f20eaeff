# Runs a Python script as a child of PID 1, so that a stop reaches it and whatever it started; see launcher.sh.
# It runs by `python3 -ISc` in the user's image: Python 3.6 and later, the standard library, as few imports as can be.
# Comments and empty lines do not travel into the pod.
import os
import signal
import sys

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


def launch(command: "list[str]", copy_to: str) -> int:
    alone = os.getpid() == 1
    # Not PID 1 (hostPID, shareProcessNamespace): `stop_all` would reach beyond this container.
    if not alone and not copy_to:
        os.execvp(command[0], command)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    source, sink = os.pipe()
    running = set()
    if copy_to:
        copier = os.fork()
        if not copier:
            # A stop stays blocked here.
            os.close(sink)
            copy(source, copy_to)
            os._exit(0)
        running.add(copier)
    script = os.fork()
    if not script:
        if copy_to:
            os.dup2(sink, 1)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.execvp(command[0], command)
    running.add(script)
    os.close(source)
    os.close(sink)
    for stop in STOPS if alone else ():
        signal.signal(stop, stop_all)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    code = 0
    while running:
        child, status = os.wait()
        running.discard(child)
        if child == script:
            code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
            # What the script left behind may write on for ever: the copy ends a second later.
            signal.signal(signal.SIGALRM, lambda *_, code=code: os._exit(code))
            signal.alarm(1)
    return code


def copy(source: int, path: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    # The file takes no more.
    left = 4096
    chunk = os.read(source, 65536)
    while chunk:
        left -= os.write(file, chunk[:left])
        while chunk:
            chunk = chunk[os.write(1, chunk) :]
        chunk = os.read(source, 65536)


def stop_all(*_: object) -> None:
    try:
        os.kill(-1, signal.SIGTERM)
    # Nobody is left, or nobody who is ours to signal.
    except (ProcessLookupError, PermissionError):
        pass


if __name__ == "__main__":
    # Unbuffered, so that a killed task's last lines reach its log.
    sys.exit(launch(["python3", "-u", sys.argv[1]], os.environ.get("SLUICE_STDOUT", "")))
