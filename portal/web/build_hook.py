"""Hatch build hook: puts htmx, KERN-UX and Fira Sans into portal/static/vendor.

No third-party file is committed: they come out of wheels that are pinned as build requirements.
Each is compared with a checksum: a changed file stops the build and does not reach a browser.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("portal", "static", "vendor")


class Asset(NamedTuple):
    """One file: where it goes below VENDOR, the wheel, the place in there, what it must be."""

    target: str
    distribution: str
    source: str
    sha256: str


KERN = "mkdocs_kern_ux/kern-ux/vendor/kern"
ASSETS = (
    Asset(
        "htmx.min.js",
        "django-htmx",
        "django_htmx/static/django_htmx/htmx-2.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
    Asset(
        "kern.min.css",
        "mkdocs-kern-ux",
        f"{KERN}/kern.min.css",
        "cd3f71d341847e38f03b96c978679ecd82203daffe3fed1535281652356cfa62",
    ),
    # The licences of KERN-UX and Fira Sans ask that their text goes with the files.
    Asset(
        "kern.LICENSE.txt",
        "mkdocs-kern-ux",
        f"{KERN}/LICENSE.txt",
        "2aaf11dc884c4d401356714c844483fbd060437b6e74de628beaeb3503c045de",
    ),
    Asset(
        "fonts/OFL.txt",
        "mkdocs-kern-ux",
        f"{KERN}/fonts/fira-sans/OFL.txt",
        "1a5fea132b5851ba8e4ad05275f6e978c5d9f8e4e260928ef2daa10cd792487d",
    ),
    Asset(
        "fonts/FiraSans-Regular.woff2",
        "mkdocs-kern-ux",
        f"{KERN}/fonts/fira-sans/FiraSans-Regular.woff2",
        "0fe48aded097c2a11942a70bfef48510abf875a8e800f43d4007dce8d2a3aebe",
    ),
    Asset(
        "fonts/FiraSans-Medium.woff2",
        "mkdocs-kern-ux",
        f"{KERN}/fonts/fira-sans/FiraSans-Medium.woff2",
        "e1aa3f0abca6fd9f7b868c56ab3ec0e0db21222ef50e84fabbf21963c10dd704",
    ),
    Asset(
        "fonts/FiraSans-SemiBold.woff2",
        "mkdocs-kern-ux",
        f"{KERN}/fonts/fira-sans/FiraSans-SemiBold.woff2",
        "a68802f9a523c6f43c21ad60a7d64ca5a978b86358a136a60430643fbd0f4b36",
    ),
)

# The weights that kern.min.css asks for. Its bold is 600; a <strong> (700) takes that face too.
WEIGHTS = {400: "Regular", 500: "Medium", 600: "SemiBold"}
FONT_FACE = """\
@font-face {{
  font-family: "Fira Sans";
  src: url("fonts/FiraSans-{face}.woff2") format("woff2");
  font-weight: {weight};
  font-style: normal;
  font-display: swap;
}}
"""


class VendorHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own hooks leave it open
    """Runs for the sdist, the wheel and the editable install alike."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        vendor = Path(self.root) / VENDOR
        for asset in ASSETS:
            place(asset, vendor / asset.target)
        faces = (FONT_FACE.format(weight=weight, face=face) for weight, face in WEIGHTS.items())
        (vendor / "fonts.css").write_text("".join(faces), encoding="utf-8")


def place(asset: Asset, target: Path) -> None:
    """Copies one file, unless the right one is there already.

    So a build without isolation (offline, without the wheels) works in a tree built once.
    """
    if target.is_file() and digest(target.read_bytes()) == asset.sha256:
        return
    content = Path(str(distribution(asset.distribution).locate_file(asset.source))).read_bytes()
    if digest(content) != asset.sha256:
        raise ValueError(f"{asset.source} in {asset.distribution}: not the file we reviewed")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()
