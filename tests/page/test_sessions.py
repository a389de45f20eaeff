"""Keys of the page."""

from sluice.page.sessions import Sessions


def test_what_is_no_text_is_neither_a_token_nor_a_key():
    """aiohttp hands on the bytes of a header that are no UTF-8 as lone surrogates, and JSON can have them."""
    sessions = Sessions()
    token = sessions.new_token()
    assert sessions.trade("\udcff") is None
    key = sessions.trade(token)
    assert sessions.has(key)
    assert not sessions.has("\udcff")
