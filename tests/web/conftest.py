"""Rendered pages as trees that tests can ask questions of."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from web.pages import Pages

VOID = {"meta", "link", "input", "img", "br", "hr"}


@dataclass
class Element:
    """A tag with its attributes and children, texts among them."""

    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    def walk(self) -> "list[Element]":
        """This element and all below it, in document order."""
        below = [each for child in self.children if isinstance(child, Element) for each in child.walk()]
        return [self, *below]

    def all(self, tag: str = "", **attributes: str) -> "list[Element]":
        """Every element of a tag whose attributes are as given (`_` for `-`)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            each
            for each in self.walk()
            if tag in {"", each.tag} and all(each.attributes.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str = "", **attributes: str) -> "Element":
        """The first of `all`."""
        return self.all(tag, **attributes)[0]

    @property
    def text(self) -> str:
        """What a reader reads, in single spaces."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join(" ".join(parts).split())


class Tree(HTMLParser):
    """Builds Elements and fails on a tag that closes out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


class Browser:
    """Reads HTML, holding it to what our content policy and accessibility ask of every page."""

    def read(self, html: str) -> Element:
        tree = Tree()
        tree.feed(html)
        assert [tree.root] == tree.open
        assert_policy(tree.root)
        assert_labelled(tree.root)
        return tree.root


def assert_policy(root: Element) -> None:
    for element in root.walk():
        assert element.tag != "style"
        assert not [name for name in element.attributes if name == "style" or name.startswith("on")]
        if element.tag == "script":
            assert element.attributes["src"].startswith("/static/")
            assert not element.text
        for name in ("href", "src", "action"):
            assert element.attributes.get(name, "/").startswith(("/", "#"))


def assert_labelled(root: Element) -> None:
    ids = [each.attributes["id"] for each in root.walk() if "id" in each.attributes]
    assert sorted(set(ids)) == sorted(ids)
    labels = {each.attributes.get("for") for each in root.all("label")}
    for control in [*root.all("input"), *root.all("select")]:
        assert control.attributes.get("type") == "hidden" or control.attributes["id"] in labels
    for name in ("aria-labelledby", "aria-describedby"):
        for element in root.walk():
            assert set(element.attributes.get(name, "").split()) <= set(ids)
    assert [each.text for each in root.all("h1")] != []
    assert len([each for each in root.walk() if "aria-live" in each.attributes]) <= 1


@pytest.fixture(scope="session")
def pages() -> Pages:
    return Pages()


@pytest.fixture
def browser() -> Browser:
    return Browser()
