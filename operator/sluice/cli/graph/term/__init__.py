"""The picture as text: `text` is the whole, of `bands` as wide as the screen. In a `band` each box has a row (`rows`),
and lines have lanes and corners (`tracks`).
"""
