# Runs a Python script as a child of PID 1, so that a stop reaches it and whatever it started; see launcher.sh.
# It runs by `python3 -ISc` in the user's image: Python 3.6 and later, the standard library, as few imports as can be.
# Comments and empty lines do not travel into the pod.
import os
import signal
import sys

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


def launch(command: "list[str]") -> int:
    # Not PID 1 (hostPID, shareProcessNamespace): what follows would reach beyond this container.
    if os.getpid() != 1:
        os.execvp(command[0], command)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    script = os.fork()
    if not script:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.execvp(command[0], command)
    for stop in STOPS:
        signal.signal(stop, stop_all)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    while True:
        child, status = os.wait()
        if child == script:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def stop_all(*_: object) -> None:
    try:
        os.kill(-1, signal.SIGTERM)
    # Nobody is left, or nobody who is ours to signal.
    except (ProcessLookupError, PermissionError):
        pass


if __name__ == "__main__":
    # Unbuffered, so that a killed task's last lines reach its log.
    sys.exit(launch(["python3", "-u", sys.argv[1]]))
