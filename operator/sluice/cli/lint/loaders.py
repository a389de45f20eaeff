"""Two parsers of YAML that leave scalars without quotes as they are: a fast one, and one whose words are known."""

import re
from typing import Any

import yaml
from yaml.composer import Composer

MERGE = "tag:yaml.org,2002:merge"
PLAIN = "plain"
"""The tag of a scalar without quotes."""

_RESOLVERS = {"<": [(MERGE, re.compile("<<$"))], None: [(PLAIN, re.compile(""))]}


class Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = _RESOLVERS


if yaml.__with_libyaml__:

    class FastLoader(Composer, yaml.CSafeLoader):
        """Its events come from libyaml. Nodes are composed in Python, which tells what is nested too deeply."""

        yaml_implicit_resolvers = _RESOLVERS

        def __init__(self, text: str) -> None:
            yaml.CSafeLoader.__init__(self, text)
            Composer.__init__(self)

        def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:
            """As PyYAML does by our resolvers, without asking each of them."""
            if kind is yaml.ScalarNode and implicit[0]:
                return MERGE if value == "<<" else PLAIN
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]

else:
    FastLoader = Loader  # type: ignore[misc,assignment]
