"""A bar for progress such as `31/61`, or `31/61, 1 failed`."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(progress: str, width: int) -> str:
    """As wide as `width`; empty if there is no progress to show."""
    ended, _, total = progress.partition(",")[0].partition("/")
    if not (ended.isdecimal() and total.isdecimal() and int(total)):
        return ""
    full, part = divmod(min(int(ended), int(total)) * width * 8 // int(total), 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(width)
