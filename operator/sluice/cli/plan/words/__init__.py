"""A plan for a terminal (`text`, with the `facts`), for a pull request (`markdown`), and for programs (`as_json`)."""
