"""What the package index shows: the README with links that work there, and the project's addresses.

All follow from ``repository`` and ``documentation`` under ``[tool.hatch.metadata.hooks.custom]`` in pyproject.toml.
While these are empty, links to files of the repository become plain text and its pictures are left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

FENCE = re.compile(r"(^```.*?^```$)", re.M | re.S)
LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:`[^`]*`|[^\[\]`])*)\]\((?!\w+:|#)(?P<target>[^)\s]+)\)")
ASIDE = re.compile(r" \[(?:More|How)\]\((?!\w+:|#)[^)\s]+\)\.")


def described(readme: str, repository: str, version: str) -> str:
    """Return a README whose links are absolute, or gone where there is no address."""

    def replace(found: re.Match[str]) -> str:
        if not repository:
            return "" if found["image"] else found["text"]
        kind = "raw" if found["image"] else "blob"
        return f"{found['image']}[{found['text']}]({repository}/{kind}/v{version}/{found['target']})"

    def prose(part: str) -> str:
        return LINK.sub(replace, part if repository else ASIDE.sub("", part))

    parts = FENCE.split(readme)
    return "".join(part if part.startswith("```") else prose(part) for part in parts)


def addresses(repository: str, documentation: str, version: str) -> dict[str, str]:
    """Return the project's addresses by the labels that package indexes know."""
    found = {"Homepage": documentation or repository, "Documentation": documentation}
    if repository:
        found |= {
            "Documentation": documentation or f"{repository}/blob/v{version}/docs/index.md",
            "Source": repository,
            "Changelog": f"{repository}/blob/v{version}/CHANGELOG.md",
            "Issues": f"{repository}/issues",
        }
    return {label: address for label, address in found.items() if address}


def get_metadata_hook() -> type:
    """Return the hook; its base is there only while hatchling builds."""
    from hatchling.metadata.plugin.interface import MetadataHookInterface

    class Metadata(MetadataHookInterface):
        """Fills in the description and the addresses."""

        def update(self, metadata: dict[str, Any]) -> None:
            """Set what pyproject.toml calls dynamic."""
            repository, documentation = (
                self.config.get(name, "").rstrip("/") for name in ("repository", "documentation")
            )
            readme = (Path(self.root) / "README.md").read_text("utf-8")
            text = described(readme, repository, metadata["version"])
            metadata["readme"] = {"content-type": "text/markdown", "text": text}
            metadata["urls"] = addresses(repository, documentation, metadata["version"])

    return Metadata
