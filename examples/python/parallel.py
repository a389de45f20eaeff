# Shows: two tasks in parallel and one after them; a task that uses four processes; a branch that is not taken; a task
#   that runs whatever became of the others.
# Result: Succeeded; square Succeeded, prints [2, 4, 6, 8, 10]; count Succeeded; full Skipped; summary Succeeded, prints
#   55 and 3; goodbye Succeeded, prints bye
from multiprocessing import Pool

from sluice import bash, chain, task, workflow


def double(n: int) -> int:
    return 2 * n


@task
def square(numbers: list[int]) -> int:
    with Pool(4) as pool:
        print(pool.map(double, numbers))
    return sum(n * n for n in numbers)


@task
def count(text: str) -> int:
    return len(text.split())


@task
def summary(squares: int, words: int) -> None:
    print(squares, "and", words)


@workflow(image="python:3.13-slim")
def parallel(mode: str = "quick") -> None:
    squares = square([1, 2, 3, 4, 5])
    words = count("one two three")
    full = bash("full", "sleep 3600").when(f"{mode} == 'full'")
    chain([squares, words], full)
    summary(squares, words)
    bash("goodbye", "echo bye", finally_=True)
