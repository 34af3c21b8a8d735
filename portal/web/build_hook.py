"""Hatch build hook: puts htmx, KERN-UX and the fonts into portal/static/vendor, and compiles
the catalogues.

No third-party file is committed: they come out of wheels that are pinned as build requirements.
Each is compared with a checksum: a changed file stops the build and does not reach a browser.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("portal", "static", "vendor")
CATALOGUES = ("portal/translations/*/LC_MESSAGES/*.po", "plugins/*/translations/*/LC_MESSAGES/*.po")


class Asset(NamedTuple):
    """One file: where it goes below VENDOR, the wheel, the place in there, what it must be."""

    target: str
    distribution: str
    source: str
    sha256: str


KERN = "mkdocs_kern_ux/kern-ux/vendor/kern"
NOTO = "manimgx_fonts"
AMIRI = "fontpkg_amiri"
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
    # For paper. Amiri for Arabic: Noto draws the dots of its letters as glyphs of their own, and a
    # PDF then says such a letter twice to whoever has it read aloud, searches or copies.
    Asset(
        "fonts/Noto.OFL.txt",
        "manimgx-fonts",
        "manimgx_fonts-2026.9.26.post1.dist-info/licenses/LICENSE",
        "e38218c6a118e0408a0c9ae8e88fddf6d483a9c592e1a91bfcd9f5fa7ccceec0",
    ),
    Asset(
        "fonts/NotoSans.ttf",
        "manimgx-fonts",
        f"{NOTO}/NotoSans[wght].ttf",
        "fb53504de62e767a54695416123d68d67f71c9b69722175184ad56e7dd13547b",
    ),
    Asset(
        "fonts/NotoSansEthiopic.ttf",
        "manimgx-fonts",
        f"{NOTO}/NotoSansEthiopic[wght].ttf",
        "93f223089e300b983dbfd693c7be619e0e76565a70d639e71a4fe0bfd72cf66f",
    ),
    Asset(
        "fonts/NotoSansGeorgian.ttf",
        "manimgx-fonts",
        f"{NOTO}/NotoSansGeorgian[wght].ttf",
        "42f4a8bf4fe0af8afd91ee3c19e81e14f1bc74ddbd9b6a59a4182f67a596adb4",
    ),
    Asset(
        "fonts/NotoSansGurmukhi.ttf",
        "manimgx-fonts",
        f"{NOTO}/NotoSansGurmukhi[wght].ttf",
        "8a3096ee2166f6383501e2df7b368fce88cfa4068c8d75bcb6af07da353a00ea",
    ),
    Asset(
        "fonts/Amiri.OFL.txt",
        "fontpkg-amiri",
        f"{AMIRI}/LICENSE",
        "72de68e5954f4fdd24702292ef5a32f003ca960ec9330dc86e5eefb5dffb9b22",
    ),
    Asset(
        "fonts/Amiri-Regular.ttf",
        "fontpkg-amiri",
        f"{AMIRI}/files/Amiri-Regular.ttf",
        "ab391c4147d054c48976e98322ad0eefe1427aa0e0502a12a4c75d80a70cfcd7",
    ),
    Asset(
        "fonts/Amiri-Bold.ttf",
        "fontpkg-amiri",
        f"{AMIRI}/files/Amiri-Bold.ttf",
        "cfccb794268e7d573d857e6d6a67f89cf8a053e8ffd85dfa0c8ec1bb36fc4827",
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

# Scripts that many a computer has no font for: fetched only where a page has such a letter.
# In the same weights, or browsers would not look at them beside the faces above.
SCRIPTS = {
    "Ethiopic": "U+1200-139F, U+2D80-2DDF, U+AB01-AB2E",
    "Georgian": "U+10A0-10FF, U+1C90-1CBF, U+2D00-2D2D",
    "Gurmukhi": "U+0A01-0A76",
}
SCRIPT_FACE = """\
@font-face {{
  font-family: "Fira Sans";
  src: url("fonts/NotoSans{script}.ttf") format("truetype");
  font-weight: {weight};
  font-style: normal;
  font-display: swap;
  unicode-range: {letters};
}}
"""


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own hooks leave it open
    """Runs for the sdist, the wheel and the editable install alike."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        vendor = Path(self.root) / VENDOR
        for asset in ASSETS:
            place(asset, vendor / asset.target)
        faces = [FONT_FACE.format(weight=weight, face=face) for weight, face in WEIGHTS.items()]
        faces += [
            SCRIPT_FACE.format(script=script, letters=letters, weight=weight)
            for script, letters in SCRIPTS.items()
            for weight in WEIGHTS
        ]
        (vendor / "fonts.css").write_text("".join(faces), encoding="utf-8")
        for pattern in CATALOGUES:
            for source in Path(self.root).glob(pattern):
                compile_catalogue(source)


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


def compile_catalogue(source: Path) -> None:
    with source.open("rb") as file:
        catalogue = read_po(file)
    with source.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()
