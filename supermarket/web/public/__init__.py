"""Pages for everybody, without an account; `pages` gathers them."""
