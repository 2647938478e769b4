"""Reads a form off a page as a browser would send it: hidden fields, what is typed, ticked and chosen."""

from __future__ import annotations

from html.parser import HTMLParser


class _Form(HTMLParser):
    """Collects the fields of the first form that carries an attribute."""

    def __init__(self, attribute: str) -> None:
        super().__init__()
        self.attribute = attribute
        self.address = ""
        self.fields: dict[str, str] = {}
        self._inside = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what the form holds; a select has the value of its first option until one is marked."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.address and self.attribute in given:
            self._inside, self.address = True, given[self.attribute]
        elif self._inside and tag == "input" and "name" in given:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.fields[given["name"]] = given.get("value", "")
        elif self._inside and tag == "select":
            self._select = given.get("name", "")
        elif self._select and tag == "option" and (self._select not in self.fields or "selected" in given):
            self.fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """A form ends, or a select."""
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""


def fields_of(page: str, attribute: str = "action") -> tuple[str, dict[str, str]]:
    """Return the address and the fields of the first form that has an attribute, whose value is the address.

    Raises:
        LookupError: the page has no such form.
    """
    form = _Form(attribute)
    form.feed(page)
    if not form.address:
        raise LookupError(f"no form with {attribute}")
    return form.address, form.fields
